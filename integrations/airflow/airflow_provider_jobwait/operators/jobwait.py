"""The operator that waits for jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_jobwait.hooks.jobwait import JobwaitHook
from airflow_provider_jobwait.outcomes import JobOutcome, conclude, job_outcome
from airflow_provider_jobwait.triggers.jobwait import defer
from airflow_provider_jobwait.waiting import cancel, names, started
from jobwait import UNSET, Unset, wait_for_all

if TYPE_CHECKING:
    from airflow.sdk import Context

    from jobwait import Wait


class WaitForJobsOperator(BaseOperator):
    """Waits for jobs that were started before, and returns how each of them ended.

    Args:
        provider: The name of a package that is installed, as in `docurift`.
        job_ids: One, or several; a task that returns ids may stand for them.
        conn_id: The connection whose password is the key.
        operation: As in `GET /v1/jobs/{id}`, where the provider has several kinds of jobs.
        timeout: Seconds for all jobs, from when the task begins; None is for ever. The
            provider's recommendation if not given.
        result: The job's fields to return, under the provider's names; `a/b` is the `b` in `a`.
            They are stored by Airflow: name small ones.
        raise_on_failure: Whether the task fails where a job does not succeed. The outcomes are
            there all the same.
        deferrable: Whether a triggerer waits, and no worker.
    """

    template_fields: Collection[str] = ("provider", "job_ids", "conn_id", "operation", "result")

    def __init__(
        self,
        *,
        provider: str,
        job_ids: Any,
        conn_id: str = JobwaitHook.default_conn_name,
        operation: str | None = None,
        timeout: float | timedelta | Unset | None = UNSET,
        result: str | Sequence[str] = (),
        raise_on_failure: bool = True,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.provider = provider
        self.job_ids = job_ids
        self.conn_id = conn_id
        self.operation = operation
        self.timeout = timeout
        self.result = result
        self.raise_on_failure = raise_on_failure
        self.deferrable = deferrable
        self._open: tuple[JobwaitHook, list[Wait]] | None = None

    def execute(self, context: Context) -> list[JobOutcome]:
        """Wait, or have a triggerer wait."""
        hook = JobwaitHook(self.provider, self.conn_id, self.operation)
        waits = started(hook, self.job_ids, self.timeout)
        if self.deferrable and waits:
            defer(self, hook, waits, names(self.result))
        self._open = (hook, waits)
        with hook.get_conn() as client:
            resource = hook.waitable.resource(client)
            outcomes = wait_for_all([(resource, wait) for wait in waits])
        self._open = None
        fields = names(self.result)
        return self.execute_complete(context, [job_outcome(each, fields) for each in outcomes])

    def execute_complete(self, context: Context, event: list[JobOutcome]) -> list[JobOutcome]:
        """Go on with what the trigger yielded."""
        return conclude(context, event, raise_on_failure=self.raise_on_failure)

    def on_kill(self) -> None:
        """Cancel the jobs, where the provider can."""
        if self._open is not None:
            asyncio.run(cancel(*self._open))
