"""Where the parts of the normal form come from in the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..document.pointer import escaped
from ..document.values import Mapping, is_mapping, is_sequence


class Origins:
    """The pointer of every mapping of a document, and of those that are made from them.

    A mapping is known by its identity, so all that are noted stay in memory.
    """

    def __init__(self, data: Mapping) -> None:
        self._pointers: dict[int, str] = {}
        self._noted: list[Mapping] = []
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
        """The same mapping, which comes from the first source that has a pointer."""
        pointers = (
            self._pointers[id(source)] for source in sources if id(source) in self._pointers
        )
        return self.note(node, next(pointers, ""))

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
