"""The pace of polls: one throttle per origin and credential, shared by all waits of the process.

Like the congestion control of TCP, in the form of DCTCP (RFC 8257): the rate grows quickly until
the provider first refuses; from then on it is judged by windows, cut by the share of the polls that
were refused, and raised by a part of those that were answered. So a refusal now and then costs
little, and an overload is left at once.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ._errors import APIConnectionError, APIStatusError

if TYPE_CHECKING:
    from collections.abc import Hashable

FIRST_RATE: Final = 100.0
"""Polls per second of a throttle that knows nothing yet."""
MIN_RATE: Final = 0.5
"""Polls per second, however often the provider refuses."""
WINDOW: Final = 0.5
"""Seconds for which a rate is tried, at least."""
MIN_POLLS: Final = 10
"""Polls with which it is tried, at least, unless that takes too long."""
LONGEST_WINDOW: Final = 2.0
"""Seconds that are too long."""
GROWTH: Final = 0.03
"""The part of the answered polls by which the rate is raised after each window."""
DOUBT: Final = 0.8
"""What is left, after a window with refusals, of a rate that was known to be possible."""
HEADROOM: Final = 1.25
"""How many times as much as was sent may be allowed: more would let polls stay in bunches."""
SLACK: Final = 0.01
"""Seconds of turns that may be made up for, as timers ring late: what the largest burst holds."""
LONGEST_ABSENCE: Final = 0.25
"""Seconds after which a position at the front of the queue is lost if nobody asks for a turn."""


class Position:
    """A position in the queue of a throttle.

    Args:
        turns: How many turns are taken when it reaches the front.
    """

    __slots__ = ("asks_at", "left", "number", "turns")

    def __init__(self, turns: int = 1) -> None:
        self.turns: Final = turns
        self.left: int = 0
        self.number: int | None = None
        """Its number in the queue; None while it is not in it."""
        self.asks_at: float = -math.inf


class Throttle:
    """Says when the next poll may be sent; threads share one."""

    def __init__(self) -> None:
        self._lock: Lock = Lock()
        self._next = -math.inf
        """When the next poll may be sent."""
        self._queue: deque[tuple[int, Position]] = deque()
        self._joined = 0
        self._waiting = 0
        """Positions in the queue that were not given up."""
        self._since = -math.inf
        """When the first poll of this window was sent, or could be."""
        self._until = -math.inf
        """When the last one was sent."""
        self._answered = 0
        self._refused = 0
        self._threshold = math.inf
        """Polls per second that the provider has answered lately; infinite before it refused."""
        self.rate: float = FIRST_RATE
        """Polls per second that are allowed now."""
        self.paused_until: float = -math.inf
        """The reading of the clock before which the provider asked not to be polled."""
        self.was_heard: bool = False
        """Whether the host has ever answered, or begun to."""

    def reserve(self, now: float, position: Position, *, in_pause: bool = False) -> float:
        """Take a turn: a poll may be sent at once if the answer is `now`.

        Otherwise it is when to ask again, with the same position in the queue.

        Args:
            in_pause: Whether a pause does not count.
        """
        with self._lock:
            first = self._first(now, position)
            earliest = self._next if in_pause else max(self._next, self.paused_until)
            if earliest <= now and first in (None, position):
                self._next = max(earliest, now - SLACK) + 1 / self.rate
                position.left -= 1
                if position.left <= 0:
                    self._leave(position)
                return now
            if position.number is None:
                self._joined += 1
                self._waiting += 1
                # No position waits longer than half a second for the turns of another.
                position.left = max(1, min(position.turns, int(self.rate / 2)))
                position.number = self._joined
                self._queue.append((self._joined, position))
            ahead = min(position.number - self._queue[0][0], self._waiting - 1) / self.rate
            # Positions far behind ask again after half of the time: the queue and the rate may have
            # changed by then.
            position.asks_at = max(earliest, now) + min(ahead, max(ahead / 2, LONGEST_ABSENCE))
            return position.asks_at

    def replace_lock(self) -> None:
        """Let go of a lock that no thread of this process holds any more."""
        self._lock = Lock()

    def leave(self, position: Position) -> None:
        """Give up a position in the queue, if there is one."""
        if position.number is not None:
            with self._lock:
                self._leave(position)

    def _first(self, now: float, asking: Position) -> Position | None:
        queue = self._queue
        while queue:
            number, position = queue[0]
            if position.number == number:
                if position is asking or position.asks_at + LONGEST_ABSENCE >= now:
                    return position
                self._leave(position)
            queue.popleft()
        return None

    def _leave(self, position: Position) -> None:
        # Its entry in the queue is skipped from now on.
        if position.number is not None:
            position.number = None
            self._waiting -= 1

    def learn(self, result: object, began: float, ended: float) -> None:
        """Take in what a poll gave: a 429 or 503, or any other answer.

        Args:
            result: A sighting, or the error.
            began: When the poll was sent.
            ended: When its answer was there.
        """
        refused = isinstance(result, APIStatusError) and result.status_code in (429, 503)
        if isinstance(result, APIConnectionError):
            self.was_heard |= result.has_begun
            return
        self.was_heard = True
        with self._lock:
            if isinstance(result, APIStatusError) and refused and result.retry_after is not None:
                self.paused_until = max(self.paused_until, ended + result.retry_after)
            is_used = self._next > ended - 1 / self.rate
            if not refused and is_used and self.rate < self._threshold / 2:
                # Doubled in less than a second, as long as the answers are many.
                self.rate += min(1.0, self.rate * (HEADROOM - 1))
            if began < self._since:
                return  # sent at another rate
            if self._answered + self._refused == 0:
                self._since = self._until = began
            self._until = max(self._until, began)
            self._answered += not refused
            self._refused += refused
            polls = self._answered + self._refused
            # How long the answers took is no part of the rate.
            seconds = max(self._until - self._since, 1e-3)
            # A rate at which half of the polls are refused is not tried any longer.
            tried = seconds >= WINDOW or 2 * self._refused >= polls
            if (polls >= MIN_POLLS and tried) or seconds >= LONGEST_WINDOW:
                self._judge(self._answered / seconds, polls / seconds, self._refused / (polls + 2))
                self._since, self._answered, self._refused = ended, 0, 0

    def _judge(self, answered: float, sent: float, share: float) -> None:
        """Choose the rate of the next window by how this one went.

        Args:
            answered: Polls per second.
            sent: Polls per second, the refused ones too.
            share: Of the refused ones, taken for smaller where there are few of all.
        """
        # What is allowed, but not used, is not known to be possible.
        self.rate = min(self.rate, max(HEADROOM * sent, FIRST_RATE))
        left = 1 - share * (1 + share) / 2
        has_refused = math.isfinite(self._threshold)
        if answered and (share or has_refused):
            # An outage, in which all is refused, says nothing of what the provider can do.
            known = self._threshold if has_refused else self.rate
            self._threshold = max(answered, known * (DOUBT if share else 1))
        if share or self.rate >= self._threshold / 2:
            self.rate = max(self.rate * left + answered * GROWTH, MIN_RATE)


_throttles: Final[WeakValueDictionary[Hashable, Throttle]] = WeakValueDictionary()
# Those that no client uses at the moment: the next one may come from the same loop of the caller.
_latest: Final[deque[Throttle]] = deque(maxlen=32)
_lock = Lock()


def _replace_locks() -> None:
    """In a process that was forked off: another thread may have held a lock at that moment."""
    global _lock
    _lock = Lock()
    for throttle in list(_throttles.values()):
        throttle.replace_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_replace_locks)


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
