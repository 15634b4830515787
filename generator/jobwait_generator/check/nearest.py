"""Which property a wrong JSON Pointer into a body may have meant."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Final

from ..document.document import Document
from ..document.pointer import joined, tokens
from ..document.values import mapping, sequence
from ..model.schemas import node_at

_DEPTH: Final = 4
_PROPERTIES: Final = 500
_LISTED: Final = 5


def correction(document: Document, body: str, wanted: str) -> str:
    """What to write instead of a pointer into the body at `body`, for the end of a message."""
    known = list(dict.fromkeys(islice(_pointers(document, body, "", _DEPTH), _PROPERTIES)))
    near = get_close_matches(wanted, known, 1) or [
        pointer for pointer in known if tokens(pointer)[-1:] == tokens(wanted)[-1:]
    ]
    if near:
        return f"the nearest is `{near[0]}`"
    if not known:
        return "correct the pointer"
    listed = ", ".join(f"`{pointer}`" for pointer in known[:_LISTED])
    return f"it has {listed}{', …' * (len(known) > _LISTED)}"


def _pointers(document: Document, place: str, pointer: str, depth: int) -> Iterator[str]:
    """The pointers to the properties of a value, the nearest ones first."""
    schema, place = node_at(document, place)
    if depth == 0:
        return
    properties = mapping(schema.get("properties"))
    yield from (pointer + joined([name]) for name in properties)
    for key in ("oneOf", "anyOf", "allOf"):
        for i in range(len(sequence(schema.get(key)))):
            yield from _pointers(document, f"{place}/{key}/{i}", pointer, depth - 1)
    for name in properties:
        inner = joined([name])
        yield from _pointers(document, f"{place}/properties{inner}", pointer + inner, depth - 1)
