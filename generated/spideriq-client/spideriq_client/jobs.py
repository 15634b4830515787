# Generated from specs/spideriq.yaml by `jobwait-generate`; edits are lost.
"""SpiderIQ: Scraping jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

import jobwait

from ._errors import JobCancelledError, JobFailedError, WaitTimeoutError
from .models import Job

GET_JOB: Final = jobwait.JobOperation[UUID | str, Job, Job, Job](
    provider="spideriq",
    operation_id="getJob",
    method="GET",
    path="/api/v1/jobs/{job_id}/status",
    parts=(jobwait.Part("job_id", "path", UUID),),
    response_type=Job,
    job_attribute="",
    status="/status",
    states={
        "queued": "pending",
        "processing": "running",
        "completed": "succeeded",
        "failed": "failed",
        "cancelled": "cancelled",
    },
    errors=jobwait.WaitErrors(
        failed=JobFailedError,
        cancelled=JobCancelledError,
        timeout=WaitTimeoutError,
    ),
    polling=jobwait.Polling(
        initial=3.0,
        multiplier=1.0,
        maximum=3.0,
        timeout=300.0,
        not_found_grace=0.0,
    ),
)


class JobsResource(jobwait.Resource[UUID | str, Job, Job]):
    """Scraping jobs. Of the `Client`."""

    operation = GET_JOB

    def get_job(self, job_id: UUID | str, *, timeout: float | None = None) -> Job:
        """Get a scraping job's status.

        Reports the state of one scraping job. Ask every 2 to 5 seconds while it is `queued` or
        `processing`, less often when told to slow down, and stop at `completed`, `failed` or
        `cancelled`. The answer carries neither the result nor, for a failed job, the reason:
        SpiderIQ keeps both in its results endpoint.

        Args:
            job_id: The UUID that SpiderIQ gave the job.
            timeout: Seconds that one request may take in all; the client's if not given.

        Raises:
            AuthenticationError: The token is missing or not valid. Assumed where the
                provider's documentation is silent.
            NotFoundError: There is no such job. Assumed where the provider's documentation
                is silent.
            RateLimitError: Too many requests in too short a time. Assumed where the
                provider's documentation is silent.
            APIConnectionError: No whole answer came, not even to a retry.
            ResponseDecodeError: The answer is not JSON, or has no status.
            InvalidArgumentError: The id cannot be one; nothing was sent.
        """
        return self._get_job(GET_JOB, job_id, timeout)

    def wait_for_completion(
        self,
        job_id: UUID | str,
        *,
        timeout: float | None = 300.0,
        on_update: Callable[[Job], object] | None = None,
        schedule: jobwait.Schedule | None = None,
        not_found_grace: float = 0.0,
    ) -> Job:
        """Poll a job until it has succeeded, and return it.

        Args:
            job_id: The UUID that SpiderIQ gave the job.
            timeout: Seconds in all, requests included; 0 is one poll, None is for ever.
            on_update: Called with the job after every poll that saw it, the last one too.
            schedule: When to poll, as `jobwait.Fixed(2)`. If not given, polls come at a
                fixed pace within what SpiderIQ recommends, and at least 3 s apart.
            not_found_grace: Seconds in which a 404 means that the job is not there yet.

        Raises:
            JobFailedError: The job failed; the error has the job, and the reason where one
                is given.
            JobCancelledError: The job was cancelled.
            WaitTimeoutError: The job did not end in time; the error has the last that was
                seen.
            APIError: The request was refused, or got no answer several times in a row.
            InvalidArgumentError: The id, or an option, cannot work; nothing was sent.
        """
        return jobwait.wait_for_completion(
            self,
            job_id,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            not_found_grace=not_found_grace,
        )

    @property
    def with_raw_response(self) -> JobsResourceWithRawResponse:
        """The same operations, each returning the whole response."""
        return JobsResourceWithRawResponse(self.calls)


class JobsResourceWithRawResponse(jobwait.RawResource):
    """`JobsResource` with the status code, the headers and the body around each value."""

    def get_job(
        self, job_id: UUID | str, *, timeout: float | None = None
    ) -> jobwait.RawResponse[Job]:
        """As `JobsResource.get_job`, with the whole response."""
        return self._get_raw(GET_JOB, job_id, timeout)


class AsyncJobsResource(jobwait.AsyncResource[UUID | str, Job, Job]):
    """Scraping jobs. Of the `AsyncClient`."""

    operation = GET_JOB

    async def get_job(self, job_id: UUID | str, *, timeout: float | None = None) -> Job:
        """Get a scraping job's status.

        Reports the state of one scraping job. Ask every 2 to 5 seconds while it is `queued` or
        `processing`, less often when told to slow down, and stop at `completed`, `failed` or
        `cancelled`. The answer carries neither the result nor, for a failed job, the reason:
        SpiderIQ keeps both in its results endpoint.

        Args:
            job_id: The UUID that SpiderIQ gave the job.
            timeout: Seconds that one request may take in all; the client's if not given.

        Raises:
            AuthenticationError: The token is missing or not valid. Assumed where the
                provider's documentation is silent.
            NotFoundError: There is no such job. Assumed where the provider's documentation
                is silent.
            RateLimitError: Too many requests in too short a time. Assumed where the
                provider's documentation is silent.
            APIConnectionError: No whole answer came, not even to a retry.
            ResponseDecodeError: The answer is not JSON, or has no status.
            InvalidArgumentError: The id cannot be one; nothing was sent.
        """
        return await self._get_job(GET_JOB, job_id, timeout)

    async def wait_for_completion(
        self,
        job_id: UUID | str,
        *,
        timeout: float | None = 300.0,
        on_update: Callable[[Job], object] | None = None,
        schedule: jobwait.Schedule | None = None,
        not_found_grace: float = 0.0,
    ) -> Job:
        """Poll a job until it has succeeded, and return it.

        Args:
            job_id: The UUID that SpiderIQ gave the job.
            timeout: Seconds in all, requests included; 0 is one poll, None is for ever.
            on_update: Called with the job after every poll that saw it, the last one too.
            schedule: When to poll, as `jobwait.Fixed(2)`. If not given, polls come at a
                fixed pace within what SpiderIQ recommends, and at least 3 s apart.
            not_found_grace: Seconds in which a 404 means that the job is not there yet.

        Raises:
            JobFailedError: The job failed; the error has the job, and the reason where one
                is given.
            JobCancelledError: The job was cancelled.
            WaitTimeoutError: The job did not end in time; the error has the last that was
                seen.
            APIError: The request was refused, or got no answer several times in a row.
            InvalidArgumentError: The id, or an option, cannot work; nothing was sent.
        """
        return await jobwait.wait_for_completion(
            self,
            job_id,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            not_found_grace=not_found_grace,
        )

    @property
    def with_raw_response(self) -> AsyncJobsResourceWithRawResponse:
        """The same operations, each returning the whole response."""
        return AsyncJobsResourceWithRawResponse(self.calls)


class AsyncJobsResourceWithRawResponse(jobwait.AsyncRawResource):
    """`AsyncJobsResource` with the status code, the headers and the body around each value."""

    async def get_job(
        self, job_id: UUID | str, *, timeout: float | None = None
    ) -> jobwait.RawResponse[Job]:
        """As `AsyncJobsResource.get_job`, with the whole response."""
        return await self._get_raw(GET_JOB, job_id, timeout)
