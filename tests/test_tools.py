"""The tools that people use with httpx, each at its default settings, with clients of a package."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx
import httpx2
import pytest
import respx
import sentry_sdk
from docurift_client import AsyncClient, Client
from docurift_client.models import CompletedJob
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpx import HTTPXMock
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from jobwait import APIConnectionError, Fixed, ResponseDecodeError, wait_for_all

from .kit.wire import Wire, reset, response, whole

vcr: Final[Any] = import_module("vcr")  # has no types
KEY: Final = "docurift-key-0123456789"
URL: Final = "https://api.docurift.com/v1/jobs/job_1"
BODY: Final[dict[str, Any]] = {
    "success": True,
    "data": {
        "id": "job_1",
        "status": "completed",
        "progress": 100,
        "documentType": "invoice",
        "documentId": "doc_1",
        "result": {"extractedFields": {}, "confidence": 0.9},
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:01Z",
        "completedAt": "2026-01-01T00:00:01Z",
    },
}
WORKING: Final = {"success": True, "data": BODY["data"] | {"status": "processing", "progress": 1}}

Run: TypeAlias = Callable[..., Any]


def blocking(
    call: Callable[[Any], Any], passing: Callable[[], Any] | None = None, **options: Any
) -> Any:
    with (
        nullcontext() if passing is None else passing() as http_client,
        Client(KEY, http_client=http_client, **options) as client,
    ):
        return call(client.jobs)


def on_loop(
    call: Callable[[Any], Any], passing: Callable[[], Any] | None = None, **options: Any
) -> Any:
    async def main() -> Any:
        async with (
            nullcontext() if passing is None else passing() as http_client,
            AsyncClient(KEY, http_client=http_client, **options) as client,
        ):
            return await call(client.jobs)

    return asyncio.run(main())


def get(jobs: Any) -> Any:
    return jobs.get_job("job_1")


def wait(jobs: Any) -> Any:
    return jobs.wait_for_completion("job_1", schedule=Fixed(0.001))


@pytest.fixture(params=[blocking, on_loop])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


_sockets: list[str] | None = None


def _note_socket(event: str, _: tuple[Any, ...]) -> None:
    if _sockets is not None and event in ("socket.connect", "socket.getaddrinfo"):
        _sockets.append(event)


sys.addaudithook(_note_socket)  # for good: none can be taken away


@contextmanager
def no_socket() -> Generator[None]:
    """Nothing leaves the process in this block."""
    global _sockets
    _sockets = []
    try:
        yield
        assert _sockets == []
    finally:
        _sockets = None


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture
def server() -> Iterator[Wire]:
    with Wire(whole(response(json.dumps(BODY).encode()))) as wire:
        yield wire


def server_of_a_wait() -> Wire:
    return Wire(
        *(whole(response(json.dumps(body).encode())) for body in (WORKING, WORKING, WORKING, BODY))
    )


def headers_of(request: bytes) -> list[str]:
    return [line.partition(b":")[0].decode().lower() for line in request.splitlines()[1:] if line]


def test_what_counts_sockets_sees_one(run: Run, server: Wire) -> None:
    with pytest.raises(AssertionError), no_socket():
        run(get, base_url=server.url)


def test_respx_answers_in_place_of_the_provider(run: Run) -> None:
    with no_socket(), respx.mock:
        route = respx.get(URL).respond(json=BODY)
        assert isinstance(run(get), CompletedJob)
    assert route.calls.last.request.headers["X-API-Key"] == KEY


def test_respx_answers_every_poll_of_a_wait(run: Run) -> None:
    with no_socket(), respx.mock:
        route = respx.get(URL)
        route.side_effect = [httpx.Response(200, json=body) for body in (WORKING, WORKING, BODY)]
        assert isinstance(run(wait), CompletedJob)
    assert route.call_count == 3


def test_what_respx_raises_is_a_connection_error(run: Run) -> None:
    with no_socket(), respx.mock, pytest.raises(APIConnectionError, match="no network"):
        respx.get(URL).mock(side_effect=httpx.ConnectError("no network"))
        run(get, max_retries=0)


def test_respx_fails_what_no_route_matches(run: Run) -> None:
    with no_socket(), respx.mock, pytest.raises(AssertionError, match="not mocked"):
        run(get)


def test_respx_answers_for_many_jobs_of_a_blocking_client() -> None:
    with no_socket(), respx.mock, Client(KEY) as client:
        respx.get(url__startswith=URL[:-5]).respond(json=BODY)
        outcomes = wait_for_all(client.jobs, [f"job_{number}" for number in range(20)])
    assert [outcome.error for outcome in outcomes] == [None] * 20


def test_pytest_httpx_answers_in_place_of_the_provider(run: Run, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=URL, json=WORKING)
    httpx_mock.add_response(url=URL, json=BODY)
    with no_socket():
        assert isinstance(run(wait), CompletedJob)
    assert [request.headers["X-API-Key"] for request in httpx_mock.get_requests()] == [KEY] * 2


def in_turn(jobs: Any) -> list[Any]:
    return [jobs.get_job(f"job_{number}") for number in range(3)]


async def in_turn_on_loop(jobs: Any) -> list[Any]:
    return [await jobs.get_job(f"job_{number}") for number in range(3)]


@pytest.mark.parametrize(("run", "call"), [(blocking, in_turn), (on_loop, in_turn_on_loop)])
def test_what_a_mock_keeps_of_a_request_is_not_changed_by_the_next_one(
    run: Run, call: Callable[[Any], Any], httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(json=BODY, is_reusable=True)
    run(call)
    kept = [(request.url.path, request.content) for request in httpx_mock.get_requests()]
    assert kept == [(f"/v1/jobs/job_{number}", b"") for number in range(3)]


def test_vcrpy_records_a_wait_and_plays_it_without_the_provider(run: Run, tmp_path: Path) -> None:
    cassette = str(tmp_path / "cassette.yaml")
    with server_of_a_wait() as wire, vcr.use_cassette(cassette):
        assert isinstance(run(wait, base_url=wire.url), CompletedJob)
    assert len(wire.requests) == 4
    with no_socket(), vcr.use_cassette(cassette) as played:
        assert isinstance(run(wait, base_url=wire.url), CompletedJob)
    assert played.play_count == 4


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def test_opentelemetry_traces_every_poll_of_a_wait(run: Run, spans: InMemorySpanExporter) -> None:
    with server_of_a_wait() as wire:
        run(wait, base_url=wire.url)
    traced = [dict(span.attributes or {}) for span in spans.get_finished_spans()]
    assert [attributes["http.url"] for attributes in traced] == [f"{wire.url}/v1/jobs/job_1"] * 4
    assert KEY not in str(traced)
    names = list(map(headers_of, wire.requests))
    assert [request.count("traceparent") for request in names] == [1] * 4
    assert len({tuple(request) for request in names}) == 1


class Envelopes(Transport):
    """Keeps what would go to Sentry."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.kept.append(envelope)

    def events(self) -> list[Any]:
        return [item.payload.json for envelope in self.kept for item in envelope.items]


