"""A tiny HTTP server in a process of its own, so that what it costs is small, and not measured.

The DocuRift job `after-N` completes with every Nth poll, and is processing at the others; the
bodies are the examples of the document. `/connections` tells how many connections there were before
the one that asks.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final
from urllib.request import urlopen

PATH: Final = "/v1/jobs/after-"


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
    with urlopen(f"{url}/connections") as response:
        return int(response.read())


class _Server:
    def __init__(self, examples: dict[str, Any]) -> None:
        self.connections = 0
        self._polls: Counter[str] = Counter()
        self._processing = _response(examples["processing"]["value"])
        self._completed = _response(examples["completed"]["value"])

    def answer(self, target: str) -> bytes:
        if not target.startswith(PATH):
            return _response(self.connections - 1)
        self._polls[target] += 1
        last = self._polls[target] % int(target.removeprefix(PATH)) == 0
        return self._completed if last else self._processing


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
        lambda: _Connection(state), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
