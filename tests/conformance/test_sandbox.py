"""Schemathesis, which knows nothing but our documents, finds nothing wrong with the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml

import jobwait.sandbox

SPECS = Path(__file__).parents[2] / "specs"
DOCUMENTS = [SPECS / f"{name}.yaml" for name in ("aitronos", "descripio", "docurift", "spideriq")]
"""Those written here: others are taken as they are."""

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[path.stem for path in DOCUMENTS]
)


@each_document
def test_schemathesis_finds_nothing(document: Path, tmp_path: Path) -> None:
    config = Path(__file__).with_name("schemathesis.toml")
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "--no-color"]
    with jobwait.sandbox.run() as sandbox:
        done = subprocess.run(
            [*command, "run", document, f"--url={sandbox.url(document.stem)}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        statuses = {entry.status for entry in sandbox.log()}
    assert done.returncode == 0, done.stdout + done.stderr
    # A run that never met a job, or never lacked a key, has checked nothing.
    assert {200, 401} <= statuses


@each_document
def test_schemathesis_accepts_every_status_of_a_played_job(document: Path) -> None:
    ((path, item),) = yaml.safe_load(document.read_text("utf-8"))["paths"].items()
    schemas: Any = schemathesis.openapi
    operation = schemas.from_path(document)[path]["GET"]
    extension = item["get"]["x-wait-for-completion"]
    now = 0.0
    seen: set[str] = set()
    with jobwait.sandbox.run(clock=lambda: now) as sandbox:
        known = httpx.get(sandbox.base_url).json()["providers"][document.stem]
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        for outcome in known["outcomes"]:
            job = sandbox.create_job(document.stem, seconds=2, outcome=outcome)
            for _ in ("pending", "running", "ended"):
                response = httpx.get(job.url, headers=headers)
                operation.validate_response(response)
                value = response.json()
                for part in extension["status"].split("/")[1:]:
                    value = value[part]
                seen.add(value)
                now += 1
    assert seen == extension["states"].keys()
