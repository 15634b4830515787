"""Waiting for one job: one flow, for clients that block and clients that await."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal, TypeAlias, overload

from ._client import AsyncResource, Resource
from ._errors import (
    ConfigurationError,
    InvalidArgumentError,
    JobwaitError,
    WaitTimeoutError,
)
from ._flow import Flow, Sleep, Tell
from ._observe import settle
from ._operation import DoneT, IdT, JobOperation, JobT
from ._requests import Polled, SharedCalls
from ._responses import Sighting
from ._schedule import Schedule
from ._throttle import Position
from ._unset import UNSET, Unset
from ._validation import check_on_update
from ._waiter import Done, Waiter, WaitState

CANCEL_TIME: Final = 5.0
"""Seconds of a timeout, and at most a tenth of it, that are kept for cancelling the job."""

OnTimeout: TypeAlias = Literal["raise", "cancel"]


@overload
def wait_for_completion(
    resource: Resource[IdT, JobT, DoneT],
    id: IdT,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    on_timeout: OnTimeout = "raise",
) -> DoneT: ...
@overload
def wait_for_completion(
    resource: AsyncResource[IdT, JobT, DoneT],
    id: IdT,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    on_timeout: OnTimeout = "raise",
) -> Coroutine[Any, Any, DoneT]: ...
def wait_for_completion(
    resource: Resource[IdT, JobT, DoneT] | AsyncResource[IdT, JobT, DoneT],
    id: IdT,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    on_timeout: OnTimeout = "raise",
) -> DoneT | Coroutine[Any, Any, DoneT]:
    """Poll a job until it has succeeded, and return it.

        job = jobwait.wait_for_completion(client.jobs, "job_abc123", timeout=120)

    Args:
        resource: What the job belongs to, as `client.jobs`. The resource of an asynchronous client
            makes this an awaitable.
        id: The job's id.
        timeout: Seconds in all, requests included; 0 is one poll, None is for ever. The
            provider's recommendation if not given.
        on_update: Called with the typed job after every poll that saw it, the last one too. What
            it raises ends the wait. With an asynchronous client it may be a coroutine function.
        schedule: When to poll. If not given, polls aim at the job's end by its progress, and
            otherwise come at a fixed pace within what the provider recommends.
        not_found_grace: Seconds in which a 404 means that the job is not there yet.
        on_timeout: Whether a job that does not end in time is cancelled before the error is
            raised, where the provider's document has an operation for that. A tenth of the
            timeout, at most 5 s, is kept for it.

    Raises:
        JobFailedError: The job failed.
        JobCancelledError: The job was cancelled.
        WaitTimeoutError: The job did not end in time.
        APIError: The provider refused the request, or gave no answer several times in a row.
        InvalidArgumentError: The id, or an option, cannot work.
    """
    anything: Any = resource
    if not isinstance(anything, (Resource, AsyncResource)):
        raise InvalidArgumentError(
            f"wait_for_completion takes the resource of a client, as client.jobs, not {anything!r}"
        )
    operation, calls = resource.operation, resource.calls
    check_on_update(on_update)
    cancels = on_timeout == "cancel" and operation.cancel is not None
    if not cancels and on_timeout != "raise":
        raise InvalidArgumentError(
            f"on_timeout is 'raise', or 'cancel' where {operation.provider} has an operation for "
            f"that, not {on_timeout!r}"
        )
    waiter: Waiter[JobT] = Waiter(
        operation.provider,
        operation.polling,
        errors=operation.errors,
        schedule=schedule,
        not_found_grace=not_found_grace,
        random=calls.runtime.random,
    )
    state = waiter.start(id, calls.clock(), timeout)
    if not cancels:
        return calls.run(_wait(calls, operation, waiter, state, on_update))
    kept = min(CANCEL_TIME, state.timeout / 10)
    state = state._replace(timeout=state.timeout - kept)
    flow = _wait(calls, operation, waiter, state, on_update)
    return calls.run(_wait_or_cancel(flow, calls, operation, id, kept or CANCEL_TIME))


def _wait(
    calls: SharedCalls,
    operation: JobOperation[IdT, Any, JobT, DoneT],
    waiter: Waiter[JobT],
    state: WaitState[JobT],
    on_update: Callable[[JobT], object] | None,
) -> Flow[DoneT]:
    clock, throttle, position = calls.clock, calls.throttle, Position()
    request = calls.prepare(operation, state.job_id)
    state = state._replace(started=clock())
    while True:
        now = clock()
        waiter.check(state, now, throttle.paused_until)
        in_pause = waiter.ignores_pause(state, throttle.paused_until)
        try:
            while (turn := throttle.reserve(now, position, in_pause=in_pause)) > now:
                yield Sleep(min(turn, state.deadline) - now)
                now = clock()
                waiter.check(state, now, throttle.paused_until)
        finally:
            throttle.leave(position)
        limit = min(calls.options.timeout, state.deadline - now)
        polled = yield from calls.poll(operation, request, limit)
        if not isinstance(polled, Polled):
            yield Sleep(min(polled, state.deadline - clock()))
            continue
        step = settle(calls, operation, waiter, state, polled)
        seen = polled.result
        if on_update and isinstance(seen, Sighting) and seen.job is not None:
            yield Tell(on_update, seen.job)
        if isinstance(step, JobwaitError):
            raise step
        if isinstance(step, Done):
            return operation.done(step.job)
        state, before = step.state, clock()
        if step.at <= before:
            continue
        yield Sleep(step.at - before)
        if clock() <= before:
            raise ConfigurationError(
                "the clock stood still while this wait slept: exclude jobwait from what freezes "
                "time, as by freezegun.configure(extend_ignore_list=['jobwait'])"
            )


def _wait_or_cancel(
    flow: Flow[DoneT],
    calls: SharedCalls,
    operation: JobOperation[IdT, Any, JobT, DoneT],
    job_id: IdT,
    limit: float,
) -> Flow[DoneT]:
    try:
        return (yield from flow)
    except WaitTimeoutError as error:
        assert operation.cancel is not None
        try:
            yield from calls.call_once(operation.cancel, job_id, limit)
            error.add_note(f"The job was cancelled, for which {limit:g} s of the timeout are kept.")
        except JobwaitError as failure:
            error.add_note(f"The job was not cancelled: {failure.args[0]}")
        raise
