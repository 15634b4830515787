"""The pace of all polls of one origin and credential: alone, by property, and between threads."""

from __future__ import annotations

import gc
import math
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from itertools import combinations, count, pairwise
from random import Random
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeAlias
from weakref import ref

import pytest
from hypothesis import given, strategies as st

from jobwait import APIConnectionError, APIStatusError, ResponseDecodeError
from jobwait._responses import Sighting
from jobwait._throttle import (
    FIRST_RATE,
    LONGEST_ABSENCE,
    MIN_POLLS,
    MIN_RATE,
    SLACK,
    WINDOW,
    Position,
    Throttle,
    throttle_for,
)

from .kit.widgets import KEY, Async, Script, Sync, Time, answer

GOOD: Sighting[str] = Sighting("job", "pending", "pending")
NOT_JSON = ResponseDecodeError("no", pointer=None, expected="JSON", body=b"<h1>")
UNHEARD = APIConnectionError("refused")
THREADS = 8
FOR_EVER = 50_000
"""Questions, after which nobody still waits for a turn."""
LATENCY = 0.05

TraceFunction: TypeAlias = Callable[[object, str, object], Any]


def status(code: int, retry_after: float | None = None) -> APIStatusError:
    return APIStatusError(
        "no", status_code=code, body=None, headers={}, request_id=None, retry_after=retry_after
    )


BAD = status(429)


def pause(throttle: Throttle, at: float, seconds: float) -> None:
    throttle.learn(status(429, seconds), at, at)


def learn(throttle: Throttle, results: Iterable[object], start: float, seconds: float) -> float:
    """Take in what polls gave that were spread over so many seconds, and return their end."""
    every = list(results)
    for number, result in enumerate(every):
        at = start + seconds * number / len(every)
        throttle.learn(result, at, at)
    return start + seconds


def slowed(refusals: int) -> Throttle:
    """A throttle at which so many polls were refused, a while ago."""
    throttle = Throttle()
    for number in range(refusals):
        throttle.learn(BAD, number - 1000.0, number - 1000.0)
    return throttle


def queue(throttle: Throttle, now: float, number: int) -> list[Position]:
    """So many positions in a queue that has just begun."""
    while throttle.reserve(now, first := Position()) == now:
        pass
    throttle.leave(first)
    positions = [Position() for _ in range(number)]
    for position in positions:
        assert throttle.reserve(now, position) > now
    return positions


class Sender(NamedTuple):
    """Wants to send polls, one after the other."""

    at: float = 0.0
    late: float = 0.0
    """How much too late its timers ring."""
    latency: float = LATENCY
    result: object = UNHEARD
    polls: int = 1
    turns: int = 1


class Sent(NamedTuple):
    """A poll."""

    at: float
    number: int
    """The number of the sender."""
    rate: float
    """What was allowed then."""


def play(throttle: Throttle, senders: Iterable[Sender]) -> list[Sent]:
    """What they send in virtual time, each coming back when it was told to."""
    every = list(senders)
    positions = [Position(sender.turns) for sender in every]
    left = [sender.polls for sender in every]
    polls, paused_until = list[Sent](), throttle.paused_until
    events: list[tuple[float, int, int, float | None]] = []
    """Who asks at a time, or whose answer comes then to what was sent when."""
    steps = count()
    for number, sender in enumerate(every):
        heappush(events, (sender.at, next(steps), number, None))
    while events:
        now, step, number, began = heappop(events)
        sender = every[number]
        assert step < FOR_EVER, "some never have a turn"
        if began is not None:
            throttle.learn(sender.result, began, now)
            assert throttle.rate >= MIN_RATE
            result = sender.result
            if isinstance(result, APIStatusError) and result.retry_after is not None:
                paused_until = max(paused_until, now + result.retry_after)
            continue
        rate, turn = throttle.rate, throttle.reserve(now, positions[number])
        if turn > now:
            assert turn >= paused_until
            heappush(events, (turn + sender.late, next(steps), number, None))
            continue
        assert turn == now >= paused_until
        polls.append(Sent(now, number, rate))
        heappush(events, (now + sender.latency, next(steps), number, now))
        left[number] -= 1
        if left[number]:
            heappush(events, (now, next(steps), number, None))
    assert not any(left)
    return polls


