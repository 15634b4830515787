"""What a command prints: text for people, or one JSON array of problems for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from .problems import Problem


class Console:
    """The standard output and error of a command.

    With `as_json`, the standard output is one array of objects with `file`, `line`, `pointer` and
    `message`, empty where all went well, and nothing else; `line` is null where there is none.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """Print a line about what was done."""
        if not self.as_json:
            print(_printable(text))

    def note(self, text: str) -> None:
        """Print a line that somebody should read, though nothing failed."""
        print(_printable(text), file=sys.stderr)

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Print every problem with a document, and how many there are."""
        if self.as_json:
            self._array(problem._asdict() for problem in problems)
            return
        count = len(problems)
        self.note("\n".join(map(str, problems)))
        self.note(f"{count} problem{'s' * (count > 1)}; nothing was written")

    def fail(self, reasons: Mapping[str, str]) -> None:
        """Print errors that concern no place in a document, each with its file, or an empty one."""
        if self.as_json:
            self._array(_object(file, text) for file, text in reasons.items())
            return
        for file, text in reasons.items():
            self.note(f"{file}: {text}" if file else text)

    def stale(self, files: Iterable[tuple[str, str]], remedy: str) -> None:
        """Print the files that are not as the generator writes them: each path, and how."""
        if self.as_json:
            self._array(_object(file, f"{kind}; {remedy}") for file, kind in files)
            return
        for file, kind in files:
            self.say(f"{file}: {kind}")
        self.say(remedy)

    def done(self) -> None:
        """Print that there are no problems, where a program waits for it."""
        if self.as_json:
            self._array([])

    def _array(self, objects: Iterable[dict[str, Any]]) -> None:
        print(json.dumps(list(objects), indent=2))


def write_utf8(text: str, stream: TextIO) -> None:
    """Write a file to a stream as UTF-8, whatever the stream takes words for."""
    stream.flush()
    stream.buffer.write(text.encode())
    stream.buffer.flush()


def _object(file: str, message: str) -> dict[str, Any]:
    return {"file": file, "line": None, "pointer": "", "message": message}


def _printable(text: str) -> str:
    """Text without terminal codes: the name of a file may hold anything."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
