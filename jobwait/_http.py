"""A small HTTP/1.1 client over h11, the parser under httpx: one exchange at a time per connection.

What is said on a connection is `Exchanges`, which does no I/O. Two drivers move its bytes: blocking
sockets, and a protocol of asyncio; both cut whatever they do at the request's one deadline, which
is why there is no library's connection under them: httpcore's limits are per read, and on asyncio
its streams take more than half of the CPU time of a poll.

How a connection is made is the `Route`: straight, or over a proxy of the environment.
"""

from __future__ import annotations

import os
import re
import select
import socket
import sys
import time
import zlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar, cast

import h11

from ._errors import ConfigurationError
from ._transport import Headers, RawHeaders, Request, Response

if TYPE_CHECKING:
    import ssl
    from asyncio import AbstractEventLoop, BaseTransport, Future, Transport
    from asyncio import Protocol as AsyncioProtocol
else:
    AsyncioProtocol = object  # asyncio asks for its methods alone, and is slow to import

KEEP_ALIVE: Final = 300.0
"""Seconds that an idle connection is kept: longer than any provider's delay between polls."""

MAX_BODY: Final = 64 * 2**20
"""Bytes that a body may have, decompressed too; nobody's job status is near it, a bomb is."""

MAX_HEAD: Final = 100 * 2**10
"""Bytes of a status line with its headers that may wait for their end; as many as in httpx."""

ADDRESS_PATIENCE: Final = 2.0
"""Seconds for each of a host's addresses but the last, which may take all that is left."""

_CHUNK: Final = 65536
_END: Final = h11.EndOfMessage()
_TARGET: Final = re.compile(r"[!-~]+")
_RESULT = TypeVar("_RESULT")


class Exchanges:
    """The exchanges of one connection, one after the other, without I/O."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, MAX_HEAD)
        self._head: h11.Response | None = None
        self._body = bytearray()

    def expect(self, method: str) -> None:
        """A request is sent: what is received from now on is its response."""
        connection = self._h11
        if connection.our_state is h11.DONE:
            connection.start_next_cycle()
            self._head, self._body = None, bytearray()
        connection.send(_any_request(method))
        connection.send(_END)

    def receive(self, data: bytes) -> Response | None:
        """What bytes, none where the connection has ended, make of the response: None, or all.

        Raises:
            ConnectionError: It can never be whole, or is not what HTTP allows.
        """
        if not data and self._head is None:
            raise ConnectionError("Server disconnected without sending a response.")
        connection = self._h11
        connection.receive_data(data)
        try:
            while (event := connection.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Response):
                    self._head = event
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > MAX_BODY:
                        raise ConnectionError(f"a body of more than {MAX_BODY} bytes")
                elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                    return self._response()  # paused: what follows is the tunnel's
        except h11.RemoteProtocolError as error:
            raise ConnectionError(str(error)) from None
        return None

    @property
    def can_go_on(self) -> bool:
        """Whether another request may follow the response."""
        connection = self._h11
        return (
            connection.their_state is h11.DONE
            and connection.our_state is h11.DONE
            and not connection.trailing_data[0]
        )

    def _response(self) -> Response:
        assert self._head is not None
        status, body = self._head.status_code, bytes(self._body)
        headers = Headers(self._head.headers.raw_items())
        if body and "content-encoding" in headers:
            body = _decoded(status, headers["content-encoding"], body)
        return Response(status, headers, body)


@cache
def _any_request(method: str) -> h11.Request:
    # All that h11 has to know of a request, to read the response, is its method.
    return h11.Request(method=method, target="*", headers=[(b"Host", b"-")])


def _head_bytes(method: str, target: str, headers: RawHeaders) -> bytes:
    """
    Raises:
        ConnectionError: There is something in it that cannot be sent.
    """
    try:
        request = h11.Request(method=method, target=target, headers=headers)
    except h11.LocalProtocolError:
        # Its own error would show the header.
        raise ConnectionError("its URL or a header cannot be sent") from None
    return h11.Connection(h11.CLIENT).send(request) or b""


def _decoded(status: int, encoding: str, body: bytes) -> bytes:
    if encoding.lower() not in ("gzip", "x-gzip"):
        return body
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpack.decompress(body, MAX_BODY)
    except zlib.error as error:
        if 200 <= status < 300:
            raise ConnectionError(str(error)) from None
        return body  # the status is what counts
    if unpack.unconsumed_tail:
        raise ConnectionError(f"more than {MAX_BODY} bytes once decompressed")
    if not unpack.eof:
        raise ConnectionError("a compressed body that ends too early")
    return unpacked


class Route:
    """How an origin is reached: where to connect, what to say there first, and how to ask.

    Raises:
        ConfigurationError: The proxy of the environment, or the certificates, cannot be used.
    """

    def __init__(self, base_url: str) -> None:
        from urllib.parse import urlsplit

        target = urlsplit(base_url)
        secure = target.scheme == "https"
        self._origin: Final = f"{target.scheme}://{target.netloc}"
        self._target_prefix = ""
        self._proxy_headers: RawHeaders = []
        # The last headers of a GET, and what h11 wrote for them: nearly all requests have the same,
        # and checking and writing them takes longer than all else that is to be sent.
        self._last: tuple[RawHeaders, bytes] = [], b""
        self.host = target.hostname or ""
        self.port = target.port or (443 if secure else 80)
        self.outer_tls: tuple[ssl.SSLContext, str] | None = None
        """For the connection to a proxy: the context, and the proxy's name."""
        self.tunnel: bytes | None = None
        """What to ask a proxy for then."""
        self.inner_tls: tuple[ssl.SSLContext, str] | None = None
        """For the connection to the origin: the context, and the origin's name."""
        if secure:
            self.inner_tls = _tls_context(), self.host
        proxy = _environment_proxy(base_url)
        if proxy is None:
            return
        if secure:
            authority = target.netloc if target.port else f"{target.netloc}:443"
            host = (b"Host", authority.encode("ascii"))
            self.tunnel = _head_bytes("CONNECT", authority, [host, *proxy.headers])
        else:
            self._target_prefix, self._proxy_headers = self._origin, proxy.headers
        self.host, self.port = proxy.host, proxy.port
        if proxy.secure:
            self.outer_tls = _tls_context(), proxy.host

    def written(self, request: Request) -> bytes:
        """The bytes of a request.

        Raises:
            ConnectionError: There is something in it that cannot be sent.
        """
        method, body = request.method, request.body
        target = request.target[len(self._origin) :]
        if not target.startswith("/"):
            target = f"/{target}"
        target = f"{self._target_prefix}{target}"
        headers, rest = self._last
        is_plain = method == "GET" and not body
        known = rest and is_plain and headers == request.headers
        if not known or not _TARGET.fullmatch(target):
            headers = [*self._proxy_headers, *request.headers]
            if body or method == "POST":
                headers.append((b"Content-Length", b"%d" % len(body)))
            head = _head_bytes(method, target, headers)
            if is_plain:
                self._last = list(request.headers), head.partition(b"\r\n")[2]
            return head + body
        return b"GET %b HTTP/1.1\r\n%b" % (target.encode("ascii"), rest)


