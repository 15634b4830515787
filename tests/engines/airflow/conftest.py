"""What is tested in an environment that has Airflow."""

from __future__ import annotations

import json
import os
from tempfile import mkdtemp
from typing import Final

import pytest

KEY: Final = "key-of-a-test"
# Airflow reads it when it is first imported.
os.environ["AIRFLOW_HOME"] = mkdtemp()


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    """The connection `jobwait_default`, as the environment holds it."""
    connection = {"conn_type": "jobwait", "password": KEY, "host": provider}
    monkeypatch.setenv("AIRFLOW_CONN_JOBWAIT_DEFAULT", json.dumps(connection))
