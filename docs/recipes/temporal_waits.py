"""Waits on Temporal: one activity for a batch of jobs, which goes on from its last heartbeat."""

import asyncio
import os
import time
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from docurift_client import AsyncClient

    from jobwait import Wait, async_advance

QUEUE = "waits"


@activity.defn
async def wait_for_jobs(waits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Wait for jobs, and return how each of them ended."""
    # After a crash, on whichever worker, the last heartbeat says what was known.
    outcomes: list[dict[str, Any]] = []
    for last in activity.info().heartbeat_details:
        outcomes, waits = last
    waiting = [Wait.from_dict(wait) for wait in waits]
    async with AsyncClient(base_url=os.environ.get("DOCURIFT_URL"), timeout=10) as client:
        while waiting:
            now = time.time()
            due = [(client.jobs, wait) for wait in waiting if wait.due <= now]
            done, polled = await async_advance(due)
            outcomes += [outcome.to_dict() for outcome in done]
            waiting = [wait for wait in waiting if wait.due > now] + polled
            activity.heartbeat([outcomes, [wait.to_dict() for wait in waiting]])
            if waiting:
                pause = min(wait.due for wait in waiting) - time.time()
                # Heartbeats come in time, even if no poll is due.
                await asyncio.sleep(min(max(0.1, pause), 5))
    return outcomes


@workflow.defn
class Batch:
    """A workflow whose jobs have been started elsewhere."""

    @workflow.run
    async def run(self, waits: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the outcomes."""
        return await workflow.execute_activity(
            wait_for_jobs,
            waits,
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(seconds=20),  # more than a turn and a request may take
        )


async def work(server: str) -> None:
    """Work until the process is ended."""
    client = await Client.connect(server)
    # Nothing is kept in a worker's memory that another one would have to wait for.
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Batch],
        activities=[wait_for_jobs],
        max_cached_workflows=0,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(work(os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233")))
