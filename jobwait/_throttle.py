"""The pace of polls: one throttle per origin and credential, shared by all waits of the process.

Like the congestion control of TCP: the rate grows quickly until the provider first says that it is
too much, is cut then, and grows by the same amount every second from there. It counts in requests per second and has no
clock of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from ._errors import APIConnectionError, APIStatusError

if TYPE_CHECKING:
    from collections.abc import Hashable

FIRST_RATE: Final = 100.0
"""Polls per second of a throttle that knows nothing yet: a hundred waits begin within a second."""
MIN_RATE: Final = 0.1
"""Polls per second, however often the provider refuses."""
CUT: Final = 0.7
"""What is left of a rate that was refused: CUBIC's figure, in RFC 9438."""
RECOVERY: Final = 5.0
"""Seconds of polling until it has grown back."""
MIN_GROWTH: Final = 2.0
"""Polls per second by which even the lowest rate grows in one second."""
SLACK: Final = 0.02
"""Seconds of turns that may be made up for, as timers ring late: what the largest burst holds."""
LONGEST_GAP: Final = 5.0
"""Seconds between two polls, beyond which they say nothing of the rate."""


class Throttle:
    """Says when the next poll may be sent; threads share one."""

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._next = -math.inf
        self._last: float | None = None
        self._gap = 1 / FIRST_RATE
        """Seconds between two polls, a moving average."""
        self._refused_at = -math.inf
        self._growth: float | None = None
        """Polls per second by which the rate grows in one; None before the first refusal."""
        self.rate: float = FIRST_RATE
        """Polls per second that are allowed now."""
        self.paused_until: float = -math.inf
        """The reading of the clock before which the provider asked not to be polled."""

    def reserve(self, now: float, turn: float | None = None) -> float:
        """When a poll may be sent: at once if that is not after `now`.

        Args:
            now: A reading of the clock.
            turn: For those who come back: what the last call returned. It still holds, unless the
                provider has asked to wait since then.
        """
        with self._lock:
            if turn is not None and self.paused_until <= turn:
                return turn
            turn = max(now - SLACK, self._next, self.paused_until)
            self._next = turn + 1 / self.rate
            if self._last is not None:
                self._gap += (min(turn - self._last, LONGEST_GAP) - self._gap) / 30
            self._last = turn
            return turn

    def learn(self, result: object, began: float, ended: float) -> None:
        """Take in what a poll gave: a 429 or 503 slows down, any other answer speeds up.

        Args:
            result: A sighting, or the error.
            began: When the poll was sent.
            ended: When its answer was there.
        """
        if isinstance(result, APIStatusError) and result.status_code in (429, 503):
            with self._lock:
                if result.retry_after is not None:
                    self.paused_until = max(self.paused_until, ended + result.retry_after)
                # What was sent before the last refusal was known says nothing new.
                if began >= self._refused_at:
                    self._refused_at = ended
                    refused = min(self.rate, 1 / max(self._gap, 1e-6))
                    self.rate = max(refused * CUT, MIN_RATE)
                    self._growth = max(refused * (1 - CUT) / RECOVERY, MIN_GROWTH)
        elif not isinstance(result, APIConnectionError):
            with self._lock:
                # Every answer's share of what one second adds; at first that doubles the rate in
                # less than a second.
                self.rate += 1.0 if self._growth is None else self._growth / self.rate


_throttles: Final[WeakValueDictionary[Hashable, Throttle]] = WeakValueDictionary()
_lock: Final = Lock()


def throttle_for(clock: Callable[[], float], origin: str, credential: Any) -> Throttle:
    """The throttle of an origin and a credential: the same one for as long as anybody uses it.

    Args:
        clock: Where its times are read: readings of two clocks cannot be compared.
        origin: Scheme, host and port.
        credential: The headers that prove who is calling.
    """
    with _lock:
        return _throttles.setdefault((clock, origin, credential), Throttle())
