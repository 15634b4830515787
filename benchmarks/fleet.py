"""What a provider's rate limit makes of many waits, in virtual time: `python -m benchmarks.fleet`.

Jobs come and end all the time, so that there are always about as many waits. Their polls, timed by
the rules of a real wait, are sent as they fall due, but never more in a second than the provider
allows: what is due meanwhile waits in line, the earliest first, as in the throttle. Only ratios
matter, so a million waits are played by as many as make some ten thousand polls.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from statistics import fmean
from typing import Any, Final, NamedTuple

from docurift_client import Client

from jobwait._responses import Sighting
from jobwait._schedule import Durations, Schedule
from jobwait._unset import UNSET
from jobwait._waiter import Again, Waiter

WAITS: Final = 1_000_000
RATES: Final = (100, 1_000, 10_000, 100_000)
"""Polls per second that a provider allows."""
LENGTHS: Final = {"1 min": 60.0, "10 min": 600.0, "1 h": 3600.0, "6 h": 21600.0}
"""Seconds that the jobs take on average; each takes from half to one and a half of it."""
LATENCY: Final = 0.1
"""Seconds from a poll to its answer."""
RUNNING: Final = Sighting(None, "processing", "running")
"""What a poll sees of a job that has not ended."""
POLLS: Final = 5_000.0
"""How many a simulation makes while one generation of jobs runs, at most."""
FEWEST: Final = 40
"""Waits at a time in a simulation."""


class Load(NamedTuple):
    """What is asked of a provider."""

    waits: float
    """At a time."""
    length: float
    """Seconds that a job takes on average."""
    rate: float
    """Polls per second that are allowed."""

    @property
    def is_possible(self) -> bool:
        """Whether there is time for the two polls without which no wait ends."""
        return self.rate * self.length >= 2 * self.waits

    def scaled(self) -> Load:
        """The same load in small: as many polls for each wait."""
        waits = POLLS / max(self.rate * self.length / self.waits, POLLS / self.waits)
        waits = min(self.waits, max(waits, FEWEST))
        return Load(waits, self.length, self.rate * waits / self.waits)


class Score(NamedTuple):
    """What came of a load."""

    lag: float
    """Seconds from a job's end until it is known, on average."""
    rate: float
    """Polls per second that were sent."""


def simulate(load: Load, schedule: Schedule | None = None) -> Score:
    """Play a load until what it comes to changes no more, and then for one generation of its jobs.

    Args:
        load: A possible one, with as many waits as are to be played.
        schedule: That of a wait by itself, if not given.
    """
    random, durations = Random(1), Durations()
    waiter = _waiter(schedule, random, durations)
    # Three generations: the first is no measure yet, and the last keeps the second company.
    starts = [number * load.length / load.waits for number in range(round(3 * load.waits))]
    ends = [start + load.length * (0.5 + random.random()) for start in starts]
    counted = range(round(1.25 * load.waits), round(2.25 * load.waits))
    since, until = starts[counted.start], starts[counted.stop]
    due = [(at, number, waiter.start(number, at, None)) for number, at in enumerate(starts)]
    lags: dict[int, float] = {}
    polls, turn = 0, 0.0
    while len(lags) < len(counted):
        at, number, state = heappop(due)
        began = max(at, turn)
        turn = began + 1 / load.rate
        polls += since <= began < until
        answered = began + LATENCY
        if began < ends[number]:
            step = waiter.step(state, RUNNING, began, answered)
            assert isinstance(step, Again)
            heappush(due, (step.at, number, step.state))
            continue
        if state.seen is not None:
            durations.record(state.seen - state.started, began - state.started)
        if number in counted:
            lags[number] = answered - ends[number]
    return Score(fmean(lags.values()), polls / (until - since))


def _waiter(schedule: Schedule | None, random: Random, durations: Durations) -> Waiter[Any]:
    with Client("key") as client:
        operation = client.jobs.operation
    return Waiter(
        operation.provider,
        operation.polling,
        errors=operation.errors,
        schedule=schedule,
        not_found_grace=UNSET,
        random=random.random,
        durations=durations,
    )


def tables() -> str:
    """The lag of a million waits, and how many waits come to a lag of a tenth."""
    million = _table(
        f"the lag of {WAITS:,} waits, in seconds", lambda length, rate: Load(WAITS, length, rate)
    )
    # By the law that a wait among many is polled every `waits / rate` seconds.
    tenth = _table(
        "waits at a time that come to a lag of a tenth of the length (its share, played)",
        lambda length, rate: Load(rate * length / 5, length, rate),
        lambda load, score: f"{load.waits:,.0f} ({score.lag / load.length:.2f})",
    )
    return f"{million}\n\n{tenth}"


def _table(
    title: str,
    load: Callable[[float, float], Load],
    cell: Callable[[Load, Score], str] = lambda load, score: f"{score.lag:,.1f}",
) -> str:
    lines = [title, f"{'polls/s allowed':>15}" + "".join(f"{name:>22}" for name in LENGTHS)]
    for rate in RATES:
        loads = [load(length, rate) for length in LENGTHS.values()]
        cells = [cell(each, simulate(each.scaled())) if each.is_possible else "-" for each in loads]
        lines.append(f"{rate:>15,}" + "".join(f"{text:>22}" for text in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    print(tables())
