"""A user's DAGs: jobs are started, waited for, and what came of them is kept in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task
from airflow_provider_jobwait.operators.jobwait import WaitForJobsOperator
from airflow_provider_jobwait.sensors.jobwait import WaitForJobsSensor

from tests.engines.provider import new_job

RESULT = ["result/confidence", "documentId"]


@task
def start(seconds: list[float]) -> list[str]:
    """Start jobs that take so long."""
    return [new_job(each) for each in seconds]


@task
def keep(name: str, outcomes: Any) -> None:
    """Write a line for each outcome."""
    with Path(os.environ["JOBWAIT_OUTCOMES"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps([name, each])}\n" for each in outcomes)


with DAG("every_kind", schedule=None):
    ids = start([0.5, 2.0, 3.0])
    deferred = WaitForJobsOperator(
        task_id="deferred", provider="docurift", job_ids=ids, result=RESULT
    )
    templated = WaitForJobsOperator(
        task_id="templated",
        provider="{{ 'docurift' }}",
        job_ids="{{ ti.xcom_pull('start') }}",
        deferrable=False,
    )
    templated.set_upstream(ids)
    sensed = WaitForJobsSensor(task_id="sensed", provider="docurift", job_ids=ids)
    poked = WaitForJobsSensor(
        task_id="poked", provider="docurift", job_ids=ids, deferrable=False, poke_interval=0.5
    )
    for waiting in (deferred, templated, sensed, poked):
        keep(waiting.task_id, waiting.output)


with DAG("interrupted", schedule="@once", default_args={"retries": 3, "retry_delay": 1}):
    # They outlast a restart of everything.
    ids = start([each / 4 for each in range(1, 61)])
    ended = WaitForJobsOperator(task_id="ended", provider="docurift", job_ids=ids, timeout=300)
    # This one outlasts its deadline.
    endless = start.override(task_id="start_endless")([3600.0])
    late = WaitForJobsOperator(
        task_id="late", provider="docurift", job_ids=endless, timeout=25, raise_on_failure=False
    )
    for waiting in (ended, late):
        keep(waiting.task_id, waiting.output)
