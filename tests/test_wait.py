"""The waiting contract: each rule on both drivers, in virtual time."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import math
import pickle
import threading
import time as system_time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import partial
from heapq import heappop, heappush
from itertools import combinations, pairwise
from typing import Any, Final

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from jobwait import (
    APIConnectionError,
    AuthenticationError,
    Exponential,
    Fixed,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    JobOperation,
    JobwaitError,
    NotFoundError,
    Poll,
    Polling,
    ResponseDecodeError,
    Schedule,
    ServerError,
    WaitErrors,
    WaitTimeoutError,
    wait_for_completion,
)
from jobwait._requests import AsyncCalls, AsyncRuntime
from jobwait._responses import Sighting
from jobwait._throttle import FIRST_RATE, SLACK
from jobwait._waiter import Again, Done, Waiter

from .kit.fleet import run
from .kit.widgets import (
    CONFIG,
    GET_JOB,
    ID,
    Async,
    AsyncJobsResource,
    CompletedJob,
    FailedJob,
    Job,
    JobResponse,
    JobsResource,
    Script,
    Sync,
    Time,
    UnknownJob,
    answer,
    get_job_operation,
)

Driver = Sync | Async
tzset = getattr(system_time, "tzset", lambda: None)  # not on Windows


class Crowd(Time):
    """A clock for threads, too: it moves on when all of them sleep."""

    def __init__(self) -> None:
        super().__init__()
        self._awake = 1
        self._asleep: list[float] = []
        self._moved = threading.Condition()

    def sleep(self, delay: float) -> None:
        with self._moved:
            until = self.now + delay
            heappush(self._asleep, until)
            self._rest()
            self._moved.wait_for(lambda: self.now >= until)

    def run(self, calls: list[Callable[[], None]]) -> None:
        """Call each in a thread of its own."""
        self._awake = len(calls)
        with ThreadPoolExecutor(len(calls)) as threads:
            for ended in [threads.submit(self._play, call) for call in calls]:
                ended.result()
        self._awake = 1

    def _play(self, call: Callable[[], None]) -> None:
        try:
            call()
        finally:
            with self._moved:
                self._rest()

    def _rest(self) -> None:
        self._awake -= 1
        if self._awake == 0 and self._asleep:
            self.now = max(self.now, self._asleep[0])
            while self._asleep and self._asleep[0] <= self.now:
                heappop(self._asleep)
                self._awake += 1
            self._moved.notify_all()


@dataclass
class Wait:
    """A wait of a client of its own."""

    script: Script
    after: float = 0.0
    """Seconds until it begins."""
    operation: JobOperation[str, JobResponse, Job, CompletedJob] = GET_JOB
    client: dict[str, Any] = field(default_factory=dict[str, Any])
    """Options of the client."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Options of the wait."""

    def blocking(self) -> Callable[[], None]:
        resource = JobsResource(Sync().client(self.script, **self.client)._calls)
        resource.operation = self.operation

        def main() -> None:
            self.script.time.sleep(self.after)
            wait_for_completion(resource, ID, **self.options)

        return main

    def awaiting(self) -> Callable[[], Coroutine[Any, Any, None]]:
        calls = Async().async_client(self.script, **self.client)._calls
        clock, _, random, _ = calls.runtime
        runtime = AsyncRuntime(clock, asyncio.sleep, random)
        resource = AsyncJobsResource(AsyncCalls(calls.options, calls.transport, runtime))
        resource.operation = self.operation

        async def main() -> None:
            await asyncio.sleep(self.after)
            await wait_for_completion(resource, ID, **self.options)

        return main


def together(driver: Driver, time: Time, *waits: Wait) -> list[JobwaitError | None]:
    """Wait for all at the same time, in threads or tasks; what each raised."""
    errors: list[JobwaitError | None] = [None] * len(waits)

    def block(number: int, wait: Callable[[], None]) -> None:
        try:
            wait()
        except JobwaitError as error:
            errors[number] = error

    async def attend(number: int, wait: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await wait()
        except JobwaitError as error:
            errors[number] = error

    async def main() -> None:
        # All clients are there before the first wait begins, and until the last one ends.
        mains = [wait.awaiting() for wait in waits]
        await asyncio.gather(*(attend(*numbered) for numbered in enumerate(mains)))

    if isinstance(driver, Async):
        run(time, main())
    else:
        assert isinstance(time, Crowd)
        mains = [wait.blocking() for wait in waits]
        time.run([partial(block, *numbered) for numbered in enumerate(mains)])
    return errors


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Driver:
    made: Driver = request.param()
    return made


@pytest.fixture
def time() -> Time:
    return Crowd()


def test_the_first_poll_is_sent_at_once(driver: Driver, time: Time) -> None:
    script = Script(time, answer("completed"))
    assert driver.wait(script).result == "done"
    assert script.times == [0.0]


def test_pending_and_running_jobs_are_polled_between_the_documents_first_and_longest_delay(
    driver: Driver, time: Time
) -> None:
    script = Script(time, *[answer("pending")] * 3, *[answer("running")] * 2, answer("completed"))
    assert isinstance(driver.wait(script), CompletedJob)
    assert script.times == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize(
    ("schedule", "times"), [(None, [0, 2.2, 4.4]), (Exponential(1, 2, 4), [0, 1.1, 3.3])]
)
def test_jitter_makes_delays_longer_and_never_shorter(
    driver: Driver, schedule: Schedule | None, times: list[float]
) -> None:
    script = Script(Time(draw=1.0), answer("pending"), answer("pending"), answer("completed"))
    driver.wait(script, schedule=schedule)
    assert script.times == pytest.approx(times)


def test_a_schedule_of_the_callers_own_is_followed(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), answer("pending"), answer("completed"))
    driver.wait(script, schedule=Fixed(0.25))
    assert script.times == [0, 0.25, 0.5]
    script = Script(Time(), *[answer("pending")] * 3, *[answer("running")] * 2, answer("completed"))
    driver.wait(script, schedule=Exponential(1, 2, 4))
    assert script.times == [0, 1, 3, 7, 11, 15]


