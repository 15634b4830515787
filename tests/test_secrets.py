"""Keys, wherever a document may put them, are in no log line, error, repr, traceback or pickle."""

from __future__ import annotations

import asyncio
import logging
import pickle
import signal
import socket
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote, quote_plus

import httpx
import pytest

from jobwait import (
    APIConnectionError,
    AsyncBaseClient,
    BaseClient,
    ClientConfig,
    ConfigurationError,
    Credential,
    Fixed,
    JobwaitError,
    as_completed,
    wait_for_completion,
)

from .kit.widgets import ASYNC_SLEEPLESS, CONFIG, ID, SLEEPLESS, AsyncJobsResource, JobsResource
from .kit.wire import NO_TLS, Answer, Wire, last, reset, response, silent, truncated, whole

LIMIT: Final = 5.0
"""Seconds for each request."""
SHORT: Final = 0.25
"""Seconds for each request to a server that says nothing."""
SECRET: Final = "s3cret+key/with=signs"
FORMS: Final = (SECRET, quote(SECRET, safe=""), quote_plus(SECRET), quote(SECRET))


class Place(NamedTuple):
    """Where requests carry the key."""

    credential: Credential
    key: str = SECRET
    is_function: bool = False

    @property
    def config(self) -> ClientConfig:
        return CONFIG._replace(credentials=(self.credential,))

    @property
    def argument(self) -> Any:
        return (lambda: self.key) if self.is_function else self.key


HEADER: Final = Credential("key", "X-API-Key", "", None)
QUERY: Final = Credential("key", "api_key", "", None, in_query=True)
BASIC: Final = Credential("key", "Authorization", "Basic ", None, is_basic=True)
USER: Final = f"user:{SECRET}"
PLACES: Final = {
    "header": Place(HEADER),
    "bearer": Place(Credential("key", "Authorization", "Bearer ", None)),
    "cookie": Place(Credential("key", "Cookie", "session=", None)),
    "query": Place(QUERY),
    "basic": Place(BASIC, USER),
    "function": Place(HEADER, is_function=True),
    "query function": Place(QUERY, is_function=True),
    "basic function": Place(BASIC, USER, is_function=True),
}


def assert_hidden(text: str) -> None:
    for form in (*FORMS, b64encode(USER.encode()).decode()):
        assert form not in text


def report(error: BaseException) -> str:
    """All that a program may show of an error, the variables of every frame but a test's own."""
    seen: set[int] = set()
    links: list[traceback.TracebackException | None] = [
        traceback.TracebackException.from_exception(error, capture_locals=True)
    ]
    lines: list[str] = []
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        lines += link.format_exception_only()
        lines += [
            f"{frame.name} {frame.locals}"
            for frame in link.stack
            if frame.filename not in (__file__, threading.__file__)
        ]
        links += [link.__cause__, link.__context__]
    return "\n".join(lines)


def assert_error_hides_the_key(error: BaseException) -> None:
    assert_hidden(report(error))
    assert_hidden(pickle.dumps(error).decode("latin-1"))
    # What no traceback shows either: a program may look at every attribute.
    links: list[BaseException | None] = [error]
    while links:
        link = links.pop()
        if link is not None:
            assert_hidden(f"{link} {link!r} {vars(link)}")
            links += [link.__cause__, link.__context__]


class Caller:
    """Waits with a blocking client."""

    def __init__(self, place: Place, *, passes: bool = False) -> None:
        self.place = place
        self.passes = passes
        """Whether it passes a client of its own."""
        self.limit = LIMIT

    def wait(self, url: str, **options: Any) -> Any:
        with httpx.Client(verify=NO_TLS) as http_client:
            client = BaseClient(
                self.place.config,
                {"key": self.place.argument},
                base_url=url,
                http_client=http_client if self.passes else None,
                timeout=self.limit,
                runtime=SLEEPLESS,
            )
            assert_hidden(f"{client!r} {vars(client)} {client._calls.options.keys!r}")
            with client:
                return wait_for_completion(JobsResource(client._calls), ID, **options)


