"""Every fault, as it looks on the wire."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

import pytest

from jobwait import providers
from jobwait.sandbox import TRANSIENT, Fault, FaultKind, Faults, Sandbox, SandboxError, SandboxJob

if TYPE_CHECKING:
    from .conftest import Clock, Web

PROVIDERS = providers()
KEY = {"Authorization": "Bearer sandbox-key"}


def some_job(sandbox: Sandbox, *faults: Fault | Faults, seconds: float = 1000) -> SandboxJob:
    return sandbox.create_job(next(iter(PROVIDERS)), seconds=seconds, faults=faults)


def request(job: SandboxJob) -> socket.socket:
    """Send one poll over a bare socket, which the caller reads and closes."""
    parts = urlsplit(job.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=10)
    headers = {"Host": parts.netloc, **KEY}
    lines = [f"GET {parts.path} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def everything(connection: socket.socket) -> bytes:
    """All that the server sends until it ends the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def split(answer: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, value in fields}, body


def test_a_job_without_faults_meets_none(sandbox: Sandbox, web: Web) -> None:
    job = some_job(sandbox)
    assert [web.get(job.url).status for _ in range(3)] == [200, 200, 200]
    assert [entry.fault for entry in sandbox.log(job)] == [None, None, None]


def test_rate_limit_is_the_documents_429_with_seconds_to_wait(sandbox: Sandbox, web: Web) -> None:
    for provider in PROVIDERS:
        job = sandbox.create_job(provider, faults=[Fault("rate_limit", retry_after=7)])
        answer = web.get(job.url)
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")
        assert isinstance(answer.json(), dict)
    assert web.get(some_job(sandbox, Fault("rate_limit")).url).headers["retry-after"] == "1"


def test_rate_limit_date_says_when_to_come_back(sandbox: Sandbox, web: Web) -> None:
    earliest = datetime.now(UTC)
    job = some_job(sandbox, Fault("rate_limit_date", retry_after=86_400))
    answer = web.get(job.url)
    assert answer.status == 429
    when = parsedate_to_datetime(answer.headers["retry-after"])
    assert when - earliest > timedelta(seconds=80_000)


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_server_error_is_a_page_of_html(sandbox: Sandbox, web: Web, status: int) -> None:
    answer = web.get(some_job(sandbox, Fault("server_error", status=status)).url)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "retry-after" not in answer.headers
    assert answer.body.startswith(b"<html>")


def test_server_error_carries_retry_after_if_told_to(sandbox: Sandbox, web: Web) -> None:
    answer = web.get(some_job(sandbox, Fault("server_error", retry_after=3)).url)
    assert answer.headers["retry-after"] == "3"


def test_status_520_is_a_page_of_html(sandbox: Sandbox, web: Web) -> None:
    answer = web.get(some_job(sandbox, Fault("status_520")).url)
    assert answer.status == 520
    assert answer.headers["content-type"].startswith("text/html")


def test_html_comes_with_status_200(sandbox: Sandbox, web: Web) -> None:
    answer = web.get(some_job(sandbox, Fault("html")).url)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_reset_is_a_reset_before_any_byte(sandbox: Sandbox) -> None:
    job = some_job(sandbox, Fault("reset"))
    with request(job) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    [entry] = sandbox.log(job)
    assert (entry.status, entry.fault) == (None, "reset")


def test_truncated_body_is_shorter_than_it_says(sandbox: Sandbox) -> None:
    with request(some_job(sandbox, Fault("truncated_body"))) as connection:
        headers, body = split(everything(connection))
    assert 0 < len(body) < int(headers["content-length"])


def test_truncated_json_is_as_long_as_it_says(sandbox: Sandbox, web: Web) -> None:
    answer = web.get(some_job(sandbox, Fault("truncated_json")).url)
    assert (answer.status, answer.headers["content-length"]) == (200, str(len(answer.body)))
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def until_silent(connection: socket.socket) -> bytes:
    """What the server has sent when it pauses."""
    received = connection.recv(65536)
    connection.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while data := connection.recv(65536):
            received += data
    return received