def test_a_known_progress_lets_the_next_poll_aim_at_the_predicted_end(
    driver: Driver, time: Time
) -> None:
    progress = [answer("running", progress=percent) for percent in (0, 5, 50, 80)]
    script = Script(time, *progress, answer("completed"))
    driver.wait(script)
    # Nothing to go by; five seconds at most while it is young; 0.7 of the rest at the speed of the
    # last five, which is higher; then all of it, as the speed is steady.
    faster = 7 + 0.7 * 50 / (45 / 5)
    assert script.times == pytest.approx([0, 2, 7, faster, faster + 20 / (30 / (faster - 7))])


def test_a_job_about_to_end_is_polled_no_closer_than_the_documents_first_delay(
    driver: Driver, time: Time
) -> None:
    slow = get_job_operation(polling=Polling(5.0, 2.0, 20.0, timeout=600.0))
    progress = [answer("running", progress=percent) for percent in (0, 97, 98, 99)]
    script = Script(time, *progress, answer("completed"))
    together(driver, time, Wait(script, operation=slow))
    assert script.times == [0, 10, 15, 20, 25]
    # From start to start, however long an answer takes.
    time = Crowd()
    script = Script(time, *progress, answer("completed"), seconds=2.0)
    together(driver, time, Wait(script, operation=slow))
    assert script.times == [0, 12, 17, 22, 27]


def test_a_progress_that_stands_still_is_looked_at_within_five_seconds(
    driver: Driver, time: Time
) -> None:
    stuck = [answer("running", progress=50)] * 60
    script = Script(time, *stuck, answer("completed"))
    driver.wait(script, timeout=None)
    delays = [later - earlier for earlier, later in pairwise(script.times)]
    assert min(delays) == 1
    assert delays[-20:] == pytest.approx([5] * 20)
    assert max(delays) == pytest.approx(5)


def test_a_schedule_of_the_callers_own_is_followed_whatever_the_progress(
    driver: Driver, time: Time
) -> None:
    progress = [answer("running", progress=percent) for percent in (1, 2, 99)]
    script = Script(time, *progress, answer("completed"))
    driver.wait(script, schedule=Fixed(0.25))
    assert script.times == [0, 0.25, 0.5, 0.75]


def test_a_schedule_sees_number_elapsed_time_progress_and_its_speed(
    driver: Driver, time: Time
) -> None:
    seen: list[Poll] = []

    class Watching:
        def delay(self, poll: Poll, /) -> float:
            seen.append(poll)
            return 3.0

    steps = [
        answer("running", progress=25),
        httpx.Response(500),  # half a second of backoff, which is no schedule's
        answer("running", progress=50),
        answer("running", progress=None),
        answer("running", progress=75),
    ]
    driver.wait(Script(time, *steps, answer("completed")), schedule=Watching())
    assert seen == [
        Poll(1, 0.0, 0.25, None),
        Poll(3, 3.5, 0.5, 0.25 / 3.5),
        Poll(4, 6.5, None, None),
        Poll(5, 9.5, 0.75, None),
    ]


def test_a_schedule_that_gives_no_duration_ends_the_wait(driver: Driver, time: Time) -> None:
    class Broken:
        def delay(self, poll: Poll, /) -> float:
            return float("nan")

    with pytest.raises(InvalidArgumentError, match="schedule's delay"):
        driver.wait(Script(time, answer("pending")), schedule=Broken())


def test_a_failed_job_raises_with_the_typed_job_code_message_and_retryable(
    driver: Driver, time: Time
) -> None:
    error = {"code": "OCR", "message": "too dark", "retryable": True}
    script = Script(time, answer("pending"), answer("failed", error=error))
    with pytest.raises(JobFailedError, match=r"OCR: too dark.*2 polls in 2\.0 s") as caught:
        driver.wait(script)
    failure = caught.value
    assert (failure.code, failure.message, failure.retryable) == ("OCR", "too dark", True)
    assert isinstance(failure.job, FailedJob)
    assert (failure.provider, failure.job_id, failure.polls) == ("widgets", ID, 2)
    assert failure.elapsed == 2.0


def test_a_failure_of_another_shape_is_told_all_the_same(driver: Driver, time: Time) -> None:
    error = {"code": 7, "message": {"en": "no"}, "retryable": "perhaps"}
    with pytest.raises(JobFailedError) as caught:
        driver.wait(Script(time, answer("failed", error=error)))
    assert caught.value.code == "7"
    assert caught.value.message == '{"en": "no"}'
    assert caught.value.retryable is None


