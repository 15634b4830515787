"""Waiting for many jobs from one process, each polled once a second: `python -m benchmarks.scale`.

Each side runs in a fresh process, against a server in another one, and one after the other. What
polls are late is what the server sees: the time from an answer to the next poll of the same job,
beyond the interval of one second that all sides are told to keep.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import plots, regeneration, server
from benchmarks.table import HEADING, LEGEND, Row
from benchmarks.waiters import SIDES, Figures

OURS: Final = "ours"
SESSION: Final = "ours over an aiohttp session"
PEER: Final = "bare aiohttp"
STOCK: Final = "stock client, task per job"
TASKS: Final = "bare aiohttp, task per job"
FEW: Final = 100
MANY: Final = 1_000
MOST: Final = 10_000
ROUNDS: Final = 3
"""In which ours and the peer take turns, where there are bounds; all else is measured once."""
TRACED: Final = (400, 2_400)
"""Jobs in the two runs whose difference is the memory of a job, without what is there for all."""
MEMORY: Final = 341.0
"""Bytes that a waiting job may take, its id left out."""
OTHERS: Final = {
    OURS: (FEW, 3_000),
    PEER: (FEW, 3_000),
    "ours, blocking": (MANY, MOST),
    "bare pyreqwest": (MANY, MOST),
    TASKS: (MOST,),
}
"""What the table has beside the runs with bounds."""
PLOT: Final = "scale"
LONGEST_RUN: Final = 120.0
"""Seconds."""
EXPLANATION: Final = """\
A poll is late where it comes more than a second after the last answer; memory is what the process
grew by. Lost are jobs not told of exactly once after all were completed (- where that would take
minutes), and failed are requests. No side has jitter, and all but the tasks keep to 100 requests at
a time.
"""


class Scale:
    """The measurements: first the rows with bounds, then the table with all the rest."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, int], list[Figures]] = {}

    def rows(self) -> Iterator[Row]:
        """Measure what has bounds; a row comes as soon as its figures are there."""
        self._take_turns(MANY)
        with _stock_client() as directory:
            for jobs in (FEW, MANY):
                self._run(STOCK, jobs, directory)
        ours, peer, stock = (self._figures(side, MANY) for side in (OURS, PEER, STOCK))
        yield Row(
            f"{MANY:,} waiting jobs / the stock client, a task each",
            *("polls/s", ours.polls, stock.polls),
            more_is_better=True,
        )
        yield Row(
            "  the same / bare aiohttp, a heap of due times",
            *("polls/s", ours.polls, peer.polls, 0.9),
            more_is_better=True,
        )
        yield Row(
            "  how late they are, 99th percentile / the same",
            *("ms", ours.latest, peer.latest, 2.0),
        )
        yield from self._over_session(MANY, 1.4)
        self._take_turns(MOST)
        ours, peer = (self._figures(side, MOST) for side in (OURS, PEER))
        yield Row(
            f"{MOST:,} waiting jobs: lost or told twice, and failed requests / jobs",
            *("", ours.lost + ours.errors, MOST, 0.0),
        )
        yield Row(
            "  each poll / bare aiohttp, a heap of due times",
            *("µs CPU", ours.cpu, peer.cpu, 6.0),
        )
        yield from self._over_session(MOST, 1.7)
        memory = _memory(OURS)
        yield Row(
            "memory of a waiting job, beyond its id / what it may be",
            *("bytes", memory, MEMORY, 1.0),
        )
        yield Row("  the same / bare aiohttp, a heap of due times", "bytes", memory, _memory(PEER))
        yield Row("  the same / bare aiohttp, a task each", "bytes", memory, _memory(TASKS))

    def _over_session(self, jobs: int, bound: float) -> Iterator[Row]:
        for _ in range(ROUNDS):
            self._run(SESSION, jobs)
        ours, peer = (self._figures(side, jobs) for side in (SESSION, PEER))
        yield Row(
            f"  each poll over an aiohttp session, {jobs:,} jobs / bare aiohttp",
            *("µs CPU", ours.cpu, peer.cpu, bound),
        )

    def table(self) -> Iterator[str]:
        """Measure the rest, save the plot, and yield the lines of the table and what they mean."""
        for side, sizes in OTHERS.items():
            for jobs in sizes:
                self._run(side, jobs)
        yield (
            f"{'waiting jobs, side':<36} {'polls/s':>8} {'late, median':>13} {'99th pct.':>10} "
            f"{'CPU/poll':>9} {'memory':>9} {'lost':>5} {'failed':>6}"
        )
        for jobs in sorted({jobs for _, jobs in self._runs}):
            for side in SIDES:
                if (side, jobs) in self._runs:
                    yield _line(jobs, side, self._figures(side, jobs))
        self._plot()
        yield f"\n{EXPLANATION}Plotted in {plots.PICTURES}"

    def _take_turns(self, jobs: int) -> None:
        for number in range(ROUNDS):
            for side in (OURS, PEER) if number % 2 else (PEER, OURS):
                self._run(side, jobs)

    def _run(self, side: str, jobs: int, directory: str = "") -> None:
        self._runs.setdefault((side, jobs), []).append(_wait(side, jobs, directory=directory))

    def _figures(self, side: str, jobs: int) -> Figures:
        runs = self._runs[side, jobs]
        middle = Figures(*map(median, zip(*runs, strict=True)))
        # What may never happen does not become rare by a median.
        return middle._replace(
            lost=sum(run.lost for run in runs), errors=sum(run.errors for run in runs)
        )

    def _plot(self) -> None:
        panels: dict[str, Callable[[Figures], float]] = {
            "polls per second": lambda figures: figures.polls,
            "ms that a poll is late, 99th percentile": lambda figures: figures.latest,
            "MiB that the process grew by": lambda figures: figures.memory / 2**20,
        }

        def draw(figure: Any) -> None:
            every: Any = figure.subplots(1, len(panels))
            for axes, (title, value) in zip(every, panels.items(), strict=True):
                for side in SIDES:
                    sizes = sorted(jobs for name, jobs in self._runs if name == side)
                    values = [value(self._figures(side, jobs)) for jobs in sizes]
                    axes.plot(sizes, values, marker="o", label=side)
                axes.set(title=title, xlabel="waiting jobs", xscale="log", yscale="log")
                axes.grid(alpha=0.4)
            handles = every[0].get_legend_handles_labels()
            figure.legend(*handles, loc="outside lower center", ncols=4)

        plots.save(PLOT, (15, 5), draw)


