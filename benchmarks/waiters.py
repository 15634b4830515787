"""The sides of the comparison at scale, and the process that runs one of them.

`python -m benchmarks.waiters SIDE JOBS URL` waits for so many jobs, each polled once a second, and
prints what that took as JSON. With `--traced` it polls each job once, and the memory is that which
is allocated while all of them wait for their next poll.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import math
import resource
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from heapq import heapify, heappop, heappush
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, Final, NamedTuple, TypeAlias

import httpx
from docurift_client import AsyncClient, Client
from docurift_client._client import CONFIG

from benchmarks import server
from jobwait import (
    AsyncBaseClient,
    BaseClient,
    ClientSession,
    Fixed,
    as_completed,
    async_as_completed,
)
from jobwait._requests import AsyncRuntime, Runtime

KEY: Final = "key"
HEADERS: Final = {"X-API-Key": KEY}
INTERVAL: Final = 1.0
"""Seconds from the answer to a poll to the next poll of the same job."""
LONG_INTERVAL: Final = 3600.0
"""The same where memory is traced: nothing is in flight while all jobs wait."""
IN_FLIGHT: Final = 100
"""Requests at the same time, at most."""
FEW_IN_FLIGHT: Final = 10
"""The same where memory is traced: connections are no part of what a waiting job takes."""
TIMEOUT: Final = 30.0
"""Seconds for one request in all: the default of our clients."""
WARM_UP: Final = 8.0
"""Seconds at most until each job was polled once."""
SETTLE: Final = 4.0
"""Seconds from then until the measurement begins."""
WINDOW: Final = 3.0
"""Seconds of measurement."""
LONG_WINDOW: Final = 30.0
"""The same for a side that did not warm up: the stock client's polls come in bursts by then."""
DRAIN: Final = 10.0
"""Seconds without news, once all jobs are completed, after which the others count as lost."""


class Figures(NamedTuple):
    """What one side did with so many jobs."""

    polls: float
    """In a second."""
    cpu: float
    """Microseconds of CPU time, user and system, for one poll."""
    median: float
    """Milliseconds that the middle poll came late: later than INTERVAL after the last answer."""
    latest: float
    """The same, of the 99th percentile."""
    memory: float
    """Bytes by which the process grew: resident, or allocated where they are traced."""
    lost: float
    """Jobs that were not told of exactly once, as succeeded; NaN where nobody waited for that."""
    errors: float
    """Requests that failed."""


class Wait(NamedTuple):
    """What a side has to do."""

    url: str
    jobs: Sequence[str]
    interval: float
    """Seconds from the answer to a poll to the next poll of the same job."""
    in_flight: int
    """Requests at the same time, at most."""
    told: Counter[str]
    """Where the side counts how often it tells of each job that it succeeded."""


Side: TypeAlias = Callable[[Wait], None]
Poll: TypeAlias = Callable[[str], Awaitable[str]]
"""The status word of a job."""
Errors: TypeAlias = tuple[type[Exception], ...]
"""What a failed poll raises."""
Scheduler: TypeAlias = Callable[[Wait, Poll, Errors], Awaitable[None]]


class _Failures(logging.Handler):
    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


FAILURES: Final = _Failures()
"""Counts the requests that fail: ours logs them, so the peers do."""
LOGGER: Final = logging.getLogger("jobwait")


def _ours(wait: Wait) -> None:
    asyncio.run(_async_ours(wait))


def _ours_session(wait: Wait) -> None:
    import aiohttp

    async def main() -> None:
        connector = aiohttp.TCPConnector(limit=wait.in_flight)
        async with aiohttp.ClientSession(connector=connector) as session:
            await _async_ours(wait, session)

    asyncio.run(main())


async def _async_ours(wait: Wait, http_client: ClientSession | None = None) -> None:
    async with _SteadyAsyncClient(wait.url, http_client) as client:
        async for outcome in async_as_completed(
            client.jobs,
            wait.jobs,
            timeout=None,
            schedule=Fixed(wait.interval),
            max_in_flight=wait.in_flight,
        ):
            wait.told[outcome.job_id] += outcome.error is None


