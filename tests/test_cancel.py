"""A wait that ends its job where that does not end in time, on both drivers, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pytest

from jobwait import (
    APITimeoutError,
    AsyncBaseClient,
    BaseClient,
    Operation,
    Part,
    WaitTimeoutError,
    wait_for_completion,
)
from jobwait._messages import Headers, Request, Response
from jobwait._requests import AsyncCalls, AsyncRuntime, Calls, Runtime

from .kit.widgets import (
    CONFIG,
    ID,
    KEY,
    AsyncJobsResource,
    JobsResource,
    Time,
    get_job_operation,
)

CANCEL: Final[Operation[str, bytes]] = Operation(
    provider="widgets",
    operation_id="cancelJob",
    method="DELETE",
    path="/v1/jobs/{id}",
    parts=(Part("id", "path", str),),
    response_type=bytes,
)


OPERATION: Final = get_job_operation(cancel=CANCEL)
TIMEOUT: Final = 60.0


class Provider:
    """Tells that a job is running, and takes any time to cancel it."""

    def __init__(self, time: Time, *, seconds: float = 0.5, status: int = 204) -> None:
        self.time = time
        self.methods: list[str] = []
        self._seconds = seconds
        self._status = status

    def __call__(self, request: Request, limit: float) -> Response:
        self.methods.append(request.method)
        if request.method == "GET":
            return Response(200, Headers([]), b'{"data": {"id": "job_1", "status": "running"}}')
        assert limit > 0
        self.time.now += min(self._seconds, limit)
        if self._seconds > limit:
            raise APITimeoutError("too slow")
        return Response(self._status, Headers([]), b"")

    async def answer(self, request: Request, limit: float) -> Response:
        return self(request, limit)


def blocking(provider: Provider, limiter: Any = None, **options: Any) -> Any:
    time = provider.time
    client = BaseClient(CONFIG, {"api_key": KEY}, limiter=limiter)
    runtime = Runtime(time.clock, time.sleep, time.random, time.time)
    transport: Any = provider
    resource = JobsResource(Calls(client._calls.options, transport, runtime))
    resource.operation = OPERATION
    return wait_for_completion(resource, ID, timeout=TIMEOUT, on_timeout="cancel", **options)


def on_loop(provider: Provider, limiter: Any = None, **options: Any) -> Any:
    time = provider.time

    async def main() -> Any:
        client = AsyncBaseClient(CONFIG, {"api_key": KEY}, limiter=limiter)
        runtime = AsyncRuntime(time.clock, time.async_sleep, time.random, time.time)
        resource = AsyncJobsResource(AsyncCalls(client._calls.options, provider.answer, runtime))
        resource.operation = OPERATION
        return await wait_for_completion(
            resource, ID, timeout=TIMEOUT, on_timeout="cancel", **options
        )

    return asyncio.run(main())


Wait: TypeAlias = Callable[..., Any]


@pytest.fixture(params=[blocking, on_loop])
def wait(request: pytest.FixtureRequest) -> Wait:
    chosen: Wait = request.param
    return chosen


@pytest.mark.parametrize(
    ("seconds", "status", "note"),
    [
        (0.5, 204, "The job was cancelled, for which 5 s of the timeout are kept."),
        (0.5, 409, "The job was not cancelled: Widgets answered cancelJob with 409 Conflict"),
        (0.5, 500, "The job was not cancelled: Widgets answered cancelJob with 500"),
        (1e9, 204, "The job was not cancelled: too slow"),
    ],
)
def test_a_job_that_does_not_end_is_cancelled_within_the_timeout(
    wait: Wait, seconds: float, status: int, note: str
) -> None:
    provider = Provider(Time(), seconds=seconds, status=status)
    began = provider.time.now
    with pytest.raises(WaitTimeoutError) as caught:
        wait(provider)
    assert provider.time.now - began <= TIMEOUT
    assert provider.methods.count("DELETE") == 1
    assert caught.value.__notes__[0].startswith(note)


def test_a_limiter_does_not_make_a_wait_that_cancels_last_longer(wait: Wait) -> None:
    provider = Provider(Time())
    began = provider.time.now
    with pytest.raises(WaitTimeoutError) as caught:
        wait(provider, lambda: 3.0 if len(provider.methods) else 0.0)
    assert provider.time.now - began <= TIMEOUT
    assert "DELETE" not in provider.methods
    assert "limiter= allowed no request within 5 s" in caught.value.__notes__[0]


@pytest.mark.parametrize("error", [WaitTimeoutError("mine"), TimeoutError("mine"), KeyError("a")])
def test_what_on_update_raises_cancels_no_job(wait: Wait, error: Exception) -> None:
    def on_update(_: object) -> None:
        raise error

    provider = Provider(Time())
    with pytest.raises(type(error)) as caught:
        wait(provider, on_update=on_update)
    assert caught.value is error
    assert provider.methods == ["GET"]
