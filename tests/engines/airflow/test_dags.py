"""DAGs with the operator and the sensor, run by Airflow itself."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from ..programs import Program, Programs, listens, until

COMPONENTS = ("dag-processor", "scheduler", "triggerer")


def outcomes(env: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    file = Path(env["JOBWAIT_OUTCOMES"])
    return [tuple(json.loads(line)) for line in file.read_text().splitlines()]


def query(env: Mapping[str, str], statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(Path(env["AIRFLOW_HOME"], "airflow.db"), timeout=30)) as database:
        return database.execute(statement).fetchall()


def start(programs: Programs, env: Mapping[str, str], names: Iterable[str]) -> list[Program]:
    # Their servers for logs would listen on all interfaces.
    quiet = {"scheduler": ["--skip-serve-logs"], "triggerer": ["--skip-serve-logs"]}
    return [programs.python("-m", "airflow", name, *quiet.get(name, []), env=env) for name in names]


def test_every_way_to_wait_ends_with_all_outcomes(
    programs: Programs, airflow: Mapping[str, str]
) -> None:
    programs.run("-m", "airflow", "dags", "test", "every_kind", env=airflow)
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
    [server] = start(programs, airflow, ["api-server"])
    until(lambda: listens(port), "the server listens", seconds=120)
    # It is slow to answer first.
    httpx.get(f"http://127.0.0.1:{port}/execution/health/ping", timeout=120)
    others = start(programs, airflow, COMPONENTS)
    waiting = (
        "SELECT count(*) FROM task_instance JOIN trigger ON trigger_id = trigger.id "
        "WHERE dag_id = 'interrupted' AND triggerer_id IS NOT NULL"
    )
    until(lambda: query(airflow, waiting) == [(2,)], "a triggerer waits", seconds=120)
    for program in others:
        program.kill()
    others = start(programs, airflow, COMPONENTS)
    state = "SELECT state FROM dag_run WHERE dag_id = 'interrupted'"
    until(lambda: query(airflow, state) == [("success",)], "the run succeeds", seconds=180)
    kept = outcomes(airflow)
    ended = Counter(outcome["id"] for name, outcome in kept if name == "ended")
    assert set(ended.values()) == {1}
    assert len(ended) == 60
    assert [outcome["outcome"] for name, outcome in kept if name == "late"] == ["timeout"]
    for program in (server, *others):
        program.stop()
