"""Proxies, certificates and clients of the user's own, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import trustme

from jobwait import (
    APIConnectionError,
    APIStatusError,
    AsyncBaseClient,
    BaseClient,
    ConfigurationError,
    Fixed,
    WaitTimeoutError,
    wait_for_completion,
)

from .kit.widgets import (
    ASYNC_SLEEPLESS,
    CONFIG,
    ID,
    KEY,
    SLEEPLESS,
    AsyncJobsResource,
    CompletedJob,
    JobsResource,
)
from .kit.wire import Answer, Socks, Wire, reset, response, truncated, tunnel, whole

HOST: Final = "api.widgets.test"
"""A host that only a proxy can reach."""


class Blocking:
    """Waits with a blocking client."""

    def wait(self, url: str, passed: dict[str, Any] | None = None, **options: Any) -> Any:
        """Wait over the network.

        Args:
            passed: The options of a client to pass; none is passed if None.
        """
        passing = None if passed is None else httpx.Client(**passed)
        client = BaseClient(
            CONFIG,
            {"api_key": KEY},
            base_url=url,
            http_client=passing,
            runtime=SLEEPLESS,
        )
        with client, nullcontext() if passing is None else passing:
            return wait_for_completion(JobsResource(client._calls), ID, **options)


class OnLoop(Blocking):
    """Waits with an asynchronous client."""

    def wait(self, url: str, passed: dict[str, Any] | None = None, **options: Any) -> Any:
        async def main() -> Any:
            passing = None if passed is None else httpx.AsyncClient(**passed)
            client = AsyncBaseClient(
                CONFIG,
                {"api_key": KEY},
                base_url=url,
                http_client=passing,
                runtime=ASYNC_SLEEPLESS,
            )
            async with client, nullcontext() if passing is None else passing:
                return await wait_for_completion(AsyncJobsResource(client._calls), ID, **options)

        return asyncio.run(main())


@pytest.fixture(params=[Blocking, OnLoop])
def caller(request: pytest.FixtureRequest) -> Blocking:
    made: Blocking = request.param()
    return made


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert(HOST, "localhost")
    certificate.configure_cert(context)
    return context


@pytest.fixture
def tls_wire(server_tls: ssl.SSLContext) -> Iterator[Wire]:
    with Wire(whole(), tls=server_tls) as wire:
        yield wire


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def trusted(ca_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))


@contextmanager
def socks(*answers: Answer) -> Generator[str]:
    with Wire(*answers, after=b"\5") as proxy:
        yield f"127.0.0.1:{proxy.port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("user", [None, (b"user", b"p@ss")])
def test_a_socks_proxy_of_the_environment_is_used(
    caller: Blocking,
    tls_wire: Wire,
    scheme: str,
    user: tuple[bytes, bytes] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Socks(tls_wire.port, user=user)
    with socks(server) as address:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{'user:p%40ss@' if user else ''}{address}")
        assert isinstance(caller.wait(f"https://{HOST}"), CompletedJob)
    assert server.asked == [HOST.encode()]


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_of_a_client_that_is_passed_is_used(
    caller: Blocking, tls_wire: Wire, server_tls: ssl.SSLContext, ca_file: Path, secure: bool
) -> None:
    context = ssl.create_default_context(cafile=str(ca_file))
    with Wire(tunnel(tls_wire.port), tls=server_tls if secure else None) as proxy:
        passed = {
            "proxy": httpx.Proxy(proxy.url, ssl_context=context if secure else None),
            "verify": context,
        }
        assert isinstance(caller.wait(f"https://{HOST}", passed), CompletedJob)
    assert proxy.requests[0].startswith(f"CONNECT {HOST}:443".encode())
    with socks(Socks(tls_wire.port)) as address:
        passed = {"proxy": f"socks5://{address}", "verify": context}
        assert isinstance(caller.wait(f"https://{HOST}", passed), CompletedJob)


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "[::1]"),
        ("other.test, localhost", "localhost"),
        ("*", "localhost"),
        ("http://localhost", "localhost"),
    ],
)
def test_hosts_in_no_proxy_are_reached_without_one(
    caller: Blocking, no_proxy: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    address = "::1" if ":" in host else "127.0.0.1"
    with Wire(whole(), host=address) as wire:
        assert isinstance(caller.wait(f"http://{host}:{wire.port}"), CompletedJob)


@pytest.mark.parametrize("no_proxy", ["widgets.test", ".widgets.test", "*.widgets.test", HOST])
def test_suffixes_in_no_proxy_are_reached_without_one(
    caller: Blocking, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(whole()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", no_proxy)
        with httpx.Client() as reference:
            try:
                reference.get(f"http://{HOST}")
            except httpx.ConnectError:
                with pytest.raises(APIConnectionError):
                    caller.wait(f"http://{HOST}")
                assert not proxy.requests
            else:
                assert isinstance(caller.wait(f"http://{HOST}"), CompletedJob)
                assert len(proxy.requests) == 2
        assert isinstance(caller.wait("http://other.test"), CompletedJob)


def test_a_proxy_that_cannot_be_reached_ends_a_wait_at_once(
    caller: Blocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scheme in ("http", "socks5"):
        address = f"127.0.0.1:{free_port()}"
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:password@{address}")
        for url in (f"https://{HOST}", f"http://{HOST}", f"http://127.0.0.1:{free_port()}"):
            text = f"the proxy {address} cannot be reached .* check HTTPS_PROXY"
            with pytest.raises(APIConnectionError, match=text) as caught:
                caller.wait(url)
            assert caught.value.polls == 1
            assert "password" not in str(caught.value).replace("user and password", "")


@pytest.mark.parametrize(
    "refusal", ["400 Bad Request", "403 Forbidden", "407 Proxy Authentication Required"]
)
def test_a_proxy_that_refuses_a_tunnel_ends_a_wait_at_once(
    caller: Blocking, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(whole(response(b"", status=refusal))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        text = f"the proxy 127.0.0.1:{proxy.port} answered {refusal}; check HTTPS_PROXY"
        with pytest.raises(APIConnectionError, match=text) as caught:
            caller.wait(f"https://{HOST}")
    assert caught.value.polls == 1


def test_a_proxy_that_refuses_the_user_of_a_request_without_a_tunnel_is_named(
    caller: Blocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(whole(response(b"", status="407 Proxy Authentication Required"))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(APIStatusError, match=r"407 .*; check HTTP_PROXY") as caught:
            caller.wait(f"http://{HOST}")
    assert caught.value.polls == 1


@pytest.mark.parametrize(
    ("server", "text"),
    [
        (Socks(9, user=(b"user", b"other")), "answered Invalid username/password"),
        (Socks(9, user=(b"user", b"other")), "check HTTPS_PROXY"),
        (whole(b"\5\xff"), "answered Requested USERNAME/PASSWORD from proxy server, but got"),
    ],
)
def test_a_socks_proxy_that_refuses_the_user_ends_a_wait_at_once(
    caller: Blocking, server: Answer, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socks(server) as address:
        monkeypatch.setenv("ALL_PROXY", f"socks5://user:password@{address}")
        with pytest.raises(APIConnectionError, match=text) as caught:
            caller.wait(f"https://{HOST}")
    assert caught.value.polls == 1
    assert "user:password" not in str(caught.value)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("failure", [whole(response(b"", status="502 Bad Gateway")), reset])
def test_a_wait_goes_on_after_a_tunnel_that_failed(
    caller: Blocking, tls_wire: Wire, failure: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(failure, tunnel(tls_wire.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert isinstance(caller.wait(f"https://{HOST}"), CompletedJob)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("code", [1, 4, 5])
def test_a_wait_goes_on_after_a_socks_proxy_that_failed(
    caller: Blocking, tls_wire: Wire, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socks(Socks(tls_wire.port, code=code), Socks(tls_wire.port)) as address:
        monkeypatch.setenv("ALL_PROXY", f"socks5://{address}")
        assert isinstance(caller.wait(f"https://{HOST}"), CompletedJob)


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH\r\n", b"\5", b"\4\0", b"\5\0\5"])
def test_what_is_no_socks_proxy_is_a_connection_error(
    caller: Blocking, noise: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socks(whole(noise)) as address:
        monkeypatch.setenv("ALL_PROXY", f"socks5://{address}")
        text = f"the proxy {address} answered what no proxy of its kind does"
        with pytest.raises(APIConnectionError, match=text):
            caller.wait(f"https://{HOST}")


@pytest.mark.parametrize("passes", [False, True])
def test_a_certificate_that_does_not_verify_ends_a_wait_at_once(
    caller: Blocking, tls_wire: Wire, passes: bool
) -> None:
    text = "certificate of localhost does not verify .*; check base_url, or, .* SSL_CERT_FILE"
    with pytest.raises(APIConnectionError, match=text) as caught:
        caller.wait(tls_wire.url, {} if passes else None)
    assert caught.value.polls == 1


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_ends_a_wait_at_once(
    caller: Blocking, tls_wire: Wire
) -> None:
    text = r"certificate of 127\.0\.0\.1 does not verify \(IP address mismatch"
    with pytest.raises(APIConnectionError, match=text) as caught:
        caller.wait(tls_wire.url.replace("localhost", "127.0.0.1"))
    assert caught.value.polls == 1


@pytest.mark.usefixtures("trusted")
def test_a_certificate_behind_a_proxy_that_does_not_verify_ends_a_wait_at_once(
    caller: Blocking, tls_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(tunnel(tls_wire.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        text = r"certificate of other\.test does not verify"
        with pytest.raises(APIConnectionError, match=text) as caught:
            caller.wait("https://other.test")
    assert caught.value.polls == 1


@pytest.mark.parametrize("make", [BaseClient, AsyncBaseClient])
@pytest.mark.parametrize("content", [None, b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_file_of_certificates_that_cannot_be_read_is_named(
    make: Callable[..., Any], content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE names, .* or unset it") as caught:
        make(CONFIG, {"api_key": KEY})
    assert str(path) in str(caught.value)


@pytest.mark.usefixtures("trusted")
def test_a_host_that_never_answers_ends_a_wait_after_three_polls(caller: Blocking) -> None:
    for url in (f"http://127.0.0.1:{free_port()}", "https://nowhere.invalid"):
        with pytest.raises(
            APIConnectionError, match="3 polls, and nothing ever answered"
        ) as caught:
            caller.wait(url)
        assert caught.value.polls == 3


def test_a_host_with_another_alphabet_is_no_proxy(caller: Blocking) -> None:
    with pytest.raises(APIConnectionError, match="3 polls, and nothing ever answered") as caught:
        caller.wait("http://xn--bcher-kva.invalid")
    assert "the proxy" not in str(caught.value)


def test_a_host_that_begins_to_answer_has_more_than_three_polls(caller: Blocking) -> None:
    with Wire(*[truncated] * 5, whole()) as wire:
        assert isinstance(caller.wait(wire.url), CompletedJob)


def once(data: bytes, *, at_once: bool) -> Answer:
    """Answer one request of a connection, and end it: at once, or when the next one comes."""

    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(data)
        if not at_once:
            connection.recv(65536)
        connection.shutdown(socket.SHUT_RDWR)
        # A request that has come meanwhile is not read.
        raise ConnectionAbortedError

    return answer


@pytest.mark.parametrize("at_once", [True, False])
def test_connections_that_the_server_closes_cost_a_wait_nothing(
    caller: Blocking, at_once: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "jobwait")
    pending = response(b'{"data": {"id": "job_1", "status": "pending"}}')
    answers = [once(data, at_once=at_once) for data in (*[pending] * 5, response())]
    updates: list[object] = []
    with Wire(*answers) as wire:
        caller.wait(wire.url, on_update=updates.append, schedule=Fixed(0.001))
    assert isinstance(updates[-1], CompletedJob)
    assert (len(updates), wire.connections) == (6, 6)
    assert not caplog.records


def test_a_timeout_says_that_nothing_ever_answered(caller: Blocking) -> None:
    text = "nothing ever answered: check base_url and the network"
    with pytest.raises((WaitTimeoutError, APIConnectionError), match=text) as caught:
        caller.wait(f"http://127.0.0.1:{free_port()}", timeout=0)
    assert "may still be running" not in str(caught.value)


def test_a_client_certificate_is_sent_by_a_client_that_is_passed(
    caller: Blocking, authority: trustme.CA, ca_file: Path
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("localhost")
    certificate.configure_cert(server)
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(ca_file)
    client = ssl.create_default_context(cafile=str(ca_file))
    own: Any = authority.issue_cert("client@widgets.test")
    own.configure_cert(client)
    with Wire(whole(), tls=server) as wire:
        assert isinstance(caller.wait(wire.url, {"verify": client}), CompletedJob)
        without = ssl.create_default_context(cafile=str(ca_file))
        with pytest.raises(APIConnectionError):
            caller.wait(wire.url, {"verify": without})


class Signed(httpx.Auth):
    """Sends a request, and a better one after it."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        response = yield request
        if response.status_code == 401:
            request.headers["X-Signature"] = "signed"
            yield request