class Polled(NamedTuple):
    """A poll of somebody who sends as many as are allowed."""

    at: float
    result: object
    rate: float


def demand(
    throttle: Throttle,
    start: float,
    seconds: float,
    provider: Callable[[float], object],
    latency: float = LATENCY,
) -> list[Polled]:
    """Send as much as is allowed for a time; the provider says what it gives when it is asked."""
    now, position = start, Position()
    answers: deque[tuple[float, object]] = deque()
    polls: list[Polled] = []
    while now < start + seconds:
        while answers and answers[0][0] + latency <= now:
            began, result = answers.popleft()
            throttle.learn(result, began, began + latency)
        turn = throttle.reserve(now, position)
        if turn == now:
            result = provider(now)
            answers.append((now, result))
            polls.append(Polled(now, result, throttle.rate))
        now = turn
    return polls


class Limit:
    """Answers so many polls per second and refuses the others, as a bucket of tokens does."""

    def __init__(self, limit: float, burst: float) -> None:
        self._limit = limit
        self._burst = self._tokens = burst
        self._last = 0.0

    def __call__(self, now: float) -> object:
        grown = self._tokens + (now - self._last) * self._limit
        self._tokens, self._last = min(self._burst, grown), now
        if self._tokens < 1:
            return BAD
        self._tokens -= 1
        return GOOD


def answered(polls: list[Polled], start: float, end: float) -> float:
    """Answers per second in a stretch of time."""
    return sum(poll.result is GOOD and start <= poll.at < end for poll in polls) / (end - start)


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def check(polls: list[Sent]) -> None:
    """No window holds more polls than the highest rate in it allows, and those made up for."""
    for first, last in combinations(range(len(polls)), 2):
        rate = max(poll.rate for poll in polls[first:last])
        assert last - first <= rate * (polls[last].at - polls[first].at + SLACK) + 1e-6


def test_the_first_poll_is_sent_at_once() -> None:
    assert Throttle().reserve(1000.0, Position()) == 1000.0


@pytest.mark.parametrize("refusals", [0, 10, 60])
def test_turns_are_spaced_by_the_rate(refusals: int) -> None:
    throttle = slowed(refusals)
    times = [poll.at for poll in play(throttle, [Sender()] * 50)]
    at_once = times.count(0.0)
    assert at_once == math.floor(SLACK * throttle.rate + 1e-9) + 1
    assert gaps(times[at_once:]) == pytest.approx([1 / throttle.rate] * (49 - at_once))


def test_a_pace_that_timers_kept_late_is_made_up_for_and_no_more_than_that() -> None:
    throttle = Throttle()
    throttle.reserve(0.0, Position())
    turns = [throttle.reserve(1000.0, Position()) for _ in range(50)]
    assert turns.count(1000.0) == SLACK * FIRST_RATE + 1


def test_late_timers_hardly_lower_the_rate() -> None:
    times = [poll.at for poll in play(Throttle(), [Sender(late=0.009)] * 500)]
    assert times[-1] - times[0] == pytest.approx(499 / FIRST_RATE, rel=0.1)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.99 * LONGEST_ABSENCE)), max_size=60),
    st.sampled_from([0, 10, 30]),
)
def test_nobody_overtakes_who_asked_before(asks: list[tuple[float, float]], refusals: int) -> None:
    polls = play(slowed(refusals), [Sender(*ask) for ask in sorted(asks)])
    assert [poll.number for poll in polls] == list(range(len(asks)))


def test_who_asks_again_too_early_keeps_the_place_and_has_no_turn_sooner() -> None:
    throttle = Throttle()
    first, second = queue(throttle, 0.0, 2)
    for _ in range(10):
        assert throttle.reserve(0.001, second) > 0.001
    assert throttle.reserve(0.01, second) > 0.01
    assert throttle.reserve(0.011, first) == 0.011
    assert throttle.reserve(0.021, second) == 0.021


