"""Where the parts of the normal form come from in the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..document.pointer import escaped
from ..document.values import Mapping, is_mapping, is_sequence, mapping

_MOST: Final = 20_000
"""Schemas that are made of the document's own."""
_PROPERTIES: Final = 1_000_000
"""In all of these."""


class TooManySchemasError(Exception):
    """The document means more schemas than a package can have, or more properties in one of them.

    `pointer` is where that was seen.
    """

    def __init__(self, pointer: str, what: str = "schemas") -> None:
        super().__init__(f"this means too many {what}; describe less, or flatter")
        self.pointer = pointer


class Origins:
    """The pointer of every mapping of a document, and of those that are made from them.

    A mapping is known by its identity, so all that are noted stay in memory.
    """

    def __init__(self, data: Mapping) -> None:
        self._pointers: dict[int, str] = {}
        self._noted: list[Mapping] = []
        self._derived: dict[tuple[str, Any], Mapping] = {}
        self._properties = 0
        self._combined: set[tuple[str, int]] = set()
        """What `together` has made, by its keyword and identity."""
        self._order: dict[int, int] = {}
        """When each schema was first combined with another one, by its identity."""
        self._register(data, "")

    def of(self, node: Any) -> str:
        """The pointer of a mapping; empty where it has none."""
        return self._pointers.get(id(node), "")

    def note(self, node: Mapping, pointer: str) -> Mapping:
        """The same mapping, which from now on comes from `pointer`."""
        self._noted.append(node)
        self._pointers[id(node)] = pointer
        return node

    def derive(self, node: Mapping, *sources: Any) -> Mapping:
        """A mapping like this one, which comes from the first source that has a pointer.

        It is the same whenever it is made of the same: what contains itself is known by that.

        Raises:
            TooManySchemasError: There is no end to them.
        """
        pointers = (
            self._pointers[id(source)] for source in sources if id(source) in self._pointers
        )
        pointer = next(pointers, "")
        key = pointer, _identity(node)
        if key not in self._derived:
            self._properties += len(mapping(node.get("properties")))
            if len(self._derived) >= _MOST or self._properties > _PROPERTIES:
                raise TooManySchemasError(pointer)
            self._derived[key] = self.note(node, pointer)
        return self._derived[key]

    def together(self, key: str, schemas: Iterable[Any], *sources: Any) -> Any:
        """The schema that is all (`allOf`) or any (`anyOf`) of several, and the one if it is one.

        One that is made of others already is taken for these, so that there is an end to them.
        """
        flat: list[Any] = []
        for schema in schemas:
            is_same = is_mapping(schema) and (key, id(schema)) in self._combined
            flat += schema[key] if is_same else [schema]
        parts = list({id(schema): schema for schema in flat}.values())
        if len(parts) == 1:
            return parts[0]
        parts.sort(key=lambda part: self._order.setdefault(id(part), len(self._order)))
        result = self.derive({key: parts}, *sources, *parts)
        self._combined.add((key, id(result)))
        return result

    def within(self, data: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
        """The pointers of the mappings in `data`, each with that which it comes from."""
        if is_mapping(data):
            if id(data) in self._pointers:
                yield pointer, self._pointers[id(data)]
            for key, item in data.items():
                yield from self.within(item, f"{pointer}/{escaped(key)}")
        elif is_sequence(data):
            for i, item in enumerate(data):
                yield from self.within(item, f"{pointer}/{i}")

    def _register(self, value: Any, pointer: str) -> None:
        if is_mapping(value):
            self._pointers.setdefault(id(value), pointer)
            for key, item in value.items():
                self._register(item, f"{pointer}/{escaped(str(key))}")
        elif is_sequence(value):
            for i, item in enumerate(value):
                self._register(item, f"{pointer}/{i}")


def _identity(node: Mapping) -> Any:
    """What a schema is made of: its words, and the schemas in it by their identity."""
    return tuple((key, _part(key, value)) for key, value in node.items())


def _part(key: str, value: Any) -> Any:
    if key == "properties":
        return tuple((name, id(schema)) for name, schema in value.items())
    if is_sequence(value):
        return tuple(_part("", item) for item in value)
    return id(value) if is_mapping(value) else (type(value), value)
