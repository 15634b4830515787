"""A server on a real socket that answers, or fails to, exactly as a test says."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias

Answer: TypeAlias = Callable[[socket.socket, threading.Event], None]
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""`verify` of clients that are passed and meet no TLS: all certificates take 20 ms to read."""
JOB: Final = {"data": {"id": "job_1", "status": "completed", "result": "done"}}


def response(body: bytes | None = None, *, status: str = "200 OK", headers: str = "") -> bytes:
    content = json.dumps(JOB).encode() if body is None else body
    return (
        f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(content)}\r\n\r\n".encode() + content
    )


def whole(data: bytes | None = None) -> Answer:
    return lambda connection, _: connection.sendall(response() if data is None else data)


def last(data: bytes) -> Answer:
    """Send this, and end the connection properly."""

    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    return answer


def tunnel(port: int) -> Answer:
    """Be the proxy that connects to this port, whatever it was asked for."""

    def answer(connection: socket.socket, _: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port)) as origin:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _relay(connection, origin)

    return answer


def _relay(connection: socket.socket, origin: socket.socket) -> None:
    other = {connection: origin, origin: connection}
    while True:
        for ready in select.select([connection, origin], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                connection.shutdown(socket.SHUT_RDWR)
                return
            other[ready].sendall(data)


class Socks:
    """A SOCKS5 proxy, RFC 1928, that connects to this port, whatever it was asked for.

    Args:
        user: Name and password that it wants, RFC 1929.
        code: What it answers to the request to connect.
    """

    def __init__(
        self, port: int, *, user: tuple[bytes, bytes] | None = None, code: int = 0
    ) -> None:
        self.asked: list[bytes] = []
        """The host of each request."""
        self._port = port
        self._user = user
        self._code = code

    def __call__(self, connection: socket.socket, _: threading.Event) -> None:
        wants_user = self._user is not None
        connection.sendall(bytes([5, 2 if wants_user else 0]))
        if self._user is not None:
            name, password = self._user
            expected = bytes([1, len(name)]) + name + bytes([len(password)]) + password
            is_known = connection.recv(1024) == expected
            connection.sendall(bytes([1, not is_known]))
            if not is_known:
                return
        request = connection.recv(1024)
        self.asked.append(request[5 : 5 + request[4]] if request[3] == 3 else request[4:8])
        with socket.create_connection(("127.0.0.1", self._port)) as origin:
            connection.sendall(bytes([5, self._code, 0, 1, 127, 0, 0, 1, 0, 0]))
            if not self._code:
                _relay(connection, origin)


def truncated(connection: socket.socket, _: threading.Event) -> None:
    """Send half of what was announced, and hang up."""
    connection.sendall(response()[:-10])
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket, _: threading.Event) -> None:
    """Break the connection without a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def silent(_: socket.socket, stopped: threading.Event) -> None:
    """Never answer."""
    stopped.wait()


def drip(at_once: bytes) -> Answer:
    """Send this, then a byte every now and then, for longer than any test waits."""

    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(at_once)
        for _ in range(500):
            if stopped.wait(0.02):
                return
            connection.sendall(b"x")
        # What has not given up by now never would.
        connection.shutdown(socket.SHUT_RDWR)

    return answer


class Wire:
    """Accepts connections and gives each request the next answer, the last one for ever."""

    def __init__(
        self,
        *answers: Answer,
        tls: ssl.SSLContext | None = None,
        after: bytes = b"\r\n\r\n",
        host: str = "127.0.0.1",
    ) -> None:
        self._after = after
        """What ends a request."""
        self._answers = list(answers)
        self._tls = tls
        self._stopped = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self._connections: list[socket.socket] = []
        self.connections = 0
        self.requests: list[bytes] = []
        self.asked = threading.Event()
        """Set once there was a request."""
        self.closed_by_client = threading.Semaphore(0)
        """Released for each connection that its client closes between requests."""
        host = "localhost" if tls else host
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: Any) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            # To close it would leave the thread that accepts waiting, and the port open, for ever.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection from this side."""
        while self._connections:
            connection = self._connections.pop()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._connections.append(connection)
                if self._stopped.is_set():  # while this was accepting
                    self.hang_up()
                    return
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            while not self._stopped.is_set():
                request = b""
                while self._after not in request:
                    part = connection.recv(65536)
                    if not part:
                        self.closed_by_client.release()
                        return
                    request += part
                self.requests.append(request)
                self.asked.set()
                answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
                answer(connection, self._stopped)
