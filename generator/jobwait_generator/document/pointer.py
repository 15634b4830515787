"""JSON Pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from .values import is_sequence, mapping


def escaped(token: str) -> str:
    """A key as it stands in a JSON Pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def joined(tokens: Iterable[str | int]) -> str:
    """The JSON Pointer that consists of these keys and indices."""
    return "".join(f"/{escaped(str(token))}" for token in tokens)


def tokens(pointer: str) -> list[str]:
    """The keys that a JSON Pointer consists of."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def parent(pointer: str) -> str:
    """The JSON Pointer of what is around a value."""
    return pointer.rpartition("/")[0]


def is_within(pointer: str, other: str) -> bool:
    """Whether a JSON Pointer leads to the value at another one, or to a part of it."""
    return f"{pointer}/".startswith(f"{other}/")


def at(value: Any, pointer: str) -> Any:
    """The value at a JSON Pointer; None where there is none."""
    for token in tokens(pointer):
        if is_sequence(value):
            index = int(token) if token.isdecimal() and len(token) < 10 else len(value)
            value = value[index] if index < len(value) else None
        else:
            value = mapping(value).get(token)
    return value


def local_pointer(reference: str) -> str | None:
    """The JSON Pointer of a `$ref` into the same document; None for any other."""
    return unquote(reference[1:]) if reference.startswith("#/") else None
