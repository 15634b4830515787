"""One limit over a whole request, wherever it is held up; real sockets, and names of our own."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import trustme

from jobwait import APIConnectionError, APITimeoutError
from jobwait._messages import Request, Response
from jobwait._transport import AsyncTransport, SyncTransport

from .kit.wire import Answer, Socks, Wire, drip, response, silent, tunnel, whole

LIMIT: Final = 0.2
HEADERS: Final = b"HTTP/1.1 200 OK\r\n"
HANDSHAKE: Final = drip(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0")
"""The beginning of a long record of TLS."""


def request(url: str) -> Request:
    return Request("GET", f"{url}/v1/jobs/job_1", [(b"Host", b"test")])


def blocking(url: str, limit: float = LIMIT) -> Response:
    transport = SyncTransport(httpx)
    try:
        return transport(request(url), limit)
    finally:
        transport.close()


def blocking_passed(url: str, limit: float = LIMIT) -> Response:
    with httpx.Client() as client:
        return SyncTransport(httpx, client)(request(url), limit)


def on_loop(url: str, limit: float = LIMIT) -> Response:
    async def main() -> Response:
        transport = AsyncTransport(httpx)
        try:
            return await transport(request(url), limit)
        finally:
            await transport.close()

    return asyncio.run(main())


def on_loop_passed(url: str, limit: float = LIMIT) -> Response:
    async def main() -> Response:
        async with httpx.AsyncClient() as client:
            return await AsyncTransport(httpx, client)(request(url), limit)

    return asyncio.run(main())


@pytest.fixture(params=[blocking, blocking_passed, on_loop, on_loop_passed])
def send(request: pytest.FixtureRequest) -> Callable[..., Response]:
    chosen: Callable[..., Response] = request.param
    return chosen


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("localhost", "two.test")
    certificate.configure_cert(context)
    path: Path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield context


@pytest.fixture(scope="module", autouse=True)
def only_what_is_new_is_looked_at_for_garbage() -> Iterator[None]:
    """A socket that is left open is a warning when it is collected, which takes time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()  # what other tests have left
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(
    "answer",
    [
        silent,
        drip(b""),
        drip(HEADERS + b"X: "),
        drip(HEADERS + b"Content-Length: 100000\r\n\r\n"),
        drip(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n1"),
        drip(HEADERS + b"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n"),
    ],
    ids=["nothing", "status", "headers", "body", "chunks", "packed"],
)
def test_an_answer_that_does_not_end_is_cut_at_the_limit(
    send: Callable[..., Response], answer: Answer, tls: bool, server_tls: ssl.SSLContext
) -> None:
    with (
        Wire(answer, tls=server_tls if tls else None) as wire,
        pytest.raises(APITimeoutError, match=r"within 0\.2 s"),
    ):
        send(wire.url)


@pytest.mark.parametrize("answer", [silent, HANDSHAKE], ids=["nothing", "drips"])
def test_a_handshake_that_does_not_end_is_cut_at_the_limit_and_leaves_no_socket(
    send: Callable[..., Response], answer: Answer
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()  # what other tests have left
    with Wire(answer, after=b"\x16") as wire, pytest.raises(APITimeoutError):
        send(f"https://127.0.0.1:{wire.port}")
    gc.collect()


@pytest.mark.parametrize("is_secure", [False, True], ids=["HTTP proxy", "HTTPS proxy"])
@pytest.mark.parametrize(
    "origin",
    [HANDSHAKE, drip(HEADERS + b"X: "), drip(HEADERS + b"Content-Length: 100000\r\n\r\n"), None],
    ids=["handshake", "headers", "body", "CONNECT"],
)
def test_what_does_not_end_behind_a_proxy_is_cut_at_the_limit(
    send: Callable[..., Response],
    origin: Answer | None,
    is_secure: bool,
    server_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as stack:
        if origin is None:
            answer = drip(HEADERS + b"X: ")
        else:
            is_handshake = origin is HANDSHAKE
            wire = Wire(
                origin,
                tls=None if is_handshake else server_tls,
                after=b"\x16" if is_handshake else b"\r\n\r\n",
            )
            answer = tunnel(stack.enter_context(wire).port)
        proxy = stack.enter_context(Wire(answer, tls=server_tls if is_secure else None))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(APITimeoutError):
            send("https://localhost")
    gc.collect()


def greet(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"\5\0")
    stopped.wait()


@pytest.mark.parametrize("at", [silent, greet, None], ids=["greeting", "reply", "origin"])
def test_what_does_not_end_behind_a_socks_proxy_is_cut_at_the_limit(
    send: Callable[..., Response], at: Answer | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Wire(drip(HEADERS + b"X: ")) as wire,
        Wire(at or Socks(wire.port), after=b"\5") as proxy,
    ):
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(APITimeoutError):
            send("http://two.test")
    gc.collect()


def test_a_connection_that_the_user_opened_is_limited_too() -> None:
    body = drip(HEADERS + b"Content-Length: 100000\r\n\r\n")
    with Wire(whole(), body, whole()) as wire, httpx.Client() as client:
        client.get(wire.url)
        with pytest.raises(APITimeoutError):
            SyncTransport(httpx, client)(request(wire.url), LIMIT)
        assert client.get(wire.url).status_code == 200
    assert wire.connections == 2


def test_the_user_may_send_over_connections_of_ours() -> None:
    async def main() -> None:
        async with httpx.AsyncClient() as client:
            await AsyncTransport(httpx, client)(request(wire.url), 5)
            assert (await client.get(wire.url)).status_code == 200

    with Wire(whole()) as wire:
        with httpx.Client() as client:
            SyncTransport(httpx, client)(request(wire.url), 5)
            assert client.get(wire.url).status_code == 200
        asyncio.run(main())
    assert wire.connections == 2


class Names:
    """The names of this test, in place of the system's: it has none for two addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0
        self.slow = threading.Event()
        """Set when the look-ups may end."""
        self.slow.set()
        self.delay = 0.0
        self._real = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in ("two.test", b"two.test"):
            return self._real(host, port, *args, **options)
        self.asked += 1
        self.slow.wait()
        threading.Event().wait(self.delay)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in self.addresses]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names("127.0.0.2", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", made)
    return made


@contextmanager
def black_hole(port: int) -> Generator[None]:
    """Nothing that is sent to 127.0.0.2 is answered: there is no room for a connection more."""
    with socket.create_server(("127.0.0.2", port), backlog=0), ExitStack() as stack:
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.2", port))
        yield


linux = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is there on Linux alone")


@linux
@pytest.mark.parametrize("delay", [0, 0.3], ids=["fast names", "slow names"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_the_second_address_of_a_host_is_reached_when_the_first_is_silent(
    send: Callable[..., Response],
    names: Names,
    server_tls: ssl.SSLContext,
    delay: float,
    tls: bool,
) -> None:
    names.delay = delay
    with Wire(whole(), tls=server_tls if tls else None) as wire, black_hole(wire.port):
        url = f"http{'s' if tls else ''}://two.test:{wire.port}"
        assert send(url, 2.0).status_code == 200
    if delay and send in (blocking, blocking_passed):
        assert names.asked == 1


@linux
def test_a_host_whose_addresses_are_all_silent_ends_with_the_limit(
    send: Callable[..., Response], names: Names
) -> None:
    names.addresses = ("127.0.0.2", "127.0.0.2")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with black_hole(port), pytest.raises(APITimeoutError):
        send(f"http://two.test:{port}")


@pytest.mark.parametrize("send", [blocking, blocking_passed])
def test_a_name_of_one_address_is_looked_up_once(
    send: Callable[..., Response], names: Names
) -> None:
    names.addresses = ("127.0.0.1",)
    with Wire(whole()) as wire:
        send(f"http://two.test:{wire.port}")
    assert names.asked == 1


@pytest.mark.parametrize("send", [blocking, blocking_passed])
def test_a_name_whose_look_up_does_not_end_is_cut_at_the_limit(
    send: Callable[..., Response], names: Names
) -> None:
    names.slow.clear()
    try:
        with pytest.raises(APITimeoutError):
            send("http://two.test:9")
    finally:
        names.slow.set()


def test_a_name_whose_look_up_does_not_end_is_cut_at_the_limit_on_a_loop(names: Names) -> None:
    async def main() -> None:
        transport = AsyncTransport(httpx)
        try:
            with pytest.raises(APITimeoutError):
                await transport(request("http://two.test:9"), LIMIT)
        finally:
            names.slow.set()  # asyncio waits for the thread when it ends
            await transport.close()

    names.slow.clear()
    asyncio.run(main())


def test_a_name_that_cannot_be_looked_up_is_looked_up_once(names: Names) -> None:
    def fail(host: Any, *_: Any, **__: Any) -> Any:
        names.asked += 1
        raise socket.gaierror(-2, f"Name or service not known: {host}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(APIConnectionError, match="Name or service not known"):
            blocking("http://two.test:9")
    assert names.asked == 1


def test_a_task_that_is_cancelled_in_a_handshake_leaves_no_socket() -> None:
    async def main() -> None:
        transport = AsyncTransport(httpx)
        url = f"https://127.0.0.1:{wire.port}"
        task = asyncio.ensure_future(transport(request(url), 60))
        await asyncio.to_thread(wire.asked.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await transport.close()

    with Wire(silent, after=b"\x16") as wire:
        asyncio.run(main())
    gc.collect()


def test_interim_answers_without_an_end_are_bounded(send: Callable[..., Response]) -> None:
    def flood(connection: socket.socket, stopped: threading.Event) -> None:
        hint = b"HTTP/1.1 103 Early Hints\r\nLink: %b\r\n\r\n" % (b"x" * 2**14)
        for _ in range(2**13):
            if stopped.is_set():
                return
            connection.sendall(hint)
        connection.sendall(response())

    with Wire(flood) as wire, pytest.raises(APIConnectionError, match="more than"):
        send(wire.url, 60)
