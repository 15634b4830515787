"""The pace of all polls of one origin and credential: alone, by property, and between threads."""

from __future__ import annotations

import gc
import math
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from heapq import heapify, heappop, heappush
from itertools import combinations, count, pairwise
from time import sleep
from typing import Any, NamedTuple, TypeAlias
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobwait import APIConnectionError, APIStatusError, ResponseDecodeError
from jobwait._machine import Sighting
from jobwait._throttle import (
    CUT,
    FIRST_RATE,
    LONGEST_GAP,
    MIN_GROWTH,
    MIN_RATE,
    RECOVERY,
    SLACK,
    Throttle,
    throttle_for,
)

from .widgets import KEY, Async, Script, Sync, Time, answer

GOOD: Sighting[str] = Sighting("job", "pending", "pending")
NOT_JSON = ResponseDecodeError("no", pointer=None, expected="JSON", body=b"<h1>")
THREADS = 8

TraceFunction: TypeAlias = Callable[[object, str, object], Any]


def status(code: int, retry_after: float | None = None) -> APIStatusError:
    return APIStatusError(
        "no", status_code=code, body=None, headers={}, request_id=None, retry_after=retry_after
    )


def refuse(throttle: Throttle, at: float, retry_after: float | None = None) -> None:
    throttle.learn(status(429, retry_after), at, at)


def turns(throttle: Throttle, now: float, number: int) -> list[float]:
    return [throttle.reserve(now) for _ in range(number)]


def poll_for(throttle: Throttle, start: float, seconds: float, interval: float = 0.0) -> float:
    """Send polls with good answers one after the other, and return when the last was sent."""
    now = start
    while now < start + seconds:
        now = max(now + interval, throttle.reserve(now + interval))
        throttle.learn(GOOD, now, now)
    return now


def test_the_first_poll_is_sent_at_once() -> None:
    assert Throttle().reserve(1000.0) <= 1000.0


def test_turns_are_spaced_by_the_rate() -> None:
    throttle = Throttle()
    gaps = [later - earlier for earlier, later in pairwise(turns(throttle, 0.0, 50))]
    assert gaps == pytest.approx([1 / FIRST_RATE] * 49)
    refuse(throttle, 1.0)
    turns(throttle, 1.0, 1)  # the turn after the last one was given at the rate of then
    gaps = [later - earlier for earlier, later in pairwise(turns(throttle, 1.0, 50))]
    assert gaps == pytest.approx([1 / throttle.rate] * 49)


def test_a_pace_that_timers_kept_late_is_made_up_for_and_no_more_than_that() -> None:
    throttle = Throttle()
    throttle.reserve(0.0)
    at_once = [turn for turn in turns(throttle, 1000.0, 50) if turn <= 1000.0]
    assert len(at_once) == SLACK * FIRST_RATE + 1


def test_who_comes_back_has_kept_the_turn() -> None:
    throttle = Throttle()
    *_, turn = turns(throttle, 0.0, 10)
    assert throttle.reserve(turn, turn) == turn
    assert throttle.reserve(turn + 1, turn) == turn
    assert throttle.reserve(0.0) == pytest.approx(turn + 1 / FIRST_RATE)


def test_who_comes_back_in_a_pause_gets_a_turn_after_it() -> None:
    throttle = Throttle()
    waiting = turns(throttle, 0.0, 10)
    refuse(throttle, 0.0, retry_after=20)
    held = [throttle.reserve(turn, turn) for turn in waiting]
    assert held[0] == 20
    assert [later - earlier for earlier, later in pairwise(held)] == pytest.approx(
        [1 / throttle.rate] * 9
    )
    # A second pause, which began while they were held back in the first.
    refuse(throttle, 19.0, retry_after=100)
    assert throttle.reserve(held[0], held[0]) >= 119


def test_a_turn_after_the_pause_is_kept() -> None:
    throttle = Throttle()
    refuse(throttle, 0.0, retry_after=20)
    turn = throttle.reserve(0.0)
    refuse(throttle, 1.0, retry_after=19)
    assert throttle.reserve(turn, turn) == turn == 20


@pytest.mark.parametrize("code", [429, 503])
def test_a_pause_ends_where_the_provider_says_counted_from_its_answer(code: int) -> None:
    throttle = Throttle()
    throttle.learn(status(code, retry_after=20), 1.0, 3.0)
    assert throttle.paused_until == 23
    assert throttle.reserve(4.0) == 23


def test_the_longest_pause_counts() -> None:
    throttle = Throttle()
    refuse(throttle, 0.0, retry_after=20)
    refuse(throttle, 1.0, retry_after=5)
    refuse(throttle, 2.0)
    assert throttle.paused_until == 20


@pytest.mark.parametrize("code", [429, 503])
def test_a_refusal_cuts_the_rate(code: int) -> None:
    throttle = Throttle()
    throttle.learn(status(code), 0.0, 0.1)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT)
    throttle.learn(status(code), 0.2, 0.3)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT**2)