@pytest.mark.parametrize("nothing", [None, {}, [], "", False, 0, {"code": None}])
def test_a_failure_without_a_reason_has_none(driver: Driver, time: Time, nothing: Any) -> None:
    with pytest.raises(JobFailedError) as caught:
        driver.wait(Script(time, answer("failed", error=nothing)))
    assert (caught.value.code, caught.value.message) == (None, None)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("boom", "boom"),
        (["boom", 7], '["boom", 7]'),
        (7, "7"),
        ({"reason": "boom"}, '{"reason": "boom"}'),
    ],
)
def test_what_stands_in_place_of_a_reason_is_the_message(
    driver: Driver, time: Time, error: Any, message: str
) -> None:
    with pytest.raises(JobFailedError) as caught:
        driver.wait(Script(time, answer("failed", error=error)))
    assert (caught.value.code, caught.value.message) == (None, message)
    assert caught.value.job.error == error


def test_a_code_without_a_message_is_told_alone(driver: Driver, time: Time) -> None:
    with pytest.raises(JobFailedError, match="the job failed: OCR ") as caught:
        driver.wait(Script(time, answer("failed", error={"code": "OCR", "page": 7})))
    assert (caught.value.code, caught.value.message) == ("OCR", None)


def test_a_cancelled_job_raises(driver: Driver, time: Time) -> None:
    with pytest.raises(JobCancelledError, match="cancelled") as caught:
        driver.wait(Script(time, answer("cancelled")))
    assert caught.value.job.status == "cancelled"
    assert (caught.value.code, caught.value.message, caught.value.retryable) == (None, None, None)


def test_a_cancelled_job_tells_why_where_the_provider_does(driver: Driver, time: Time) -> None:
    error = {"code": "BY_USER", "message": "no longer needed"}
    with pytest.raises(JobCancelledError, match="BY_USER: no longer needed") as caught:
        driver.wait(Script(time, answer("cancelled", error=error)))
    assert (caught.value.code, caught.value.message) == ("BY_USER", "no longer needed")


