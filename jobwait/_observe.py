"""What a poll comes to, and who hears of it: the log `jobwait`, and a program's own functions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ._errors import APIError, InvalidArgumentError, JobwaitError
from ._operation import JobT
from ._responses import Sighting
from ._text import is_first
from ._waiter import MAX_FAILURES, MAX_UNHEARD, Again, Done, Waiter, WaitState

if TYPE_CHECKING:
    from logging import Logger

    from ._operation import JobOperation, State
    from ._requests import Polled, SharedCalls

DEBUG: Final = 10
INFO: Final = 20
WARNING: Final = 30
"""As in `logging`, which most waits need not import."""

Step: TypeAlias = "Done[JobT] | Again[JobT] | JobwaitError"


class PollEvent(NamedTuple):
    """One poll of a wait, as `on_poll` tells of it."""

    provider: str
    operation: str
    """As in `GET /v1/jobs/{id}`."""
    job_id: Any
    poll: int
    """1 for the first of the wait."""
    status: str | None
    """The status as the provider spells it; None where the poll gave no answer."""
    state: State | None
    """What the status means; None for one that the document does not know."""
    progress: float | None
    """0.0 to 1.0 as the provider reports it; None where it does not."""
    delay: float | None
    """Seconds until the next poll; None where the wait is over."""
    elapsed: float
    """Seconds since the wait began."""
    duration: float
    """Seconds that the request took."""
    error: APIError | None
    """Why the poll gave no answer."""


_callbacks: Final[dict[object, Callable[[PollEvent], object]]] = {}
_logger: Logger | None = None


def on_poll(callback: Callable[[PollEvent], object]) -> Callable[[], None]:
    """Call a function after every poll of every wait in this process, for metrics or a display.

        remove = jobwait.on_poll(lambda event: print(event.job_id, event.status, event.duration))

    Args:
        callback: Called with a `PollEvent` in the thread that polls, in the event loop of many
            waits, so it should be quick. What it raises goes to the log, and never ends a wait.

    Returns:
        A function that removes it.

    Raises:
        InvalidArgumentError: It cannot be called.
    """
    if not callable(callback):
        raise InvalidArgumentError(f"on_poll takes a function, not {callback!r}")
    token = object()
    _callbacks[token] = callback

    def remove() -> None:
        _callbacks.pop(token, None)

    return remove


def settle(
    calls: SharedCalls,
    operation: JobOperation[Any, Any, JobT, Any],
    waiter: Waiter[JobT],
    state: WaitState[JobT],
    polled: Polled[JobT],
    may_warn: Callable[[float], bool] | None = None,
) -> Step[JobT]:
    """Take in what a poll gave, and let those know who want to.

    Args:
        state: Before the poll.
        may_warn: Whether a failure may be a warning at this reading of the clock.

    Returns:
        What the wait goes on with, or the error that ends it.
    """
    result, began, ended = polled
    throttle = calls.throttle
    step: Step[JobT]
    try:
        step = waiter.step(
            state, result, began, ended, throttle.paused_until, was_heard=throttle.was_heard
        )
    except JobwaitError as error:
        step = error
    is_unknown = isinstance(result, Sighting) and result.state is None
    is_failing = isinstance(step, Again) and step.state.failures > 0
    if is_unknown or is_failing or _callbacks or _is_logged(DEBUG):
        event = _event(operation, state, polled, step)
        if isinstance(result, Sighting):
            if is_unknown and is_first(calls.options.warned, f"{operation.name} {result.word}"):
                what = (
                    f"the status {result.word!r} is unknown"
                    if result.word
                    else "there is no status yet"
                )
                _log(WARNING, event, "%s; polling on until there is another", what)
        elif isinstance(step, Again) and is_failing:
            _log_failure(event, step.state.failures, throttle.was_heard, may_warn, ended)
        if _is_logged(DEBUG):
            _log_poll(event)
        for callback in tuple(_callbacks.values()):
            _call(callback, event)
    return step


def _event(
    operation: JobOperation[Any, Any, Any, Any],
    state: WaitState[Any],
    polled: Polled[Any],
    step: Step[Any],
) -> PollEvent:
    result, began, ended = polled
    seen = result if isinstance(result, Sighting) else None
    return PollEvent(
        operation.provider,
        operation.name,
        state.job_id,
        state.polls + 1,
        seen and seen.word,
        seen and seen.state,
        seen and seen.progress,
        max(0.0, step.at - ended) if isinstance(step, Again) else None,
        ended - state.started,
        ended - began,
        result if isinstance(result, APIError) else None,
    )


def _is_logged(level: int) -> bool:
    global _logger
    logger = _logger
    if logger is None:
        # What nobody has imported, nobody has set up.
        logging = sys.modules.get("logging")
        if logging is None:
            return level >= WARNING
        _logger = logger = logging.getLogger("jobwait")
    return logger.isEnabledFor(level)


def _log(level: int, event: PollEvent, text: str, *arguments: object) -> None:
    from logging import getLogger

    fields = ("provider", "job_id", "poll", "status", "delay", "elapsed")
    getLogger("jobwait").log(
        level,
        f"%s: job %s: {text}",
        event.provider,
        event.job_id,
        *arguments,
        extra={name: getattr(event, name) for name in fields},
    )


def _log_failure(
    event: PollEvent,
    failures: int,
    was_heard: bool,
    may_warn: Callable[[float], bool] | None,
    now: float,
) -> None:
    # One failure is everyday; a second in a row is worth a line on the console.
    warns = failures == 2 and (may_warn is None or may_warn(now))
    level = WARNING if warns else INFO
    if event.error is not None and _is_logged(level):
        most = MAX_FAILURES if was_heard else MAX_UNHEARD
        text = "a poll failed, %d of %d in a row, next poll in %.1f s: %s"
        _log(level, event, text, failures, most, event.delay or 0.0, event.error.args[0])


def _log_poll(event: PollEvent) -> None:
    came = f"saw {event.status!r}" if event.error is None else f"failed ({event.error.args[0]})"
    following = "the wait is over" if event.delay is None else f"next poll in {event.delay:.1f} s"
    _log(DEBUG, event, "poll %d %s after %.1f s; %s", event.poll, came, event.elapsed, following)


def _call(callback: Callable[[PollEvent], object], event: PollEvent) -> None:
    try:
        result = callback(event)
        if isinstance(result, Coroutine):
            result.close()
            raise InvalidArgumentError("on_poll cannot await: pass a function that is no coroutine")
    except Exception:
        from logging import getLogger

        getLogger("jobwait").exception("the function %r, called by on_poll, failed", callback)
