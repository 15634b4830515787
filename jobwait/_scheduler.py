"""The scheduler behind waiting for many jobs: a heap of due polls and a bounded set of requests.

It lives in an event loop, and is asked in turns: take in these jobs, what is new? The rules of each
wait are those of the state machine, and the pace is that of the throttle.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable
from heapq import heappush
from typing import Any, Final, NamedTuple, TypeAlias

from ._client import AsyncResource, Resource
from ._errors import InvalidArgumentError, JobwaitError, WaitError
from ._flow import Tell
from ._lane import Entry, Group, Lane
from ._observe import Step, settle
from ._outcome import Outcome, Succeeded, Unsuccessful
from ._requests import AsyncCalls, BlockingTransport, Polled, Transport
from ._responses import Sighting
from ._resume import Wait, wait_of
from ._schedule import Schedule
from ._throttle import Throttle
from ._unset import UNSET, Unset
from ._waiter import Again, Done, Waiter, WaitState

SWEEP: Final = 0.5
"""Seconds until waits whose polls are held up are looked through for passed deadlines."""
MAX_UNSEEN: Final = 10_000
"""Jobs that are taken in from a source that can wait, before any poll of them."""
MAX_NAMED: Final = 100
"""Open jobs that a message names."""

AnyResource: TypeAlias = Resource[Any, Any, Any] | AsyncResource[Any, Any, Any]


class Rules(NamedTuple):
    """What the waits of one call have in common: the options of `WaitOptions`."""

    timeout: float | Unset | None = UNSET
    on_update: Callable[[Any], object] | None = None
    schedule: Schedule | None = None
    not_found_grace: float | Unset = UNSET
    max_in_flight: int = 100


class Turn(NamedTuple):
    """What came of waiting for news."""

    ended: list[tuple[int, Outcome[Any]]]
    moved: dict[int, Entry]
    """By the numbers of the jobs; `stored_wait` says what there is to store."""


def stored_wait(entry: Entry) -> Wait:
    """A wait that goes on, as a value."""
    at, _, group, state = entry
    # Whatever holds it back: at its deadline somebody is to see that it has passed.
    due = min(max(at, group.lane.throttle.paused_until), state.deadline)
    return wait_of(group.operation, state, due, group.calls)


class Scheduler:
    """Waits for jobs, and tells how each ended.

    A provider has a lane of its own, with `max_in_flight` workers: none waits for another.
    """

    def __init__(self, rules: Rules, *, only_due: bool = False, tracks: bool = False) -> None:
        """Make a scheduler without jobs.

        Args:
            only_due: Whether all is done when no poll is due any more.
            tracks: Whether `turn_and_moved` is to be asked.
        """
        self._rules: Final = rules
        self._only_due: Final = only_due
        self._groups: dict[Hashable, Group] = {}
        self._lanes: dict[Throttle, Lane] = {}
        self._transports: dict[BlockingTransport, Transport] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs = 0
        self._ended: list[tuple[int, Outcome[Any]]] = []
        self._moved: dict[int, Entry] | None = {} if tracks else None
        self._failure: BaseException | None = None
        self._news: asyncio.Future[None] | None = None

    @property
    def room(self) -> int:
        """How many jobs to take in next from a source that can wait.

        A provider that is held up does not keep the others from getting theirs, up to a limit.
        """
        most = self._rules.max_in_flight
        unseen = [lane.unseen for lane in self._lanes.values()]
        return most - min(unseen, default=0) if sum(unseen) < MAX_UNSEEN else 0

    @property
    def is_done(self) -> bool:
        """Whether no job is open, and no outcome left to tell."""
        lanes = self._lanes.values()
        if self._only_due:
            busy = any(lane.in_flight or lane.is_due for lane in lanes)
        else:
            busy = any(lane.heap or lane.in_flight for lane in lanes)
        return not self._ended and not busy

    async def add(self, jobs: list[tuple[AnyResource, Any]]) -> None:
        """Take in jobs; the first is number 0, and each further one the next number.

        Args:
            jobs: Emptied, as it would be kept in memory for as long as its caller waits.
        """
        started: dict[Lane, tuple[float, float]] = {}
        for resource, job_id in jobs:
            self._add(resource, job_id, started)
        jobs.clear()
        for lane in started:
            self._dispatch(lane)
        if started:
            # A source that is slow, or fails, does not keep these from being on their way.
            await asyncio.sleep(0)

    async def turn(
        self, jobs: list[tuple[AnyResource, Any]], *, more: bool, seconds: float = math.inf
    ) -> list[tuple[int, Outcome[Any]]]:
        """Take in jobs, and wait for news.

        Args:
            jobs: As for `add`.
            more: Whether room for further jobs is news, too.
            seconds: For which to wait at most.

        Returns:
            Outcomes, each with the number of its job; none where there is room, all is done, or the
            time is over.
        """
        await self.add(jobs)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        alarm = None if math.isinf(seconds) else loop.call_at(until, self._tell)
        while not (self._ended or self._failure or self.is_done or (more and self._has_room())):
            if loop.time() >= until:
                break
            self._news = loop.create_future()
            await self._news
        if alarm is not None:
            alarm.cancel()
        if self._failure is not None and not self._ended:
            raise self._failure
        ended, self._ended = self._ended, []
        return ended

    async def turn_and_moved(self, *, more: bool, seconds: float) -> Turn:
        """As `turn`, with what is to be stored of the waits that go on."""
        ended = await self.turn([], more=more, seconds=seconds)
        return Turn(ended, self._take_moved())

    def rest(self) -> Turn:
        """What `turn_and_moved` would have returned next, once nothing runs any more."""
        ended, self._ended = self._ended, []
        return Turn(ended, self._take_moved())

    def _take_moved(self) -> dict[int, Entry]:
        moved, self._moved = self._moved or {}, {}
        return moved

    async def advance(
        self, jobs: list[tuple[AnyResource, Wait]], seconds: float
    ) -> tuple[list[Outcome[Any]], list[Wait]]:
        """Poll what is due now, and return what has ended and what goes on.

        Args:
            seconds: After which no poll is begun; none is cut.
        """
        outcomes: list[Outcome[Any]] = []
        timer = asyncio.get_running_loop().call_later(seconds, self._close)
        try:
            ended = await self.turn(list[tuple[AnyResource, Any]](jobs), more=False)
            while ended:
                outcomes += [outcome for _, outcome in ended]
                ended = await self.turn([], more=False)
            self._close()
            for lane in self._lanes.values():
                # No turn will come for those whose deadlines a pause outlasts.
                self._sweep(lane)
            outcomes += [outcome for _, outcome in self._ended]
        finally:
            timer.cancel()
            await self.stop()
        waits = [
            stored_wait(entry)
            for lane in self._lanes.values()
            for entry in sorted(lane.heap, key=lambda entry: entry[1])
        ]
        return outcomes, waits

    def _close(self) -> None:
        for lane in self._lanes.values():
            lane.is_closed = True
        self._tell()

    def open_jobs(self) -> str | None:
        """A sentence that names the jobs not ended yet, if there are any."""
        entries = [
            entry
            for lane in self._lanes.values()
            for entry in (*lane.heap, *lane.in_flight.values())
        ]
        if not entries:
            return None
        entries.sort(key=lambda entry: entry[1])
        names = [f"{group.operation.provider} {s.job_id}" for _, _, group, s in entries[:MAX_NAMED]]
        if len(entries) > MAX_NAMED:
            names.append(f"and {len(entries) - MAX_NAMED} more")
        noun = "job" if len(entries) == 1 else "jobs"
        return f"stopped waiting for {len(entries)} {noun} still open: {', '.join(names)}"

    async def stop(self) -> None:
        """Send nothing more, cut what is under way, and close what was opened here."""
        for lane in self._lanes.values():
            for timer in (lane.alarm, lane.sweep):
                if timer is not None:
                    timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes.values():
            lane.leave()
        for transport in self._transports.values():
            await transport.close()

    def _add(
        self, resource: AnyResource, job_id: Any, started: dict[Lane, tuple[float, float]]
    ) -> None:
        number = self._jobs
        self._jobs += 1
        group = self._group(resource)
        calls, wait = group.calls, job_id if isinstance(job_id, Wait) else None
        job_id = job_id if wait is None else wait.job_id
        try:
            if wait is not None and not wait.is_on(group.operation):
                raise InvalidArgumentError(
                    f"this wait is on {wait.provider} {wait.operation}, and the resource beside it "
                    f"on {group.operation.provider} {group.operation.name}"
                )
            calls.prepare(group.operation, job_id)
        except JobwaitError as error:
            error.job_id = job_id
            self._end(number, group, job_id, None, error)
            return
        # Jobs that come together share one reading of the clocks: a wait that comes last of many
        # thousands would lose the time that it takes to add them.
        if group.lane not in started:
            started[group.lane] = group.lane.clock(), calls.time()
        at, today = started[group.lane]
        if wait is None:
            state = group.waiter.start(job_id, at, self._rules.timeout)
        else:
            wait = wait.here(today)
            state = wait.state(today, at)
            at += max(0.0, wait.due - today)
        if state.polls == 0:
            group.lane.unseen += 1
            group.lane.ask_again()
        heappush(group.lane.heap, (at, number, group, state))
        deadline = state.started + state.timeout
        group.lane.first_deadline = min(group.lane.first_deadline, deadline)

    def _group(self, resource: AnyResource) -> Group:
        operation, calls = resource.operation, resource.calls
        key = (calls, operation)
        if key not in self._groups:
            durations = calls.durations(operation)
            waiter: Waiter[Any] = Waiter(
                operation.provider,
                operation.polling,
                errors=operation.errors,
                schedule=self._rules.schedule,
                not_found_grace=self._rules.not_found_grace,
                random=calls.runtime.random,
                durations=durations,
            )
            if not isinstance(calls, AsyncCalls):
                blocking = calls.transport
                if blocking not in self._transports:
                    self._transports[blocking] = blocking.for_loop(self._rules.max_in_flight)
                calls = calls.for_loop(self._transports[blocking])
            if calls.throttle not in self._lanes:
                self._lanes[calls.throttle] = Lane(calls)
            lane = self._lanes[calls.throttle]
            self._groups[key] = Group(operation, calls, waiter, durations, lane)
        return self._groups[key]

    def _dispatch(self, lane: Lane) -> None:
        """Wake a worker if a poll is due; otherwise set a timer."""
        now, at = lane.clock(), lane.next_at()
        if at > now:
            self._set_alarm(lane, at, now)
        elif lane.idle:
            lane.idle.pop().set_result(None)
        elif lane.workers < self._rules.max_in_flight:
            lane.workers += 1
            task = asyncio.get_running_loop().create_task(self._work(lane))
            self._tasks.add(task)
            task.add_done_callback(self._on_done)
        if lane.sweep is None and lane.is_held_up(now):
            self._set_sweep(lane)

    def _set_alarm(self, lane: Lane, at: float, now: float) -> None:
        if at < lane.alarm_at:
            if lane.alarm is not None:
                lane.alarm.cancel()
            lane.alarm = asyncio.get_running_loop().call_later(at - now, self._ring, lane)
            lane.alarm_at = at

    def _ring(self, lane: Lane) -> None:
        lane.alarm, lane.alarm_at = None, math.inf
        self._dispatch(lane)

    def _set_sweep(self, lane: Lane) -> None:
        lane.sweep = asyncio.get_running_loop().call_later(SWEEP, self._sweep, lane)

    def _sweep(self, lane: Lane) -> None:
        """End the waits that cannot be polled before their deadlines."""
        lane.sweep = None
        now, paused_until = lane.clock(), lane.throttle.paused_until
        # First the cheap question: there may be many thousands.
        if lane.first_deadline <= max(now, paused_until):
            for _, number, group, state in lane.remove_over(now, paused_until):
                lane.unseen -= state.polls == 0
                error = group.waiter.too_late(state, now, paused_until)
                self._end(number, group, state.job_id, None, error)
        self._dispatch(lane)

    async def _work(self, lane: Lane) -> None:
        """Send one poll after the other."""
        while True:
            entry = lane.take(lane.clock())
            # What comes next is another worker's.
            self._dispatch(lane)
            if entry is None:
                idle = asyncio.get_running_loop().create_future()
                lane.idle.append(idle)
                await idle
                continue
            number = entry[1]
            lane.in_flight[number] = entry
            await self._poll(lane, *entry[1:])
            del lane.in_flight[number]
            if self._only_due:
                self._tell()

    async def _poll(self, lane: Lane, number: int, group: Group, state: WaitState[Any]) -> None:
        operation, calls, waiter, durations, _ = group
        if state.polls == 0:
            lane.unseen -= 1
            if self._has_room():
                self._tell()
        step: Step[Any]
        try:
            request = calls.prepare(operation, state.job_id)
            now = lane.clock()
            waiter.check(state, now, lane.throttle.paused_until)
            limit = min(calls.options.timeout, state.deadline - now)
            polled = await calls.run(calls.poll(operation, request, limit))
            if not isinstance(polled, Polled):
                lane.put_back((now, number, group, state), polled)
                return
            seen = polled.result
            if isinstance(seen, Sighting) and seen.is_terminal and state.seen is not None:
                durations.record(state.seen - state.started, polled.began - state.started)
            step = settle(calls, operation, waiter, state, polled, lane.may_warn)
            on_update = self._rules.on_update
            if on_update and isinstance(seen, Sighting) and seen.job is not None:
                await Tell(on_update, seen.job).aperform(calls.transport)
        except JobwaitError as error:
            error.provider, error.job_id = operation.provider, state.job_id
            step = error
        except Exception as error:
            # What a schedule or a hook of the user's raised is no other job's business.
            step = WaitError(f"the wait was ended by {type(error).__name__}: {error}")
            step.provider, step.job_id = operation.provider, state.job_id
            step.__cause__ = error.with_traceback(None)
        if isinstance(step, Again):
            kept: WaitState[Any] = step.state
            if not kept.final and not kept.failures:
                # What is not needed to go on: of thousands of jobs it would be much.
                kept = WaitState(*kept[:-1])
            entry = step.at, number, group, kept
            heappush(lane.heap, entry)
            if self._moved is not None:
                self._moved[number] = entry
        elif isinstance(step, Done):
            self._end(number, group, state.job_id, operation.done(step.job), None)
        else:
            self._end(number, group, state.job_id, None, step)
        if lane.throttle.paused_until > lane.clock() and lane.sweep is None:
            self._set_sweep(lane)

    def _end(
        self, number: int, group: Group, job_id: Any, job: Any, error: JobwaitError | None
    ) -> None:
        provider, operation = group.operation.provider, group.operation.name
        outcome: Outcome[Any]
        if error is None:
            outcome = Succeeded(provider, job_id, job, None, operation)
        else:
            # Its frames hold the request, and the request holds the key.
            error = error.with_traceback(None)
            outcome = Unsuccessful(provider, job_id, None, error, operation)
        if self._moved:
            self._moved.pop(number, None)
        self._ended.append((number, outcome))
        self._tell()

    def _has_room(self) -> bool:
        return self.room * 2 > self._rules.max_in_flight

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = error
            self._tell()
