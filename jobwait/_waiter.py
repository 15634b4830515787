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
    WaitTimeoutError,
    is_transient,
)
from ._responses import Sighting
from ._schedule import Adaptive, Durations, Poll, Schedule
from ._text import printable
from ._unset import UNSET, Unset
from ._validation import seconds

if TYPE_CHECKING:
    from ._operation import Polling, WaitErrors

JobT = TypeVar("JobT")
ErrorT = TypeVar("ErrorT", bound=JobwaitError)

MAX_FAILURES: Final = 10
"""Polls in a row without an answer, after which a wait ends: some two minutes of backoff."""
MAX_UNHEARD: Final = 3
"""The same, as long as the provider's host has never answered anything."""
BACKOFF: Final = 0.5
"""Seconds after the first of them; doubled for each further one."""
MAX_BACKOFF: Final = 30.0
"""Seconds, however long the streak."""
JITTER: Final = 0.1
"""Delays are drawn from 1 to 1 + JITTER times the planned one: never shorter."""


class Last(NamedTuple, Generic[JobT]):
    """What the error of a wait may have to show."""

    job: JobT | None = None
    error: APIError | None = None
    """The last poll that gave no answer."""


class WaitState(NamedTuple, Generic[JobT]):
    """All that a wait remembers between two polls; times are readings of the waiter's own clock."""

    job_id: Any
    started: float
    timeout: float
    """Seconds in all; infinite if it may last for ever."""
    polls: int = 0
    failures: int = 0
    """Polls without an answer since the last good one."""
    slowest: int = 0
    """Hundredths of a second that the slowest poll took, one second at most."""
    final: bool = False
    """The next poll is the last one before the deadline."""
    seen: float | None = None
    """When the last good poll was sent."""
    word: str | None = None
    """The last status word."""
    progress: float | None = None
    """What the last good poll saw of it."""
    last: Last[JobT] | None = None

    @property
    def deadline(self) -> float:
        """The reading of the clock from which on no poll is sent."""
        # The first poll is always sent; a timeout of 0 stands for it alone.
        alone = self.timeout == 0 and self.polls == 0
        return math.inf if alone else self.started + self.timeout


class Done(NamedTuple, Generic[JobT]):
    """The job succeeded."""

    job: JobT


class Again(NamedTuple, Generic[JobT]):
    """Poll again when the clock reads `at`."""

    at: float
    state: WaitState[JobT]


