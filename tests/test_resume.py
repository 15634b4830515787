"""Waits as values: stored as JSON, moved on by `advance`, resumed by other processes."""

from __future__ import annotations

import dataclasses
import json
import math
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, cast
from uuid import uuid4

import pytest
from descripio_client import Client as DescripioClient
from docurift_client import Client as DocuriftClient
from hypothesis import given, strategies as st
from spideriq_client import Client as SpiderIQClient

from jobwait import (
    Advanced,
    Fixed,
    InvalidArgumentError,
    Outcome,
    Wait,
    WaitTimeoutError,
    advance,
    async_advance,
    async_as_completed,
    async_wait_for_all,
)

from .kit.fleet import Fleet, Job, run, too_many
from .kit.widgets import EPOCH, Time

KEY: Final = "key-of-a-test"


@pytest.fixture
def time() -> Time:
    return Time()


def moved(time: Time, fleet: Fleet, waits: list[Wait], **options: Any) -> Advanced:
    """Move waits on, once, in virtual time."""
    resource = fleet.resource()

    async def main() -> Advanced:
        return await async_advance([(resource, wait) for wait in waits], **options)

    return run(time, main())


def start(fleet: Fleet, ids: list[str], **options: Any) -> list[Wait]:
    return [Wait.start(fleet.resource(), id, **options) for id in ids]


def until_done(time: Time, fleet: Fleet, waits: list[Wait]) -> list[Outcome[Any]]:
    """Move waits on as a queue does: each time as JSON, when the first is due."""
    done: list[Outcome[Any]] = []
    while waits:
        stored = [json.dumps(wait.to_dict()) for wait in waits]
        assert max(map(len, stored)) <= 300
        result = moved(time, fleet, [unchecked(text) for text in stored])
        done += result.done
        waits = result.open
        if waits:
            time.now = max(time.now, min(wait.due for wait in waits) - EPOCH)
    return done


def unchecked(text: str) -> Wait:
    """A stored wait of a provider that no package is installed of."""
    return Wait(**json.loads(text))


def test_waits_that_are_stored_between_all_polls_end_as_others_do(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(10.0), Job(3.0, end="failed"), Job(1e6))
    outcomes = until_done(time, fleet, start(fleet, ids, timeout=30.0))
    assert {outcome.job_id: outcome.kind for outcome in outcomes} == {
        ids[0]: "succeeded",
        ids[1]: "failed",
        ids[2]: "timeout",
    }
    assert time.now - 1000 == pytest.approx(30, abs=0.5)


def test_only_what_is_due_is_polled_and_nothing_is_waited_for(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1e6), Job(1e6))
    due, later = start(fleet, ids)
    began = time.now
    result = moved(time, fleet, [due, later._replace(due=later.due + 60)])
    assert result.done == []
    assert time.now - began < 1
    assert [len(job.polls) for job in fleet.jobs.values()] == [1, 0]
    polled, same = result.open
    assert (polled.job_id, polled.polls, same.polls) == (ids[0], 1, 0)
    assert same.due == pytest.approx(later.due + 60)


def test_a_hint_of_the_provider_is_carried_onward(time: Time) -> None:
    fleet = Fleet(time)
    faults = {1: lambda: too_many(40)}
    ids = fleet.add(Job(5.0, faults=faults), Job(5.0))
    result = moved(time, fleet, start(fleet, ids, timeout=100.0), max_in_flight=1)
    assert [wait.polls for wait in result.open] == [1, 0]
    assert all(wait.due - EPOCH - time.now == pytest.approx(40, abs=1) for wait in result.open)


def test_as_completed_and_wait_for_all_take_a_wait_in_place_of_an_id(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(10.0), Job(10.0))
    waits = moved(time, fleet, start(fleet, ids, timeout=60.0)).open
    resource = fleet.resource()

    async def main() -> list[Outcome[Any]]:
        first = async_as_completed(resource, waits[:1])
        seen: list[Outcome[Any]] = [outcome async for outcome in first]
        seen += await async_wait_for_all([(resource, waits[1])])
        return seen

    outcomes = run(time, main())
    assert [outcome.job_id for outcome in outcomes] == ids
    assert all(outcome.error is None for outcome in outcomes)


