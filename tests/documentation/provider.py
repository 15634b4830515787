"""Stands in for every provider on the internet, so that programs run as they are printed.

A proxy takes all connections to a server of its own, which speaks TLS with a certificate for each
provider's host, and says of every job that it has succeeded.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final
from urllib.parse import urlsplit

import trustme

from jobwait import Provider, providers

ENDED: Final = "succeeded"


@contextmanager
def everywhere(folder: Path) -> Generator[dict[str, str]]:
    """The environment of a program that is to meet it.

    Args:
        folder: For the certificate.
    """
    answers = {
        str(urlsplit(one.config.base_url).hostname): _job(one) for one in providers().values()
    }
    authority = trustme.CA()
    certificates = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answers))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert(*answers)
    certificate.configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with _proxy(server.server_address[1]) as port:
            yield {
                "HTTPS_PROXY": f"http://127.0.0.1:{port}",
                "SSL_CERT_FILE": str(certificates),
                **{
                    variable: "key-of-a-test"
                    for one in providers().values()
                    for credential in one.config.credentials
                    if (variable := credential.environment_variable) is not None
                },
            }
    finally:
        server.shutdown()
        server.server_close()


def _job(provider: Provider) -> bytes:
    """The example of a succeeded job in a provider's document."""
    method, _, path = provider.waitables[0].operation.partition(" ")
    operation = provider.document["paths"][path][method.lower()]
    extension = operation["x-wait-for-completion"]
    examples = operation["responses"]["200"]["content"]["application/json"]["examples"]
    for example in examples.values():
        word: Any = example["value"]
        for name in extension["status"].split("/")[1:]:
            word = word[name]
        if extension["states"][word] == ENDED:
            return json.dumps(example["value"]).encode()
    raise AssertionError(f"{provider.name} has no example of a job that succeeded")


def _handler(answers: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = answers[self.headers["Host"]]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def _proxy(origin: int) -> Generator[int]:
    """A proxy that connects whoever asks to a port of this machine."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", origin)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(relay(reader, server_writer), relay(server_reader, writer))

    async def main() -> None:
        stopped = asyncio.Event()
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            loop = asyncio.get_running_loop()
            began.put((server.sockets[0].getsockname()[1], loop, stopped))
            await stopped.wait()

    began: SimpleQueue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()
    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    port, loop, stopped = began.get(timeout=10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
