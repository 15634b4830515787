"""Waiting for many jobs, of one provider or of any mix."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from contextlib import aclosing, closing, contextmanager, suppress
from threading import Thread, current_thread
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    overload,
)

from ._client import AsyncResource, Resource
from ._errors import ConfigurationError, InvalidArgumentError
from ._operation import DoneT, IdT, JobT
from ._outcome import Outcome
from ._resume import Wait
from ._scheduler import AnyResource, Rules, Scheduler
from ._source import Source, pairs_of
from ._unset import UNSET
from ._validation import check_on_update, seconds, whole_number

if TYPE_CHECKING:
    from ._schedule import Schedule
    from ._unset import Unset

Ended: TypeAlias = tuple[int, Outcome[Any]]

T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine in the event loop of a thread, and waits for it."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T: ...


class WaitOptions(TypedDict, total=False):
    """How to wait for many jobs."""

    timeout: float | Unset | None
    """Seconds for each job from when it is taken in; 0 is one poll, None is for ever. The
    provider's recommendation if not given."""
    on_update: Callable[[Any], object] | None
    """Called with the typed job after every poll that saw it."""
    schedule: Schedule | None
    """When to poll a job. If not given, polls aim at its end: by its progress, or by how long other
    jobs took."""
    not_found_grace: float | Unset
    """Seconds in which a 404 means that a job is not there yet."""
    max_in_flight: int
    """Requests at a time to one provider with one key; 100 if not given. No more than the pool of
    an `http_client` of yours has connections."""


