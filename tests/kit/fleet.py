"""Many jobs of made-up providers in virtual time: an event loop that jumps to its next timer."""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from jobwait import APITimeoutError, BaseClient
from jobwait._messages import Headers, Request, Response
from jobwait._requests import AsyncCalls, AsyncRuntime, Calls, Options, Runtime

from .widgets import CONFIG, KEY, AsyncJobsResource, JobsResource, Time, get_job_operation

ResultT = TypeVar("ResultT")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Selector(selectors.DefaultSelector):
    """Does not sleep: time moves on instead."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self._time.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock is the one that a test gives it."""

    def __init__(self, time: Time) -> None:
        super().__init__(_Selector(time))
        self._virtual = time

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Time stands still while a thread works."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run(time: Time, main: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run a coroutine in virtual time, and see to it that it leaves no task behind."""

    async def alone() -> ResultT:
        result = await main
        ended = time.now
        for _ in range(20):  # what was left is closed by the event loop
            await asyncio.sleep(0)
        assert time.now == ended
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(time)) as runner:
        return runner.run(alone())


@dataclass
class Job:
    """A job that the fleet plays."""

    seconds: float = 0.0
    """From the start of the test until it ends."""
    end: str = "completed"
    faults: dict[int, Callable[[], Response]] = field(default_factory=dict[int, Any])
    """What goes wrong, by the number of the poll, from 1."""
    progress: bool = False
    polls: list[float] = field(default_factory=list[float])
    """When each request came, from the start of the test."""


class Fleet:
    """A provider with many jobs, and the connections to it."""

    def __init__(self, time: Time, name: str = "widgets", *, latency: float = 0.01) -> None:
        self.time: Final = time
        self.name: Final = name
        self.operation = get_job_operation(name)
        self.latency = latency
        self.jobs: dict[str, Job] = {}
        self.log: list[tuple[float, str]] = []
        """Every request, from the start of the test."""
        self.is_down = False
        self.in_flight = 0
        self.most_in_flight = 0
        self.closed = 0

    def add(self, *jobs: Job) -> list[str]:
        """The ids of new jobs."""
        ids = [f"job_{len(self.jobs) + number}" for number in range(1, len(jobs) + 1)]
        copies = [replace(job, polls=[]) for job in jobs]
        self.jobs |= dict(zip(ids, copies, strict=True))
        return ids

    @property
    def now(self) -> float:
        return round(self.time.now - 1000.0, 6)

    async def __call__(self, request: Request, limit: float) -> Response:
        job_id = request.url.rpartition("/")[2]
        began = self.now
        self.log.append((began, job_id))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.is_down:
                await asyncio.sleep(limit)
                raise APITimeoutError("down")
            if self.latency > limit:
                await asyncio.sleep(limit)
                raise APITimeoutError("too slow")
            await asyncio.sleep(self.latency)
        finally:
            self.in_flight -= 1
        job = self.jobs.get(job_id)
        if job is None:
            return answer({"error": "no such job"}, 404)
        job.polls.append(began)
        if len(job.polls) in job.faults:
            return job.faults[len(job.polls)]()
        status = "running" if began < job.seconds else job.end
        fields: dict[str, Any] = {"result": "done"} if status == "completed" else {}
        if job.progress and status == "running":
            fields["progress"] = 100 * began / job.seconds
        return answer({"data": {"id": job_id, "status": status, **fields}})

    async def close(self) -> None:
        self.closed += 1

    def _options(self, key: str, timeout: float) -> Options:
        config = CONFIG._replace(provider=self.name, base_url=f"https://{self.name}.test")
        return BaseClient(config, {"api_key": key}, timeout=timeout)._calls.options

    def resource(self, *, key: str = KEY, timeout: float = 30.0) -> AsyncJobsResource:
        """What an asynchronous client has."""
        runtime = AsyncRuntime(
            self.time.clock, self.time.async_sleep, self.time.random, self.time.time
        )
        resource = AsyncJobsResource(AsyncCalls(self._options(key, timeout), self, runtime))
        resource.operation = self.operation
        return resource

    def blocking_resource(self, *, key: str = KEY, timeout: float = 30.0) -> JobsResource:
        """What a blocking client has."""
        runtime = Runtime(self.time.clock, self.time.sleep, self.time.random, self.time.time)
        transport = _Blocking(self)
        resource = JobsResource(Calls(self._options(key, timeout), transport, runtime))
        resource.operation = self.operation
        return resource


class _Blocking:
    """A blocking client's transport, which is only asked for what it is in a loop."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def __call__(self, request: Request, limit: float) -> Response:
        raise AssertionError(f"{request} was sent by a blocking call")

    def for_loop(self, at_once: int) -> Fleet:
        return self._fleet


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Response(status, Headers(raw), json.dumps(value).encode())


def too_many(retry_after: int | None = None) -> Response:
    return answer({}, 429, **({} if retry_after is None else {"retry_after": str(retry_after)}))