class AsyncCaller(Caller):
    """Waits with an asynchronous client."""

    def wait(self, url: str, **options: Any) -> Any:
        return asyncio.run(self.await_(url, **options))

    async def await_(self, url: str, **options: Any) -> Any:
        async with httpx.AsyncClient(verify=NO_TLS) as http_client:
            client = AsyncBaseClient(
                self.place.config,
                {"key": self.place.argument},
                base_url=url,
                http_client=http_client if self.passes else None,
                timeout=self.limit,
                runtime=ASYNC_SLEEPLESS,
            )
            async with client:
                return await wait_for_completion(AsyncJobsResource(client._calls), ID, **options)


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest) -> Place:
    return PLACES[request.param]


@pytest.fixture(params=[Caller, AsyncCaller])
def caller(request: pytest.FixtureRequest, place: Place) -> Caller:
    made: Caller = request.param(place)
    return made


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def echo(status: str, make: Callable[[bytes], bytes] = lambda sent: sent) -> Answer:
    """Show everything that came, in every place of an answer."""

    def answer(connection: socket.socket, _: threading.Event) -> None:
        sent = wire_of[0].requests[-1]
        line = sent.replace(b"\r\n", b" ")
        head = b"HTTP/1.1 %b %b\r\nX-Sent: %b\r\nLocation: /?%b\r\nContent-Length: %d\r\n\r\n"
        body = make(sent)
        connection.sendall(head % (status.encode(), line, line, line, len(body)) + body)

    return answer


def no_http(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"Unknown request: " + wire_of[0].requests[-1].replace(b"\r\n", b" "))
    connection.sendall(b"\r\n\r\n")


wire_of: list[Wire] = []
"""The server of the test."""


@pytest.fixture
def serve() -> Any:
    def made(*answers: Answer) -> Wire:
        wire = Wire(*answers)
        wire_of[:] = [wire]
        return wire

    return made


Serve: TypeAlias = Callable[..., Wire]
END: Final = whole(response(b"{}", status="400 Bad Request"))


