"""The pace of polls: one throttle per origin and credential, shared by all waits of the process.

Like the congestion control of TCP: the rate grows quickly until the provider first says that it is
too much, is cut then, and grows by the same amount every second from there.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ._errors import APIConnectionError, APIStatusError

if TYPE_CHECKING:
    from collections.abc import Hashable

FIRST_RATE: Final = 500.0
"""Polls per second of a throttle that knows nothing yet: a thousand waits begin within a second."""
MIN_RATE: Final = 0.1
"""Polls per second, however often the provider refuses."""
CUT: Final = 0.7
"""What is left of a rate that was refused: CUBIC's figure, in RFC 9438."""
RECOVERY: Final = 10.0
"""Seconds of polling until a high rate has grown back."""
MIN_GROWTH: Final = 0.5
"""Polls per second by which a low rate grows in one second."""
MAX_GROWTH: Final = 0.1
"""The part of the rate that one answer may add: the lowest limits are approached even slower."""
SLACK: Final = 0.02
"""Seconds of turns that may be made up for, as timers ring late: what the largest burst holds."""
LONGEST_GAP: Final = 5.0
"""Seconds between two polls, beyond which they say nothing of the rate."""
LONGEST_QUEUE: Final = 0.25
"""Seconds for which those who wait stand in line; the others come back after that."""


class Throttle:
    """Says when the next poll may be sent; threads share one."""

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._next = -math.inf
        """When the next poll may be sent."""
        self._queue_end = -math.inf
        """When the last of those who wait were told to ask again."""
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

    def reserve(self, now: float) -> float:
        """Take a turn: a poll may be sent at once if the answer is `now`.

        Else it is when to ask again, and nothing is taken: whoever does not come back holds up
        nobody.
        """
        with self._lock:
            earliest = max(self._next, self.paused_until)
            if earliest <= now:
                self._next = max(earliest, now - SLACK) + 1 / self.rate
                if self._last is not None:
                    self._gap += (min(now - self._last, LONGEST_GAP) - self._gap) / 30
                self._last = now
                return now
            # Those who wait come one after the other, at the rate of now.
            turn = max(earliest, self._queue_end)
            if turn > earliest + LONGEST_QUEUE:
                return earliest + LONGEST_QUEUE
            self._queue_end = turn + 1 / self.rate
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
                if began > self._refused_at:
                    self._refused_at = ended
                    refused = min(self.rate, 1 / max(self._gap, 1e-6))
                    self.rate = max(refused * CUT, MIN_RATE)
                    self._growth = max(refused * (1 - CUT) / RECOVERY, MIN_GROWTH)
        elif not isinstance(result, APIConnectionError):
            with self._lock:
                # An answer adds its share of a second's growth; before the first refusal, the rate
                # doubles in less than a second.
                added = 1.0 if self._growth is None else self._growth / self.rate
                self.rate += min(added, self.rate * MAX_GROWTH)


_throttles: Final[WeakValueDictionary[Hashable, Throttle]] = WeakValueDictionary()
# Those that no client uses at the moment: the next one may come from the same loop of the caller.
_latest: Final[deque[Throttle]] = deque(maxlen=32)
_lock: Final = Lock()


def throttle_for(clock: Callable[[], float], origin: Hashable, credential: Hashable) -> Throttle:
    """The throttle of an origin and a credential: the same one for all who use it.

    Args:
        clock: Where its times are read: readings of two clocks cannot be compared.
        origin: Scheme, host and port.
        credential: What proves who is calling.
    """
    with _lock:
        throttle = _throttles.setdefault((clock, origin, credential), Throttle())
        if throttle in _latest:
            _latest.remove(throttle)
        _latest.append(throttle)
        return throttle
