"""The trigger, the operator's parts and the hook, each by itself."""

from __future__ import annotations

import asyncio
import json
import time
from copy import copy
from pkgutil import resolve_name
from typing import Any
from uuid import uuid4

import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from airflow.triggers.base import BaseTrigger
from airflow_provider_jobwait.hooks.jobwait import JobwaitHook
from airflow_provider_jobwait.operators.jobwait import WaitForJobsOperator
from airflow_provider_jobwait.outcomes import JobOutcome, conclude
from airflow_provider_jobwait.sensors.jobwait import WaitForJobsSensor
from airflow_provider_jobwait.triggers.jobwait import WaitForJobsTrigger
from airflow_provider_jobwait.waiting import cancel, ids, names, resumed

from jobwait import ConfigurationError, InvalidArgumentError, Operation, Part, Waitable

from ..programs import until
from ..provider import new_job
from .conftest import KEY

OPERATION = "GET /v1/jobs/{id}"
Outcomes = list[dict[str, Any]]


def make(job_ids: list[Any], *, ago: float = 0.0, timeout: float | None = 60.0) -> BaseTrigger:
    return WaitForJobsTrigger(
        provider="docurift",
        operation=OPERATION,
        conn_id="jobwait_default",
        job_ids=job_ids,
        started=time.time() - ago,
        timeout=timeout,
        result=["result/confidence", "result/none"],
    )


def stored(trigger: BaseTrigger) -> str:
    """What Airflow keeps of a trigger."""
    return json.dumps(trigger.serialize())


def run(text: str) -> Outcomes:
    """Run a trigger as a triggerer does, which has only what was stored of it."""
    path, arguments = json.loads(text)
    trigger: BaseTrigger = resolve_name(path)(**arguments)

    async def main() -> Outcomes:
        [event] = [event async for event in trigger.run()]
        payload: Outcomes = event.payload
        return payload

    return asyncio.run(main())


@pytest.mark.usefixtures("connection")
def test_a_stored_trigger_waits_for_all_jobs_and_knows_no_key() -> None:
    good, bad = new_job(0.5), new_job(0.2, end="failed")
    text = stored(make([good, bad]))
    assert KEY not in text
    first, second = run(text)
    assert first == {
        "id": good,
        "outcome": "succeeded",
        "result": {"result/confidence": 0.97},
        "error": None,
    }
    assert (second["id"], second["outcome"]) == (bad, "failed")
    assert second["error"]["type"] == "JobFailedError"
    assert second["error"]["code"] == "OCR_FAILED"


@pytest.mark.usefixtures("connection")
def test_the_deadline_is_that_of_the_first_triggerer() -> None:
    done, endless = new_job(0.001), new_job(3600)
    began = time.monotonic()
    outcomes = run(stored(make([done, endless], ago=600, timeout=60)))
    assert [each["outcome"] for each in outcomes] == ["succeeded", "timeout"]
    assert time.monotonic() - began < 60


@pytest.mark.usefixtures("connection")
def test_one_trigger_waits_for_thousands_of_jobs() -> None:
    jobs = [new_job(1) for _ in range(2000)]
    outcomes = run(stored(make(jobs)))
    assert [each["id"] for each in outcomes] == jobs
    assert {each["outcome"] for each in outcomes} == {"succeeded"}


@pytest.mark.usefixtures("connection")
def test_the_operator_hands_over_ids_and_an_absolute_deadline() -> None:
    operator = WaitForJobsOperator(
        task_id="wait", provider="spideriq", job_ids=[uuid4(), str(uuid4())], timeout=90
    )
    before = time.time()
    with pytest.raises(TaskDeferred) as caught:
        operator.execute({})
    deferred: Any = caught.value
    _, arguments = json.loads(stored(deferred.trigger))
    assert arguments["job_ids"] == [str(job) for job in operator.job_ids]
    assert before <= arguments["started"] <= time.time()
    assert arguments["timeout"] == 90
    assert deferred.timeout.total_seconds() > 90


@pytest.mark.usefixtures("connection")
def test_what_cannot_work_fails_before_anything_is_deferred() -> None:
    def execute(**arguments: Any) -> None:
        WaitForJobsOperator(task_id="wait", **arguments).execute({})

    with pytest.raises(InvalidArgumentError, match="no id of GET"):
        execute(provider="spideriq", job_ids="5")
    with pytest.raises(ValueError, match=r"'nobody' is installed; installed: .*docurift"):
        execute(provider="nobody", job_ids="5")
    with pytest.raises(ValueError, match="job_ids is empty"):
        execute(provider="docurift", job_ids=None)


