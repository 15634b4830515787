"""Waits on Celery, with a real RabbitMQ, and workers that are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from itertools import count
from pathlib import Path

from docurift_client import Client

from jobwait import Wait

from .celery_app import make
from .programs import Program, Programs, until
from .provider import new_job

_numbers = count()


def start_worker(programs: Programs, env: dict[str, str]) -> Program:
    name = f"worker{next(_numbers)}@localhost"
    quiet = ("--loglevel=INFO", "--without-gossip", "--without-mingle", "-c", "1", "-n", name)
    return programs.python(
        "-m", "celery", "-A", "tests.engines.celery_app", "worker", *quiet, env=env
    )


def outcomes(file: Path) -> Counter[str]:
    """How often each key was delivered."""
    return Counter(json.loads(line)[0] for line in file.read_text().splitlines())


def test_no_wait_is_lost_when_workers_are_killed(
    programs: Programs, broker: str, provider: str, tmp_path: Path
) -> None:
    file = tmp_path / "outcomes"
    file.touch()
    env = {"BROKER": broker, "PROVIDER": provider, "OUTCOMES": str(file), "DOCURIFT_API_KEY": "key"}
    workers = [start_worker(programs, env) for _ in range(2)]
    app, waits = make(broker, provider, file)
    random_ = random.Random(5)
    expected: set[str] = set()
    with Client("key-of-a-test") as client, app:
        for size in [1] * 50 + [50] * 5:
            end, kind = random_.choice([("completed", "succeeded"), ("failed", "failed")])
            jobs = [new_job(random_.uniform(2, 15), end=end) for _ in range(size)]
            batch = [Wait.start(client.jobs, job, timeout=60) for job in jobs]
            expected |= {f"{wait.key}/{kind}" for wait in batch}
            waits.delay(*batch)
    until(lambda: outcomes(file), "the first outcome is there")
    for number in range(6):
        time.sleep(1)
        # Now only the process in which a worker polls, and now the whole worker.
        if number % 3 == 0:
            kill_children(workers[number % 2])
        else:
            workers[number % 2].kill()
            workers[number % 2] = start_worker(programs, env)
    until(lambda: set(outcomes(file)) >= expected, f"all have ended\n{workers[0].output}")
    assert set(outcomes(file)) == expected
    for worker in workers:
        worker.stop()


def kill_children(program: Program) -> None:
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    until(children.read_text, "the worker has started its processes")
    for child in children.read_text().split():
        os.kill(int(child), signal.SIGKILL)
