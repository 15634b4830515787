"""The HTTP server in its thread."""

from __future__ import annotations

import asyncio
import errno
import itertools
import logging
import re
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ._app import build
from ._guard import Token, is_loopback
from ._jobs import Store
from ._sandbox import Sandbox
from ._types import SandboxError
from ._wire import Connection

if TYPE_CHECKING:
    from jobwait import Provider

_logger: Final = logging.getLogger("jobwait.sandbox")
# Without a handler of its own, warnings would reach the console through the handler of last resort.
_logger.addHandler(logging.NullHandler())
_numbers: Final = itertools.count(1)


class _Protocol(H11Protocol):
    """uvicorn's protocol, giving the application its transport, and silent on the console."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _logger
        self.access_log = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        # uvicorn copies this into the state of every request's scope.
        self.app_state = {"connection": Connection(next(_numbers), transport)}


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A graceful shutdown would wait for ever for a black hole to answer.
        for protocol in list(self.server_state.connections):
            if isinstance(protocol, _Protocol):
                protocol.transport.abort()
        await super().shutdown(sockets)


@contextmanager
def serve(
    host: str,
    port: int,
    api_key: str,
    clock: Callable[[], float],
    providers: Mapping[str, Provider],
) -> Generator[Sandbox, None, None]:
    """Run the server in a thread for as long as the context is open."""
    if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", api_key):
        raise SandboxError("the API key is ASCII text without a space at either end, and not empty")
    with _listen(host, port) as listener:
        address: tuple[str, int] = listener.getsockname()[:2]
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        store = Store(f"http://{shown}:{address[1]}", providers, clock)
        # Not a string: local variables are shown with a traceback.
        token = Token()
        server = _Server(
            uvicorn.Config(
                build(store, api_key, token),
                http=_Protocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                proxy_headers=False,
                # Above the delay between two polls, so that a client's connection can outlive it.
                timeout_keep_alive=120,
                # For a request that comes in while the others are being cut.
                timeout_graceful_shutdown=1,
            )
        )
        # The listener takes connections from here on: nothing has to wait for the thread.
        thread = threading.Thread(
            target=server.run,
            kwargs={"sockets": [listener]},
            name="jobwait-sandbox",
            daemon=True,
        )
        thread.start()
        try:
            yield Sandbox(store, api_key, token)
        finally:
            server.should_exit = True
            thread.join()


def _listen(host: str, port: int) -> socket.socket:
    if not is_loopback(host):
        raise SandboxError(f"the sandbox listens on a loopback address only, not on {host!r}")
    if not 0 <= port <= 65_535:
        raise SandboxError(f"a port is a number from 0 to 65535, not {port}")
    # What the name means is for the hosts file to say; what is listened on is not.
    address = "127.0.0.1" if host.lower() == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SandboxError(f"port {port} on {host} is in use") from error
        raise SandboxError(f"cannot listen on {host} port {port}: {error}") from error
