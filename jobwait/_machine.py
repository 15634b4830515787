"""The waiting state machine: no I/O, no clock, no sleep, no log.

One step is "checked once: done, or again at this time". What a wait must remember between two steps
is a `WaitState`, a small value that pickles, so that a wait can leave the process.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from ._errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    JobwaitError,
    NotFoundError,
    ResponseDecodeError,
    WaitTimeoutError,
)
from ._schedule import Exponential, Poll, Schedule

if TYPE_CHECKING:
    from ._operation import Polling, State

JobT = TypeVar("JobT")
ErrorT = TypeVar("ErrorT", bound=JobwaitError)

MAX_FAILURES: Final = 10
"""Polls in a row without an answer, after which a wait ends: some two minutes of backoff."""
BACKOFF: Final = 0.5
"""Seconds after the first of them; doubled for each further one."""
MAX_BACKOFF: Final = 30.0
"""Seconds, however long the streak."""
LONGEST: Final = 1e9
"""Seconds: some thirty years, which every system can still sleep."""
JITTER: Final = 0.1
"""Delays are drawn from 1 to 1 + JITTER times the planned one: never shorter."""


class Sighting(NamedTuple, Generic[JobT]):
    """What one good poll saw."""

    job: JobT
    word: str
    """The status as the provider spells it."""
    state: State | None
    """What the word means; None for one that the document does not know."""
    progress: float | None = None
    """0.0 to 1.0."""
    code: str | None = None
    message: str | None = None
    retryable: bool | None = None
    retry_after: float | None = None
    """Seconds that the provider asks to wait."""


class WaitState(NamedTuple, Generic[JobT]):
    """All that a wait remembers between two polls; times are readings of the waiter's own clock."""

    started: float
    polls: int = 0
    failures: int = 0
    """Polls without an answer since the last good one."""
    slowest: float = 0.0
    """Seconds that the slowest poll took."""
    final: bool = False
    """The next poll is the last one before the deadline."""
    word: str | None = None
    """The last status word."""
    unknown: frozenset[str] = frozenset()
    """Status words so far that the document does not know."""
    job: JobT | None = None
    last_error: APIError | None = None


class Done(NamedTuple, Generic[JobT]):
    """The job succeeded."""

    job: JobT


class Again(NamedTuple, Generic[JobT]):
    """Poll again when the clock reads `at`."""

    at: float
    state: WaitState[JobT]


class Notice(NamedTuple):
    """A line for the log."""

    text: str
    expected: bool
    """Whether it is everyday, or worth a warning."""


