"""Two hundred jobs of all providers, and every fault that the sandbox has, on real sockets."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import httpx
import pytest

import jobwait.sandbox
from jobwait import (
    APITimeoutError,
    Fixed,
    JobCancelledError,
    JobFailedError,
    NotFoundError,
    Outcome,
    WaitTimeoutError,
    as_completed,
    async_as_completed,
    providers,
)
from jobwait._throttle import Position, Throttle, _throttles
from jobwait.sandbox import FaultKind, Faults, LogEntry, Outcome as Ending, Sandbox, SandboxJob

JOBS: Final = 50
"""Of each provider."""
RATE: Final = 0.3
TIMEOUT: Final = 12.0
LIMIT: Final = 0.5
"""Seconds of a request, so that black holes and dripping answers end."""
SLACK: Final = 0.3
"""Seconds between a request that leaves and the log that shows it, at most."""
UNENDING: Final = {"black_hole", "drip_body", "drip_headers"}
HIDING: Final = {
    *UNENDING,
    *(
        "html",
        "rate_limit",
        "rate_limit_date",
        "reset",
        "server_error",
        "status_520",
        "truncated_body",
        "truncated_json",
        "unknown_status",
    ),
}
"""Faults after which a wait knows no more than before."""


class Clock:
    """The system's, which remembers when it was first read: when a sandbox started."""

    def __init__(self) -> None:
        self.started: float | None = None

    def __call__(self) -> float:
        now = time.monotonic()
        if self.started is None:
            self.started = now
        return now


