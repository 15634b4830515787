"""The command with a provider of one's own: several kinds of jobs, ids of parts, cancelling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jobwait_generator.document.document import load

from .kit.packages import Packages
from .kit.server import Answer, Server

QUEUED = Answer(200, {"id": "x", "status": "queued"})
DONE = Answer(200, {"id": "x", "status": "done"})
JOB: dict[str, Any] = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["queued", "done", "lost"]},
    },
}


def operation(tag: str, *ids: tuple[str, str], **links: Any) -> dict[str, Any]:
    answer = {"description": "", "content": {"application/json": {"schema": JOB}}}
    states = {"queued": "pending", "done": "succeeded", "lost": "failed"}
    return {
        "tags": [tag],
        "operationId": f"get_{tag}",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
            for name, kind in ids
        ],
        "responses": {"200": answer},
        "x-wait-for-completion": {"status": "/status", "states": states, **links},
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of a provider, as pip would install it."""
    things = operation("things", ("id", "string"), cancel={"operationId": "cancel_thing"})
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1.0.0"},
        "servers": [{"url": "https://api.acme.test"}],
        "paths": {
            "/things/{id}": {"get": things},
            "/things/{id}/cancel": {
                "post": {"operationId": "cancel_thing", "responses": {"204": {"description": ""}}}
            },
            "/boxes/{box}/parts/{part}": {
                "get": operation("parts", ("box", "string"), ("part", "integer"))
            },
        },
    }
    root = tmp_path_factory.mktemp("installed")
    packages = Packages(root)
    packages.write(load("acme.json", "acme", json.dumps(document).encode()))
    packages.forget()
    metadata = root / "acme_client-1.2.3.dist-info"
    metadata.mkdir()
    lines = "Metadata-Version: 2.1\nName: acme-client\nVersion: 1.2.3\n"
    (metadata / "METADATA").write_text(lines, encoding="utf-8")
    entry = "[jobwait.providers]\nacme = acme_client:PROVIDER\n"
    (metadata / "entry_points.txt").write_text(entry, encoding="utf-8")
    return root


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jobwait", *arguments],
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_jobs_of_several_kinds_are_told_apart_and_ids_have_parts(installed: Path) -> None:
    listed = json.loads(run(installed, "providers", "--json").stdout)
    [acme] = [each for each in listed if each["name"] == "acme"]
    assert acme["version"] == "1.2.3"
    assert [job["name"] for job in acme["jobs"]] == ["acme.things", "acme.parts"]

    which = run(installed, "wait", "acme", "x")
    assert which.returncode == 2
    assert "has jobs of several kinds: write one of acme.things, acme.parts" in which.stderr

    with Server(DONE) as server:
        options = ("--json", "--base-url", server.url)
        result = run(installed, "wait", "acme.parts:a/5", "acme.things:x", *options)
    assert result.returncode == 0, result.stderr
    ids = sorted(str(json.loads(line)["id"]) for line in result.stdout.splitlines())
    assert ids == ["['a', 5]", "x"]
    assert {request.path for request in server.requests} == {"/boxes/a/parts/5", "/things/x"}
    again = run(installed, "get", "acme.parts", "a/b/5")
    assert "an id of Acme is a whole number, not 'b/5'" in again.stderr


def test_a_job_that_does_not_end_in_time_is_cancelled_if_wanted(installed: Path) -> None:
    with Server(QUEUED, Answer(204, b"")) as server:
        options = ("--timeout", "0", "--on-timeout", "cancel", "--base-url", server.url)
        result = run(installed, "wait", "acme.things", "x", *options)
    assert result.returncode == 3
    assert "acme x: asked the provider to cancel it" in result.stderr
    assert [(each.method, each.path) for each in server.requests] == [
        ("GET", "/things/x"),
        ("POST", "/things/x/cancel"),
    ]

    refused = run(installed, "wait", "acme.parts", "a/5", "--on-timeout", "cancel")
    assert refused.returncode == 2
    assert "--on-timeout cancel: Acme has no operation for that" in refused.stderr


def test_a_job_is_cancelled(installed: Path) -> None:
    with Server(Answer(204, b""), Answer(409, {"why": "it has ended"})) as server:
        codes = [
            run(installed, "cancel", "acme.things", "x", "--base-url", server.url).returncode
            for _ in range(2)
        ]
    assert codes == [0, 4]
    assert server.requests[0].path == "/things/x/cancel"
