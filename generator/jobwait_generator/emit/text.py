"""One function for each place where a document's words may stand in a generated file.

A document is not trusted: whatever stands in it ends up as data.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Final

from ..problems import prose

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|#~!$&])")


def comment(text: str) -> str:
    """One line for a comment at the head of a file, where Python would take it for an encoding."""
    return re.sub(r"(?<=coding)(?=[:=])", " ", prose(text))


def sentence(text: str) -> str:
    """One line that ends as a sentence does."""
    line = prose(text)
    return line if not line or line[-1] in ".!?" else f"{line}."


def docstring(
    text: str, indent: int = 4, sections: Mapping[str, Iterable[tuple[str, str]]] | None = None
) -> str:
    """A Python string literal in triple quotes, wrapped; paragraphs are kept.

    `sections` are what stands below, such as `Raises`: names, each with its explanation.
    """
    width = 96 - indent
    lines: list[str] = []
    for paragraph in _paragraphs(text, width - 3):
        lines += ["", *wrapped(paragraph, width)]
    for heading, items in (sections or {}).items():
        lines += ["", f"{heading}:"]
        for name, meaning in items:
            first, *rest = wrapped(prose(f"{name}: {meaning}"), width - 8)
            lines += [f"    {first}", *(f"        {line}" for line in rest)]
    pad = " " * indent
    body = "\n".join(f"{pad}{line}" if line else "" for line in lines[1:]).lstrip()
    # A quote next to another one, or at the end, would close the string.
    body = re.sub(r'"(?="|\Z)', r"\"", body.replace("\\", "\\\\"))
    closing = f"\n{pad}" if "\n" in body else ""
    return f'"""{body}{closing}"""'


def _paragraphs(text: str, width: int) -> list[str]:
    """The paragraphs of a text; its first sentence is one where they would share more lines."""
    first, *rest = [*filter(None, map(prose, re.split(r"\n\s*\n", text)))] or [""]
    sentences = re.match(r"(.+?[.!?]) (.+)", first)
    if len(first) > width and sentences is not None and len(sentences[1]) <= width:
        return [sentences[1], sentences[2], *rest]
    return [first, *rest]


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, except for longer words."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def toml(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(prose(text), ensure_ascii=False)


def markdown(text: str) -> str:
    """Text for a paragraph or a table's cell; code spans stay what they are."""
    parts = re.split(r"(`[^`]+`)", prose(text))
    return "".join(
        code(part[1:-1]) if i % 2 else _MARKDOWN.sub(r"\\\1", part) for i, part in enumerate(parts)
    )


def code(text: str) -> str:
    """A code span of Markdown."""
    plain = prose(text).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"
