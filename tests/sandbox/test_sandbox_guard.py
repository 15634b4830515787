"""Whom the sandbox answers, and what it keeps of them."""

from __future__ import annotations

import inspect
import logging
import socket
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jobwait import providers
from jobwait.sandbox import LogEntry, Sandbox, run
from jobwait.sandbox._jobs import Store

if TYPE_CHECKING:
    from .conftest import Answer, Web

PROVIDERS = providers()
NAME = next(iter(PROVIDERS))


def ask_everywhere(sandbox: Sandbox, web: Web, headers: dict[str, str]) -> dict[str, Answer]:
    """One request to each kind of path, with all credentials that there are."""
    job = sandbox.create_job(NAME)
    base, token = sandbox.base_url, {"Authorization": f"Bearer {sandbox.control_token}"}
    key = {"Authorization": f"Bearer {sandbox.api_key}"}
    body = f'{{"provider": "{NAME}"}}'.encode()
    return {
        "front page": web.get(base, headers),
        "job": web.get(job.url, key | headers),
        "no job": web.get(f"{sandbox.url(NAME)}/nothing", key | headers),
        "no provider": web.get(f"{base}/nobody", headers),
        "start": web.send("POST", f"{base}/_control/jobs", token | headers, body),
        "log": web.get(f"{base}/_control/log", token | headers),
        "preflight": web.send("OPTIONS", f"{base}/_control/jobs", headers),
    }


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "localhost.",
        "127.0.0.1.nip.io",
        "localhost@evil.example",
        "evil.example#@localhost",
        "localhost, evil.example",
        "localhost:http",
        "0.0.0.0",
        "128.0.0.1",
        "192.168.0.1",
        "127.1",
        "[::]",
        "[::1",
        "::1",
        "[::2]:80",
        "[localhost.evil.example]",
    ],
)
def test_a_host_that_is_not_loopback_is_misdirected_everywhere(
    sandbox: Sandbox, web: Web, host: str
) -> None:
    before = sandbox.log()
    answers = ask_everywhere(sandbox, web, {"Host": host})
    assert {answer.status for answer in answers.values()} == {421}
    for answer in answers.values():
        assert answer.json() == {
            "error": "the sandbox answers to the hosts localhost, 127.0.0.0/8 and [::1] only, "
            f"not to {host!r}"
        }
    assert sandbox.log() == before


def test_a_long_host_is_not_repeated_in_full(sandbox: Sandbox, web: Web) -> None:
    assert len(web.get(sandbox.base_url, {"Host": "a" * 10_000}).body) < 1000


def test_a_request_without_a_host_is_misdirected(sandbox: Sandbox) -> None:
    parts = urlsplit(sandbox.base_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:80", "127.0.0.1:1", "127.255.0.9", "[::1]", "[0:0:0:0:0:0:0:1]:8080"],
)
def test_every_spelling_of_loopback_is_answered(sandbox: Sandbox, web: Web, host: str) -> None:
    answers = ask_everywhere(sandbox, web, {"Host": host})
    assert {name: answer.status for name, answer in answers.items()} == {
        "front page": 200,
        "job": 200,
        "no job": 404,
        "no provider": 404,
        "start": 201,
        "log": 200,
        "preflight": 401,
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    ],
)
def test_a_web_page_is_refused_everywhere(
    sandbox: Sandbox, web: Web, headers: dict[str, str]
) -> None:
    before = sandbox.log()
    answers = ask_everywhere(sandbox, web, headers)
    assert {answer.status for answer in answers.values()} == {403}
    for answer in answers.values():
        assert "does not answer web pages" in answer.json()["error"]
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert sandbox.log() == before


def test_a_person_may_open_the_front_page(sandbox: Sandbox, web: Web) -> None:
    assert web.get(sandbox.base_url, {"Sec-Fetch-Site": "none"}).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_control/jobs"),
        ("GET", "/_control/jobs"),
        ("GET", "/_control/log"),
        ("HEAD", "/_control/log"),
        ("GET", "/_control/log/"),
        ("GET", "/_control/"),
        ("GET", "/_control/nothing"),
        ("GET", "/%5Fcontrol/log"),
        ("GET", "/_control%2Flog"),
    ],
)
@pytest.mark.parametrize(
    "header",
    [
        None,
        ("Authorization", ""),
        ("Authorization", "{token}"),
        ("Authorization", "Bearer"),
        ("Authorization", "Bearer {key}"),
        ("Authorization", "Bearer {token}x"),
        ("Authorization", "Basic {token}"),
        ("Authorization", "Bearer é"),
        ("Cookie", "token={token}"),
        ("X-Token", "{token}"),
    ],
)
def test_control_needs_the_token_in_its_header(
    sandbox: Sandbox, web: Web, method: str, path: str, header: tuple[str, str] | None
) -> None:
    given: dict[str, str] = {}
    if header is not None:
        name, value = header
        given[name] = value.format(token=sandbox.control_token, key=sandbox.api_key)
    answer = web.send(method, sandbox.base_url + path, given)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    if method != "HEAD":
        assert "Authorization: Bearer TOKEN" in answer.json()["error"]


def test_the_token_in_the_address_opens_nothing(sandbox: Sandbox, web: Web) -> None:
    for name in ("token", "access_token"):
        url = f"{sandbox.base_url}/_control/log?{name}={sandbox.control_token}"
        assert web.get(url, {}).status == 401


def test_each_sandbox_has_a_token_of_its_own(web: Web) -> None:
    with run() as one, run() as other:
        assert len(one.control_token) >= 40
        headers = {"Authorization": f"bearer {one.control_token}"}
        assert web.get(f"{one.base_url}/_control/log", headers).status == 200
        assert web.get(f"{other.base_url}/_control/log", headers).status == 401


def test_the_token_is_shown_to_nobody(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET + 1)
    running = run()
    generator: Generator[Sandbox, None, None] = vars(running)["gen"]
    with running as sandbox:
        ask_everywhere(sandbox, web, {})
        page = web.get(sandbox.base_url).body.decode()
        # What a traceback can show of the function that holds the server.
        variables = str(inspect.getgeneratorlocals(generator))
        shown = [repr(sandbox), str(vars(sandbox)), str(sandbox.log()), page, variables]
    shown += [f"{record.getMessage()} {record.exc_text}" for record in caplog.records]
    assert "Token object" in variables
    assert sandbox.control_token not in str(shown)


def test_the_log_keeps_the_last_hundred_thousand_requests() -> None:
    store = Store("http://localhost", {}, lambda: 0.0)
    for number in range(100_001):
        store.record(LogEntry(0, "GET", "/", NAME, None, None, None, 404, None, number))
    numbers = [entry.connection for entry in store.entries()]
    assert (len(numbers), numbers[0], numbers[-1]) == (100_000, 1, 100_000)


def test_the_log_keeps_the_beginning_of_a_long_path(sandbox: Sandbox, web: Web) -> None:
    url = f"{sandbox.url(NAME)}/{'a' * 10_000}"
    assert web.get(url).status == 404
    path = sandbox.log()[-1].path
    assert len(path) == 1000
    assert path.startswith(f"/{NAME}/aaa")
