"""A server's words, fit to be shown: printable and bounded."""

from __future__ import annotations

import json
from typing import Any, Final

from ._pointer import is_array, is_object

MAX_WORD: Final = 100
"""Characters of a status word that the document does not know."""
MAX_LINE: Final = 200
"""Characters of a server's words in a message or in a line of the log."""
MAX_LEVELS: Final = 20
"""Of an object that is written as text, where it is nested too deeply to be written whole."""
MAX_WARNINGS: Final = 200
"""Of one client, about status words and bodies that its document does not know."""


def printable(text: str, limit: int = MAX_LINE) -> str:
    """`text` on one line, cut, with what a terminal would obey or cannot show as escapes."""
    # Cut first, as `text` may be megabytes, but not so that much white space hides the rest.
    return _shown(" ".join(text[: 10 * limit].split()), limit)


def printable_lines(text: str, limit: int) -> str:
    """The same with line breaks and tabs as they are."""
    return _shown(text, limit, keep="\n\t")


def _shown(text: str, limit: int, keep: str = "") -> str:
    if len(text) > limit:
        text = f"{text[:limit]}…"
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode()
        for char in text
    )


def json_text(value: Any) -> str:
    """Decoded JSON as text; what is nested too deeply is left out."""
    try:
        return json.dumps(value)
    except RecursionError:
        return json.dumps(_outline(value, MAX_LEVELS))


def _outline(value: Any, levels: int) -> Any:
    if is_object(value):
        return {key: _outline(item, levels - 1) for key, item in value.items()} if levels else "…"
    if is_array(value):
        return [_outline(item, levels - 1) for item in value] if levels else "…"
    return value


def status_word(value: Any) -> str:
    """A status as the text that a document lists."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number
    return json_text(value)


def is_first(warned: dict[str, object], subject: str) -> bool:
    """Whether the log shall have a warning: there is one of each subject, and not too many."""
    mark = object()
    return len(warned) < MAX_WARNINGS and warned.setdefault(subject, mark) is mark
