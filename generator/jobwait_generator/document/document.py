"""An OpenAPI document as plain values, each with the place that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..problems import HTTP_METHODS, Problem
from .pointer import at, escaped, is_within, joined, local_pointer, parent
from .source import Source
from .values import Mapping, is_mapping, mapping
from .version import INITIAL, Version

COMMAND: Final = "jobwait-generate"
"""The command of this distribution."""
SCHEMA: Final = Path(__file__).parents[1] / "x-wait-for-completion.schema.json"
"""The JSON Schema of the extension."""

EXTENSION: Final = "x-wait-for-completion"
"""On the operation that tells a job's status: when the job is done."""
LINKS: Final = ("cancel", "list", "result")
"""Entries of the extension that name another operation."""
SELECTION: Final = "x-operations"
"""In a document: the operations that its package is for."""
OPTIONAL: Final = "x-job-optional"
"""In the normal form, on the operation: a body may have no job yet."""
VARIABLE: Final = "x-environment-variable"
"""On a security scheme: the variable that holds its key."""
PREFIX: Final = "x-prefix"
"""On an `apiKey` scheme: what stands before the key in its header."""

DEVICES: Final = frozenset(
    {"aux", "con", "nul", "prn", *(f"{name}{i}" for name in ("com", "lpt") for i in range(10))}
)
"""What no file on Windows may be called, whatever its ending."""

_PROVIDER: Final = re.compile(r"(?=.{1,60}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Origin(NamedTuple):
    """Where something in a document comes from."""

    source: Source
    pointer: str


class RawOperation(NamedTuple):
    """An operation as it stands in a document."""

    path: str
    method: str
    """In lower case."""
    pointer: str
    """Where it stands, behind the `$ref` of a path."""
    value: Mapping

    @property
    def name(self) -> str:
        """It as `GET /path`."""
        return f"{self.method.upper()} {self.path}"

    @property
    def own_pointer(self) -> str:
        """The pointer that it has where its path is no `$ref`."""
        return joined(["paths", self.path, self.method])


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
    version: Version = INITIAL
    """That of its package."""
    changelog: str = ""
    """What has changed in its package, in Markdown; empty where nobody has written it down."""
    beside: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """The label and the digest of the files of these two."""

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
        """Whether it stands in `specs/`, and its package is one of the project."""
        return self.source.label.startswith("specs/")

    @property
    def header(self) -> str:
        """The first words of every generated file: what it is made of, and how."""
        return self.header_of(*(source.label for source in (self.source, self.overlay) if source))

    def header_of(self, *labels: str) -> str:
        """The same for a file that is made of others."""
        return f"Generated from {' and '.join(labels)} by `{self.command}`; edits are lost."

    def with_data(self, data: Mapping, origins: dict[str, str]) -> Document:
        """A document with other data.

        Args:
            data: The data.
            origins: Where parts of it come from: pointers into `data` by pointers into this.
        """
        sources = {new: self.origin(old) for new, old in origins.items()}
        return replace(self, data=data, sources={**self.sources, **sources})

    def origin(self, pointer: str) -> Origin:
        """Where the value at a JSON Pointer comes from."""
        around = pointer
        while around not in self.sources:
            around = parent(around)
        source, base = self.sources[around]
        return Origin(source, base + pointer[len(around) :])

    def problem(self, pointer: str, message: str) -> Problem:
        """A problem at `pointer`, or at the nearest place around it that the document has."""
        source, own = self.origin(pointer)
        shown = own if source is self.source else pointer
        return Problem(source.file, source.line(own), shown, message)

    def at(self, pointer: str) -> Any:
        """The value at a JSON Pointer; None where there is none."""
        return at(self.data, pointer)

    def follow(self, pointer: str) -> tuple[Mapping, str]:
        """The object at `pointer` and its own pointer, behind any chain of `$ref`."""
        seen: set[str] = set()
        value = mapping(self.at(pointer))
        while isinstance(reference := value.get("$ref"), str) and pointer not in seen:
            seen.add(pointer)
            pointer = local_pointer(reference) or ""
            value = mapping(self.at(pointer)) if pointer else {}
        return ({}, pointer) if pointer in seen else (value, pointer)


def load(file: str, name: str, content: bytes, label: str | None = None) -> Document:
    """Read a document.

    Args:
        file: What messages call the file.
        name: The provider's name.
        content: What stands in the file.
        label: What the package calls the file, if not the same.

    Raises:
        RefusedError: It is no YAML, or not a mapping.
    """
    source = Source(file, content, label)
    return Document(name, source.data, {"": Origin(source, "")})


def moved(document: Document, new: str, old: str) -> dict[str, Origin]:
    """What to add to the sources of a document where the value at `old` stands at `new` too."""
    inner = {
        new + pointer.removeprefix(old): origin
        for pointer, origin in document.sources.items()
        if is_within(pointer, old) and pointer != old
    }
    return {new: document.origin(old), **inner}


def operations(document: Document) -> Iterator[RawOperation]:
    """Every operation of a document."""
    for path in mapping(document.data.get("paths")):
        item, pointer = document.follow(f"/paths/{escaped(path)}")
        for method in HTTP_METHODS:
            if is_mapping(value := item.get(method)):
                yield RawOperation(path, method, f"{pointer}/{method}", value)


def linked(known: Iterable[RawOperation], link: object) -> list[RawOperation]:
    """The operations that an entry of the extension names, by `operationId` or `operation`."""
    name, word = mapping(link).get("operationId"), mapping(link).get("operation")
    method, _, path = str(word).partition(" ")
    return [
        operation
        for operation in known
        if (isinstance(name, str) and name and operation.value.get("operationId") == name)
        or operation.name == f"{method.upper()} {path}"
    ]


def names_operation(link: object) -> bool:
    """Whether an entry of the extension has the name of an operation."""
    return any(isinstance(mapping(link).get(key), str) for key in ("operationId", "operation"))


def is_provider(name: str) -> bool:
    """Whether a package can be called that."""
    return _PROVIDER.fullmatch(name) is not None and name.removesuffix("-client") not in DEVICES
