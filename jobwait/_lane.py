"""The polls of one origin and credential, in the order in which they are due."""

from __future__ import annotations

import asyncio
import math
from heapq import heapify, heappop, heappush
from typing import Any, Final, NamedTuple, TypeAlias

from ._operation import JobOperation
from ._requests import AsyncCalls
from ._schedule import Durations
from ._throttle import Position
from ._waiter import Waiter, WaitState

QUIET: Final = 60.0
"""Seconds after a warning in which others of the same provider are mere information."""
TURNS: Final = 50
"""Polls that are sent in a row while others wait for the same throttle."""


class Group(NamedTuple):
    """The jobs of one operation and one client."""

    operation: JobOperation[Any, Any, Any, Any]
    calls: AsyncCalls
    waiter: Waiter[Any]
    durations: Durations
    lane: Lane


Entry: TypeAlias = tuple[float, int, Group, WaitState[Any]]
"""When a job's next poll is due, the job's number, its group and its state.

There are as many as there are jobs, so an entry is a plain tuple and shares all that it can.
"""


class Lane:
    """The polls of one origin and credential, in the order in which they are due."""

    def __init__(self, calls: AsyncCalls) -> None:
        self.clock: Final = calls.clock
        self.throttle: Final = calls.throttle
        self.heap: list[Entry] = []
        self.in_flight: dict[int, Entry] = {}
        self.first_deadline = math.inf
        """No wait has an earlier one."""
        self.unseen = 0
        """Jobs without a poll so far."""
        self.workers = 0
        self.idle: list[asyncio.Future[None]] = []
        """Set to wake a worker that has nothing to do."""
        self.alarm: asyncio.TimerHandle | None = None
        self.alarm_at = math.inf
        self.sweep: asyncio.TimerHandle | None = None
        self._position = Position(TURNS)
        self._quiet_until = -math.inf
        self._turn = -math.inf
        """When to ask the throttle again."""
        self._held_until = -math.inf
        """When to ask the limiter again."""
        self.is_closed = False
        """Whether nothing more is to be sent."""

    def take(self, now: float) -> Entry | None:
        """The poll to send now, if there is one."""
        if self.next_at() > now:
            return None
        self._turn = self.throttle.reserve(now, self._position, in_pause=self._ignores_pause())
        if self._turn > now:
            return None
        entry = heappop(self.heap)
        if not self.heap or self.heap[0][0] > now:
            self.leave()
        return entry

    def put_back(self, entry: Entry, delay: float) -> None:
        """Keep a poll, and all others, for the seconds that the limiter asks for."""
        _, number, group, state = entry
        self.unseen += state.polls == 0
        self._turn = self._held_until = self.clock() + delay
        heappush(self.heap, (self._turn, number, group, state))

    def ask_again(self) -> None:
        """Ask the throttle for a turn anew: a first poll need not wait for the end of a pause."""
        self._turn = -math.inf

    def may_warn(self, now: float) -> bool:
        """Whether a failure may be a warning: the first one in a minute."""
        is_quiet = now < self._quiet_until
        if not is_quiet:
            self._quiet_until = now + QUIET
        return not is_quiet

    def next_at(self) -> float:
        """When there may be a poll to send."""
        return max(self.heap[0][0], self._turn) if self.heap and not self.is_closed else math.inf

    def is_held_up(self, now: float) -> bool:
        """Whether polls are late, or the limiter makes them so: deadlines may pass meanwhile."""
        return bool(self.heap) and (self.heap[0][0] <= now or self._held_until > now)

    @property
    def is_due(self) -> bool:
        """Whether a poll is due that no pause holds back."""
        now = self.clock()
        due = bool(self.heap) and not self.is_closed and self.heap[0][0] <= now
        return due and (self.throttle.paused_until <= now or self._ignores_pause())

    def remove_over(self, now: float, paused_until: float) -> list[Entry]:
        """Take out the waits that cannot be polled before their deadlines, and return them."""
        over, kept = list[Entry](), list[Entry]()
        for entry in self.heap:
            _, _, group, state = entry
            (over if group.waiter.is_over(state, now, paused_until) else kept).append(entry)
        if over:
            self.heap = kept
            heapify(kept)
        self.first_deadline = min(
            (state.started + state.timeout for *_, state in (*kept, *self.in_flight.values())),
            default=math.inf,
        )
        return over

    def leave(self) -> None:
        """Give up the position in the throttle's queue."""
        self.throttle.leave(self._position)

    def _ignores_pause(self) -> bool:
        _, _, group, state = self.heap[0]
        return group.waiter.ignores_pause(state, self.throttle.paused_until)
