"""The components of the normal form: their keys, and the schemas that they are made of."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from ..document.document import Document
from ..document.pointer import tokens
from ..document.values import mapping
from ..model.names import class_name


class Normal(dict[str, Any]):
    """A schema that is in normal form already."""


class Components:
    """The keys of one document's components, and the queue of those that are still to be made.

    Args:
        document: Where the schemas stand.
        taken: Names that no class may have.
    """

    def __init__(self, document: Document, taken: Iterable[str]) -> None:
        self.queue: deque[tuple[str, Any]] = deque()
        """Keys, each with the schema that its component is made of."""
        self.discriminators: dict[str, str] = {}
        """The property that tells a variant from the others, by the variant's key."""
        self._document = document
        self._taken = set(taken)
        self._numbers: dict[str, Iterator[int]] = {}
        self.reserved: dict[str, str] = {}
        """The keys of the document's own components, by their pointers."""
        self._keys: dict[str, str] = {}
        self._lent: set[str] = set()
        """The pointers of components whose keys variants made of them have."""

    def reserve(self, key: str, pointer: str) -> None:
        """Give what stands at `pointer`, if it becomes a component, this key or the nearest."""
        self.reserved[pointer] = self.new_key(key)

    def key(self, pointer: str) -> str:
        """The key of the component for what stands at `pointer`."""
        if pointer not in self._keys:
            schema = self._document.at(pointer)
            key = self.reserved.get(pointer)
            if pointer in self._lent:
                key = self.new_key(f"{key}Data")
            key = key or self.new_key(title_of(mapping(schema)) or tokens(pointer)[-1])
            self._keys[pointer] = key
            self.add(key, schema)
        return self._keys[pointer]

    def variant_key(self, pointer: str | None, *wanted: str) -> str:
        """The key of a variant made of what stands at `pointer`: its own, as long as that is free.

        Args:
            wanted: What to call it if not, the best first.
        """
        own = self.reserved.get(pointer or "")
        if pointer is None or own is None or pointer in self._keys or pointer in self._lent:
            return self.new_key(*wanted)
        self._lent.add(pointer)
        return own

    def add(self, key: str, schema: Any) -> None:
        """Let a component be made of a schema."""
        self.queue.append((key, schema))

    def new_key(self, *wanted: str) -> str:
        """A key that no other component has, and its class no other meaning.

        Args:
            wanted: What to call it, the best first.
        """
        bases = [re.sub(r"[^A-Za-z0-9]", "", class_name(name)) or "Schema" for name in wanted]
        # What is called as something else is told from that by a word, if one will do.
        bases += [f"{base}Data" for base in bases]
        numbers = self._numbers.setdefault(bases[0], count(2))
        names = chain(bases, (f"{bases[0]}{i}" for i in numbers))
        name = next(n for n in names if not {n, f"Unknown{n}"} & self._taken)
        self._taken |= {name, f"Unknown{name}"}
        return name


def title_of(schema: Any) -> str | None:
    """The title that a class can be called after, if there is one."""
    title = mapping(schema).get("title")
    return title if isinstance(title, str) and class_name(title) != "Field" else None
