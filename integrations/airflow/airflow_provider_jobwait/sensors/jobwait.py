"""The sensor that waits for jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_jobwait.hooks.jobwait import JobwaitHook
from airflow_provider_jobwait.outcomes import JobOutcome, conclude, job_outcome
from airflow_provider_jobwait.triggers.jobwait import defer
from airflow_provider_jobwait.waiting import names, started
from jobwait import Wait, advance

if TYPE_CHECKING:
    from airflow.sdk import Context


LONGEST_POKE: Final = 3600.0
"""Seconds that polling all jobs once may take, at the pace that the provider allows."""


class WaitForJobsSensor(BaseSensorOperator):
    """Waits for jobs as `WaitForJobsOperator` does, with the options that sensors have.

    `timeout` is the sensor's own, which Airflow sets to seven days if it is not given. A sensor
    that is not deferrable polls when Airflow has it poke.

    Args:
        provider: As for the operator; so are the others.
    """

    template_fields: Collection[str] = ("provider", "job_ids", "conn_id", "operation", "result")

    def __init__(
        self,
        *,
        provider: str,
        job_ids: Any,
        conn_id: str = JobwaitHook.default_conn_name,
        operation: str | None = None,
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
        self.result = result
        self.raise_on_failure = raise_on_failure
        self.deferrable = deferrable
        self._job_ids: list[Any] = []
        self._open: list[Wait] | None = None
        self._outcomes: dict[Any, JobOutcome] = {}

    def execute(self, context: Context) -> Any:
        """Wait, or have a triggerer wait."""
        if not self.deferrable:
            return conclude(
                context, super().execute(context), raise_on_failure=self.raise_on_failure
            )
        hook = JobwaitHook(self.provider, self.conn_id, self.operation)
        waits = started(hook, self.job_ids, self.timeout)
        if waits:
            defer(self, hook, waits, names(self.result))
        return []

    def poke(self, context: Context) -> PokeReturnValue:
        """Poll what is due, and tell whether all jobs have ended."""
        hook = JobwaitHook(self.provider, self.conn_id, self.operation)
        if self._open is None:
            self._open = started(hook, self.job_ids, None)
            self._job_ids = [wait.job_id for wait in self._open]
        with hook.get_conn() as client:
            resource = hook.waitable.resource(client)
            # In the mode `reschedule` the next poke knows nothing of this one: so it polls all.
            pairs = [(resource, wait) for wait in self._open]
            done, self._open = advance(pairs, seconds=LONGEST_POKE)
        fields = names(self.result)
        self._outcomes |= {each.job_id: job_outcome(each, fields) for each in done}
        if self._open:
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(
            is_done=True, xcom_value=[self._outcomes[id] for id in self._job_ids]
        )

    def execute_complete(self, context: Context, event: list[JobOutcome]) -> list[JobOutcome]:
        """Go on with what the trigger yielded.

        Raises:
            AirflowSensorTimeout: A job did not end in time.
        """
        late = [each["id"] for each in event if each["outcome"] == "timeout"]
        if late:
            raise AirflowSensorTimeout(f"{len(late)} of {len(event)} jobs did not end in time")
        return conclude(context, event, raise_on_failure=self.raise_on_failure)
