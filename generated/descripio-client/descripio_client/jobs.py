# Generated from specs/descripio.yaml by `jobwait-generate`; edits are lost.
"""Descripio: Review scraping jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import jobwait

from ._errors import JobFailedError, WaitTimeoutError
from .models import Job

GET_JOB: Final = jobwait.JobOperation[int, Job, Job, Job](
    provider="descripio",
    operation_id="getJob",
    method="GET",
    path="/api/v1/jobs/{jobId}",
    parts=(jobwait.Part("jobId", "path", int),),
    response_type=Job,
    job_attribute="",
    status="/status",
    states={
        "queued": "pending",
        "processing": "running",
        "completed": "succeeded",
        "failed": "failed",
    },
    failure_message="/error",
    errors=jobwait.WaitErrors(
        failed=JobFailedError,
        timeout=WaitTimeoutError,
    ),
    polling=jobwait.Polling(
        initial=5.0,
        multiplier=1.0,
        maximum=5.0,
        timeout=120.0,
        not_found_grace=0.0,
    ),
)


class JobsResource(jobwait.Resource[int, Job, Job]):
    """Review scraping jobs. Of the `Client`."""

    operation = GET_JOB

    def get_job(self, job_id: int, *, timeout: float | None = None) -> Job:
        """Get a review scraping job.

        Reports the state of one review scraping job. Ask every 5 seconds and give up after 2 to
        3 minutes; `completed` and `failed` are final. The reviews themselves are not part of
        the answer: once the job is completed, Descripio holds them ready.

        Args:
            job_id: The number that `POST /reviews/refresh` returned for the job.
            timeout: Seconds that one request may take in all; the client's if not given.

        Raises:
            BadRequestError: The job ID is not a number.
            AuthenticationError: The API key does not exist, or it was revoked.
            NotFoundError: There is no such job, or another store owns it.
            RateLimitError: Too many requests in too short a time. Assumed where the
                provider's documentation is silent.
            APIConnectionError: No whole answer came, not even to a retry.
            ResponseDecodeError: The answer is not JSON, or has no status.
            InvalidArgumentError: The id cannot be one; nothing was sent.
        """
        return self._get_job(GET_JOB, job_id, timeout)

    def wait_for_completion(
        self,
        job_id: int,
        *,
        timeout: float | None = 120.0,
        on_update: Callable[[Job], object] | None = None,
        schedule: jobwait.Schedule | None = None,
        not_found_grace: float = 0.0,
    ) -> Job:
        """Poll a job until it has succeeded, and return it.

        Args:
            job_id: The number that `POST /reviews/refresh` returned for the job.
            timeout: Seconds in all, requests included; 0 is one poll, None is for ever.
            on_update: Called with the job after every poll that saw it, the last one too.
            schedule: When to poll, as `jobwait.Fixed(2)`. If not given, polls come at a
                fixed pace within what Descripio recommends, and at least 5 s apart.
            not_found_grace: Seconds in which a 404 means that the job is not there yet.

        Raises:
            JobFailedError: The job failed; the error has the job, and the reason where one
                is given.
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

    def get_job(self, job_id: int, *, timeout: float | None = None) -> jobwait.RawResponse[Job]:
        """As `JobsResource.get_job`, with the whole response."""
        return self._get_raw(GET_JOB, job_id, timeout)


class AsyncJobsResource(jobwait.AsyncResource[int, Job, Job]):
    """Review scraping jobs. Of the `AsyncClient`."""

    operation = GET_JOB

    async def get_job(self, job_id: int, *, timeout: float | None = None) -> Job:
        """Get a review scraping job.

        Reports the state of one review scraping job. Ask every 5 seconds and give up after 2 to
        3 minutes; `completed` and `failed` are final. The reviews themselves are not part of
        the answer: once the job is completed, Descripio holds them ready.

        Args:
            job_id: The number that `POST /reviews/refresh` returned for the job.
            timeout: Seconds that one request may take in all; the client's if not given.

        Raises:
            BadRequestError: The job ID is not a number.
            AuthenticationError: The API key does not exist, or it was revoked.
            NotFoundError: There is no such job, or another store owns it.
            RateLimitError: Too many requests in too short a time. Assumed where the
                provider's documentation is silent.
            APIConnectionError: No whole answer came, not even to a retry.
            ResponseDecodeError: The answer is not JSON, or has no status.
            InvalidArgumentError: The id cannot be one; nothing was sent.
        """
        return await self._get_job(GET_JOB, job_id, timeout)

    async def wait_for_completion(
        self,
        job_id: int,
        *,
        timeout: float | None = 120.0,
        on_update: Callable[[Job], object] | None = None,
        schedule: jobwait.Schedule | None = None,
        not_found_grace: float = 0.0,
    ) -> Job:
        """Poll a job until it has succeeded, and return it.

        Args:
            job_id: The number that `POST /reviews/refresh` returned for the job.
            timeout: Seconds in all, requests included; 0 is one poll, None is for ever.
            on_update: Called with the job after every poll that saw it, the last one too.
            schedule: When to poll, as `jobwait.Fixed(2)`. If not given, polls come at a
                fixed pace within what Descripio recommends, and at least 5 s apart.
            not_found_grace: Seconds in which a 404 means that the job is not there yet.

        Raises:
            JobFailedError: The job failed; the error has the job, and the reason where one
                is given.
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
        self, job_id: int, *, timeout: float | None = None
    ) -> jobwait.RawResponse[Job]:
        """As `AsyncJobsResource.get_job`, with the whole response."""
        return await self._get_raw(GET_JOB, job_id, timeout)
