"""When to poll next."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Final, NamedTuple, Protocol

from ._errors import InvalidArgumentError

SHORTEST: Final = 1.0
"""Seconds: no prediction is good enough to poll more often."""
STEADY: Final = 0.1
"""How much two predictions may differ, as a part of them, for the job's speed to be steady."""
NEAR: Final = 10.0
"""Seconds before the end of a steady job in which a poll aims at the end itself: jitter makes it a
second late at most, and an earlier poll would need another one."""
ENOUGH: Final = 20
"""Past jobs before their durations count."""
EARLY: Final = 0.05
"""The share of past jobs that ended before polls become dense."""
INSURANCE: Final = 0.25
"""The share of polls that past durations have no say in, should the next jobs be different."""


class Poll(NamedTuple):
    """What a schedule knows of the poll that just ended."""

    number: int
    """1 for the first poll of the wait."""
    elapsed: float
    """Seconds since the wait began."""
    progress: float | None
    """0.0 to 1.0 as the provider reports it; None where it does not."""
    speed: float | None = None
    """Progress per second since the last good poll before; None where one of the two told none."""


class Schedule(Protocol):
    """Decides how long to wait between two polls of a job."""

    def delay(self, poll: Poll, /) -> float:
        """Seconds from the end of `poll` to the start of the next one; jitter is added to it."""
        ...


class Fixed:
    """Polls every `interval` seconds.

        client.jobs.wait_for_completion("job_abc123", schedule=jobwait.Fixed(2))

    Jitter makes each delay up to a tenth longer.
    """

    __slots__ = ("interval",)

    def __init__(self, interval: float) -> None:
        self.interval: Final[float] = _positive("interval", interval)

    def __repr__(self) -> str:
        return f"Fixed({self.interval})"

    def delay(self, poll: Poll, /) -> float:
        """The interval, whatever was seen."""
        return self.interval


class Exponential:
    """Polls after `initial` seconds, then after delays `multiplier` times longer each.

        client.jobs.wait_for_completion("job_abc123", schedule=jobwait.Exponential(1, 1.5, 10))

    No delay is longer than `maximum` seconds, jitter aside.
    """

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

    __slots__ = ("_bounds", "_jobs", "_unread")

    def __init__(self) -> None:
        self._jobs: Final[deque[tuple[float, float]]] = deque(maxlen=100)
        self._bounds: tuple[float, float, float] | None = None
        """Seconds until few, the mean and the last of the jobs ended."""
        self._unread = 0

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
            raise InvalidArgumentError(
                f"a job cannot be running at {running!r} s and have ended at {ended!r} s: give "
                "seconds since its wait began"
            )
        self._jobs.append((running, ended))
        self._unread += 1

    def delay(self, elapsed: float, interval: float) -> float | None:
        """Seconds to the next poll, for as many as every `interval`; None if too few jobs ended.

        A quarter of the polls are spread evenly; the others come once few jobs are known to have
        ended as early.
        """
        if self._bounds is None or self._unread > len(self) // 10:
            jobs = self._jobs.copy()  # at once: another thread may record
            if len(jobs) < ENOUGH:
                return None
            self._unread = 0
            earliest = sorted(running for running, _ in jobs)
            self._bounds = (
                earliest[int(len(jobs) * EARLY)],
                sum(running + ended for running, ended in jobs) / 2 / len(jobs),
                max(ended for _, ended in jobs),
            )
        first, mean, last = self._bounds
        if elapsed >= last or not mean:  # a mean below what floats can tell apart
            return interval
        if elapsed < first:
            delay = min(interval / INSURANCE, first - elapsed)
        else:
            # As many polls are left for the time from then on as were saved before.
            delay = interval * (mean - first) / (mean - first * INSURANCE)
        return max(delay, min(SHORTEST, interval))


class Adaptive:
    """Polls when the end of the job is likely, as far as anything is known of it.

    Where the provider reports progress, after a part of the time that the rest of the job takes: at
    least 1 s, at most 5 s or half of the time so far. The part is 0.9, or all of the last 10 s, if
    the latest speed, which counts then, and that of the whole wait agree to 10 %; else 0.7 by the
    higher of the two. While progress does not move, at least a tenth of the time so far, at most
    5 s. Where `durations` knows 20 jobs, as many times as every `interval` seconds, but most of
    them once jobs tend to end. Else every `interval` seconds.
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
            return _aim(poll.elapsed, poll.progress, poll.speed)
        if self.durations is not None:
            delay = self.durations.delay(poll.elapsed, self.interval)
            if delay is not None:
                return delay
        return self.interval


def _aim(elapsed: float, progress: float, speed: float | None) -> float:
    # A wait that began late in the job's life takes the job for faster than it is: it polls too
    # early, but less so with each poll.
    rest, part = elapsed * (1 - progress) / progress, 0.7
    if speed is not None and speed <= 0:
        # Else a job that stays at 99 % for minutes would be polled every second of them.
        return min(max(part * rest, SHORTEST, elapsed / 10), 5.0)
    if speed is not None:
        latest = (1 - progress) / speed
        if abs(latest - rest) <= STEADY * rest:
            part, rest = 1.0 if latest <= NEAR else 0.9, latest
        else:
            rest = min(rest, latest)
    return min(max(part * rest, SHORTEST), max(5.0, elapsed / 2))


def _positive(name: str, value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (is_number and value > 0 and math.isfinite(value)):
        raise InvalidArgumentError(f"{name} is in seconds, finite and above 0, not {value!r}")
    return float(value)
