"""What an overlay may cost: no more than in proportion to what is read."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from .values import is_mapping, is_sequence

MAX_ADDED: Final = 200_000
"""The most values that an overlay adds to a document, all places together."""
MAX_WORK: Final = 10_000_000
"""The most values that are looked at or copied for all actions of an overlay."""
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_PATTERN: Final = re.compile(r"\b(?:match|search)\s*\(")
_MANY: Final = re.compile(r"[*?:]")
_LENGTH: Final = 50
"""Characters of a query that are compared as fast as one value is looked at."""


class Size(NamedTuple):
    """How large a value is."""

    values: int
    """That it consists of, itself included; each hundred characters of a text count as one."""
    levels: int
    """Of mappings and lists."""


def size(value: Any, most: int) -> Size:
    """How large a value is; what is beyond `most` values is not counted."""
    values = levels = 0
    left = [(value, 0)]
    while left and values <= most:
        part, around = left.pop()
        values += 1
        if is_mapping(part):
            left += [(item, around + 1) for item in part.values()]
        elif is_sequence(part):
            left += [(item, around + 1) for item in part]
        elif isinstance(part, str):
            values += len(part) // 100
        levels = max(levels, around + isinstance(part, dict | list))
    return Size(values, levels)


def visits(query: str, data: Any) -> int:
    """How many values a JSONPath looks at, at most.

    Each `..`, and each `$` in a filter, may look at all values for each that was selected before.
    """
    plain = _QUOTED.sub("", query)
    rounds = plain.count("..") + plain.count("$") - 1
    if rounds < 1 and not _MANY.search(plain):
        return 1
    values: int = size(data, MAX_WORK).values ** max(rounds, 1)
    return values * (1 + len(query) // _LENGTH)


def has_pattern(query: str) -> bool:
    """Whether a JSONPath compares with a regular expression, which may take for ever."""
    return _PATTERN.search(_QUOTED.sub("", query)) is not None