class Watched(Throttle):
    """Remembers what it allowed, what came of it, and when it was told to pause."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.polls: list[tuple[float, float]] = []
        """When each began and ended."""
        self.pauses: list[tuple[float, float]] = []
        self.timeouts: list[str] = []

    def reserve(self, now: float, position: Position, *, in_pause: bool = False) -> float:
        turn = super().reserve(now, position, in_pause=in_pause)
        self.turns += turn <= now
        return turn

    def learn(self, result: object, began: float, ended: float) -> None:
        super().learn(result, began, ended)
        self.polls.append((began, ended))
        if self.paused_until > ended:
            self.pauses.append((ended, self.paused_until))
        if isinstance(result, APITimeoutError):
            self.timeouts.append(str(result))


def jobs_of(sandbox: Sandbox, provider: str) -> list[SandboxJob]:
    draw = random.Random(provider)
    kinds: tuple[FaultKind, ...] = get_args(FaultKind)
    outcomes: list[Ending] = ["succeeded", "succeeded", "failed"]
    if provider in ("spideriq", "aitronos"):
        outcomes.append("cancelled")
    return [
        sandbox.create_job(
            provider,
            # The last ones do not end in time.
            seconds=draw.uniform(0, 4) if number < JOBS - 5 else 1e6,
            outcome=draw.choice(outcomes),
            faults=[Faults(RATE, kinds, seed=draw.randrange(1_000_000))],
        )
        for number in range(JOBS)
    ]


def open_files() -> set[str]:
    """What this process has open, sockets included; nothing where the system does not tell."""
    folder = Path("/proc/self/fd")
    found = set[str]()
    for path in folder.iterdir() if folder.exists() else ():
        try:
            found.add(str(path.readlink()))
        except FileNotFoundError:  # that of the folder itself
            continue
    return found


Pairs = list[tuple[Any, Any]]


def blocking(
    clients: Iterable[tuple[Any, Any]], pairs: Callable[[Any], Pairs], options: dict[str, Any]
) -> list[Outcome[Any]]:
    with ExitStack() as stack:
        opened: list[Any] = []
        for http, client in clients:
            if http is not None:
                stack.enter_context(http)
            opened.append(stack.enter_context(client))
        return list(as_completed(pairs(opened), **options))


def asynchronous(
    clients: Iterable[tuple[Any, Any]], pairs: Callable[[Any], Pairs], options: dict[str, Any]
) -> list[Outcome[Any]]:
    async def main() -> list[Outcome[Any]]:
        async with AsyncExitStack() as stack:
            opened: list[Any] = []
            for http, client in clients:
                if http is not None:
                    await stack.enter_async_context(http)
                opened.append(await stack.enter_async_context(client))
            outcomes = [outcome async for outcome in async_as_completed(pairs(opened), **options)]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return outcomes

    return asyncio.run(main())


@pytest.mark.parametrize("transport", ["default", "httpx"])
@pytest.mark.parametrize("driver", [blocking, asynchronous])
def test_every_job_ends_as_the_log_says_and_nothing_is_left_behind(
    driver: Callable[..., list[Outcome[Any]]], transport: str
) -> None:
    installed = providers()
    gc.collect()
    files, threads = open_files(), set(threading.enumerate())
    clocks = {name: Clock() for name in installed}
    throttles: dict[str, Watched] = {}
    times: list[float] = []

    with ExitStack() as stack:
        # Each on a host of its own, as in life.
        sandboxes = {
            name: stack.enter_context(jobwait.sandbox.run(clock=clock))
            for name, clock in clocks.items()
        }

        def clients() -> Iterable[tuple[Any, Any]]:
            for name, provider in installed.items():
                http: Any = None
                if transport == "httpx":
                    http = (httpx.Client if driver is blocking else httpx.AsyncClient)()
                cls = provider.client if driver is blocking else provider.async_client
                sandbox = sandboxes[name]
                origin = ("http", "127.0.0.1", urlsplit(sandbox.base_url).port)
                throttles[name] = Watched()
                _throttles[time.monotonic, origin, frozenset({sandbox.api_key})] = throttles[name]
                client = cls(
                    sandbox.api_key, base_url=sandbox.url(name), timeout=LIMIT, http_client=http
                )
                assert client._calls.throttle is throttles[name]
                yield http, client

        jobs = {name: jobs_of(sandbox, name) for name, sandbox in sandboxes.items()}

        def pairs(opened: list[Any]) -> Pairs:
            mixed = [
                (client.jobs, job.id)
                for client, of_provider in zip(opened, jobs.values(), strict=True)
                for job in of_provider
            ]
            random.Random(1).shuffle(mixed)
            times.append(time.monotonic())
            return mixed

        outcomes = driver(
            clients(), pairs, {"timeout": TIMEOUT, "schedule": Fixed(1.0), "max_in_flight": 30}
        )
        times.append(time.monotonic())
        log = [
            replace(entry, time=entry.time + (clocks[name].started or 0.0))
            for name, sandbox in sandboxes.items()
            for entry in sandbox.log()
        ]

    # Nobody is lost, and nobody is told twice.
    asked = {(name, job.id) for name, of_provider in jobs.items() for job in of_provider}
    assert len(outcomes) == len(asked) == JOBS * len(installed)
    assert {(outcome.provider, outcome.job_id) for outcome in outcomes} == asked

    entries: defaultdict[tuple[str, Any], list[LogEntry]] = defaultdict(list)
    for entry in log:
        entries[entry.provider, entry.job_id].append(entry)
    for outcome in outcomes:
        told = entries[outcome.provider, outcome.job_id]
        timeouts = [
            text for text in throttles[outcome.provider].timeouts if told and told[0].path in text
        ]
        check_outcome(outcome, told, len(timeouts))

    # The deadline is one for all of them, as they were given together.
    began, ended = times
    assert max(entry.time for entry in log) < began + TIMEOUT + SLACK
    assert ended < began + TIMEOUT + 2 * SLACK

    for name, throttle in throttles.items():
        seen = [entry for entry in log if entry.provider == name]
        # A reset of a connection that was used before is answered at once, on a new one.
        used: set[int] = set()
        again: list[float] = []
        for entry in seen:
            if entry.fault == "reset" and entry.connection in used:
                again.append(entry.time)
            used.add(entry.connection)
        assert len(seen) - len(again) <= throttle.turns
        assert throttle.pauses
        for paused, until in throttle.pauses:
            # What comes in then was sent before.
            under_way = sum(sent < paused < answered for sent, answered in throttle.polls)
            # The first poll of a wait that a pause outlasts is sent all the same.
            outlasts = until >= began + TIMEOUT
            late = sum(
                paused < entry.time < until
                for entry in seen
                if not (outlasts and entry is entries[name, entry.job_id][0])
            )
            assert late - len(again) <= under_way

    gc.collect()
    assert set(threading.enumerate()) <= threads
    assert open_files() <= files


def check_outcome(outcome: Outcome[Any], log: list[LogEntry], timeouts: int) -> None:
    """Whether the log allows this outcome, and no earlier poll should have ended the wait."""
    error = outcome.error
    if not log:
        # A provider may ask to wait so often that the turn of some never comes.
        assert isinstance(error, WaitTimeoutError)
        return
    *earlier, last = log
    # Whatever the answer was, a busy machine may have given it too late.
    late = timeouts - sum(entry.fault in UNENDING for entry in log)
    telling = [
        entry
        for entry in earlier
        if entry.fault == "not_found"
        or (entry.state not in ("pending", "running") and entry.fault not in HIDING)
    ]
    assert len(telling) <= late, (outcome, log)
    if error is None:
        assert last.state == "succeeded" and last.fault not in HIDING, (outcome, log)
    elif isinstance(error, JobFailedError):
        assert last.state == "failed" and last.fault not in HIDING, (outcome, log)
    elif isinstance(error, JobCancelledError):
        assert last.state == "cancelled" and last.fault not in HIDING, (outcome, log)
    elif isinstance(error, NotFoundError):
        assert last.fault == "not_found", (outcome, log)
    elif isinstance(error, WaitTimeoutError):
        assert last.fault in HIDING or last.state in ("pending", "running") or late, (outcome, log)
    else:
        # Ten polls in a row without an answer.
        assert all(entry.fault in HIDING for entry in log[-10:]) and len(log) >= 10, (outcome, log)
