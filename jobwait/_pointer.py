"""JSON Pointers, RFC 6901."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """The steps of a pointer; none for the empty one, which is the whole."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def write_pointer(parts: Iterable[str | int]) -> str:
    """The pointer with these steps."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def value_at(parts: tuple[str, ...] | None, data: Any) -> Any:
    """The value in decoded JSON that a parsed pointer points to; None where there is none."""
    if parts is None:
        return None
    for part in parts:
        if is_object(data):
            data = data.get(part)
        elif is_array(data) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether decoded JSON is an array."""
    return isinstance(value, list)
