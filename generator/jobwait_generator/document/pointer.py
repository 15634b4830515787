"""JSON Pointers (RFC 6901)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    pass


def escaped(token: str) -> str:
    """A key as it stands in a JSON Pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def tokens(pointer: str) -> list[str]:
    """The keys that a JSON Pointer consists of."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def local_pointer(reference: str) -> str | None:
    """The JSON Pointer of a `$ref` into the same document; None for any other."""
    return unquote(reference[1:]) if reference.startswith("#/") else None
