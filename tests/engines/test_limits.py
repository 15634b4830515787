"""The recipe for a quota that many processes share, with a real Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .programs import Program, Programs, free_port, listens, needs, until

RATE = 20


@pytest.fixture
def redis(programs: Programs, tmp_path: Path) -> Iterator[str]:
    """The URL of a server."""
    server, port = needs("redis-server", "redis-server"), free_port()
    address = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path))
    program = programs.start(server, *address)
    until(lambda: listens(port), "Redis listens", program)
    yield f"redis://127.0.0.1:{port}/0"
    program.stop()


def test_processes_together_keep_to_the_quota(
    programs: Programs, redis: str, service: dict[str, str]
) -> None:
    quota = {"REDIS_URL": redis, "DOCURIFT_REQUESTS_PER_SECOND": str(RATE)}
    began = time.time()
    users = [
        programs.python("-m", "tests.engines.quota_user", "40", env=service | quota)
        for _ in range(3)
    ]
    for user in users:
        assert "40 succeeded" in programs.finish(user)
    times = [at for at in polls(programs) if at >= began]
    assert len(times) >= 3 * 40
    # A burst of one second's worth, and what was on its way longer on a machine that is busy.
    assert len(times) <= RATE * (max(times) - min(times) + 4)


def polls(programs: Programs) -> list[float]:
    [provider] = (program for program in programs.started if is_provider(program))
    return [float(line) for line in provider.output.splitlines()]


def is_provider(program: Program) -> bool:
    return "tests.engines.provider" in program.command
