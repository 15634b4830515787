"""A sandbox on a clock that only tests move, and a bare HTTP client to look at its answers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from jobwait.sandbox import Sandbox, run


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by their lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)


@dataclass
class Web:
    """Sends one request per connection, with the sandbox's key unless told otherwise."""

    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Authorization": "Bearer sandbox-key"}
    )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.send("GET", url, headers)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        try:
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
            connection.request(method, target, body, self.headers if headers is None else headers)
            response = connection.getresponse()
            given = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, given, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with run(clock=clock) as running:
        yield running


@pytest.fixture(scope="session")
def web() -> Web:
    return Web()
