"""What somebody who mistyped a word may have meant."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Final

from ..problems import prose
from .values import is_mapping

_LISTED: Final = 12
_CONSIDERED: Final = 2_000
_SEGMENT: Final = re.compile(
    r"\.([A-Za-z_][\w-]*)|\[(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\]"
)


def instead_of(word: str, known: Collection[str]) -> str:
    """The known word that is nearest, and the others that are allowed, for the end of a message."""
    listed = [prose(item)[:200] for item in list(known)[:_CONSIDERED]]
    if not listed:
        return "nothing is allowed here"
    near = get_close_matches(word[:200], listed, 1)
    shown = ", ".join(f"`{item}`" for item in listed[:_LISTED])
    allowed = f"{shown}, …" if len(listed) > _LISTED else shown
    return f"the nearest is `{near[0]}`, of {allowed}" if near else f"there is {allowed}"


def nearest_target(query: str, data: Any) -> str:
    """What a JSONPath that selects nothing may have meant, by the first part that is not there."""
    end, start = 1, "$"
    while match := _SEGMENT.match(query, end):
        written = next(group for group in match.groups() if group is not None)
        name = re.sub(r"\\(.)", r"\1", written)
        if not is_mapping(data):
            return f"`{start}` has no parts with names"
        if name not in data:
            return f"`{start}` has no `{prose(name)}`: {instead_of(name, data)}"
        end, start, data = match.end(), query[: match.end()], data[name]
    return ""
