"""Real servers for the adapters, one of each for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from .programs import Programs, free_port, listens, until
from .rabbitmq import rabbitmq


def pytest_configure() -> None:
    # So that fixtures end what they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    programs = Programs(tmp_path_factory.mktemp("engines"))
    try:
        yield programs
    finally:
        programs.stop()


@pytest.fixture(scope="session")
def provider(programs: Programs) -> str:
    """The base URL of a provider."""
    port = free_port()
    program = programs.python("-m", "tests.engines.provider", str(port))
    until(lambda: listens(port), "the provider listens", program)
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def service(provider: str) -> dict[str, str]:
    """The environment of what uses the provider."""
    return {"DOCURIFT_URL": provider, "DOCURIFT_API_KEY": "key-of-a-test"}


@pytest.fixture(scope="session")
def broker(programs: Programs) -> Iterator[str]:
    """The URL of a RabbitMQ."""
    with rabbitmq(programs) as url:
        yield url
