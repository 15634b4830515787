"""The two drivers of the waiting state machine: one blocks, one awaits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal, TypeAlias, overload

from ._calls import AsyncCalls, Calls
from ._client import AsyncResource, Resource
from ._errors import APIError, InvalidArgumentError, WaitTimeoutError
from ._machine import Done, Notice, Sighting, Waiter, WaitState
from ._operation import DoneT, IdT, JobOperation, JobT, Operation
from ._schedule import Schedule
from ._throttle import Place
from ._unset import UNSET, Unset

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
            raised; where the provider's document has an operation for that.

    Raises:
        JobFailedError: The job failed.
        JobCancelledError: The job was cancelled.
        WaitTimeoutError: The job did not end in time.
        APIError: The provider refused the request, or gave no answer several times in a row.
        InvalidArgumentError: The id, or an option, cannot work.
    """
    given: Any = resource
    if not isinstance(given, (Resource, AsyncResource)):
        raise InvalidArgumentError(
            f"wait_for_completion takes the resource of a client, as client.jobs, not {given!r}"
        )
    operation = resource.operation
    calls = resource.calls
    waiter: Waiter[JobT] = Waiter(
        operation.provider,
        operation.polling,
        timeout=timeout,
        schedule=schedule,
        not_found_grace=not_found_grace,
        random=calls.runtime.random,
    )
    cancel = operation.cancel if on_timeout == "cancel" else None
    if cancel is None and on_timeout != "raise":
        raise InvalidArgumentError(
            f"on_timeout is 'raise', or 'cancel' where {operation.provider} has an operation for "
            f"that, not {on_timeout!r}"
        )
    if isinstance(calls, Calls):
        try:
            return _block(calls, operation, id, waiter, on_update)
        except WaitTimeoutError as error:
            if cancel is not None:
                try:
                    calls.call(cancel, id, None)
                except APIError as failure:
                    _not_cancelled(error, failure)
            raise
    waiting = _await(calls, operation, id, waiter, on_update)
    return waiting if cancel is None else _await_or_cancel(waiting, calls, cancel, id)


def _block(
    calls: Calls,
    operation: JobOperation[IdT, Any, JobT, DoneT],
    job_id: IdT,
    waiter: Waiter[JobT],
    on_update: Callable[[JobT], object] | None,
) -> DoneT:
    clock, sleep, _ = calls.runtime
    request = calls.prepare(operation, job_id)
    longest = calls.options.timeout
    throttle, place = calls.throttle, Place()
    state: WaitState[JobT] = WaitState(job_id, started=clock())
    while True:
        now = clock()
        waiter.check(state, now, throttle.paused_until)
        try:
            while (turn := throttle.reserve(now, place)) > now:
                sleep(min(turn, waiter.deadline(state)) - now)
                now = clock()
                waiter.check(state, now, throttle.paused_until)
        finally:
            throttle.leave(place)
        limit = min(longest, waiter.deadline(state) - now)
        result, began, ended = calls.poll(operation, request, limit)
        log(waiter.notice(state, result))
        if on_update is not None and isinstance(result, Sighting) and result.job is not None:
            told = on_update(result.job)
            if isinstance(told, Coroutine):
                told.close()
                raise InvalidArgumentError(
                    "on_update is a coroutine function, which only an AsyncClient can call"
                )
        step = waiter.step(state, result, began, ended, throttle.paused_until)
        if isinstance(step, Done):
            return operation.done(step.job)
        state = step.state
        sleep(max(0.0, step.at - clock()))


async def _await(
    calls: AsyncCalls,
    operation: JobOperation[IdT, Any, JobT, DoneT],
    job_id: IdT,
    waiter: Waiter[JobT],
    on_update: Callable[[JobT], object] | None,
) -> DoneT:
    clock, sleep, _ = calls.runtime
    request = calls.prepare(operation, job_id)
    longest = calls.options.timeout
    throttle, place = calls.throttle, Place()
    state: WaitState[JobT] = WaitState(job_id, started=clock())
    while True:
        now = clock()
        waiter.check(state, now, throttle.paused_until)
        try:
            while (turn := throttle.reserve(now, place)) > now:
                await sleep(min(turn, waiter.deadline(state)) - now)
                now = clock()
                waiter.check(state, now, throttle.paused_until)
        finally:
            throttle.leave(place)
        limit = min(longest, waiter.deadline(state) - now)
        result, began, ended = await calls.poll(operation, request, limit)
        log(waiter.notice(state, result))
        if on_update is not None and isinstance(result, Sighting) and result.job is not None:
            told = on_update(result.job)
            if isinstance(told, Awaitable):
                await told
        step = waiter.step(state, result, began, ended, throttle.paused_until)
        if isinstance(step, Done):
            return operation.done(step.job)
        state = step.state
        await sleep(max(0.0, step.at - clock()))


async def _await_or_cancel(
    waiting: Coroutine[Any, Any, DoneT],
    calls: AsyncCalls,
    cancel: Operation[IdT, Any],
    job_id: IdT,
) -> DoneT:
    try:
        return await waiting
    except WaitTimeoutError as error:
        try:
            await calls.call(cancel, job_id, None)
        except APIError as failure:
            _not_cancelled(error, failure)
        raise


def _not_cancelled(error: WaitTimeoutError, failure: APIError) -> None:
    error.add_note(f"The job was not cancelled: {failure.args[0]}")


def log(notice: Notice | None) -> None:
    """Write what there is to say, if anything, to the log `jobwait`."""
    if notice is not None:
        # Imported here: most waits have nothing to say.
        import logging

        level = logging.INFO if notice.expected else logging.WARNING
        logging.getLogger("jobwait").log(level, "%s", notice.text)
