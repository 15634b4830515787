"""Answers of all providers that are not as their documents say: no job is lost to a field."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
import pytest
from hypothesis import given, strategies as st

from jobwait import (
    BaseClient,
    JobCancelledError,
    JobFailedError,
    JobOperation,
    JobwaitError,
    ResponseDecodeError,
    WaitError,
    WaitTimeoutError,
    deviations,
    providers,
    wait_for_completion,
)
from jobwait._pointer import is_array, is_object, parse_pointer, value_at
from jobwait._requests import Runtime

from .kit.widgets import KEY, Time

MISSING: Final = object()
WRONG: Final[tuple[Any, ...]] = (
    *(MISSING, None, True, 7, -1.5, 10**30, "", "x", "yesterday", "2024-01-00T10:30:00Z"),
    *("2024-01-27", "550e8400-e29b", [], {}, [None], ["x"], {"x": None}),
)
ENDS: Final[dict[str, type[WaitError]]] = {
    "pending": WaitTimeoutError,
    "running": WaitTimeoutError,
    "failed": JobFailedError,
    "cancelled": JobCancelledError,
}


class Case(NamedTuple):
    """A documented answer to the request for a job's status."""

    package: str
    body: Any

    @property
    def operation(self) -> JobOperation[Any, Any, Any, Any]:
        operation: JobOperation[Any, Any, Any, Any] = import_module(f"{self.package}.jobs").GET_JOB
        return operation

    @property
    def job_pointer(self) -> tuple[str, ...]:
        # No document has another name in Python for what is around a job.
        return self.operation.job_attributes


def documented() -> Iterator[Any]:
    for name, provider in providers().items():
        (operation,) = (
            operation
            for path in provider.document["paths"].values()
            for operation in path.values()
            if "x-wait-for-completion" in operation
        )
        (media,) = operation["responses"]["200"]["content"].values()
        for example, value in media["examples"].items():
            yield pytest.param(Case(provider.package, value["value"]), id=f"{name}-{example}")


CASES: Final = list(documented())
over_all_answers = pytest.mark.parametrize("case", CASES)


