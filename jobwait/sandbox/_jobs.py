"""The jobs, what is true of each at a moment, and the log: everything but HTTP."""

from __future__ import annotations

import itertools
import math
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ._document import UNPLAYABLE, Playbook, read
from ._payload import Json, get, replace, with_id, with_times
from ._types import (
    Fault,
    Faults,
    JobId,
    LogEntry,
    Outcome,
    SandboxError,
    SandboxJob,
    State,
)

if TYPE_CHECKING:
    from jobwait import Provider

_LONGEST_LOG: Final = 100_000
"""How many requests are remembered: some 50 MB, for a sandbox that runs for weeks."""
_PENDING_SHARE: Final = 0.2
"""The part of its time that a job is pending, where the provider tells pending from running."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is true of a job at one moment."""

    word: str
    state: State
    body: Json


class PlayedJob:
    """A job on its walk through the states; reads no clock, `age` is seconds since it began."""

    def __init__(
        self, job: SandboxJob, playbook: Playbook, began: float, faults: Sequence[Fault | Faults]
    ) -> None:
        self.job: Final = job
        self.playbook: Final = playbook
        self.began: Final = began
        self.faults: Final = tuple(faults)
        self.polls: int = 0
        end = playbook.words(job.outcome)[0]
        pending, running = playbook.words("pending"), playbook.words("running")
        share = _PENDING_SHARE if pending and running else float(bool(pending))
        self._run_start: Final = job.seconds * share
        self._starts: Final = [
            *(self._run_start * index / len(pending) for index in range(len(pending))),
            *(
                self._run_start + (job.seconds - self._run_start) * index / len(running)
                for index in range(len(running))
            ),
            job.seconds,
        ]
        self._words: Final = [*pending, *running, end]
        # A job that fails does so half way in most documents, and progress must not run backwards.
        goal = get(playbook.jobs[end], playbook.progress) if playbook.progress else None
        self._goal: Final = goal if isinstance(goal, (int, float)) else playbook.progress_max

    def moments(self, began: datetime) -> Iterator[Moment]:
        """Yield what is true when each status word begins, for a job that began then."""
        return (self.moment(start, began) for start in self._starts)

    def moment(self, age: float, began: datetime) -> Moment:
        """Return what is true `age` seconds after the job began, at the time `began`."""
        index = max(bisect_right(self._starts, age) - 1, 0)
        word, start = self._words[index], self._starts[index]
        playbook = self.playbook
        body = with_id(playbook.jobs[word], playbook.example_id, self.job.id)
        body = with_times(body, began, began + timedelta(seconds=start))
        if playbook.progress and get(body, playbook.progress) is not None:
            body = replace(body, playbook.progress, self._progress(age))
        return Moment(word, playbook.states[word], body)

    def _progress(self, age: float) -> float:
        if age >= self.job.seconds:
            return self._goal
        span = self.job.seconds - self._run_start
        way = max(age - self._run_start, 0) / span if span else 0
        # A document whose examples are whole numbers gets whole numbers.
        return math.floor(self._goal * way) if isinstance(self._goal, int) else self._goal * way

    def strike(self, age: float) -> Fault | None:
        """Count one poll, and return the fault that it meets."""
        self.polls += 1
        struck = (fault.strike(self.polls, age) for fault in self.faults)
        return next((fault for fault in struck if fault is not None), None)


def _rehearse(playbook: Playbook, began: datetime) -> None:
    """Check all that jobs will say, so that no fault hides a document that is wrong."""
    for outcome in playbook.outcomes():
        job = SandboxJob("", playbook.new_id(0), outcome, 1.0, "")
        for moment in PlayedJob(job, playbook, 0.0, ()).moments(began):
            problem = playbook.problem(moment.body)
            if problem is not None:
                raise LookupError(
                    f"its example of {moment.word!r}, given another id and other times, does not "
                    f"fit its schema: {problem}"
                )


class Store:
    """All jobs and all requests so far. Its methods may be called from any thread."""

    def __init__(
        self,
        base_url: str,
        providers: Mapping[str, Provider],
        clock: Callable[[], float],
    ) -> None:
        self.base_url: Final = base_url
        self.providers: Final = dict(providers)
        self.playbooks: Final[dict[str, Playbook]] = {}
        self.unplayable: Final[dict[str, SandboxError]] = {}
        self._clock: Final = clock
        self._started: Final = clock()
        self._started_at: Final = datetime.now(UTC)
        self._numbers: Final = itertools.count(1)
        self._jobs: Final[dict[tuple[str, JobId], PlayedJob]] = {}
        self._log: Final = deque[LogEntry](maxlen=_LONGEST_LOG)
        self._log_lock: Final = threading.Lock()
        for name, provider in providers.items():
            try:
                playbook = read(provider)
                _rehearse(playbook, self._started_at)
            except UNPLAYABLE as error:
                kind = "" if type(error) is LookupError else f"{type(error).__name__}: "
                self.unplayable[name] = SandboxError(
                    f"the document of {provider.title} cannot be played: {kind}{error}"
                )
                continue
            self.playbooks[name] = playbook
            example = playbook.parse_id(str(playbook.example_id))
            if playbook.example_id is not None and example is not None:
                outcome = playbook.outcomes()[0]
                self.add(name, seconds=0, outcome=outcome, faults=(), job_id=example)

    def record(self, entry: LogEntry) -> None:
        """Remember a request, and forget the oldest one if there are too many."""
        with self._log_lock:
            self._log.append(entry)

    def entries(self) -> tuple[LogEntry, ...]:
        """Return the requests that are remembered, oldest first."""
        with self._log_lock:
            return tuple(self._log)

    def now(self) -> float:
        """Return the seconds since the sandbox started, by its clock."""
        return self._clock() - self._started

    def at(self, seconds: float) -> datetime:
        """Return the calendar time that many seconds after the sandbox started."""
        return self._started_at + timedelta(seconds=seconds)

    def playbook(self, provider: str) -> Playbook:
        if provider in self.unplayable:
            raise self.unplayable[provider].with_traceback(None)
        try:
            return self.playbooks[provider]
        except KeyError:
            names = ", ".join(sorted(self.playbooks)) or "none at all"
            message = f"no provider {provider!r} is installed; there are: {names}"
            raise SandboxError(message) from None

    def url(self, provider: str) -> str:
        self.playbook(provider)
        return f"{self.base_url}/{provider}"

    def add(
        self,
        provider: str,
        *,
        seconds: float,
        outcome: Outcome,
        faults: Sequence[object],
        job_id: JobId | None = None,
    ) -> SandboxJob:
        playbook = self.playbook(provider)
        if outcome not in playbook.outcomes():
            raise SandboxError(
                f"a job of {provider} cannot end as {outcome!r}; its document knows: "
                f"{', '.join(playbook.outcomes())}"
            )
        if not 0 <= seconds < math.inf:
            raise SandboxError(f"the seconds of a job are a number from 0 up, not {seconds}")
        known = [fault for fault in faults if isinstance(fault, Fault | Faults)]
        if len(known) < len(faults):
            raise SandboxError(f"faults are a sequence of Fault and Faults, not {faults!r}")
        if job_id is None:
            job_id = playbook.new_id(next(self._numbers))
        part = quote(str(job_id), safe="/" if playbook.slashes else "")
        path = playbook.path.replace("{id}", part)
        job = SandboxJob(provider, job_id, outcome, seconds, self.url(provider) + path)
        self._jobs[provider, job_id] = PlayedJob(job, playbook, self.now(), known)
        return job

    def find(self, provider: str, job_id: JobId) -> PlayedJob | None:
        return self._jobs.get((provider, job_id))
