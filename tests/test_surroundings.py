"""What surrounds a client: copies, frozen time, patched threads, queues that store its errors."""

from __future__ import annotations

import asyncio
import copy
import importlib
import pickle
import subprocess
import sys
import traceback
from typing import Any

import aitronos_client
import pytest
from docurift_client import AsyncClient, Client

import jobwait
from jobwait import (
    ConfigurationError,
    Fixed,
    JobFailedError,
    JobwaitError,
    Poll,
    WaitError,
    async_wait_for_all,
    wait_for_all,
    wait_for_completion,
)
from jobwait.sandbox import Sandbox

from .kit.fleet import Fleet, Job, run
from .kit.widgets import KEY, Script, Sync, Time, answer


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_client_can_be_copied(make: Any, duplicate: Any) -> None:
    client = make(KEY, base_url="http://127.0.0.1:9")
    twin = duplicate(client)
    assert type(twin) is type(client)
    assert twin.base_url == client.base_url
    assert not twin.is_closed


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_a_client_does_not_pickle_and_says_what_to_do(make: Any) -> None:
    with pytest.raises(TypeError, match="does not pickle: make another one") as caught:
        pickle.dumps(make(KEY))
    assert KEY not in str(caught.value)


def test_an_error_comes_back_from_a_queue_that_keeps_class_and_arguments() -> None:
    with pytest.raises(JobFailedError) as caught:
        Sync().wait(
            Script(Time(), answer("failed", error={"code": "E1", "message": "boom"})), timeout=5
        )
    error = caught.value
    module, name, arguments = type(error).__module__, type(error).__name__, error.args
    again = getattr(importlib.import_module(module), name)(*arguments)
    assert isinstance(again, JobFailedError)
    assert (again.code, again.message, again.retryable) == (error.code, error.message, None)
    assert str(again) in str(error)


def test_all_errors_are_made_of_their_message_and_are_named_as_users_import_them() -> None:
    for name in dir(jobwait):
        cls = getattr(jobwait, name)
        if isinstance(cls, type) and issubclass(cls, JobwaitError):
            assert cls.__module__ == "jobwait"
            assert str(cls("text")) == "text"
            assert type(pickle.loads(pickle.dumps(cls("text")))) is cls


@pytest.mark.parametrize(
    ("word", "name", "job"),
    [
        ("failed", "JobFailedError", "FailedJob"),
        ("cancelled", "JobCancelledError", "CancelledJob"),
        ("pending", "WaitTimeoutError", "PendingJob"),
    ],
)
@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_a_wait_raises_the_errors_of_its_package(
    job_sandbox: Sandbox, word: str, name: str, job: str, many: bool
) -> None:
    outcome: Any = "succeeded" if word == "pending" else word
    seconds = 60.0 if word == "pending" else 0.0
    id = str(job_sandbox.create_job("aitronos", outcome=outcome, seconds=seconds).id)
    timeout = 0.0 if word == "pending" else 10.0
    url = job_sandbox.url("aitronos")
    with aitronos_client.Client(job_sandbox.api_key, base_url=url) as client:
        error: Any
        if many:
            error = wait_for_all(client.jobs, [id], timeout=timeout)[0].error
        else:
            with pytest.raises(getattr(jobwait, name)) as caught:
                client.jobs.wait_for_completion(id, timeout=timeout)
            error = caught.value
    assert type(error) is getattr(aitronos_client, name)
    assert isinstance(error, getattr(jobwait, name))
    assert type(error.job).__name__ == job
    assert "".join(traceback.format_exception_only(error)).startswith(f"aitronos_client.{name}: ")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, again.job) == (type(error), error.args, error.job)
    module = importlib.import_module(type(error).__module__)
    restored = getattr(module, type(error).__name__)(*error.args)
    assert type(restored) is type(error)


def test_time_that_stands_still_ends_a_wait() -> None:
    class Frozen(Time):
        def sleep(self, delay: float) -> None:
            assert delay >= 0

    with pytest.raises(ConfigurationError, match="freezegun"):
        Sync().wait(Script(Frozen(), answer("pending")), timeout=5)


def test_what_a_schedule_raises_ends_that_wait_alone() -> None:
    class Broken:
        def delay(self, poll: Poll, /) -> float:
            if poll.elapsed < 0.5:
                raise ZeroDivisionError("no such delay")
            return 1.0

    time = Time()
    fleet = Fleet(time)
    ids = fleet.add(Job(0.0), Job(5.0))
    resource = fleet.resource()

    async def main() -> Any:
        return await async_wait_for_all(resource, ids, schedule=Broken())

    first, second = run(time, main())
    assert first.error is None
    assert isinstance(second.error, WaitError)
    assert isinstance(second.error.__cause__, ZeroDivisionError)
    assert "no such delay" in str(second.error)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"schedule": lambda: Fixed(_any("1"))}, "'1'"),
        ({"on_update": lambda: "print"}, "'print'"),
        ({"timeout": lambda: "5"}, "'5'"),
    ],
)
def test_options_of_a_wrong_type_are_refused_by_name(options: Any, named: str) -> None:
    client = Client(KEY)
    with pytest.raises(jobwait.InvalidArgumentError, match=named):
        wait_for_completion(client.jobs, "job_1", **{key: make() for key, make in options.items()})


def test_a_header_of_a_wrong_type_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"X-Number is a str, not of type int"):
        Client(KEY, headers=_any({"X-Number": 5}))


def _any(value: Any) -> Any:
    return value


EVENTLET = """
import sys, types
patcher = types.ModuleType("eventlet.patcher")
patcher.is_monkey_patched = lambda name: name == "thread"
sys.modules["eventlet.patcher"] = patcher
from docurift_client import Client
from jobwait import ConfigurationError, wait_for_all
try:
    wait_for_all(Client("key-of-a-test").jobs, ["job_1"])
except ConfigurationError as error:
    print(error)
"""


def test_threads_that_eventlet_has_patched_are_refused_with_what_to_do() -> None:
    done = subprocess.run([sys.executable, "-c", EVENTLET], capture_output=True, text=True)
    assert "eventlet.monkey_patch(thread=False)" in done.stdout


def test_closing_that_is_cancelled_leaves_nothing_in_the_loops_log() -> None:
    async def main() -> list[Any]:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        client = AsyncClient(KEY, base_url="http://127.0.0.1:9")
        closing = asyncio.ensure_future(client.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        await asyncio.sleep(0.01)
        return complaints

    assert asyncio.run(main()) == []