@pytest.mark.usefixtures("connection")
def test_a_sensor_that_is_rescheduled_ends_with_all_outcomes_in_order() -> None:
    jobs = [new_job(0.001), new_job(1.0), new_job(0.001)]

    def poke() -> Any:  # in a process of its own
        sensor = WaitForJobsSensor(
            task_id="wait",
            provider="docurift",
            job_ids=jobs,
            deferrable=False,
            mode="reschedule",
            poke_interval=1.0,
        )
        return sensor.poke({})

    first = poke()
    assert not first.is_done
    until(lambda: time.time() * 1000 > int(jobs[1].split("_")[2]), "all jobs have ended")
    last = poke()
    assert last.is_done
    assert [each["id"] for each in last.xcom_value] == jobs


def test_a_connection_without_a_key_fails_before_anything_is_deferred(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_JOBWAIT_DEFAULT", '{"conn_type": "jobwait"}')
    with pytest.raises(ConfigurationError, match="no key for DocuRift"):
        WaitForJobsOperator(task_id="wait", provider="docurift", job_ids="job_1").execute({})


def test_a_connections_extra_holds_other_arguments_of_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extra = {"bearer_token": KEY, "timeout": 7}
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps({"conn_type": "jobwait", "extra": extra}))
    with JobwaitHook("docurift", "other").get_conn() as client:
        assert client.timeout == 7
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", '{"conn_type": "jobwait", "extra": {"colour": "red"}}')
    with pytest.raises(ValueError, match=r"'other' has 'colour', .* those are api_key, "):
        JobwaitHook("docurift", "other").get_conn()


def test_a_connection_has_a_form_of_its_own() -> None:
    forms = ProvidersManager().iter_connection_type_hook_ui_metadata()
    [form] = (form for form in forms if form.connection_type == "jobwait")
    assert form.hook_name == "jobwait"
    assert form.field_behaviour == {
        "hidden_fields": ["schema", "login", "port"],
        "relabeling": {"password": "API key", "host": "Base URL"},
        "placeholders": {"host": "the provider's own, if empty"},
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("job_1", ["job_1"]),
        (5, [5]),
        (["a", "b"], ["a", "b"]),
        ("['a', 'b']", ["a", "b"]),
        ('["a", 5]', ["a", 5]),
        ([], []),
    ],
)
def test_ids_come_as_one_as_several_or_as_the_text_of_a_template(value: Any, expected: Any) -> None:
    assert ids(value) == expected


class CancellableJobs(Waitable):
    """Those of DocuRift, if it had an operation to cancel a job."""

    def resource(self, client: Any) -> Any:
        resource = super().resource(client)
        cancelling: Operation[str, Any] = Operation(
            provider="docurift",
            operation_id="cancelJob",
            method="POST",
            path="/v1/jobs/{id}/cancel",
            parts=(Part("id", "path", str),),
            response_type=Any,
        )
        operation: Any = copy(resource.operation)
        operation.cancel = cancelling
        vars(resource)["operation"] = operation
        return resource


@pytest.mark.parametrize(
    "value", ["result/confidence", ["result/confidence"], "['result/confidence']"]
)
def test_fields_come_as_one_as_several_or_as_the_text_of_a_template(value: Any) -> None:
    assert names(value) == ["result/confidence"]
    assert names(()) == []


@pytest.mark.usefixtures("connection")
def test_jobs_of_a_task_that_is_ended_are_cancelled_where_the_provider_can() -> None:
    endless = [new_job(3600) for _ in range(3)]
    hook = JobwaitHook("docurift")
    waits = resumed(hook, endless, time.time(), None)
    asyncio.run(cancel(hook, waits))
    assert [each["outcome"] for each in run(stored(make(endless, timeout=0)))] == ["timeout"] * 3
    vars(hook)["waitable"] = CancellableJobs(
        operation=OPERATION, attribute="jobs", method="get_job", id_types=(str,), id_names=("id",)
    )
    asyncio.run(cancel(hook, waits))
    outcomes = run(stored(make(endless)))
    assert [each["error"]["code"] for each in outcomes] == ["CANCELLED"] * 3


class TaskInstance:
    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


@pytest.mark.parametrize(
    ("outcome", "error"), [("failed", AirflowFailException), ("timeout", AirflowException)]
)
def test_a_task_fails_with_its_jobs_and_is_retried_where_that_may_help(
    outcome: str, error: type[Exception]
) -> None:
    instance: Any = TaskInstance()
    told: JobOutcome = {
        "id": 5,
        "outcome": outcome,
        "result": {},
        "error": {"type": "JobFailedError", "code": None, "message": "the scan is blank"},
    }
    with pytest.raises(AirflowException, match=r"1 of 1 .* 5, .*: the scan is blank") as caught:
        conclude({"ti": instance}, [told], raise_on_failure=True)
    assert type(caught.value) is error
    assert instance.pushed == {"return_value": [told]}
    assert conclude({"ti": instance}, [told], raise_on_failure=False) == [told]
