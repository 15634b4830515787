"""Outcomes as XCom holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict

from airflow.sdk.exceptions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

    from jobwait import Outcome

MAX_MESSAGE: Final = 500
"""Characters of a message that are kept."""


class JobError(TypedDict):
    """Why there is no succeeded job."""

    type: str
    """The class of jobwait's error, as in `JobFailedError`."""
    code: str | None
    message: str


class JobOutcome(TypedDict):
    """How the wait for one job ended."""

    id: str | int | list[str | int]
    outcome: str
    """`succeeded`, `failed`, `cancelled`, `timeout` or `error`."""
    result: dict[str, Any]
    """The fields of the job that `result=` names, as far as the job has them."""
    error: JobError | None


def job_outcome(outcome: Outcome[Any], fields: Sequence[str]) -> JobOutcome:
    """The part of an outcome that is worth a place in Airflow's database.

    Args:
        fields: Names under which the provider sends them; `a/b` is the `b` in `a`.
    """
    plain = outcome.to_dict()
    error: JobError | None = plain["error"]
    if error is not None:
        error["message"] = error["message"][:MAX_MESSAGE]
    values = {name: _value(plain["job"], name) for name in fields}
    return {
        "id": plain["id"],
        "outcome": plain["outcome"],
        "result": {name: value for name, value in values.items() if value is not None},
        "error": error,
    }


def conclude(
    context: Context, outcomes: list[JobOutcome], *, raise_on_failure: bool
) -> list[JobOutcome]:
    """What a task returns.

    Raises:
        AirflowFailException: A job failed or was cancelled; waiting again would not help.
        AirflowException: The wait for a job came to nothing; a retry of the task may help.
    """
    bad = [(each, each["error"]) for each in outcomes if each["error"] is not None]
    if not (bad and raise_on_failure):
        return outcomes
    # What comes after this task with another trigger rule may want to know.
    task_instance: Any = context.get("ti")
    task_instance.xcom_push(key="return_value", value=outcomes)
    first, error = bad[0]
    final = all(each["outcome"] in ("failed", "cancelled") for each, _ in bad)
    raise (AirflowFailException if final else AirflowException)(
        f"{len(bad)} of {len(outcomes)} jobs did not succeed; the first is {first['id']}, "
        f"{first['outcome']}: {error['message']}"
    )


def _value(job: Any, name: str) -> Any:
    try:
        for key in name.split("/"):
            job = job[key]
    except (KeyError, TypeError):
        return None
    return job
