"""A limiter of the user's, asked for a turn before each request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from jobwait import (
    Advanced,
    APIConnectionError,
    APITimeoutError,
    AsyncBaseClient,
    BaseClient,
    ConfigurationError,
    Outcome,
    Wait,
    WaitTimeoutError,
    async_advance,
    async_wait_for_all,
    wait_for_completion,
)
from jobwait._requests import Runtime

from .kit.fleet import Fleet, Job, run
from .kit.widgets import CONFIG, EPOCH, ID, KEY, AsyncJobsResource, JobsResource, Time
from .kit.wire import Wire, response, whole


class Quota:
    """So many requests in each second of a clock."""

    def __init__(self, time: Time, rate: int) -> None:
        self._time = time
        self._rate = rate
        self._second = 0
        self._taken = 0

    async def __call__(self) -> float:
        second = int(self._time.now)
        if second > self._second:
            self._second, self._taken = second, 0
        if self._taken < self._rate:
            self._taken += 1
            return 0.0
        return second + 1 - self._time.now


def resource(fleet: Fleet, limiter: Callable[[], Any]) -> AsyncJobsResource:
    made = fleet.resource()
    limited = AsyncJobsResource(made.calls.replace(made.calls.options._replace(limiter=limiter)))
    limited.operation = made.operation
    return limited


@pytest.fixture
def time() -> Time:
    return Time()


def test_many_waits_keep_to_the_quota_and_all_end(time: Time) -> None:
    fleet = Fleet(time)
    jobs = resource(fleet, Quota(time, 5))
    ids = fleet.add(*[Job(20.0)] * 40)

    async def main() -> list[Outcome[Any]]:
        return await async_wait_for_all(jobs, ids, timeout=300)

    outcomes = run(time, main())
    assert all(outcome.error is None for outcome in outcomes)
    sent = [int(at) for at, _ in fleet.log]
    assert max(map(sent.count, sent)) <= 5


@pytest.mark.parametrize("count", [1, 2])
def test_a_wait_ends_at_its_deadline_however_long_the_limiter_lets_it_wait(
    time: Time, count: int
) -> None:
    fleet = Fleet(time)

    async def never() -> float:
        return 3600.0

    jobs, ids = resource(fleet, never), fleet.add(*[Job(1.0)] * count)

    async def main() -> list[Outcome[Any]]:
        with pytest.raises(WaitTimeoutError):
            await wait_for_completion(jobs, ids[0], timeout=10)
        return await async_wait_for_all(jobs, ids, timeout=10)

    outcomes = run(time, main())
    assert [outcome.kind for outcome in outcomes] == ["timeout"] * count
    assert time.now - 1000 == pytest.approx(20, abs=1.5)
    assert fleet.log == []


def test_what_the_limiter_holds_back_is_carried_onward(time: Time) -> None:
    fleet = Fleet(time)
    jobs = resource(fleet, Quota(time, 1))
    waits = [Wait.start(jobs, id, timeout=60) for id in fleet.add(Job(30.0), Job(30.0))]

    async def main() -> Advanced:
        return await async_advance([(jobs, wait) for wait in waits], max_in_flight=1)

    polled, held = sorted(run(time, main()).open, key=lambda wait: -wait.polls)
    assert (polled.polls, held.polls) == (1, 0)
    assert held.due - EPOCH == pytest.approx(1001, abs=0.1)


def test_what_the_limiter_holds_back_for_too_long_is_due_at_its_deadline(time: Time) -> None:
    fleet = Fleet(time)
    jobs, [id] = resource(fleet, lambda: 1e12), fleet.add(Job(30.0))
    wait = Wait.start(jobs, id, timeout=60)
    still_open = run(time, async_advance([(jobs, wait)])).open
    assert [each.due - wait.due for each in still_open] == [60.0]


def test_a_blocking_client_asks_before_each_poll_and_each_request() -> None:
    asked: list[float] = []
    slept: list[float] = []
    answers = [1.5, 0.0, 0, 0.25, 0.0]

    def limiter() -> float:
        asked.append(answers[len(asked)])
        return asked[-1]

    with Wire(whole(response())) as wire:
        runtime = Runtime(sleep=slept.append)
        client = BaseClient(
            CONFIG, {"api_key": KEY}, base_url=wire.url, limiter=limiter, runtime=runtime
        )
        with client:
            jobs = JobsResource(client._calls)
            assert jobs.get_job(ID).status == "completed"
            wait_for_completion(jobs, ID)
            jobs.get_job(ID)
        assert len(wire.requests) == 3
    assert asked == answers
    assert slept[0] == 1.5
    assert slept[-1] == 0.25


def test_a_request_is_not_held_back_for_ever() -> None:
    with Wire(whole()) as wire:
        slept: list[float] = []
        runtime = Runtime(sleep=slept.append)
        client = BaseClient(
            CONFIG, {"api_key": KEY}, base_url=wire.url, limiter=lambda: 50, runtime=runtime
        )
        with client, pytest.raises(APITimeoutError, match=r"limiter= allowed no request within 60"):
            JobsResource(client._calls).get_job(ID)
        assert wire.requests == []


def test_a_limiter_that_blocks_does_not_hold_up_the_event_loop() -> None:
    turn = threading.Event()

    def limiter() -> float:
        assert turn.wait(30)
        return 0.0

    async def main(url: str) -> str:
        async with AsyncBaseClient(
            CONFIG, {"api_key": KEY}, base_url=url, limiter=limiter
        ) as client:
            asking = asyncio.create_task(AsyncJobsResource(client._calls).get_job(ID))
            await asyncio.sleep(0)
            turn.set()
            return (await asking).status

    with Wire(whole(response())) as wire:
        assert asyncio.run(main(wire.url)) == "completed"


def test_a_limiter_that_fails_is_a_request_that_failed() -> None:
    def limiter() -> float:
        raise OSError("Redis is away")

    client = BaseClient(CONFIG, {"api_key": KEY}, limiter=limiter, max_retries=0)
    with client, pytest.raises(APIConnectionError, match="limiter= returned no delay") as caught:
        JobsResource(client._calls).get_job(ID)
    assert str(caught.value.__cause__) == "Redis is away"


@pytest.mark.parametrize("answer", [None, True, "1", float("nan"), float("inf")])
def test_an_answer_that_is_no_number_of_seconds_is_refused(answer: Any) -> None:
    with (
        BaseClient(CONFIG, {"api_key": KEY}, limiter=lambda: answer) as client,
        pytest.raises(ConfigurationError, match=r"limiter= returned .* seconds"),
    ):
        JobsResource(client._calls).get_job(ID)


def test_a_limiter_is_a_function() -> None:
    anything: Any = 5
    with pytest.raises(ConfigurationError, match=r"limiter is a function .* not int"):
        BaseClient(CONFIG, {"api_key": KEY}, limiter=anything)
