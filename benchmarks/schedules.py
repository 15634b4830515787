"""Polls per job and lag, which is how long after its end a job is noticed, in virtual time."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from statistics import NormalDist, fmean
from typing import Final, NamedTuple, TypeAlias

from benchmarks.table import Row
from jobwait._schedule import ENOUGH, Adaptive, Durations, Exponential, Fixed, Poll, Schedule
from jobwait._waiter import JITTER

JOBS: Final = 4000
INTERVAL: Final = 5.0
GRID: Final = 1200
"""Times at which the optimum may poll."""

Law: TypeAlias = Callable[[float], float]
"""The duration that a share of the jobs stays below."""
Report: TypeAlias = Callable[[float], float | None]
"""The progress that a provider reports when a share of the job is done."""


class Score(NamedTuple):
    """Means over the jobs of a law."""

    polls: float
    lag: float
    """Seconds."""


def _lognormal(share: float) -> float:
    """Median 30 s, 95 of 100 below 180 s."""
    normal = NormalDist()
    return 30 * math.exp(math.log(180 / 30) / normal.inv_cdf(0.95) * normal.inv_cdf(share))


def _uniform(share: float) -> float:
    """1 to 120 s."""
    return 1 + 119 * share


def _exponential(share: float) -> float:
    """Mean 40 s."""
    return -40 * math.log(1 - share)


def _narrow(share: float) -> float:
    """20 % around 30 s."""
    return 24 + 12 * share


def _two_humps(share: float) -> float:
    """Half of them 20 % around 10 s, half 20 % around 60 s."""
    return 8 + 8 * share if share < 0.5 else 48 + 48 * (share - 0.5)


WIDE: Final[dict[str, Law]] = {"lognormal": _lognormal, "uniform": _uniform}
LAWS: Final = WIDE | {"narrow": _narrow}

# What others do where a provider tells nothing of when to come back, as found in what they publish.
PEERS: Final[dict[str, Schedule]] = {
    # The example in DocuRift's documentation.
    "DocuRift's example": Exponential(1, 1.5, 10),
    # botocore 1.44.5: `Waiter.wait` sleeps for `delay` in botocore/waiter.py. (delay, maxAttempts)
    # is (15, 40) for 213 of the 649 in botocore/data/*/*/waiters-2.json, more than any other. That
    # ends after 10 minutes, which is left out: 3 in 1,000 of the lognormal jobs take longer.
    "botocore": Fixed(15),
    # azure-core 1.41.0: `timeout: float = 30` of `_SansIOLROBasePolling`, "in absence of
    # Retry-After", in azure/core/polling/base_polling.py.
    "azure-core": Fixed(30),
    # openai 3.54.0: `poll_interval_ms = 1000` in absence of the header openai-poll-after-ms, in
    # openai/resources/videos.py, openai/lib/_assistants_runs.py and openai/lib/_vector_stores.py.
    "openai": Fixed(1),
}


def rows() -> Iterator[Row]:
    """Compare ours with a fixed interval, the optimum for a known law, and the rules of peers."""
    yield from _progress()
    yield from _past_jobs()
    yield from _no_information()
    yield from _peers()


def _progress() -> Iterator[Row]:
    ours = Adaptive(INTERVAL)
    for name, law in LAWS.items():
        seen = score(ours, law, exact)
        fixed = score(Fixed(INTERVAL), law)
        yield Row(f"{name}, exact progress: lag / fixed 5 s", "s", seen.lag, fixed.lag, bound=0.25)
        yield Row(
            f"{name}, exact progress: polls / fixed 5 s",
            "polls/job",
            seen.polls,
            fixed.polls,
            # The narrow law does not keep it: five polls pass in the 24 s until the first of its
            # jobs can end, as delays are short while a job is young.
            bound=0.75,
        )
    for name, law in LAWS.items():
        seen = score(ours, law, _in_steps)
        yield _at_equal_polls(f"{name}, progress in 10 steps", seen, law, bound=0.6)
    for percent in (50, 99):
        for name, law in LAWS.items():
            seen = score(ours, law, _stuck_at(percent / 100))
            fixed = score(Fixed(INTERVAL), law)
            what = f"{name}, {percent} % in half of the time, then stuck"
            yield Row(f"{what}: polls / fixed 5 s", "polls/job", seen.polls, fixed.polls)
            yield _at_equal_polls(what, seen, law)


def _past_jobs() -> Iterator[Row]:
    for name, law, bound in (
        ("narrow", _narrow, 0.6),
        ("two humps", _two_humps, None),
        ("lognormal", _lognormal, None),
        ("uniform", _uniform, None),
        ("exponential", _exponential, None),
    ):
        for past in (ENOUGH, 100):
            yield _at_equal_polls(
                f"{name}, {past} past jobs",
                informed(law, law, past),
                law,
                bound=bound if past == ENOUGH else None,
            )
    yield _at_equal_polls(
        "lognormal, 20 past jobs that were narrow",
        informed(_narrow, _lognormal, ENOUGH),
        _lognormal,
    )
    yield _at_equal_polls(
        "narrow, 20 past jobs that were lognormal",
        informed(_lognormal, _narrow, ENOUGH),
        _narrow,
    )


def _no_information() -> Iterator[Row]:
    for name, law in WIDE.items():
        seen = score(Adaptive(INTERVAL), law)
        yield Row(
            f"{name}, no information: lag / optimum for a known law at equal polls",
            "s",
            seen.lag,
            _least_lag(law, seen.polls),
            bound=1.15,
        )


def _peers() -> Iterator[Row]:
    for peer, schedule in PEERS.items():
        for name, law in LAWS.items():
            theirs = score(schedule, law, jitter=0)
            blind = score(Adaptive(INTERVAL), law)
            yield Row(
                f"{name}, no information: polls / {peer}", "polls/job", blind.polls, theirs.polls
            )
            yield Row(f"{name}, no information: lag / {peer}", "s", blind.lag, theirs.lag)


def _at_equal_polls(what: str, ours: Score, law: Law, bound: float | None = None) -> Row:
    fixed = _lag_of_fixed(law, ours.polls)
    return Row(f"{what}: lag / fixed at equal polls", "s", ours.lag, fixed, bound)


def exact(share: float) -> float | None:
    """A provider that reports progress as it is."""
    return share


def _in_steps(share: float) -> float | None:
    return math.floor(10 * share) / 10


def _stuck_at(progress: float) -> Report:
    return lambda share: min(2 * share * progress, progress)


def _silent(share: float) -> float | None:
    return None


def _sample(law: Law, jobs: int = JOBS) -> list[float]:
    # Evenly spaced shares instead of random ones: their means are the law's own.
    return [law((number + 0.5) / jobs) for number in range(jobs)]


def score(
    schedule: Schedule, law: Law, report: Report = _silent, *, jitter: float = JITTER
) -> Score:
    """What a schedule comes to over the jobs of a law."""
    random = Random(1)
    return _mean([_wait(schedule, duration, report, random, jitter) for duration in _sample(law)])


class Wait(NamedTuple):
    """What a wait came to."""

    polls: int
    running: float
    """Seconds to the last poll that saw the job running."""
    ended: float
    lag: float


def _wait(
    schedule: Schedule, duration: float, report: Report, random: Random, jitter: float
) -> Wait:
    now = running = 0.0
    polls = 1
    previous: float | None = None
    while now < duration:
        progress, speed = report(now / duration), None
        if progress is not None and previous is not None:
            speed = (progress - previous) / (now - running)
        running, previous = now, progress
        now += schedule.delay(Poll(polls, now, progress, speed)) * (1 + jitter * random.random())
        polls += 1
    return Wait(polls, running, now, now - duration)


def informed(past: Law, law: Law, jobs: int) -> Score:
    """The mean over 20 clients, each of which has waited for other jobs before."""
    random = Random(2)
    waits: list[Wait] = []
    for _ in range(20):
        durations = Durations()
        schedule = Adaptive(INTERVAL, durations)
        for _ in range(jobs):
            seen = _wait(schedule, past(random.random()), _silent, random, JITTER)
            durations.record(seen.running, seen.ended)
        sample = _sample(law, JOBS // 20)
        waits += [_wait(schedule, duration, _silent, random, JITTER) for duration in sample]
    return _mean(waits)


def _lag_of_fixed(law: Law, polls: float) -> float:
    """The lag of the fixed interval that makes as many polls."""
    # A poll at the start, and half a poll more than the duration has intervals.
    guess = fmean(_sample(law)) / (polls - 1.5)
    low, high = guess / 1.5, guess * 1.5
    for _ in range(10):
        middle = (low + high) / 2
        more = score(Fixed(middle), law).polls > polls
        low, high = (middle, high) if more else (low, middle)
    return score(Fixed(high), law).lag


def _least_lag(law: Law, polls: float) -> float:
    """The lag of the best poll times for a known law, at this number of polls or a mixture of two.

    Minimising lag + price * polls for any price gives a bound on the lag, and the highest of these
    bounds is sharp.
    """
    durations = _sample(law)
    # Closer where the job is young: a long tail needs no close grid.
    times = [durations[-1] * (number / GRID) ** 2 for number in range(GRID + 1)]
    ended = [bisect_right(durations, time) / len(durations) for time in times]
    waited = [0.0]
    """The integral of `ended`: seconds that a job has been over for, on average."""
    for (earlier, later), (before, after) in zip(pairwise(times), pairwise(ended), strict=True):
        waited.append(waited[-1] + (before + after) / 2 * (later - earlier))

    def bound(logarithm: float) -> float:
        price = math.exp(logarithm)
        costs = [0.0] * (GRID + 1)
        latest = GRID
        for here in range(GRID - 1, -1, -1):
            # The best next poll is never later than that of a later poll.
            cost, latest = min(
                (
                    waited[there]
                    - waited[here]
                    - ended[here] * (times[there] - times[here])
                    + costs[there],
                    there,
                )
                for there in range(here + 1, latest + 1)
            )
            costs[here] = cost + price * (1 - ended[here])
        # The poll at the start is the same for all.
        return costs[0] - price * (polls - 1)

    low, high = math.log(0.01), math.log(10)
    for _ in range(20):
        third = (high - low) / 3
        if bound(low + third) < bound(high - third):
            low += third
        else:
            high -= third
    return bound((low + high) / 2)


def _mean(waits: Sequence[Wait]) -> Score:
    return Score(fmean(wait.polls for wait in waits), fmean(wait.lag for wait in waits))