@pytest.fixture
def sentry() -> Iterator[Envelopes]:
    envelopes = Envelopes()
    sentry_sdk.init("http://key@127.0.0.1:9/1", transport=envelopes, traces_sample_rate=1.0)
    yield envelopes
    sentry_sdk.get_client().close()
    sentry_sdk.init()


def test_sentry_traces_every_poll_of_a_wait(run: Run, sentry: Envelopes) -> None:
    with server_of_a_wait() as wire, sentry_sdk.start_transaction(name="a wait"):
        run(wait, base_url=wire.url)
    [transaction] = sentry.events()
    traced = [span["data"]["url"] for span in transaction["spans"] if span["op"] == "http.client"]
    assert traced == [f"{wire.url}/v1/jobs/job_1"] * 4
    names = list(map(headers_of, wire.requests))
    assert [request.count("sentry-trace") for request in names] == [1] * 4
    assert [request.count("baggage") for request in names] == [1] * 4


def test_sentry_reports_an_error_without_the_key(run: Run, sentry: Envelopes) -> None:
    with Wire(whole(response(b"no JSON"))) as wire:
        try:
            run(get, base_url=wire.url)
        except ResponseDecodeError as error:
            sentry_sdk.capture_exception(error)
    report = str(sentry.events())
    assert "no JSON" in report
    assert KEY not in report.replace(f"'KEY': \"'{KEY}'\"", "")


def test_httpx2_clients_are_taken_like_httpx_ones(run: Run, log: pytest.LogCaptureFixture) -> None:
    passing = httpx2.Client if run is blocking else httpx2.AsyncClient
    with server_of_a_wait() as wire:
        assert isinstance(run(wait, passing, base_url=wire.url), CompletedJob)
    assert wire.connections == 1
    assert {record.name for record in log.records} >= {"httpx2", "httpcore2.http11"}
    assert not {record.name for record in log.records} & {"httpx", "httpcore.http11"}
    with Wire(reset) as wire, pytest.raises(APIConnectionError) as caught:
        run(get, passing, base_url=wire.url, max_retries=0)
    assert isinstance(caught.value.__cause__, httpx2.ReadError)
    assert_mocked(run, lambda: passing(transport=httpx2.MockTransport(answer_httpx2)))


def answer_httpx2(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json=BODY)


def assert_mocked(run: Run, passing: Callable[[], Any]) -> None:
    with no_socket():
        assert isinstance(run(get, passing), CompletedJob)


@pytest.mark.parametrize(("used", "other"), [("httpx", "httpx2"), ("httpx2", "httpx")])
def test_neither_library_is_imported_for_the_other(used: str, other: str, server: Wire) -> None:
    code = f"""
import asyncio, sys, {used}
from docurift_client import AsyncClient, Client
with {used}.Client() as passed, Client("key", base_url={server.url!r}, http_client=passed) as one:
    one.jobs.get_job("job_1")
async def main():
    async with {used}.AsyncClient() as passed:
        async with AsyncClient("key", base_url={server.url!r}, http_client=passed) as one:
            await one.jobs.get_job("job_1")
asyncio.run(main())
assert "{other}" not in sys.modules and "aiohttp" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert len(server.requests) == 2
