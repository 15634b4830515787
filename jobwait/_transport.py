"""The seam to the network: one function, from a request and its time limit to a whole response.

All requests go through httpx, by its public names: over clients of this layer's own, each with one
connection, or over one that the user passes. This is the only module that imports httpx.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Protocol

from ._connection import KEEP_ALIVE, Connection
from ._errors import ConfigurationError
from ._exchange import Exchange, StaleConnectionError
from ._faults import client_closed, too_late, without_frames

if TYPE_CHECKING:
    import ssl
    from asyncio import AbstractEventLoop
    from concurrent.futures import ThreadPoolExecutor

    from ._aiohttp import AiohttpTransport
    from ._messages import Request, Response, Send

LONGEST: Final = 86_400.0
"""Seconds; a socket takes no infinite timeout."""


class HTTPClient(Protocol):
    """What a `Client` can send with: an `httpx.Client`, or an `httpx2.Client`."""

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        ...

    @property
    def build_request(self) -> Any:
        """Makes a request with the headers, cookies and parameters of the client."""
        ...

    @property
    def send(self) -> Any:
        """Sends a request."""
        ...

    def close(self) -> None:
        """Close its connections; jobwait leaves that to who made it."""
        ...


class AsyncHTTPClient(Protocol):
    """What an `AsyncClient` can send with: an `AsyncClient` of httpx or httpx2."""

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        ...

    @property
    def build_request(self) -> Any:
        """Makes a request with the headers, cookies and parameters of the client."""
        ...

    @property
    def send(self) -> Any:
        """Sends a request."""
        ...

    async def aclose(self) -> None:
        """Close its connections; jobwait leaves that to who made it."""
        ...


class ClientSession(Protocol):
    """What an `AsyncClient` can send with, too: an `aiohttp.ClientSession`."""

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        ...

    @property
    def request(self) -> Any:
        """Sends a request."""
        ...

    @property
    def connector(self) -> Any:
        """Its pool of connections."""
        ...


class SyncTransport:
    """Sends each request within one total limit.

    Without a client of the user's it has some of its own, each with one connection: the pool of
    httpx looks through all its connections whenever a request begins or ends. They share nothing
    that a request could change, and none is used by two threads at a time.
    """

    def __init__(self, library: ModuleType, client: Any = None, *, needs_tls: bool = True) -> None:
        """Make a transport, and its first client where it has its own.

        Args:
            library: The module httpx, or another that has its names.
            client: The user's own, which stays open.
            needs_tls: Whether it needs the certificates that it trusts.
        """
        self._library = library
        self._client = client
        self._needs_tls = needs_tls
        self._idle: deque[Connection] = deque()
        self._process = os.getpid()
        self._closed = False
        if client is None:
            # At once: the environment may name a proxy or certificates that cannot be used.
            self._keep(self._new())

    def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`.

        Raises:
            APITimeoutError: The response was not whole after `limit` seconds.
            APIConnectionError: There is no connection, or it broke.
        """
        deadline = time.monotonic() + min(limit, LONGEST)
        connection = self._take()
        exchange = Exchange(self._library, request, limit, deadline, connection)
        try:
            return self._send(connection, exchange)
        except StaleConnectionError:
            # An idle connection ended just when it was to be used again: once more, on a new one.
            connection = self._new()
            exchange = Exchange(
                self._library, request, limit, deadline, connection, is_last_try=True
            )
            return self._send(connection, exchange)

    def _send(self, connection: Connection, exchange: Exchange) -> Response:
        try:
            response = exchange.send()
        except BaseException as error:
            if connection.is_own:
                connection.client.close()
            without_frames(error)
            failure = exchange.failure(error)
            if failure is None:
                raise
        else:
            if connection.is_own:
                self._keep(connection)
            return response
        # Here, as `error` would be its context otherwise, and may show the key.
        raise failure from failure.__cause__

    def _new(self) -> Connection:
        if self._client is None:
            return Connection(_own_client(self._library.Client, self._needs_tls))
        return Connection(_open(self._client), is_own=False)

    def _take(self) -> Connection:
        if self._process != os.getpid():
            # After a fork both processes would read each other's answers from these.
            self._process = os.getpid()
            self._close_idle()
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_ended():
                return connection
            connection.client.close()
        return self._new()

    def _keep(self, connection: Connection) -> None:
        connection.since = time.monotonic()
        self._idle.append(connection)
        if self._idle[0].since < connection.since - KEEP_ALIVE:
            self._idle.popleft().client.close()
        if self._closed:
            self._close_idle()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().client.close()

    def for_loop(self, at_once: int) -> AsyncTransport | ThreadedTransport:
        """The same for an event loop; a client of the user's sends in so many threads there."""
        if self._client is None:
            return AsyncTransport(self._library, needs_tls=self._needs_tls)
        return ThreadedTransport(self, at_once)

    def close(self) -> None:
        """Close every connection of its own; one in use is closed when its request ends."""
        self._closed = True
        self._close_idle()


