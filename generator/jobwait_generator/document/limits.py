"""What an overlay may cost: no more than in proportion to what is read."""

from __future__ import annotations

import re
from typing import Any, Final

from .values import is_mapping, is_sequence

MAX_ADDED: Final = 200_000
"""The most values that an overlay adds to a document, all places together."""
_MAX_VISITS: Final = 50_000_000
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def size(value: Any, most: int) -> int:
    """How many values there are in a value, itself included; more than `most` are not counted."""
    count = 0
    left = [value]
    while left and count <= most:
        part = left.pop()
        count += 1
        if is_mapping(part):
            left += part.values()
        elif is_sequence(part):
            left += part
        elif isinstance(part, str):
            count += len(part) // 100
    return count


def visits_too_much(query: str, data: Any) -> bool:
    """Whether a JSONPath looks at all of the data again for all of it.

    Each `..`, and each `$` in a filter, may look at all values for each that was selected before.
    """
    plain = _QUOTED.sub("", query)
    rounds = plain.count("..") + plain.count("$") - 1
    return rounds > 1 and size(data, _MAX_VISITS) ** rounds > _MAX_VISITS
