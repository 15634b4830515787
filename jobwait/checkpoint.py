"""Waits in a file, which go on where they were when their process has died."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from contextlib import aclosing, closing, contextmanager, suppress
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, Unpack, overload

from ._client import AsyncResource, Resource
from ._errors import CheckpointError
from ._ledger import Ledger
from ._many import WaitOptions, begin, loop_thread, open_jobs_named
from ._scheduler import Rules
from ._source import Source
from ._store import Store
from ._unset import UNSET

if TYPE_CHECKING:
    from ._operation import DoneT, IdT
    from ._outcome import Outcome, OutcomeKind
    from ._resume import Wait
    from ._scheduler import Scheduler

TURN: Final = 1.0
"""Seconds after which polls are written, if no job has ended before."""

T = TypeVar("T")


class Checkpoint:
    """Waits for many jobs, kept in a SQLite file: `kill -9` loses none, and asks no job twice.

    Make the same call again, with the same file and the same jobs, and it goes on where it was:
    deadlines hold from the first call on, jobs that have ended are not polled again, and their
    outcomes are there. A file is for one batch of jobs; delete it when you are done with them. One
    job of one provider is in it once.

        with jobwait.Checkpoint("batch.db") as checkpoint:
            for outcome in checkpoint.as_completed(client.jobs, job_ids, timeout=600):
                print(outcome.job_id, outcome.kind)

    Each turn of waiting is one transaction, which is on the disk before you are told of anything.
    Keys are never written; what the providers say of the jobs is.

    Args:
        path: The file, which is made if there is none. SQLite puts others beside it.

    Raises:
        CheckpointError: The file is in use by another process, cannot be written, or is none of
            this version; it is not changed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._store: Final = Store(path)
        self._busy: Final = Lock()

    def __repr__(self) -> str:
        return f"<Checkpoint {self._store.path}>"

    def close(self) -> None:
        """Let others use the file."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def forget(self, *kinds: OutcomeKind) -> int:
        """Forget the outcomes of these kinds, so that the next call waits for their jobs anew.

        Args:
            kinds: As `"timeout"` and `"error"`, of waits that ended before their jobs did.

        Returns:
            How many there were.
        """
        with self._alone(), self._store.transaction():
            return self._store.forget(kinds)

    @overload
    def as_completed(
        self,
        jobs: Resource[IdT, Any, DoneT],
        ids: Iterable[IdT | Wait],
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> Generator[Outcome[DoneT]]: ...
    @overload
    def as_completed(
        self,
        jobs: Iterable[tuple[Resource[Any, Any, DoneT], Any]],
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> Generator[Outcome[DoneT]]: ...
    @overload
    def as_completed(
        self,
        jobs: Iterable[tuple[Resource[Any, Any, Any], Any]],
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> Generator[Outcome[Any]]: ...
    def as_completed(
        self,
        jobs: Any,
        ids: Any = None,
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> Generator[Outcome[Any]]:
        """Wait for many jobs, and yield how each of them ended, as `jobwait.as_completed` does.

        An outcome is taken when you ask for the next one. One that was not taken, as the process
        died or the loop was left, is yielded again by the next call; one that was taken is not.

        Args:
            jobs: As for `jobwait.as_completed`; so are `ids` and the options. A timeout counts from
                the first call that has the job.
            repeat: Yield the outcomes of all these jobs, those that were taken too, and take none.

        Raises:
            CheckpointError: The file cannot be read or written, or another call uses it.
            InvalidArgumentError: An option cannot work, or something is no resource.
        """
        scheduler, source = begin(Resource, jobs, ids, Rules(**options), tracks=True)
        ledger = Ledger(self._store, options.get("timeout", UNSET), takes=not repeat)
        return _outcomes(self._block(scheduler, source, ledger))

    @overload
    def wait_for_all(
        self,
        jobs: Resource[IdT, Any, DoneT],
        ids: Iterable[IdT | Wait],
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[DoneT]]: ...
    @overload
    def wait_for_all(
        self,
        jobs: Iterable[tuple[Resource[Any, Any, DoneT], Any]],
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[DoneT]]: ...
    @overload
    def wait_for_all(
        self,
        jobs: Iterable[tuple[Resource[Any, Any, Any], Any]],
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[Any]]: ...
    def wait_for_all(
        self,
        jobs: Any,
        ids: Any = None,
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[Any]]:
        """Wait for many jobs, and return how each ended, in the order in which they came.

        The outcomes of all these jobs are returned, however many calls it took to get them, and
        none is taken.

        Args:
            jobs: As for `as_completed`; so are `ids` and the options.
            raise_on_failure: Raise the error of the first job that does not succeed, and stop.

        Raises:
            JobwaitError: With `raise_on_failure`; its note names the jobs still open.
            CheckpointError: The file cannot be read or written, or another call uses it.
            InvalidArgumentError: An option cannot work, or something is no resource.
        """
        scheduler, source = begin(Resource, jobs, ids, Rules(**options), tracks=True)
        ledger = Ledger(self._store, options.get("timeout", UNSET), takes=False)
        ended = self._block(scheduler, source, ledger, raise_on_failure=raise_on_failure)
        with closing(ended):
            return ledger.in_order(dict(ended))

    @overload
    def async_as_completed(
        self,
        jobs: AsyncResource[IdT, Any, DoneT],
        ids: Iterable[IdT | Wait],
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> AsyncGenerator[Outcome[DoneT]]: ...
    @overload
    def async_as_completed(
        self,
        jobs: Iterable[tuple[AsyncResource[Any, Any, DoneT], Any]],
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> AsyncGenerator[Outcome[DoneT]]: ...
    @overload
    def async_as_completed(
        self,
        jobs: Iterable[tuple[AsyncResource[Any, Any, Any], Any]],
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> AsyncGenerator[Outcome[Any]]: ...
    def async_as_completed(
        self,
        jobs: Any,
        ids: Any = None,
        /,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> AsyncGenerator[Outcome[Any]]:
        """As `as_completed`, for asynchronous clients; a thread writes what takes long."""
        scheduler, source = begin(AsyncResource, jobs, ids, Rules(**options), tracks=True)
        ledger = Ledger(self._store, options.get("timeout", UNSET), takes=not repeat)
        return _async_outcomes(self._await(scheduler, source, ledger))

    @overload
    async def async_wait_for_all(
        self,
        jobs: AsyncResource[IdT, Any, DoneT],
        ids: Iterable[IdT | Wait],
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[DoneT]]: ...
    @overload
    async def async_wait_for_all(
        self,
        jobs: Iterable[tuple[AsyncResource[Any, Any, DoneT], Any]],
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[DoneT]]: ...
    @overload
    async def async_wait_for_all(
        self,
        jobs: Iterable[tuple[AsyncResource[Any, Any, Any], Any]],
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[Any]]: ...
    async def async_wait_for_all(
        self,
        jobs: Any,
        ids: Any = None,
        /,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[Any]]:
        """As `wait_for_all`, for asynchronous clients."""
        scheduler, source = begin(AsyncResource, jobs, ids, Rules(**options), tracks=True)
        ledger = Ledger(self._store, options.get("timeout", UNSET), takes=False)
        ended = self._await(scheduler, source, ledger, raise_on_failure=raise_on_failure)
        async with aclosing(ended):
            return ledger.in_order({row: outcome async for row, outcome in ended})

    def _block(
        self,
        scheduler: Scheduler,
        source: Source,
        ledger: Ledger,
        *,
        raise_on_failure: bool = False,
        new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> Generator[tuple[int, Outcome[Any]]]:
        with (
            self._alone(),
            _rest_saved(scheduler, ledger),
            open_jobs_named(scheduler),
            loop_thread(scheduler, new_loop()) as run,
        ):
            while source.more or not scheduler.is_done:
                for jobs in ledger.admit(source.read(scheduler.room)):
                    run(scheduler.add(jobs))
                yield from ledger.hand_out(ledger.earlier(), raise_on_failure=raise_on_failure)
                ended = run(_saved_turn(scheduler, ledger, more=source.more))
                yield from ledger.hand_out(ended, raise_on_failure=raise_on_failure)

    async def _await(
        self,
        scheduler: Scheduler,
        source: Source,
        ledger: Ledger,
        *,
        raise_on_failure: bool = False,
    ) -> AsyncGenerator[tuple[int, Outcome[Any]]]:
        with self._alone(), _rest_saved(scheduler, ledger), open_jobs_named(scheduler):
            try:
                while source.more or not scheduler.is_done:
                    if pairs := source.read(scheduler.room):  # else no thread has to be woken
                        async for jobs in _in_thread(ledger.admit(pairs)):
                            await scheduler.add(jobs)
                    earlier = ledger.earlier()
                    for each in ledger.hand_out(earlier, raise_on_failure=raise_on_failure):
                        yield each
                    turn = await scheduler.turn_and_moved(more=source.more, seconds=TURN)
                    ended = await asyncio.to_thread(ledger.save, turn)
                    for each in ledger.hand_out(ended, raise_on_failure=raise_on_failure):
                        yield each
            finally:
                await scheduler.stop()

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep others from waiting for the same jobs."""
        if not self._busy.acquire(blocking=False):
            raise CheckpointError(
                f"{self!r} is in use by another call: let that end, or close its generator, before "
                "the next one; or use a file for each"
            )
        try:
            yield
        finally:
            self._busy.release()


