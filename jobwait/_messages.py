"""Requests and responses, as they cross the seam to the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, overload

T = TypeVar("T")

MAX_BODY: Final = 8 * 2**20
"""Bytes, decompressed, of a body that is JSON: parsed, it takes many times as much memory."""
MAX_FILE: Final = 64 * 2**20
"""Bytes, decompressed, of a body that is taken as it comes."""

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

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, default: str, /) -> str: ...
    @overload
    def get(self, key: str, default: T, /) -> str | T: ...
    def get(self, key: str, default: object = None, /) -> object:
        """The value of a header, or else the default."""
        return self._items.get(key.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


class Request:
    """A request that can be sent many times; its repr hides the headers, which hold the key.

    Args:
        url: Without a key.
        headers: Without a length: the transport gives a body its own.
        query: What follows in the URL, which may be a key and so is never shown.
        max_body: Bytes that the response's body may have, decompressed.
        secrets: What no message may show.
        functions: Those to ask for a key before it is sent, each with what the key is for.
    """

    __slots__ = (
        *("body", "functions", "headers", "max_body", "method", "query", "secrets", "url"),
    )

    def __init__(
        self,
        method: str,
        url: str,
        headers: RawHeaders,
        body: bytes = b"",
        query: str = "",
        *,
        max_body: int = MAX_BODY,
        secrets: frozenset[str] = frozenset(),
        functions: tuple[tuple[Any, Callable[[], Any]], ...] = (),
    ) -> None:
        self.method: Final = method
        self.url: Final = url
        self.headers: Final[RawHeaders] = headers
        self.body: Final = body
        self.query: Final = query
        self.max_body: Final = max_body
        self.secrets: Final = secrets
        self.functions: Final = functions

    @property
    def target(self) -> str:
        """The whole URL."""
        if not self.query:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{self.query}"

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"


class Response(NamedTuple):
    """A whole response; its repr hides what the server says, which may be the key.

    The body is decoded from its content encoding.
    """

    status_code: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"<Response {self.status_code} with {len(self.body)} bytes>"


Send: TypeAlias = Callable[[Request, float], Response]
AsyncSend: TypeAlias = Callable[[Request, float], Awaitable[Response]]
