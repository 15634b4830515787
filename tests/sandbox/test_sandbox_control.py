"""The sandbox driven over HTTP."""

from __future__ import annotations

import json
import math
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from jobwait import providers
from jobwait.sandbox import Sandbox

if TYPE_CHECKING:
    from .conftest import Answer, Web

PROVIDERS = providers()
NAME = next(iter(PROVIDERS))


def token(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.control_token}"}


def create(sandbox: Sandbox, web: Web, body: Any) -> Answer:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return web.send("POST", f"{sandbox.base_url}/_control/jobs", token(sandbox), sent)


def test_the_front_page_tells_what_this_is(sandbox: Sandbox, web: Web) -> None:
    page = web.get(sandbox.base_url, {}).json()
    assert page["name"] == "jobwait sandbox"
    assert page["api_key"] == sandbox.api_key
    assert {name: entry["base_url"] for name, entry in page["providers"].items()} == {
        name: sandbox.url(name) for name in PROVIDERS
    }


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_job_is_created_with_the_arguments_of_create_job(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    faults = [{"kind": "server_error", "polls": [2, 3], "status": 502}, {"rate": 0.0, "seed": 1}]
    wanted = {"provider": provider, "seconds": 5, "outcome": "failed", "faults": faults}
    answer = create(sandbox, web, wanted)
    assert answer.status == 201
    job = answer.json()
    assert job.keys() == {"provider", "id", "outcome", "seconds", "url"}
    assert isinstance(job["id"], int) == (PROVIDERS[provider].id_type is int)
    assert [web.get(job["url"]).status for _ in range(4)] == [200, 502, 502, 200]


def test_only_the_provider_is_needed(sandbox: Sandbox, web: Web) -> None:
    job = create(sandbox, web, {"provider": NAME}).json()
    assert (job["outcome"], job["seconds"]) == ("succeeded", 2.0)


BAD: list[tuple[Any, str]] = [
    (b"", "JSON"),
    (b"{", "JSON"),
    ([], "object"),
    ({}, "provider"),
    ({"provider": "nobody"}, "nobody"),
    ({"provider": NAME, "outcome": "lost"}, "outcome"),
    ({"provider": NAME, "outcome": "pending"}, "outcome"),
    ({"provider": NAME, "seconds": "soon"}, "seconds"),
    ({"provider": NAME, "seconds": -1}, "seconds"),
    ({"provider": NAME, "secnods": 1}, "secnods"),
    ({"provider": NAME, "faults": {}}, "faults"),
    ({"provider": NAME, "faults": [1]}, "faults.0"),
    ({"provider": NAME, "faults": [{}]}, "kind"),
    ({"provider": NAME, "faults": [{"kind": "earthquake"}]}, "black_hole"),
    ({"provider": NAME, "faults": [{"kind": "reset", "poll": [1]}]}, "poll"),
    ({"provider": NAME, "faults": [{"kind": "reset", "polls": [0]}]}, "polls"),
    ({"provider": NAME, "faults": [{"kind": "reset", "until": -1}]}, "until"),
    ({"provider": NAME, "faults": [{"kind": "drip_body", "interval": math.nan}]}, "interval"),
    ({"provider": NAME, "faults": [{"kind": "rate_limit", "retry_after": -1}]}, "retry_after"),
    ({"provider": NAME, "faults": [{"rate": 2}]}, "0 to 1"),
    ({"provider": NAME, "faults": [{"rate": 0.5, "kinds": ["earthquake"]}]}, "kinds"),
]


@pytest.mark.parametrize(("body", "words"), BAD)
def test_bad_input_is_a_422_that_says_what_is_wrong(
    sandbox: Sandbox, web: Web, body: Any, words: str
) -> None:
    answer = create(sandbox, web, body)
    assert answer.status == 422
    assert words in answer.json()["error"]


def test_a_body_above_a_megabyte_is_refused(sandbox: Sandbox, web: Web) -> None:
    answer = create(sandbox, web, b" " * 1_000_001)
    assert answer.status == 413
    assert "1000000 bytes" in answer.json()["error"]


def test_the_log_is_the_same_as_in_python(sandbox: Sandbox, web: Web) -> None:
    for provider in PROVIDERS:
        web.get(sandbox.create_job(provider).url)
    entries = web.get(f"{sandbox.base_url}/_control/log", token(sandbox)).json()["requests"]
    log = sandbox.log()
    assert len(entries) == len(log)
    assert entries[-1].keys() == {name for name in dir(log[-1]) if not name.startswith("_")}
    assert [(e["poll"], e["state"], e["status"]) for e in entries] == [
        (e.poll, e.state, e.status) for e in log
    ]


@pytest.mark.parametrize(("method", "path"), [("GET", "/_control/jobs"), ("POST", "/")])
def test_a_wrong_method_is_a_405_in_json(
    sandbox: Sandbox, web: Web, method: str, path: str
) -> None:
    answer = web.send(method, sandbox.base_url + path, token(sandbox))
    assert answer.status == 405
    assert answer.json() == {"error": "Method Not Allowed"}


def test_a_path_of_nobody_is_a_404_in_json(sandbox: Sandbox, web: Web) -> None:
    answer = web.get(f"{sandbox.base_url}/nobody/v1/jobs/1")
    assert answer.status == 404
    assert answer.json() == {"error": "Not Found"}


def test_a_target_that_is_no_path_is_a_404(sandbox: Sandbox) -> None:
    parts = urlsplit(sandbox.base_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(b"OPTIONS * HTTP/1.1\r\nHost: [::1]\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")
