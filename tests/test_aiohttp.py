"""An `aiohttp.ClientSession` in place of an httpx client: the same rules over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import ssl
import traceback
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import pytest
import trustme

from jobwait import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncBaseClient,
    BaseClient,
    ClientClosedError,
    ConfigurationError,
    Fixed,
    JobwaitError,
    PermissionDeniedError,
    async_wait_for_all,
    wait_for_completion,
)

from .kit.widgets import ASYNC_SLEEPLESS, CONFIG, ID, KEY, AsyncJobsResource, CompletedJob
from .kit.wire import JOB, Answer, Wire, drip, last, reset, response, silent, truncated, whole

HEADERS: Final = b"HTTP/1.1 200 OK\r\n"


def use(
    call: Callable[[AsyncJobsResource], Awaitable[Any]],
    url: str,
    session_options: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Call with a client over a session, which stays open."""

    async def main() -> Any:
        async with aiohttp.ClientSession(**session_options or {}) as session:
            client = AsyncBaseClient(
                options.pop("config", CONFIG),
                {"api_key": KEY},
                base_url=url,
                http_client=session,
                runtime=ASYNC_SLEEPLESS,
                **options,
            )
            async with client:
                result = await call(AsyncJobsResource(client._calls))
            assert not session.closed
            return result

    return asyncio.run(main())


async def get(jobs: AsyncJobsResource) -> Any:
    return await jobs.get_job(ID)


async def wait(jobs: AsyncJobsResource) -> Any:
    return await wait_for_completion(jobs, ID, schedule=Fixed(0.001))


def test_a_wait_over_a_session_succeeds_over_one_connection() -> None:
    pending = response(json.dumps({"data": {"id": ID, "status": "pending"}}).encode())
    with Wire(whole(pending), whole(pending), whole()) as wire:
        assert isinstance(use(wait, wire.url), CompletedJob)
    assert wire.connections == 1
    assert all(f"X-API-Key: {KEY}".encode() in request for request in wire.requests)
    assert {request.count(b"\r\n") for request in wire.requests} == {
        wire.requests[0].count(b"\r\n")
    }


def test_many_jobs_go_over_a_session() -> None:
    async def all_(jobs: AsyncJobsResource) -> Any:
        return await async_wait_for_all(jobs, [f"job_{number}" for number in range(50)])

    with Wire(whole()) as wire:
        outcomes = use(all_, wire.url)
    assert [outcome.error for outcome in outcomes] == [None] * 50


@pytest.mark.parametrize(
    "answer",
    [silent, drip(HEADERS + b"X: "), drip(HEADERS + b"Content-Length: 100000\r\n\r\n")],
    ids=["silence", "headers that drip", "a body that drips"],
)
def test_a_request_over_a_session_ends_with_its_total_limit(answer: Answer) -> None:
    with Wire(answer) as wire, pytest.raises(APITimeoutError, match=r"within 0\.3 s"):
        use(get, wire.url, timeout=0.3, max_retries=0)


def test_a_handshake_over_a_session_ends_with_the_limit() -> None:
    url = "https://127.0.0.1:{}"
    with Wire(silent, after=b"\x16") as wire, pytest.raises(APITimeoutError):
        use(get, url.format(wire.port), timeout=0.3, max_retries=0)


@pytest.mark.parametrize(
    "answer",
    [
        truncated,
        reset,
        last(b""),
        whole(b"no HTTP\r\n\r\n"),
        whole(response(b"no gzip", headers="Content-Encoding: gzip\r\n")),
    ],
    ids=["truncated", "reset", "ended", "not HTTP", "not gzip"],
)
def test_a_wait_over_a_session_goes_on_after_a_broken_answer(answer: Answer) -> None:
    several = 5 if answer is truncated else 1
    with Wire(*[answer] * several, whole()) as wire:
        assert isinstance(use(wait, wire.url), CompletedJob)
    with Wire(answer) as wire, pytest.raises(APIConnectionError, match="check base_url"):
        use(get, wire.url, max_retries=0)


def test_a_host_without_a_server_ends_a_wait_over_a_session_after_three_polls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(APIConnectionError, match="nothing ever answered") as caught:
        use(wait, f"http://127.0.0.1:{port}")
    assert caught.value.polls == 3


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body_over_a_session_is_decompressed(coding: str) -> None:
    text = json.dumps(JOB).encode()
    packed = gzip.compress(text) if coding == "gzip" else zlib.compress(text)
    answer = response(packed, headers=f"Content-Encoding: {coding}\r\n")
    with Wire(whole(answer)) as wire:
        assert isinstance(use(get, wire.url), CompletedJob)