def test_an_unknown_status_is_polled_on_logged_once_and_named_by_the_timeout(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    script = Script(time, answer("archived"))
    with (
        caplog.at_level(logging.WARNING, "jobwait"),
        pytest.raises(WaitTimeoutError, match="'archived'") as caught,
    ):
        driver.wait(script, timeout=20)
    assert len(script.times) > 3
    assert [record.getMessage().count("archived") for record in caplog.records] == [1]
    assert isinstance(caught.value.job, UnknownJob)


def test_words_that_take_turns_are_logged_once_each(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    words = ["aa", "pending", "aa", "bb", "aa", "bb"]
    with caplog.at_level(logging.WARNING, "jobwait"):
        driver.wait(Script(time, *map(answer, words), answer("completed")))
    assert len(caplog.records) == 2


def test_an_unknown_status_does_not_end_a_wait_that_succeeds(driver: Driver, time: Time) -> None:
    assert driver.wait(Script(time, answer("archived"), answer("completed"))).result == "done"


HTML = httpx.Response(200, html="<h1>Sign in</h1>")
TRANSIENT: list[Any] = [
    httpx.Response(408),
    httpx.Response(429),
    httpx.Response(500, html="<h1>Oops</h1>"),
    httpx.Response(520),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    HTML,
    httpx.Response(200, content=b'{"data": {"id": "job_1", "sta'),
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=repr)
def test_a_poll_without_an_answer_does_not_end_the_wait(
    driver: Driver, time: Time, fault: Any
) -> None:
    script = Script(time, answer("running"), fault, fault, answer("completed"))
    assert driver.wait(script).result == "done"
    assert script.times == [0, 2, 3, 5]  # backoff of its own, from the floor on


def test_backoff_starts_anew_after_a_good_poll(driver: Driver, time: Time) -> None:
    fault = httpx.Response(503)
    script = Script(time, fault, fault, answer("pending"), fault, answer("completed"))
    driver.wait(script, schedule=Fixed(5))
    assert script.times == [0, 0.5, 1.5, 6.5, 7.0]


def test_a_long_streak_without_an_answer_ends_the_wait_with_its_error(
    driver: Driver, time: Time
) -> None:
    script = Script(time, answer("pending"), httpx.Response(502))
    with pytest.raises(
        ServerError, match=r"502 Bad Gateway.*10 polls in a row.*11 polls in"
    ) as caught:
        driver.wait(script, timeout=None)
    assert caught.value.polls == 11
    assert caught.value.job.status == "pending"


@pytest.mark.parametrize("code", [200, 429, 503])
def test_retry_after_in_seconds_is_obeyed_on_any_response(
    driver: Driver, time: Time, code: int
) -> None:
    first = answer("pending", code=code, headers={"Retry-After": "17"})
    script = Script(time, first, answer("completed"))
    driver.wait(script)
    assert script.times == [0, 17]


def test_retry_after_as_a_date_is_measured_on_the_servers_own_clock(
    driver: Driver, time: Time
) -> None:
    headers = {
        "Date": formatdate(5_000, usegmt=True),
        "Retry-After": formatdate(5_009, usegmt=True),
    }
    script = Script(time, answer("pending", headers=headers), answer("completed"))
    driver.wait(script)
    assert script.times == [0, 9]


@pytest.mark.parametrize(
    "hint",
    [
        "Wed, 21 Oct 2015 07:28:05 GMT",
        "Wed Oct 21 07:28:05 2015",
        "Wed, 21 Oct 2015 07:28:05 -0000",
    ],
)
def test_a_retry_after_without_a_zone_is_in_utc(
    driver: Driver, time: Time, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    tzset()
    headers = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry-After": hint}
    script = Script(time, answer("pending", headers=headers), answer("completed"))
    driver.wait(script)
    monkeypatch.undo()
    tzset()
    assert script.times == [0, 5]


@pytest.mark.parametrize(("hint", "seconds"), [("20, 20", 20), ("20.5", 20.5), ("9" * 30, 3600)])
def test_a_retry_after_in_an_odd_form_is_understood(
    driver: Driver, time: Time, hint: str, seconds: float
) -> None:
    script = Script(time, answer("pending", headers={"Retry-After": hint}), answer("completed"))
    driver.wait(script, timeout=None)
    assert script.times == [0, seconds]


@pytest.mark.parametrize("hint", ["soon", "-5", "", "1e400", "Thu, 99 Foo 2026"])
def test_a_retry_after_that_is_none_is_ignored(driver: Driver, time: Time, hint: str) -> None:
    script = Script(time, answer("pending", headers={"Retry-After": hint}), answer("completed"))
    driver.wait(script)
    assert script.times == [0, 2]


def test_a_retry_after_past_the_deadline_ends_the_wait_at_once(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending", headers={"Retry-After": "61"}))
    with pytest.raises(WaitTimeoutError, match="61 s, which is past the deadline") as caught:
        driver.wait(script, timeout=60)
    assert (caught.value.polls, caught.value.elapsed) == (1, 0.0)


def test_a_retry_after_just_before_the_deadline_is_still_used(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending", headers={"Retry-After": "59"}), answer("completed"))
    assert driver.wait(script, timeout=59.05).result == "done"
    assert script.times == [0, 59]


def test_another_4xx_ends_the_wait_at_once_with_its_error(driver: Driver, time: Time) -> None:
    script = Script(time, answer("running"), httpx.Response(401, json={"error": "revoked"}))
    with pytest.raises(AuthenticationError, match=r"revoked.*WIDGETS_API_KEY") as caught:
        driver.wait(script)
    error = caught.value
    assert (error.provider, error.job_id, error.polls, error.elapsed) == ("widgets", ID, 2, 2.0)
    assert error.job.status == "running"


def test_a_404_before_the_first_sighting_is_tolerated_within_its_grace(
    driver: Driver, time: Time
) -> None:
    script = Script(time, httpx.Response(404), httpx.Response(404), answer("completed"))
    assert driver.wait(script, not_found_grace=2).result == "done"
    assert script.times == [0, 2, 4]


@pytest.mark.parametrize("grace", [0, 2])
def test_a_404_ends_the_wait_once_its_grace_is_over(
    driver: Driver, time: Time, grace: float
) -> None:
    script = Script(time, httpx.Response(404))
    with pytest.raises(NotFoundError):
        driver.wait(script, not_found_grace=grace)
    assert script.times == ([0, 2, 4] if grace else [0])


def test_a_404_within_its_grace_is_an_answer_and_no_streak(driver: Driver, time: Time) -> None:
    steps = [httpx.Response(503), httpx.Response(404)] * 15
    script = Script(time, *steps, answer("completed"))
    assert driver.wait(script, not_found_grace=500, timeout=500).result == "done"


def test_a_404_after_a_sighting_ends_the_wait(driver: Driver, time: Time) -> None:
    with pytest.raises(NotFoundError):
        driver.wait(Script(time, answer("pending"), httpx.Response(404)), not_found_grace=50)


def test_the_last_poll_starts_one_reserve_before_the_deadline(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"))
    with pytest.raises(WaitTimeoutError, match="may last 10 s") as caught:
        driver.wait(script, timeout=10, schedule=Fixed(4))
    assert script.times == [0, 4, 8, 9.9]
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.polls == 4


def test_the_reserve_is_twice_the_slowest_poll(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), seconds=0.5)
    with pytest.raises(WaitTimeoutError):
        driver.wait(script, timeout=60, schedule=Fixed(40))
    assert script.times == [0, 40.5, 59]


def test_the_reserve_is_at_most_a_tenth_of_the_timeout(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), seconds=0.5)
    with pytest.raises(WaitTimeoutError):
        driver.wait(script, timeout=6, schedule=Fixed(30))
    assert script.times == [0, 5.4]


def test_the_last_polls_are_no_closer_than_the_documents_first_delay(
    driver: Driver, time: Time
) -> None:
    script = Script(time, answer("pending"))
    with pytest.raises(WaitTimeoutError):
        driver.wait(script, timeout=11.5)
    assert script.times == [0, 2, 4, 6, 8, 10, 11.4]
    script = Script(Time(), answer("pending"))
    with pytest.raises(WaitTimeoutError):
        driver.wait(script, timeout=10.5)  # at 10, a poll would leave no room for the last one
    assert script.times == [0, 2, 4, 6, 8, 10.4]


def test_a_timeout_below_the_first_delay_still_looks_twice(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), answer("completed"))
    assert driver.wait(script, timeout=0.5).result == "done"
    assert script.times == [0, 0.45]


def test_a_timeout_of_zero_is_one_poll(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), seconds=3)
    with pytest.raises(WaitTimeoutError):
        driver.wait(script, timeout=0)
    assert script.times == [0]
    assert driver.wait(Script(time, answer("completed"), seconds=3), timeout=0).result == "done"


def test_a_timeout_of_none_waits_for_ever(driver: Driver, time: Time) -> None:
    script = Script(time, *[answer("pending")] * 500, answer("completed"))
    assert driver.wait(script, timeout=None).result == "done"


@pytest.mark.parametrize("schedule", [0, 5, "fast"])
def test_a_schedule_that_is_none_is_refused_before_anything_is_sent(
    driver: Driver, time: Time, schedule: Any
) -> None:
    script = Script(time, answer("completed"))
    with pytest.raises(InvalidArgumentError, match="schedule"):
        driver.wait(script, schedule=schedule)


@pytest.mark.parametrize("bad", [-1, float("nan"), "5", True, float("inf"), 10**400])
@pytest.mark.parametrize("option", ["timeout", "not_found_grace"])
def test_an_impossible_duration_is_refused_before_anything_is_sent(
    driver: Driver, time: Time, option: str, bad: Any
) -> None:
    script = Script(time, answer("completed"))
    with pytest.raises(InvalidArgumentError, match=option):
        driver.wait(script, **{option: bad})
    assert script.times == []


def test_the_timeout_names_the_last_error(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), httpx.ConnectError("refused"))
    with pytest.raises(WaitTimeoutError, match="refused") as caught:
        driver.wait(script, timeout=10)
    assert isinstance(caught.value.last_error, APIConnectionError)
    assert caught.value.__cause__ is caught.value.last_error


def as_any(value: object) -> Any:
    """A value that the type of a field does not allow."""
    return value


def test_the_status_alone_decides_whatever_the_rest_is(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending", id=None), answer("completed", result=None))
    assert driver.wait(script) == CompletedJob(id=ID, status="completed", result=as_any(None))
    assert len(script.times) == 2


def test_a_strict_client_ends_the_wait_where_the_variant_does_not_fit(time: Time) -> None:
    script = Script(time, answer("pending"), answer("completed", result=None))
    with pytest.raises(ResponseDecodeError) as caught:
        wait_for_completion(JobsResource(Sync().client(script, strict=True)._calls), ID)
    assert caught.value.pointer == "/data/result"


@pytest.mark.parametrize("status", [7, True, ["completed"], {"completed": True}, ["x"] * 1000])
def test_a_status_of_another_type_is_an_unknown_word_of_bounded_length(
    driver: Driver, time: Time, status: Any
) -> None:
    strange = httpx.Response(200, json={"data": {"id": ID, "status": status}})
    assert driver.wait(Script(time, strange, answer("completed"))).result == "done"
    with pytest.raises(WaitTimeoutError, match="was last seen as '") as caught:
        driver.wait(Script(time, strange), timeout=3)
    assert isinstance(caught.value.job, UnknownJob)
    assert caught.value.job.raw["status"] == status
    assert len(str(caught.value)) < 500


def test_on_update_is_called_after_every_good_poll_the_last_one_too(
    driver: Driver, time: Time
) -> None:
    seen: list[str] = []

    def note(job: Job) -> None:
        seen.append(job.status)

    steps = [answer("pending"), httpx.Response(500), answer("running"), answer("failed")]
    with pytest.raises(JobFailedError):
        driver.wait(Script(time, *steps), on_update=note)
    assert seen == ["pending", "running", "failed"]


def test_what_on_update_raises_ends_the_wait(driver: Driver, time: Time) -> None:
    def stop(job: Job) -> None:
        raise KeyError(job.status)

    script = Script(time, answer("pending"))
    with pytest.raises(KeyError):
        driver.wait(script, on_update=stop)
    assert script.times == [0]


def test_an_on_update_that_is_a_coroutine_function_is_awaited(time: Time) -> None:
    seen: list[str] = []

    async def note(job: Job) -> None:
        seen.append(job.status)

    Async().wait(Script(time, answer("pending"), answer("completed")), on_update=note)
    assert seen == ["pending", "completed"]


def test_a_coroutine_function_cannot_watch_a_blocking_wait(time: Time) -> None:
    async def note(job: Job) -> None:
        pass

    with pytest.raises(InvalidArgumentError, match="AsyncClient"):
        Sync().wait(Script(time, answer("pending")), on_update=note)


@pytest.mark.parametrize("progress", [10**400, float("nan"), True, "half", -5])
def test_a_progress_that_is_none_does_not_end_a_wait(
    driver: Driver, time: Time, progress: Any
) -> None:
    # An unknown variant, so that the pointer alone reads it.
    body = json.dumps({"data": {"id": ID, "status": "archived", "progress": progress}})
    script = Script(time, httpx.Response(200, text=body), answer("completed"))
    assert driver.wait(script).result == "done"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_at_once_and_closes_nothing_it_does_not_own(
    time: Time, interruption: type[BaseException]
) -> None:
    def interrupt() -> httpx.Response:
        raise interruption

    script = Script(time, answer("pending"), interrupt, answer("completed"))
    client = Sync().client(script)
    with pytest.raises(interruption):
        wait_for_completion(JobsResource(client._calls), ID)
    assert wait_for_completion(JobsResource(client._calls), ID).result == "done"


REFUSED: Final = httpx.Response(429, headers={"Retry-After": "20"})


def every(seconds: float, script: Script, **options: Any) -> Wait:
    return Wait(script, options={"schedule": Fixed(seconds), **options})


def busy_and_held(time: Time) -> tuple[Script, Script]:
    """A provider that asks for 20 s at 2 s, and one of a job that is polled until 20 s at least."""
    busy = Script(time, answer("pending"), REFUSED, answer("completed"))
    return busy, Script(time, *[answer("pending")] * 3, answer("completed"))


def test_a_retry_after_that_one_wait_is_told_holds_back_the_others_of_its_key(
    driver: Driver, time: Time
) -> None:
    busy, held = busy_and_held(time)
    assert not any(together(driver, time, every(2, busy), every(1.5, held)))
    assert busy.times == pytest.approx([0, 2, 22], abs=0.3)
    assert held.times == pytest.approx([0, 1.5, 22, 23.5], abs=0.3)
    assert min(busy.times[2], held.times[2]) >= 22


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": CONFIG.base_url + "/v9"},
        {"base_url": CONFIG.base_url + ":443"},
        {"base_url": "HTTPS://API.Widgets.TEST"},
        {"headers": {"User-Agent": "another"}},
        {"timeout": 5.0, "max_retries": 0},
    ],
    ids=repr,
)
def test_a_client_of_the_same_host_and_key_is_held_back_whatever_its_options(
    driver: Driver, time: Time, options: dict[str, Any]
) -> None:
    busy, held = busy_and_held(time)
    together(driver, time, every(2, busy), replace(every(1.5, held), client=options))
    assert held.times == pytest.approx([0, 1.5, 22, 23.5], abs=0.3)


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-API-Key": "another-key"}},
        {"base_url": "https://eu.widgets.test"},
        {"base_url": CONFIG.base_url + ":8443"},
        {"base_url": CONFIG.base_url.replace("https", "http")},
    ],
    ids=repr,
)
def test_another_key_or_host_is_not_held_back(
    driver: Driver, time: Time, options: dict[str, Any]
) -> None:
    busy, free = busy_and_held(time)
    together(driver, time, every(2, busy), replace(every(1.5, free), client=options))
    assert busy.times == pytest.approx([0, 2, 22], abs=0.3)
    assert free.times == [0, 1.5, 3, 4.5]


