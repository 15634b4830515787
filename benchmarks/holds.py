"""What one process, one file, one triggerer and one RabbitMQ hold.

`python -m benchmarks.holds KIND WAITS [SHORTEST LONGEST]` waits for so many jobs, which take so
many seconds, in processes of their own, and prints what that took. `process` and `blocking` wait in
memory, `file` on a `Checkpoint`, `session` on one over aiohttp; `--kill SECONDS` kills the process
once. `celery` has two workers and one for outcomes, and needs RabbitMQ; `triggerer` is a trigger of
Airflow's, and needs an environment with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from statistics import fmean, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from docurift_client import AsyncClient, Client

from benchmarks import server
from jobwait import Checkpoint, Wait, as_completed, async_as_completed

TIMEOUT: Final = 3600.0
WORKERS: Final = 2
ROOT: Final = Path(__file__).parents[1]


class Sink:
    """A file in which each outcome is a line: when it was told, and the job."""

    def __init__(self, path: str) -> None:
        self._file: Final = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, job_id: str) -> None:
        """Keep an outcome, whatever happens to this process."""
        os.write(self._file, f"{time.time()} {job_id}\n".encode())


def process(url: str, ids: list[str], folder: Path) -> None:
    """Wait in memory."""
    sink = Sink(f"{folder}/sink")

    async def main() -> None:
        async with AsyncClient("key", base_url=url) as client:
            async for outcome in async_as_completed(client.jobs, ids, timeout=TIMEOUT):
                sink.write(outcome.job_id)

    asyncio.run(main())


def blocking(url: str, ids: list[str], folder: Path) -> None:
    """Wait in memory, with a blocking client."""
    sink = Sink(f"{folder}/sink")
    with Client("key", base_url=url) as client:
        for outcome in as_completed(client.jobs, ids, timeout=TIMEOUT):
            sink.write(outcome.job_id)


def file(url: str, ids: list[str], folder: Path) -> None:
    """Wait on a checkpoint."""
    sink = Sink(f"{folder}/sink")
    with Client("key", base_url=url) as client, Checkpoint(folder / "waits.db") as checkpoint:
        for outcome in checkpoint.as_completed(client.jobs, ids, timeout=TIMEOUT):
            sink.write(outcome.job_id)


def session(url: str, ids: list[str], folder: Path) -> None:
    """Wait on a checkpoint, over a session of aiohttp's."""
    import aiohttp

    sink = Sink(f"{folder}/sink")

    async def main() -> None:
        with closing(Checkpoint(folder / "waits.db")) as checkpoint:
            async with (
                aiohttp.ClientSession() as http,
                AsyncClient("key", base_url=url, http_client=http) as client,
            ):
                async for outcome in checkpoint.async_as_completed(
                    client.jobs, ids, timeout=TIMEOUT
                ):
                    sink.write(outcome.job_id)

    asyncio.run(main())


def triggerer(url: str, ids: list[str], folder: Path) -> None:
    """Run one trigger, as a triggerer does; it tells of all at once, so its hook tells of each."""
    module: Any = resolve_name("airflow_provider_jobwait.triggers.jobwait")
    job_outcome: Any = module.job_outcome
    sink = Sink(f"{folder}/sink")

    def told(outcome: Any, fields: Any) -> Any:
        sink.write(outcome.job_id)
        return job_outcome(outcome, fields)

    vars(module)["job_outcome"] = told
    connection = {"conn_type": "jobwait", "password": "key", "host": url}
    os.environ["AIRFLOW_CONN_JOBWAIT_DEFAULT"] = json.dumps(connection)
    trigger: Any = module.WaitForJobsTrigger(
        provider="docurift",
        operation="GET /v1/jobs/{id}",
        conn_id="jobwait_default",
        job_ids=ids,
        started=time.time(),
        timeout=TIMEOUT,
        result=[],
    )

    async def main() -> None:
        async for _ in trigger.run():
            pass

    asyncio.run(main())


CHILDREN: Final = {each.__name__: each for each in (process, blocking, file, session, triggerer)}
"""What runs in a process of its own."""


