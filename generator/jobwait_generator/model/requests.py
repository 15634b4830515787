"""What one request consists of: the parts of a job's id, and what is the same in all requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ..document.document import Document
from ..document.pointer import escaped
from ..document.values import Mapping, is_mapping, mapping, sequence
from .names import ARGUMENTS, identifier

BODIES: Final = {"application/json": "json", "application/x-www-form-urlencoded": "form"}
"""How the layer writes a body, by its media type."""

_TYPES: Final = {("integer", None): "int", ("string", "uuid"): "UUID"}


class Part(NamedTuple):
    """One of the values that a request is made with."""

    name: str
    location: str
    """`path`, `query`, `header` or `body`."""
    type: str
    text: str
    schema: Mapping
    place: str
    """Where it stands in the document."""

    @property
    def schema_place(self) -> str:
        """Where its schema stands."""
        return self.place if self.location == "body" else f"{self.place}/schema"

    @property
    def argument(self) -> str:
        """The argument that it is."""
        name = identifier(self.name)
        return f"{name}_" if name in ARGUMENTS else name

    @property
    def constant(self) -> Any:
        """The value that it always has; None where a caller gives it."""
        return self.schema.get("const")


def parts_of(document: Document, pointer: str) -> list[Part]:
    """What a request for the operation at `pointer` is made with."""
    return [*_parameters(document, pointer), *_body(document, pointer)]


def body_format(document: Document, pointer: str) -> str | None:
    """How the body of a request is written; None where it has none."""
    body, _ = document.follow(f"{pointer}/requestBody")
    found = [BODIES[kind] for kind in BODIES if kind in mapping(body.get("content"))]
    return found[0] if found else None


def _parameters(document: Document, pointer: str) -> Iterator[Part]:
    for value, place in parameters_of(document, pointer):
        schema, _ = document.follow(f"{place}/schema")
        yield _part(str(value.get("name")), str(value.get("in")), schema, place, value)


def _body(document: Document, pointer: str) -> Iterator[Part]:
    body, place = document.follow(f"{pointer}/requestBody")
    for kind in BODIES:
        media = mapping(mapping(body.get("content")).get(kind))
        if media:
            where = f"{place}/content/{kind.replace('/', '~1')}/schema"
            schema, where = document.follow(where)
            for name in sequence(schema.get("required")):
                inner, at = document.follow(f"{where}/properties/{name}")
                yield _part(str(name), "body", inner, at, inner)
            return


def _part(name: str, location: str, schema: Mapping, place: str, owner: Mapping) -> Part:
    kind = _TYPES.get((str(schema.get("type")), schema.get("format")))
    kind = kind or _TYPES.get((str(schema.get("type")), None), "str")
    text = str(owner.get("description") or schema.get("description") or "")
    return Part(name, location, kind, text, schema, place)


def parameters_of(document: Document, pointer: str) -> Iterator[tuple[Mapping, str]]:
    """The parameters of the operation at `pointer`, its path's among them."""
    seen: set[tuple[str, str]] = set()
    for owner in (pointer, pointer.rpartition("/")[0]):
        for i in range(len(sequence(mapping(document.at(owner)).get("parameters")))):
            value, place = document.follow(f"{owner}/parameters/{i}")
            key = str(value.get("in")), str(value.get("name"))
            if key not in seen:
                seen.add(key)
                yield value, place


def response_schema(document: Document, pointer: str, status: str) -> tuple[Mapping, str] | None:
    """The schema of the JSON body that an operation answers with, and where it stands."""
    response, place = document.follow(f"{pointer}/responses/{escaped(status)}")
    for media in mapping(response.get("content")):
        kind = media.partition(";")[0].strip().lower()
        if kind == "application/json" or kind.endswith("+json"):
            found = f"{place}/content/{escaped(media)}/schema"
            if is_mapping(document.at(found)):
                return mapping(document.at(found)), found
    return None