def test_a_wait_that_begins_while_others_are_held_back_is_held_back_too(
    driver: Driver, time: Time
) -> None:
    busy, late = Script(time, REFUSED, answer("completed")), Script(time, answer("completed"))
    assert not any(together(driver, time, Wait(busy), Wait(late, after=5.0)))
    assert min(busy.times[1], late.times[0]) == 20
    assert max(busy.times[1], late.times[0]) <= 20.1


def test_a_retry_after_of_a_good_answer_is_about_that_job_alone(driver: Driver, time: Time) -> None:
    patient = Script(time, answer("pending", headers={"Retry-After": "20"}), answer("completed"))
    free = Script(time, *[answer("pending")] * 3, answer("completed"))
    together(driver, time, every(2, patient), every(1.5, free))
    assert patient.times == [0, 20]
    assert free.times == [0, 1.5, 3, 4.5]


def test_a_wait_held_back_past_its_deadline_ends_at_once_and_says_who_asked(
    driver: Driver, time: Time
) -> None:
    busy, held = busy_and_held(time)
    first, second = together(driver, time, every(2, busy), every(1.5, held, timeout=10))
    assert first is None
    assert isinstance(second, WaitTimeoutError)
    assert "the provider asks to wait 19 s, which is past the deadline" in str(second)
    assert "was last seen as 'pending'" in str(second)
    assert second.elapsed == pytest.approx(3, abs=0.1)
    assert held.times == pytest.approx([0, 1.5], abs=0.1)