class Waiter(Generic[JobT]):
    """The rules of a wait; those of many jobs may share one.

    Args:
        not_found_grace: Seconds in which a 404 before the first sighting is no error; the
            provider's recommendation if UNSET.
        random: Returns a number from 0 to 1, as `random.random` does.
        durations: Of other jobs like these.
    """

    def __init__(
        self,
        provider: str,
        polling: Polling,
        *,
        errors: WaitErrors,
        schedule: Schedule | None,
        not_found_grace: float | Unset,
        random: Callable[[], float],
        durations: Durations | None = None,
    ) -> None:
        self._provider = provider
        self._errors = errors
        self._timeout = polling.timeout
        grace = polling.not_found_grace if not_found_grace is UNSET else not_found_grace
        self._grace = seconds("not_found_grace", grace)
        self._random = random
        # A schedule that the caller chose is the caller's decision, and is not slowed down.
        self._floor = polling.initial if schedule is None else 0.0
        self._schedule: Schedule
        if schedule is None:
            # The middle of the delays in the provider's example, as one counts in factors.
            interval = math.sqrt(polling.initial * polling.maximum)
            self._schedule = Adaptive(interval, durations)
        elif callable(getattr(schedule, "delay", None)) and not isinstance(schedule, type):
            self._schedule = schedule
        else:
            raise InvalidArgumentError(f"schedule is one like Fixed(2), not {schedule!r}")

    def start(
        self, job_id: Any, now: float, timeout: float | Unset | None = UNSET
    ) -> WaitState[JobT]:
        """A wait that begins now.

        Args:
            timeout: Seconds for the whole wait; 0 is one poll, None is for ever. The provider's
                recommendation if UNSET.
        """
        limit = self._timeout if timeout is UNSET else timeout
        return WaitState(job_id, now, math.inf if limit is None else seconds("timeout", limit))

    def check(self, state: WaitState[JobT], now: float, paused_until: float) -> None:
        """Check that there is time for another poll.

        Raises:
            WaitTimeoutError: The deadline leaves no time for another poll; as `is_over`.
        """
        if self.is_over(state, now, paused_until):
            raise self.too_late(state, now, paused_until)

    def is_over(self, state: WaitState[JobT], now: float, paused_until: float) -> bool:
        """Whether the deadline leaves no time for another poll.

        Args:
            paused_until: When the provider wants to be polled again.
        """
        if state.polls == 0:
            return state.timeout > 0 and now >= state.deadline
        return max(now, paused_until) >= state.deadline

    def ignores_pause(self, state: WaitState[JobT], paused_until: float) -> bool:
        """Whether the next poll is sent in a pause: the first of a wait that the pause outlasts."""
        return state.polls == 0 and paused_until >= state.started + state.timeout

    def step(
        self,
        state: WaitState[JobT],
        result: Sighting[JobT] | APIError,
        began: float,
        ended: float,
        paused_until: float = -math.inf,
        *,
        was_heard: bool = True,
    ) -> Done[JobT] | Again[JobT]:
        """Take in what the poll from `began` to `ended` gave.

        Args:
            paused_until: When the provider, asked about whichever job, wants to be polled again.
            was_heard: Whether the provider's host has ever answered anything.

        Raises:
            JobwaitError: The wait is over without a succeeded job.
        """
        polls = state.polls + 1
        slowest = max(state.slowest, math.ceil(min(ended - began, 1.0) * 100))
        if isinstance(result, APIError):
            last = Last(state.last and state.last.job, result)
            state = state._replace(polls=polls, slowest=slowest, last=last)
            hint = result.retry_after if isinstance(result, APIStatusError) else None
            if self._may_appear(state, result, ended):
                state = state._replace(failures=0)
                delay = self._delay(state, None, ended)
            elif is_transient(result):
                state = state._replace(failures=state.failures + 1)
                delay = self._backoff(state, result, ended, was_heard)
            else:
                raise self._with_context(result, state, ended)
        else:
            if result.state == "succeeded":
                return Done(result.job)
            speed = _speed(state, result.progress, began)
            # `_replace` takes three times as long: the row "each poll over an aiohttp session".
            last = Last(result.job, state.last and state.last.error)
            state = WaitState(
                *(state.job_id, state.started, state.timeout, polls, 0, slowest, state.final),
                *(began, result.word, result.progress, last),
            )
            if result.state == "failed" or result.state == "cancelled":
                raise self._with_context(self._ended_badly(result), state, ended)
            delay, hint = self._delay(state, speed, ended), result.retry_after
        asked = paused_until if hint is None else max(paused_until, ended + hint)
        return self._again(state, delay, asked, began, ended)

    def _may_appear(self, state: WaitState[JobT], error: APIError, now: float) -> bool:
        """Whether the job may have been created too recently to be found."""
        within = self._grace > 0 and now - state.started <= self._grace
        return isinstance(error, NotFoundError) and state.seen is None and within

    def _backoff(
        self, state: WaitState[JobT], error: APIError, now: float, was_heard: bool
    ) -> float:
        if not was_heard and state.failures >= MAX_UNHEARD:
            error.args = (f"{error.args[0]} ({MAX_UNHEARD} polls, and nothing ever answered)",)
            raise self._with_context(error, state, now)
        if state.failures >= MAX_FAILURES:
            error.args = (f"{error.args[0]} ({MAX_FAILURES} polls in a row had no answer)",)
            raise self._with_context(error, state, now)
        longest = max(MAX_BACKOFF, self._floor)
        return self._jittered(min(max(BACKOFF, self._floor) * 2.0 ** (state.failures - 1), longest))

    def _delay(self, state: WaitState[JobT], speed: float | None, now: float) -> float:
        poll = Poll(state.polls, now - state.started, state.progress, speed)
        delay = self._schedule.delay(poll)
        return self._jittered(seconds("the schedule's delay", delay))

    def _jittered(self, delay: float) -> float:
        return delay * (1 + JITTER * self._random())

    def _again(
        self, state: WaitState[JobT], delay: float, asked: float, began: float, now: float
    ) -> Again[JobT]:
        deadline = state.deadline
        earliest = max(asked, began + self._floor, now)
        at = max(now + delay, earliest)
        if state.final or now >= deadline or asked >= deadline:
            raise self.too_late(state, now, asked)
        if math.isfinite(deadline):
            # The last poll should end just before the deadline: late enough to see what there is
            # to see, early enough to be answered.
            reserve = min(max(2 * state.slowest / 100, 0.1), state.timeout / 10)
            last = deadline - reserve
            if at + self._floor > last:
                # A further one would come too soon after the next: that one is the last.
                state = state._replace(final=True)
                # Only a timeout below the floor brings it closer to the first poll than the floor.
                at = last if earliest <= last or (state.polls == 1 and asked <= now) else earliest
                if last < now or at >= deadline:
                    raise self.too_late(state, now)
        return Again(at, state)

    def _ended_badly(self, seen: Sighting[JobT]) -> JobwaitError:
        reason = ": ".join(printable(part) for part in (seen.code, seen.message) if part)
        if seen.state == "cancelled":
            cls: type[JobFailedError | JobCancelledError] = self._errors.cancelled
            text = f"the job was cancelled: {reason}" if reason else "the job was cancelled"
        else:
            cls = self._errors.failed
            text = f"the job failed: {reason}" if reason else "the job failed without a reason"
        if seen.retryable is not None:
            again = "may help" if seen.retryable else "will not help"
            text += f" (the provider says that another try {again})"
        return cls(text, code=seen.code, reason=seen.message, retryable=seen.retryable)

    def too_late(
        self, state: WaitState[JobT], now: float, paused_until: float = -math.inf
    ) -> WaitTimeoutError:
        """The error of a wait whose deadline leaves no time for another poll."""
        why = "the job did not end in time"
        if paused_until > now and paused_until >= state.deadline:
            asked = f"the provider asks to wait {paused_until - now:.0f} s"
            why = f"{asked}, which is past the deadline"
        last_error = state.last and state.last.error
        if state.word == "":
            job = "the last answer told no status of the job, which may still be running: wait "
            job += "again, or with a longer timeout"
        elif state.word is not None:
            job = f"the job was last seen as {state.word!r}; it may still be running: wait again, "
            job += "or with a longer timeout"
        elif isinstance(last_error, APIConnectionError) and state.failures == state.polls:
            job = "nothing ever answered: check base_url and the network"
        elif state.seen is not None:
            job = "the job may still be running: wait again, or with a longer timeout"
        else:
            job = "the job was never seen: wait again, or with a longer timeout"
        text = f"{why}: the wait may last {state.timeout:g} s, and {job}"
        if state.failures and last_error is not None:
            text += f" (the last poll failed: {last_error.args[0]})"
        error = self._with_context(self._errors.timeout(text), state, now)
        error.__cause__ = last_error if state.failures else None
        return error

    def _with_context(self, error: ErrorT, state: WaitState[JobT], now: float) -> ErrorT:
        error.provider = self._provider
        error.job_id = state.job_id
        last = state.last or Last()
        error.job = last.job
        error.polls = state.polls
        error.elapsed = now - state.started
        error.last_error = last.error if last.error is not error else None
        return error


def _speed(state: WaitState[Any], progress: float | None, began: float) -> float | None:
    """Progress per second from the last good poll to one that began later."""
    if progress is None or state.progress is None or state.seen is None or began <= state.seen:
        return None
    return (progress - state.progress) / (began - state.seen)