def test_refusals_of_what_was_sent_before_the_last_was_known_count_once() -> None:
    throttle = Throttle()
    throttle.learn(status(429, retry_after=1), 0.0, 1.0)
    for began in (0.0, 0.5, 0.999):
        throttle.learn(status(429, retry_after=began), began, 2.0)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT)
    assert throttle.paused_until == 2.999  # what they ask for counts all the same
    throttle.learn(status(429), 1.001, 3.0)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT**2)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1.001, 100)), min_size=1, max_size=20))
def test_a_volley_that_is_refused_is_one_refusal(volley: list[tuple[float, float]]) -> None:
    throttle = Throttle()
    for began, ended in sorted(volley, key=lambda times: times[1]):
        throttle.learn(status(503), began, ended)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT)


@pytest.mark.parametrize("interval", [0.1, 0.5, 2.0, LONGEST_GAP])
def test_what_is_cut_is_the_rate_of_what_was_really_sent(interval: float) -> None:
    throttle = Throttle()
    last = poll_for(throttle, 0.0, 300 * interval, interval)
    assert throttle.rate > FIRST_RATE
    refuse(throttle, last)
    assert throttle.rate == pytest.approx(CUT / interval, rel=0.01)


def test_a_rate_that_was_used_is_cut_as_it_is() -> None:
    throttle = Throttle()
    turns(throttle, 0.0, 300)
    refuse(throttle, 3.0)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT)


def test_the_rate_never_falls_below_its_least() -> None:
    throttle = Throttle()
    for number in range(50):
        refuse(throttle, float(number))
        assert throttle.rate >= MIN_RATE
    assert throttle.rate == MIN_RATE
    (first, second) = turns(throttle, 100.0, 2)
    assert second - first == pytest.approx(1 / MIN_RATE)


def test_a_long_silence_is_no_rate() -> None:
    throttle = Throttle()
    last = poll_for(throttle, 0.0, 60.0, 0.1)
    throttle.reserve(last + 1e6)
    refuse(throttle, last + 1e6)
    assert throttle.rate > 1


def test_before_the_first_refusal_the_rate_doubles_within_a_second() -> None:
    throttle = Throttle()
    poll_for(throttle, 0.0, 1.0)
    assert throttle.rate > 2 * FIRST_RATE


@pytest.mark.parametrize("refusals", [1, 2, 4])
def test_a_rate_that_was_cut_grows_by_the_same_in_every_second(refusals: int) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, float(number))
    now, rates = float(refusals), [throttle.rate]
    for _ in range(10):
        now = poll_for(throttle, now, 1.0)
        rates.append(throttle.rate)
    growth = rates[0] * (1 / CUT - 1) / RECOVERY
    assert [later - earlier for earlier, later in pairwise(rates)] == pytest.approx(
        [max(growth, MIN_GROWTH)] * 10, rel=0.2
    )


def test_a_rate_that_was_cut_has_grown_back_in_the_time_it_should() -> None:
    throttle = Throttle()
    refuse(throttle, 0.0)
    poll_for(throttle, 0.0, RECOVERY)
    assert throttle.rate == pytest.approx(FIRST_RATE, rel=0.05)


def test_the_least_rate_is_left_within_seconds_of_polling() -> None:
    throttle = Throttle()
    for number in range(50):
        refuse(throttle, float(number))
    poll_for(throttle, 50.0, 30.0)
    assert throttle.rate >= 20 * MIN_GROWTH


@pytest.mark.parametrize(
    "result",
    [GOOD, status(500), status(404), NOT_JSON],
    ids=repr,
)
def test_any_other_answer_is_a_sign_of_life(result: object) -> None:
    throttle = Throttle()
    throttle.learn(result, 0.0, 0.1)
    assert throttle.rate == FIRST_RATE + 1
    assert throttle.paused_until == -math.inf


def test_no_answer_says_nothing_of_the_rate() -> None:
    throttle = Throttle()
    throttle.learn(APIConnectionError("refused"), 0.0, 0.1)
    assert throttle.rate == FIRST_RATE


class Sender(NamedTuple):
    """Wants to send a poll."""

    at: float
    late: float
    """How much too late its timers ring."""
    latency: float
    result: object


