"""The seam to the network: one function, from a request and its time limit to a whole response.

This is the only module that knows httpx and httpcore. By default requests go straight to httpcore,
the connection layer under httpx: its public API takes a network backend, and only there can one
limit hold over every read of an answer that drips. A client that the user passes is used as it is.

Connections are kept here and not in httpcore's pool, which scans all of them for every request and
collapses between 500 and 700 concurrent ones.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ._errors import APIConnectionError, APITimeoutError, ClientClosedError, ConfigurationError

if TYPE_CHECKING:
    import ssl
    from asyncio import AbstractEventLoop

    import httpcore
    import httpx

    HTTPClient: TypeAlias = httpx.Client
    AsyncHTTPClient: TypeAlias = httpx.AsyncClient


def __getattr__(name: str) -> object:
    # The two aliases at run time, for those who read annotations: httpx loads for nobody else.
    if name in ("HTTPClient", "AsyncHTTPClient"):
        import httpx

        return httpx.Client if name == "HTTPClient" else httpx.AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


KEEP_ALIVE: Final = 300.0
"""Seconds that an idle connection is kept: longer than any provider's delay between polls."""

MAX_BODY: Final = 64 * 2**20
"""Bytes that a compressed body may grow to; nobody's job status is near it, a bomb is."""

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]


class Headers(Mapping[str, str]):
    """Response headers; names are case-insensitive, and repeated ones are joined by commas."""

    __slots__ = ("_items",)

    def __init__(self, raw: RawHeaders) -> None:
        self._items: dict[str, str] = {}
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self._items[key] = f"{self._items[key]}, {text}" if key in self._items else text

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