class Waiter(Generic[JobT]):
    """The rules of one wait.

    Args:
        timeout: Seconds for the whole wait; 0 is one poll, None is for ever.
        not_found_grace: Seconds in which a 404 before the first sighting is no error.
        random: Returns a number from 0 to 1, as `random.random` does.
    """

    def __init__(
        self,
        provider: str,
        job_id: Any,
        polling: Polling,
        *,
        timeout: float | None,
        schedule: Schedule | None,
        not_found_grace: float,
        random: Callable[[], float],
    ) -> None:
        self._provider = provider
        self._job_id = job_id
        self._timeout = math.inf if timeout is None else seconds("timeout", timeout)
        self._grace = seconds("not_found_grace", not_found_grace)
        self._random = random
        # A schedule that the caller chose is the caller's decision, and is not slowed down.
        self._floor = polling.initial if schedule is None else 0.0
        self._schedule: Schedule
        if schedule is None:
            self._schedule = Exponential(polling.initial, polling.multiplier, polling.maximum)
        elif callable(getattr(schedule, "delay", None)):
            self._schedule = schedule
        else:
            raise InvalidArgumentError(f"schedule is one like Fixed(2), not {schedule!r}")

    def limit(self, state: WaitState[JobT], now: float, longest: float) -> float:
        """Seconds that the poll which starts now may take.

        Raises:
            WaitTimeoutError: The deadline has passed.
        """
        left = state.started + self._timeout - now
        if state.polls == 0:
            # The first poll is always sent; a timeout of 0 stands for it alone.
            return longest if self._timeout == 0 else min(longest, self._timeout)
        if left <= 0:
            raise self._too_late(state, now)
        return min(longest, left)

    def step(
        self, state: WaitState[JobT], result: Sighting[JobT] | APIError, began: float, ended: float
    ) -> Done[JobT] | Again[JobT]:
        """Take in what the poll from `began` to `ended` gave.

        Raises:
            JobwaitError: The wait is over without a succeeded job.
        """
        state = state._replace(polls=state.polls + 1, slowest=max(state.slowest, ended - began))
        if isinstance(result, APIError):
            state = state._replace(last_error=result)
            hint = result.retry_after if isinstance(result, APIStatusError) else None
            if self._may_appear(state, result, ended):
                state = state._replace(failures=0)
                delay = self._delay(state, None, ended)
            elif is_transient(result):
                state = state._replace(failures=state.failures + 1)
                delay = self._backoff(state, result, ended)
            else:
                raise self._with_context(result, state, ended)
        else:
            state = state._replace(failures=0, word=result.word, job=result.job)
            if result.state is None:
                state = state._replace(unknown=state.unknown | {result.word})
            if result.state == "succeeded":
                return Done(result.job)
            if result.state == "failed" or result.state == "cancelled":
                raise self._with_context(self._ended_badly(result), state, ended)
            delay, hint = self._delay(state, result.progress, ended), result.retry_after
        return self._again(state, delay, hint, began, ended)

    def notice(self, state: WaitState[JobT], result: Sighting[JobT] | APIError) -> Notice | None:
        """What the log should say of a poll, given the state before it."""
        job = f"{self._provider}: job {self._job_id}"
        if isinstance(result, Sighting):
            if result.state is not None or result.word in state.unknown:
                return None
            text = f"{job} has the unknown status {result.word!r}; polling on until it has another"
            return Notice(text, expected=False)
        if not is_transient(result):
            return None
        # One failure is everyday; a second in a row is worth a line on the console.
        return Notice(f"{job}: {result.args[0]}", expected=state.failures == 0)

    def _may_appear(self, state: WaitState[JobT], error: APIError, now: float) -> bool:
        """Whether the job may have been created too recently to be found."""
        within = self._grace > 0 and now - state.started <= self._grace
        return isinstance(error, NotFoundError) and state.job is None and within

    def _backoff(self, state: WaitState[JobT], error: APIError, now: float) -> float:
        if state.failures >= MAX_FAILURES:
            error.args = (f"{error.args[0]} ({MAX_FAILURES} polls in a row had no answer)",)
            raise self._with_context(error, state, now)
        longest = max(MAX_BACKOFF, self._floor)
        return self._jittered(min(max(BACKOFF, self._floor) * 2.0 ** (state.failures - 1), longest))

    def _delay(self, state: WaitState[JobT], progress: float | None, now: float) -> float:
        delay = self._schedule.delay(Poll(state.polls, now - state.started, progress))
        return self._jittered(seconds("the schedule's delay", delay))

    def _jittered(self, delay: float) -> float:
        return delay * (1 + JITTER * self._random())

    def _again(
        self, state: WaitState[JobT], delay: float, hint: float | None, began: float, now: float
    ) -> Again[JobT]:
        deadline = state.started + self._timeout
        earliest = max(now + (hint or 0.0), began + self._floor)
        at = max(now + delay, earliest)
        if state.final or now >= deadline:
            raise self._too_late(state, now)
        if hint is not None and now + hint >= deadline:
            raise self._too_late(
                state, now, f"the provider asks to wait {hint:.0f} s, which is past the deadline"
            )
        if math.isfinite(deadline):
            # The last poll should end just before the deadline: late enough to see what there is
            # to see, early enough to be answered.
            reserve = min(max(2 * state.slowest, 0.1), 2.0, self._timeout / 10)
            last = deadline - reserve
            if at + self._floor > last:
                # A further one would come too soon after the next: that one is the last.
                state = state._replace(final=True)
                # Only a timeout below the floor brings it closer to the first poll than the floor.
                at = last if earliest <= last or (state.polls == 1 and hint is None) else earliest
                if last < now or at >= deadline:
                    raise self._too_late(state, now)
        return Again(at, state)

    def _ended_badly(self, seen: Sighting[JobT]) -> JobwaitError:
        told = ": ".join(part for part in (seen.code, seen.message) if part)
        if seen.state == "cancelled":
            cls: type[JobFailedError | JobCancelledError] = JobCancelledError
            text = f"the job was cancelled: {told}" if told else "the job was cancelled"
        else:
            cls = JobFailedError
            text = f"the job failed: {told}" if told else "the job failed without a reason"
        if seen.retryable is not None:
            again = "may help" if seen.retryable else "will not help"
            text += f" (the provider says that another try {again})"
        return cls(text, code=seen.code, reason=seen.message, retryable=seen.retryable)

    def _too_late(
        self, state: WaitState[JobT], now: float, why: str = "the job did not end in time"
    ) -> WaitTimeoutError:
        word = "was never seen" if state.word is None else f"was last seen as {state.word!r}"
        text = (
            f"{why}: the wait may last {self._timeout:g} s, and the job {word}; "
            "it may still be running: wait again, or with a longer timeout"
        )
        if state.failures and state.last_error is not None:
            text += f" (the last poll failed: {state.last_error.args[0]})"
        error = self._with_context(WaitTimeoutError(text), state, now)
        error.__cause__ = state.last_error if state.failures else None
        return error

    def _with_context(self, error: ErrorT, state: WaitState[JobT], now: float) -> ErrorT:
        error.provider = self._provider
        error.job_id = self._job_id
        error.job = state.job
        error.polls = state.polls
        error.elapsed = now - state.started
        error.last_error = state.last_error if state.last_error is not error else None
        return error


def is_transient(error: APIError) -> bool:
    """Whether the same request may get an answer a little later."""
    if isinstance(error, APIStatusError):
        return error.status_code in (408, 429) or error.status_code >= 500
    if isinstance(error, ResponseDecodeError):
        return error.pointer is None
    return isinstance(error, APIConnectionError)


def seconds(name: str, value: Any) -> float:
    """`value`, if it is a duration.

    Raises:
        InvalidArgumentError: It is negative, no number, or longer than any clock can tell.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and 0 <= value <= LONGEST):
        raise InvalidArgumentError(f"{name} is in seconds, from 0 to {LONGEST:g}, not {value!r}")
    return float(value)