class Play:
    """Plays senders in virtual time, each coming back when it was told to."""

    def __init__(self, throttle: Throttle, senders: list[Sender]) -> None:
        self.throttle = throttle
        self.sent: list[float] = []
        self.rates: list[float] = []
        """The highest rate so far, at each of them."""
        ids = count()
        asks: list[tuple[float, int, Sender, float | None, float | None]]
        asks = [(sender.at, next(ids), sender, None, None) for sender in senders]
        heapify(asks)
        paused_until = highest = -math.inf
        while asks:
            now, _, sender, turn, began = heappop(asks)
            highest = max(highest, throttle.rate)
            if began is not None:
                throttle.learn(sender.result, began, now)
                assert throttle.rate >= MIN_RATE
                result = sender.result
                if isinstance(result, APIStatusError) and result.retry_after is not None:
                    paused_until = max(paused_until, now + result.retry_after)
                continue
            turn = throttle.reserve(now, turn)
            if turn > now:
                heappush(asks, (turn + sender.late, next(ids), sender, turn, None))
                continue
            assert now >= paused_until
            self.sent.append(now)
            self.rates.append(highest)
            heappush(asks, (now + sender.latency, next(ids), sender, None, now))
        assert len(self.sent) == len(senders)

    def check(self) -> None:
        """No window holds more polls than the rate allows in it, and those made up for."""
        for first, last in combinations(range(len(self.sent)), 2):
            window = self.sent[last] - self.sent[first] + SLACK
            assert last - first <= self.rates[last] * window + 1e-6


moments = st.sampled_from([0.0, 0.001, 1.0, 2.5]) | st.floats(0, 10)
results = st.sampled_from(
    [GOOD, status(429), status(503), status(429, 3.0), status(503, 0.5), status(500)]
)
senders = st.lists(
    st.builds(Sender, moments, st.floats(0, SLACK), st.floats(0, 5), results), max_size=60
)


@given(senders, st.integers(0, 9))
def test_no_window_has_more_polls_than_the_rate_allows_and_no_pause_has_any(
    senders: list[Sender], refusals: int
) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, number - 100.0)
    Play(throttle, senders).check()


@given(st.lists(moments, max_size=60), st.integers(0, 9))
def test_at_a_constant_rate_the_bound_is_that_of_the_rate(
    moments: list[float], refusals: int
) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, number - 100.0)
    rate = throttle.rate
    unheard = [Sender(at, 0.0, 1.0, APIConnectionError("refused")) for at in moments]
    play = Play(throttle, unheard)
    play.check()
    assert set(play.rates) <= {rate}
    # It is no slower than that either.
    for first, last in combinations(range(len(play.sent)), 2):
        if all(at <= play.sent[first] for at in moments):
            assert play.sent[last] - play.sent[first] <= (last - first) / rate + SLACK + 1e-6


@pytest.mark.parametrize("limit", [5.0, 10.0, 50.0])
@pytest.mark.parametrize("latency", [0.01, 0.5])
def test_a_limit_that_the_provider_does_not_tell_is_found_and_used(
    limit: float, latency: float
) -> None:
    throttle = Throttle()
    now, tokens, refusals, seconds = 0.0, limit, 0, 200
    answers: deque[tuple[float, object]] = deque()
    """When each poll that has no answer yet was sent, and the answer."""
    sent = 0
    while now < seconds:
        last, now = now, max(now, throttle.reserve(now))
        while answers and answers[0][0] + latency <= now:
            began, result = answers.popleft()
            throttle.learn(result, began, began + latency)
        sent += 1
        tokens = min(limit, tokens + (now - last) * limit)
        if tokens < 1:
            refusals += 1
            answers.append((now, status(429)))
        else:
            tokens -= 1
            answers.append((now, GOOD))
    assert refusals <= 0.25 * sent
    assert sent - refusals >= 0.95 * limit * seconds


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
    given = in_threads(lambda: turns(throttle, 0.0, 50))
    for mine in given:
        assert mine == sorted(mine)
    every = sorted(turn for mine in given for turn in mine)
    gaps = [later - earlier for earlier, later in pairwise(every)]
    assert len(every) == THREADS * 50
    assert gaps == pytest.approx([1 / FIRST_RATE] * (len(every) - 1))


def test_no_answer_that_a_thread_learns_is_lost() -> None:
    throttle = Throttle()

    def learn() -> None:
        for _ in range(50):
            throttle.learn(GOOD, 0.0, 0.0)

    in_threads(learn)
    assert throttle.rate == FIRST_RATE + THREADS * 50


def test_threads_that_are_refused_together_are_refused_once() -> None:
    throttle = Throttle()
    in_threads(lambda: throttle.learn(status(429, retry_after=7), 0.0, 1.0))
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT)
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


def test_what_nobody_uses_is_let_go_together_with_its_credential() -> None:
    class Secret:
        pass

    clock, secret = Time().clock, Secret()
    kept = ref(secret)
    throttle = throttle_for(clock, "https://a.test", secret)
    refuse(throttle, 0.0, retry_after=20)
    assert throttle_for(clock, "https://a.test", secret).paused_until == 20
    del throttle
    gc.collect()
    assert throttle_for(clock, "https://a.test", secret).paused_until == -math.inf
    del secret
    gc.collect()
    assert kept() is None


def test_a_throttle_knows_nothing_of_the_credential() -> None:
    calls = Sync().client(Script(Time(), answer("pending")))._calls
    throttle = calls.throttle
    assert KEY not in repr(throttle)
    assert KEY not in repr(vars(throttle))
    assert KEY not in repr(throttle_for)
    assert KEY not in repr(calls)