@pytest.mark.parametrize("ahead", [0.0, 1e6, -50.0])
def test_the_deadline_survives_clocks_that_differ(time: Time, ahead: float) -> None:
    fleet = Fleet(time)
    [id] = fleet.add(Job(1e6))
    [wait] = start(fleet, [id], timeout=6.0)
    began = time.now
    while True:
        result = moved(time, fleet, [wait])
        if result.done:
            break
        [wait] = result.open
        time.now = max(time.now, wait.due - EPOCH)
        time.skew += ahead
    assert isinstance(result.done[0].error, WaitTimeoutError)
    assert 5.5 <= time.now - began <= 6.5


@pytest.mark.parametrize("polls", [0, 2])
@pytest.mark.parametrize("there", [1e6, -1e6])
def test_a_wait_from_a_machine_with_another_clock_ends_in_time(
    time: Time, there: float, polls: int
) -> None:
    fleet = Fleet(time)
    [wait] = start(fleet, fleet.add(Job(1e6)), timeout=6.0)
    began = time.now
    outcomes: list[Outcome[Any]] = []
    while not outcomes:
        if wait.polls == polls and there:
            seen = None if wait.seen is None else wait.seen + there
            wait = wait._replace(started=wait.started + there, due=wait.due + there, seen=seen)
            there = 0.0
        outcomes, still_open = moved(time, fleet, [wait])
        for wait in still_open:  # at most one
            time.now = max(time.now, wait.due - EPOCH)
    assert isinstance(outcomes[0].error, WaitTimeoutError)
    assert 5.5 <= time.now - began <= 6.5
    assert len(fleet.log) > 2


def test_a_wait_that_was_polled_by_a_clock_an_hour_ahead_ends_in_time(time: Time) -> None:
    fleet = Fleet(time)
    [wait] = start(fleet, fleet.add(Job(1e6)), timeout=6.0)
    began, ahead = time.now, 3600.0
    there = wait._replace(started=wait.started - ahead, due=wait.due - ahead)
    [there] = moved(time, fleet, [there]).open
    assert there.seen is not None
    times = (there.started + ahead, there.due + ahead, there.seen + ahead)
    wait = there._replace(started=times[0], due=times[1], seen=times[2])
    outcomes: list[Outcome[Any]] = []
    while not outcomes:
        outcomes, still_open = moved(time, fleet, [wait])
        for wait in still_open:  # at most one
            time.now = max(time.now, wait.due - EPOCH)
    assert time.now - began <= 6.5


def test_a_wait_keeps_its_times_however_many_are_moved_on_with_it() -> None:
    class Busy(Time):
        def time(self) -> float:
            self.now += 0.001
            return super().time()

    time = Busy()
    fleet = Fleet(time)
    waits = start(fleet, fleet.add(*[Job(900.0)] * 1000), timeout=900.0)
    later = [wait._replace(due=wait.due + 300) for wait in waits]
    still_open = moved(time, fleet, later).open
    assert [wait.started for wait in still_open] == pytest.approx(
        [wait.started for wait in later], rel=0, abs=0.01
    )
    assert [wait.due for wait in still_open] == pytest.approx(
        [wait.due for wait in later], rel=0, abs=0.01
    )


def test_a_wait_resumed_after_its_deadline_looks_once_more(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(10.0), Job(1e6))
    waits = moved(time, fleet, start(fleet, ids, timeout=20.0)).open
    time.now += 3600
    result = moved(time, fleet, waits)
    assert [outcome.kind for outcome in result.done] == ["succeeded", "timeout"]
    assert [len(job.polls) for job in fleet.jobs.values()] == [2, 2]