@overload
def as_completed(
    jobs: Resource[IdT, JobT, DoneT],
    ids: Iterable[IdT | Wait],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> Generator[Outcome[DoneT]]: ...
@overload
def as_completed(
    jobs: Iterable[tuple[Resource[Any, Any, DoneT], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> Generator[Outcome[DoneT]]: ...
@overload
def as_completed(
    jobs: Iterable[tuple[Resource[Any, Any, Any], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> Generator[Outcome[Any]]: ...
def as_completed(
    jobs: Any,
    ids: Any = None,
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> Generator[Outcome[Any]]:
    """Wait for many jobs, and yield how each of them ended, as soon as it has.

        for outcome in jobwait.as_completed(client.jobs, job_ids, timeout=600):
            print(outcome.job_id, outcome.job if outcome.error is None else outcome.error)

    Every entry has one outcome, and what happens to one job, or one provider, does not touch the
    others. Waiting goes on, in a thread, while the caller looks at an outcome; leaving the loop
    early stops it at once, and the log names the jobs still open. An error has the last typed job
    if the last poll, or the one before, saw it.

    Args:
        jobs: The resource that the jobs belong to, as `client.jobs`, or pairs of resource and id.
        ids: The jobs' ids, or `Wait`s, beside a resource. An iterator, of ids or of pairs, is read
            in the caller's thread, when an outcome is asked for, and as polls can be sent; a
            collection is read at once.
        timeout: Seconds for each job from when it is taken in; 0 is one poll, None is for ever. The
            provider's recommendation if not given.
        on_update: Called with the typed job after every poll that saw it, the last one too; in the
            thread that polls, so what takes long holds up all jobs. It may be a coroutine function.
            What it raises ends the wait for that job.
        schedule: When to poll a job. If not given, polls aim at its end: by its progress, or by how
            long other jobs took.
        not_found_grace: Seconds in which a 404 means that a job is not there yet.
        max_in_flight: Requests at a time to one provider with one key. No more than the pool of an
            `http_client` of yours has connections.

    Raises:
        InvalidArgumentError: An option cannot work, or something is no resource.
    """
    rules = Rules(timeout, on_update, schedule, not_found_grace, max_in_flight)
    outcomes = _block(*begin(Resource, jobs, ids, rules), raise_on_failure=False)
    return _plain(outcomes)


@overload
def wait_for_all(
    jobs: Resource[IdT, JobT, DoneT],
    ids: Iterable[IdT | Wait],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[DoneT]]: ...
@overload
def wait_for_all(
    jobs: Iterable[tuple[Resource[Any, Any, DoneT], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[DoneT]]: ...
@overload
def wait_for_all(
    jobs: Iterable[tuple[Resource[Any, Any, Any], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[Any]]: ...
def wait_for_all(
    jobs: Any,
    ids: Any = None,
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[Any]]:
    """Wait for many jobs, and return how each of them ended, in the order in which they came.

        outcomes = jobwait.wait_for_all(client.jobs, job_ids, raise_on_failure=True)

    Args:
        jobs: As for `as_completed`, like all that is not named here.
        raise_on_failure: Raise the error of the first job that does not succeed, and stop.

    Raises:
        JobwaitError: With `raise_on_failure`; its note names the jobs still open.
        InvalidArgumentError: An option cannot work, or something is no resource.
    """
    rules = Rules(timeout, on_update, schedule, not_found_grace, max_in_flight)
    waiting = _block(*begin(Resource, jobs, ids, rules), raise_on_failure=raise_on_failure)
    with closing(waiting) as outcomes:
        return _in_order(dict(outcomes))


@overload
def async_as_completed(
    jobs: AsyncResource[IdT, JobT, DoneT],
    ids: Iterable[IdT | Wait],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> AsyncGenerator[Outcome[DoneT]]: ...
@overload
def async_as_completed(
    jobs: Iterable[tuple[AsyncResource[Any, Any, DoneT], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> AsyncGenerator[Outcome[DoneT]]: ...
@overload
def async_as_completed(
    jobs: Iterable[tuple[AsyncResource[Any, Any, Any], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> AsyncGenerator[Outcome[Any]]: ...
def async_as_completed(
    jobs: Any,
    ids: Any = None,
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> AsyncGenerator[Outcome[Any]]:
    """As `as_completed`, for the resources of asynchronous clients.

        async with aclosing(jobwait.async_as_completed(async_client.jobs, job_ids)) as outcomes:
            async for outcome in outcomes:
                print(outcome.job_id, outcome.kind)

    To stop at once on leaving the loop, iterate within `contextlib.aclosing`: the event loop closes
    an abandoned generator only when nobody refers to it any more.
    """
    rules = Rules(timeout, on_update, schedule, not_found_grace, max_in_flight)
    outcomes = _await(*begin(AsyncResource, jobs, ids, rules), raise_on_failure=False)
    return _async_plain(outcomes)


@overload
async def async_wait_for_all(
    jobs: AsyncResource[IdT, JobT, DoneT],
    ids: Iterable[IdT | Wait],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[JobT], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[DoneT]]: ...
@overload
async def async_wait_for_all(
    jobs: Iterable[tuple[AsyncResource[Any, Any, DoneT], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[DoneT]]: ...
@overload
async def async_wait_for_all(
    jobs: Iterable[tuple[AsyncResource[Any, Any, Any], Any]],
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[Any]]: ...
async def async_wait_for_all(
    jobs: Any,
    ids: Any = None,
    /,
    *,
    timeout: float | Unset | None = UNSET,
    on_update: Callable[[Any], object] | None = None,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
    raise_on_failure: bool = False,
) -> list[Outcome[Any]]:
    """As `wait_for_all`, for the resources of asynchronous clients."""
    rules = Rules(timeout, on_update, schedule, not_found_grace, max_in_flight)
    waiting = _await(*begin(AsyncResource, jobs, ids, rules), raise_on_failure=raise_on_failure)
    async with aclosing(waiting) as outcomes:
        return _in_order({number: outcome async for number, outcome in outcomes})


class Advanced(NamedTuple):
    """What came of waits that were moved on."""

    done: list[Outcome[Any]]
    open: list[Wait]
    """What goes on, each with the time at which it is `due`."""


def advance(
    pairs: Iterable[tuple[Resource[Any, Any, Any], Wait]],
    *,
    seconds: float = 5.0,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> Advanced:
    """Poll the waits that are due now, and return.

        done, still_open = jobwait.advance([(client.jobs, wait) for wait in waits])

    It never sleeps until a next poll, and never cuts one. Call it again when the first of the open
    waits is due: from a queue's worker, a scheduler, or a loop over stored waits.

    Args:
        pairs: A resource, as `client.jobs`, with each wait.
        seconds: After so many no further poll is begun.
        schedule: As for `wait_for_completion`; so is `not_found_grace`.
        max_in_flight: Requests at a time to one provider with one key.

    Raises:
        InvalidArgumentError: An option cannot work, or something is no pair.
    """
    rules = Rules(UNSET, None, schedule, not_found_grace, max_in_flight)
    scheduler, waits = _begin_advance(Resource, pairs, rules, seconds)
    with loop_thread(scheduler, asyncio.new_event_loop()) as run:
        return Advanced(*run(scheduler.advance(waits, seconds)))


async def async_advance(
    pairs: Iterable[tuple[AsyncResource[Any, Any, Any], Wait]],
    *,
    seconds: float = 5.0,
    schedule: Schedule | None = None,
    not_found_grace: float | Unset = UNSET,
    max_in_flight: int = 100,
) -> Advanced:
    """As `advance`, for the resources of asynchronous clients."""
    rules = Rules(UNSET, None, schedule, not_found_grace, max_in_flight)
    scheduler, waits = _begin_advance(AsyncResource, pairs, rules, seconds)
    return Advanced(*await scheduler.advance(waits, seconds))


def _begin_advance(
    kind: type[AnyResource], pairs: Any, rules: Rules, limit: Any
) -> tuple[Scheduler, list[tuple[AnyResource, Wait]]]:
    seconds("seconds", limit)
    whole_number("max_in_flight", rules.max_in_flight, minimum=1)
    if not hasattr(pairs, "__iter__"):
        raise InvalidArgumentError(
            "pass the waits as pairs of a resource and a Wait, [(client.jobs, wait), ...]; this is "
            f"{pairs!r}"
        )
    waits = list(pairs_of(kind, pairs))
    for number, (_, wait) in enumerate(waits):
        if not isinstance(wait, Wait):
            raise InvalidArgumentError(
                f"pair number {number} has no jobwait.Wait but {wait!r}: make one with Wait.start"
            )
    return Scheduler(rules, only_due=True), waits


def begin(
    kind: type[AnyResource], jobs: Any, ids: Any, rules: Rules, *, tracks: bool = False
) -> tuple[Scheduler, Source]:
    """The scheduler of a call, and where its jobs come from.

    Args:
        kind: The class that all resources are of.
        tracks: As for `Scheduler`.

    Raises:
        InvalidArgumentError: An option cannot work, or something is no resource.
    """
    whole_number("max_in_flight", rules.max_in_flight, minimum=1)
    if rules.timeout is not None and rules.timeout is not UNSET:
        seconds("timeout", rules.timeout)
    check_on_update(rules.on_update)
    return Scheduler(rules, tracks=tracks), Source(kind, jobs, ids)


def _block(
    scheduler: Scheduler,
    source: Source,
    *,
    raise_on_failure: bool,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> Generator[Ended]:
    with open_jobs_named(scheduler), loop_thread(scheduler, new_loop()) as run:
        while source.more or not scheduler.is_done:
            jobs = source.read(scheduler.room)
            for number, outcome in run(scheduler.turn(jobs, more=source.more)):
                if raise_on_failure:
                    outcome.result()
                yield number, outcome


async def _await(
    scheduler: Scheduler, source: Source, *, raise_on_failure: bool
) -> AsyncGenerator[Ended]:
    with open_jobs_named(scheduler):
        try:
            while source.more or not scheduler.is_done:
                jobs = source.read(scheduler.room)
                for number, outcome in await scheduler.turn(jobs, more=source.more):
                    if raise_on_failure:
                        outcome.result()
                    yield number, outcome
        finally:
            await scheduler.stop()


def _plain(outcomes: Generator[Ended]) -> Generator[Outcome[Any]]:
    with closing(outcomes):
        for _, outcome in outcomes:
            yield outcome


async def _async_plain(
    outcomes: AsyncGenerator[Ended],
) -> AsyncGenerator[Outcome[Any]]:
    async with aclosing(outcomes):
        async for _, outcome in outcomes:
            yield outcome


def _in_order(outcomes: dict[int, Outcome[Any]]) -> list[Outcome[Any]]:
    return [outcomes[number] for number in range(len(outcomes))]


@contextmanager
def open_jobs_named(scheduler: Scheduler) -> Generator[None]:
    """Tell which jobs nobody waits for any more, in the log and in what ended it."""
    try:
        yield
    except BaseException as ending:
        left_open = scheduler.open_jobs()
        if left_open is not None:
            logging.getLogger("jobwait").warning("%s", left_open)
            ending.add_note(left_open)
        raise


@contextmanager
def loop_thread(scheduler: Scheduler, loop: asyncio.AbstractEventLoop) -> Generator[Run]:
    """Run the event loop of a scheduler in a thread; the value runs a coroutine there."""
    is_over = False

    def serve() -> None:
        try:
            while not is_over:
                # What ends it otherwise, a SystemExit say, is told by the task that it came from.
                with suppress(BaseException):
                    loop.run_forever()
            loop.run_until_complete(scheduler.stop())
        finally:
            loop.close()

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    eventlet = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("thread"):
        loop.close()
        raise ConfigurationError(
            "waiting for many jobs needs a real thread, which eventlet has patched away: wait for "
            "each in a green thread, or call eventlet.monkey_patch(thread=False)"
        )
    thread: Final = Thread(target=serve, name="jobwait", daemon=True)
    try:
        thread.start()
        yield run
    finally:
        is_over = True
        with suppress(RuntimeError):  # the loop is closed, if it never came to run
            loop.call_soon_threadsafe(loop.stop)
        # The garbage collector may close a generator in such a thread, or when the interpreter
        # ends, and threads with it.
        if current_thread().name != thread.name and not sys.is_finalizing():
            with suppress(RuntimeError):  # it was never started
                thread.join()
