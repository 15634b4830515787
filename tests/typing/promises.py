"""What type checkers promise a user's editor; checked by both of them, never run."""

from __future__ import annotations

from typing import Any, Literal, assert_never, assert_type
from uuid import UUID

import aitronos_client
import descripio_client
import docurift_client
import spideriq_client
from descripio_client import jobs as descripio_jobs
from docurift_client import jobs as docurift_jobs, models as docurift

from jobwait import (
    Checkpoint,
    JobFailedError,
    JobwaitError,
    Outcome,
    RawResponse,
    Succeeded,
    Unset,
    Unsuccessful,
    as_completed,
    async_as_completed,
    async_wait_for_all,
    wait_for_all,
    wait_for_completion,
)


def docurift_returns_the_completed_job(client: docurift_client.Client) -> None:
    job = client.jobs.wait_for_completion("job_abc123")
    assert_type(job, docurift.CompletedJob)
    assert_type(job.result.confidence, float)
    assert_type(wait_for_completion(client.jobs, "job_abc123"), docurift.CompletedJob)


async def so_does_the_asynchronous_client(client: docurift_client.AsyncClient) -> None:
    job = await client.jobs.wait_for_completion("job_abc123")
    assert_type(job, docurift.CompletedJob)
    assert_type(await wait_for_completion(client.jobs, "job_abc123"), docurift.CompletedJob)
    assert_type(await client.jobs.get_job("job_abc123"), docurift.Job)


def aitronos_has_a_list_once_completed(client: aitronos_client.Client) -> None:
    job = client.jobs.wait_for_completion("job_abc123")
    assert_type(job, aitronos_client.CompletedJob)
    print(job.extracted_data[0]["title"], len(job.extracted_data))


def single_schema_jobs_are_called_job(
    descripio: descripio_client.Client, spideriq: spideriq_client.Client
) -> None:
    assert_type(descripio.jobs.wait_for_completion(5), descripio_client.Job)
    assert_type(spideriq.jobs.wait_for_completion(UUID(int=5)), spideriq_client.Job)
    assert_type(spideriq.jobs.get_job("00000000-0000-0000-0000-000000000005"), spideriq_client.Job)
    assert_type(descripio.jobs.get_job(5).status, descripio_client.JobStatus | str)


def get_job_gives_the_union(client: docurift_client.Client) -> None:
    assert_type(
        client.jobs.get_job("job_abc123"),
        docurift.PendingJob
        | docurift.ProcessingJob
        | docurift.CompletedJob
        | docurift.FailedJob
        | docurift.UnknownJob,
    )


def equality_narrows(job: docurift.Job) -> None:
    if job.status == "completed":
        assert_type(job, docurift.CompletedJob)
    elif job.status == "failed":
        assert_type(job.error.code, str)
    elif job.status == "__unknown__":
        assert_type(job, docurift.UnknownJob)
        assert_type(job.raw_status, str)
    else:
        assert_type(job, docurift.PendingJob | docurift.ProcessingJob)


def match_narrows_to_the_end(job: aitronos_client.Job) -> str:
    match job.status:
        case "pending" | "processing":
            return job.url
        case "completed":
            assert_type(job, aitronos_client.CompletedJob)
            return str(len(job.extracted_data))
        case "failed" | "cancelled":
            return job.job_id
        case "__unknown__":
            assert_type(job, aitronos_client.UnknownJob)
            return job.raw_status
        case _:
            assert_never(job)


def the_status_of_the_unknown_variant_is_a_literal(job: docurift.UnknownJob) -> None:
    assert_type(job.status, Literal["__unknown__"])


def the_raw_response_has_the_typed_envelope(client: docurift_client.Client) -> None:
    raw = client.jobs.with_raw_response.get_job("job_abc123")
    assert_type(raw, RawResponse[docurift.JobResponse])
    assert_type(raw.parsed.data, docurift.Job)
    assert_type(raw.body, bytes)
    assert_type(raw.json(), Any)


def on_update_sees_the_union(client: docurift_client.Client) -> None:
    def update(job: docurift.Job) -> None: ...

    client.jobs.wait_for_completion("job_abc123", on_update=update)
    client.jobs.wait_for_completion("job_abc123", on_update=print, timeout=None)


def unset_narrows(value: str | Unset) -> str:
    if value is docurift_client.UNSET:
        return ""
    assert_type(value, str)
    return value


def with_options_keeps_the_class(client: docurift_client.Client) -> None:
    assert_type(client.with_options(timeout=5), docurift_client.Client)
    with client as same:
        assert_type(same, docurift_client.Client)


