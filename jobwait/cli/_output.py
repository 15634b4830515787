"""Where outcomes and jobs go: JSON lines, or tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobwait import JobwaitError, Outcome
from jobwait._pointer import is_object
from jobwait._text import json_text, printable

from ._exits import UsageError
from ._progress import id_text, reason

WIDE: Final = 10_000
"""Columns where there is no terminal: nothing is cut or folded for a program that reads on."""


@contextmanager
def opened(path: str | None) -> Generator[TextIO]:
    """The file to write to, from its beginning; stdout if there is no path.

    Raises:
        UsageError: It cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    try:
        with Path(path).open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        if isinstance(error, JobwaitError):  # some are TimeoutErrors, too
            raise
        raise UsageError(f"the outcomes cannot be written to {path}: {error}") from None


class JsonLines:
    """A line for each outcome, as soon as there is one.

    Args:
        echo: Writes a line where a live view is on the same terminal; None if there is none.
    """

    def __init__(self, file: TextIO, echo: Callable[[str], None] | None) -> None:
        self._file: Final = file
        self._echo: Final = echo if file.isatty() else None

    def add(self, outcome: Outcome[Any]) -> None:
        """Write an outcome."""
        write_json(outcome.to_dict(), self._file, self._echo)

    def close(self) -> None:
        """Write what is left: nothing."""


class OutcomeTable:
    """A table of all outcomes, once there are all."""

    def __init__(self, file: TextIO) -> None:
        self._file: Final = file
        self._rows: Final[list[tuple[str, ...]]] = []

    def add(self, outcome: Outcome[Any]) -> None:
        """Keep an outcome."""
        row = outcome.provider, id_text(outcome.job_id), outcome.kind, reason(outcome)
        self._rows.append(row)

    def close(self) -> None:
        """Write the table."""
        if self._rows:
            write_table(("provider", "job", "outcome", "reason"), self._rows, self._file)


def write_json(value: Any, file: TextIO, echo: Callable[[str], None] | None = None) -> None:
    """Write a value on one line, and see to it that it is there."""
    text = json_text(value)
    if echo is not None:
        echo(text)
        return
    print(text, file=file, flush=True)


def write_table(headings: Iterable[str], rows: Iterable[Iterable[str]], file: TextIO) -> None:
    """Write a table, as wide as it is where no terminal bounds it."""
    is_terminal = file.isatty()
    console = Console(file=file, width=None if is_terminal else WIDE, highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    if is_terminal:
        console.print(table)
        return
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    print("\n".join(line.rstrip() for line in lines), file=file, flush=True)


def write_fields(data: Any, file: TextIO) -> None:
    """Write an object for people: a line for each field."""
    if not is_object(data):
        write_json(data, file)
        return
    rows = [
        (printable(name), printable(value, 2_000) if isinstance(value, str) else _short(value))
        for name, value in data.items()
    ]
    write_table(("field", "value"), rows, file)


def _short(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False, default=str), 2_000)
