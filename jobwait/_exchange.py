"""One request under way over httpx: its limit, what is read of it, and what its failures mean.

httpx limits each read alone, so a server that drips bytes could go on for ever. Its documented
extension `trace` hands over the stream of each new connection, whose reads then get what is left of
the deadline: https://www.encode.io/httpcore/extensions/#trace
"""

from __future__ import annotations

import re
import time
import zlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from . import _faults as faults
from ._errors import APIConnectionError
from ._messages import Headers, Request, Response

if TYPE_CHECKING:
    import logging

ADDRESS_TIMEOUT: Final = 5.0
"""Seconds, at most, for each address of a host that has several."""

_current: Final[ContextVar[Exchange]] = ContextVar("exchange")
_NEW_STREAM: Final = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")


class StaleConnectionError(Exception):
    """A connection that was kept broke before a byte of the answer came."""


class Exchange:
    """A request, from its connection to the whole response.

    Args:
        library: The module httpx, or another that has its names.
        limit: Seconds for all of it.
        deadline: When it has to be over, as `time.monotonic` reads.
        is_retry: Whether an idle connection has broken under this request before.
    """

    __slots__ = (
        *("_address", "_deadline", "_is_retry", "_library", "_limit", "_peer", "_received"),
        *("_request", "_stream", "_was_sent"),
    )

    def __init__(
        self,
        library: Any,
        request: Request,
        limit: float,
        deadline: float,
        *,
        is_retry: bool = False,
    ) -> None:
        self._library = library
        self._request = request
        self._limit = limit
        self._deadline = deadline
        self._is_retry = is_retry
        self._address: tuple[str, int] | None = None
        """Where a new connection goes, the host or its proxy; None on one that was kept."""
        self._peer = ""
        """Whose certificate was asked for last."""
        self._stream: Any = None
        """The new connection's stream."""
        self._was_sent = False
        self._received = bytearray()
        """What was read of the answer, as it came."""

    def send(self, client: Any, *, is_own: bool) -> Response:
        """Send the request with a blocking client.

        Args:
            client: An `httpx.Client`.
            is_own: Whether it is this layer's own, which adds nothing to a request.
        """
        token = _current.set(self)
        body = bytearray()
        try:
            native = self._native(client, self._trace, is_own=is_own)
            # Not even a client that follows redirects may carry the key to another origin.
            response = client.send(native, stream=True, follow_redirects=False)
            is_gzip = _is_gzip(response)
            try:
                for part in response.iter_raw() if is_gzip else response.iter_bytes():
                    self._add(body, part)
            except self._library.DecodingError:
                self._refuse_encoding(response, body)
            finally:
                response.close()
            if self._has_excess(response):
                response.extensions["network_stream"].close()
            return self._response(response, body, is_gzip=is_gzip)
        except self._library.HTTPStatusError as error:
            return _raised_by_hook(error.response)
        except BaseException:
            if self._stream is not None:
                # What interrupts a TLS handshake would leave it to the garbage collector.
                self._stream.close()
            raise
        finally:
            _current.reset(token)

    async def asend(self, client: Any, *, is_own: bool) -> Response:
        """Send the request with an asynchronous client; as `send`."""
        from asyncio import timeout

        token = _current.set(self)
        body = bytearray()
        try:
            async with timeout(self.left()):
                native = self._native(client, self._atrace, is_own=is_own)
                response = await client.send(native, stream=True, follow_redirects=False)
                is_gzip = _is_gzip(response)
                try:
                    async for part in response.aiter_raw() if is_gzip else response.aiter_bytes():
                        self._add(body, part)
                except self._library.DecodingError:
                    self._refuse_encoding(response, body)
                finally:
                    await response.aclose()
                if self._has_excess(response):
                    await response.extensions["network_stream"].aclose()
            return self._response(response, body, is_gzip=is_gzip)
        except self._library.HTTPStatusError as error:
            return _raised_by_hook(error.response)
        except BaseException:
            if self._stream is not None:
                await self._stream.aclose()
            raise
        finally:
            _current.reset(token)

    def _native(self, client: Any, trace: Any, *, is_own: bool) -> Any:
        request, content = self._request, self._request.body or None
        left = self.left()
        timeout = {"connect": left, "read": left, "write": left, "pool": left}
        extensions = {"timeout": timeout, "trace": trace}
        if request.query:
            _hide_queries_in_logs(self._library)
        if not is_own:
            return client.build_request(
                request.method,
                request.target,
                headers=request.headers,
                content=content,
                extensions=extensions,
            )
        if request.parsed is None:
            # A job is polled many times, and parsing these costs more than all else here. The
            # native request itself is a new one each time, as tools add headers to it.
            url, headers = self._library.URL(request.target), self._library.Headers(request.headers)
            request.parsed = url, headers
        url, headers = request.parsed
        return self._library.Request(
            request.method, url, headers=headers, content=content, extensions=extensions
        )

    def _add(self, body: bytearray, part: bytes) -> None:
        body += part
        if len(body) > self._request.max_body:
            raise faults.too_large(self._request)

    def _response(self, response: Any, body: bytearray, *, is_gzip: bool) -> Response:
        if is_gzip:
            try:
                body = _gunzipped(body, self._request)
            except (EOFError, zlib.error):
                self._refuse_encoding(response, body)
        return Response(response.status_code, Headers(response.headers.raw), bytes(body))

    def _refuse_encoding(self, response: Any, body: bytearray) -> None:
        if response.is_success:
            raise ConnectionError("the body is not in the encoding that its headers name")
        body.clear()  # the status is what counts

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        name = self._note(event, info)
        if name == "connect_tcp.started":
            info["timeout"] = _connect_timeout(info["host"], info["port"], self.left())
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
            self._address = (info["host"], info["port"])
        elif name == "start_tls.started":
            self._peer = info["server_hostname"]
        elif name in _NEW_STREAM:
            self._stream = info["return_value"]
        return name

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
        return data

    def shown(self, value: Any) -> Any:
        """`value`, or the URL without the key where it is the request's URL."""
        return self._request.url if isinstance(value, self._library.URL) else value

    def _has_excess(self, response: Any) -> bool:
        """Whether more than the response was read, which httpcore would take for the next one."""
        return bool(
            self._received
            and response.http_version.startswith("HTTP/1")
            and not _is_one_response(bytes(self._received), response)
        )

    def failure(self, error: BaseException) -> Exception | None:
        """What to raise for what `send` raised; None where it is no failure of the network."""
        library, request = self._library, self._request
        if isinstance(error, APIConnectionError):
            return error
        if isinstance(error, library.PoolTimeout):
            text = "no connection of the http_client was free: give it more, or lower max_in_flight"
            return faults.failure(request, text, error)
        if isinstance(error, (library.TimeoutException, TimeoutError)):
            return faults.too_late(request, self._limit, error)
        if isinstance(error, (library.InvalidURL, library.LocalProtocolError)):
            # Its own words would show the header.
            text = "its URL or a header cannot be sent: check base_url and headers"
            return faults.failure(request, text, None, is_permanent=True)
        if not isinstance(error, (library.RequestError, OSError, UnicodeError)):
            return None
        was_kept = self._was_sent and self._address is None
        if was_kept and not (self._received or self._is_retry):
            return StaleConnectionError()
        return self._broken(error)

    def _broken(self, error: BaseException) -> APIConnectionError:
        request, reason = self._request, str(error) or type(error).__name__
        certificate = faults.certificate_fault(error)
        if certificate is not None:
            return faults.bad_certificate(request, self._peer, certificate, error)
        proxy = self._proxy()
        if isinstance(error, self._library.ProxyError):
            is_refusal = re.match(r"4\d\d|Invalid username", reason) is not None
            text = f"{proxy or 'the proxy'} answered {reason}"
            return faults.bad_proxy(request, text, error, is_permanent=is_refusal)
        if proxy is not None and self._stream is None:
            text = f"{proxy} cannot be reached ({reason})"
            return faults.bad_proxy(request, text, error, is_permanent=True)
        return faults.broken(request, error)

    def _proxy(self) -> str | None:
        """The proxy that a new connection goes to; None where it goes to the host."""
        if self._address is None or self._address[0] == self._library.URL(self._request.url).host:
            return None
        return "the proxy {}:{}".format(*self._address)


