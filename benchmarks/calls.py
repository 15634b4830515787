"""One status request on an open connection, in every way of making it, and its bytes alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any, Final, TypeVar

import aiohttp
import httpx
from docurift_client import AsyncClient, Client

from benchmarks import regeneration, server
from benchmarks.table import Row, compare
from jobwait import Poll
from jobwait._messages import Request
from jobwait._transport import AsyncTransport, SyncTransport

ROUNDS: Final = 31
CALLS: Final = 100
"""In each round, on each side."""
KEY: Final = "key"
HEADERS: Final = {"X-API-Key": KEY}
LIMIT: Final = 30.0
"""Seconds for one request."""
UNIT: Final = "µs CPU"
UNPACED: Final = "the same, without the sleeps at the throttle's pace"
ClientT = TypeVar("ClientT", AsyncClient, Client)
ONE: Final = "after-1"
MANY: Final = f"after-{CALLS}"


class AtOnce:
    """A schedule that leaves nothing to sleep between polls."""

    def delay(self, poll: Poll, /) -> float:
        """No time at all."""
        return 0.0


def rows() -> Iterator[Row]:
    """Measure blocking and asynchronous calls; a row's two sides get the same responses."""
    with tempfile.TemporaryDirectory() as directory, server.running() as url:
        stock, stock_get_job = _stock_client(Path(directory), url)
        yield from _blocking(url, lambda: stock_get_job.sync(ONE, client=stock))
        yield from _asynchronous(url, lambda: stock_get_job.asyncio(ONE, client=stock))
        yield _blocking_bytes(url)
        yield from _asynchronous_bytes(url)


def _blocking(url: str, stock_get_job: Callable[[], object]) -> Iterator[Row]:
    with Client(KEY, base_url=url) as client, httpx.Client(headers=HEADERS) as plain:

        def calls(call: Callable[[], object]) -> Callable[[], float]:
            def run() -> None:
                for _ in range(CALLS):
                    call()

            return _per_call(run)

        def get(job: str) -> Callable[[], float]:
            return calls(lambda: plain.get(f"{url}/v1/jobs/{job}").json())

        yield compare(
            "one typed get_job / httpx.Client.get(...).json()",
            UNIT,
            calls(lambda: client.jobs.get_job(ONE)),
            get(ONE),
            rounds=ROUNDS,
        )
        yield compare(
            "  the same / the stock generated client's get_job",
            UNIT,
            calls(lambda: client.jobs.get_job(ONE)),
            calls(stock_get_job),
            rounds=ROUNDS,
            bound=1.0,
        )
        yield compare(
            "each poll of a wait / the same",
            UNIT,
            _per_call(lambda: client.jobs.wait_for_completion(MANY, schedule=AtOnce())),
            get(MANY),
            rounds=ROUNDS,
            bound=1.0,
        )
        yield compare(
            f"  {UNPACED}",
            UNIT,
            _per_call(lambda: _unpaced(client).jobs.wait_for_completion(MANY, schedule=AtOnce())),
            get(MANY),
            rounds=ROUNDS,
            bound=1.0,
        )


