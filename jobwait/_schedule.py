"""When to poll next."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

from ._errors import InvalidArgumentError

SHORTEST: Final = 1.0
"""Seconds: no prediction is good enough to poll more often."""
ENOUGH: Final = 20
"""Past jobs before their durations count."""
NEIGHBOURS: Final = 4
"""Each duration stands for all as far around it as this many others lie."""
EVEN: Final = 0.5
"""The share of polls that past durations have no say in, should the next jobs be different."""


class Poll(NamedTuple):
    """What a schedule knows of the poll that just ended."""

    number: int
    """1 for the first poll of the wait."""
    elapsed: float
    """Seconds since the wait began."""
    progress: float | None
    """0.0 to 1.0 as the provider reports it; None where it does not."""
    previous: float | None = None
    """`progress` of the last good poll before; None for the first."""


class Schedule(Protocol):
    """Decides how long to wait between two polls of a job."""

    def delay(self, poll: Poll, /) -> float:
        """Seconds from the end of `poll` to the start of the next one; jitter is added to it."""
        ...


class Fixed:
    """Polls every `interval` seconds."""

    __slots__ = ("interval",)

    def __init__(self, interval: float) -> None:
        self.interval: Final[float] = _positive("interval", interval)

    def __repr__(self) -> str:
        return f"Fixed({self.interval})"

    def delay(self, poll: Poll, /) -> float:
        """The interval, whatever was seen."""
        return self.interval


class Exponential:
    """Polls after `initial` seconds, then after delays `multiplier` times longer each."""

    __slots__ = ("initial", "maximum", "multiplier")

    def __init__(self, initial: float, multiplier: float, maximum: float) -> None:
        self.initial: Final[float] = _positive("initial", initial)
        self.multiplier: Final[float] = _positive("multiplier", multiplier)
        self.maximum: Final[float] = _positive("maximum", maximum)
        if multiplier < 1 or maximum < initial:
            raise InvalidArgumentError(
                "a schedule does not shrink: give multiplier >= 1 and maximum >= initial"
            )

    def __repr__(self) -> str:
        return f"Exponential({self.initial}, {self.multiplier}, {self.maximum})"

    def delay(self, poll: Poll, /) -> float:
        """`initial * multiplier ** (number - 1)`, at most `maximum`."""
        if self.multiplier == 1:
            return self.initial
        # Past this exponent the maximum rules, and the power could overflow.
        ceiling = math.log(self.maximum / self.initial, self.multiplier)
        growth: float = self.multiplier ** min(poll.number - 1, ceiling)
        return min(self.initial * growth, self.maximum)


class Durations:
    """How long the latest 100 jobs took, which tells when the next ones are likely to end."""

    __slots__ = ("_clock", "_jobs", "_news")

    def __init__(self) -> None:
        self._jobs: Final[deque[tuple[float, float]]] = deque(maxlen=100)
        self._clock: tuple[Sequence[float], Sequence[float]] | None = None
        self._news = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __repr__(self) -> str:
        return f"<Durations of {len(self)} jobs>"

    def record(self, running: float, ended: float) -> None:
        """Remember a job that has ended, however it did.

        Args:
            running: Seconds from the wait's start to the last poll that saw the job running.
            ended: Seconds to the poll that saw its end, which was some time between the two.
        """
        if not 0 <= running <= ended < math.inf:
            told = f"running at {running!r} s, ended at {ended!r} s"
            raise InvalidArgumentError(f"a job cannot be {told}: give seconds since its wait began")
        self._jobs.append((running, ended))
        self._news += 1

    def delay(self, elapsed: float, interval: float) -> float | None:
        """Seconds to the next poll, for as many as every `interval`; None if too few jobs ended."""
        if self._clock is None or self._news > len(self) // 10:
            jobs = self._jobs.copy()  # at once: another thread may record
            if len(jobs) < ENOUGH:
                return None
            self._news = 0
            self._clock = _clock(sorted(jobs, key=sum))
        times, readings = self._clock
        if elapsed >= times[-1]:
            return interval
        due = _interpolate(times, readings, elapsed) + interval
        return max(_interpolate(readings, times, due) - elapsed, min(SHORTEST, interval))


class Adaptive:
    """Polls when the end of the job is likely, as far as anything is known of it.

    Where the provider reports progress, after 0.7 of the time that the rest of the job takes at its
    speed so far: at least 1 s, at most 5 s or half of the time so far; while it does not move, at
    least a tenth of the time so far, at most 5 s. Where `durations` knows 20 jobs, as many times as
    every `interval` seconds, but most when jobs tend to end. Else every `interval` seconds.
    """

    __slots__ = ("durations", "interval")

    def __init__(self, interval: float, durations: Durations | None = None) -> None:
        self.interval: Final[float] = _positive("interval", interval)
        self.durations: Final[Durations | None] = durations

    def __repr__(self) -> str:
        past = "" if self.durations is None else f", {self.durations!r}"
        return f"Adaptive({self.interval}{past})"

    def delay(self, poll: Poll, /) -> float:
        """Seconds as the progress tells, or past durations, or the interval."""
        if poll.progress is not None and poll.progress > 0:
            return _aim(poll.elapsed, poll.progress, poll.previous)
        if self.durations is not None:
            delay = self.durations.delay(poll.elapsed, self.interval)
            if delay is not None:
                return delay
        return self.interval


def _aim(elapsed: float, progress: float, previous: float | None) -> float:
    # A wait that began late in the job's life takes the job for faster than it is: it polls too
    # early, but less so with each poll.
    delay = max(0.7 * elapsed * (1 - progress) / progress, SHORTEST)
    if previous is not None and progress <= previous:
        # Else a job that stays at 99 % for minutes would be polled every second of them.
        return min(max(delay, elapsed / 10), 5.0)
    return min(delay, max(5.0, elapsed / 2))


def _clock(jobs: Sequence[tuple[float, float]]) -> tuple[Sequence[float], Sequence[float]]:
    """Times, and the readings at them of a clock by which to poll at even intervals.

    It goes fast when jobs tend to end, as polls cost least at a density proportional to the root of
    the hazard (J. B. Keller, "Optimum Checking Schedules for Systems Subject to Random Failure",
    Management Science, 1974). When a job ends it shows, on average, the job's duration: that makes
    as many polls as any other clock. `jobs` are in the order of their durations.
    """
    middles = [(running + ended) / 2 for running, ended in jobs]
    changes: defaultdict[float, float] = defaultdict(float, {0.0: 0.0})  # of the density of ends
    for index, ((running, ended), middle) in enumerate(zip(jobs, middles, strict=True)):
        lefts = range(max(0, index - NEIGHBOURS), min(index, len(jobs) - 1 - NEIGHBOURS) + 1)
        reach = min(max(middle - middles[i], middles[i + NEIGHBOURS] - middle) for i in lefts)
        half = max(reach, (ended - running) / 2, SHORTEST / 2)
        start, end = max(0.0, middle - half), middle + half
        changes[start] += 1 / (end - start) / len(jobs)
        changes[end] -= 1 / (end - start) / len(jobs)
    times = sorted(changes)
    alive, density, root, roots = 1.0, 0.0, 0.0, [0.0]
    mean = mean_root = 0.0
    for start, end in pairwise(times):
        density += changes[start]
        left, step = alive, 0.0
        if density * (end - start) > 1e-12:  # rounding leaves some density in a gap between jobs
            left = max(0.0, alive - density * (end - start))
            # The integral of the root of the hazard, which is density / alive.
            step = 2 * (math.sqrt(alive) - math.sqrt(left)) / math.sqrt(density)
        mean += (alive - left) * (start + end) / 2
        mean_root += (alive - left) * (root + step / 2)
        alive, root = left, root + step
        roots.append(root)
    scale = (1 - EVEN) * mean / mean_root
    return times, [EVEN * time + scale * root for time, root in zip(times, roots, strict=True)]


def _interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    right = bisect_right(xs, x)
    if right == len(xs):  # past the last job, the clock goes like any other
        return ys[-1] + (x - xs[-1])
    left = right - 1
    return ys[left] + (ys[right] - ys[left]) * ((x - xs[left]) / (xs[right] - xs[left]))


def _positive(name: str, value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise InvalidArgumentError(f"{name} is in seconds, finite and above 0, not {value!r}")
    return value