def _limit_reads(stream: Any) -> None:
    """Give each read of a blocking stream what is left of its request's time."""
    read, start_tls = stream.read, stream.start_tls

    def limited_read(max_bytes: int, timeout: float | None = None) -> bytes:
        exchange = _current.get()
        return exchange.record(read(max_bytes, exchange.left(timeout)))

    def limited_start_tls(
        ssl_context: Any, server_hostname: Any = None, timeout: float | None = None
    ) -> Any:
        return start_tls(ssl_context, server_hostname, _current.get().left(timeout))

    stream.read, stream.start_tls = limited_read, limited_start_tls


def _record_reads(stream: Any) -> None:
    """Record what is read of an asynchronous stream, which `asyncio.timeout` limits."""
    read = stream.read

    async def recorded_read(max_bytes: int, timeout: float | None = None) -> bytes:
        return _current.get().record(await read(max_bytes, timeout))

    stream.read = recorded_read


def _connect_timeout(host: str, port: int, left: float) -> float:
    """Seconds for each address of a host: they are tried one after the other.

    Raises:
        TimeoutError: The host's name could not be looked up in the time that is left.
    """
    import socket
    from threading import Thread

    if ":" in host or host.replace(".", "").isdecimal():
        return left
    addresses: set[Any] = set()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return  # the connection will fail in the same way, and say so
        addresses.update(entry[4] for entry in entries)

    # Nothing else can end a look-up early.
    started = time.monotonic()
    thread = Thread(target=look_up, name="jobwait", daemon=True)
    thread.start()
    thread.join(left)
    left -= time.monotonic() - started
    if thread.is_alive() or left <= 0:
        raise TimeoutError
    return left if len(addresses) < 2 else min(left / len(addresses), ADDRESS_TIMEOUT)


