"""What is wrong with a document, and how its words are shown in a message."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

HTTP_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Keys of a path that are operations."""

_SHOWN: Final = 500


class Problem(NamedTuple):
    """Something in a document that keeps a package from being generated."""

    file: str
    line: int
    pointer: str
    message: str

    def __str__(self) -> str:
        pointer = self.pointer if len(self.pointer) <= _SHOWN else f"{self.pointer[:_SHOWN]}…"
        text = f"{self.file}:{self.line}  {pointer or '/'}  {self.message}{self._operation()}"
        # A key may be anything: no line break or terminal code of it is printed as such.
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)

    def _operation(self) -> str:
        """The operation that the pointer leads into, as a person writes it."""
        start, path, method = [*self.pointer.split("/")[1:4], "", "", ""][:3]
        if start != "paths" or not path:
            return ""
        path = path.replace("~1", "/").replace("~0", "~")
        name = f"{method.upper()} {path}" if method in HTTP_METHODS else path
        return f" ({name[:_SHOWN]})"


class RefusedError(Exception):
    """Documents that no packages can be generated from; `problems` is never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def shown(value: object) -> str:
    """A document's word in a message: one line, quoted, and not endless."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else f"{text[:80]}…"


def prose(text: str) -> str:
    """One line of printable text."""
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return " ".join(words)
