"""A connection of this layer's own: an HTTP client that has no other, and its requests."""

from __future__ import annotations

import time
from typing import Any, Final

from ._messages import Request

KEEP_ALIVE: Final = 300.0
"""Seconds that an idle connection is kept: longer than any provider's delay between polls."""


class Connection:
    """A client of httpx's with one connection of its own, or the user's client.

    Args:
        is_own: Whether it is this layer's own, which adds nothing to a request.
    """

    __slots__ = ("client", "is_own", "prepared", "since", "stream")

    def __init__(self, client: Any, *, is_own: bool = True) -> None:
        self.client: Final = client
        self.is_own: Final = is_own
        self.stream: Any = None
        """That of its connection; None where there is none, or a test's mock has answered."""
        self.prepared: PreparedRequest | None = None
        """What the last request that it sent was made of."""
        self.since = time.monotonic()
        """When it was used last."""

    def has_ended(self) -> bool:
        """Whether it was idle for too long, was closed, or has what nobody asked for."""
        # Before its client makes another one by itself, whose reads nothing would limit.
        is_old = time.monotonic() > self.since + KEEP_ALIVE - 1
        is_readable = self.stream is not None and self.stream.get_extra_info("is_readable")
        return is_old or bool(is_readable)


class PreparedRequest:
    """What of a request costs much to make in the classes of the library.

    The next requests of a connection share it, as long as they differ in nothing but their URL: the
    row "each poll / bare aiohttp" of the benchmarks. None of them is changed once it was sent:
    mocks and tracers keep requests, and add headers to them.
    """

    __slots__ = ("_headers", "_library", "_source", "_stream", "_url")

    def __init__(self, library: Any, source: Request) -> None:
        self._library = library
        self._source: Request = source
        self._url = library.URL(source.target)
        request = library.Request(
            source.method,
            self._url,
            headers=library.Headers(source.headers),
            content=source.body or None,
        )
        self._headers = request.headers
        self._stream = request.stream

    def fits(self, source: Request) -> bool:
        """Whether it is that of `source` too, but for its URL."""
        last = self._source
        return (source.headers is last.headers) and (
            (source.method, source.body) == (last.method, last.body)
        )

    def request(self, source: Request, extensions: dict[str, Any]) -> Any:
        """The request for `source`, which it fits."""
        if source is not self._source:
            self._source = source
            self._url = self._library.URL(source.target)
        request = self._library.Request(
            source.method,
            self._url,
            headers=self._headers,
            stream=self._stream,
            extensions=extensions,
        )
        request.read()
        return request