def test_a_wait_that_is_held_back_past_its_deadline_while_it_polls_ends_after_that_poll(
    driver: Driver, time: Time
) -> None:
    def meanwhile() -> httpx.Response:
        with pytest.raises(WaitTimeoutError):
            wait_for_completion(other, ID, timeout=0)
        return answer("pending")

    other = JobsResource(Sync().client(Script(time, REFUSED))._calls)
    script = Script(time, meanwhile, answer("completed"))
    with pytest.raises(WaitTimeoutError, match="the provider asks to wait 20 s") as caught:
        driver.wait(script, timeout=15)
    assert (caught.value.polls, caught.value.elapsed) == (1, 0.0)
    assert caught.value.job.status == "pending"


def test_a_wait_held_back_until_just_before_its_deadline_goes_on(
    driver: Driver, time: Time
) -> None:
    busy, _ = busy_and_held(time)
    held = Script(time, answer("pending"), answer("pending"), answer("completed"))
    assert not any(together(driver, time, every(2, busy), every(1.5, held, timeout=23)))
    assert 22 <= held.times[2] < 22.9


@pytest.mark.parametrize("timeout", [0, 4])
def test_a_wait_that_begins_held_back_past_its_deadline_polls_once(
    driver: Driver, time: Time, timeout: float
) -> None:
    busy, late = Script(time, REFUSED, answer("completed")), Script(time, answer("pending"))
    wait = Wait(late, after=5.0, options={"timeout": timeout})
    first, second = together(driver, time, Wait(busy), wait)
    assert first is None
    assert isinstance(second, WaitTimeoutError)
    assert (second.polls, second.job_id) == (1, ID)
    assert len(late.times) == 1


