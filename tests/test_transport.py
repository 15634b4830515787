"""The transport over real sockets: limits, connections, proxies and TLS."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import os
import socket
import ssl
import threading
import traceback
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from jobwait import (
    APIConnectionError,
    APITimeoutError,
    AsyncBaseClient,
    AuthenticationError,
    BaseClient,
    ConfigurationError,
    Fixed,
    ResponseDecodeError,
    WaitTimeoutError,
    wait_for_completion,
)
from jobwait._transport import MAX_BODY

from .widgets import CONFIG, ID, KEY, AsyncJobsResource, CompletedJob, Job, JobsResource
from .wire import JOB, Answer, Wire, drip, reset, response, silent, truncated, whole


class Sync:
    """Calls with a blocking client."""

    own_http_client = False

    def get(self, url: str, **options: Any) -> Job:
        with self._client(url, **options) as client:
            return JobsResource(client._calls).get_job(ID)

    def wait(self, url: str, **options: Any) -> CompletedJob:
        with self._client(url) as client:
            return wait_for_completion(JobsResource(client._calls), ID, **options)

    @contextmanager
    def _client(self, url: str, **options: Any) -> Generator[BaseClient]:
        with httpx.Client() if self.own_http_client else nullcontext() as http_client:
            credentials = {"api_key": KEY}
            with BaseClient(
                CONFIG, credentials, base_url=url, http_client=http_client, **options
            ) as client:
                yield client


class Async(Sync):
    """Calls with an asynchronous client."""

    def get(self, url: str, **options: Any) -> Job:
        async def main() -> Job:
            async with self._async_client(url, **options) as client:
                return await AsyncJobsResource(client._calls).get_job(ID)

        return asyncio.run(main())

    def wait(self, url: str, **options: Any) -> CompletedJob:
        async def main() -> CompletedJob:
            async with self._async_client(url) as client:
                return await wait_for_completion(AsyncJobsResource(client._calls), ID, **options)

        return asyncio.run(main())

    @asynccontextmanager
    async def _async_client(self, url: str, **options: Any) -> AsyncGenerator[AsyncBaseClient]:
        async with httpx.AsyncClient() if self.own_http_client else nullcontext() as http_client:
            credentials = {"api_key": KEY}
            async with AsyncBaseClient(
                CONFIG, credentials, base_url=url, http_client=http_client, **options
            ) as client:
                yield client


class OwnSync(Sync):
    own_http_client = True


class OwnAsync(Async):
    own_http_client = True


@pytest.fixture(params=[Sync, Async, OwnSync, OwnAsync])
def caller(request: pytest.FixtureRequest) -> Sync:
    made: Sync = request.param()
    return made


@pytest.fixture(params=[Sync, Async])
def default_caller(request: pytest.FixtureRequest) -> Sync:
    made: Sync = request.param()
    return made


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "answer",
    [silent, drip(HEADERS + b"Content-Length: 100000\r\n\r\n")],
    ids=["silence", "a body that drips"],
)
def test_a_request_ends_with_its_total_limit(caller: Sync, answer: Answer) -> None:
    with Wire(answer) as wire, pytest.raises(APITimeoutError, match=r"within 0\.3 s"):
        caller.get(wire.url, timeout=0.3, max_retries=0)


def test_headers_that_drip_end_with_the_total_limit(default_caller: Sync) -> None:
    with Wire(drip(HEADERS + b"X-Long: ")) as wire, pytest.raises(APITimeoutError):
        default_caller.get(wire.url, timeout=0.3, max_retries=0)


@pytest.mark.parametrize(
    "answer", [silent, drip(HEADERS + b"X-Long: ")], ids=["silence", "headers that drip"]
)
def test_the_last_poll_of_a_wait_is_cut_at_the_deadline(
    default_caller: Sync, answer: Answer
) -> None:
    with Wire(answer) as wire, pytest.raises(WaitTimeoutError) as caught:
        default_caller.wait(wire.url, timeout=0.4)
    assert isinstance(caught.value.last_error, APITimeoutError)


@pytest.mark.parametrize("answer", [truncated, reset], ids=["a truncated body", "a reset"])
def test_a_connection_that_breaks_is_a_connection_error(caller: Sync, answer: Answer) -> None:
    with Wire(answer) as wire, pytest.raises(APIConnectionError, match="check base_url") as caught:
        caller.get(wire.url, max_retries=0)
    assert not isinstance(caught.value, APITimeoutError)


@pytest.mark.parametrize("answer", [truncated, reset], ids=["a truncated body", "a reset"])
def test_a_wait_goes_on_after_a_connection_that_breaks(caller: Sync, answer: Answer) -> None:
    with Wire(answer, whole()) as wire:
        assert caller.wait(wire.url, schedule=Fixed(0.01)).result == "done"


def test_a_host_without_a_server_is_a_connection_error(caller: Sync) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(APIConnectionError, match=f"127.0.0.1:{port}"):
        caller.get(f"http://127.0.0.1:{port}", max_retries=0)


def test_a_host_without_an_address_is_a_connection_error(caller: Sync) -> None:
    with pytest.raises(APIConnectionError, match=r"nowhere\.invalid"):
        caller.get("http://nowhere.invalid", max_retries=0)


def test_a_compressed_body_is_decompressed(caller: Sync) -> None:
    packed = response(gzip.compress(json.dumps(JOB).encode()), headers="Content-Encoding: gzip\r\n")
    with Wire(whole(packed)) as wire:
        assert isinstance(caller.get(wire.url), CompletedJob)


def test_a_body_that_is_not_as_compressed_as_it_says_is_an_error(default_caller: Sync) -> None:
    broken = response(b"no gzip at all", headers="Content-Encoding: gzip\r\n")
    with (
        Wire(whole(broken)) as wire,
        pytest.raises((APIConnectionError, ResponseDecodeError), match="header check"),
    ):
        default_caller.get(wire.url, max_retries=0)


def test_requests_one_after_the_other_share_a_connection() -> None:
    with Wire(whole()) as wire, BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
        for _ in range(5):
            JobsResource(client._calls).get_job(ID)
            JobsResource(client.with_options(timeout=5)._calls).get_job(ID)
    assert wire.connections == 1
    assert len(wire.requests) == 10


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    with Wire(whole()) as wire, BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
        JobsResource(client._calls).get_job(ID)
        wire.hang_up()
        JobsResource(client.with_options(max_retries=0)._calls).get_job(ID)
    assert wire.connections == 2


def test_threads_share_a_client() -> None:
    with Wire(whole()) as wire, BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
        results: list[Job] = []

        def work() -> None:
            for _ in range(20):
                results.append(JobsResource(client._calls).get_job(ID))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == 160
    assert wire.connections <= 8


# Nothing can close the connections of a loop that is gone, and Python says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_asynchronous_client_survives_its_event_loop() -> None:
    with Wire(whole()) as wire:
        client = AsyncBaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url, max_retries=0)
        for _ in range(2):
            job = asyncio.run(AsyncJobsResource(client._calls).get_job(ID))
            assert isinstance(job, CompletedJob)
        del client
        gc.collect()


def test_a_cancelled_task_leaves_the_client_usable() -> None:
    async def main() -> None:
        async with AsyncBaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
            task = asyncio.create_task(AsyncJobsResource(client._calls).get_job(ID))
            await asyncio.to_thread(wire.asked.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert isinstance(await AsyncJobsResource(client._calls).get_job(ID), CompletedJob)

    with Wire(silent, whole()) as wire:
        asyncio.run(main())


def test_closing_a_client_closes_its_connections() -> None:
    gone = threading.Event()

    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(response())
        if connection.recv(1) == b"":
            gone.set()

    with Wire(answer) as wire:
        with BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
            JobsResource(client._calls).get_job(ID)
            assert not gone.is_set()
        assert gone.wait(5)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, default_caller: Sync, variable: str
) -> None:
    with Wire(whole()) as proxy:
        monkeypatch.setenv(variable, proxy.url.replace("//", "//user:p%40ss@"))
        assert isinstance(default_caller.get("http://api.widgets.test"), CompletedJob)
        assert proxy.requests[0].startswith(b"GET http://api.widgets.test/v1/jobs/job_1 HTTP/1.1")
        assert b"Basic dXNlcjpwQHNz" in proxy.requests[0]


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch, default_caller: Sync) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Wire(whole()) as wire:
        assert isinstance(default_caller.get(wire.url), CompletedJob)


def test_a_proxy_that_needs_more_than_this_layer_has_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:secret@127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=r"names for https.*http_client") as caught:
        BaseClient(CONFIG, {"api_key": KEY})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["http://127.0.0.1:port", "http://[bad", "http://h:99999", "//"])
def test_a_proxy_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigurationError, match="the proxy that the environment names"):
        BaseClient(CONFIG, {"api_key": KEY})


def test_a_compressed_error_is_the_error_of_its_status(default_caller: Sync) -> None:
    for body in (b"", b"garbage"):
        refusal = response(body, status="401 Unauthorized", headers="Content-Encoding: gzip\r\n")
        with Wire(whole(refusal)) as wire, pytest.raises(AuthenticationError):
            default_caller.get(wire.url)


def test_a_compressed_body_without_an_end_of_its_growth_is_an_error(default_caller: Sync) -> None:
    bomb = response(gzip.compress(b"[" * (MAX_BODY + 1)), headers="Content-Encoding: gzip\r\n")
    with Wire(whole(bomb)) as wire, pytest.raises(APIConnectionError, match="once decompressed"):
        default_caller.get(wire.url, max_retries=0)


def test_a_broken_tls_record_is_a_connection_error(default_caller: Sync) -> None:
    wire = Wire(whole(b"no TLS at all"), after=b"\x16")
    with wire, pytest.raises(APIConnectionError, match=r"(?i)ssl|tls") as caught:
        default_caller.get(wire.url.replace("http:", "https:"), max_retries=0)
    assert not isinstance(caught.value, APITimeoutError)


def test_a_tls_handshake_without_an_end_is_cut_and_leaves_no_socket(default_caller: Sync) -> None:
    wire = Wire(silent, after=b"\x16")
    with wire, pytest.raises(APITimeoutError):
        default_caller.get(wire.url.replace("http:", "https:"), timeout=0.3, max_retries=0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_does_not_share_its_parents_connections() -> None:
    with Wire(whole()) as wire, BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
        JobsResource(client._calls).get_job(ID)
        child = os.fork()
        if not child:
            JobsResource(client._calls).get_job(ID)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        JobsResource(client._calls).get_job(ID)
    assert wire.connections == 2


def test_connections_left_over_from_a_burst_are_let_go() -> None:
    with Wire(whole()) as wire, BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
        threads = [
            threading.Thread(target=JobsResource(client._calls).get_job, args=(ID,))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wire.hang_up()
        for _ in range(20):
            JobsResource(client._calls).get_job(ID)
        transport: Any = client._transport
        assert len(transport._idle) == 1


def test_a_client_is_closed_in_whatever_event_loop() -> None:
    async def main() -> None:
        await AsyncJobsResource(client._calls).get_job(ID)
        await client.aclose()

    with Wire(whole()) as wire:
        client = AsyncBaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url)
        asyncio.run(main())
        asyncio.run(client.aclose())


def test_a_proxys_password_and_the_key_are_in_no_frame_of_an_error(
    monkeypatch: pytest.MonkeyPatch, default_caller: Sync
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://user:proxy-password@127.0.0.1:{port}")
    with pytest.raises(APIConnectionError) as caught:
        default_caller.get("http://api.widgets.test", max_retries=0)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(report.format())
    inner = text.split("tests/test_transport.py")[0]  # what the test itself holds does not count
    assert KEY not in inner
    assert "proxy-password" not in inner
    assert "dXNlcjpwcm94eS1wYXNzd29yZA" not in text


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_wire(authority: trustme.CA) -> Iterator[Wire]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("localhost")
    certificate.configure_cert(context)
    with Wire(whole(), tls=context) as wire:
        yield wire


def test_a_certificate_that_nobody_vouches_for_is_refused(
    default_caller: Sync, tls_wire: Wire
) -> None:
    with pytest.raises(APIConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        default_caller.get(tls_wire.url, max_retries=0)


def test_a_certificate_authority_of_the_environment_is_trusted(
    default_caller: Sync,
    tls_wire: Wire,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert isinstance(default_caller.get(tls_wire.url, max_retries=0), CompletedJob)