def test_those_far_behind_come_back_before_their_turn_and_see_a_pace_that_has_changed() -> None:
    throttle = Throttle()
    *_, last = queue(throttle, 0.0, 1000)
    assert throttle.reserve(0.0, last) == pytest.approx(1000 / FIRST_RATE / 2, rel=0.01)


def test_who_takes_a_turn_after_some_have_come_back_late_stands_no_further_behind() -> None:
    throttle = Throttle()
    first, second, third = queue(throttle, 0.0, 3)
    now = 0.01 + 0.9 * LONGEST_ABSENCE
    assert throttle.reserve(now, third) > now
    assert throttle.reserve(now, second) > now
    assert throttle.reserve(now, first) == now


@pytest.mark.parametrize("refusals", [0, 10, 30])
def test_who_does_not_come_back_holds_up_nobody_for_longer_than_the_longest_absence(
    refusals: int,
) -> None:
    throttle = slowed(refusals)
    queue(throttle, 0.0, 1)
    (poll,) = play(throttle, [Sender()])
    assert poll.at <= 2 / throttle.rate + LONGEST_ABSENCE + 1e-6


def test_many_who_do_not_come_back_take_no_longer_together_than_their_turns_would() -> None:
    throttle = Throttle()
    queue(throttle, 0.0, 1000)
    (poll,) = play(throttle, [Sender()])
    assert poll.at <= 1000 / FIRST_RATE + LONGEST_ABSENCE + 0.1


@pytest.mark.parametrize("refusals", [0, 10, 30])
def test_ten_thousand_who_leave_at_once_hold_up_nobody(refusals: int) -> None:
    throttle = slowed(refusals)
    positions = queue(throttle, 0.0, 10_000)
    later = Position()
    throttle.reserve(0.0, later)
    for position in positions:
        throttle.leave(position)
    turn = throttle.reserve(0.001, later)
    assert turn <= 1 / throttle.rate + 1e-6
    assert throttle.reserve(turn, later) == turn


def test_who_has_left_begins_again_at_the_end() -> None:
    throttle = Throttle()
    first, second = queue(throttle, 0.0, 2)
    throttle.leave(first)
    throttle.leave(first)  # once more changes nothing
    assert throttle.reserve(0.0, first) > throttle.reserve(0.0, second)
    assert throttle.reserve(0.01, second) == 0.01
    assert throttle.reserve(0.02, first) == 0.02


def test_a_place_with_several_turns_takes_them_in_a_row_and_begins_again_at_the_end() -> None:
    throttle = Throttle()
    pause(throttle, 0.0, 1.0)  # so that all of them stand in line
    lanes = [Sender(polls=6, turns=3)] * 2
    polls = play(throttle, [*lanes, *[Sender()] * 2])
    assert [poll.number for poll in polls] == [0, 0, 0, 1, 1, 1, 2, 3, 0, 0, 0, 1, 1, 1]
    check(polls)


def test_turns_that_a_place_does_not_want_are_the_next_ones() -> None:
    throttle = Throttle()
    pause(throttle, 0.0, 1.0)
    lane, other = Position(50), Position()
    assert throttle.reserve(0.0, lane) == 1.0
    throttle.reserve(0.0, other)
    assert throttle.reserve(1.0, lane) == 1.0
    throttle.leave(lane)
    assert throttle.reserve(1.01, other) == 1.01


@pytest.mark.parametrize("code", [429, 503])
def test_a_pause_ends_where_the_provider_says_counted_from_its_answer(code: int) -> None:
    throttle = Throttle()
    throttle.learn(status(code, retry_after=20), 1.0, 3.0)
    assert throttle.paused_until == 23
    assert throttle.reserve(4.0, Position()) == 23


def test_the_longest_pause_counts_once_for_all() -> None:
    throttle = Throttle()
    pause(throttle, 0.0, 20)
    pause(throttle, 1.0, 5)
    throttle.learn(BAD, 2.0, 2.0)
    assert throttle.paused_until == 20


def test_nothing_is_sent_in_a_pause_whoever_asks() -> None:
    throttle = Throttle()
    waiting = queue(throttle, 0.0, 10)
    pause(throttle, 0.0, 20)
    for now in (0.01, 10.0, 19.999):
        for position in (*waiting, Position()):
            assert throttle.reserve(now, position) >= 20


