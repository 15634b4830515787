"""Airflow of its own, in a folder, on loopback."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import pytest

from ..programs import Programs, free_port

KEY: Final = "key-of-a-test"
# Airflow reads it when it is first imported.
os.environ["AIRFLOW_HOME"] = mkdtemp()


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    """The connection `jobwait_default`, as the environment holds it."""
    monkeypatch.setenv("AIRFLOW_CONN_JOBWAIT_DEFAULT", uri(provider))


def uri(url: str) -> str:
    return f'{{"conn_type": "jobwait", "password": "{KEY}", "host": "{url}"}}'


@pytest.fixture(scope="session")
def airflow(programs: Programs, provider: str) -> Mapping[str, str]:
    """The environment of all components of an Airflow, whose database is there."""
    home, port = programs.folder / "airflow", free_port()
    settings = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
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
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW_CONN_JOBWAIT_DEFAULT": uri(provider)}
    env |= {"JOBWAIT_OUTCOMES": str(home / "outcomes")}
    programs.run("-m", "airflow", "db", "migrate", env=env)
    (home / "outcomes").touch()
    return env
