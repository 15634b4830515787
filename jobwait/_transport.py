"""The seam to the network: one function, from a request and its time limit to a whole response.

By default requests go over a small HTTP/1.1 client of this layer's own, in `_http`: only there can
one limit hold over every read of an answer that drips, and one process poll thousands of jobs. A
client that the user passes is used as it is; this is the only module that knows httpx.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from ._errors import APIConnectionError, APITimeoutError, ClientClosedError, ConfigurationError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    from ._http import AsyncConnection, BlockingConnection, Idle

    HTTPClient: TypeAlias = httpx.Client
    AsyncHTTPClient: TypeAlias = httpx.AsyncClient


def __getattr__(name: str) -> object:
    # The two aliases at run time, for those who read annotations: httpx loads for nobody else.
    if name in ("HTTPClient", "AsyncHTTPClient"):
        import httpx

        return httpx.Client if name == "HTTPClient" else httpx.AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


RawHeaders: TypeAlias = list[tuple[bytes, bytes]]


class Headers(Mapping[str, str]):
    """Response headers; names are case-insensitive, and repeated ones are joined by commas."""

    __slots__ = ("_items",)

    def __init__(self, raw: RawHeaders) -> None:
        self._items: dict[str, str] = {}
        items = self._items
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            items[key] = f"{items[key]}, {text}" if key in items else text

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


class Request:
    """A request that can be sent many times; its repr hides the headers, which hold the key."""

    __slots__ = ("body", "headers", "method", "query", "url")

    def __init__(
        self, method: str, url: str, headers: RawHeaders, body: bytes = b"", query: str = ""
    ) -> None:
        self.method: Final = method
        self.url: Final = url
        self.headers: Final[RawHeaders] = headers
        """Without a length: the transport gives a body its own."""
        self.body: Final = body
        self.query: Final = query
        """What follows in the URL, which may be a key and so is never shown."""

    @property
    def target(self) -> str:
        """The whole URL."""
        if not self.query:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{self.query}"

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"


class Response(NamedTuple):
    """A whole response; the body is decoded from its content encoding."""

    status_code: int
    headers: Headers
    body: bytes


Send: TypeAlias = Callable[[Request, float], Response]
AsyncSend: TypeAlias = Callable[[Request, float], Awaitable[Response]]


class SyncTransport:
    """Sends over connections of its own, each request within one total limit."""

    def __init__(self, base_url: str) -> None:
        from ._http import BlockingConnection, Idle, Route

        self._base_url = base_url
        self._route = Route(base_url)
        self._connect = BlockingConnection
        self._idle: Idle[BlockingConnection] = Idle()
        self._process = os.getpid()
        self._closed = False

    def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`.

        Raises:
            APITimeoutError: The response was not whole after `limit` seconds.
            APIConnectionError: There is no connection, or it broke.
        """
        deadline = time.monotonic() + min(limit, _LONGEST)
        if self._process != os.getpid():
            # After a fork both processes would read each other's answers from these. What is
            # closed here stays open there.
            self._process = os.getpid()
            self._idle.close()
        connection = self._idle.take()
        try:
            if connection is None:
                connection = self._connect(self._route, deadline)
            response = connection.exchange(request.method, self._route.written(request), deadline)
        except BaseException as error:
            # Not back to the others: it may be in the middle of anything.
            if connection is not None:
                connection.close()
            if not isinstance(error, _NETWORK_ERRORS):
                raise
            raise _failure(request, limit, error) from _without_frames(error)
        if connection.can_go_on:
            self._idle.put(connection)
        else:
            connection.close()
        if self._closed:
            self.close()
        return response

    def for_loop(self, at_once: int) -> AsyncTransport:
        """The same for an event loop that a blocking call runs; it has connections of its own."""
        return AsyncTransport(self._base_url)

    def close(self) -> None:
        """Close every connection; one in use is closed when its request ends."""
        self._closed = True
        self._idle.close()


class AsyncTransport:
    """Sends over connections of its own under asyncio, each request within one total limit."""

    def __init__(self, base_url: str) -> None:
        from ._http import AsyncConnection, Route

        self._route = Route(base_url)
        self._open = AsyncConnection.open
        # Connections of one event loop cannot be used, nor even closed, in another.
        self._idle: dict[AbstractEventLoop, Idle[AsyncConnection]] = {}
        self._closed = False

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        deadline = loop.time() + min(limit, _LONGEST)
        idle = self._idle.get(loop)
        if idle is None:
            idle = self._idle_in(loop)
        connection = idle.take()
        try:
            if connection is None:
                connection = await self._open(self._route, deadline)
            response = await connection.exchange(
                request.method, self._route.written(request), deadline
            )
        except BaseException as error:
            if connection is not None:
                connection.close()
            if not isinstance(error, _NETWORK_ERRORS):
                raise
            raise _failure(request, limit, error) from _without_frames(error)
        if connection.can_go_on and not self._closed:
            idle.put(connection)
        else:
            connection.close()
        return response

    def _idle_in(self, loop: AbstractEventLoop) -> Idle[AsyncConnection]:
        from ._http import Idle

        self._idle = {other: kept for other, kept in self._idle.items() if not other.is_closed()}
        return self._idle.setdefault(loop, Idle())

    async def close(self) -> None:
        """Close this event loop's connections; one in use is closed when its request ends."""
        from asyncio import get_running_loop

        self._closed = True
        idle = self._idle.pop(get_running_loop(), None)
        if idle is not None:
            closing = [connection.closed for connection in idle]
            idle.close()
            for closed in closing:
                await closed