def test_a_pause_is_an_hour_at_most(driver: Driver, time: Time) -> None:
    refused = httpx.Response(429, headers={"Retry-After": "3000000000"})
    with pytest.raises(WaitTimeoutError, match="the provider asks to wait"):
        driver.wait(Script(time, refused), timeout=5)
    assert driver.wait(Script(time, answer("completed")), timeout=5).result == "done"
    script = Script(time, answer("completed"))
    assert driver.wait(script, timeout=None).result == "done"
    assert script.times == pytest.approx([3600], abs=0.1)


def test_a_client_made_after_the_last_one_was_closed_is_held_back_all_the_same(
    driver: Driver, time: Time
) -> None:
    with pytest.raises(WaitTimeoutError, match="the provider asks to wait 20 s"):
        driver.wait(Script(time, REFUSED), timeout=5)
    gc.collect()
    time.now += 12
    script = Script(time, answer("completed"))
    assert driver.wait(script, timeout=10).result == "done"
    assert script.times == pytest.approx([20], abs=0.01)
    assert script.times[0] >= 20


def test_waits_that_begin_together_take_turns(driver: Driver, time: Time) -> None:
    script = Script(time, answer("completed"))
    assert not any(together(driver, time, *[Wait(script)] * 40))
    assert len(script.times) == 40
    # Each answer lets the rate grow by one.
    for first, last in combinations(range(40), 2):
        most = (FIRST_RATE + last) * (script.times[last] - script.times[first] + SLACK)
        assert last - first <= most + 1e-6
    assert script.times[-1] < 40 / FIRST_RATE


def test_a_wait_whose_turn_does_not_come_ends_at_its_deadline(driver: Driver, time: Time) -> None:
    script = Script(time, answer("completed"))
    waits = [Wait(script, options={"timeout": 0.02})] * 60
    ended = [error for error in together(driver, time, *waits) if error is not None]
    # The real time of the last poll's limit is too short for httpx, at times.
    errors = [error for error in ended if error.polls == 0]
    assert len(script.times) + len(errors) == 60
    assert max(script.times) < 0.02
    assert len(script.times) == pytest.approx(1 + (SLACK + 0.02) * FIRST_RATE, abs=3)
    for error in errors:
        assert isinstance(error, WaitTimeoutError)
        assert "the job did not end in time" in str(error)
        assert error.elapsed == pytest.approx(0.02)


def test_a_poll_whose_turn_comes_too_late_ends_the_wait_at_its_deadline(
    driver: Driver, time: Time
) -> None:
    # Its last poll is due 1 ms before the deadline, when many others have just begun.
    late = Wait(Script(time, answer("pending")), options={"timeout": 0.01})
    others = Wait(Script(time, answer("completed")), after=0.0089)
    *errors, last = together(driver, time, *[others] * 40, late)
    assert not any(errors)
    assert isinstance(last, WaitTimeoutError)
    assert last.elapsed == pytest.approx(0.01)
    assert late.script.times == [0]


@pytest.mark.parametrize("timeout", [0, None])
def test_one_poll_waits_for_its_turn_however_long(
    driver: Driver, time: Time, timeout: float | None
) -> None:
    script = Script(time, answer("completed"))
    waits = [Wait(script, options={"timeout": timeout})] * 60
    assert not any(together(driver, time, *waits))
    assert len(script.times) == 60


def test_waits_that_give_up_hold_up_nobody(driver: Driver, time: Time) -> None:
    crowd = Wait(Script(time, answer("completed")), options={"timeout": 0.001})
    lone = Wait(Script(time, answer("completed")), after=0.001 + 1 / FIRST_RATE)
    *errors, last = together(driver, time, *[crowd] * 60, lone)
    assert sum(error is not None for error in errors) >= 40
    assert last is None
    assert lone.script.times == [lone.after]