def test_those_who_were_held_back_by_a_pause_come_in_their_order_and_spread() -> None:
    throttle = Throttle()
    pause(throttle, 0.0, 20)
    polls = play(throttle, [Sender(at=number / 10) for number in range(100)])
    assert [poll.number for poll in polls] == list(range(100))
    assert polls[0].at == 20
    check(polls)


def test_a_second_pause_holds_back_those_who_come_back_from_the_first() -> None:
    throttle = Throttle()
    position = Position()
    pause(throttle, 0.0, 20)
    assert throttle.reserve(1.0, position) == 20
    pause(throttle, 19.0, 100)
    assert throttle.reserve(20.0, position) == 119


@pytest.mark.parametrize("code", [429, 503])
def test_a_rate_at_which_all_polls_are_refused_is_left_at_once(code: int) -> None:
    throttle = Throttle()
    learn(throttle, [status(code)] * MIN_POLLS, 0.0, MIN_POLLS / FIRST_RATE)
    assert throttle.rate <= FIRST_RATE / 4


def test_a_provider_that_refuses_everything_gets_few_polls() -> None:
    throttle = Throttle()
    polls = demand(throttle, 0.0, 60.0, lambda now: BAD)
    assert len(polls) <= 60 * MIN_RATE + 5 * MIN_POLLS
    assert throttle.rate == MIN_RATE


@given(st.lists(st.sampled_from([GOOD, BAD, status(503)]), max_size=300), st.floats(0, 10))
def test_the_rate_never_falls_below_its_least(results: list[object], seconds: float) -> None:
    throttle = Throttle()
    for number in range(3):
        learn(throttle, results, number * 20.0, seconds)
        assert throttle.rate >= MIN_RATE


def test_before_the_first_refusal_the_rate_doubles_within_a_second() -> None:
    throttle = Throttle()
    demand(throttle, 0.0, 1.0 + LATENCY, lambda now: GOOD)
    assert throttle.rate >= 2 * FIRST_RATE


def test_a_rate_that_is_not_used_does_not_grow() -> None:
    throttle = Throttle()
    polls = play(throttle, [Sender(number / 15, result=GOOD) for number in range(1000)])
    assert {poll.rate for poll in polls} == {FIRST_RATE}


def test_a_rate_is_little_above_what_was_sent_lately() -> None:
    throttle = Throttle()
    demand(throttle, 0.0, 3.0, lambda now: GOOD)
    most = throttle.rate
    start = throttle.reserve(3.0, Position())
    play(throttle, [Sender(start + number / 300, result=GOOD) for number in range(900)])
    assert most > 3 * 300
    assert 300 <= throttle.rate <= 1.5 * 300


def test_few_polls_are_not_judged() -> None:
    throttle = Throttle()
    learn(throttle, [BAD] * (MIN_POLLS - 1), 0.0, 1.0)
    assert throttle.rate == FIRST_RATE


@pytest.mark.parametrize("rounds", [1, 3])
def test_answers_to_polls_sent_before_the_last_judgement_are_not_counted(rounds: int) -> None:
    throttle = Throttle()
    for number in range(rounds):
        learn(throttle, [BAD] * MIN_POLLS, number * 10.0, 1.0)
    judged = throttle.rate
    began = (rounds - 1) * 10.0
    for number in range(100):
        throttle.learn(status(429, retry_after=7), began + number / 1000, 100.0)
        throttle.learn(GOOD, began + number / 1000, 100.0)
    assert throttle.rate == judged
    assert throttle.paused_until == 107  # what they ask for counts all the same


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1.001, 100)), max_size=60))
def test_a_volley_that_is_refused_is_judged_once(volley: list[tuple[float, float]]) -> None:
    throttle = Throttle()
    rates = {throttle.rate}
    for began, ended in sorted(volley, key=lambda times: times[1]):
        throttle.learn(status(503), began, ended)
        rates.add(throttle.rate)
    assert len(rates) <= 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("latency", [0.05, 0.5])