def _ours_blocking(wait: Wait) -> None:
    with _SteadyClient(wait.url) as client:
        for outcome in as_completed(
            client.jobs,
            wait.jobs,
            timeout=None,
            schedule=Fixed(wait.interval),
            max_in_flight=wait.in_flight,
        ):
            wait.told[outcome.job_id] += outcome.error is None


class _SteadyAsyncClient(AsyncClient):
    """Without jitter, which would hide what polls are late; the peers have none either."""

    def __init__(self, url: str, http_client: ClientSession | None) -> None:
        runtime = AsyncRuntime(random=lambda: 0.0)
        AsyncBaseClient.__init__(
            self, CONFIG, {"api_key": KEY}, base_url=url, http_client=http_client, runtime=runtime
        )


class _SteadyClient(Client):
    """The same, blocking."""

    def __init__(self, url: str) -> None:
        runtime = Runtime(random=lambda: 0.0)
        BaseClient.__init__(self, CONFIG, {"api_key": KEY}, base_url=url, runtime=runtime)


def _stock(wait: Wait) -> None:
    """A task per job, with the client that openapi-python-client makes of the document."""
    package: Any = import_module("stock_client")
    get_job: Any = import_module("stock_client.api.jobs.get_job")

    async def main() -> None:
        async with package.AuthenticatedClient(
            wait.url, KEY, prefix="", auth_header_name="X-API-Key", raise_on_unexpected_status=True
        ) as client:

            async def poll(job: str) -> str:
                status: str = (await get_job.asyncio(job, client=client)).data.status
                return status

            await _tasks(wait, poll, (httpx.HTTPError,))

    asyncio.run(main())


def _aiohttp(wait: Wait) -> None:
    _over_aiohttp(wait, _heap)


def _aiohttp_tasks(wait: Wait) -> None:
    _over_aiohttp(wait, _tasks)


def _over_aiohttp(wait: Wait, schedule: Scheduler) -> None:
    import aiohttp

    async def main() -> None:
        async with aiohttp.ClientSession(
            headers=HEADERS,
            connector=aiohttp.TCPConnector(limit=wait.in_flight),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            raise_for_status=True,
        ) as session:

            async def poll(job: str) -> str:
                async with session.get(f"{wait.url}/v1/jobs/{job}") as response:
                    status: str = json.loads(await response.read())["data"]["status"]
                return status

            await schedule(wait, poll, (aiohttp.ClientError, TimeoutError))

    asyncio.run(main())


def _pyreqwest(wait: Wait) -> None:
    from pyreqwest.client import ClientBuilder
    from pyreqwest.exceptions import RequestError

    async def main() -> None:
        builder = ClientBuilder().default_headers(HEADERS).error_for_status()
        async with builder.timeout(timedelta(seconds=TIMEOUT)).build() as client:

            async def poll(job: str) -> str:
                response = await client.get(f"{wait.url}/v1/jobs/{job}").build().send()
                status: str = json.loads(memoryview(await response.bytes()).tobytes())["data"][
                    "status"
                ]
                return status

            await _heap(wait, poll, (RequestError,))

    asyncio.run(main())


async def _heap(wait: Wait, poll: Poll, errors: Errors) -> None:
    """The leanest scheduler: a heap of due times, and workers that each take the next one."""
    clock = time.monotonic
    now = clock()
    due = [(now + INTERVAL * place / len(wait.jobs), job) for place, job in enumerate(wait.jobs)]
    heapify(due)

    async def work() -> None:
        while due:
            at, job = heappop(due)
            delay = at - clock()
            if delay > 0:
                await asyncio.sleep(delay)
            try:
                status = await poll(job)
            except errors as error:
                LOGGER.warning("%s: %s", job, error)
                status = ""
            if status == "completed":
                wait.told[job] += 1
            else:
                heappush(due, (clock() + wait.interval, job))

    await asyncio.gather(*(work() for _ in range(wait.in_flight)))