@pytest.mark.parametrize(
    "answers",
    [
        [echo("401")],
        [echo("302")],
        [echo("500"), END],
        [echo("200", lambda sent: b"no JSON: " + sent), END],
        [no_http, END],
        [echo("200", lambda sent: b"no JSON: " + sent)],
        [no_http],
        [truncated, END],
        [reset, END],
        [silent, END],
        [last(b""), END],
    ],
    ids=[
        *("refused", "redirected", "failed", "not JSON", "not HTTP", "never JSON"),
        *("never HTTP", "truncated", "reset", "silent", "ended"),
    ],
)
def test_a_key_is_in_nothing_that_a_wait_shows(
    caller: Caller, answers: list[Answer], serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    if silent in answers:
        caller.limit = SHORT
    with serve(*answers) as wire, pytest.raises(JobwaitError) as caught:
        caller.wait(wire.url, schedule=Fixed(0.001), timeout=10)
    assert wire.requests
    assert_error_hides_the_key(caught.value)
    assert_hidden(log.text)
    assert "HTTP Request: GET" in log.text or "httpcore" in log.text


@pytest.mark.parametrize("make", [Caller, AsyncCaller])
def test_a_key_is_in_no_log_line_of_a_client_that_is_passed(
    make: type[Caller], place: Place, serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    with serve(echo("302")) as wire, pytest.raises(JobwaitError) as caught:
        make(place, passes=True).wait(wire.url)
    assert_error_hides_the_key(caught.value)
    assert_hidden(log.text)
    assert "HTTP Request: GET" in log.text


def interrupt(_: socket.socket, stopped: threading.Event) -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    stopped.wait()


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals between threads here")
@pytest.mark.parametrize("answers", [[interrupt], [echo("500"), interrupt]])
def test_a_key_is_in_no_frame_of_an_interrupted_wait(
    place: Place, answers: list[Answer], serve: Serve
) -> None:
    with serve(*answers) as wire, pytest.raises(KeyboardInterrupt) as caught:
        Caller(place).wait(wire.url, timeout=60)
    assert_hidden(report(caught.value))


@pytest.mark.parametrize("answers", [[silent], [echo("500"), silent]])
def test_a_key_is_in_no_frame_of_a_cancelled_wait(
    place: Place, answers: list[Answer], serve: Serve
) -> None:
    async def main() -> None:
        task = asyncio.create_task(AsyncCaller(place).await_(wire.url))
        await asyncio.to_thread(wire.asked.wait)
        task.cancel()
        await task

    with serve(*answers) as wire, pytest.raises(asyncio.CancelledError) as caught:
        asyncio.run(main())
    assert_hidden(report(caught.value))


def test_a_key_is_in_no_frame_of_a_timeout_around_a_wait(place: Place, serve: Serve) -> None:
    async def main() -> None:
        async with asyncio.timeout(0.1):
            await AsyncCaller(place).await_(wire.url)

    with serve(silent) as wire, pytest.raises(TimeoutError) as caught:
        asyncio.run(main())
    assert not isinstance(caught.value, JobwaitError)
    assert_hidden(report(caught.value))


def test_a_key_is_in_no_frame_of_what_on_update_raises(caller: Caller, serve: Serve) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with serve(whole()) as wire, pytest.raises(KeyboardInterrupt) as caught:
        caller.wait(wire.url, on_update=stop)
    assert_hidden(report(caught.value))


def test_a_key_is_in_no_outcome_of_many_waits(place: Place, serve: Serve) -> None:
    with (
        serve(echo("403")) as wire,
        BaseClient(place.config, {"key": place.argument}, base_url=wire.url) as client,
    ):
        [outcome] = as_completed(JobsResource(client._calls), [ID])
    assert outcome.error is not None
    assert_error_hides_the_key(outcome.error)


class Package(BaseClient):
    """The client of a package."""

    def __init__(self, api_key: Any = None, **options: Any) -> None:
        super().__init__(CONFIG, {"api_key": api_key}, **options)


class AsyncPackage(AsyncBaseClient):
    """The other client of a package."""

    def __init__(self, api_key: Any = None, **options: Any) -> None:
        super().__init__(CONFIG, {"api_key": api_key}, **options)


@pytest.mark.parametrize("make", [Package, AsyncPackage])
@pytest.mark.parametrize(
    ("key", "options"),
    [
        (f"{SECRET}\n", {}),
        (SECRET.encode(), {}),
        (SECRET, {"base_url": "ftp://host"}),
        (SECRET, {"base_url": f"https://user:{SECRET}@host"}),
        (SECRET, {"headers": {"a b": "c"}}),
        (SECRET, {"headers": {"X-Other": f"{SECRET}\n"}}),
        (SECRET, {"timeout": -1}),
        (SECRET, {"http_client": 1}),
        (SECRET, {"unknown": 1}),
    ],
    ids=[
        *("a line break", "bytes", "a base_url", "a user", "a header's name", "a header"),
        *("a timeout", "a client", "an unknown option"),
    ],
)
def test_a_key_is_in_no_frame_of_a_client_that_cannot_be_made(
    make: Callable[..., Any], key: Any, options: dict[str, Any]
) -> None:
    with pytest.raises((JobwaitError, TypeError)) as caught:
        make(key, **options)
    text = report(caught.value)
    assert isinstance(caught.value, JobwaitError) or "unknown" in options
    # Python itself calls a function with an option that it does not have.
    assert_hidden(text)


def test_a_key_is_in_no_frame_of_options_that_cannot_be(place: Place) -> None:
    with BaseClient(place.config, {"key": place.argument}) as client:
        for headers in ({"a b": "c"}, {"X-Other": f"{SECRET}\n"}):
            with pytest.raises(ConfigurationError) as caught:
                client.with_options(headers=headers)
            assert_error_hides_the_key(caught.value)


@pytest.mark.parametrize("make", [Caller, AsyncCaller])
@pytest.mark.parametrize("credential", [HEADER, QUERY, BASIC])
def test_a_key_that_cannot_be_sent_is_in_no_error(
    make: type[Caller], credential: Credential, serve: Serve
) -> None:
    place = Place(credential, f"user:{SECRET}\n", is_function=True)
    with serve(END) as wire, pytest.raises(ConfigurationError, match="line break") as caught:
        make(place).wait(wire.url)
    assert_error_hides_the_key(caught.value)


def test_a_proxys_password_is_in_nothing_that_a_wait_shows(
    caller: Caller, serve: Serve, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(whole(response(b"", status="407 Who are you"))) as wire:
        monkeypatch.setenv("HTTPS_PROXY", wire.url.replace("//", "//user:proxy-password@"))
        with pytest.raises(APIConnectionError, match="407 Who are you") as caught:
            caller.wait("https://api.widgets.test")
    assert_error_hides_the_key(caught.value)
    for text in (report(caught.value), log.text):
        assert "proxy-password" not in text
        assert b64encode(b"user:proxy-password").decode() not in text
