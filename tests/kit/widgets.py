"""A provider made by hand in the form of a generated package, with fakes for all around it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final, Literal, TypeAlias

import httpx
from attrs import field, frozen

from jobwait import (
    UNSET,
    AsyncBaseClient,
    AsyncResource,
    BaseClient,
    ClientConfig,
    Credential,
    JobOperation,
    Model,
    Part,
    Polling,
    RawResource,
    RawResponse,
    Resource,
    UnknownVariant,
    Unset,
    wait_for_completion,
)
from jobwait._requests import AsyncRuntime, Runtime

KEY: Final = "widget-key-0123456789"
ID: Final = "job_1"

CONFIG: Final = ClientConfig(
    provider="widgets",
    title="Widgets",
    base_url="https://api.widgets.test",
    user_agent="widgets-client/1.0",
    credentials=(
        Credential("api_key", "X-API-Key", "", "WIDGETS_API_KEY"),
        Credential("bearer_token", "Authorization", "Bearer ", None),
    ),
)


@frozen(kw_only=True)
class PendingJob(Model):
    id: str
    status: Literal["pending"]
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class RunningJob(Model):
    id: str
    status: Literal["running"]
    progress: float | Unset | None = UNSET
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class CompletedJob(Model):
    id: str
    status: Literal["completed"]
    result: str
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class FailedJob(Model):
    id: str
    status: Literal["failed"]
    error: Any | Unset = UNSET
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class CancelledJob(Model):
    id: str
    status: Literal["cancelled"]
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class UnknownJob(UnknownVariant):
    __discriminator__: ClassVar[str] = "status"
    status: Literal["__unknown__"] = "__unknown__"
    raw_status: str
    raw: Mapping[str, Any]


Job: TypeAlias = PendingJob | RunningJob | CompletedJob | FailedJob | CancelledJob | UnknownJob


@frozen(kw_only=True)
class JobResponse(Model):
    data: Job
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


def _skip(delay: float) -> None:
    assert delay >= 0


async def _skip_later(delay: float) -> None:
    assert delay >= 0
    await asyncio.sleep(0)


SLEEPLESS: Final = Runtime(sleep=_skip)
"""The real clock, and no pauses."""
ASYNC_SLEEPLESS: Final = AsyncRuntime(sleep=_skip_later)
"""The same on an event loop."""

POLLING: Final = Polling(initial=1.0, multiplier=2.0, maximum=4.0, timeout=60.0)


def get_job_operation(
    provider: str = "widgets", polling: Polling = POLLING, **options: Any
) -> JobOperation[str, JobResponse, Job, CompletedJob]:
    return JobOperation(
        provider=provider,
        operation_id="getJob",
        method="GET",
        path="/v1/jobs/{id}",
        parts=(Part("id", "path", str),),
        response_type=JobResponse,
        job_attribute="data",
        status="/data/status",
        states={
            "pending": "pending",
            "running": "running",
            "completed": "succeeded",
            "failed": "failed",
            "cancelled": "cancelled",
        },
        progress="/data/progress",
        progress_max=100.0,
        failure_code="/data/error/code",
        failure_message="/data/error/message",
        failure_retryable="/data/error/retryable",
        polling=polling,
        **options,
    )


GET_JOB: Final = get_job_operation()


class JobsResource(Resource[str, Job, CompletedJob]):
    operation = GET_JOB

    def get_job(self, id: str, *, timeout: float | None = None) -> Job:
        return self.calls.run(self.calls.job(GET_JOB, id, timeout))

    @property
    def with_raw_response(self) -> JobsResourceWithRawResponse:
        return JobsResourceWithRawResponse(self.calls)


class JobsResourceWithRawResponse(RawResource):
    def get_job(self, id: str, *, timeout: float | None = None) -> RawResponse[JobResponse]:
        return self.calls.run(self.calls.call(GET_JOB, id, timeout))


class AsyncJobsResource(AsyncResource[str, Job, CompletedJob]):
    operation = GET_JOB

    async def get_job(self, id: str, *, timeout: float | None = None) -> Job:
        return await self.calls.run(self.calls.job(GET_JOB, id, timeout))


def answer(status: str, *, code: int = 200, headers: Any = None, **fields: Any) -> httpx.Response:
    """A response with a job in this status."""
    if status == "completed":
        fields = {"result": "done"} | fields
    body = {"data": {"id": ID, "status": status, **fields}}
    return httpx.Response(code, json=body, headers=headers)


EPOCH: Final = 1.7e9
"""Seconds since the epoch at the zero of a test's clock."""