def test_a_refusal_now_and_then_does_not_stop_the_growth(seed: int, latency: float) -> None:
    throttle, random = Throttle(), Random(seed)
    start = learn(throttle, [BAD, *[GOOD] * 49], 0.0, 0.5)
    before = throttle.rate

    def provider(now: float) -> object:
        return BAD if random.random() < 0.01 else GOOD

    demand(throttle, start, 30.0, provider, latency)
    assert throttle.rate > 1.2 * before


@pytest.mark.parametrize("seed", range(3))
def test_every_tenth_poll_refused_at_random_is_no_collapse(seed: int) -> None:
    throttle, random = Throttle(), Random(seed)
    demand(throttle, 0.0, 30.0, lambda now: BAD if random.random() < 0.1 else GOOD)
    assert throttle.rate > FIRST_RATE / 4


@pytest.mark.parametrize("limit", [10.0, 50.0, 200.0])
def test_a_second_of_refusals_is_recovered_from_within_some_20_seconds(limit: float) -> None:
    throttle, bucket = Throttle(), Limit(limit, limit)
    polls = demand(throttle, 0.0, 90.0, lambda now: BAD if 50 <= now < 51 else bucket(now))
    assert answered(polls, 40, 50) >= 0.85 * limit
    assert answered(polls, 71, 90) >= 0.85 * limit