def open_objects_are_mappings(job: docurift.CompletedJob) -> Any:
    return job.result.extracted_fields["invoiceNumber"]


def outcomes_have_the_succeeded_job(client: docurift_client.Client) -> None:
    for outcome in as_completed(client.jobs, ["job_abc123"], timeout=60):
        assert_type(outcome, Outcome[docurift.CompletedJob])
        assert_type(outcome.job, docurift.CompletedJob | None)
        assert_type(outcome.result().result.confidence, float)
        if outcome.error is None:
            assert_type(outcome, Succeeded[docurift.CompletedJob])
            assert_type(outcome.job.result.confidence, float)
        else:
            assert_type(outcome, Unsuccessful)
            assert_type(outcome.error, JobwaitError)
            assert_type(outcome.job, None)
    outcomes = wait_for_all(client.jobs, (str(number) for number in range(5)))
    assert_type(outcomes, list[Outcome[docurift.CompletedJob]])


async def so_have_those_of_asynchronous_clients(client: docurift_client.AsyncClient) -> None:
    async for outcome in async_as_completed(client.jobs, {"job_abc123"}):
        assert_type(outcome, Outcome[docurift.CompletedJob])
    pairs = [(client.jobs, "job_abc123")]
    outcomes = await async_wait_for_all(pairs, raise_on_failure=True)
    assert_type(outcomes, list[Outcome[docurift.CompletedJob]])


def on_update_for_many_sees_the_union(client: docurift_client.Client) -> None:
    def update(job: docurift.Job) -> None: ...

    wait_for_all(client.jobs, ["job_abc123"], on_update=update)
    as_completed([(client.jobs, "job_abc123")], on_update=update, max_in_flight=10)


def the_errors_of_a_package_have_its_jobs(client: docurift_client.Client) -> None:
    try:
        client.jobs.wait_for_completion("job_abc123")
    except docurift_client.JobFailedError as error:
        assert_type(error.job, docurift.FailedJob)
        assert_type(error.job.error.code, str)
        assert_type(error.code, str | None)
    except docurift_client.WaitTimeoutError as error:
        assert_type(error.job, docurift.Job | None)
    except JobFailedError as error:
        assert_type(error.job, Any)


def cancelled_jobs_and_single_schemas_are_typed_too(client: aitronos_client.Client) -> None:
    try:
        client.jobs.wait_for_completion("job_abc123")
    except aitronos_client.JobCancelledError as error:
        assert_type(error.job, aitronos_client.CancelledJob)
    except descripio_client.JobFailedError as error:
        assert_type(error.job, descripio_client.Job)


def the_error_of_an_outcome_narrows_to_that_of_a_package(client: docurift_client.Client) -> None:
    for outcome in as_completed(client.jobs, ["job_abc123"]):
        if isinstance(outcome.error, docurift_client.JobFailedError):
            assert_type(outcome.error.job, docurift.FailedJob)


def a_package_has_a_version() -> None:
    assert_type(docurift_client.__version__, str)


def a_mix_of_providers_has_a_job_of_either(
    pairs: list[tuple[docurift_jobs.JobsResource, str] | tuple[descripio_jobs.JobsResource, int]],
    first: docurift_client.Client,
    second: descripio_client.Client,
) -> None:
    # The union for pyright, the base class for mypy, and no error for either.
    for outcome in as_completed(pairs):
        assert_type(outcome.error, JobwaitError | None)
    wait_for_all([(first.jobs, "job_abc123"), (second.jobs, 5)])


def a_checkpoint_keeps_the_types_of_many_waits(
    client: docurift_client.Client, checkpoint: Checkpoint
) -> None:
    for outcome in checkpoint.as_completed(client.jobs, ["job_abc123"], timeout=60, repeat=True):
        assert_type(outcome, Outcome[docurift.CompletedJob])
    outcomes = checkpoint.wait_for_all([(client.jobs, "job_abc123")], raise_on_failure=True)
    assert_type(outcomes, list[Outcome[docurift.CompletedJob]])


async def so_does_it_for_asynchronous_clients(
    client: docurift_client.AsyncClient, checkpoint: Checkpoint
) -> None:
    async for outcome in checkpoint.async_as_completed(client.jobs, ["job_abc123"]):
        assert_type(outcome, Outcome[docurift.CompletedJob])
    outcomes = await checkpoint.async_wait_for_all(client.jobs, ["job_abc123"])
    assert_type(outcomes, list[Outcome[docurift.CompletedJob]])
