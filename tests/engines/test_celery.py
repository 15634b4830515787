"""The recipe for Celery, with a real RabbitMQ, and workers that are killed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from contextlib import closing, suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from docurift_client import Client

from jobwait import Wait

from .programs import Program, Programs, until
from .provider import new_job

APP = "docs.recipes.celery_shop"
_numbers = count()


def start_worker(programs: Programs, env: dict[str, str]) -> Program:
    name = f"worker{next(_numbers)}@localhost"
    quiet = ("--loglevel=INFO", "--without-gossip", "--without-mingle", "-c", "1", "-n", name)
    return programs.python("-m", "celery", "-A", APP, "worker", *quiet, env=env)


def keys(file: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(file, timeout=30)) as database:
        try:
            return [key for (key,) in database.execute(f"SELECT key FROM {table}")]
        except sqlite3.OperationalError:  # nothing has been delivered yet
            return []


def test_no_wait_is_lost_when_workers_are_killed(
    programs: Programs,
    broker: str,
    service: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "shop.db"
    env = service | {"BROKER_URL": broker, "SHOP_DATABASE": str(file)}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    workers = [start_worker(programs, env) for _ in range(2)]
    from docs.recipes.celery_shop import app, waits

    random_ = random.Random(5)
    expected: set[str] = set()
    with Client() as client, app:
        for size in [1] * 50 + [50] * 5:
            end, kind = random_.choice([("completed", "succeeded"), ("failed", "failed")])
            jobs = [new_job(random_.uniform(2, 12), end=end) for _ in range(size)]
            batch = [Wait.start(client.jobs, job, timeout=600) for job in jobs]
            expected |= {f"{wait.key}/{kind}" for wait in batch}
            waits.delay(*batch)

    def has(many: float) -> bool:
        for number, worker in enumerate(workers):
            if not worker.runs:  # one whose first process is killed as it starts gives up
                workers[number] = start_worker(programs, env)
        return len(keys(file, "outcomes")) >= many

    for number in range(6):
        many = len(expected) * (number + 1) / 8
        until(partial(has, many), f"{many:.0f} outcomes are there")
        # Now only the process in which a worker polls, and now the whole worker.
        if number % 3 == 0 and workers[number % 2].runs:
            kill_children(workers[number % 2])
        else:
            workers[number % 2].kill()
            workers[number % 2] = start_worker(programs, env)
    until(partial(has, len(expected)), "all have ended")
    assert sorted(keys(file, "outcomes")) == sorted(expected)
    for worker in workers:
        worker.stop()
    delivered = len(keys(file, "deliveries"))
    print(f"{delivered} deliveries of {len(expected)} outcomes")


def kill_children(program: Program) -> None:
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    until(children.read_text, "the worker has started its processes", program)
    for child in children.read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)
