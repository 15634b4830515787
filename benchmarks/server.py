"""A tiny HTTP server in a process of its own, so that what it costs is small, and not measured.

The DocuRift job `after-N` completes with every Nth poll, and is processing at the others; the job
`timed-A-B-N` is processing from A on and completed from B on, in milliseconds since the epoch, with
its progress in between; every other job is processing until `/finish` was asked, and completed
then. The bodies are the examples of the document. `/connections` tells how many connections there
were before the one that asks, and `/window` about the polls since it was asked last.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from array import array
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic, time
from typing import Any, Final, NamedTuple
from urllib.request import urlopen

PATH: Final = "/v1/jobs/after-"
TIMED: Final = "/v1/jobs/timed-"


class Window(NamedTuple):
    """What a server saw between two questions."""

    seconds: float
    polls: int
    jobs: int
    """How many different ones were ever asked for."""
    gaps: list[float]
    """From an answer to the next poll of the same job: 101 percentiles in seconds, least first."""


@contextmanager
def running() -> Generator[str]:
    """A server as long as the block lasts; the value is its base URL."""
    with subprocess.Popen(
        [sys.executable, "-I", __file__], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def connections(url: str) -> int:
    """How many connections the server at `url` has accepted, this question's own left out."""
    count: int = _ask(f"{url}/connections")
    return count


def window(url: str) -> Window:
    """What the server at `url` saw since the last time, or since its start."""
    return Window(*_ask(f"{url}/window"))


def finish(url: str) -> None:
    """Let every job at `url` be completed when it is polled next."""
    _ask(f"{url}/finish")


def _ask(url: str) -> Any:
    with urlopen(url) as response:
        return json.load(response)


class _Server:
    def __init__(self, examples: dict[str, Any]) -> None:
        self.connections = 0
        self._polls: Counter[str] = Counter()
        self._answered: dict[str, float] = {}
        self._gaps = array("d")
        self._waited = 0
        self._asked = monotonic()
        self._processing = _response(examples["processing"]["value"])
        self._completed = _response(examples["completed"]["value"])
        self._waiting = self._processing
        self._running = examples["processing"]["value"]

    def answer(self, target: str) -> bytes:
        if target.startswith(PATH):
            self._polls[target] += 1
            last = self._polls[target] % int(target.removeprefix(PATH)) == 0
            return self._completed if last else self._processing
        if target.startswith(TIMED):
            self._waited += 1
            began, ends, _ = map(int, target.removeprefix(TIMED).split("-"))
            done = (time() * 1000 - began) / (ends - began)
            return self._completed if done >= 1 else self._at(done)
        if target.startswith("/v1/jobs/"):
            now = monotonic()
            answered = self._answered.get(target)
            if answered is not None:
                self._gaps.append(now - answered)
            self._answered[target] = now
            self._waited += 1
            return self._waiting
        if target == "/window":
            return _response(self._window())
        if target == "/finish":
            self._waiting = self._completed
        return _response(self.connections - 1)

    def _at(self, done: float) -> bytes:
        return _response(self._running | {"data": self._running["data"] | {"progress": 100 * done}})

    def _window(self) -> Window:
        now = monotonic()
        ordered = sorted(self._gaps)
        gaps = [ordered[(len(ordered) - 1) * part // 100] for part in range(101) if ordered]
        seen = Window(now - self._asked, self._waited, len(self._answered), gaps)
        self._asked, self._waited = now, 0
        del self._gaps[:]
        return seen


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._received = b""
        server.connections += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode("ascii")
            self._transport.write(self._server.answer(target))


def _response(value: Any) -> bytes:
    # The headers that uvicorn, for one, sends.
    body = json.dumps(value).encode()
    return (
        b"HTTP/1.1 200 OK\r\n"
        b"date: Sat, 27 Jan 2024 10:30:45 GMT\r\n"
        b"server: benchmark\r\n"
        b"content-length: %d\r\n"
        b"content-type: application/json\r\n\r\n%b" % (len(body), body)
    )


async def _serve() -> None:
    from docurift_client import PROVIDER

    operation = PROVIDER.document["paths"]["/v1/jobs/{id}"]["get"]
    content = operation["responses"]["200"]["content"]["application/json"]
    state = _Server(content["examples"])
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(state), "127.0.0.1", 0, backlog=1000
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
