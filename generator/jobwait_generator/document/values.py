"""JSON values as plain Python."""

from __future__ import annotations

from typing import Any, Final, TypeAlias, TypeGuard

Mapping: TypeAlias = dict[str, Any]

MAX_KEY: Final = 200
"""The most characters of a key."""
MAX_VALUES: Final = 1_000_000
"""The most values of a file: each hundred characters of a text, and all that an alias repeats,
count as one."""
MAX_DEPTH: Final = 100
"""The most levels of a file."""


def is_mapping(value: object) -> TypeGuard[Mapping]:
    """Whether `value` is a mapping of a document."""
    return isinstance(value, dict)


def is_sequence(value: object) -> TypeGuard[list[Any]]:
    """Whether `value` is a list of a document."""
    return isinstance(value, list)


def mapping(value: object) -> Mapping:
    """`value` where it is a mapping, else an empty one."""
    return value if is_mapping(value) else {}


def sequence(value: object) -> list[Any]:
    """`value` where it is a list, else an empty one."""
    return value if is_sequence(value) else []
