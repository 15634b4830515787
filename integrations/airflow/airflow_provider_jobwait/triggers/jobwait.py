"""The trigger that waits for jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, Final, NoReturn

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_jobwait.hooks.jobwait import JobwaitHook
from airflow_provider_jobwait.outcomes import JobOutcome, job_outcome
from airflow_provider_jobwait.waiting import cancel, resumed
from jobwait import Wait, async_as_completed

SPARE: Final = 600.0
"""Seconds after the deadline until Airflow gives up on a triggerer that does not come."""


class WaitForJobsTrigger(BaseTrigger):
    """Waits for many jobs, and tells once how all of them ended.

    What Airflow stores of it holds no key and never changes: any triggerer can begin anew, with
    what is left until the same deadline.

    Args:
        provider: As for the hook; so are `operation` and `conn_id`.
        job_ids: As JSON has them.
        started: When the wait began, in seconds since the epoch.
        timeout: Seconds from then on; None is for ever.
        result: The job's fields to return, as for the operator.
    """

    def __init__(
        self,
        *,
        provider: str,
        operation: str,
        conn_id: str,
        job_ids: Sequence[Any],
        started: float,
        timeout: float | None,
        result: Sequence[str],
    ) -> None:
        super().__init__()
        self.provider: Final = provider
        self.operation: Final = operation
        self.conn_id: Final = conn_id
        self.job_ids: Final = job_ids
        self.started: Final = started
        self.timeout: Final = timeout
        self.result: Final = result

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class, and what it is made with."""
        names = ("provider", "operation", "conn_id", "job_ids", "started", "timeout", "result")
        arguments = {name: getattr(self, name) for name in names}
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and yield one event: the outcomes in the order of the ids."""
        # Reading what is installed, and making thousands of waits, would hold up other triggers.
        hook, waits = await asyncio.to_thread(self._prepare)
        outcomes: dict[Any, JobOutcome] = {}
        async with await hook.get_async_conn() as client:
            resource = hook.waitable.resource(client)
            # So would taking in all at once, as is done with a list.
            pairs = ((resource, wait) for wait in waits)
            async for outcome in async_as_completed(pairs):
                outcomes[outcome.job_id] = job_outcome(outcome, self.result)
        self.log.info("%d jobs of %s have ended", len(outcomes), self.provider)
        yield TriggerEvent([outcomes[wait.job_id] for wait in waits])

    async def on_kill(self) -> None:
        """Cancel the jobs, where the provider can; Airflow calls it when a user ends the task."""
        hook, waits = await asyncio.to_thread(self._prepare)
        await cancel(hook, waits)

    def _prepare(self) -> tuple[JobwaitHook, list[Wait]]:
        hook = JobwaitHook(self.provider, self.conn_id, self.operation)
        return hook, resumed(hook, self.job_ids, self.started, self.timeout)


def defer(
    operator: BaseOperator, hook: JobwaitHook, waits: list[Wait], result: Sequence[str]
) -> NoReturn:
    """Have a triggerer go on with waits that have just begun."""
    first = waits[0]
    trigger = WaitForJobsTrigger(
        provider=first.provider,
        operation=first.operation,
        conn_id=hook.conn_id,
        job_ids=[wait.to_dict()["job_id"] for wait in waits],
        started=first.started,
        timeout=first.timeout,
        result=list(result),
    )
    spare = None if first.timeout is None else timedelta(seconds=first.timeout + SPARE)
    operator.defer(trigger=trigger, method_name="execute_complete", timeout=spare)