def test_the_auth_of_a_client_that_is_passed_is_used(caller: Blocking) -> None:
    with Wire(whole(response(b"", status="401 Unauthorized")), whole()) as wire:
        assert isinstance(caller.wait(wire.url, {"auth": Signed()}), CompletedJob)
    assert [b"X-Signature: signed" in request for request in wire.requests] == [False, True]
    assert all(KEY.encode() in request for request in wire.requests)


def test_the_mounts_headers_and_parameters_of_a_client_that_is_passed_are_used(
    caller: Blocking,
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=response().partition(b"\r\n\r\n")[2])

    passed: dict[str, Any] = {
        "mounts": {f"all://{HOST}": httpx.MockTransport(answer)},
        "headers": {"X-Tenant": "one"},
        "params": {"tenant": "one"},
        "follow_redirects": True,
    }
    assert isinstance(caller.wait(f"https://{HOST}", passed), CompletedJob)
    assert str(asked[0].url) == f"https://{HOST}/v1/jobs/job_1?tenant=one"
    assert asked[0].headers["X-Tenant"] == "one"


def test_a_client_that_is_passed_and_follows_redirects_does_not_follow_ours(
    caller: Blocking,
) -> None:
    with Wire(whole()) as other:
        moved = response(b"", status="302 Found", headers=f"Location: {other.url}\r\n")
        with Wire(whole(moved)) as wire, pytest.raises(Exception, match="302"):
            caller.wait(wire.url, {"follow_redirects": True})
    assert not other.requests


def test_the_store_of_the_system_is_used_once_truststore_is_injected(
    tls_wire: Wire, ca_file: Path
) -> None:
    code = f"""
import asyncio, httpx, truststore
from docurift_client import AsyncClient, Client
from jobwait import APIConnectionError
def use():
    with Client("key", base_url={tls_wire.url!r}, max_retries=0) as client:
        client.jobs.with_raw_response.get_job("job_1")
async def ause():
    async with AsyncClient("key", base_url={tls_wire.url!r}, max_retries=0) as client:
        await client.jobs.get_job("job_1")
Client("key")  # made before: its certificates are those of certifi
truststore.inject_into_ssl()
for call in (use, lambda: asyncio.run(ause())):
    try:
        call()
    except APIConnectionError as error:
        raise
    except Exception as error:
        assert "body" in str(error), error
"""
    # Where OpenSSL finds the certificates of the system; httpx and certifi do not read it.
    system = {"SSL_CERT_FILE": str(ca_file)}
    subprocess.run([sys.executable, "-c", code], env=system, check=True, timeout=60)
    assert len(tls_wire.requests) == 2
