"""When to poll next."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, Protocol

from ._errors import InvalidArgumentError


class Poll(NamedTuple):
    """What a schedule knows of the poll that just ended."""

    number: int
    """1 for the first poll of the wait."""
    elapsed: float
    """Seconds since the wait began."""
    progress: float | None
    """0.0 to 1.0 as the provider reports it; None where it does not."""


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


def _positive(name: str, value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise InvalidArgumentError(f"{name} is in seconds, finite and above 0, not {value!r}")
    return value
