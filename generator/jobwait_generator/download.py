"""Reading a document from the web: of bounded size, in bounded time, by one scheme."""

from __future__ import annotations

from concurrent.futures import Future
from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from threading import Thread
from typing import IO, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .problems import prose

_LIMIT: Final = 60.0
"""Seconds that a download takes at most."""
_SILENCE: Final = 20.0
"""Seconds without a byte after which a server is given up."""
_BROKEN: Final = (OSError, HTTPException, ValueError)


class DownloadError(Exception):
    """A document that could not be downloaded; the text says why, and what to do."""


def without_secrets(url: str) -> str:
    """An address without what may be a secret: its user, its query and its fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "--spec"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def download(url: str, size: int, limit: float = _LIMIT) -> bytes:
    """The bytes at an `https` address, or at an `http` address of this machine.

    Args:
        url: The address; redirects from it stay with its scheme.
        size: Bytes that are read at most; more are an error.
        limit: Seconds that it takes at most, look-up of the name and redirects included.

    Raises:
        DownloadError: It cannot be had so.
    """
    _check(url)
    future: Future[bytes] = Future()

    def run() -> None:
        try:
            future.set_result(_read(url, size))
        except (DownloadError, *_BROKEN) as error:
            future.set_exception(error)

    # A thread, as no timeout of a socket bounds a server that sends a byte at a time.
    Thread(target=run, daemon=True).start()
    try:
        return future.result(limit)
    except HTTPError as error:
        error.close()
        reason = prose(error.reason)
        text = f"the server answers {error.code} {reason}; open the address in a browser"
        raise DownloadError(text) from None
    except URLError as error:
        raise DownloadError(f"cannot be reached: {error.reason}") from None
    except TimeoutError:
        text = f"takes more than {limit:g} s; download it yourself, and name the file"
        raise DownloadError(text) from None
    except _BROKEN as error:
        raise DownloadError(f"the download broke off: {prose(repr(error))}") from None


def _read(url: str, size: int) -> bytes:
    opener = build_opener(_SameScheme)
    request = Request(url, headers={"Accept": "application/json, application/yaml, */*"})
    with opener.open(request, timeout=_SILENCE) as response:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise DownloadError("the server compresses what nobody asked it to; name a file")
        content: bytes = response.read(size + 1)
    if len(content) > size:
        raise DownloadError(f"more than {size} bytes; cut away what is not needed")
    return content


class _SameScheme(HTTPRedirectHandler):
    """Follows a redirect within `https`, or on this machine."""

    max_redirections = 5

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        """The request to follow with."""
        fp.close()
        if urlsplit(newurl).scheme != urlsplit(req.full_url).scheme:
            text = f"it redirects to {without_secrets(newurl)}, of another scheme; name that"
            raise DownloadError(text)
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check(url: str) -> None:
    """Refuse what would be read without encryption, and what would show a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise DownloadError(f"this is no address: {error}") from None
    if "@" in parts.netloc:
        raise DownloadError("an address holds no user or password here; download it yourself")
    if parts.scheme not in ("http", "https") or (parts.scheme == "http" and not _is_loopback(host)):
        raise DownloadError("write an https:// address; http:// is for this machine alone")
    if not host or any(not c.isprintable() or c == " " for c in url):
        raise DownloadError("this is no whole address, such as https://example.com/openapi.json")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
