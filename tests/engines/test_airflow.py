"""DAGs with the operator and the sensor, run by an Airflow that has an environment of its own."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from .programs import PATIENCE, Program, Programs, free_port, listens, missing, until

COMPONENTS: Final = ("dag-processor", "scheduler", "triggerer")
PYTHON: Final = "JOBWAIT_AIRFLOW_PYTHON"
"""The variable with the interpreter that has Airflow and the provider for it."""


@pytest.fixture(scope="module")
def airflow(programs: Programs, provider: str) -> Mapping[str, str]:
    """The environment of all components of an Airflow, whose database is there."""
    if PYTHON not in os.environ:
        missing("an environment with Airflow", "nox -s engines, which makes one")
    home, port = programs.folder / "airflow", free_port()
    connection = {"conn_type": "jobwait", "password": "key-of-a-test", "host": provider}
    settings = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": str(Path(__file__).parent / "airflow" / "dags"),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": "shared-by-all-components-of-this-test-" * 2,
        "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "SCHEDULER__JOB_HEARTBEAT_SEC": "1",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "5",
        "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "TRIGGERER__JOB_HEARTBEAT_SEC": "1",
        "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    env = {f"AIRFLOW__{name}": value for name, value in settings.items()}
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW_CONN_JOBWAIT_DEFAULT": json.dumps(connection)}
    env |= {"JOBWAIT_OUTCOMES": str(home / "outcomes")}
    programs.finish(start(programs, env, "db", "migrate"))
    (home / "outcomes").touch()
    return env


def start(programs: Programs, env: Mapping[str, str], *arguments: str) -> Program:
    return programs.start(os.environ[PYTHON], "-m", "airflow", *arguments, env=env)


def start_components(programs: Programs, env: Mapping[str, str]) -> list[Program]:
    # Their servers for logs would listen on all interfaces.
    quiet = {"scheduler": ["--skip-serve-logs"], "triggerer": ["--skip-serve-logs"]}
    return [start(programs, env, name, *quiet.get(name, [])) for name in COMPONENTS]


def outcomes(env: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    file = Path(env["JOBWAIT_OUTCOMES"])
    return [tuple(json.loads(line)) for line in file.read_text().splitlines()]


def query(env: Mapping[str, str], statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(Path(env["AIRFLOW_HOME"], "airflow.db"), timeout=30)) as database:
        return database.execute(statement).fetchall()


def test_every_way_to_wait_ends_with_all_outcomes(
    programs: Programs, airflow: Mapping[str, str]
) -> None:
    programs.finish(start(programs, airflow, "dags", "test", "every_kind"))
    kept = outcomes(airflow)
    kinds = Counter((name, outcome["outcome"]) for name, outcome in kept)
    names = ("deferred", "templated", "sensed", "poked")
    assert kinds == {(name, "succeeded"): 3 for name in names}
    results = [outcome["result"] for name, outcome in kept if name == "deferred"]
    assert results == [{"result/confidence": 0.97, "documentId": "doc_1"}] * 3
    orders = {name: [outcome["id"] for each, outcome in kept if each == name] for name in names}
    assert len(set(map(tuple, orders.values()))) == 1


def test_each_outcome_is_there_once_when_all_components_are_killed(
    programs: Programs, airflow: Mapping[str, str]
) -> None:
    port = int(airflow["AIRFLOW__API__PORT"])
    server = start(programs, airflow, "api-server")
    until(lambda: listens(port), "the server listens", server)
    # It is slow to answer first.
    httpx.get(f"http://127.0.0.1:{port}/execution/health/ping", timeout=PATIENCE)
    others = start_components(programs, airflow)
    waiting = (
        "SELECT count(*) FROM task_instance JOIN trigger ON trigger_id = trigger.id "
        "WHERE task_id = 'ended' AND triggerer_id IS NOT NULL"
    )
    until(lambda: query(airflow, waiting) == [(1,)], "a triggerer waits", server, *others)
    for program in others:
        program.kill()
    others = start_components(programs, airflow)
    state = "SELECT state FROM dag_run WHERE dag_id = 'interrupted'"
    until(lambda: query(airflow, state) == [("success",)], "the run succeeds", server, *others)
    kept = outcomes(airflow)
    ended = Counter(outcome["id"] for name, outcome in kept if name == "ended")
    assert set(ended.values()) == {1}
    assert len(ended) == 60
    assert [outcome["outcome"] for name, outcome in kept if name == "late"] == ["timeout"]
    for program in (server, *others):
        program.kill()