@pytest.mark.parametrize("cancelled", [False, True])
def test_ten_thousand_waits_that_give_up_or_are_cancelled_hold_up_nobody(
    time: Time, cancelled: bool
) -> None:
    options = {"timeout": None if cancelled else 0.1}
    wait = Wait(Script(time, answer("completed")), options=options).awaiting()
    lone = Script(time, answer("completed"))
    number = 10_000

    async def main() -> float:
        waits = [asyncio.create_task(wait()) for _ in range(number)]
        if cancelled:
            await asyncio.sleep(0.1)
            for task in waits:
                task.cancel()
        ended = await asyncio.gather(*waits, return_exceptions=True)
        gave_up = asyncio.CancelledError if cancelled else WaitTimeoutError
        assert sum(isinstance(error, gave_up) for error in ended) > 0.95 * number
        await asyncio.sleep(1 / FIRST_RATE)
        began = time.now
        await Wait(lone).awaiting()()
        return round(began - 1000.0, 6)

    began = run(time, main())
    assert lone.times == [began]


def waiter(polling: Polling | None = None, **options: Any) -> Waiter[str]:
    defaults: dict[str, Any] = {
        "errors": WaitErrors(),
        "schedule": None,
        "not_found_grace": 0.0,
        "random": lambda: 0.5,
    }
    polling = polling or Polling(initial=1.0, multiplier=1.5, maximum=10.0, timeout=60.0)
    return Waiter("widgets", polling, **defaults | options)


def test_what_a_wait_remembers_is_small_and_goes_on_in_another_process() -> None:
    state = waiter().start(ID, 0.0)
    step = waiter().step(state, Sighting("job", "pending", "pending", 0.5), 0.0, 0.1)
    assert isinstance(step, Again)
    stored = pickle.dumps(step.state)
    assert len(stored) < 500
    restored = pickle.loads(stored)
    assert restored == step.state
    assert restored.job_id == ID
    again = waiter().step(restored, Sighting("job", "done", "succeeded"), 2.0, 2.1)
    assert again == Done("job")


@given(
    initial=st.floats(0.01, 100),
    growth=st.floats(1, 10),
    span=st.floats(1, 100),
    polls=st.integers(2, 20),
)
def test_without_progress_delays_are_the_same_between_the_documents_first_and_longest(
    initial: float, growth: float, span: float, polls: int
) -> None:
    polling = Polling(initial, growth, initial * span, timeout=1.0)
    rules = waiter(polling, random=lambda: 0.0)
    state = rules.start(ID, 0.0, None)
    for _ in range(polls):
        step = rules.step(state, Sighting("job", "pending", "pending"), 0.0, 0.0)
        assert isinstance(step, Again)
        state = step.state
        assert initial <= step.at <= initial * span
        assert step.at == pytest.approx(initial * span**0.5)


@settings(max_examples=300, deadline=None)
@given(
    timeout=st.floats(0.01, 100),
    durations=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=20),
    faults=st.lists(st.booleans(), min_size=1, max_size=20),
    progress=st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=20),
    pauses=st.lists(st.just(-1.0) | st.floats(0, 20), min_size=1, max_size=20),
    draw=st.floats(0, 1),
)
def test_no_poll_starts_after_the_deadline_in_a_pause_or_closer_than_the_floor(
    timeout: float,
    durations: list[float],
    faults: list[bool],
    progress: list[float | None],
    pauses: list[float],
    draw: float,
) -> None:
    rules = waiter(random=lambda: draw)
    state = rules.start(ID, 0.0, timeout)
    now, ended, paused_until, starts = 0.0, 0.0, -math.inf, list[float]()
    try:
        while True:
            rules.check(state, now, paused_until)
            limit = min(30.0, state.deadline - now)
            assert now < timeout
            assert now + limit <= timeout + 1e-9
            assert now >= paused_until
            if len(starts) > 1:  # only the second may have to come sooner
                assert now - starts[-1] >= 1.0 - 1e-9
            starts.append(now)
            took = min(durations[len(starts) % len(durations)], limit)
            ended = now + took
            paused_until = max(paused_until, ended + pauses[len(starts) % len(pauses)])
            done = progress[len(starts) % len(progress)]
            seen: Any = Sighting("job", "pending", "pending", done)
            if faults[len(starts) % len(faults)]:
                seen = APIConnectionError("gone")
            step = rules.step(state, seen, now, ended, paused_until)
            assert isinstance(step, Again)
            state, now = step.state, step.at
            assert now >= ended
    except (WaitTimeoutError, APIConnectionError) as error:
        assert error.polls == len(starts)
        told = "the provider asks to wait" in str(error)
        asked = paused_until > ended and paused_until >= timeout
        assert told == (asked and isinstance(error, WaitTimeoutError))


@given(
    initial=st.floats(0.01, 100),
    growth=st.floats(1, 10),
    span=st.floats(1, 100),
    number=st.integers(1, 10**6),
)
def test_an_exponential_schedule_stays_between_its_initial_and_its_maximum(
    initial: float, growth: float, span: float, number: int
) -> None:
    schedule = Exponential(initial, growth, initial * span)
    delay = schedule.delay(Poll(number, 0.0, None))
    assert initial * (1 - 1e-9) <= delay <= initial * span
    assert delay <= schedule.delay(Poll(number + 1, 0.0, None)) * (1 + 1e-9)


@pytest.mark.parametrize("arguments", [(0, 2, 3), (1, 0.5, 3), (5, 2, 3), (1, 2, float("inf"))])
def test_an_impossible_schedule_is_refused(arguments: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidArgumentError):
        Exponential(*arguments)
    with pytest.raises(InvalidArgumentError):
        Fixed(-arguments[0])
