"""How much one schema may hold: the tools take a time that grows with its square."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..document.document import Document
from ..document.pointer import joined
from ..document.values import is_mapping, is_sequence, sequence
from ..model.schemas import MAX_PROPERTIES
from ..problems import Problem

_WORDS: Final = 5_000


def oversized(document: Document) -> Iterator[Problem]:
    """Objects with too many properties, and lists of too many words."""
    left: list[tuple[Any, list[str | int]]] = [(document.data, [])]
    while left:
        value, path = left.pop()
        if is_mapping(value):
            properties = value.get("properties")
            if is_mapping(properties) and len(properties) > MAX_PROPERTIES:
                count = f"{len(properties)} properties are more than {MAX_PROPERTIES}"
                yield document.problem(joined([*path, "properties"]), f"{count}; describe fewer")
            if len(words := sequence(value.get("enum"))) > _WORDS:
                text = f"{len(words)} words are more than {_WORDS}; leave `enum` out"
                yield document.problem(joined([*path, "enum"]), text)
            left += [(item, [*path, key]) for key, item in value.items()]
        elif is_sequence(value):
            left += [(item, [*path, i]) for i, item in enumerate(value)]
