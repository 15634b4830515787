"""Waiting for many jobs, in virtual time: none is lost, and none waits for another."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import threading
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from itertools import pairwise
from time import monotonic
from typing import Any, Unpack

import pytest
from hypothesis import given, settings, strategies as st

from jobwait import (
    ClientClosedError,
    Fixed,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    NotFoundError,
    Outcome,
    Poll,
    WaitError,
    WaitOptions,
    WaitTimeoutError,
    as_completed,
    async_as_completed,
    async_wait_for_all,
    wait_for_all,
    wait_for_completion,
)
from jobwait._client import Resource
from jobwait._many import _block, begin
from jobwait._messages import Response
from jobwait._requests import AsyncCalls, AsyncRuntime
from jobwait._scheduler import Rules
from jobwait._source import READING

from .kit.fleet import Fleet, Job, VirtualLoop, answer, run, too_many
from .kit.widgets import AsyncJobsResource, CompletedJob, FailedJob, JobsResource, RunningJob, Time


class Async:
    """Waits with asynchronous clients."""

    @staticmethod
    def resource(fleet: Fleet, **options: Any) -> Any:
        return fleet.resource(**options)

    def __init__(self, time: Time) -> None:
        self.time = time

    def all(self, *jobs: Any, **options: Any) -> list[Outcome[Any]]:
        return run(self.time, async_wait_for_all(*jobs, **options))

    def first(self, count: int, *jobs: Any, **options: Any) -> list[Outcome[Any]]:
        async def main() -> list[Outcome[Any]]:
            outcomes: list[Outcome[Any]] = []
            async for outcome in async_as_completed(*jobs, **options):
                outcomes.append(outcome)
                if len(outcomes) == count:
                    break
            return outcomes

        return run(self.time, main())


class Sync:
    """Waits with blocking clients; the event loop in the thread is virtual, too."""

    @staticmethod
    def resource(fleet: Fleet, **options: Any) -> Any:
        return fleet.blocking_resource(**options)

    def __init__(self, time: Time) -> None:
        self.time = time

    def outcomes(
        self,
        jobs: Any,
        ids: Any = None,
        *,
        raise_on_failure: bool = False,
        **options: Unpack[WaitOptions],
    ) -> Generator[tuple[int, Outcome[Any]]]:
        return _block(
            *begin(Resource, jobs, ids, Rules(**options)),
            raise_on_failure=raise_on_failure,
            new_loop=lambda: VirtualLoop(self.time),
        )

    def all(self, *jobs: Any, **options: Any) -> list[Outcome[Any]]:
        return [outcome for _, outcome in sorted(self.outcomes(*jobs, **options))]

    def first(self, count: int, *jobs: Any, **options: Any) -> list[Outcome[Any]]:
        outcomes: list[Outcome[Any]] = []
        for _, outcome in self.outcomes(*jobs, **options):
            outcomes.append(outcome)
            if len(outcomes) == count:
                break
        return outcomes


Driver = Async | Sync


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=[Async, Sync], ids=["async", "sync"])
def driver(request: pytest.FixtureRequest, time: Time) -> Iterator[Driver]:
    before = set(threading.enumerate())
    yield request.param(time)
    assert set(threading.enumerate()) <= before


def test_every_job_ends_in_one_outcome_in_the_order_of_the_ids(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(9), Job(0), Job(4, "failed"), Job(2, "cancelled"), Job(1e9))
    outcomes = driver.all(driver.resource(fleet), [*ids, "no_such_job", "a/b"])
    assert [outcome.job_id for outcome in outcomes] == [*ids, "no_such_job", "a/b"]
    assert {outcome.provider for outcome in outcomes} == {"widgets"}
    assert [type(outcome.job) for outcome in outcomes[:2]] == [CompletedJob, CompletedJob]
    assert [outcome.job for outcome in outcomes[2:]] == [None] * 5
    assert [type(outcome.error) for outcome in outcomes] == [
        *[type(None)] * 2,
        *(JobFailedError, JobCancelledError, WaitTimeoutError, NotFoundError, InvalidArgumentError),
    ]
    for outcome in outcomes[2:]:
        assert outcome.error is not None
        assert (outcome.error.provider, outcome.error.job_id) == ("widgets", outcome.job_id)
    failure, timeout = outcomes[2].error, outcomes[4].error
    assert failure is not None and isinstance(failure.job, FailedJob)
    assert timeout is not None and isinstance(timeout.job, RunningJob)


def test_outcomes_come_as_jobs_end(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(30), Job(10), Job(20))
    outcomes = driver.first(3, driver.resource(fleet), ids)
    assert [outcome.job_id for outcome in outcomes] == [ids[1], ids[2], ids[0]]


def test_an_outcome_gives_its_job_or_raises_its_error(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    good, bad = driver.all(driver.resource(fleet), fleet.add(Job(1), Job(1, "failed")))
    assert good.result() is good.job
    with pytest.raises(JobFailedError) as caught:
        bad.result()
    assert caught.value is bad.error


def test_providers_mix_and_an_outage_of_one_does_not_touch_the_others(
    driver: Driver, time: Time
) -> None:
    alone = Fleet(time, "alone")
    alone_ids = alone.add(*[Job(5 + number) for number in range(20)])
    driver.all(driver.resource(alone), alone_ids)
    expected = [[round(at, 1) for at in alone.jobs[job_id].polls] for job_id in alone_ids]

    time.now = 1000.0
    down, good = Fleet(time, "down"), Fleet(time, "good")
    down.is_down = True
    down_ids = down.add(*[Job()] * 300)
    good_ids = good.add(*[Job(5 + number) for number in range(20)])
    pairs = [(driver.resource(down), job_id) for job_id in down_ids]
    pairs += [(driver.resource(good), job_id) for job_id in good_ids]
    outcomes = driver.all(pairs)
    assert all(isinstance(outcome.error, WaitTimeoutError) for outcome in outcomes[:300])
    assert all(outcome.error is None for outcome in outcomes[300:])
    polls = [[round(at, 1) for at in good.jobs[job_id].polls] for job_id in good_ids]
    assert polls == expected


def test_requests_at_a_time_are_bounded(driver: Driver, time: Time) -> None:
    fleet = Fleet(time, latency=1.0)
    driver.all(driver.resource(fleet), fleet.add(*[Job(3)] * 50), max_in_flight=7)
    assert fleet.most_in_flight == 7


def test_an_iterator_is_read_as_polls_can_be_sent(driver: Driver, time: Time) -> None:
    fleet = Fleet(time, latency=1.0)
    ids = fleet.add(*[Job()] * 1000)
    read = 0

    def source() -> Iterator[str]:
        nonlocal read
        for job_id in ids:
            read += 1
            yield job_id

    outcomes = driver.first(10, driver.resource(fleet), source(), max_in_flight=5)
    assert len(outcomes) == 10
    # As many as were polled, and as many again.
    assert 10 <= read <= len(fleet.log) + 5


def test_an_endless_iterator_is_no_trouble(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    (job_id,) = fleet.add(Job())
    outcomes = driver.first(2500, driver.resource(fleet), iter(lambda: job_id, None))
    assert len(outcomes) == 2500


def test_no_jobs_have_no_outcomes(driver: Driver, time: Time) -> None:
    resource = driver.resource(Fleet(time))
    assert driver.all(resource, []) == []
    assert driver.all([]) == []
    assert driver.first(1, resource, iter(())) == []


def test_the_first_failure_is_raised_if_wanted_and_names_what_is_open(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1), Job(5, "failed"), Job(1e9), Job(1e9))
    with pytest.raises(JobFailedError) as caught:
        driver.all(driver.resource(fleet), ids, raise_on_failure=True, timeout=None)
    told = "stopped waiting for 2 jobs still open: widgets job_3, widgets job_4"
    assert caught.value.__notes__ == [told]
    assert told in caplog.text
    polls = len(fleet.log)
    assert driver.all(driver.resource(fleet), ids[:1])
    assert len(fleet.log) == polls + 1


def test_leaving_the_loop_stops_everything_and_the_log_names_what_is_open(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1), *[Job(1e9)] * 150)
    driver.first(1, driver.resource(fleet), ids, timeout=None)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("jobwait", logging.WARNING)
    message = record.getMessage()
    assert message.startswith("stopped waiting for 150 jobs still open: widgets job_2, widgets")
    assert message.endswith("widgets job_101, and 50 more")
    assert fleet.in_flight == 0


def test_cancelling_stops_everything_and_names_what_is_open(
    time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(time, latency=2.0)
    ids = fleet.add(Job(50), Job(50))

    async def main() -> None:
        task = asyncio.create_task(async_wait_for_all(fleet.resource(), ids))
        await asyncio.sleep(1)
        assert fleet.in_flight == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.__notes__ == [
            "stopped waiting for 2 jobs still open: widgets job_1, widgets job_2"
        ]
        assert fleet.in_flight == 0

    run(time, main())
    assert "widgets job_1, widgets job_2" in caplog.text


def test_a_blocking_wait_that_is_interrupted_stops_and_closes_its_connections(
    driver: Driver, time: Time
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1), *[Job(1e9)] * 3)

    def source() -> Iterator[str]:
        yield from ids
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        driver.all(driver.resource(fleet), source(), max_in_flight=2, timeout=None)
    assert caught.value.__notes__[0].startswith("stopped waiting for")
    assert fleet.in_flight == 0
    assert fleet.closed == (1 if isinstance(driver, Sync) else 0)


def test_an_iterator_that_fails_ends_the_wait_with_its_error(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(50)] * 3)

    def source() -> Iterator[str]:
        yield from ids
        raise LookupError("the database is gone")

    with pytest.raises(LookupError, match="the database is gone"):
        driver.all(driver.resource(fleet), source())


def test_a_schedule_that_fails_ends_that_wait_alone(driver: Driver, time: Time) -> None:
    class Broken:
        def delay(self, poll: Poll, /) -> float:
            raise LookupError("no such delay")

    fleet = Fleet(time)
    ids = fleet.add(Job(0), Job(50))
    done, failed = driver.all(driver.resource(fleet), ids, schedule=Broken())
    assert done.error is None
    assert "LookupError: no such delay" in str(failed.error)


def test_a_closed_client_ends_each_of_its_waits(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    resource = driver.resource(fleet)
    resource.calls.options.lifetime.end()
    outcomes = driver.all(resource, fleet.add(*[Job()] * 3))
    assert [type(outcome.error) for outcome in outcomes] == [ClientClosedError] * 3


def test_a_timeout_of_0_looks_at_every_job_once(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(0), Job(1e9)] * 200)
    outcomes = driver.all(driver.resource(fleet), ids, timeout=0)
    assert [outcome.error is None for outcome in outcomes] == [True, False] * 200
    assert len(fleet.log) == 400


def test_nothing_is_polled_after_its_deadline_however_many_there_are(
    driver: Driver, time: Time
) -> None:
    fleet = Fleet(time, latency=0.5)
    ids = fleet.add(*[Job(1e9)] * 300)
    outcomes = driver.all(driver.resource(fleet), ids, timeout=20.0, max_in_flight=10)
    assert all(isinstance(outcome.error, WaitTimeoutError) for outcome in outcomes)
    assert max(at for at, _ in fleet.log) < 20.0
    assert fleet.now <= 20.5


def test_a_429_holds_back_all_jobs_of_its_provider_and_no_others(
    driver: Driver, time: Time
) -> None:
    fleet, other = Fleet(time), Fleet(time, "other")
    refused = {2: lambda: too_many(retry_after=20)}
    ids = fleet.add(Job(40, faults=refused), *[Job(40)] * 19)
    others = other.add(*[Job(30)] * 20)
    resource, other_resource = driver.resource(fleet), driver.resource(other)
    pairs = [(resource, job_id) for job_id in ids] + [(other_resource, job_id) for job_id in others]
    outcomes = driver.all(pairs, timeout=200.0)
    assert all(outcome.error is None for outcome in outcomes)
    asked = fleet.jobs[ids[0]].polls[1] + fleet.latency
    held = [at for at, _ in fleet.log if asked + 0.01 < at < asked + 20]
    assert held == []
    assert [at for at, _ in other.log if asked + 0.01 < at < asked + 20]


def test_polls_that_were_held_back_are_spread_afterwards(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    refused = {3: lambda: too_many(retry_after=10)}
    ids = fleet.add(Job(60, faults=refused), *[Job(60)] * 99)
    driver.all(driver.resource(fleet), ids, timeout=500.0)
    times = [at for at, _ in fleet.log]
    end = fleet.jobs[ids[0]].polls[2] + 10
    resumed = [at for at in times if end <= at]
    assert all(resumed[n + 20] - at >= 0.1 for n, at in enumerate(resumed[:60]))
    for start in range(int(fleet.now)):
        assert sum(start <= at < start + 1 for at in times) <= 150


def test_a_wait_that_is_held_back_past_its_deadline_ends_and_says_so(
    driver: Driver, time: Time
) -> None:
    fleet = Fleet(time)
    refused = {1: lambda: too_many(retry_after=1000)}
    ids = fleet.add(Job(40, faults=refused), *[Job(40)] * 4)
    outcomes = driver.all(driver.resource(fleet), ids)
    assert len(fleet.log) < 10
    for outcome in outcomes:
        assert isinstance(outcome.error, WaitTimeoutError)
        assert "the provider asks to wait 1000 s" in str(outcome.error)
        assert outcome.error.elapsed < 1


def test_another_key_is_not_held_back(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(5, faults={1: lambda: too_many(retry_after=30)}), Job(5))
    one, another = driver.resource(fleet), driver.resource(fleet, key="another-key")
    driver.all([(one, ids[0]), (another, ids[1])])
    assert fleet.jobs[ids[0]].polls[1] >= 30
    assert fleet.jobs[ids[1]].polls[-1] < 10


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        (("job_1",), "pairs of resource and id"),
        ((None,), "pairs of resource and id"),
        (([("job_1",)],), "job number 0 is no pair"),
        ((["job_1"],), "job number 0 is no pair"),
    ],
)
def test_what_is_no_job_is_refused(jobs: Any, words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        wait_for_all(*jobs)
    with pytest.raises(InvalidArgumentError, match=words):
        asyncio.run(async_wait_for_all(*jobs))


def test_one_id_in_the_place_of_many_is_refused(time: Time) -> None:
    resource = Fleet(time).blocking_resource()
    one: Any
    for one in (None, 7):
        with pytest.raises(InvalidArgumentError, match="as a resource and its ids"):
            wait_for_all(resource, one)
    with pytest.raises(InvalidArgumentError, match=r"as in \['job_1'\]; this is one string"):
        wait_for_all(resource, "job_1")


def test_resources_of_the_other_kind_of_client_are_refused(time: Time) -> None:
    fleet = Fleet(time)
    bad: Any = fleet.resource()
    with pytest.raises(InvalidArgumentError, match="of a provider's Client"):
        wait_for_all(bad, ["job_1"])
    bad = fleet.blocking_resource()
    with pytest.raises(InvalidArgumentError, match="of a provider's AsyncClient"):
        asyncio.run(async_wait_for_all(bad, ["job_1"]))


@pytest.mark.parametrize("bad", [{"max_in_flight": 0}, {"max_in_flight": True}, {"timeout": -1}])
def test_an_option_that_cannot_work_is_refused(driver: Driver, time: Time, bad: Any) -> None:
    fleet = Fleet(time)
    with pytest.raises(InvalidArgumentError, match=next(iter(bad))):
        driver.all(driver.resource(fleet), fleet.add(Job()), **bad)
    assert fleet.log == []


def test_waits_go_on_while_the_caller_looks_at_an_outcome(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(), *[Job(30)] * 20)
    outcomes = Sync(time).outcomes(fleet.blocking_resource(), ids, timeout=None)
    next(outcomes)
    while not all(fleet.jobs[job_id].polls[-1:] > [30.0] for job_id in ids[1:]):
        threading.Event().wait(0.001)  # the thread goes on
    assert len(list(outcomes)) == 20


def test_an_unknown_status_is_logged_once_for_all_jobs(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(time)
    odd = answer({"data": {"id": "x", "status": "reticulating"}})
    faults: dict[int, Callable[[], Response]] = {1: lambda: odd, 2: lambda: odd}
    driver.all(driver.resource(fleet), fleet.add(*[Job(5, faults=faults)] * 10))
    assert caplog.text.count("reticulating") == 1


def test_later_jobs_are_polled_when_earlier_ones_have_ended(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    resource = driver.resource(fleet)
    driver.all(resource, fleet.add(*[Job(30)] * 25), timeout=None)
    (job_id,) = fleet.add(Job(fleet.now + 30))
    start = fleet.now
    driver.all(resource, [job_id], timeout=None)
    polls = [at - start for at in fleet.jobs[job_id].polls]
    assert polls[-1] - 30 < 1.0
    assert len(polls) < 15


def bytes_of_each(time: Time, job: Job, *, after: float) -> float:
    """What each of many jobs takes while it waits for its third poll, `after` virtual seconds."""
    # What the first job loads and compiles is no other's.
    bytes_of_all(time, job, 1, after)
    return bytes_of_all(time, job, 500, after) / 500


def bytes_of_all(time: Time, job: Job, number: int, after: float) -> int:
    fleet = Fleet(time)
    ids = fleet.add(*[job] * number)

    async def main() -> int:
        generator = async_as_completed(fleet.resource(), ids, schedule=Fixed(20.0), timeout=None)
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        task = asyncio.ensure_future(anext(generator))
        await asyncio.sleep(after)
        fleet.log.clear()
        for played in fleet.jobs.values():
            assert len(played.polls) == 2
            played.polls.clear()
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        task.cancel()
        await asyncio.wait([task])
        return now - before

    return run(time, main())


def test_a_waiting_job_takes_at_most_400_bytes(time: Time) -> None:
    assert bytes_of_each(time, Job(1e9, progress=True), after=35) <= 400


FAULTS: list[Callable[[], Any]] = [
    lambda: answer({}, 500),
    lambda: answer({}, 503),
    lambda: too_many(1),
    lambda: too_many(),
    lambda: answer("nonsense"),
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 60),
            st.sampled_from(["completed", "failed", "cancelled"]),
            st.dictionaries(st.integers(1, 6), st.sampled_from([0, 1, 2, 3]), max_size=4),
        ),
        max_size=60,
    ),
    st.integers(1, 20),
    st.floats(0.01, 1.0),
)
def test_whatever_happens_every_outcome_is_the_truth(
    jobs: list[tuple[float, str, dict[int, int]]], max_in_flight: int, latency: float
) -> None:
    time = Time(draw=0.5)
    fleet = Fleet(time, latency=latency)
    ids = fleet.add(
        *[
            Job(seconds, end, {poll: FAULTS[kind] for poll, kind in faults.items()})
            for seconds, end, faults in jobs
        ]
    )
    outcomes = run(
        time,
        async_wait_for_all(fleet.resource(), ids, timeout=None, max_in_flight=max_in_flight),
    )
    assert [outcome.job_id for outcome in outcomes] == ids
    expected = {"completed": type(None), "failed": JobFailedError, "cancelled": JobCancelledError}
    for outcome, (seconds, end, _) in zip(outcomes, jobs, strict=True):
        assert type(outcome.error) is expected[end]
        polls = fleet.jobs[outcome.job_id].polls
        assert polls[-1] >= seconds
        assert all(b - a >= 1.0 - 1e-6 for a, b in pairwise(polls))
    assert fleet.most_in_flight <= max_in_flight


def test_single_waits_and_a_call_of_many_beside_each_other_both_have_turns(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(1e9)] * 500)
    singles = fleet.add(*[Job(5)] * 10)
    clock, _, random, _ = fleet.resource().calls.runtime

    async def alone(job_id: str) -> float:
        calls = fleet.resource().calls
        runtime = AsyncRuntime(clock, asyncio.sleep, random)
        resource = AsyncJobsResource(AsyncCalls(calls.options, fleet, runtime))
        await wait_for_completion(resource, job_id, timeout=None)
        return fleet.now

    async def main() -> tuple[list[float], list[Outcome[Any]]]:
        many = asyncio.create_task(async_wait_for_all(fleet.resource(), ids, timeout=20.0))
        ended = await asyncio.gather(*map(alone, singles))
        return ended, await many

    ended, outcomes = run(time, main())
    assert max(ended) < 15.0
    assert len(outcomes) == 500
    assert all(fleet.jobs[job_id].polls for job_id in ids)


def test_a_provider_in_a_pause_does_not_keep_the_jobs_of_others_from_being_read(
    time: Time,
) -> None:
    held, good = Fleet(time, "held"), Fleet(time, "good")
    (first,) = held.add(Job(0, faults={1: lambda: too_many(retry_after=50)}))
    held_ids, good_ids = held.add(*[Job(0)] * 500), good.add(*[Job(0)] * 500)
    held_resource, good_resource = held.resource(), good.resource()

    def source() -> Iterator[tuple[Any, str]]:
        yield held_resource, first
        for one, other in zip(held_ids, good_ids, strict=True):
            yield held_resource, one
            yield good_resource, other

    outcomes = Async(time).all(source(), timeout=None, max_in_flight=10)
    assert all(outcome.error is None for outcome in outcomes)
    assert max(at for at, _ in good.log) < 30.0
    assert min(at for at, job_id in held.log if job_id == held_ids[-1]) > 50.0


def test_ids_that_come_slowly_are_on_their_way_before_the_next_comes(
    driver: Driver, time: Time
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(0)] * 3)
    polled: list[bool] = []

    def source() -> Iterator[str]:
        for before, job_id in zip([None, *ids], ids, strict=False):
            # Longer than what is read in one go may take, on the clock of the system.
            until = monotonic() + 2 * READING
            while monotonic() < until:
                pass
            if before is not None:
                polled.append(before in {job_id for _, job_id in fleet.log})
            yield job_id

    assert len(driver.all(driver.resource(fleet), source())) == 3
    assert polled == [True, True]


def test_jobs_read_before_an_iterator_fails_are_on_their_way_before_its_error_is_raised(
    driver: Driver, time: Time
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1e9))

    def source() -> Iterator[str]:
        yield from ids
        raise LookupError("the database is gone")

    with pytest.raises(LookupError) as caught:
        driver.all(driver.resource(fleet), source(), timeout=None)
    assert ids[0] in {job_id for _, job_id in fleet.log}
    assert caught.value.__notes__ == ["stopped waiting for 1 job still open: widgets job_1"]


def test_copies_of_a_client_share_the_transport_of_the_loop(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(2)] * 3)
    resource = fleet.blocking_resource()
    pairs = [(resource, ids[0])]
    for job_id, timeout in zip(ids[1:], (5.0, 6.0), strict=True):
        copy = JobsResource(
            resource.calls.replace(resource.calls.options._replace(timeout=timeout))
        )
        copy.operation = fleet.operation
        pairs.append((copy, job_id))
    outcomes = Sync(time).all(pairs)
    assert all(outcome.error is None for outcome in outcomes)
    assert fleet.closed == 1


def test_a_schedule_that_ends_the_program_ends_the_call(time: Time) -> None:
    class Quitting:
        def delay(self, poll: Poll, /) -> float:
            raise SystemExit("enough")

    fleet = Fleet(time)
    with pytest.raises(SystemExit, match="enough"):
        Sync(time).all(fleet.blocking_resource(), fleet.add(Job(50)), schedule=Quitting())
    assert fleet.in_flight == 0
    assert fleet.closed == 1


def test_the_log_warns_once_a_minute_and_provider(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "jobwait")
    one, other = Fleet(time, "one"), Fleet(time, "other")
    faults: dict[int, Callable[[], Response]] = {
        number: lambda: answer({}, 500) for number in (1, 2, 3)
    }
    faults |= {number: lambda: answer({}, 500) for number in (23, 24)}
    jobs = [Job(90, faults=faults)] * 10
    pairs = [
        (driver.resource(fleet), job_id) for fleet in (one, other) for job_id in fleet.add(*jobs)
    ]
    outcomes = driver.all(pairs, timeout=None, schedule=Fixed(4.0))
    assert all(outcome.error is None for outcome in outcomes)
    for provider in ("one", "other"):
        lines = [record for record in caplog.records if f"{provider}: job" in record.getMessage()]
        assert len(lines) == 50
        assert sum(record.levelno == logging.WARNING for record in lines) == 2


def test_a_schedule_that_is_a_class_is_refused(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    with pytest.raises(InvalidArgumentError, match=r"schedule is one like Fixed\(2\), not <class"):
        driver.all(driver.resource(fleet), fleet.add(Job()), schedule=Fixed)
    assert fleet.log == []


@pytest.mark.parametrize(
    "function", [as_completed, wait_for_all, async_as_completed, async_wait_for_all]
)
def test_every_option_is_a_keyword_with_a_default_that_an_editor_can_show(function: Any) -> None:
    parameters = inspect.signature(function).parameters.values()
    options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert {name: options[name] for name in Rules._fields} == Rules()._asdict()


def test_on_update_sees_every_job_after_every_poll_of_it(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(3), Job(1, "failed"), Job(0))
    seen: list[tuple[str, str]] = []

    def on_update(job: Any) -> None:
        seen.append((job.id, job.status))

    driver.all(driver.resource(fleet), ids, on_update=on_update, schedule=Fixed(1.0))
    for id, last in zip(ids, ("completed", "failed", "completed"), strict=True):
        words = [status for job_id, status in seen if job_id == id]
        assert words == ["running"] * (len(fleet.jobs[id].polls) - 1) + [last]


def test_on_update_may_be_a_coroutine_function(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(0), Job(0))
    seen: list[str] = []

    async def on_update(job: Any) -> None:
        await asyncio.sleep(0)
        seen.append(job.id)

    driver.all(driver.resource(fleet), ids, on_update=on_update)
    assert sorted(seen) == sorted(ids)


def test_what_on_update_raises_ends_the_wait_for_that_job_alone(driver: Driver, time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(0), Job(0))

    def on_update(job: Any) -> None:
        if job.id == ids[0]:
            raise ZeroDivisionError("no such job")

    first, second = driver.all(driver.resource(fleet), ids, on_update=on_update)
    assert isinstance(first.error, WaitError)
    assert isinstance(first.error.__cause__, ZeroDivisionError)
    assert second.error is None


def test_an_on_update_that_is_no_function_is_refused(driver: Driver, time: Time) -> None:
    with pytest.raises(InvalidArgumentError, match="on_update is a function, not 'print'"):
        driver.all(driver.resource(Fleet(time)), [], on_update="print")


def test_a_job_that_has_failed_once_takes_at_most_400_bytes_after_a_good_poll(time: Time) -> None:
    faults: dict[int, Callable[[], Response]] = {1: lambda: answer({"error": "x" * 1000}, 500)}
    assert bytes_of_each(time, Job(1e9, progress=True, faults=faults), after=19) <= 400
