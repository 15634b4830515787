"""What one request consists of: the parts of a job's id, and what is the same in all requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..document.document import Document, RawOperation
from ..document.pointer import joined, parent
from ..document.values import Mapping, mapping, sequence
from .names import RESERVED_ARGUMENTS, identifier
from .schemas import Node, node_at

BODIES: Final = {"application/json": "json", "application/x-www-form-urlencoded": "form"}
"""How the layer writes a body, by its media type."""

_TYPES: Final = {("integer", None): "int", ("string", "uuid"): "UUID"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the values that a request is made with."""

    name: str
    location: str
    """`path`, `query`, `header` or `body`."""
    text: str
    """What the document says of it."""
    node: Node
    """Its schema."""
    pointer: str
    """Where it stands in the document."""
    owner: Mapping
    """What stands there."""

    @property
    def type(self) -> str:
        """The class that it is read as: `int`, `str` or `UUID`."""
        kind, form = self.node.schema.get("type"), self.node.schema.get("format")
        return _TYPES.get((str(kind), form)) or _TYPES.get((str(kind), None), "str")

    @property
    def annotation(self) -> str:
        """The types that a caller may give it as: a UUID may be written as a string."""
        return "UUID | str" if self.type == "UUID" else self.type

    @property
    def argument(self) -> str:
        """The argument that it is."""
        name = identifier(self.name)
        return f"{name}_" if name in RESERVED_ARGUMENTS else name

    @property
    def allow_reserved(self) -> bool:
        """Whether it is a part of the path that has slashes itself."""
        return self.location == "path" and self.owner.get("allowReserved") is True

    @property
    def constant(self) -> Any:
        """The value that it always has; None where a caller gives it."""
        return self.node.schema.get("const")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an operation is asked with."""

    operation_id: str
    verb: str
    """In capitals."""
    path: str
    parts: tuple[Part, ...]
    body_format: str | None
    """How its body is written: `json` or `form`; None for none."""

    @property
    def id_parts(self) -> list[Part]:
        """The parts of the job's id."""
        return [part for part in self.parts if part.constant is None]

    @property
    def id_type(self) -> str:
        """The annotation of the id."""
        types = [part.annotation for part in self.id_parts]
        return types[0] if len(types) == 1 else f"tuple[{', '.join(types) or '()'}]"

    @property
    def parameter(self) -> str:
        """The argument for the id."""
        return self.id_parts[0].argument if len(self.id_parts) == 1 else "id"

    @property
    def parameter_text(self) -> str:
        """What the id is."""
        if len(self.id_parts) == 1:
            return self.id_parts[0].text or "The job's id."
        names = ", ".join(f"`{part.name}`" for part in self.id_parts)
        return f"The job's id, a tuple: {names}."


def read_request(document: Document, operation: RawOperation) -> Request:
    """What an operation of a document in normal form is asked with."""
    body, pointer = document.follow(f"{operation.pointer}/requestBody")
    media = next((kind for kind in BODIES if kind in mapping(body.get("content"))), None)
    parts = [*_parameters(document, operation.pointer)]
    if media:
        schema = node_at(document, pointer + joined(["content", media, "schema"]))
        parts += _properties(document, schema)
    return Request(
        operation_id=str(operation.value.get("operationId")),
        verb=operation.method.upper(),
        path=re.split("[?#]", operation.path, maxsplit=1)[0],
        parts=tuple(parts),
        body_format=BODIES[media] if media else None,
    )


def _parameters(document: Document, pointer: str) -> Iterator[Part]:
    for value, own in parameters_of(document, pointer):
        node = node_at(document, f"{own}/schema")
        yield Part(
            name=str(value.get("name")),
            location=str(value.get("in")),
            text=str(value.get("description") or node.schema.get("description") or ""),
            node=node,
            pointer=own,
            owner=value,
        )


def _properties(document: Document, body: Node) -> Iterator[Part]:
    for name in sequence(body.schema.get("required")):
        node = node_at(document, body.pointer + joined(["properties", name]))
        yield Part(
            name=str(name),
            location="body",
            text=str(node.schema.get("description") or ""),
            node=node,
            pointer=node.pointer,
            owner=node.schema,
        )


def parameters_of(document: Document, pointer: str) -> Iterator[tuple[Mapping, str]]:
    """The parameters of the operation at `pointer`, its path's among them, and where they stand."""
    seen: set[tuple[str, str]] = set()
    for owner in (pointer, parent(pointer)):
        for i in range(len(sequence(mapping(document.at(owner)).get("parameters")))):
            value, own = document.follow(f"{owner}/parameters/{i}")
            key = str(value.get("in")), str(value.get("name"))
            if key not in seen:
                seen.add(key)
                yield value, own