def test_a_wait_that_nobody_came_to_before_its_deadline_is_looked_at_once(time: Time) -> None:
    fleet = Fleet(time)
    waits = start(fleet, fleet.add(Job(10.0), Job(1e6)), timeout=20.0)
    time.now += 3600
    outcomes = until_done(time, fleet, waits)
    assert [outcome.kind for outcome in outcomes] == ["succeeded", "timeout"]
    assert time.now - 1000 - 3600 < 2


def test_the_same_outcome_has_the_same_key_wherever_it_was_seen(time: Time) -> None:
    fleet = Fleet(time)
    [id] = fleet.add(Job(1.0))
    [wait] = start(fleet, [id])
    time.now += 2
    first, second = (moved(time, fleet, [wait]).done[0] for _ in range(2))
    assert first.key == second.key
    assert first.key != dataclasses.replace(first, job_id="other").key
    assert json.loads(json.dumps(first.to_dict()))["outcome"] == "succeeded"


texts = st.text("a/%", min_size=1, max_size=4)


@given(st.tuples(texts, texts), st.tuples(texts, texts))
def test_jobs_that_differ_have_keys_that_differ(first: object, second: object) -> None:
    keys = [Wait("docurift", "GET /v1/jobs", id, 0.0, None, 0.0).key for id in (first, second)]
    assert (keys[0] == keys[1]) == (first == second)


def test_a_wait_that_was_seen_is_never_said_to_be_unseen(time: Time) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(5.0, faults={1: lambda: too_many(60)}), Job(5.0))
    refused, wait = start(fleet, ids, timeout=100.0)
    seen = wait._replace(timeout=30.0, seen=wait.started, polls=1, word=None)
    [outcome] = moved(time, fleet, [refused, seen], max_in_flight=1).done
    assert "may still be running" in str(outcome.error)


def test_a_wait_goes_through_json() -> None:
    client = DocuriftClient(KEY)
    wait = Wait.start(client.jobs, "job_1", timeout=None)._replace(
        polls=3, seen=1.5, word="processing", progress=0.25, final=True
    )
    again = Wait.from_dict(json.loads(json.dumps(wait.to_dict())))
    assert again == wait._replace(started=round(wait.started, 3), due=round(wait.due, 3))
    with SpiderIQClient(KEY) as spider:
        id = uuid4()
        wait = Wait.start(spider.jobs, id)
        assert Wait.from_dict(json.loads(json.dumps(wait.to_dict()))).job_id == id


GOOD: Final[dict[str, Any]] = {
    "provider": "docurift",
    "operation": "GET /v1/jobs/{id}",
    "job_id": "job_1",
    "started": 1.0,
    "timeout": None,
    "due": 2.0,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("provider", "nobody"),
        ("provider", 5),
        ("operation", "GET /v2"),
        ("job_id", None),
        ("job_id", ["a", "b"]),
        ("job_id", ""),
        ("job_id", "a\n"),
        ("started", "now"),
        ("started", math.nan),
        ("timeout", -1),
        ("due", None),
        ("polls", -1),
        ("polls", True),
        ("polls", 10**400),
        ("slowest", 101),
        ("final", 1),
        ("word", 5),
        ("progress", 2.0),
        ("more", 1),
    ],
)
def test_what_is_no_wait_is_refused_with_the_key_that_is_wrong(key: str, value: object) -> None:
    assert Wait.from_dict(MappingProxyType(GOOD)).job_id == "job_1"
    with pytest.raises(InvalidArgumentError, match=f"'{key}'"):
        Wait.from_dict(GOOD | {key: value})
    if key in GOOD:
        with pytest.raises(InvalidArgumentError, match=f"'{key}'"):
            Wait.from_dict({name: GOOD[name] for name in GOOD if name != key})


