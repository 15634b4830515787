"""A document as plain values, each with the place that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..problems import Problem
from .pointer import escaped, local_pointer, tokens
from .source import Source
from .values import Mapping, is_mapping, is_sequence, mapping

EXTENSION: Final = "x-wait-for-completion"
SCHEMA: Final = Path(__file__).parents[1] / "x-wait-for-completion.schema.json"
"""The JSON Schema of the extension."""
COMMAND: Final = "jobwait-generate"
"""The command of this distribution."""
_PROVIDER: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Keys of a path that are operations."""


class Origin(NamedTuple):
    """Where something in a document comes from."""

    source: Source
    pointer: str


@dataclass(frozen=True)
class Document:
    """An OpenAPI document as plain JSON values; never changed in place."""

    name: str
    """The provider's name: the file's name without its extension."""
    data: Mapping
    sources: dict[str, Origin] = field(repr=False)
    """Where the values at these JSON Pointers, and all in them, come from."""
    overlay: Source | None = None
    command: str = COMMAND
    """What makes its package."""

    @property
    def file(self) -> str:
        """The file that all but an overlay's words come from."""
        return self.source.file

    @property
    def source(self) -> Source:
        """The same, read."""
        return self.sources[""].source

    @property
    def is_ours(self) -> bool:
        """Whether it stands in `specs/`, and its package is one of the repository."""
        return self.source.label.startswith("specs/")

    @property
    def header(self) -> str:
        """The first words of every generated file: what it is made of, and how."""
        labels = [source.label for source in (self.source, self.overlay) if source]
        return f"Generated from {' and '.join(labels)} by `{self.command}`; edits are lost."

    @property
    def strict(self) -> bool:
        """Whether it was written for this generator, and has nothing that needs forbearance."""
        return self.data.get("x-strict") is True

    def origin(self, pointer: str) -> Origin:
        """Where the value at a JSON Pointer comes from."""
        place = pointer
        while place not in self.sources:
            place = place.rpartition("/")[0]
        source, base = self.sources[place]
        return Origin(source, base + pointer[len(place) :])

    def problem(self, pointer: str, message: str) -> Problem:
        """A problem at `pointer`, or at the nearest place around it that the document has."""
        source, place = self.origin(pointer)
        shown = place if source is self.source else pointer
        return Problem(source.file, source.line(place), shown, message)

    def at(self, pointer: str) -> Any:
        """The value at a JSON Pointer; None where there is none."""
        value: Any = self.data
        for token in tokens(pointer):
            if is_sequence(value):
                value = value[int(token)] if token.isdecimal() and int(token) < len(value) else None
            else:
                value = mapping(value).get(token)
        return value

    def follow(self, pointer: str) -> tuple[Mapping, str]:
        """The object at `pointer` and its own pointer, behind any chain of `$ref`."""
        seen: set[str] = set()
        value = mapping(self.at(pointer))
        while isinstance(reference := value.get("$ref"), str) and pointer not in seen:
            seen.add(pointer)
            pointer = local_pointer(reference) or ""
            value = mapping(self.at(pointer)) if pointer else {}
        return ({}, pointer) if pointer in seen else (value, pointer)


def moved(document: Document, new: str, old: str) -> dict[str, Origin]:
    """What to add to the sources of a document where the value at `old` stands at `new` too."""
    inner = {
        new + pointer.removeprefix(old): origin
        for pointer, origin in document.sources.items()
        if pointer.startswith(f"{old}/")
    }
    return {new: document.origin(old), **inner}


def load(file: str, name: str, content: bytes, label: str | None = None) -> Document:
    """Read a document.

    Raises:
        RefusedError: It is no YAML, or not a mapping.
    """
    source = Source(file, content, label)
    return Document(name, source.data, {"": Origin(source, "")})


def is_provider(name: str) -> bool:
    """Whether a package can be called that."""
    return _PROVIDER.fullmatch(name) is not None


def operations(document: Document) -> Iterator[tuple[str, str, Mapping]]:
    """Every operation: its path, its pointer (which ends in its method), itself."""
    for path, item in mapping(document.data.get("paths")).items():
        for method in METHODS:
            if is_mapping(mapping(item).get(method)):
                yield path, f"/paths/{escaped(path)}/{method}", item[method]
