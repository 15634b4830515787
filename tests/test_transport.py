"""The transport over real sockets: limits, connections, proxies and TLS."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import trustme

from jobwait import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncBaseClient,
    AuthenticationError,
    BaseClient,
    ClientClosedError,
    ConfigurationError,
    Fixed,
    JobwaitError,
    ResponseDecodeError,
    WaitTimeoutError,
    wait_for_completion,
)
from jobwait._connection import KEEP_ALIVE
from jobwait._messages import MAX_BODY, Request, Response
from jobwait._transport import AsyncTransport, SyncTransport

from .kit.widgets import CONFIG, ID, KEY, AsyncJobsResource, CompletedJob, Job, JobsResource
from .kit.wire import (
    JOB,
    NO_TLS,
    Answer,
    Wire,
    drip,
    last,
    reset,
    response,
    silent,
    truncated,
    tunnel,
    whole,
)


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
        verify = NO_TLS if url.startswith("http:") else True
        passed = httpx.Client(verify=verify) if self.own_http_client else nullcontext()
        with passed as http_client:
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
        verify = NO_TLS if url.startswith("http:") else True
        passed = httpx.AsyncClient(verify=verify) if self.own_http_client else nullcontext()
        async with passed as http_client:
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


def test_headers_that_drip_end_with_the_total_limit(caller: Sync) -> None:
    with Wire(drip(HEADERS + b"X-Long: ")) as wire, pytest.raises(APITimeoutError):
        caller.get(wire.url, timeout=0.3, max_retries=0)


@pytest.mark.parametrize(
    "answer", [silent, drip(HEADERS + b"X-Long: ")], ids=["silence", "headers that drip"]
)
def test_the_last_poll_of_a_wait_is_cut_at_the_deadline(caller: Sync, answer: Answer) -> None:
    with (
        Wire(answer) as wire,
        pytest.raises(WaitTimeoutError, match="nothing ever answered") as caught,
    ):
        caller.wait(wire.url, timeout=0.4)
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
        pytest.raises((APIConnectionError, ResponseDecodeError), match="not in the encoding"),
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


def test_a_connection_that_was_idle_for_too_long_is_replaced_by_a_limited_one() -> None:
    # By httpx itself otherwise, which would not tell of it.
    with Wire(whole()) as wire, BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url) as client:
        JobsResource(client._calls).get_job(ID)
        transport: Any = client._transport
        transport._idle[0].since -= KEEP_ALIVE
        JobsResource(client._calls).get_job(ID)
        assert transport._idle[0].stream is not None
    assert wire.connections == 2


@pytest.mark.parametrize(
    "location", ["http://[::bad", "http://h/\x01", "mailto:a@b.test", "http://h:port/"]
)
def test_a_redirect_to_nowhere_is_a_redirect(caller: Sync, location: str) -> None:
    moved = response(b"{}", status="302 Found", headers=f"Location: {location}\r\n")
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    for answer in (moved, interim + moved, moved[:-1]):
        with (
            Wire(last(answer)) as wire,
            pytest.raises(APIStatusError, match=r"302 Found.*; redirects are not followed"),
        ):
            caller.wait(wire.url)
        assert len(wire.requests) == 1


def test_what_follows_a_redirect_to_nowhere_is_no_answer(caller: Sync) -> None:
    moved = response(b"{}", status="302 Found", headers="Location: mailto:a@b.test\r\n")
    with Wire(whole(moved + response(b'{"data": 1}')), whole()) as wire:
        with pytest.raises(APIStatusError, match="302"):
            caller.get(wire.url, max_retries=0)
        assert isinstance(caller.get(wire.url), CompletedJob)


STRAY = response(json.dumps({"data": JOB["data"] | {"id": "stray"}}).encode())


class Eager(httpx.HTTPTransport):
    """Sends another request as soon as an answer's connection is free, as another thread may."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []
        """Of the answers to it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        stream: Any = answer.stream
        close = stream.close

        def close_and_send() -> None:
            close()
            other = httpx.Request("GET", request.url)
            self.bodies.append(b"".join(super(Eager, self).handle_request(other).iter_raw()))

        stream.close = close_and_send
        return answer


def test_bytes_after_an_answer_are_no_answer_to_who_shares_the_client() -> None:
    transport = Eager()
    with (
        Wire(whole(response() + STRAY), whole()) as wire,
        httpx.Client(transport=transport) as passed,
        BaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url, http_client=passed) as client,
    ):
        JobsResource(client._calls).get_job(ID)
    assert [json.loads(body) for body in transport.bodies] == [JOB]


def test_bytes_after_an_answer_on_a_connection_of_its_users_own_are_no_answer() -> None:
    async def main(url: str) -> list[Any]:
        async with (
            httpx.AsyncClient() as passed,
            AsyncBaseClient(CONFIG, {"api_key": KEY}, base_url=url, http_client=passed) as client,
        ):
            await passed.get(url)
            jobs = AsyncJobsResource(client._calls)
            return [(await jobs.get_job(ID)).to_dict() for _ in range(2)]

    with Wire(whole(), whole(response() + STRAY), whole()) as wire:
        assert asyncio.run(main(wire.url)) == [JOB["data"], JOB["data"]]


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


def test_an_asynchronous_client_survives_its_event_loop() -> None:
    # Nothing can close the connections of a loop that is gone: in a process of its own, where they
    # are no other test's garbage.
    code = """if True:
        import asyncio, sys
        from docurift_client import AsyncClient
        client = AsyncClient("key", base_url=sys.argv[1], max_retries=0)
        for _ in range(2):
            print(type(asyncio.run(client.jobs.get_job("job_1"))).__name__)
    """
    with Wire(whole()) as wire:
        command = [sys.executable, "-c", code, wire.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["CompletedJob", "CompletedJob"]
    assert wire.connections == 2


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


@pytest.mark.parametrize("value", ["http://127.0.0.1:port", "ftp://127.0.0.1"])
def test_a_proxy_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigurationError, match="a proxy that the environment names"):
        BaseClient(CONFIG, {"api_key": KEY})


def test_a_compressed_error_is_the_error_of_its_status(default_caller: Sync) -> None:
    for body in (b"", b"garbage"):
        refusal = response(body, status="401 Unauthorized", headers="Content-Encoding: gzip\r\n")
        with Wire(whole(refusal)) as wire, pytest.raises(AuthenticationError):
            default_caller.get(wire.url)


@pytest.mark.parametrize("encoding", ["gzip", None])
def test_a_body_over_its_bound_ends_a_wait(caller: Sync, encoding: str | None) -> None:
    body = b"[" * (MAX_BODY + 1)
    bomb = response(gzip.compress(body), headers="Content-Encoding: gzip\r\n")
    with (
        Wire(whole(bomb if encoding else response(body))) as wire,
        pytest.raises(APIConnectionError, match=f"more than {MAX_BODY} bytes; pass .* max_body"),
    ):
        caller.wait(wire.url)
    assert len(wire.requests) == 1


def test_a_gzip_body_of_several_members_is_read_whole(caller: Sync) -> None:
    text = json.dumps(JOB).encode()
    packed = gzip.compress(text[:20]) + gzip.compress(text[20:]) + b"\0" * 8
    with Wire(whole(response(packed, headers="Content-Encoding: gzip\r\n"))) as wire:
        assert isinstance(caller.get(wire.url), CompletedJob)


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
        transport: Any = client._transport
        idle = transport._idle
        idle[0].since -= KEEP_ALIVE
        burst = len(idle)
        JobsResource(client._calls).get_job(ID)
        assert len(idle) == burst - 1


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


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("localhost")
    certificate.configure_cert(context)
    return context


@pytest.fixture
def tls_wire(server_tls: ssl.SSLContext) -> Iterator[Wire]:
    with Wire(whole(), tls=server_tls) as wire:
        yield wire


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


def test_a_certificate_that_nobody_vouches_for_is_refused(
    default_caller: Sync, tls_wire: Wire
) -> None:
    with pytest.raises(APIConnectionError, match="certificate of localhost does not verify"):
        default_caller.get(tls_wire.url, max_retries=0)


@pytest.mark.usefixtures("trusted")
def test_a_certificate_authority_of_the_environment_is_trusted(
    default_caller: Sync, tls_wire: Wire
) -> None:
    assert isinstance(default_caller.get(tls_wire.url, max_retries=0), CompletedJob)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("secure", [False, True], ids=["http proxy", "https proxy"])
def test_a_tunnel_through_a_proxy_carries_the_key_to_the_origin_alone(
    monkeypatch: pytest.MonkeyPatch,
    default_caller: Sync,
    tls_wire: Wire,
    server_tls: ssl.SSLContext,
    secure: bool,
) -> None:
    with Wire(tunnel(tls_wire.port), tls=server_tls if secure else None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:p%40ss@"))
        assert isinstance(default_caller.get(tls_wire.url, max_retries=0), CompletedJob)
    [asked] = proxy.requests
    assert asked.startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % tls_wire.port)
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz" in asked
    assert KEY.encode() not in asked
    assert b"Proxy-Authorization" not in tls_wire.requests[0]


def test_a_proxy_that_refuses_the_tunnel_is_a_connection_error(
    monkeypatch: pytest.MonkeyPatch, default_caller: Sync
) -> None:
    with Wire(whole(response(b"", status="407 Proxy Authentication Required"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(APIConnectionError, match=r"the proxy 127\.0\.0\.1:\d+ answered 407"):
            default_caller.get("https://api.widgets.test", max_retries=0)


class Blocking:
    """One transport, for as long as the block lasts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.transport: Any = SyncTransport(httpx)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()

    def send(self, method: str = "GET", body: bytes = b"", limit: float = 5.0) -> Response:
        return self.call(get(self.url, method, body), limit)

    def call(self, request: Request, limit: float = 5.0) -> Response:
        answer: Response = self.transport(request, limit)
        return answer

    @property
    def idle(self) -> list[Any]:
        return list(self.transport._idle)

    def settle(self, event: threading.Event) -> None:
        assert event.wait(5)