@pytest.mark.parametrize("limit", [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
@pytest.mark.parametrize("latency", [0.05, 0.5])
def test_a_limit_that_the_provider_does_not_tell_is_found_and_used(
    limit: float, latency: float
) -> None:
    polls = demand(Throttle(), 0.0, 320.0, Limit(limit, max(limit, 2.0)), latency)
    later = [poll for poll in polls if poll.at >= 20]
    assert sum(poll.result is BAD for poll in later) <= 0.25 * len(later)
    assert answered(polls, 20, 320) >= 0.85 * limit


@pytest.mark.parametrize("result", [GOOD, status(500), status(404), NOT_JSON], ids=repr)
def test_any_other_answer_is_a_sign_of_life(result: object) -> None:
    throttle = Throttle()
    demand(throttle, 0.0, 0.5, lambda now: result)
    assert throttle.rate > FIRST_RATE
    assert throttle.paused_until == -math.inf


@given(st.lists(st.sampled_from([GOOD, BAD, UNHEARD]), max_size=100))
def test_no_answer_says_nothing_of_the_rate(results: list[object]) -> None:
    one, other = Throttle(), Throttle()
    for number, result in enumerate(results):
        at = number * WINDOW / MIN_POLLS
        one.learn(result, at, at)
        if result is not UNHEARD:
            other.learn(result, at, at)
        assert one.rate == other.rate
    assert one.paused_until == -math.inf


moments = st.sampled_from([0.0, 0.001, 1.0, 2.5]) | st.floats(0, 10)
results = st.sampled_from([GOOD, BAD, status(503), status(429, 3.0), status(503, 0.5), status(500)])
senders = st.lists(
    st.builds(
        Sender,
        moments,
        st.floats(0, 2 * LONGEST_ABSENCE),
        st.floats(0, 5),
        results,
        st.integers(1, 5),
        st.integers(1, 4),
    ),
    max_size=30,
)


@given(senders, st.sampled_from([0, 10, 20]))
def test_no_window_has_more_polls_than_the_rate_allows_and_no_pause_has_any(
    senders: list[Sender], refusals: int
) -> None:
    check(play(slowed(refusals), senders))


@given(st.lists(moments, max_size=60), st.sampled_from([0, 10, 30]))
def test_at_a_constant_rate_no_turn_is_wasted(moments: list[float], refusals: int) -> None:
    throttle = slowed(refusals)
    polls = play(throttle, [Sender(at) for at in moments])
    check(polls)
    times = [poll.at for poll in polls]
    for first, last in combinations(range(len(times)), 2):
        if all(at <= times[first] for at in moments):
            assert times[last] - times[first] <= (last - first) / throttle.rate + SLACK + 1e-6


def yielding(frame: object, event: str, argument: object, /) -> TraceFunction:
    """Lets the other threads go on after every line."""
    sleep(0)
    return yielding


def in_threads(call: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(THREADS)

    def main() -> Any:
        start.wait()
        sys.settrace(yielding)
        try:
            return call()
        finally:
            sys.settrace(None)

    with ThreadPoolExecutor(THREADS) as threads:
        ended = [threads.submit(main) for _ in range(THREADS)]
        return [future.result() for future in ended]


def test_no_two_threads_have_the_same_turn() -> None:
    throttle = Throttle()

    def take() -> list[float]:
        now, position, turns = 0.0, Position(), list[float]()
        while len(turns) < 25:
            turn = throttle.reserve(now, position)
            if turn == now:
                turns.append(now)
            now = turn
        return turns

    given = in_threads(take)
    check([Sent(at, 0, FIRST_RATE) for at in sorted(turn for mine in given for turn in mine)])


def test_threads_that_leave_together_leave_nothing_behind() -> None:
    throttle = Throttle()
    pause(throttle, 0.0, 1.0)

    def stand() -> None:
        for _ in range(20):
            position = Position()
            assert throttle.reserve(0.0, position) >= 1.0
            throttle.leave(position)

    in_threads(stand)
    assert throttle.reserve(0.0, Position()) == 1.0


def test_no_answer_that_a_thread_learns_is_lost() -> None:
    throttle = Throttle()
    queue(throttle, 0.0, 1)

    def take_in() -> None:
        for _ in range(50):
            throttle.learn(GOOD, 0.0, 0.0)

    in_threads(take_in)
    assert throttle.rate == FIRST_RATE + THREADS * 50


def test_threads_that_are_refused_together_are_judged_once() -> None:
    alone, throttle = Throttle(), Throttle()
    for _ in range(MIN_POLLS):
        alone.learn(status(429, retry_after=7), 0.0, 1.0)

    def take_in() -> None:
        for _ in range(5):
            throttle.learn(status(429, retry_after=7), 0.0, 1.0)

    in_threads(take_in)
    assert throttle.rate == alone.rate < FIRST_RATE
    assert throttle.paused_until == 8.0


def test_threads_that_begin_together_share_one_throttle() -> None:
    clock = Time().clock
    first, *others = in_threads(lambda: throttle_for(clock, "https://a.test", KEY))
    assert all(other is first for other in others)


def test_one_throttle_is_shared_by_origin_credential_and_clock() -> None:
    clock = Time().clock
    shared = throttle_for(clock, "https://a.test", frozenset({KEY}))
    assert throttle_for(clock, "https://a.test", frozenset({KEY})) is shared
    others = [
        throttle_for(Time().clock, "https://a.test", frozenset({KEY})),
        throttle_for(clock, "http://a.test", frozenset({KEY})),
        throttle_for(clock, "https://b.test", frozenset({KEY})),
        throttle_for(clock, "https://a.test:8443", frozenset({KEY})),
        throttle_for(clock, "https://a.test", frozenset({"another"})),
        throttle_for(clock, "https://a.test", frozenset[str]()),
    ]
    assert len({id(throttle) for throttle in [shared, *others]}) == 7


def test_clients_of_both_kinds_share_a_throttle() -> None:
    script = Script(Time(), answer("pending"))
    one = Sync().client(script)
    other = Async().async_client(script)
    assert one._calls.throttle is other._calls.throttle
    assert one.with_options(timeout=5)._calls.throttle is one._calls.throttle
    another = one.with_options(headers={"X-API-Key": "another-key"})
    assert another._calls.throttle is not one._calls.throttle


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.widgets.test:443",
        "https://API.Widgets.TEST",
        "HTTPS://api.widgets.test/v9/",
    ],
)
def test_origins_that_differ_in_spelling_only_share_a_throttle(base_url: str) -> None:
    script = Script(Time(), answer("pending"))
    one = Sync().client(script)
    assert Sync().client(script, base_url=base_url)._calls.throttle is one._calls.throttle
    assert Async().async_client(script, base_url=base_url)._calls.throttle is one._calls.throttle


def test_the_port_that_a_scheme_has_anyway_is_its_own() -> None:
    script = Script(Time(), answer("pending"))
    plain, named, other = (
        Sync().client(script, base_url=base_url)._calls.throttle
        for base_url in ("http://a.test", "http://a.test:80", "http://a.test:443")
    )
    assert plain is named
    assert plain is not other


def test_a_throttle_outlives_those_who_used_it_for_a_while() -> None:
    class Secret:
        pass

    clock, secret = Time().clock, Secret()
    kept = ref(secret)
    pause(throttle_for(clock, "https://a.test", secret), 0.0, 20)
    gc.collect()
    assert throttle_for(clock, "https://a.test", secret).paused_until == 20
    # But not for ever, and its credential goes with it.
    for number in range(100):
        throttle_for(clock, f"https://{number}.test", KEY)
    gc.collect()
    assert throttle_for(clock, "https://a.test", secret).paused_until == -math.inf
    for number in range(100):
        throttle_for(clock, f"https://{number}.test", KEY)
    del secret
    gc.collect()
    assert kept() is None


def test_the_latest_32_are_kept_in_the_order_of_their_last_use() -> None:
    clock = Time().clock

    def paused(number: int) -> bool:
        return throttle_for(clock, f"https://{number}.test", KEY).paused_until > 0

    for number in range(32):
        pause(throttle_for(clock, f"https://{number}.test", KEY), 0.0, 20)
    assert paused(0)  # and with that it is the latest
    throttle_for(clock, "https://another.test", KEY)
    gc.collect()
    assert paused(0)
    assert all(paused(number) for number in range(2, 32))
    assert not paused(1)


def test_a_throttle_in_use_stays_however_many_others_there_are() -> None:
    clock = Time().clock
    throttle = throttle_for(clock, "https://a.test", KEY)
    for number in range(100):
        throttle_for(clock, f"https://{number}.test", KEY)
    gc.collect()
    assert throttle_for(clock, "https://a.test", KEY) is throttle


def test_a_throttle_knows_nothing_of_the_credential() -> None:
    calls = Sync().client(Script(Time(), answer("pending")))._calls
    throttle = calls.throttle
    assert KEY not in repr(throttle)
    assert KEY not in repr(vars(throttle))
    assert KEY not in repr(throttle_for)
    assert KEY not in repr(calls)


def test_an_outage_says_nothing_of_what_the_provider_can_do() -> None:
    throttle, bucket = Throttle(), Limit(45.0, 45.0)
    demand(throttle, 0.0, 20.0, bucket)
    demand(throttle, 20.0, 60.0, lambda now: BAD)
    assert throttle.rate == MIN_RATE
    demand(throttle, 80.0, 30.0, bucket)
    assert throttle.rate >= 20


@pytest.mark.parametrize("seconds", [30.0, 60.0])
@pytest.mark.parametrize("limit", [20.0, 50.0])
def test_what_was_answered_since_the_last_refusal_is_known_after_an_outage(
    limit: float, seconds: float
) -> None:
    throttle = Throttle()
    demand(throttle, 0.0, 20.0, Limit(limit, limit))
    demand(throttle, 20.0, seconds, lambda now: GOOD)
    before = throttle.rate
    assert before > 4 * limit
    demand(throttle, 100.0, 60.0, lambda now: BAD)
    assert throttle.rate == MIN_RATE
    demand(throttle, 160.0, 30.0, lambda now: GOOD)
    assert throttle.rate > before / 3


def test_a_single_wait_beside_many_is_not_behind_all_of_their_turns() -> None:
    throttle = slowed(50)
    many, single = Position(50), Position()
    now, turns = 0.0, 0
    while throttle.reserve(now, many) > now:
        now = throttle.reserve(now, many)
    asks = throttle.reserve(now, single)
    while asks > now:
        now = min(asks, throttle.reserve(now, many))
        turns += throttle.reserve(now, many) == now
        asks = throttle.reserve(now, single)
    assert turns <= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_forked_off_while_a_lock_is_held_is_not_blocked() -> None:
    origin = ("https", "fork.test", 443)
    throttle = throttle_for(monotonic, origin, "key")
    with throttle._lock:
        child = os.fork()
        if not child:
            throttle_for(monotonic, origin, "key").reserve(0.0, Position())
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
