"""The waiting contract: each rule on both drivers, in virtual time."""

from __future__ import annotations

import json
import logging
import pickle
import time as system_time
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobwait import (
    APIConnectionError,
    AuthenticationError,
    Exponential,
    Fixed,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    NotFoundError,
    Poll,
    Polling,
    ResponseDecodeError,
    ServerError,
    WaitTimeoutError,
    wait_for_completion,
)
from jobwait._machine import Again, Done, Sighting, Waiter, WaitState

from .widgets import (
    ID,
    Async,
    CompletedJob,
    FailedJob,
    Job,
    JobsResource,
    Script,
    Sync,
    Time,
    UnknownJob,
    answer,
)

Driver = Sync | Async
tzset = getattr(system_time, "tzset", lambda: None)  # not on Windows


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Driver:
    made: Driver = request.param()
    return made


@pytest.fixture
def time() -> Time:
    return Time()


def test_the_first_poll_is_sent_at_once(driver: Driver, time: Time) -> None:
    script = Script(time, answer("completed"))
    assert driver.wait(script).result == "done"
    assert script.times == [0.0]


def test_pending_and_running_jobs_are_polled_on_the_documents_schedule(
    driver: Driver, time: Time
) -> None:
    script = Script(time, *[answer("pending")] * 3, *[answer("running")] * 2, answer("completed"))
    assert isinstance(driver.wait(script), CompletedJob)
    assert script.times == [0, 1, 3, 7, 11, 15]


def test_jitter_makes_delays_longer_and_never_shorter(driver: Driver) -> None:
    script = Script(Time(draw=1.0), answer("pending"), answer("pending"), answer("completed"))
    driver.wait(script)
    assert script.times == [0, pytest.approx(1.1), pytest.approx(3.3)]