class OnLoop(Blocking):
    """The same on an event loop."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.transport: Any = AsyncTransport(httpx)
        self.runner = asyncio.Runner()

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.transport.close())
        self.runner.close()

    def call(self, request: Request, limit: float = 5.0) -> Response:
        answer: Response = self.runner.run(self.transport(request, limit))
        return answer

    @property
    def idle(self) -> list[Any]:
        return [connection for kept in self.transport._idle.values() for connection in kept]

    def settle(self, event: threading.Event) -> None:
        self.runner.run(asyncio.to_thread(event.wait, 5))


def get(url: str, method: str = "GET", body: bytes = b"") -> Request:
    headers = [(b"Host", b"test"), (b"X-API-Key", KEY.encode())]
    return Request(method, f"{url}/v1/jobs/job_1", headers, body)


@pytest.fixture(params=[Blocking, OnLoop])
def transport(request: pytest.FixtureRequest) -> type[Blocking]:
    made: type[Blocking] = request.param
    return made


@pytest.mark.parametrize(
    "answer",
    [
        whole(
            HEADERS
            + b"Transfer-Encoding: chunked\r\n\r\n4\r\nwhol\r\n1;x=y\r\ne\r\n0\r\nT: t\r\n\r\n"
        ),
        whole(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" * 2 + response(b"whole")),
        last(HEADERS + b"\r\nwhole"),
        last(b"HTTP/1.0 200 OK\r\n\r\nwhole"),
        last(response(b"whole", headers="Connection: close\r\n")),
    ],
    ids=["chunked", "after hints", "until its end", "HTTP/1.0", "with a goodbye"],
)
def test_a_body_is_whole_however_it_is_sent(transport: type[Blocking], answer: Answer) -> None:
    with Wire(answer) as wire, transport(wire.url) as client:
        for _ in range(2):
            assert client.send().body == b"whole"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_some_statuses_have_no_body(transport: type[Blocking], status: str) -> None:
    head = f"HTTP/1.1 {status}\r\n\r\n".encode()
    with Wire(whole(head)) as wire, transport(wire.url) as client:
        for _ in range(2):
            assert client.send()[::2] == (int(status[:3]), b"")
    assert wire.connections == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        response(b"", headers="Connection: close\r\n"),
    ],
)
def test_a_connection_that_is_to_be_closed_is_not_used_again(
    transport: type[Blocking], head: bytes
) -> None:
    with Wire(whole(head)) as wire, transport(wire.url) as client:
        for _ in range(2):
            client.send()
    assert wire.connections == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HEADERS + b"X-Long: " + b"x" * 2**20, "too long|too large"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "illegal status line"),
        (HEADERS + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
        (HEADERS + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", "chunk header"),
    ],
    ids=["endless headers", "another protocol", "two lengths", "no chunk"],
)
def test_what_is_no_response_is_a_connection_error(
    transport: type[Blocking], data: bytes, reason: str
) -> None:
    with Wire(whole(data)) as wire, transport(wire.url) as client:
        with pytest.raises(APIConnectionError, match=reason):
            client.send()
        assert not client.idle


@pytest.mark.parametrize(
    "first",
    [
        response(b"first") + response(b"second"),
        response(b"first") + b"\r\n",
        HEADERS
        + b"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n"
        + response(b"second"),
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(b"first") + response(b"second"),
        b"HTTP/1.1 204 No Content\r\n\r\n" + response(b"second"),
    ],
    ids=["a length", "an empty line", "chunks", "after hints", "no body"],
)
def test_what_follows_an_answer_is_never_the_next_one(
    transport: type[Blocking], first: bytes
) -> None:
    with Wire(whole(first), whole(response(b"own"))) as wire, transport(wire.url) as client:
        assert client.send().body in (b"first", b"")
        assert client.send().body == b"own"
    assert wire.connections == 2


@pytest.mark.parametrize(
    "chunked", [b"5\r\nfirst\r\n0\r\n\r\n", b"2;a=b\r\nfi\r\n0003\r\nrst\r\n0\r\n\r\n"]
)
def test_a_connection_is_used_again_after_chunks(transport: type[Blocking], chunked: bytes) -> None:
    head = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"
    with Wire(whole(head + chunked)) as wire, transport(wire.url) as client:
        for _ in range(2):
            assert client.send().body == b"first"
    assert wire.connections == 1


def test_more_than_was_asked_for_ends_a_connection(transport: type[Blocking]) -> None:
    with Wire(whole(response() * 2)) as wire, transport(wire.url) as client:
        client.send()
        client.send()
    assert wire.connections == 2


def test_what_arrives_unasked_ends_an_idle_connection(transport: type[Blocking]) -> None:
    go, gone = threading.Event(), threading.Event()

    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(response(b"asked"))
        go.wait()
        connection.sendall(response(b"unasked"))
        gone.set()

    with Wire(answer) as wire, transport(wire.url) as client:
        client.send()
        go.set()
        client.settle(gone)
        assert client.send().body == b"asked"
    assert wire.connections == 2


@pytest.mark.parametrize("broken", [reset, last(b"")], ids=["a reset", "an end"])
def test_an_idle_connection_that_breaks_is_replaced_at_once(
    transport: type[Blocking], broken: Answer
) -> None:
    with Wire(whole(), broken, whole()) as wire, transport(wire.url) as client:
        client.send()
        assert client.send().status_code == 200
    assert wire.connections == 2


@pytest.mark.parametrize("broken", [reset, last(b"")], ids=["a reset", "an end"])
def test_a_new_connection_that_breaks_is_not_replaced(
    transport: type[Blocking], broken: Answer
) -> None:
    with (
        Wire(broken, whole()) as wire,
        transport(wire.url) as client,
        pytest.raises(APIConnectionError),
    ):
        client.send()
    assert len(wire.requests) == 1


def test_an_idle_connection_that_breaks_in_its_answer_is_not_replaced(
    transport: type[Blocking],
) -> None:
    with Wire(whole(), truncated, whole()) as wire, transport(wire.url) as client:
        client.send()
        with pytest.raises(APIConnectionError):
            client.send()
    assert len(wire.requests) == 2


@pytest.mark.usefixtures("trusted")
def test_connections_over_tls_are_used_again_and_closed(
    transport: type[Blocking], tls_wire: Wire
) -> None:
    with transport(tls_wire.url) as client:
        for _ in range(3):
            assert client.send().status_code == 200
    assert tls_wire.connections == 1


@pytest.mark.parametrize(
    ("body", "length"), [(b"{}", b"2"), (b"x" * 2**21, b"2097152"), (b"", b"0")]
)
def test_a_body_is_sent_with_its_length(
    transport: type[Blocking], body: bytes, length: bytes
) -> None:
    received: list[bytes] = []

    def answer(connection: socket.socket, _: threading.Event) -> None:
        received.append(wire.requests[-1].partition(b"\r\n\r\n")[2])
        while sum(map(len, received)) < len(body):
            received.append(connection.recv(65536))
        connection.sendall(response())

    with Wire(answer) as wire, transport(wire.url) as client:
        client.send("POST", body)
    assert b"".join(received) == body
    assert b"\r\nContent-Length: %b\r\n" % length in wire.requests[0]


def test_a_client_of_the_users_sends_a_body_too() -> None:
    async def main() -> None:
        async with httpx.AsyncClient() as client:
            await AsyncTransport(httpx, client)(get(wire.url, "POST", b"{}"), 5)

    with Wire(whole()) as wire, httpx.Client() as client:
        SyncTransport(httpx, client)(get(wire.url, "POST", b"{}"), 5)
        asyncio.run(main())
    assert [b"Content-Length: 2\r\n" in request for request in wire.requests] == [True, True]


@pytest.mark.parametrize(
    ("path", "key"), [("/jobs/1", b"secret\n"), ("/jobs/1 HTTP/1.1\r\nX-Evil: 1", b"secret")]
)
def test_what_cannot_be_sent_is_refused_and_not_shown(
    transport: type[Blocking], path: str, key: bytes
) -> None:
    with Wire(whole()) as wire, transport(wire.url) as client:
        client.send()
        good = get(wire.url)
        request = Request("GET", wire.url + path, [*good.headers[:1], (b"X-API-Key", key)])
        with pytest.raises(APIConnectionError, match="cannot be sent") as caught:
            client.call(request)
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert len(wire.requests) == 1


def test_many_requests_at_a_time_leave_no_connection_behind() -> None:
    async def main() -> None:
        transport = AsyncTransport(httpx)
        for _ in range(2):
            answers = await asyncio.gather(*(transport(get(wire.url), 20) for _ in range(200)))
            assert {answer.status_code for answer in answers} == {200}
        await transport.close()
        for _ in range(wire.connections):
            assert await asyncio.to_thread(wire.closed_by_client.acquire, timeout=10)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left

    with Wire(whole()) as wire:
        asyncio.run(main())
        assert wire.connections <= 200


def test_a_request_that_ends_after_its_client_closes_its_connection() -> None:
    go = threading.Event()

    def answer(connection: socket.socket, _: threading.Event) -> None:
        go.wait()
        connection.sendall(response())

    async def main() -> None:
        transport = AsyncTransport(httpx)
        task = asyncio.create_task(transport(get(wire.url), 5))
        await asyncio.to_thread(wire.asked.wait)
        await transport.close()
        go.set()
        assert (await task).status_code == 200
        assert not transport._idle

    with Wire(answer) as wire:
        asyncio.run(main())
    gc.collect()


@contextmanager
def own(url: str) -> Generator[SyncTransport]:
    transport = SyncTransport(httpx)
    yield transport
    transport.close()


@contextmanager
def passed(_: str) -> Generator[SyncTransport]:
    with httpx.Client() as client:
        yield SyncTransport(httpx, client)


@pytest.mark.parametrize("make", [own, passed])
def test_a_blocking_transport_has_one_for_an_event_loop(
    make: Callable[[str], AbstractContextManager[SyncTransport]],
) -> None:
    async def main(send: SyncTransport) -> None:
        transport = send.for_loop(4)
        answers = await asyncio.gather(*(transport(get(wire.url), 5) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        await transport.close()

    with Wire(whole()) as wire, make(wire.url) as send:
        asyncio.run(main(send))


def test_waiting_for_a_thread_counts() -> None:
    free = threading.Event()

    def answer(connection: socket.socket, _: threading.Event) -> None:
        free.wait()
        connection.sendall(response())

    async def main() -> None:
        transport = SyncTransport(httpx, client).for_loop(4)
        busy = [asyncio.create_task(transport(get(wire.url), 5)) for _ in range(32)]
        await asyncio.to_thread(wire.asked.wait)
        with pytest.raises(APITimeoutError, match=r"within 0\.1 s"):
            await transport(get(wire.url), 0.1)
        free.set()
        assert {answer.status_code for answer in await asyncio.gather(*busy)} == {200}
        await transport.close()

    with Wire(answer) as wire, httpx.Client() as client:
        asyncio.run(main())
    assert len(wire.requests) == 32


ODD: dict[str, bytes] = {
    "a header without a name": HEADERS + b": x\r\n\r\n",
    "a negative length": HEADERS + b"Content-Length: -1\r\n\r\n{}",
    "an endless length": HEADERS + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "NUL": HEADERS + b"X: \0\r\nContent-Length: 2\r\n\r\n{}",
    "latin-1": HEADERS + b"X-A: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    "a wrong charset": response(b"{}", headers="Content-Type: text/x; charset=idna\r\n"),
    "HTTP/3": b"HTTP/3 200\r\n\r\n",
    "HTTP/0.9": b"{}",
    "status 99": response(b"", status="099 Low"),
    "status 999": response(b"", status="999 High"),
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nxx",
    "two framings": HEADERS
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "an endless chunk": HEADERS + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
    "an unknown encoding": response(b"{}", headers="Content-Encoding: nonsense\r\n"),
    "three encodings": response(b"{}", headers="Content-Encoding: gzip, gzip, gzip\r\n"),
    "a bad location": response(b"", status="302 Found", headers="Location: http://[::bad\r\n"),
    "no location": response(b"", status="301 Moved"),
    "a bad cookie": response(b"{}", headers="Set-Cookie: =;;; expires=never; domain=..\r\n"),
    "a deep body": response(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a status in half a character": response(b'{"data": {"status": "\\ud800"}}'),
    "an empty 304": b"HTTP/1.1 304 Not Modified\r\n\r\n",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_an_odd_answer_is_a_typed_error(caller: Sync, data: bytes) -> None:
    with Wire(last(data)) as wire, pytest.raises(JobwaitError):
        caller.wait(wire.url, timeout=0)


@pytest.mark.parametrize("passes", [False, True])
def test_a_client_that_is_closed_while_threads_use_it_raises_typed_errors(passes: bool) -> None:
    errors: list[BaseException] = []
    started = threading.Barrier(5)

    def work() -> None:
        try:
            JobsResource(client._calls).get_job(ID)
            started.wait()
            while True:
                JobsResource(client._calls).get_job(ID)
        except BaseException as error:
            errors.append(error)

    with Wire(whole()) as wire, httpx.Client() as passed:
        client = BaseClient(
            *(CONFIG, {"api_key": KEY}),
            base_url=wire.url,
            http_client=passed if passes else None,
            max_retries=0,
        )
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        started.wait()
        (passed if passes else client).close()
        for thread in threads:
            thread.join()
    client.close()
    assert len(errors) == 4
    assert all(isinstance(error, (ClientClosedError, APIConnectionError)) for error in errors)
    gc.collect()


def test_a_passed_client_closed_under_a_request_is_a_typed_error_and_leaves_no_connection() -> None:
    class Closing(httpx.Client):
        def send(self, *args: Any, **options: Any) -> httpx.Response:
            self.close()
            return super().send(*args, **options)

    def close(request: httpx.Request) -> None:
        passed.close()

    async def main() -> None:
        async def aclose(request: httpx.Request) -> None:
            await passed.aclose()

        passed = httpx.AsyncClient(event_hooks={"request": [aclose]})
        assert (await AsyncTransport(httpx, passed)(get(wire.url), 5)).status_code == 200

    with Wire(whole()) as wire:
        with pytest.raises(ClientClosedError, match="pass an open one"):
            SyncTransport(httpx, Closing())(get(wire.url), 5)
        passed = httpx.Client(event_hooks={"request": [close]})
        assert SyncTransport(httpx, passed)(get(wire.url), 5).status_code == 200
        asyncio.run(main())
        gc.collect()


def test_event_loops_in_several_threads_share_a_client() -> None:
    errors: list[BaseException] = []

    async def main() -> None:
        jobs = AsyncJobsResource(client._calls)
        for _ in range(10):
            await asyncio.gather(*(jobs.get_job(ID) for _ in range(4)))
        await client._transport.close()

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            errors.append(error)

    with Wire(whole()) as wire:
        client = AsyncBaseClient(CONFIG, {"api_key": KEY}, base_url=wire.url)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors
    gc.collect()


FORKS = f"""
import os, sys, threading
sys.path.append({str(Path(__file__).parents[1])!r})
from jobwait import BaseClient
from tests.kit.widgets import CONFIG, ID, JobsResource

over = threading.Event()

def work():
    while not over.is_set():
        jobs.get_job(ID)

with BaseClient(CONFIG, {{"api_key": {KEY!r}}}, base_url=sys.argv[1]) as client:
    jobs = JobsResource(client._calls)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                try:
                    jobs.get_job(ID)
                finally:
                    os._exit(sys.exc_info()[0] is not None)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        over.set()
        for thread in threads:
            thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_process_that_is_forked_while_threads_send_can_send_too() -> None:
    # Not measured, as a thread that is gone after the fork may hold the lock of coverage's tracer.
    environment = {name: os.environ[name] for name in os.environ if "COVERAGE" not in name}
    command = [sys.executable, "-P", "-c", FORKS]
    with Wire(whole()) as wire:
        subprocess.run([*command, wire.url], check=True, timeout=60, env=environment)