def _wait(side: str, jobs: int, *options: str, directory: str = "") -> Figures:
    """Let a process of its own wait on one side; it can import what is in the directory."""
    with server.running() as url:
        command = [sys.executable, "-m", "benchmarks.waiters", side, str(jobs), url, *options]
        path = os.pathsep.join(filter(None, (directory, os.environ.get("PYTHONPATH"))))
        done = subprocess.run(
            command,
            env=os.environ | {"PYTHONPATH": path},
            cwd=regeneration.ROOT,
            stdout=subprocess.PIPE,
            timeout=LONGEST_RUN,
            check=True,
        )
    return Figures(*json.loads(done.stdout))


def _memory(side: str) -> float:
    """Bytes of one waiting job."""
    with ThreadPoolExecutor() as both:
        runs = [both.submit(_wait, side, jobs, "--traced") for jobs in TRACED]
        few, many = (run.result().memory for run in runs)
    return (many - few) / (TRACED[1] - TRACED[0])


@contextmanager
def _stock_client() -> Generator[str]:
    """The folder of the package that openapi-python-client makes of the document."""
    with tempfile.TemporaryDirectory() as directory:
        spec = regeneration.ROOT / "specs" / "docurift.yaml"
        command = regeneration.stock(spec, Path(directory, "stock_client"), "--meta=none")
        # It calls ruff by its name.
        path = os.pathsep.join((str(regeneration.SCRIPTS), os.environ["PATH"]))
        subprocess.run(
            command, env=os.environ | {"PATH": path}, stdout=subprocess.DEVNULL, check=True
        )
        yield directory


def _line(jobs: int, side: str, figures: Figures) -> str:
    return (
        f"{jobs:>6,} {side:<29} {_figure(figures.polls):>8} {_figure(figures.median, 1):>10} ms "
        f"{_figure(figures.latest):>7} ms {_figure(figures.cpu):>6} µs "
        f"{_figure(figures.memory / 2**20, 1):>5} MiB {_figure(figures.lost):>5} "
        f"{_figure(figures.errors):>6}"
    )


def _figure(value: float, digits: int = 0) -> str:
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def main() -> None:
    """Measure this part alone."""
    scale = Scale()
    print(HEADING, flush=True)
    for row in scale.rows():
        print(row, flush=True)
    print(f"\n{LEGEND}", flush=True)
    for line in scale.table():
        print(line)


if __name__ == "__main__":
    main()
