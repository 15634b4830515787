"""The bodies of responses: decoded within their bound, and where they end."""

from __future__ import annotations

import re
import zlib
from typing import Any, Final

from . import _faults as faults
from ._messages import Headers, Request

SMALL: Final = 16
"""Bytes that are decoded at a time: of brotli, each may become a million."""
LARGE: Final = 4096
"""The same of gzip, whose members may be many."""


class DecodeError(ConnectionError):
    """A body is not in the encoding that its headers name."""

    def __init__(self) -> None:
        super().__init__("the body is not in the encoding that its headers name")


def decoded(library: Any, body: bytes, coding: str, request: Request) -> bytes:
    """A body without its content encoding.

    Args:
        library: The module httpx, or another that has its names.
        coding: The header `Content-Encoding`.

    Raises:
        DecodeError: It cannot be decoded, or is encoded several times over.
        APIConnectionError: It has more bytes than the request allows.
    """
    codings = [word for part in coding.split(",") if (word := part.strip().lower())]
    codings = [word for word in codings if word != "identity"]
    if not codings:
        return body
    if len(codings) > 1:
        # What one step makes of a few bytes, the next one would make of a million.
        raise DecodeError
    try:
        if codings[0] in ("gzip", "x-gzip"):  # the same thing, RFC 9110
            return _gunzipped(body, request)
        small = (body[at : at + SMALL] for at in range(0, len(body), SMALL))
        response = library.Response(200, headers={"Content-Encoding": codings[0]}, content=small)
        parts = bytearray()
        for part in response.iter_bytes():
            parts += part
            if len(parts) > request.max_body:
                raise faults.too_large(request)
        return bytes(parts)
    except (EOFError, zlib.error, library.DecodingError):
        raise DecodeError from None


def _gunzipped(body: bytes, request: Request) -> bytes:
    # httpx reads the first member of several alone.
    parts, member = bytearray(), None
    for at in range(0, len(body), LARGE):
        rest = body[at : at + LARGE]
        if member is None and at:
            rest = rest.lstrip(b"\0")
        while rest:
            if member is None:
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            # One byte more than allowed tells that there are too many.
            parts += member.decompress(rest, request.max_body + 1 - len(parts))
            if len(parts) > request.max_body:
                raise faults.too_large(request)
            rest = member.unused_data
            if member.eof:
                member, rest = None, rest.lstrip(b"\0")
    if member is not None:
        raise EOFError
    return bytes(parts)


def is_one_response(raw: bytes, status_code: int, headers: Headers) -> bool:
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
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _ends_after_chunks(raw, at)
    if status_code in (204, 304):
        return len(raw) == at
    length = headers.get("content-length", "")
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
