"""One request under way over httpx: its limit, what is read of it, and what its failures mean.

httpx limits each read alone, so a server that drips bytes could go on for ever. Its documented
extension `trace` hands over the stream of each new connection, whose reads then get what is left of
the deadline: https://www.encode.io/httpcore/extensions/#trace
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from . import _faults as faults
from ._bodies import DecodeError, decoded, is_one_response
from ._connection import Connection, PreparedRequest
from ._errors import APIConnectionError
from ._messages import Headers, Request, Response

if TYPE_CHECKING:
    import logging

ADDRESS_TIMEOUT: Final = 5.0
"""Seconds, at most, for each address of a host that has several."""
SLOW_LOOK_UP: Final = 0.1
"""The part of the time that is left after which the look-up of a name is not made twice."""
MAX_OVERHEAD: Final = 4
"""Bytes that may be received, at most, for each one that the body may have."""

_current: Final[ContextVar[Exchange]] = ContextVar("exchange")
_REFUSAL: Final = r"4\d\d|Invalid username|Requested|.*not allowed by ruleset"
"""What a proxy says that will not let this client through later either."""
_REDIRECT: Final = rb"(?:HTTP/1\.1 1[^\n]*\n(?:[^\r][^\n]*\n)*\r\n)*HTTP/1\.[01] (30[12378])"
_NEW_STREAM: Final = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")


class StaleConnectionError(Exception):
    """A connection that was kept broke before a byte of the answer came."""


class Exchange:
    """A request, from its connection to the whole response.

    Args:
        library: The module httpx, or another that has its names.
        limit: Seconds for all of it.
        deadline: When it has to be over, as `time.monotonic` reads.
        connection: What it is sent over.
        is_last_try: Whether an idle connection has broken under this request before.
    """

    __slots__ = (
        *("_address", "_connection", "_deadline", "_is_last_try", "_is_new", "_is_traced"),
        *("_library", "_limit", "_peer", "_received", "_request", "_was_sent"),
    )

    def __init__(
        self,
        library: Any,
        request: Request,
        limit: float,
        deadline: float,
        connection: Connection,
        *,
        is_last_try: bool = False,
    ) -> None:
        self._library = library
        self._request = request
        self._limit = limit
        self._deadline = deadline
        self._is_last_try = is_last_try
        self._is_new = False
        """Whether the connection was made for this request."""
        self._address: tuple[str, int] | None = None
        """Where a new connection goes, the host or its proxy."""
        self._peer = ""
        """Whose certificate was asked for last."""
        self._connection = connection
        # A connection that was made before tells nothing by `trace`, which costs at each step.
        self._is_traced = connection.stream is None
        self._was_sent = not self._is_traced
        self._received = bytearray()
        """What was read of the answer, as it came."""

    def send(self) -> Response:
        """Send the request with a blocking client."""
        token = _current.set(self)
        body = bytearray()
        try:
            limit = self.left()
            native = self._native(self._trace, limit, limit)
            # Not even a client that follows redirects may carry the key to another origin.
            response = self._connection.client.send(native, stream=True, follow_redirects=False)
            self._is_last_try = True  # an answer has begun
            is_decoded = response.is_stream_consumed
            try:
                self._limit_shared(response)
                for part in response.iter_bytes() if is_decoded else response.stream:
                    self._add(body, part)
                headers = Headers(response.headers.raw)
                stream = response.extensions.get("network_stream")
                if stream is not None and self._is_spoilt(response, headers):
                    # Before another thread can take it from the client.
                    self._connection.stream = None
                    stream.close()
            finally:
                response.close()
            self._let_go_of(response)
            return self._response(response, headers, body, is_decoded=is_decoded)
        except BaseException as error:
            answer, stream = self._answer_of(error), self._connection.stream
            if stream is not None and (answer is not None or not self._was_sent):
                # What goes wrong before it belongs to a connection would leave it open.
                stream.close()
            if answer is None:
                raise
            self._connection.stream = None
            return answer
        finally:
            _current.reset(token)

    async def asend(self) -> Response:
        """Send the request with an asynchronous client; as `send`."""
        from asyncio import timeout

        token = _current.set(self)
        body = bytearray()
        try:
            limit = self.left()
            async with timeout(limit):
                # A limit for each read too would only cost a timer more.
                native = self._native(self._atrace, None, limit)
                client = self._connection.client
                response = await client.send(native, stream=True, follow_redirects=False)
                self._is_last_try = True
                # What a test's mock answers was read, and decoded, before.
                is_decoded = response.is_stream_consumed
                try:
                    parts = response.aiter_bytes() if is_decoded else response.stream
                    async for part in parts:
                        self._add(body, part)
                    headers = Headers(response.headers.raw)
                    stream = response.extensions.get("network_stream")
                    if stream is not None and self._is_spoilt(response, headers):
                        self._connection.stream = None
                        await stream.aclose()
                finally:
                    await response.aclose()
                self._let_go_of(response)
            return self._response(response, headers, body, is_decoded=is_decoded)
        except BaseException as error:
            answer, stream = self._answer_of(error), self._connection.stream
            if stream is not None and (answer is not None or not self._was_sent):
                await stream.aclose()
            if answer is None:
                raise
            self._connection.stream = None
            return answer
        finally:
            _current.reset(token)

    def _native(self, trace: Any, each: float | None, pool: float) -> Any:
        """The request in the classes of the library.

        Args:
            each: Seconds for connecting, and for each read and write.
            pool: Seconds for getting a connection of the client's.
        """
        request, connection = self._request, self._connection
        timeout = {"connect": each, "read": each, "write": each, "pool": pool}
        extensions: dict[str, Any] = {"timeout": timeout}
        if self._is_traced:
            extensions["trace"] = trace
        _hide_secrets_in_logs(self._library.__name__)
        if not connection.is_own:
            return connection.client.build_request(
                request.method,
                request.target,
                headers=request.headers,
                content=request.body or None,
                extensions=extensions,
            )
        if connection.prepared is None or not connection.prepared.fits(request):
            connection.prepared = PreparedRequest(self._library, request)
        return connection.prepared.request(request, extensions)

    def _let_go_of(self, response: Any) -> None:
        # It refers to its stream, and the stream to it: the collector of garbage, which stops
        # everything, would have all that they hold to look through, at each poll.
        response.stream = self._library.ByteStream(b"")

    def _add(self, body: bytearray, part: bytes) -> None:
        body += part
        if len(body) > self._request.max_body:
            raise faults.too_large(self._request)

    def _response(
        self, response: Any, headers: Headers, body: bytearray, *, is_decoded: bool
    ) -> Response:
        coding = "" if is_decoded else headers.get("content-encoding", "")
        content = bytes(body)
        if coding:
            try:
                content = decoded(self._library, content, coding, self._request)
            except DecodeError:
                if response.is_success:
                    raise
                content = b""  # the status is what counts
        return Response(response.status_code, headers, content)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        name = self._note(event, info)
        if name == "connect_tcp.started":
            host, left = info["host"], self.left()
            info["host"], info["timeout"] = _where_to_connect(host, info["port"], left)
        elif name in _NEW_STREAM:
            _limit_reads(info["return_value"])

    async def _atrace(self, event: str, info: dict[str, Any]) -> None:
        if self._note(event, info) in _NEW_STREAM:
            _record_reads(info["return_value"])

    def _note(self, event: str, info: dict[str, Any]) -> str:
        name = event.partition(".")[2]
        if name == "send_request_headers.started":
            self._was_sent = True
            self._received.clear()
        elif name == "connect_tcp.started":
            self._is_new, self._address = True, (info["host"], info["port"])
        elif name == "connect_unix_socket.started":
            self._is_new = True
        elif name == "start_tls.started":
            # What a proxy was sent before is no part of the request.
            self._was_sent, self._peer = False, info["server_hostname"]
        elif name in _NEW_STREAM:
            self._connection.stream = info["return_value"]
        return name

    def _limit_shared(self, response: Any) -> None:
        """Limit the reads of a connection that the user's own client made for somebody else."""
        stream = response.extensions.get("network_stream")
        if stream is not None and not self._received and hasattr(stream, "__dict__"):
            _limit_reads(stream)

    def left(self, timeout: float | None = None) -> float:
        """Seconds for what comes next.

        Raises:
            TimeoutError: There are none.
        """
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds if timeout is None else min(seconds, timeout)

    def record(self, data: bytes) -> bytes:
        """Take note of what was read of the connection, and return it."""
        self._received += data
        if len(self._received) > MAX_OVERHEAD * (self._request.max_body + 2**20):
            # Headers without an end, say.
            raise faults.too_large(self._request)
        return data

    def shown(self, text: str) -> str:
        """`text` without what no log may show."""
        return faults.without_secrets(self._request, text)

    def _is_spoilt(self, response: Any, headers: Headers) -> bool:
        """Whether the connection may not be used again.

        More than the response was read, which httpcore would take for the next one. Nobody knows
        where nothing was recorded: the connection was made by another user of the client, or by the
        client itself in place of one that was kept.
        """
        if self._connection.client.is_closed:
            return True  # by its user, while this connection was made: it would stay open
        return response.http_version.startswith("HTTP/1") and not (
            self._received and is_one_response(bytes(self._received), response.status_code, headers)
        )

    def _answer_of(self, error: Any) -> Response | None:
        """The response, without its body, that something raised for."""
        library = self._library
        if isinstance(error, library.HTTPStatusError):  # a hook of the user's own client
            return Response(error.response.status_code, Headers(error.response.headers.raw), b"")
        if isinstance(error, (library.RemoteProtocolError, library.InvalidURL)):
            # It could not make a request of the location, which nobody asked it to follow.
            redirect = re.match(_REDIRECT, self._received)
            return redirect and Response(int(redirect[1]), Headers([]), b"")
        return None

    def failure(self, error: Any) -> Exception | None:
        """What to raise for what `send` raised; None where it is no failure of the network."""
        failure = self._failure(error)
        if isinstance(failure, APIConnectionError) and self._was_sent:
            failure.has_begun = bool(self._received)
        return failure

    def _failure(self, error: Any) -> Exception | None:
        library, request = self._library, self._request
        if isinstance(error, RuntimeError) and self._connection.client.is_closed:
            return faults.client_closed()
        if isinstance(error, APIConnectionError):
            return error
        if isinstance(error, library.RequestError):
            # The one that it refers to carries the key.
            raised: Any = error
            raised.request = library.Request(request.method, request.url)
        if isinstance(error, library.PoolTimeout):
            text = "no connection of the http_client was free: give it more, or lower max_in_flight"
            return faults.failure(request, text, error)
        if isinstance(error, (library.TimeoutException, TimeoutError)):
            return faults.too_late(request, self._limit, error)
        if isinstance(error, (library.InvalidURL, library.LocalProtocolError)):
            # Its own words would show the header.
            text = "its URL or a header cannot be sent: check base_url and headers"
            return faults.failure(request, text, None, is_permanent=True)
        is_open = self._connection.stream is not None
        is_setup = is_open and not self._was_sent and isinstance(error, Exception)
        if not (is_setup or isinstance(error, (library.RequestError, OSError, UnicodeError))):
            return None
        was_kept = self._was_sent and not self._is_new
        if was_kept and not (self._received or self._is_last_try):
            return StaleConnectionError()
        return self._broken(error)

    def _broken(self, error: BaseException) -> APIConnectionError:
        request, reason = self._request, str(error) or type(error).__name__
        certificate = faults.certificate_fault(error)
        if certificate is not None:
            return faults.bad_certificate(request, self._peer, certificate, error)
        proxy = self._proxy()
        if isinstance(error, self._library.ProxyError):
            is_refusal = re.match(_REFUSAL, reason) is not None
            text = f"{proxy or 'the proxy'} answered {reason}"
            return faults.bad_proxy(request, text, error, is_permanent=is_refusal)
        if proxy is not None and self._connection.stream is None:
            text = f"{proxy} cannot be reached ({reason})"
            return faults.bad_proxy(request, text, error, is_permanent=True)
        if proxy is not None and not isinstance(error, (self._library.RequestError, OSError)):
            text = f"{proxy} answered what no proxy of its kind does ({reason})"
            return faults.bad_proxy(request, text, error, is_permanent=False)
        return faults.broken(request, error)

    def _proxy(self) -> str | None:
        """The proxy that a new connection goes to; None where it goes to the host."""
        url = self._library.URL(self._request.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        if self._address in (None, (url.raw_host.decode("ascii"), port)):
            return None
        return "the proxy {}:{}".format(*self._address)


def _limit_reads(stream: Any) -> None:
    """Give each read of a blocking stream what is left of its request's time."""
    read, start_tls = stream.read, stream.start_tls

    def limited_read(max_bytes: int, timeout: float | None = None) -> bytes:
        exchange = _current.get(None)
        if exchange is None:  # the user's own request, with the client that was passed
            data: bytes = read(max_bytes, timeout)
            return data
        return exchange.record(read(max_bytes, exchange.left(timeout)))

    def limited_start_tls(
        ssl_context: Any, server_hostname: Any = None, timeout: float | None = None
    ) -> Any:
        exchange = _current.get(None)
        if exchange is not None:
            timeout = exchange.left(timeout)
            _limit_reads_below(stream.get_extra_info("socket"))
        return start_tls(ssl_context, server_hostname, timeout)

    stream.read, stream.start_tls = limited_read, limited_start_tls


def _limit_reads_below(socket: Any) -> None:
    """The same for TLS within the TLS of a proxy, which is read from any number of times."""
    from ssl import SSLSocket

    if isinstance(socket, SSLSocket):
        receive = socket.recv

        def limited_recv(size: int = 1024, flags: int = 0) -> bytes:
            exchange = _current.get(None)
            if exchange is not None:
                socket.settimeout(exchange.left())
            return receive(size, flags)

        vars(socket)["recv"] = limited_recv


def _record_reads(stream: Any) -> None:
    """Record what is read of an asynchronous stream, which `asyncio.timeout` limits."""
    read = stream.read

    async def recorded_read(max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = await read(max_bytes, timeout)
        exchange = _current.get(None)
        return data if exchange is None else exchange.record(data)

    stream.read = recorded_read


def _where_to_connect(host: str, port: int, left: float) -> tuple[str, float]:
    """What to connect to in place of a host's name, and the seconds for each of its addresses.

    httpcore looks the name up, and tries the addresses one after the other, each with the whole
    timeout.

    Raises:
        OSError: The name could not be looked up, or not in the time that is left.
    """
    if ":" in host or host.replace(".", "").isdecimal():
        return host, left
    started = time.monotonic()
    addresses = _addresses(host, port, left)
    spent = time.monotonic() - started
    left -= spent
    if left <= 0:
        raise TimeoutError
    if len(addresses) == 1:
        return addresses[0], left
    if spent > SLOW_LOOK_UP * left:
        # There is no time for another one.
        share = min(left / (len(addresses) + 1), ADDRESS_TIMEOUT)
        return _first_reachable(addresses, port, share), left
    return host, min((left - spent) / len(addresses), ADDRESS_TIMEOUT)


def _addresses(host: str, port: int, limit: float) -> list[str]:
    import socket
    from threading import Thread

    entries: list[tuple[Any, ...]] = []
    failures: list[Exception] = []

    def look_up() -> None:
        try:
            entries.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    # Nothing else can end a look-up early.
    thread = Thread(target=look_up, name="jobwait", daemon=True)
    thread.start()
    thread.join(limit)
    if failures:
        raise failures[0]
    if not entries:
        raise TimeoutError
    return list(dict.fromkeys(str(address[0]) for *_, address in entries))


def _first_reachable(addresses: list[str], port: int, timeout: float) -> str:
    import socket

    for address in addresses:
        with suppress(OSError), socket.create_connection((address, port), timeout):
            return address
    return addresses[-1]


@cache
def _hide_secrets_in_logs(library: str) -> None:
    """Let the logs of the library, and of httpcore below it, show no key."""
    import logging

    core = library.replace("httpx", "httpcore")
    children = ("connection", "http11", "http2", "proxy", "socks")
    for name in (library, *(f"{core}.{child}" for child in children)):
        logging.getLogger(name).addFilter(_hide_secrets)


def _hide_secrets(record: logging.LogRecord) -> bool:
    exchange = _current.get(None)
    if exchange is not None:
        text = record.getMessage()
        shown = exchange.shown(text)
        if shown != text:
            record.msg, record.args = shown, None
    return True