class _Proxy:
    """No tuple, whose repr would show the password."""

    def __init__(self, secure: bool, host: str, port: int, headers: RawHeaders) -> None:
        self.secure: Final = secure
        self.host: Final = host
        self.port: Final = port
        self.headers: Final = headers


def _environment_proxy(url: str) -> _Proxy | None:
    # macOS and Windows keep proxies in system settings too; elsewhere no variable means no proxy,
    # and the import is spared.
    if sys.platform not in ("darwin", "win32") and not any(
        name.lower().endswith("_proxy") for name in os.environ
    ):
        return None
    from base64 import b64encode
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
    secure = parts.scheme == "https"
    headers: RawHeaders = []
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.append((b"Proxy-Authorization", b"Basic " + b64encode(user.encode())))
    return _Proxy(secure, host, port or (443 if secure else 80), headers)


def _tls_context() -> ssl.SSLContext:
    return _tls_context_of(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _tls_context_of(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    # Making one takes some 20 ms, nearly all of what a client costs: the process has one for all.
    import ssl

    import certifi

    try:
        # OpenSSL itself reads both variables; the bundle is for machines that set neither.
        bundle = None if cert_file or cert_dir else certifi.where()
        context = ssl.create_default_context(cafile=bundle)
    except OSError as error:
        raise ConfigurationError(
            f"the TLS certificates cannot be read ({error}): check SSL_CERT_FILE and SSL_CERT_DIR"
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Connection(ABC):
    """What both drivers share: when a connection can be used again."""

    def __init__(self) -> None:
        self._exchanges = Exchanges()
        self._idle_since = time.monotonic()

    @property
    @abstractmethod
    def is_usable(self) -> bool:
        """Whether a request may be sent: there is a connection, and nothing was said unasked."""

    @abstractmethod
    def close(self) -> None:
        """Close it at once, without a goodbye."""

    def has_expired(self, now: float) -> bool:
        """Whether it was idle for too long, or cannot be used any more."""
        return now - self._idle_since > KEEP_ALIVE or not self.is_usable

    def rest(self, now: float) -> None:
        """It is idle."""
        self._idle_since = now


_CONNECTION = TypeVar("_CONNECTION", bound=_Connection)


class Idle(deque[_CONNECTION]):
    """Connections to use again, the last one first, so that those of a burst can expire.

    The ends of a deque are changed atomically, so threads share it without a lock.
    """

    def take(self) -> _CONNECTION | None:
        """One that can be used."""
        now = time.monotonic()
        while self:
            try:
                connection = self.pop()
            except IndexError:
                break
            if not connection.has_expired(now):
                return connection
            connection.close()
        return None

    def put(self, connection: _CONNECTION) -> None:
        """Keep one; the one that was idle for longest goes, if it has expired."""
        now = time.monotonic()
        if self:
            with suppress(IndexError):
                oldest = self.popleft()
                if oldest.has_expired(now):
                    oldest.close()
                else:
                    self.appendleft(oldest)
        connection.rest(now)
        self.append(connection)

    def close(self) -> None:
        """Close all of them."""
        with suppress(IndexError):
            while True:
                self.pop().close()


class BlockingConnection(_Connection):
    """A connection of blocking calls, each of which ends at its deadline."""

    def __init__(self, route: Route, deadline: float) -> None:
        super().__init__()
        self._stream: _Stream = _connected(route, deadline)
        try:
            if route.outer_tls is not None:
                self._stream = _TLS(self._stream, *route.outer_tls, deadline)
            if route.tunnel is not None:
                _check_tunnel(self.exchange("CONNECT", route.tunnel, deadline))
                self._exchanges = Exchanges()
            if route.inner_tls is not None:
                self._stream = _TLS(self._stream, *route.inner_tls, deadline)
        except BaseException:
            self.close()
            raise

    def exchange(self, method: str, data: bytes, deadline: float) -> Response:
        """Send a request and wait for the response.

        Raises:
            TimeoutError: It was not whole at the deadline.
            OSError: The connection broke, or what came is no HTTP.
        """
        self._exchanges.expect(method)
        self._stream.write(data, deadline)
        while True:
            response = self._exchanges.receive(self._stream.read(deadline))
            if response is not None:
                return response

    @property
    def can_go_on(self) -> bool:
        """Whether another request may follow."""
        return self._exchanges.can_go_on

    @property
    def is_usable(self) -> bool:
        return not self._stream.has_news

    def close(self) -> None:
        self._stream.close()


def _check_tunnel(response: Response) -> None:
    if not 200 <= response.status_code < 300:
        raise ConnectionError(f"the proxy answers CONNECT with {response.status_code}")


class _Stream(Protocol):
    def read(self, deadline: float) -> bytes: ...

    def write(self, data: bytes, deadline: float) -> None: ...

    @property
    def has_news(self) -> bool: ...

    def close(self) -> None: ...


class _Socket:
    """A socket that never blocks, and the wait for it."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        connected.setblocking(False)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, deadline: float) -> bytes:
        while True:
            self._wait(deadline, reading=True)
            with suppress(BlockingIOError):
                return self._socket.recv(_CHUNK)

    def write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                self._wait(deadline, reading=False)

    @property
    def has_news(self) -> bool:
        return self._is_ready(0.0, reading=True)

    def close(self) -> None:
        self._socket.close()

    def _wait(self, deadline: float, *, reading: bool) -> None:
        if not self._is_ready(seconds_left(deadline), reading=reading):
            raise TimeoutError

    if sys.platform == "win32":

        def _is_ready(self, timeout: float, *, reading: bool) -> bool:
            ready = select.select(
                [self._socket] if reading else [], [] if reading else [self._socket], [], timeout
            )
            return any(ready)

    else:

        def _is_ready(self, timeout: float, *, reading: bool) -> bool:
            # Not `select`, which takes no file descriptor above 1023.
            poll = select.poll()
            poll.register(self._socket, select.POLLIN if reading else select.POLLOUT)
            return bool(poll.poll(timeout * 1000))


class _TLS:
    """TLS over a stream, which may be TLS to a proxy: an `ssl.SSLSocket` goes over sockets only."""

    def __init__(
        self, below: _Stream, context: ssl.SSLContext, hostname: str, deadline: float
    ) -> None:
        import ssl

        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._run(self._tls.do_handshake, deadline)

    def read(self, deadline: float) -> bytes:
        import ssl

        try:
            return self._run(partial(self._tls.read, _CHUNK), deadline)
        except ssl.SSLEOFError:
            return b""  # many servers end without TLS's goodbye; HTTP knows whether that was all

    def write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            view = view[self._run(partial(self._tls.write, view), deadline) :]

    @property
    def has_news(self) -> bool:
        return bool(self._tls.pending() or self._incoming.pending) or self._below.has_news

    def close(self) -> None:
        self._below.close()

    def _run(self, call: Callable[[], _RESULT], deadline: float) -> _RESULT:
        import ssl

        while True:
            try:
                result = call()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                data = self._below.read(deadline)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush(deadline)
                return result

    def _flush(self, deadline: float) -> None:
        if self._outgoing.pending:
            self._below.write(self._outgoing.read(), deadline)


def _connected(route: Route, deadline: float) -> _Socket:
    # Resolving the name is all that no limit can cut: the system's call blocks.
    found = socket.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
    for is_last, (family, kind, number, _, address) in _with_last(found):
        try:
            made = socket.socket(family, kind, number)
            try:
                made.settimeout(_patience(deadline, is_last))
                made.connect(address)
                return _Socket(made)
            except BaseException:
                made.close()
                raise
        except OSError:
            if is_last:
                raise
    raise ConnectionError(f"{route.host} has no address")


def _with_last(items: list[_RESULT]) -> Iterator[tuple[bool, _RESULT]]:
    return ((number == len(items), item) for number, item in enumerate(items, 1))


def seconds_left(deadline: float) -> float:
    """Until a deadline.

    Raises:
        TimeoutError: None are.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _patience(deadline: float, is_last: bool) -> float:
    seconds = seconds_left(deadline)
    return seconds if is_last else min(seconds, ADDRESS_PATIENCE)


class AsyncConnection(_Connection, AsyncioProtocol):
    """A connection of one event loop. What happens to it while it is idle, callbacks tell."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._transport: Transport
        self._waiter: Future[Response | Exception] | None = None
        self.closed: Final = loop.create_future()
        """Done once there is no socket any more."""

    @classmethod
    async def open(cls, route: Route, deadline: float) -> Self:
        """Connect; the deadline is on the clock of the event loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(deadline):
            connection = await cls._connected(route, loop, deadline)
            try:
                if route.outer_tls is not None:
                    await connection._start_tls(*route.outer_tls)
                if route.tunnel is not None:
                    _check_tunnel(await connection.exchange("CONNECT", route.tunnel, deadline))
                    connection._exchanges = Exchanges()
                if route.inner_tls is not None:
                    await connection._start_tls(*route.inner_tls)
            except BaseException:
                connection.close()
                raise
        return connection

    @classmethod
    async def _connected(cls, route: Route, loop: AbstractEventLoop, deadline: float) -> Self:
        import asyncio

        # One address after the other: not every event loop can try them at the same time.
        found = await loop.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
        for is_last, (*_, address) in _with_last(found):
            try:
                async with asyncio.timeout(None if is_last else ADDRESS_PATIENCE):
                    made = await loop.create_connection(
                        lambda: cls(loop), str(address[0]), route.port
                    )
                    return made[1]
            except OSError:
                if is_last:
                    raise
        raise ConnectionError(f"{route.host} has no address")

    async def _start_tls(self, context: ssl.SSLContext, hostname: str) -> None:
        transport = await self._loop.start_tls(
            self._transport, self, context, server_hostname=hostname
        )
        if transport is None:
            raise ConnectionError("the connection ended within the TLS handshake")
        self._transport = transport

    async def exchange(self, method: str, data: bytes, deadline: float) -> Response:
        """As `BlockingConnection.exchange`; the deadline is on the clock of the event loop."""
        self._exchanges.expect(method)
        waiter: Future[Response | Exception] = self._loop.create_future()
        self._waiter = waiter
        timer = self._loop.call_at(deadline, self._end, TimeoutError())
        try:
            self._transport.write(data)
            result = await waiter
        finally:
            self._waiter = None
            timer.cancel()
        if isinstance(result, Exception):
            raise result
        return result

    @property
    def can_go_on(self) -> bool:
        """Whether another request may follow."""
        return self.is_usable and self._exchanges.can_go_on

    @property
    def is_usable(self) -> bool:
        return not self._transport.is_closing()

    def close(self) -> None:
        self._transport.abort()

    @property
    def _waits(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _receive(self, data: bytes) -> None:
        if self._waits:
            try:
                response = self._exchanges.receive(data)
            except OSError as error:
                self._end(error)
            else:
                if response is not None:
                    self._end(response)

    def _end(self, result: Response | Exception) -> None:
        # An error is a result too: nobody asks for it where the task is cancelled meanwhile.
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(result)

    def connection_made(self, transport: BaseTransport) -> None:
        """asyncio's."""
        self._transport = cast("Transport", transport)

    def data_received(self, data: bytes) -> None:
        """asyncio's."""
        if self._waits:
            self._receive(data)
        else:
            self.close()  # nobody asked

    def eof_received(self) -> None:
        """asyncio's, which closes the connection then."""
        self._receive(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's."""
        if exc is None:
            self._receive(b"")
        else:
            self._end(exc)
        self.closed.set_result(None)

    def pause_writing(self) -> None:
        """asyncio's; a request is small, and the deadline ends its wait."""

    def resume_writing(self) -> None:
        """asyncio's."""