def test_a_body_over_its_bound_ends_a_wait_over_a_session() -> None:
    bomb = gzip.compress(b"[" * 2**24)
    answers = [
        whole(response(bomb, headers="Content-Encoding: gzip\r\n")),
        whole(response(b"[" * 2000)),
    ]
    for answer in answers:
        with (
            Wire(answer) as wire,
            pytest.raises(APIConnectionError, match=r"more than 1000 bytes; pass .* max_body"),
        ):
            use(wait, wire.url, max_body=1000)
        assert len(wire.requests) == 1


def test_a_redirect_over_a_session_is_not_followed() -> None:
    with Wire(whole()) as other:
        moved = response(b"", status="302 Found", headers=f"Location: {other.url}\r\n")
        with Wire(whole(moved)) as wire, pytest.raises(APIStatusError, match="not followed"):
            use(get, wire.url)
    assert not other.requests


def test_a_refusal_is_typed_over_a_session_that_raises_for_it() -> None:
    with (
        Wire(whole(response(b"", status="403 Forbidden"))) as wire,
        pytest.raises(PermissionDeniedError),
    ):
        use(get, wire.url, {"raise_for_status": True})


@pytest.fixture(scope="module")
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = trustme.CA().issue_cert("localhost")
    certificate.configure_cert(context)
    return context


def test_a_certificate_that_does_not_verify_ends_a_wait_over_a_session(
    server_tls: ssl.SSLContext,
) -> None:
    with (
        Wire(whole(), tls=server_tls) as wire,
        pytest.raises(
            APIConnectionError, match="certificate of localhost does not verify"
        ) as caught,
    ):
        use(wait, wire.url)
    assert caught.value.polls == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_ends_a_wait_over_a_session(scheme: str) -> None:
    refusal = response(b"", status="407 Proxy Authentication Required")
    with (
        Wire(whole(refusal)) as proxy,
        pytest.raises((APIConnectionError, APIStatusError)) as caught,
    ):
        use(wait, f"{scheme}://api.widgets.test", {"proxy": proxy.url})
    assert "407" in str(caught.value)
    assert caught.value.polls == 1


def test_a_proxy_that_cannot_be_reached_ends_a_wait_over_a_session() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(APIConnectionError, match="the proxy cannot be reached") as caught:
        use(wait, "https://api.widgets.test", {"proxy": f"http://user:password@127.0.0.1:{port}"})
    assert caught.value.polls == 1
    assert "user:password" not in f"{caught.value} {caught.value.__cause__!r}"


def test_a_key_in_a_query_is_in_nothing_that_a_session_shows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    [credential, _] = CONFIG.credentials
    config = CONFIG._replace(credentials=(credential._replace(in_query=True),))
    for answer in (reset, whole(b"no HTTP " + KEY.encode() + b"\r\n\r\n"), silent):
        with Wire(answer) as wire, pytest.raises(JobwaitError) as caught:
            use(wait, wire.url, config=config, timeout=0.2)
        assert f"?X-API-Key={KEY}".encode() in wire.requests[0]
        report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        frames = [frame for frame in report.stack if frame.filename != __file__]
        assert KEY not in f"{caught.value} {caught.value.__cause__!r} {caplog.text}"
        assert KEY not in str([frame.locals for frame in frames])


def test_a_cancelled_wait_over_a_session_leaves_it_usable() -> None:
    async def main(jobs: AsyncJobsResource) -> Any:
        task = asyncio.create_task(get(jobs))
        await asyncio.to_thread(wire.asked.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await get(jobs)

    with Wire(silent, whole()) as wire:
        assert isinstance(use(main, wire.url), CompletedJob)


def test_a_connection_of_a_session_that_the_server_closed_loses_no_poll() -> None:
    async def main(jobs: AsyncJobsResource) -> Any:
        await get(jobs)
        wire.hang_up()
        return await get(jobs)

    with Wire(whole()) as wire:
        assert isinstance(use(main, wire.url, max_retries=0), CompletedJob)


def test_a_closed_session_is_refused_in_one_sentence() -> None:
    async def main() -> None:
        session = aiohttp.ClientSession()
        await session.close()
        async with AsyncBaseClient(CONFIG, {"api_key": KEY}, http_client=session) as client:
            await get(AsyncJobsResource(client._calls))

    with pytest.raises(ClientClosedError, match="pass an open one"):
        asyncio.run(main())


def test_a_blocking_client_refuses_a_session() -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            passed: Any = session
            BaseClient(CONFIG, {"api_key": KEY}, http_client=passed)

    with pytest.raises(ConfigurationError, match=r"pass httpx\.Client"):
        asyncio.run(main())
