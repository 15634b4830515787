"""What users of a package see of it: its names in Python, and what its document says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..document.document import Document
from ..document.pointer import at, joined, parent
from ..document.values import mapping, sequence
from ..model.api import Api, Operation, read_api
from ..model.names import class_name, field_names, identifier, members, method_name, unique
from ..model.waiting import Waiting
from ..parse.shape import Union, shape
from .change import Place
from .python import Code, read_code


@dataclass(frozen=True)
class Surface:
    """The public surface of a package."""

    api: Api
    code: Code
    pointers: dict[str, str]
    """Where each name in Python comes from, in the document in normal form."""
    classes: dict[str, str]
    """The class of each schema that has one, by the schema's pointer in the same document."""
    operations: dict[str, tuple[Operation, Waiting]]
    """By their resources: `client.jobs`."""
    metadata: Mapping[str, Any]
    """The table `project` of its pyproject.toml."""

    @property
    def document(self) -> Document:
        """The document in normal form."""
        return self.api.document

    def place_of(self, name: str) -> Place:
        """Where a name in Python comes from, or what it belongs to."""
        while name not in self.pointers and name:
            name = name.rpartition("(" if name.endswith(")") else ".")[0]
        return self.place(self.pointers.get(name, ""))

    def place(self, pointer: str) -> Place:
        """A place in the document as it was written, or the nearest around it."""
        source, own = self.document.origin(pointer)
        while own and at(source.data, own) is None:
            own = parent(own)
        line = source.line(own)
        if source is self.document.source:
            return Place(source.file, line, own)
        return Place(source.file, line, pointer)


def read_surface(document: Document, files: Mapping[str, str]) -> Surface:
    """Read a package.

    Args:
        document: What it was made of, in normal form.
        files: The text of its files, by their names in its folder.

    Raises:
        KeyError: A file is missing.
        SyntaxError: Some of it is no Python.
        ValueError: Its pyproject.toml is no TOML.
    """
    api = read_api(document)
    metadata = mapping(tomllib.loads(files["pyproject.toml"]).get("project"))
    package = f"{str(metadata.get('name')).replace('-', '_')}"
    operations = {f"client.{identifier(op.tag)}": (op, wait) for op, wait in api.waiting}
    shaped = shape(api)
    classes = {pointer: class_name(key) for key, pointer in shaped.sources.items()}
    return Surface(
        api=api,
        code=read_code(package, files),
        pointers=dict(_pointers(api, shaped.unions, classes, operations)),
        classes=classes,
        operations=operations,
        metadata=metadata,
    )


def _pointers(
    api: Api,
    unions: Iterable[Union],
    classes: Mapping[str, str],
    operations: Mapping[str, tuple[Operation, Waiting]],
) -> Iterator[tuple[str, str]]:
    yield "Client(base_url)", "/servers/0/url"
    for credential in api.credentials:
        yield f"Client({credential.parameter})", credential.pointer
    sources = {name: pointer for pointer, name in classes.items()}
    for union in unions:
        yield f"Unknown{union.name}", sources[union.name]
    for pointer, name in classes.items():
        yield from _schema(api.document, name, pointer)
    for resource, (operation, waiting) in operations.items():
        yield from _operation(api, resource, operation, waiting)


def _schema(document: Document, name: str, pointer: str) -> Iterator[tuple[str, str]]:
    yield name, pointer
    schema, own = document.follow(pointer)
    properties = mapping(schema.get("properties"))
    for wire, attribute in field_names(properties).items():
        yield f"{name}.{attribute}", own + joined(["properties", wire])
    for i, member in enumerate(members_of(schema).values()):
        yield f"{name}.{member}", f"{own}/enum/{i}"


def members_of(schema: Mapping[str, Any]) -> dict[str | int, str]:
    """The member of an enum for each of its words."""
    words = sequence(schema.get("enum"))
    names = [str(name) for name in sequence(schema.get("x-enum-varnames"))]
    return dict(zip(words, unique(members(words, names)), strict=True))


def _operation(
    api: Api, resource: str, operation: Operation, waiting: Waiting
) -> Iterator[tuple[str, str]]:
    request = operation.request
    method = f"{resource}.{method_name(request.operation_id, operation.tag)}"
    yield resource, f"{operation.pointer}/tags/0"
    yield method, f"{operation.pointer}/operationId"
    yield f"{resource}.wait_for_completion", f"{waiting.pointer}/states"
    yield f"{resource}.wait_for_completion(timeout)", f"{waiting.pointer}/polling/timeout"
    links = {f"{resource}.{link.kind}": link for link in api.links(operation)}
    for name, link in links.items():
        yield name, link.pointer
        if link.kind == "cancel":
            yield f"{resource}.wait_for_completion(on_timeout)", link.pointer
    parts = request.id_parts
    pointer = parts[0].pointer if len(parts) == 1 else operation.pointer
    for name in (method, f"{resource}.wait_for_completion", *links):
        yield f"{name}({request.parameter})", pointer