class HTTPXTransport:
    """Sends through a client that the user passed, and leaves it open.

    The limit holds for every read, and for all of them whenever a part of the body arrives: a
    server that drips its headers can go on for longer, as no client of httpx can be told otherwise.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        from httpx import HTTPStatusError

        deadline = time.monotonic() + limit
        native = _httpx_request(self._client, request, limit)
        with _httpx_errors(request, limit):
            try:
                # Not even a client that follows redirects may carry the key to another origin.
                response = self._client.send(native, stream=True, follow_redirects=False)
            except HTTPStatusError as error:
                return _judged(error)
            try:
                parts: list[bytes] = []
                for part in response.iter_bytes():
                    parts.append(part)
                    if time.monotonic() > deadline:
                        raise TimeoutError
            finally:
                response.close()
        return Response(response.status_code, Headers(response.headers.raw), b"".join(parts))

    def for_loop(self, at_once: int) -> ThreadedTransport:
        """The same for an event loop that a blocking call runs; it sends in so many threads."""
        return ThreadedTransport(self, at_once)

    def close(self) -> None:
        """Nothing: the client is its maker's."""


class ThreadedTransport:
    """Sends through a blocking function, in threads: a blocking client knows no event loop.

    The limit holds for the wait for a thread too. A request that it cuts goes on in its thread,
    as nothing can interrupt it there, until its own limit does.
    """

    def __init__(self, send: Send, threads: int) -> None:
        self._send = send
        self._most = threads
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        import asyncio

        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self._most, "jobwait")
        deadline = time.monotonic() + limit

        def send() -> Response:
            return self._send(request, max(deadline - time.monotonic(), 0.0))

        try:
            async with asyncio.timeout(limit):
                return await asyncio.get_running_loop().run_in_executor(self._threads, send)
        except TimeoutError as error:
            raise _too_late(request, limit) from _without_frames(error)

    async def close(self) -> None:
        """Let the threads end; one whose request was cut ends with it."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


class AsyncHTTPXTransport:
    """Sends through an asynchronous client that the user passed, and leaves it open."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        import asyncio

        from httpx import HTTPStatusError

        native = _httpx_request(self._client, request, limit)
        with _httpx_errors(request, limit):
            async with asyncio.timeout(limit):
                try:
                    response = await self._client.send(native, stream=True, follow_redirects=False)
                except HTTPStatusError as error:
                    return _judged(error)
                try:
                    body = await response.aread()
                finally:
                    await response.aclose()
        return Response(response.status_code, Headers(response.headers.raw), body)

    async def close(self) -> None:
        """Nothing: the client is its maker's."""


def sync_transport(base_url: str, http_client: object) -> SyncTransport | HTTPXTransport:
    """The transport for a `Client`.

    Raises:
        ConfigurationError: `http_client` is not an `httpx.Client`, or a proxy cannot be used.
    """
    if http_client is None:
        return SyncTransport(base_url)
    import httpx

    if not isinstance(http_client, httpx.Client):
        raise ConfigurationError(_wrong_client("Client", http_client))
    return HTTPXTransport(http_client)


def async_transport(base_url: str, http_client: object) -> AsyncTransport | AsyncHTTPXTransport:
    """The transport for an `AsyncClient`; as `sync_transport`."""
    if http_client is None:
        return AsyncTransport(base_url)
    import httpx

    if not isinstance(http_client, httpx.AsyncClient):
        raise ConfigurationError(_wrong_client("AsyncClient", http_client))
    return AsyncHTTPXTransport(http_client)


def _wrong_client(wanted: str, given: object) -> str:
    name = type(given).__name__
    return f"http_client of this class is an httpx.{wanted}, not a {name}: pass httpx.{wanted}(...)"


_LONGEST: Final = 86_400.0
"""Seconds; a socket takes no infinite timeout."""

_NETWORK_ERRORS: Final = (OSError, UnicodeError)  # the latter where a name can be no host's


def _httpx_request(
    client: httpx.Client | httpx.AsyncClient, request: Request, limit: float
) -> httpx.Request:
    if client.is_closed:
        raise ClientClosedError("the http_client that was passed is closed: pass an open one")
    return client.build_request(
        request.method,
        request.target,
        headers=request.headers,
        content=request.body or None,
        timeout=min(limit, _LONGEST),
    )


@contextmanager
def _httpx_errors(request: Request, limit: float) -> Generator[None]:
    import httpx

    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as error:
        raise _too_late(request, limit) from _without_frames(error)
    except (httpx.RequestError, OSError) as error:
        raise _broken(request, error) from _without_frames(error)


def _judged(error: httpx.HTTPStatusError) -> Response:
    """The response that a hook of the user's own client took for an error, without its body."""
    return Response(error.response.status_code, Headers(error.response.headers.raw), b"")


def _failure(request: Request, limit: float, error: Exception) -> APIConnectionError:
    return _too_late(request, limit) if isinstance(error, TimeoutError) else _broken(request, error)


def _without_frames(error: BaseException) -> BaseException:
    """The same error, its causes too, without the frames whose variables hold the request's key."""
    link: BaseException | None = error
    while link is not None:
        link = link.with_traceback(None)
        link = link.__cause__ or link.__context__
    return error


def _too_late(request: Request, limit: float) -> APITimeoutError:
    return APITimeoutError(
        f"no whole answer to {request.method} {request.url} within {limit:.3g} s: "
        "try later, or give the client a longer timeout"
    )


def _broken(request: Request, error: Exception) -> APIConnectionError:
    reason = str(error) or type(error).__name__
    return APIConnectionError(
        f"no answer to {request.method} {request.url} ({reason}): "
        "check base_url, the network and its proxies, or try later"
    )
