"""Changing plain values that are shared: what is changed is copied, once, and all else is not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from .values import is_sequence

Location: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a value."""


class Editor:
    """Plain values that can be changed at any place.

    Args:
        data: The values, which stay as they are.
    """

    def __init__(self, data: Any) -> None:
        self.data: Any = data
        self.copied: int = 0
        """Values in all mappings and lists that were copied."""
        self._own: dict[int, Any] = {}
        """The mappings and lists that nobody else has, by their identity."""

    def at(self, location: Location) -> Any:
        """The value at a place."""
        value = self.data
        for token in location:
            value = value[token]
        return value

    def put(self, location: Location, value: Any) -> None:
        """Put a value in the place of the one that is there."""
        if not location:
            self.data = value
            return
        self._owned(location[:-1])[location[-1]] = value

    def remove(self, around: Location, tokens: Collection[str | int]) -> None:
        """Take values out of the mapping or list at a place."""
        container = self.at(around)
        if is_sequence(container):
            rest: Any = [item for i, item in enumerate(container) if i not in tokens]
        else:
            rest = {key: item for key, item in container.items() if key not in tokens}
        self.copied += len(container)
        self.put(around, rest)

    def share(self) -> None:
        """From now on, others may have what is here."""
        self._own.clear()

    def _owned(self, location: Location) -> Any:
        """The mapping or list at a place, all around it copied where others have it."""
        self.data = container = self._own_copy(self.data)
        for token in location:
            inner = self._own_copy(container[token])
            container[token] = inner
            container = inner
        return container

    def _own_copy(self, container: Any) -> Any:
        if id(container) in self._own:
            return container
        self.copied += len(container)
        copy: Any = [*container] if is_sequence(container) else {**container}
        self._own[id(copy)] = copy
        return copy
