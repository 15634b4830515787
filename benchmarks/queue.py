"""The app of Celery's whose workers `benchmarks.holds` measures."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

from benchmarks.holds import Sink
from jobwait import Provider
from jobwait.celery import install

app = Celery("holds", broker=os.environ["BROKER_URL"])
app.conf.update(
    task_default_queue_type="quorum",
    task_default_exchange_type="topic",
    broker_transport_options={"confirm_publish": True},
    worker_prefetch_multiplier=1,
    # Outcomes do not stand in line behind the waits of others.
    task_routes={"benchmarks.queue.job_ended": "outcomes"},
)
sink = Sink(os.environ["SINK"])


@app.task(acks_late=True, ignore_result=True)
def job_ended(key: str, outcome: dict[str, Any]) -> None:
    """Keep when a job was told of."""
    sink.write(outcome["id"])


def client(provider: Provider) -> Any:
    """The client of a worker."""
    return provider.async_client("key", base_url=os.environ["PROVIDER_URL"])


waits = install(app, deliver=job_ended, client=client)
