# Generated from specs/docurift.yaml by `jobwait-generate`; edits are lost.
"""DocuRift: Document processing jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import jobwait

from ._errors import JobFailedError, WaitTimeoutError
from .models import CompletedJob, Job, JobResponse

GET_JOB: Final = jobwait.JobOperation[str, JobResponse, Job, CompletedJob](
    provider="docurift",
    operation_id="getJob",
    method="GET",
    path="/v1/jobs/{id}",
    parts=(jobwait.Part("id", "path", str),),
    response_type=JobResponse,
    job_attribute="data",
    status="/data/status",
    states={
        "pending": "pending",
        "processing": "running",
        "completed": "succeeded",
        "failed": "failed",
    },
    progress="/data/progress",
    progress_max=100.0,
    failure_code="/data/error/code",
    failure_message="/data/error/message",
    failure_retryable="/data/error/details/retryable",
    errors=jobwait.WaitErrors(
        failed=JobFailedError,
        timeout=WaitTimeoutError,
    ),
    polling=jobwait.Polling(
        initial=1.0,
        multiplier=1.5,
        maximum=10.0,
        timeout=261.0,
        not_found_grace=0.0,
    ),
)


class JobsResource(jobwait.Resource[str, Job, CompletedJob]):
    """Document processing jobs. Of the `Client`."""

    operation = GET_JOB

    def get_job(self, id: str, *, timeout: float | None = None) -> Job:
        """Get a document processing job.

        Reports the state, the progress and, once there is one, the result of a document
        processing job. Ask after 1 second and then ever less often, every 10 seconds at last;
        `completed` and `failed` are final. Most jobs are done within 30 seconds. DocuRift
        offers webhooks for those who would rather be told. A job is kept for 30 days after it
        completed or failed; then this endpoint answers 404.

        Args:
            id: The identifier that DocuRift gave the job.
            timeout: Seconds that one request may take in all; the client's if not given.

        Raises:
            AuthenticationError: The credentials are missing or not valid, or they have
                expired.
            PermissionDeniedError: The credentials are good, but not for this job.
            NotFoundError: There is no such job, or it ended more than 30 days ago.
            RateLimitError: Too many requests in too short a time.
            APIConnectionError: No whole answer came, not even to a retry.
            ResponseDecodeError: The answer is not JSON, or has no status.
            InvalidArgumentError: The id cannot be one; nothing was sent.
        """
        return self._get_job(GET_JOB, id, timeout)

    def wait_for_completion(
        self,
        id: str,
        *,
        timeout: float | None = 261.0,
        on_update: Callable[[Job], object] | None = None,
        schedule: jobwait.Schedule | None = None,
        not_found_grace: float = 0.0,
    ) -> CompletedJob:
        """Poll a job until it has succeeded, and return it.

        Args:
            id: The identifier that DocuRift gave the job.
            timeout: Seconds in all, requests included; 0 is one poll, None is for ever.
            on_update: Called with the job after every poll that saw it, the last one too.
            schedule: When to poll, as `jobwait.Fixed(2)`. If not given, polls aim at the
                job's end by its progress, and otherwise come at a fixed pace within what
                DocuRift recommends, and at least 1 s apart.
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
            id,
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

    def get_job(self, id: str, *, timeout: float | None = None) -> jobwait.RawResponse[JobResponse]:
        """As `JobsResource.get_job`, with the whole response."""
        return self._get_raw(GET_JOB, id, timeout)


class AsyncJobsResource(jobwait.AsyncResource[str, Job, CompletedJob]):
    """Document processing jobs. Of the `AsyncClient`."""

    operation = GET_JOB

    async def get_job(self, id: str, *, timeout: float | None = None) -> Job:
        """Get a document processing job.

        Reports the state, the progress and, once there is one, the result of a document
        processing job. Ask after 1 second and then ever less often, every 10 seconds at last;
        `completed` and `failed` are final. Most jobs are done within 30 seconds. DocuRift
        offers webhooks for those who would rather be told. A job is kept for 30 days after it
        completed or failed; then this endpoint answers 404.

        Args:
            id: The identifier that DocuRift gave the job.
            timeout: Seconds that one request may take in all; the client's if not given.

        Raises:
            AuthenticationError: The credentials are missing or not valid, or they have
                expired.
            PermissionDeniedError: The credentials are good, but not for this job.
            NotFoundError: There is no such job, or it ended more than 30 days ago.
            RateLimitError: Too many requests in too short a time.
            APIConnectionError: No whole answer came, not even to a retry.
            ResponseDecodeError: The answer is not JSON, or has no status.
            InvalidArgumentError: The id cannot be one; nothing was sent.
        """
        return await self._get_job(GET_JOB, id, timeout)

    async def wait_for_completion(
        self,
        id: str,
        *,
        timeout: float | None = 261.0,
        on_update: Callable[[Job], object] | None = None,
        schedule: jobwait.Schedule | None = None,
        not_found_grace: float = 0.0,
    ) -> CompletedJob:
        """Poll a job until it has succeeded, and return it.

        Args:
            id: The identifier that DocuRift gave the job.
            timeout: Seconds in all, requests included; 0 is one poll, None is for ever.
            on_update: Called with the job after every poll that saw it, the last one too.
            schedule: When to poll, as `jobwait.Fixed(2)`. If not given, polls aim at the
                job's end by its progress, and otherwise come at a fixed pace within what
                DocuRift recommends, and at least 1 s apart.
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
            id,
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
        self, id: str, *, timeout: float | None = None
    ) -> jobwait.RawResponse[JobResponse]:
        """As `AsyncJobsResource.get_job`, with the whole response."""
        return await self._get_raw(GET_JOB, id, timeout)