async def _saved_turn(
    scheduler: Scheduler, ledger: Ledger, *, more: bool
) -> list[tuple[int, Outcome[Any]]]:
    """Let jobs be polled, and write what came of it in the same thread.

    Each row that SQLite writes lets go of the GIL: another thread would wait for it each time, as
    long as this one polls.
    """
    return ledger.save(await scheduler.turn_and_moved(more=more, seconds=TURN))


@contextmanager
def _rest_saved(scheduler: Scheduler, ledger: Ledger) -> Generator[None]:
    """Write what became known after the last turn, once nothing runs any more."""
    try:
        yield
    except BaseException:
        if not sys.is_finalizing():
            with suppress(CheckpointError):  # if it cannot be written, it is asked for again
                ledger.save(scheduler.rest())
        raise
    ledger.save(scheduler.rest())


async def _in_thread(items: Iterator[T]) -> AsyncGenerator[T]:
    """The items of an iterator that writes between them."""
    while (item := await asyncio.to_thread(next, items, None)) is not None:
        yield item


def _outcomes(ended: Generator[tuple[int, Outcome[Any]]]) -> Generator[Outcome[Any]]:
    with closing(ended):
        for _, outcome in ended:
            yield outcome


async def _async_outcomes(
    ended: AsyncGenerator[tuple[int, Outcome[Any]]],
) -> AsyncGenerator[Outcome[Any]]:
    async with aclosing(ended):
        async for _, outcome in ended:
            yield outcome