class Request:
    """A request that can be sent many times; its repr hides the headers, which hold the key."""

    __slots__ = ("headers", "method", "native", "url")

    def __init__(self, method: str, url: str, headers: RawHeaders) -> None:
        self.method: Final = method
        self.url: Final = url
        self.headers: Final[RawHeaders] = headers
        self.native: Any = None
        """What the transport made of it, for the next time."""

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
    """Sends over httpcore, each request within one total limit."""

    def __init__(self, base_url: str) -> None:
        import httpcore

        self._backend = _deadline_backend()
        self._connect = _connector(base_url, httpcore.ConnectionPool, httpcore.HTTPProxy)
        # Its ends are changed atomically, so threads share it without a lock.
        self._idle: deque[tuple[httpcore.ConnectionInterface, Any]] = deque()
        self._process = os.getpid()
        self._closed = False

    def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`.

        Raises:
            APITimeoutError: The response was not whole after `limit` seconds.
            APIConnectionError: There is no connection, or it broke.
        """
        connection, backend = self._take()
        backend.deadline = time.monotonic() + limit
        try:
            with _httpcore_errors(request, limit):
                response = connection.handle_request(_native(request))
                try:
                    body = b"".join(response.iter_stream())
                finally:
                    response.close()
        except BaseException:
            # Not back to the others: what was interrupted at any point may never be free again.
            connection.close()
            backend.close()
            raise
        if connection.is_idle():
            self._give_back(connection, backend)
        return _response(response, body, request)

    def _take(self) -> tuple[httpcore.ConnectionInterface, Any]:
        if self._process != os.getpid():
            # After a fork both processes would read each other's answers from these.
            self._idle, self._process = deque(), os.getpid()
        with suppress(IndexError):
            while True:
                connection, backend = self._idle.pop()
                if not connection.has_expired():
                    return connection, backend
                connection.close()
        backend = self._backend()
        return self._connect(backend), backend

    def _give_back(self, connection: httpcore.ConnectionInterface, backend: Any) -> None:
        self._idle.append((connection, backend))
        with suppress(IndexError):
            # The one that was idle for longest, so that none stays for ever after a burst.
            oldest = self._idle.popleft()
            if oldest[0].has_expired():
                oldest[0].close()
            else:
                self._idle.appendleft(oldest)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Close every connection; one in use is closed when its request ends."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop()[0].close()


class AsyncTransport:
    """Sends over httpcore under asyncio, each request within one total limit."""

    def __init__(self, base_url: str) -> None:
        import httpcore

        self._connect = _connector(base_url, httpcore.AsyncConnectionPool, httpcore.AsyncHTTPProxy)
        # Connections of one event loop cannot be used, nor even closed, in another.
        self._idle: dict[AbstractEventLoop, deque[httpcore.AsyncConnectionInterface]] = {}
        self._backend = _async_backend()
        self._closed = False

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        import asyncio

        loop = asyncio.get_running_loop()
        if loop not in self._idle:
            self._idle = {
                other: kept for other, kept in self._idle.items() if not other.is_closed()
            }
        idle = self._idle.setdefault(loop, deque())
        connection = await self._take(idle)
        backend: Any = None
        if connection is None:
            backend = self._backend()
            connection = self._connect(backend)
        try:
            with _httpcore_errors(request, limit):
                async with asyncio.timeout(limit):
                    response = await connection.handle_async_request(_native(request))
                    try:
                        body = b"".join([part async for part in response.aiter_stream()])
                    finally:
                        await response.aclose()
        except BaseException:
            await connection.aclose()
            if backend is not None:
                await backend.aclose()
            raise
        if connection.is_idle():
            idle.append(connection)
            if idle[0].has_expired():
                # The one that was idle for longest, so that none stays for ever after a burst.
                await idle.popleft().aclose()
        if self._closed:
            await self.close()
        return _response(response, body, request)

    async def _take(
        self, idle: deque[httpcore.AsyncConnectionInterface]
    ) -> httpcore.AsyncConnectionInterface | None:
        while idle:
            connection = idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def close(self) -> None:
        """Close this event loop's connections; one in use is closed when its request ends."""
        import asyncio

        self._closed = True
        idle = self._idle.pop(asyncio.get_running_loop(), deque())
        while idle:
            await idle.pop().aclose()


class HTTPXTransport:
    """Sends through a client that the user passed, and leaves it open.

    The limit holds for every read, and for all of them whenever a part of the body arrives: a
    server that drips its headers can go on for longer, as no client of httpx can be told otherwise.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        deadline = time.monotonic() + limit
        native = _httpx_request(self._client, request, limit)
        with _httpx_errors(request, limit):
            # Not even a client that follows redirects may carry the key to another origin.
            response = self._client.send(native, stream=True, follow_redirects=False)
            try:
                parts: list[bytes] = []
                for part in response.iter_bytes():
                    parts.append(part)
                    if time.monotonic() > deadline:
                        raise TimeoutError
            finally:
                response.close()
        return Response(response.status_code, Headers(response.headers.raw), b"".join(parts))

    def close(self) -> None:
        """Nothing: the client is its maker's."""


class AsyncHTTPXTransport:
    """Sends through an asynchronous client that the user passed, and leaves it open."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        import asyncio

        native = _httpx_request(self._client, request, limit)
        with _httpx_errors(request, limit):
            async with asyncio.timeout(limit):
                response = await self._client.send(native, stream=True, follow_redirects=False)
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


@cache
def _deadline_backend() -> type[Any]:
    """The network backend that cuts every read and write of a connection at one deadline."""
    import socket

    import httpcore

    def left(deadline: float, error: type[Exception]) -> float:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise error("the request's total time is over")
        return min(seconds, _LONGEST)

    class Stream(httpcore.NetworkStream):
        def __init__(self, stream: httpcore.NetworkStream, backend: Backend) -> None:
            self._stream = stream
            self._backend = backend

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            seconds = left(self._backend.deadline, httpcore.ReadTimeout)
            return self._stream.read(max_bytes, seconds)

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            if buffer:
                self._stream.write(buffer, left(self._backend.deadline, httpcore.WriteTimeout))

        def close(self) -> None:
            self._stream.close()

        def start_tls(
            self,
            ssl_context: ssl.SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,
        ) -> httpcore.NetworkStream:
            seconds = left(self._backend.deadline, httpcore.ConnectTimeout)
            stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
            return Stream(stream, self._backend)

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class Backend(httpcore.NetworkBackend):
        deadline = 0.0

        def __init__(self) -> None:
            self._backend = httpcore.SyncBackend()
            self._stream: httpcore.NetworkStream | None = None

        def close(self) -> None:
            # httpcore forgets a stream whose TLS handshake was interrupted.
            if self._stream is not None:
                self._stream.close()

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Any = None,
        ) -> httpcore.NetworkStream:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(error) from error
            # Resolving the name, above, is all that no limit can cut: the system's call blocks.
            # One address after the other, as `socket.create_connection` does, but within one limit:
            # its own timeout starts anew for each, and a first one that is silent would eat all.
            for addresses_left, (*_, address) in zip(range(len(found), 0, -1), found, strict=True):
                try:
                    seconds = left(self.deadline, httpcore.ConnectTimeout) / addresses_left
                    stream = self._backend.connect_tcp(str(address[0]), port, seconds)
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    if addresses_left == 1:
                        raise
                else:
                    self._stream = Stream(stream, self)
                    return self._stream
            raise httpcore.ConnectError(f"{host} has no address")

    return Backend


@cache
def _async_backend() -> type[Any]:
    """httpcore's network backend, which here remembers the stream that it made."""
    import httpcore

    class Backend(httpcore.AsyncNetworkBackend):
        def __init__(self) -> None:
            # Where anyio is missing, httpcore puts a class in its place that says so.
            backend: Any = httpcore.AnyIOBackend()
            self._backend: httpcore.AsyncNetworkBackend = backend
            self._stream: httpcore.AsyncNetworkStream | None = None

        async def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
            self._stream = await self._backend.connect_tcp(*args, **kwargs)
            return self._stream

        async def aclose(self) -> None:
            # httpcore forgets a stream whose TLS handshake was interrupted.
            if self._stream is not None:
                await self._stream.aclose()

    return Backend


_LONGEST: Final = 86_400.0
"""Seconds; a socket takes no infinite timeout."""


def _connector(base_url: str, direct: Any, proxied: Any) -> Callable[[Any], Any]:
    """Makes a connection to the host of `base_url`, given a network backend."""
    import httpcore

    options: dict[str, Any] = {"keepalive_expiry": KEEP_ALIVE}
    if base_url.startswith("https:"):
        options["ssl_context"] = _tls_context(
            os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        )
    proxy = _environment_proxy(base_url)
    if proxy is not None:
        options["proxy_url"], options["proxy_auth"] = proxy
    pool = direct if proxy is None else proxied
    origin = httpcore.URL(base_url).origin
    return lambda backend: pool(**options, network_backend=backend).create_connection(origin)


@cache
def _tls_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    # Making one takes some 20 ms, nearly all of what a client costs: the process has one for all.
    import ssl

    import certifi

    try:
        # OpenSSL itself reads both variables; the bundle is for machines that set neither.
        return ssl.create_default_context(cafile=None if cert_file or cert_dir else certifi.where())
    except OSError as error:
        raise ConfigurationError(
            f"the TLS certificates cannot be read ({error}): check SSL_CERT_FILE and SSL_CERT_DIR"
        ) from error


def _environment_proxy(url: str) -> tuple[str, tuple[str, str] | None] | None:
    # macOS and Windows keep proxies in system settings too; elsewhere no variable means no proxy,
    # and the import is spared.
    if sys.platform not in ("darwin", "win32") and not any(
        name.lower().endswith("_proxy") for name in os.environ
    ):
        return None
    from urllib.parse import unquote, urlsplit
    from urllib.request import getproxies, proxy_bypass

    target = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(target.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(target.netloc):
        return None
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ConfigurationError(
            f"the proxy that the environment names for {target.scheme} is not like "
            "http://host:port: mend the variable; for another kind pass http_client="
            "httpx.Client(proxy=...)"
        )
    auth = None
    if parts.username is not None:
        auth = (unquote(parts.username), unquote(parts.password or ""))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", auth


def _native(request: Request) -> httpcore.Request:
    if request.native is None:
        import httpcore

        request.native = httpcore.Request(request.method, request.url, headers=request.headers)
    native: httpcore.Request = request.native
    return native


def _httpx_request(
    client: httpx.Client | httpx.AsyncClient, request: Request, limit: float
) -> httpx.Request:
    if client.is_closed:
        raise ClientClosedError("the http_client that was passed is closed: pass an open one")
    if request.native is None:
        request.native = client.build_request(request.method, request.url, headers=request.headers)
    native: httpx.Request = request.native
    timeout = min(limit, _LONGEST)
    native.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
    return native


def _response(response: httpcore.Response, body: bytes, request: Request) -> Response:
    headers = Headers(response.headers)
    if body and headers.get("content-encoding", "").lower() in ("gzip", "x-gzip"):
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            unpacked = unpack.decompress(body, MAX_BODY)
        except zlib.error as error:
            if 200 <= response.status < 300:
                raise _broken(request, error) from error
            return Response(response.status, headers, body)  # the status is what counts
        if unpack.unconsumed_tail:
            raise _broken(request, ValueError(f"more than {MAX_BODY} bytes once decompressed"))
        if not unpack.eof:
            raise _broken(request, ValueError("a compressed body that ends too early"))
        body = unpacked
    return Response(response.status, headers, body)


@contextmanager
def _httpcore_errors(request: Request, limit: float) -> Generator[None]:
    import httpcore

    try:
        yield
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise _too_late(request, limit) from _without_frames(error)
    # What anyio does not translate, a broken TLS record for one, is an OSError.
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError) as error:
        raise _broken(request, error) from _without_frames(error)


@contextmanager
def _httpx_errors(request: Request, limit: float) -> Generator[None]:
    import httpx

    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as error:
        raise _too_late(request, limit) from _without_frames(error)
    except (httpx.RequestError, OSError) as error:
        raise _broken(request, error) from _without_frames(error)


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