class Time:
    """A clock that only sleeping, and slow responses, move on; jitter is chosen by the test."""

    def __init__(self, draw: float = 0.0) -> None:
        self.now = 1000.0
        self.draw = draw
        self.skew = 0.0
        """By how much the clock is ahead of other machines' ones."""

    def clock(self) -> float:
        return self.now + self.skew

    def time(self) -> float:
        """Seconds since the epoch."""
        return EPOCH + self.now

    def sleep(self, delay: float) -> None:
        assert delay >= 0
        self.now += delay

    async def async_sleep(self, delay: float) -> None:
        self.sleep(delay)
        await asyncio.sleep(0)

    def random(self) -> float:
        return self.draw


Step: TypeAlias = httpx.Response | Exception | Callable[[], httpx.Response]


class Script:
    """A provider that answers as told, the last answer for ever, and notes when it was asked."""

    def __init__(self, time: Time, *steps: Step, seconds: float = 0.0) -> None:
        self.time = time
        self.seconds = seconds
        """How long every answer takes."""
        self.times: list[float] = []
        """When each request came, from the start of the test."""
        self.requests: list[httpx.Request] = []
        self._steps: Iterator[Step] = iter(steps)
        self._last: Step = steps[-1]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.times.append(round(self.time.now - 1000.0, 6))
        self.requests.append(request)
        step = next(self._steps, self._last)
        self.time.now += self.seconds
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            # A response object can be read once.
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step()


class Sync:
    """Drives a blocking client."""

    def __init__(self) -> None:
        self.credentials: dict[str, Any] = {"api_key": KEY}

    def client(self, script: Script, **options: Any) -> BaseClient:
        time = script.time
        return BaseClient(
            CONFIG,
            self.credentials,
            http_client=httpx.Client(transport=httpx.MockTransport(script)),
            runtime=Runtime(time.clock, time.sleep, time.random),
            **options,
        )

    def get(self, script: Script, job_id: Any = ID, **options: Any) -> Job:
        return JobsResource(self.client(script, **options)._calls).get_job(job_id)

    def wait(self, script: Script, job_id: Any = ID, **options: Any) -> CompletedJob:
        return wait_for_completion(JobsResource(self.client(script)._calls), job_id, **options)


class Async(Sync):
    """Drives an asynchronous client, and gives the same answers."""

    def async_client(self, script: Script, **options: Any) -> AsyncBaseClient:
        time = script.time
        return AsyncBaseClient(
            CONFIG,
            self.credentials,
            http_client=httpx.AsyncClient(transport=httpx.MockTransport(script)),
            runtime=AsyncRuntime(time.clock, time.async_sleep, time.random),
            **options,
        )

    def get(self, script: Script, job_id: Any = ID, **options: Any) -> Job:
        async def main() -> Job:
            return await AsyncJobsResource(self.async_client(script, **options)._calls).get_job(
                job_id
            )

        return asyncio.run(main())

    def wait(self, script: Script, job_id: Any = ID, **options: Any) -> CompletedJob:
        async def main() -> CompletedJob:
            resource = AsyncJobsResource(self.async_client(script)._calls)
            return await wait_for_completion(resource, job_id, **options)

        return asyncio.run(main())


def body_of(response: httpx.Response) -> Any:
    return json.loads(response.content)