def test_the_text_of_a_number_is_an_id_only_if_it_is_written_as_one() -> None:
    good = GOOD | {"provider": "descripio", "operation": "GET /api/v1/jobs/{jobId}"}
    assert Wait.from_dict(good | {"job_id": 5}).job_id == 5
    assert Wait.from_dict(good | {"job_id": "5"}).job_id == 5
    for text in ("1_0", " 5", "-5", "\u0665", "5.0", ""):
        with pytest.raises(InvalidArgumentError, match="'job_id'"):
            Wait.from_dict(good | {"job_id": text})


@pytest.mark.parametrize("value", [5, -1, [1], "5f0c3f8e"])
def test_what_is_no_uuid_is_refused_where_ids_are_uuids(value: object) -> None:
    good = GOOD | {"provider": "spideriq", "operation": "GET /api/v1/jobs/{job_id}/status"}
    with pytest.raises(InvalidArgumentError, match="'job_id'"):
        Wait.from_dict(good | {"job_id": value})


Name: Final[Any] = Enum("Name", {"ONE": "job_1"}, type=str)
Number: Final[Any] = Enum("Number", {"FIVE": 5}, type=int)
UUID_TEXT: Final = "5f0c3f8e-7d5e-4a39-9c1b-0b3f6f7f0a11"


@pytest.mark.parametrize(
    ("client", "id", "plain"),
    [
        (SpiderIQClient, UUID_TEXT.upper(), UUID_TEXT),
        (SpiderIQClient, UUID_TEXT.replace("-", ""), UUID_TEXT),
        (DocuriftClient, Name.ONE, "job_1"),
        (DescripioClient, Number.FIVE, "5"),
    ],
)
def test_a_job_has_one_key_however_its_id_is_written(client: Any, id: Any, plain: str) -> None:
    resource = client(KEY).jobs
    wait = Wait.start(resource, id)
    elsewhere = Wait.from_dict(json.loads(json.dumps(wait.to_dict())))
    assert wait.key == elsewhere.key == f"{wait.provider}/{wait.operation}/{plain}"
    assert plain in resource.calls.prepare(resource.operation, id).url
    # JSON has lists where an id has several parts.
    assert wait._replace(job_id=["a", 5]).to_dict() == wait._replace(job_id=("a", 5)).to_dict()
    # Of one whose package is not installed nothing is known but how it was written.
    assert wait._replace(provider="nobody").key.startswith("nobody/")


@given(
    st.text(max_size=60),
    st.floats(0, 1),
    st.sampled_from(["job_1", UUID_TEXT, "j" * 64]),
)
def test_a_wait_is_300_bytes_at_most_whatever_the_provider_says(
    word: str, progress: float, job_id: str
) -> None:
    wait = Wait("spideriq", "GET /api/v1/jobs/{job_id}/status", job_id, 1.8e9, 86400.125, 1.8e9)
    wait = wait._replace(polls=99999, failures=9, slowest=100, final=True, seen=1.8e9 + 1 / 3)
    data = wait._replace(word=word, progress=progress).to_dict()
    assert len(json.dumps(data)) <= 300
    assert word.startswith(data.get("word", ""))


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*Wait._fields, "more"]), json_values)
def test_any_json_is_a_wait_or_is_refused(key: str, value: Any) -> None:
    try:
        wait = Wait.from_dict(GOOD | {key: value})
    except InvalidArgumentError:
        return
    assert Wait.from_dict(wait.to_dict()) == Wait.from_dict(json.loads(json.dumps(wait.to_dict())))


def test_nonsense_is_refused_before_anything_is_sent() -> None:
    client, no_wait = DocuriftClient(KEY), cast(Any, "job_1")
    with pytest.raises(InvalidArgumentError, match=r"no jobwait\.Wait"):
        advance([(client.jobs, no_wait)])
    with pytest.raises(InvalidArgumentError, match="pairs of a resource and a Wait"):
        advance(cast(Any, None))
    with pytest.raises(InvalidArgumentError, match="seconds"):
        advance([], seconds=-1)
    with pytest.raises(InvalidArgumentError, match="not empty"):
        Wait.start(client.jobs, "")
    assert advance([], schedule=Fixed(1)) == Advanced([], [])
