"""A connection of this layer's own: an HTTP client that has no other, and its last request."""

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

    __slots__ = ("client", "is_own", "native", "since", "stream")

    def __init__(self, client: Any, *, is_own: bool = True) -> None:
        self.client: Final = client
        self.is_own: Final = is_own
        self.stream: Any = None
        """That of its connection; None where there is none, or a test's mock has answered."""
        self.native: NativeRequest | None = None
        """The last request that it sent."""
        self.since = time.monotonic()
        """When it was used last."""

    def has_ended(self) -> bool:
        """Whether it was idle for too long, was closed, or has what nobody asked for."""
        # Before its client makes another one by itself, whose reads nothing would limit.
        is_old = time.monotonic() > self.since + KEEP_ALIVE - 1
        is_readable = self.stream is not None and self.stream.get_extra_info("is_readable")
        return is_old or bool(is_readable)


class NativeRequest:
    """A request in the classes of the library, which costs much to make.

    So the next one of its connection is the same, with another URL: the row "each poll / bare
    aiohttp" of the benchmarks.
    """

    __slots__ = ("_headers", "_library", "_source", "_url", "request")

    def __init__(self, library: Any, source: Request) -> None:
        self._library = library
        self._source = source
        self.request: Final = library.Request(
            source.method,
            library.URL(source.target),
            headers=library.Headers(source.headers),
            content=source.body or None,
        )
        self._url = self.request.url
        self._headers = self.request.headers.raw

    def turn_into(self, source: Request) -> bool:
        """Make it another request, and return whether it differs by no more than its URL."""
        last, request = self._source, self.request
        if (
            (source.headers is not last.headers)
            or (source.method, source.body) != (last.method, last.body)
            # Something has changed it on its way, as tracers add a header to each.
            or (request.url is not self._url or request.headers.raw != self._headers)
        ):
            return False
        if source is not last:
            self._source = source
            request.url = self._url = self._library.URL(source.target)
        return True