def test_a_schedule_of_the_callers_own_is_followed(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"), answer("pending"), answer("completed"))
    driver.wait(script, schedule=Fixed(0.25))
    assert script.times == [0, 0.25, 0.5]


def test_a_schedule_sees_number_elapsed_time_and_progress(driver: Driver, time: Time) -> None:
    seen: list[Poll] = []

    class Watching:
        def delay(self, poll: Poll, /) -> float:
            seen.append(poll)
            return 3.0

    progress = [answer("running", progress=25), answer("running", progress=None)]
    driver.wait(Script(time, *progress, answer("completed")), schedule=Watching())
    assert seen == [Poll(1, 0.0, 0.25), Poll(2, 3.0, None)]


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
    with pytest.raises(JobFailedError, match=r"OCR: too dark.*2 polls in 1\.0 s") as caught:
        driver.wait(script)
    failure = caught.value
    assert (failure.code, failure.message, failure.retryable) == ("OCR", "too dark", True)
    assert isinstance(failure.job, FailedJob)
    assert (failure.provider, failure.job_id, failure.polls) == ("widgets", ID, 2)
    assert failure.elapsed == 1.0


def test_a_failure_of_another_shape_is_told_all_the_same(driver: Driver, time: Time) -> None:
    error = {"code": 7, "message": {"en": "no"}, "retryable": "perhaps"}
    with pytest.raises(JobFailedError) as caught:
        driver.wait(Script(time, answer("failed", error=error)))
    assert caught.value.code == "7"
    assert caught.value.message == '{"en": "no"}'
    assert caught.value.retryable is None


def test_a_failure_without_a_reason_has_none(driver: Driver, time: Time) -> None:
    with pytest.raises(JobFailedError) as caught:
        driver.wait(Script(time, answer("failed", error="boom")))
    assert (caught.value.code, caught.value.message) == (None, None)


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
    assert script.times == [0, 1, 2, 4]  # backoff of its own, from the floor on


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


@pytest.mark.parametrize(("hint", "seconds"), [("20, 20", 20), ("20.5", 20.5), ("9" * 30, None)])
def test_a_retry_after_in_an_odd_form_is_understood(
    driver: Driver, time: Time, hint: str, seconds: float | None
) -> None:
    script = Script(time, answer("pending", headers={"Retry-After": hint}), answer("completed"))
    driver.wait(script, timeout=None)
    assert script.times == [0, 1e9 if seconds is None else seconds]


@pytest.mark.parametrize("hint", ["soon", "-5", "", "1e400", "Thu, 99 Foo 2026"])
def test_a_retry_after_that_is_none_is_ignored(driver: Driver, time: Time, hint: str) -> None:
    script = Script(time, answer("pending", headers={"Retry-After": hint}), answer("completed"))
    driver.wait(script)
    assert script.times == [0, 1]


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
    assert (error.provider, error.job_id, error.polls, error.elapsed) == ("widgets", ID, 2, 1.0)
    assert error.job.status == "running"


def test_a_404_before_the_first_sighting_is_tolerated_within_its_grace(
    driver: Driver, time: Time
) -> None:
    script = Script(time, httpx.Response(404), httpx.Response(404), answer("completed"))
    assert driver.wait(script, not_found_grace=2).result == "done"
    assert script.times == [0, 1, 3]


@pytest.mark.parametrize("grace", [0, 2])
def test_a_404_ends_the_wait_once_its_grace_is_over(
    driver: Driver, time: Time, grace: float
) -> None:
    script = Script(time, httpx.Response(404))
    with pytest.raises(NotFoundError):
        driver.wait(script, not_found_grace=grace)
    assert script.times == ([0, 1, 3] if grace else [0])


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
    assert script.times == [0, 1, 3, 7, 11.4]
    script = Script(Time(), answer("pending"))
    with pytest.raises(WaitTimeoutError):
        driver.wait(script, timeout=7.5)  # at 7, a poll would leave no room for the last one
    assert script.times == [0, 1, 3, 7.4]


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


def test_a_known_status_whose_variant_does_not_fit_ends_the_wait(
    driver: Driver, time: Time
) -> None:
    with pytest.raises(ResponseDecodeError) as caught:
        driver.wait(Script(time, answer("pending"), answer("completed", result=None)))
    assert caught.value.pointer == "/data/result"


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


def waiter(**options: Any) -> Waiter[str]:
    defaults: dict[str, Any] = {
        "timeout": 60.0,
        "schedule": None,
        "not_found_grace": 0.0,
        "random": lambda: 0.5,
    }
    polling = Polling(initial=1.0, multiplier=1.5, maximum=10.0, timeout=60.0)
    return Waiter("widgets", ID, polling, **defaults | options)


def test_what_a_wait_remembers_is_small_and_goes_on_in_another_process() -> None:
    step = waiter().step(WaitState(started=0.0), Sighting("job", "pending", "pending"), 0.0, 0.1)
    assert isinstance(step, Again)
    stored = pickle.dumps(step.state)
    assert len(stored) < 500
    again = waiter().step(pickle.loads(stored), Sighting("job", "done", "succeeded"), 2.0, 2.1)
    assert again == Done("job")


@settings(max_examples=300, deadline=None)
@given(
    timeout=st.floats(0.01, 500),
    durations=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=20),
    faults=st.lists(st.booleans(), min_size=1, max_size=20),
    draw=st.floats(0, 1),
)
def test_no_poll_starts_after_the_deadline_or_closer_than_the_floor(
    timeout: float, durations: list[float], faults: list[bool], draw: float
) -> None:
    rules = waiter(timeout=timeout, random=lambda: draw)
    state: WaitState[str] = WaitState(started=0.0)
    now, starts = 0.0, list[float]()
    try:
        while True:
            limit = rules.limit(state, now, 30.0)
            assert now < timeout
            assert now + limit <= timeout + 1e-9
            if len(starts) > 1:  # only the second may have to come sooner
                assert now - starts[-1] >= 1.0 - 1e-9
            starts.append(now)
            took = min(durations[len(starts) % len(durations)], limit)
            ended = now + took
            seen: Any = Sighting("job", "pending", "pending")
            if faults[len(starts) % len(faults)]:
                seen = APIConnectionError("gone")
            step = rules.step(state, seen, now, ended)
            assert isinstance(step, Again)
            state, now = step.state, step.at
            assert now >= ended
    except (WaitTimeoutError, APIConnectionError) as error:
        assert error.polls == len(starts)


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