class AsyncTransport:
    """As `SyncTransport`; clients of one event loop cannot be used, nor closed, in another."""

    def __init__(self, library: ModuleType, client: Any = None, *, needs_tls: bool = True) -> None:
        self._library = library
        self._client = client
        self._needs_tls = needs_tls
        self._idle: dict[AbstractEventLoop, deque[Connection]] = {}
        self._closed = False
        if client is None:
            self._new()

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        from asyncio import get_running_loop

        deadline = time.monotonic() + min(limit, LONGEST)
        loop = get_running_loop()
        idle = self._idle.get(loop)
        if idle is None:
            self._idle = {old: kept for old, kept in self._idle.items() if not old.is_closed()}
            idle = self._idle.setdefault(loop, deque())
        # Whether the server has closed it, httpcore looks: its reads need no limit of their own.
        connection = idle.pop() if idle else self._new()
        exchange = Exchange(self._library, request, limit, deadline, connection)
        try:
            return await self._send(connection, idle, exchange)
        except StaleConnectionError:
            connection = self._new()
            exchange = Exchange(
                self._library, request, limit, deadline, connection, is_last_try=True
            )
            return await self._send(connection, idle, exchange)

    async def _send(
        self, connection: Connection, idle: deque[Connection], exchange: Exchange
    ) -> Response:
        try:
            response = await exchange.asend()
        except BaseException as error:
            if connection.is_own:
                await connection.client.aclose()
            without_frames(error)
            failure = exchange.failure(error)
            if failure is None:
                raise
        else:
            if connection.is_own:
                connection.since = time.monotonic()
                idle.append(connection)
                if idle[0].since < connection.since - KEEP_ALIVE or self._closed:
                    await idle.popleft().client.aclose()
            return response
        raise failure from failure.__cause__

    def _new(self) -> Connection:
        if self._client is None:
            return Connection(_own_client(self._library.AsyncClient, self._needs_tls))
        return Connection(_open(self._client), is_own=False)

    async def close(self) -> None:
        """Close this event loop's own connections; one in use is closed when its request ends."""
        from asyncio import get_running_loop

        self._closed = True
        idle = self._idle.pop(get_running_loop(), None)
        while idle:
            await idle.pop().client.aclose()


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
            failure = too_late(request, limit, error)
            raise failure from failure.__cause__

    async def close(self) -> None:
        """Let the threads end; one whose request was cut ends with it."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def sync_transport(http_client: object, base_url: str) -> SyncTransport:
    """The transport of a `Client`, for requests below `base_url` alone.

    Raises:
        ConfigurationError: `http_client` is not an `httpx.Client`; or the proxy or the certificates
            that the environment names cannot be used.
    """
    if http_client is None:
        import httpx

        return SyncTransport(httpx, needs_tls=_needs_tls(base_url))
    for library in _loaded("httpx", "httpx2"):
        if isinstance(http_client, library.Client):
            return SyncTransport(library, http_client)
    raise ConfigurationError(
        "http_client of this class is an httpx.Client, not of the type "
        f"{type(http_client).__name__}: pass httpx.Client(...)"
    )


def async_transport(http_client: object, base_url: str) -> AsyncTransport | AiohttpTransport:
    """The transport of an `AsyncClient`; as `sync_transport`."""
    if http_client is None:
        import httpx

        return AsyncTransport(httpx, needs_tls=_needs_tls(base_url))
    for library in _loaded("httpx", "httpx2"):
        if isinstance(http_client, library.AsyncClient):
            return AsyncTransport(library, http_client)
    for library in _loaded("aiohttp"):
        if isinstance(http_client, library.ClientSession):
            from ._aiohttp import AiohttpTransport

            return AiohttpTransport(library, http_client)
    raise ConfigurationError(
        "http_client of this class is an httpx.AsyncClient or an aiohttp.ClientSession, not of the "
        f"type {type(http_client).__name__}: pass httpx.AsyncClient(...)"
    )


def _loaded(*names: str) -> list[ModuleType]:
    # Who passes an object of a library's has imported the library.
    return [sys.modules[name] for name in names if name in sys.modules]


def _open(client: Any) -> Any:
    if client.is_closed:
        raise client_closed()
    return client


def _needs_tls(base_url: str) -> bool:
    from urllib.request import getproxies

    return base_url.startswith("https:") or bool(getproxies())


def _own_client(make: Any, needs_tls: bool) -> Any:
    import ssl

    import httpx

    limits = httpx.Limits(max_connections=1, keepalive_expiry=KEEP_ALIVE)
    if needs_tls:
        context = _tls_context(
            os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"), ssl.SSLContext
        )
    else:
        context = _untrusting_context()
    try:
        return make(verify=context, limits=limits)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        hint = "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY"
        if isinstance(error, ImportError):
            hint = "a SOCKS proxy needs `pip install httpx[socks]`"
        # The library's own words may show the proxy's password.
        raise ConfigurationError(
            f"a proxy that the environment names cannot be used: {hint}, or pass http_client="
        ) from None


@cache
def _untrusting_context() -> ssl.SSLContext:
    """One that trusts no certificate, as loading those of the world takes some 20 ms.

    The process makes one: a fork while threads make others could leave OpenSSL's locks taken.
    """
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _tls_context(
    cert_file: str | None, cert_dir: str | None, kind: type[ssl.SSLContext]
) -> ssl.SSLContext:
    # Making one takes some 20 ms, nearly all of what a client costs: the process has one for all.
    # Its `kind` changes when truststore is injected.
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:
        name = "SSL_CERT_FILE" if cert_file else "SSL_CERT_DIR"
        raise ConfigurationError(
            f"the certificates in {cert_file or cert_dir!r}, which {name} names, cannot be read "
            f"({error}): name a file of PEM certificates there, or unset it"
        ) from error
