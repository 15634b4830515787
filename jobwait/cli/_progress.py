"""What is shown of a wait while it lasts: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol, Self, TypeAlias

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jobwait import Outcome, PollEvent
from jobwait._pointer import is_array
from jobwait._resume import plain_id
from jobwait._text import printable

ROWS: Final = 10
"""Jobs that have a line of their own; of more, those that were polled last."""
PACE: Final = 10.0
"""Seconds between two lines of totals, where there is no terminal."""
WIDTH: Final = 40
"""Characters of an id, or of a status."""

_Key: TypeAlias = tuple[str, str, Any]


class Seen(NamedTuple):
    """The last poll of a job, and when it was."""

    event: PollEvent
    at: float


class Progress(Protocol):
    """Hears of polls and outcomes, and may show them; also in other threads than the main one."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def polled(self, event: PollEvent) -> None:
        """A job was polled."""
        ...

    def ended(self, outcome: Outcome[Any]) -> None:
        """A wait has ended."""
        ...

    def note(self, text: str) -> None:
        """Show a line."""
        ...


def progress(total: int, *, verbose: bool) -> Progress:
    """What fits where stderr goes."""
    view = LiveView if sys.stderr.isatty() else Lines
    return view(total, verbose=verbose)


class _Counts:
    """How many of all jobs have ended, and how."""

    def __init__(self, total: int) -> None:
        self.total: Final = total
        self.polls = 0
        self.kinds: Final[Counter[str]] = Counter()
        self._began: Final = time.monotonic()

    def line(self) -> str:
        """As in `12 of 500 ended: 10 succeeded, 2 failed; 31 polls, 5.0 s`."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.kinds.items()))
        ended = f"{self.kinds.total():,} of {self.total:,} ended{kinds and ': '}{kinds}"
        return f"{ended}; {self.polls:,} polls, {time.monotonic() - self._began:.1f} s"


class Lines:
    """Plain lines on stderr."""

    def __init__(self, total: int, *, verbose: bool) -> None:
        self._counts: Final = _Counts(total)
        self._verbose: Final = verbose
        self._is_short: Final = total <= ROWS
        self._words: Final[dict[_Key, str | None]] = {}
        self._next = time.monotonic() + PACE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._is_short:
            self.note(self._counts.line())

    def polled(self, event: PollEvent) -> None:
        """As in `Progress`."""
        self._counts.polls += 1
        if self._verbose or (self._is_short and self._is_news(event)):
            self.note(poll_line(event))
        self._pace()

    def ended(self, outcome: Outcome[Any]) -> None:
        """As in `Progress`."""
        self._counts.kinds[outcome.kind] += 1
        if self._verbose or self._is_short:
            self.note(outcome_line(outcome))
        self._pace()

    def note(self, text: str) -> None:
        """As in `Progress`."""
        with suppress(OSError):  # where nobody can read it, the waits go on
            print(text, file=sys.stderr, flush=True)

    def _is_news(self, event: PollEvent) -> bool:
        key = event.provider, event.operation, event.job_id
        word = "?" if event.error is not None else event.status
        is_news = self._words.get(key) != word
        self._words[key] = word
        return is_news and event.delay is not None

    def _pace(self) -> None:
        now = time.monotonic()
        if now >= self._next and not self._is_short:
            self._next = now + PACE
            self.note(self._counts.line())


class LiveView:
    """Lines that change in place, on a terminal."""

    def __init__(self, total: int, *, verbose: bool) -> None:
        self._counts: Final = _Counts(total)
        self._verbose: Final = verbose
        self._lock: Final = threading.Lock()
        self._seen: dict[_Key, Seen] = {}
        self._ended: Final[dict[_Key, str]] = {}
        self._console: Final = Console(stderr=True, highlight=False)
        self._live: Final = Live(
            console=self._console,
            get_renderable=self._view,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def polled(self, event: PollEvent) -> None:
        """As in `Progress`."""
        key = event.provider, event.operation, event.job_id
        with self._lock:
            self._counts.polls += 1
            if self._counts.total > ROWS:
                # Those that were polled last come last.
                self._seen.pop(key, None)
            self._seen[key] = Seen(event, time.monotonic())
            while len(self._seen) > ROWS:
                del self._seen[next(iter(self._seen))]
        if self._verbose:
            self.note(poll_line(event))

    def ended(self, outcome: Outcome[Any]) -> None:
        """As in `Progress`."""
        key = outcome.provider, outcome.operation, outcome.job_id
        with self._lock:
            self._counts.kinds[outcome.kind] += 1
            if self._counts.total > ROWS:
                self._seen.pop(key, None)
            else:
                self._ended[key] = outcome.kind

    def note(self, text: str) -> None:
        """As in `Progress`."""
        self._console.print(Text(text), soft_wrap=True)

    def _view(self) -> RenderableType:
        with self._lock:
            seen, ended = list(self._seen.items()), dict(self._ended)
            counts = self._counts.line()
        table = Table(box=None, header_style="dim", pad_edge=False)
        for heading in ("provider", "job", "state", "done", "elapsed", "next poll"):
            table.add_column(heading, no_wrap=True)
        for key, (event, at) in seen:
            table.add_row(*_cells(event, time.monotonic() - at, ended.get(key)))
        return table if self._counts.total == 1 else Group(table, Text(counts, style="bold"))


def _cells(event: PollEvent, ago: float, ended: str | None) -> Iterator[Text]:
    state = f"no answer, {event.poll} polls" if event.error is not None else event.status or ""
    style = {"succeeded": "green", "failed": "red"}.get(event.state or "", "")
    is_over = ended is not None or event.delay is None
    if ended in ("timeout", "error"):
        state, style = f"{ended}, {state}", "red"
    wait = "" if is_over else f"{max(0.0, (event.delay or 0.0) - ago):.1f} s"
    elapsed = event.elapsed if is_over else event.elapsed + ago
    yield Text(event.provider)
    yield Text(id_text(event.job_id))
    yield Text(printable(state, WIDTH), style=style)
    yield Text(_percent(event), justify="right")
    yield Text(f"{elapsed:.1f} s", justify="right")
    yield Text(wait, justify="right")


def poll_line(event: PollEvent) -> str:
    """As in `docurift job_1: processing, 45 %, 3.2 s, next poll in 2.0 s`."""
    failure = event.error and f"no answer ({event.error.args[0]})"
    parts = [
        failure or printable(event.status or "no status", WIDTH),
        _percent(event),
        f"poll {event.poll}",
        f"{event.elapsed:.1f} s",
        "" if event.delay is None else f"next poll in {event.delay:.1f} s",
    ]
    name = f"{event.provider} {id_text(event.job_id)}"
    return f"{name}: {', '.join(filter(None, parts))}"


def outcome_line(outcome: Outcome[Any]) -> str:
    """As in `docurift job_1: failed: E42: the page is blank`."""
    text = f"{outcome.provider} {id_text(outcome.job_id)}: {outcome.kind}"
    return text if outcome.error is None else f"{text}: {reason(outcome)}"


def reason(outcome: Outcome[Any]) -> str:
    """Why a wait did not end with a succeeded job, on one line."""
    return "" if outcome.error is None else printable(str(outcome.error.args[0]), 500)


def id_text(id: Any) -> str:
    """A job's id as a command line takes it, on one line."""
    plain = plain_id(id)
    return printable("/".join(map(str, plain if is_array(plain) else [plain])), WIDTH)


def _percent(event: PollEvent) -> str:
    return "" if event.progress is None else f"{100 * event.progress:.0f} %"
