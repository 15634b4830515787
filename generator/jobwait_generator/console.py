"""What a command prints: text for people, or one JSON array of problems for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TextIO

from .changes.change import Change
from .problems import Problem


class Console:
    """The standard output and error of a command.

    With `as_json`, the standard output is one array of objects with `file`, `line`, `pointer` and
    `message`, and nothing else; `line` is null where there is none. Where all went well, it holds
    nothing but changes for users, each with its `severity`.
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

    def done(self, changes: Mapping[str, Sequence[Change]] = MappingProxyType({})) -> None:
        """Print that there are no problems, where a program waits for it.

        Args:
            changes: What packages mean for users of the old ones, by the packages.
        """
        if self.as_json:
            self._array(c.as_object(package) for package, own in changes.items() for c in own)

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