def _asynchronous(url: str, stock_get_job: Callable[[], Awaitable[object]]) -> Iterator[Row]:
    with asyncio.Runner() as runner:
        client, plain = AsyncClient(KEY, base_url=url), httpx.AsyncClient(headers=HEADERS)

        def calls(call: Callable[[], Awaitable[object]]) -> Callable[[], float]:
            async def run() -> None:
                for _ in range(CALLS):
                    await call()

            return _per_call(lambda: runner.run(run()))

        def get(job: str) -> Callable[[], float]:
            async def call() -> object:
                return (await plain.get(f"{url}/v1/jobs/{job}")).json()

            return calls(call)

        yield compare(
            "one typed get_job, async / httpx.AsyncClient.get(...).json()",
            UNIT,
            calls(lambda: client.jobs.get_job(ONE)),
            get(ONE),
            rounds=ROUNDS,
        )
        yield compare(
            "  the same / the stock generated client's get_job, async",
            UNIT,
            calls(lambda: client.jobs.get_job(ONE)),
            calls(stock_get_job),
            rounds=ROUNDS,
            bound=1.0,
        )
        yield compare(
            "each poll of a wait, async / the same",
            UNIT,
            _per_call(lambda: runner.run(client.jobs.wait_for_completion(MANY, schedule=AtOnce()))),
            get(MANY),
            rounds=ROUNDS,
            bound=1.0,
        )
        yield compare(
            f"  {UNPACED}, async",
            UNIT,
            _per_call(
                lambda: runner.run(
                    _unpaced(client).jobs.wait_for_completion(MANY, schedule=AtOnce())
                )
            ),
            get(MANY),
            rounds=ROUNDS,
            bound=1.0,
        )
        runner.run(client.aclose())
        runner.run(plain.aclose())


def _blocking_bytes(url: str) -> Row:
    request = _request(url)
    transport = SyncTransport(httpx)
    with httpx.Client(headers=HEADERS) as plain:

        def ours() -> None:
            for _ in range(CALLS):
                transport(request, LIMIT)

        def peer() -> None:
            for _ in range(CALLS):
                plain.get(request.url).read()

        row = compare(
            "one request of the transport, no JSON / httpx.Client.get(...).read()",
            UNIT,
            _per_call(ours),
            _per_call(peer),
            rounds=ROUNDS,
        )
    transport.close()
    return row


def _asynchronous_bytes(url: str) -> Iterator[Row]:
    request = _request(url)
    with asyncio.Runner() as runner:
        transport, session = AsyncTransport(httpx), runner.run(_session())

        async def ours() -> None:
            await transport(request, LIMIT)

        async def peer() -> None:
            async with session.get(request.url) as response:
                await response.read()

        for tasks in (1, CALLS):

            def calls(
                call: Callable[[], Awaitable[None]], tasks: int = tasks
            ) -> Callable[[], float]:
                async def work() -> None:
                    for _ in range(CALLS):
                        await call()

                async def run() -> None:
                    await asyncio.gather(*(work() for _ in range(tasks)))

                measure = _per_call(lambda: runner.run(run()))
                return lambda: measure() / tasks

            yield compare(
                f"the same of {tasks} tasks at a time, async / aiohttp's get(...) and read()",
                UNIT,
                calls(ours),
                calls(peer),
                rounds=ROUNDS if tasks == 1 else ROUNDS // 4,
            )
        runner.run(transport.close())
        runner.run(session.close())


def _request(url: str) -> Request:
    headers = {"Host": url.partition("//")[2], "Accept-Encoding": "gzip"} | HEADERS
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request("GET", f"{url}/v1/jobs/{ONE}", raw)


async def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers=HEADERS)


def _unpaced(client: ClientT) -> ClientT:
    """The client, whose throttle lets no poll sleep: what is left is the cost of a poll itself."""
    client.jobs.calls.throttle.rate = 1e9
    return client


def _per_call(run: Callable[[], object]) -> Callable[[], float]:
    """Microseconds of each of the CALLS calls that `run` makes."""

    def measure() -> float:
        started = process_time()
        run()
        return (process_time() - started) / CALLS * 1e6

    return measure


def _stock_client(directory: Path, url: str) -> tuple[Any, Any]:
    """What openapi-python-client makes of the document: a client, and its module for `getJob`."""
    spec = regeneration.ROOT / "specs" / "docurift.yaml"
    command = regeneration.stock(spec, directory / "stock_client", "--meta=none")
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    sys.path.append(str(directory))
    package: Any = import_module("stock_client")
    client = package.AuthenticatedClient(
        url, KEY, prefix="", auth_header_name="X-API-Key", raise_on_unexpected_status=True
    )
    return client, import_module("stock_client.api.jobs.get_job")