def _is_one_response(raw: bytes, response: Any) -> bool:
    """Whether all that was read is one response; if in doubt, it is not."""
    at = 0
    while True:  # interim responses, as 103, come before it
        is_interim = raw[at : at + 10].startswith((b"HTTP/1.1 1", b"HTTP/1.0 1"))
        end = raw.find(b"\r\n\r\n", at)
        if end < 0:
            return False
        at = end + 4
        if not is_interim:
            break
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        return _ends_after_chunks(raw, at)
    if response.status_code in (204, 304):
        return len(raw) == at
    length = response.headers.get("content-length", "")
    return length.isdecimal() and len(raw) == at + int(length)


def _ends_after_chunks(raw: bytes, at: int) -> bool:
    while True:
        end = raw.find(b"\r\n", at)
        size = re.match(rb"[0-9a-fA-F]{1,8}(?=[ \t;\r])", raw[at : end + 1])
        if end < 0 or size is None:
            return False
        at = end + 2
        if int(size[0], 16) == 0:
            return raw[at:] == b"\r\n"
        at += int(size[0], 16) + 2


def _is_gzip(response: Any) -> bool:
    # httpx reads the first member of several alone. What a test's mock answers was read before.
    encoding: str = response.headers.get("content-encoding", "")
    return encoding.strip().lower() == "gzip" and not response.is_stream_consumed


def _gunzipped(body: bytearray, request: Request) -> bytearray:
    decoded, rest = bytearray(), bytes(body)
    while rest:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        # One byte more than allowed tells that there are too many.
        decoded += member.decompress(rest, request.max_body + 1 - len(decoded))
        if len(decoded) > request.max_body:
            raise faults.too_large(request)
        if not member.eof:
            raise EOFError
        rest = member.unused_data.lstrip(b"\0")
    return decoded


def _raised_by_hook(response: Any) -> Response:
    """The response that a hook of the user's own client raised for, without its body."""
    return Response(response.status_code, Headers(response.headers.raw), b"")


def _hide_queries_in_logs(library: Any) -> None:
    """Let the library's log show the URLs of requests without the key in their query."""
    import logging

    logging.getLogger(library.__name__).addFilter(_hide_query)


def _hide_query(record: logging.LogRecord) -> bool:
    exchange = _current.get(None)
    if exchange is not None and isinstance(record.args, tuple):
        record.args = tuple(exchange.shown(argument) for argument in record.args)
    return True