async def _tasks(wait: Wait, poll: Poll, errors: Errors) -> None:
    """A task per job, which the client lets wait for a connection."""

    async def work(job: str) -> None:
        status = ""
        while status != "completed":
            try:
                status = await poll(job)
            except errors as error:
                LOGGER.warning("%s: %s", job, error)
            if status != "completed":
                await asyncio.sleep(wait.interval)
        wait.told[job] += 1

    await asyncio.gather(*map(work, wait.jobs))


SIDES: Final[dict[str, Side]] = {
    "ours": _ours,
    "ours, blocking": _ours_blocking,
    "ours over an aiohttp session": _ours_session,
    "bare aiohttp": _aiohttp,
    "bare aiohttp, task per job": _aiohttp_tasks,
    "bare pyreqwest": _pyreqwest,
    "stock client, task per job": _stock,
}


class _Observer:
    """Measures from beside the side, which keeps a thread of its own busy."""

    def __init__(self, side: Side, wait: Wait, *, traced: bool) -> None:
        self._side = side
        self._wait = wait
        self._traced = traced
        # At its pace the stock client would need minutes to see that all jobs are completed.
        self._drains = not traced and side is not _stock

    def measure(self) -> Figures:
        """Start the side, and see what it does."""
        url, jobs, _, _, told = self._wait
        if self._traced:
            tracemalloc.start()
        memory = self._memory()
        # As a daemon, it ends with the process wherever it has got to.
        thread = Thread(target=self._side, args=(self._wait,), daemon=True)
        thread.start()
        warm = self._warm_up()
        server.window(url)
        cpu = time.process_time()
        if not self._traced:
            time.sleep(WINDOW if warm else LONG_WINDOW)
        cpu = time.process_time() - cpu
        seen = server.window(url)
        memory = self._memory() - memory
        if self._drains:
            server.finish(url)
            before = -1
            while thread.is_alive() and before < (before := told.total()):
                thread.join(DRAIN)
        lost = sum(told[job] != 1 for job in jobs) if self._drains else math.nan
        median, latest = (seen.gaps[part] for part in (50, 99)) if seen.gaps else (math.nan,) * 2
        return Figures(
            polls=seen.polls / seen.seconds,
            cpu=cpu / max(seen.polls, 1) * 1e6,
            median=(median - INTERVAL) * 1e3,
            latest=(latest - INTERVAL) * 1e3,
            memory=memory,
            lost=lost,
            errors=FAILURES.count,
        )

    def _warm_up(self) -> bool:
        """Wait until each job was polled once, and say whether that came about."""
        stop = time.monotonic() + WARM_UP
        while True:
            warm = server.window(self._wait.url).jobs == len(self._wait.jobs)
            if warm or time.monotonic() > stop:
                time.sleep(SETTLE)
                return warm
            time.sleep(0.25)

    def _memory(self) -> float:
        if self._traced:
            gc.collect()
            return tracemalloc.get_traced_memory()[0]
        try:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
        except OSError:  # not on Linux
            return math.nan
        return pages * resource.getpagesize()


def main(side: str, count: str, url: str, *options: str) -> None:
    """Wait on one side, and print its figures."""
    LOGGER.addHandler(FAILURES)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    # What is only loaded, or made, for the first job is not the waiting jobs' memory.
    SIDES[side](Wait(url, ["after-1"], INTERVAL, IN_FLIGHT, Counter()))
    traced = "--traced" in options
    limits = (LONG_INTERVAL, FEW_IN_FLIGHT) if traced else (INTERVAL, IN_FLIGHT)
    wait = Wait(url, [f"job-{number}" for number in range(int(count))], *limits, Counter())
    print(json.dumps(_Observer(SIDES[side], wait, traced=traced).measure()))


if __name__ == "__main__":
    main(*sys.argv[1:])