def in_child(kind: str, url: str, ids: list[str], folder: Path, kill: float | None) -> None:
    """Run a process to its end; it is killed once, and started again, if so wished."""
    (folder / "ids").write_text(json.dumps(ids))
    command = [sys.executable, "-m", "benchmarks.holds", "--child", kind, url, str(folder)]
    if kill is not None:
        with subprocess.Popen(command, cwd=ROOT) as first:
            time.sleep(kill)
            first.kill()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"killed at {kill:g} s, after {used.ru_utime + used.ru_stime:.0f} s CPU", flush=True)
    subprocess.run(command, cwd=ROOT, check=True)


def on_celery(url: str, ids: list[str], folder: Path, kill: float | None) -> None:
    """Let workers wait, behind a RabbitMQ."""
    from tests.engines.programs import Programs
    from tests.engines.rabbitmq import rabbitmq

    programs = Programs(folder)
    try:
        with rabbitmq(programs) as broker:
            env = {"BROKER_URL": broker, "PROVIDER_URL": url, "SINK": f"{folder}/sink"}
            os.environ.update(env)
            from benchmarks.queue import app, waits

            quiet = ("--without-gossip", "--without-mingle", "-c", "1", "--loglevel=WARNING")
            for number, queue in enumerate([*["celery"] * WORKERS, "outcomes"]):
                own = ("-n", f"worker{number}@localhost", "-Q", queue)
                programs.python("-m", "celery", "-A", "benchmarks.queue", "worker", *quiet, *own)
            with Client("key", base_url=url) as client, app:
                waits.delay(*[Wait.start(client.jobs, id, timeout=TIMEOUT) for id in ids])
            while len(told(folder)) < len(ids):
                time.sleep(1)
    finally:
        programs.stop()


def told(folder: Path) -> dict[str, float]:
    """When each job was told of first."""
    sink = folder / "sink"
    lines = sink.read_text().splitlines() if sink.exists() else []
    first: dict[str, float] = {}
    for line in lines:
        at, job_id = line.split()
        first.setdefault(job_id, float(at))
    return first


def measure(options: argparse.Namespace) -> str:
    """Wait for jobs, and say what that took."""
    lengths = random.Random(1)
    with server.running() as url, TemporaryDirectory() as name:
        began = time.time()
        ends: dict[str, float] = {}
        for number in range(options.waits):
            end = began + lengths.uniform(options.shortest, options.longest)
            ends[f"timed-{int(began * 1000)}-{int(end * 1000)}-{number}"] = end
        run = on_celery if options.kind == "celery" else partial(in_child, options.kind)
        run(url, [*ends], Path(name), options.kill)
        seen = told(Path(name))
        polls = server.window(url).polls
        used = resource.getrusage(resource.RUSAGE_CHILDREN)  # before the provider's own is added
    lags = [seen[id] - end for id, end in ends.items()]
    last = max(seen.values()) - began
    return (
        f"{options.kind}, {options.waits:,} waits of {options.shortest:g} to {options.longest:g} s:"
        f" ended at {last:.1f} s, lag {fmean(lags):.2f} s (95 %: {quantiles(lags, n=20)[-1]:.2f}),"
        f" {polls:,} polls ({polls / last:,.0f}/s),"
        f" {used.ru_maxrss / 1024:.0f} MiB in the largest process,"
        f" {used.ru_utime + used.ru_stime:.0f} s CPU"
    )


def main() -> None:
    """Measure, or be what is measured."""
    if sys.argv[1:2] == ["--child"]:
        kind, url, folder = sys.argv[2:]
        CHILDREN[kind](url, json.loads(Path(folder, "ids").read_text()), Path(folder))
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = used.ru_utime + used.ru_stime
        print(f"this process: {used.ru_maxrss / 1024:.0f} MiB, {cpu:.1f} s CPU")
        return
    parser = argparse.ArgumentParser("python -m benchmarks.holds", allow_abbrev=False)
    parser.add_argument("kind", choices=[*CHILDREN, "celery"])
    parser.add_argument("waits", type=int)
    parser.add_argument("shortest", type=float, nargs="?", default=30.0)
    parser.add_argument("longest", type=float, nargs="?", default=90.0)
    parser.add_argument("--kill", type=float, metavar="SECONDS")
    print(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
