"""Answers that no well-behaved server gives, written past the HTTP layer where need be."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final, Literal

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ._document import Playbook
from ._jobs import Moment, PlayedJob
from ._payload import Json, get, replace, with_id
from ._types import Fault

UNKNOWN_WORD: Final = "reticulating"


@dataclass(frozen=True, slots=True)
class Connection:
    """The TCP connection that a request came in on."""

    number: int
    transport: asyncio.Transport


def connection(scope: Scope) -> Connection:
    """Return the connection that the server put into the scope."""
    result: Connection = scope["state"]["connection"]
    return result


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An ASGI answer of bytes that go to the socket as they are, with a pause after each chunk."""

    status_code: int | None
    chunks: Iterable[bytes] = ()
    interval: float = 0.0
    ending: Literal["close", "reset", "never"] = "close"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = connection(scope).transport
        gone = asyncio.ensure_future(_gone(receive))
        for chunk in self.chunks:
            transport.write(chunk)
            # The client leaving, or the sandbox stopping, ends the pause.
            await asyncio.wait({gone}, timeout=self.interval)
            if gone.done():
                break
        if self.ending == "reset":
            # With a linger time of zero, closing sends RST in place of FIN.
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            transport.abort()
        elif self.ending == "close":
            transport.close()
        # uvicorn would send a 500 for an application that ends before its connection does.
        await gone


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def documented(playbook: Playbook, status: int, body: Json) -> Response:
    """Return a response with the headers of the document's example."""
    return JSONResponse(body, status, playbook.answer(status).headers)


def page(status: int, headers: dict[str, str]) -> Response:
    """Return the HTML page of a proxy that stands before a provider."""
    try:
        title = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        title = f"{status} Unknown Error"
    return HTMLResponse(
        f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1></body>\n</html>\n",
        status,
        headers,
    )


def faulty(fault: Fault, played: PlayedJob, moment: Moment, now: datetime) -> Response | RawAnswer:
    """Return the answer that a fault makes of what is true at this moment."""
    playbook = played.playbook
    truth = documented(playbook, 200, moment.body)
    content = bytes(truth.body)
    retry = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    match fault.kind:
        case "black_hole":
            return RawAnswer(None, ending="never")
        case "reset":
            return RawAnswer(None, ending="reset")
        case "drip_headers":
            return RawAnswer(200, _bytes(_head(truth) + content), fault.interval)
        case "drip_body":
            return RawAnswer(200, [_head(truth), *_bytes(content)], fault.interval)
        case "truncated_body":
            return RawAnswer(200, [_head(truth) + content[: len(content) // 2]])
        case "truncated_json":
            return Response(content[: len(content) // 2], 200, media_type="application/json")
        case "html":
            return page(200, {})
        case "server_error":
            return page(fault.status, retry)
        case "status_520":
            return page(520, retry)
        case "not_found":
            body = playbook.answer(404).body
            return documented(playbook, 404, with_id(body, playbook.example_id, played.job.id))
        case "rate_limit" | "rate_limit_date":
            seconds = 1 if fault.retry_after is None else fault.retry_after
            limited = documented(playbook, 429, playbook.answer(429).body)
            limited.headers["retry-after"] = str(seconds)
            if fault.kind == "rate_limit_date":
                # HTTP dates have whole seconds: rounded up, the client never waits too short.
                date = now + timedelta(seconds=seconds, microseconds=999_999)
                limited.headers["retry-after"] = format_datetime(date, usegmt=True)
            return limited
        case "unknown_status":
            return JSONResponse(replace(moment.body, playbook.status, UNKNOWN_WORD))
        case "unknown_field":
            job = get(moment.body, playbook.job)
            extended: Json = {
                **(job if isinstance(job, dict) else {}),
                "sandbox_field": {"new": [1]},
            }
            return JSONResponse(replace(moment.body, playbook.job, extended))
        case "null_field":
            return JSONResponse(_with_null(playbook, moment.body))


def _with_null(playbook: Playbook, body: Json) -> Json:
    job = get(body, playbook.job)
    fields = job if isinstance(job, dict) else {}
    nulled = (replace(body, playbook.job, {**fields, name: None}) for name in fields)
    # A job without a status word is another fault than one field that is null.
    others = (other for other in nulled if get(other, playbook.status) is not None)
    return next((other for other in others if playbook.problem(other) is not None), body)


def _head(response: Response) -> bytes:
    lines = [b"HTTP/1.1 200 OK", *(b": ".join(pair) for pair in response.raw_headers)]
    return b"\r\n".join([*lines, b"connection: close", b"", b""])


def _bytes(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]
