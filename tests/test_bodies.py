"""Encoded bodies: read in every encoding that httpx has, and never larger than their bound."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import httpx
import pytest
import zstandard

from jobwait import APIConnectionError
from jobwait._bodies import LARGE, DecodeError, decoded
from jobwait._messages import Request, Response
from jobwait._transport import AsyncTransport, SyncTransport

from .kit.wire import NO_TLS, Wire, response, whole

brotli: Final[Any] = import_module("brotli")  # has no types
TEXT: Final = b'{"data": {"id": "job_1", "status": "completed", "result": "done"}}' * 200
MEBIBYTE: Final = 2**20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def members(data: bytes) -> bytes:
    return b"".join(gzip.compress(data[at : at + 99]) for at in range(0, len(data), 99))


def frames(data: bytes) -> bytes:
    return zstandard.compress(data[:50]) + zstandard.compress(data[50:])


CODINGS: Final[list[tuple[str, Callable[[bytes], bytes]]]] = [
    ("gzip", gzip.compress),
    ("GZip", gzip.compress),
    ("x-gzip", gzip.compress),
    (" gzip ,", gzip.compress),
    ("identity, gzip", gzip.compress),
    ("gzip", members),
    ("gzip", lambda data: members(data) + b"\0" * 9000),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("zstd", frames),
    ("identity", bytes),
    ("", bytes),
]


def request(url: str = "http://test", *, max_body: int = MEBIBYTE) -> Request:
    return Request("GET", url, [(b"Host", b"test")], max_body=max_body)


def blocking(url: str, *, passes: bool) -> Response:
    with httpx.Client(verify=NO_TLS) as client:
        transport = SyncTransport(httpx, client if passes else None)
        answer = transport(request(url), 5)
        transport.close()
        return answer


def on_loop(url: str, *, passes: bool) -> Response:
    async def main() -> Response:
        async with httpx.AsyncClient(verify=NO_TLS) as client:
            transport = AsyncTransport(httpx, client if passes else None)
            answer = await transport(request(url), 5)
            await transport.close()
            return answer

    return asyncio.run(main())


@pytest.mark.parametrize("send", [blocking, on_loop])
@pytest.mark.parametrize("passes", [False, True])
@pytest.mark.parametrize(("coding", "pack"), CODINGS)
def test_a_body_is_read_in_every_encoding_that_httpx_has(
    send: Callable[..., Response], passes: bool, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    answer = response(pack(TEXT), headers=f"Content-Encoding: {coding}\r\n")
    with Wire(whole(answer)) as wire:
        assert send(wire.url, passes=passes).body == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity"])
def test_an_empty_body_is_empty_in_every_encoding(coding: str) -> None:
    assert decoded(httpx, b"", coding, request()) == b""


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"garbage"),
        ("gzip", gzip.compress(TEXT)[:-4]),
        ("gzip", gzip.compress(TEXT) + b"garbage"),
        ("deflate", b"garbage"),
        ("br", b"garbage"),
        ("zstd", b"garbage"),
        ("zstd", zstandard.compress(TEXT)[:-4]),
        ("gzip, br", gzip.compress(TEXT)),
    ],
)
def test_a_body_in_another_encoding_than_it_says_is_an_error(coding: str, body: bytes) -> None:
    with pytest.raises(DecodeError, match="not in the encoding"):
        decoded(httpx, body, coding, request())


def packed_zeros(packer: Any, mebibytes: int, *, compress: str = "compress") -> bytes:
    zeros = bytes(MEBIBYTE)
    parts = [getattr(packer, compress)(zeros) for _ in range(mebibytes)]
    return b"".join(parts) + (packer.flush() if hasattr(packer, "flush") else b"")


def brotli_zeros(mebibytes: int) -> bytes:
    packer = brotli.Compressor(quality=5)
    packed: bytes = packed_zeros(packer, mebibytes, compress="process") + packer.finish()
    return packed


BOMBS: Final[dict[str, Callable[[int], bytes]]] = {
    "gzip": lambda size: packed_zeros(zlib.compressobj(wbits=zlib.MAX_WBITS | 16), size),
    "deflate": lambda size: packed_zeros(zlib.compressobj(), size),
    "br": brotli_zeros,
    "zstd": lambda size: packed_zeros(zstandard.ZstdCompressor().compressobj(), size),
}


@pytest.mark.parametrize("coding", BOMBS)
def test_a_body_that_expands_takes_little_memory(coding: str) -> None:
    bomb = BOMBS[coding](128)
    tracemalloc.start()
    try:
        with pytest.raises(APIConnectionError, match=r"more than 1048576 bytes; pass .* max_body"):
            decoded(httpx, bomb, coding, request())
        assert tracemalloc.get_traced_memory()[1] < 32 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("coding", "pack"), CODINGS)
def test_a_body_of_just_its_bound_is_read(coding: str, pack: Callable[[bytes], bytes]) -> None:
    assert decoded(httpx, pack(TEXT), coding, request(max_body=len(TEXT))) == TEXT
    if coding.strip(" ,") not in ("", "identity"):
        with pytest.raises(APIConnectionError, match="more than"):
            decoded(httpx, pack(TEXT), coding, request(max_body=len(TEXT) - 1))


def test_a_member_may_end_wherever_a_part_does() -> None:
    first = gzip.compress(b"first")
    for zeros in range(LARGE - len(first) - 2, LARGE - len(first) + 3):
        assert decoded(httpx, first + b"\0" * zeros + first, "gzip", request()) == b"first" * 2