def test_drip_body_sends_the_head_at_once_and_then_pauses(sandbox: Sandbox) -> None:
    with request(some_job(sandbox, Fault("drip_body", interval=1000))) as connection:
        head = until_silent(connection)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")


def test_drip_headers_pauses_after_one_byte(sandbox: Sandbox) -> None:
    with request(some_job(sandbox, Fault("drip_headers", interval=1000))) as connection:
        assert until_silent(connection) == b"H"


@pytest.mark.parametrize("kind", ["drip_body", "drip_headers"])
def test_what_drips_is_whole_in_the_end(sandbox: Sandbox, kind: FaultKind) -> None:
    with request(some_job(sandbox, Fault(kind, interval=0.0001))) as connection:
        headers, body = split(everything(connection))
    assert len(body) == int(headers["content-length"])
    assert isinstance(json.loads(body), dict)


def test_black_hole_takes_the_request_and_says_nothing(sandbox: Sandbox) -> None:
    job = some_job(sandbox, Fault("black_hole"))
    with request(job) as connection:
        connection.settimeout(0.1)
        while not sandbox.log(job):
            with pytest.raises(TimeoutError):
                connection.recv(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    [entry] = sandbox.log(job)
    assert (entry.status, entry.fault) == (None, "black_hole")


def test_not_found_lasts_as_long_as_it_was_told_to(
    sandbox: Sandbox, clock: Clock, web: Web
) -> None:
    for provider in PROVIDERS:
        job = sandbox.create_job(provider, seconds=10, faults=[Fault("not_found", until=2)])
        statuses: list[int] = []
        for seconds in (0, 1.9, 0.2):
            clock.advance(seconds)
            statuses.append(web.get(job.url).status)
        assert statuses == [404, 404, 200]


def job_object(provider: str, body: Any) -> Any:
    [item] = PROVIDERS[provider].document["paths"].values()
    for part in item["get"]["x-wait-for-completion"].get("job", "").split("/")[1:]:
        body = body[part]
    return body


def shapes(sandbox: Sandbox, web: Web, provider: str, kind: FaultKind) -> tuple[Any, Any]:
    """The job objects of a job with a fault at its second poll: without it, and with it."""
    job = sandbox.create_job(provider, seconds=1000, faults=[Fault(kind, polls=(2,))])
    truth, lie = (web.get(job.url) for _ in range(2))
    assert (truth.status, lie.status) == (200, 200)
    return job_object(provider, truth.json()), job_object(provider, lie.json())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_unknown_status_changes_one_word(sandbox: Sandbox, web: Web, provider: str) -> None:
    truth, lie = shapes(sandbox, web, provider, "unknown_status")
    assert {name for name in truth if truth[name] != lie[name]} == {"status"}
    assert isinstance(lie["status"], str)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_unknown_field_adds_one_field(sandbox: Sandbox, web: Web, provider: str) -> None:
    truth, lie = shapes(sandbox, web, provider, "unknown_field")
    assert len(lie) == len(truth) + 1
    assert truth.items() <= lie.items()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_null_field_is_null_where_the_document_has_none(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    truth, lie = shapes(sandbox, web, provider, "null_field")
    [name] = [name for name in truth if truth[name] != lie[name]]
    assert lie[name] is None
    assert name != "status"


def test_a_fault_hits_the_polls_it_names(sandbox: Sandbox, web: Web) -> None:
    job = some_job(sandbox, Fault("server_error", polls=(2, 4)))
    assert [web.get(job.url).status for _ in range(5)] == [200, 503, 200, 503, 200]
    assert [entry.poll for entry in sandbox.log(job)] == [1, 2, 3, 4, 5]


def test_of_two_faults_the_first_that_hits_is_met(sandbox: Sandbox, web: Web) -> None:
    job = some_job(sandbox, Fault("rate_limit", polls=(2,)), Fault("status_520", polls=(2, 3)))
    assert [web.get(job.url).status for _ in range(3)] == [200, 429, 520]


def test_random_faults_repeat_with_their_seed(sandbox: Sandbox, web: Web) -> None:
    kinds: tuple[FaultKind, ...] = ("rate_limit", "status_520", "html")

    def met(seed: int) -> list[FaultKind | None]:
        job = some_job(sandbox, Faults(rate=0.5, kinds=kinds, seed=seed))
        for _ in range(20):
            web.get(job.url)
        return [entry.fault for entry in sandbox.log(job)]

    assert met(1) == met(1) != met(2)
    assert set(met(1)) == {None, *kinds}


def test_a_rate_is_a_probability(sandbox: Sandbox, web: Web) -> None:
    never = some_job(sandbox, Faults(rate=0))
    always = some_job(sandbox, Faults(rate=1, kinds=("status_520",)))
    assert {web.get(never.url).status for _ in range(10)} == {200}
    assert {web.get(always.url).status for _ in range(10)} == {520}


def test_the_log_tells_the_true_state_under_a_fault(
    sandbox: Sandbox, clock: Clock, web: Web
) -> None:
    job = some_job(sandbox, Fault("server_error"), seconds=10)
    for _ in range(3):
        web.get(job.url)
        clock.advance(5)
    entries = sandbox.log(job)
    assert [entry.state for entry in entries] == ["pending", "running", "succeeded"]
    assert [entry.status for entry in entries] == [503, 503, 503]
    assert [entry.time - entries[0].time for entry in entries] == pytest.approx([0, 5, 10])


def test_the_log_tells_connections_apart(sandbox: Sandbox) -> None:
    job = some_job(sandbox)
    parts = urlsplit(job.url)
    for _ in range(2):
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        for _ in range(3):
            connection.request("GET", parts.path, headers=KEY)
            connection.getresponse().read()
        connection.close()
    numbers = [entry.connection for entry in sandbox.log(job)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 2
    assert numbers.count(numbers[0]) == 3


def test_a_fault_leaves_the_server_whole(sandbox: Sandbox, web: Web) -> None:
    for kind in get_args(FaultKind):
        job = some_job(sandbox, Fault(kind, polls=(1,), interval=0.01))
        with request(job):
            pass
        assert web.get(job.url).status == 200


def test_transient_faults_are_a_part_of_all() -> None:
    assert set(TRANSIENT) < set(get_args(FaultKind))


def test_a_fault_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(SandboxError, match="interval"):
        Fault("drip_body", interval=0)
    with pytest.raises(SandboxError, match="500 to 599"):
        Fault("server_error", status=200)
    with pytest.raises(SandboxError, match="0 to 1"):
        Faults(rate=1.5)
    with pytest.raises(SandboxError, match="at least one"):
        Faults(rate=0.5, kinds=())
    for interval in (-1, math.nan, math.inf, 86_401):
        with pytest.raises(SandboxError, match="interval"):
            Fault("drip_body", interval=interval)
    for retry_after in (-1, 86_401, 10**13):
        with pytest.raises(SandboxError, match="retry_after"):
            Fault("rate_limit_date", retry_after=retry_after)
    for until in (-1, math.nan):
        with pytest.raises(SandboxError, match="until"):
            Fault("not_found", until=until)
    for polls in ((0,), (1, -1)):
        with pytest.raises(SandboxError, match="polls"):
            Fault("reset", polls=polls)


@pytest.mark.parametrize("faults", [["reset"], "reset", [Fault("reset"), {"kind": "reset"}]])
def test_what_is_no_fault_is_refused(sandbox: Sandbox, faults: Any) -> None:
    with pytest.raises(SandboxError, match="Fault and Faults"):
        sandbox.create_job(next(iter(PROVIDERS)), faults=faults)