def differing(body: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The body with one field that differs, and where: a third of the differences for each field.

    The next field has the next third, so that all bodies together have every one of each kind.
    """
    for number, pointer in enumerate(places(body)):
        for wrong in WRONG[number % 3 :: 3]:
            other = copy.deepcopy(body)
            parent = value_at(pointer[:-1], other)
            step: Any = int(pointer[-1]) if is_array(parent) else pointer[-1]
            if wrong is not MISSING:
                parent[step] = wrong
            else:
                del parent[step]
            yield pointer, other


def places(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    steps = list(value) if is_object(value) else range(len(value) if is_array(value) else 0)
    for step in map(str, steps):
        yield (*above, step)
        yield from places(value_at((step,), value), (*above, step))


class Caller:
    """A client of a provider whose answer is always the same."""

    def __init__(self, case: Case, body: Any, **options: Any) -> None:
        config = import_module(f"{case.package}._client").CONFIG
        content = json.dumps(body).encode()
        time = Time()
        self.client = BaseClient(
            config,
            {config.credentials[0].parameter: KEY},
            http_client=httpx.Client(
                transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content)),
                trust_env=False,
            ),
            runtime=Runtime(time.clock, time.sleep, time.random),
            **options,
        )
        self._resource = import_module(f"{case.package}.jobs").JobsResource(self.client._calls)
        kind = case.operation.id_parts[0].kind
        self._id = UUID(int=7) if kind is UUID else kind("7")

    def get(self) -> Any:
        return self._resource.get_job(self._id)

    def wait(self) -> Any:
        return wait_for_completion(self._resource, self._id, timeout=0)


def reasons(case: Case, body: Any) -> list[Any]:
    pointers = (case.operation.failure_code, case.operation.failure_message)
    return [value_at(pointer, body) for pointer in pointers]


def check(case: Case, body: Any) -> int:
    """Ask for a job, and wait for it; the number of places that the log has a warning about."""
    caller = Caller(case, body)
    job = caller.get()
    assert job.to_dict() == value_at(case.job_pointer, body)
    for twin in (pickle.loads(pickle.dumps(job)), copy.deepcopy(job), caller.get()):
        assert twin == job
        assert twin.to_dict() == job.to_dict()
        assert deviations(twin) == deviations(job)
    for deviation in deviations(job):
        # The place is there, or what it is in is.
        parent = value_at(parse_pointer(deviation.pointer)[:-1], job.to_dict())
        assert isinstance(parent, (dict, list))

    state = case.operation.state_of(200, body)[1]
    if state == "succeeded":
        assert caller.wait() == job
    else:
        with pytest.raises(ENDS.get(state or "running", WaitTimeoutError)) as caught:
            caller.wait()
        assert caught.value.job == job
        if isinstance(caught.value, JobFailedError):
            told = [caught.value.code, caught.value.message]
            for reason, expected in zip(told, reasons(case, body), strict=True):
                assert reason == expected or not isinstance(expected, str)

    strict = Caller(case, body, strict=True)
    subjects = caller.client._calls.options.warned  # pointers, and operations with status words
    warned = sum(not subject.startswith("GET ") for subject in subjects)
    if not warned:
        assert deviations(job) == ()
        assert strict.get() == job
    else:
        with pytest.raises(ResponseDecodeError) as refused:
            strict.get()
        assert refused.value.pointer is not None
    return warned


@over_all_answers
def test_an_answer_as_the_document_says_deviates_nowhere(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    assert check(case, case.body) == 0
    assert caplog.records == []


@over_all_answers
def test_a_field_that_differs_spoils_no_request_and_no_wait(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    status = case.operation.status
    assert status is not None
    deviating = 0
    for pointer, body in differing(case.body):
        caplog.clear()
        if value_at(status, body) is None:
            for call in (Caller(case, body).get, Caller(case, body).wait):
                with pytest.raises(ResponseDecodeError) as caught:
                    call()
                refused = parse_pointer(caught.value.pointer or "")
                assert status[: len(refused)] == refused
                assert refused[: len(pointer)] == pointer
            continue
        warned = check(case, body)
        deviating += warned > 0
        # Three requests of a client warn once about each place.
        told = [record for record in caplog.records if "does not allow" in record.getMessage()]
        assert len(told) == warned, (pointer, body)
    assert deviating > 15


@over_all_answers
def test_another_word_for_the_status_decides_all_the_same(case: Case) -> None:
    status = case.operation.status
    assert status is not None
    for word in [*case.operation.states, "archived"]:
        body = copy.deepcopy(case.body)
        value_at(status[:-1], body)[status[-1]] = word
        check(case, body)
        job = Caller(case, body).get()
        assert word in (job.status, getattr(job, "raw_status", None))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)


@given(st.data())
def test_whatever_json_comes_a_request_ends_in_a_job_or_an_error_of_ours(
    data: st.DataObject,
) -> None:
    case: Case = data.draw(st.sampled_from([case for (case,) in map(values, CASES)]))
    body = copy.deepcopy(case.body)
    for pointer in data.draw(st.lists(st.sampled_from(list(places(body))), max_size=4)):
        parent = value_at(pointer[:-1], body)
        if is_object(parent):
            parent[pointer[-1]] = data.draw(json_values)
    if data.draw(st.booleans()) and data.draw(st.booleans()):
        body = data.draw(json_values)
    caller = Caller(case, body)
    for call in (caller.get, caller.wait):
        try:
            job = call()
        except JobwaitError as error:
            assert str(error).isprintable()
            assert pickle.loads(pickle.dumps(error)).args == error.args
        else:
            json.dumps(job.to_dict())
            deviations(job)


def test_what_differs_is_named_in_the_log_by_provider_pointer_and_type(
    caplog: pytest.LogCaptureFixture,
) -> None:
    (case,) = (case for (case,) in map(values, CASES) if "confidence" in json.dumps(case.body))
    body = copy.deepcopy(case.body)
    body["data"]["result"]["confidence"] = "high"
    body["data"]["createdAt"] = None
    caller = Caller(case, body)
    caller.get()
    assert [deviation.pointer for deviation in deviations(caller.get())] == [
        "/result/confidence",
        "/createdAt",
    ]
    told = [record.getMessage() for record in caplog.records]
    assert [record.name for record in caplog.records] == ["jobwait", "jobwait"]
    assert "docurift: " in told[0]
    assert "at /data/result/confidence expected a number, got 'high'" in told[0]
    assert "at /data/createdAt expected an ISO 8601 date and time, got null" in told[1]


def test_clients_of_the_same_connections_warn_once(caplog: pytest.LogCaptureFixture) -> None:
    (case,) = (case for (case,) in map(values, CASES) if "confidence" in json.dumps(case.body))
    caller = Caller(case, {**case.body, "success": "yes"})
    caller.get()
    caller.client = caller.client.with_options(timeout=3)
    caller.get()
    assert len(caplog.records) == 1


def values(parameter: Any) -> Any:
    return parameter.values
