"""What programs learn of polls: records in the log, and functions that are called."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from jobwait import (
    Fixed,
    InvalidArgumentError,
    JobFailedError,
    PollEvent,
    WaitTimeoutError,
    async_wait_for_all,
    on_poll,
    wait_for_completion,
)
from jobwait._messages import Response

from .kit.fleet import Fleet, Job, answer, run
from .kit.widgets import Time

Wait = Callable[..., Any]
ERROR = 500


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def events() -> Iterator[list[PollEvent]]:
    seen: list[PollEvent] = []
    remove = on_poll(seen.append)
    yield seen
    remove()


def one(time: Time, fleet: Fleet, id: str, **options: Any) -> object:
    """Wait for one job, and return what came of it."""

    async def main() -> object:
        try:
            return await wait_for_completion(fleet.resource(), id, **options)
        except (JobFailedError, WaitTimeoutError) as error:
            return error

    return run(time, main())


def several(time: Time, fleet: Fleet, id: str, **options: Any) -> object:
    """The same as one of many."""
    [outcome] = run(time, async_wait_for_all(fleet.resource(), [id], **options))
    return outcome.job or outcome.error


@pytest.fixture(params=[one, several])
def wait(request: pytest.FixtureRequest) -> Wait:
    waits: Wait = request.param
    return waits


def failures(*numbers: int) -> dict[int, Callable[[], Response]]:
    return {number: lambda: answer({}, ERROR) for number in numbers}


def test_each_poll_is_one_event(wait: Wait, time: Time, events: list[PollEvent]) -> None:
    fleet = Fleet(time)
    [id] = fleet.add(Job(4.0, faults=failures(2), progress=True))
    wait(time, fleet, id, schedule=Fixed(2.0))
    assert [(event.poll, event.status, event.state) for event in events] == [
        (1, "running", "running"),
        (2, None, None),
        (3, "running", "running"),
        (4, "completed", "succeeded"),
    ]
    assert {(event.provider, event.operation, event.job_id) for event in events} == {
        ("widgets", "GET /v1/jobs/{id}", id)
    }
    assert [event.error is None for event in events] == [True, False, True, True]
    assert [event.delay for event in events] == [2.0, 0.5, 2.0, None]
    assert [event.elapsed for event in events] == pytest.approx([0.01, 2.02, 2.53, 4.54], abs=0.05)
    assert all(event.duration == pytest.approx(fleet.latency) for event in events)
    assert events[2].progress == pytest.approx(0.63, abs=0.01)


def test_the_event_of_a_wait_that_ends_badly_says_so(
    wait: Wait, time: Time, events: list[PollEvent]
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(end="failed"), Job(1e9))
    wait(time, fleet, ids[0])
    assert (events[0].state, events[0].delay) == ("failed", None)
    wait(time, fleet, ids[1], timeout=0)
    assert (events[1].state, events[1].delay) == ("running", None)


def test_each_poll_is_one_record_with_its_fields_at_debug(
    wait: Wait, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "jobwait")
    fleet = Fleet(time)
    [id] = fleet.add(Job(2.3, faults=failures(2)))
    wait(time, fleet, id, schedule=Fixed(2.0))
    records = [vars(record) for record in caplog.records if record.levelno == logging.DEBUG]
    assert [(record["poll"], record["status"]) for record in records] == [
        (1, "running"),
        (2, None),
        (3, "completed"),
    ]
    assert {(record["provider"], record["job_id"]) for record in records} == {("widgets", id)}
    assert [record["delay"] for record in records] == [2.0, 0.5, None]
    assert [record["elapsed"] for record in records] == pytest.approx([0.01, 2.02, 2.53], abs=0.05)
    assert [record["message"] for record in records] == [
        f"widgets: job {id}: poll 1 saw 'running' after 0.0 s; next poll in 2.0 s",
        f"widgets: job {id}: poll 2 failed (Widgets answered getJob with 500 Internal Server "
        "Error: {}; try later) after 2.0 s; next poll in 0.5 s",
        f"widgets: job {id}: poll 3 saw 'completed' after 2.5 s; the wait is over",
    ]


def test_a_failure_is_information_with_its_number_and_the_next_delay(
    wait: Wait, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "jobwait")
    fleet = Fleet(time)
    [id] = fleet.add(Job(100.0, faults=failures(2, 3, 4, 6)))
    wait(time, fleet, id, schedule=Fixed(2.0), timeout=None)
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in lines] == ["INFO", "WARNING", "INFO", "INFO"]
    for (_, line), (number, delay) in zip(
        lines, [(1, "0.5"), (2, "1.0"), (3, "2.0"), (1, "0.5")], strict=True
    ):
        expected = f"{number} of 10 in a row, next poll in {delay} s: Widgets answered"
        assert f"widgets: job {id}: a poll failed, {expected}" in line


def test_an_unknown_status_is_a_warning_once_for_a_client(
    time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(time)
    fleet.add(*[Job(end="archived")] * 3)
    resource = fleet.resource()

    async def main() -> None:
        for id in fleet.jobs:
            with pytest.raises(WaitTimeoutError):
                await wait_for_completion(resource, id, timeout=5)
        await async_wait_for_all(resource, list(fleet.jobs), timeout=5)

    run(time, main())
    [record] = caplog.records
    assert "'archived'" in record.getMessage()
    assert vars(record)["status"] == "archived"


def test_what_a_callback_raises_is_logged_and_ends_no_wait(
    wait: Wait, time: Time, events: list[PollEvent], caplog: pytest.LogCaptureFixture
) -> None:
    async def awaits(event: PollEvent) -> None: ...
    def fails(event: PollEvent) -> None:
        raise LookupError("of the callback")

    removals = [on_poll(awaits), on_poll(fails)]
    try:
        fleet = Fleet(time)
        [id] = fleet.add(Job())
        assert wait(time, fleet, id).result == "done"
    finally:
        for remove in removals:
            remove()
    assert len(events) == 1
    assert "of the callback" in caplog.text
    assert "a function that is no coroutine" in caplog.text


def test_a_callback_that_was_removed_is_not_called(wait: Wait, time: Time) -> None:
    fleet, seen = Fleet(time), list[PollEvent]()
    ids = fleet.add(Job(), Job())
    once, twice = on_poll(seen.append), on_poll(seen.append)
    once()
    once()
    wait(time, fleet, ids[0])
    assert len(seen) == 1
    twice()
    wait(time, fleet, ids[1])
    assert len(seen) == 1


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="takes a function, not 5"):
        on_poll(cast(Any, 5))
