"""The pace of all polls of one origin and credential: alone, by property, and between threads."""

from __future__ import annotations

import gc
import math
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from heapq import heapify, heappop, heappush
from itertools import combinations, pairwise
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
    LONGEST_QUEUE,
    MAX_GROWTH,
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
FOR_EVER = 50_000
"""Questions, after which nobody still waits for a turn."""

TraceFunction: TypeAlias = Callable[[object, str, object], Any]


def status(code: int, retry_after: float | None = None) -> APIStatusError:
    return APIStatusError(
        "no", status_code=code, body=None, headers={}, request_id=None, retry_after=retry_after
    )


def refuse(throttle: Throttle, at: float, retry_after: float | None = None) -> None:
    throttle.learn(status(429, retry_after), at, at)


def turns(throttle: Throttle, now: float, number: int) -> list[float]:
    return [throttle.reserve(now) for _ in range(number)]


def told(throttle: Throttle, now: float, number: int) -> list[float]:
    """What each of so many is told who has to wait."""
    for _ in range(100):
        if (turn := throttle.reserve(now)) > now:
            return [turn, *turns(throttle, now, number - 1)]
    raise AssertionError("nobody has to wait")


def sent(throttle: Throttle, asks: Iterable[float]) -> list[float]:
    """When they send their polls who first ask at these times, and come back as they are told."""
    asking, polls = list(asks), list[float]()
    heapify(asking)
    for _ in range(FOR_EVER):
        if not asking:
            return polls
        now = heappop(asking)
        turn = throttle.reserve(now)
        if turn > now:
            heappush(asking, turn)
        else:
            polls.append(now)
    raise AssertionError("some never have a turn")


def poll_for(throttle: Throttle, start: float, seconds: float, interval: float = 0.0) -> float:
    """Send polls with good answers one after the other, and return when the last was sent."""
    now = start
    while now < start + seconds:
        [now] = sent(throttle, [now + interval])
        throttle.learn(GOOD, now, now)
    return now


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def check(polls: list[float], rates: list[float]) -> None:
    """No window holds more polls than the rate at its end allows, and those made up for."""
    for first, last in combinations(range(len(polls)), 2):
        window = polls[last] - polls[first] + SLACK
        assert last - first <= rates[last] * window + 1e-6


def test_the_first_poll_is_sent_at_once() -> None:
    assert Throttle().reserve(1000.0) == 1000.0


def test_turns_are_spaced_by_the_rate() -> None:
    throttle = Throttle()
    told(throttle, 0.0, 1)
    assert gaps(sent(throttle, [0.0] * 50)) == pytest.approx([1 / FIRST_RATE] * 49)
    refuse(throttle, 1.0)
    told(throttle, 1.0, 1)
    assert gaps(sent(throttle, [1.0] * 50)) == pytest.approx([1 / throttle.rate] * 49)


def test_a_pace_that_timers_kept_late_is_made_up_for_and_no_more_than_that() -> None:
    throttle = Throttle()
    throttle.reserve(0.0)
    assert turns(throttle, 1000.0, 50).count(1000.0) == SLACK * FIRST_RATE + 1


def test_those_who_wait_are_told_to_come_one_after_the_other() -> None:
    throttle = Throttle()
    waiting = told(throttle, 0.0, 50)
    assert gaps(waiting) == pytest.approx([1 / FIRST_RATE] * 49)
    # Whoever comes in time has the turn, and so have those who come after a moment.
    assert [throttle.reserve(turn) for turn in waiting] == waiting
    again = told(throttle, 1.0, 10)
    assert [throttle.reserve(turn + 0.01) for turn in again] == [turn + 0.01 for turn in again]


def test_who_comes_early_is_told_to_come_again() -> None:
    throttle = Throttle()
    (turn,) = told(throttle, 0.0, 1)
    assert throttle.reserve(turn - 1.5 / FIRST_RATE) > turn - 1.5 / FIRST_RATE
    (poll,) = sent(throttle, [0.0])
    assert poll > 0.0


@pytest.mark.parametrize("waiting", [1, 100, 10_000])
@pytest.mark.parametrize("refusals", [0, 3, 50])
def test_whoever_does_not_come_back_holds_up_nobody(waiting: int, refusals: int) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, number - 100.0)
    free = told(throttle, 0.0, waiting)[0]
    assert free <= 1 / throttle.rate
    # Nothing is taken: the next turn is that of whoever asks when it has come.
    assert throttle.reserve(free) == free
    (turn,) = sent(throttle, [free])
    assert turn <= free + 1 / throttle.rate + LONGEST_QUEUE


@pytest.mark.parametrize("pause", [None, 20.0])
@pytest.mark.parametrize("refusals", [0, 3, 50])
def test_nobody_is_told_to_come_later_than_the_longest_queue_after_the_next_free_turn(
    refusals: int, pause: float | None
) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, number - 100.0)
    (free,) = told(throttle, 0.0, 1)
    if pause is not None:
        free = pause
        refuse(throttle, 0.0, retry_after=pause)
    waiting = turns(throttle, 0.0, 2_000)
    assert waiting == sorted(waiting)
    assert min(waiting) >= free
    assert max(waiting) == free + LONGEST_QUEUE
    # Those who do not stand in line have not made it longer.
    assert throttle.reserve(free) == free


@pytest.mark.parametrize("refusals", [0, 3, 12])
def test_those_who_find_the_line_full_have_their_turn_after_it(refusals: int) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, number - 100.0)
    told(throttle, 0.0, 1)
    number = 3 * math.ceil(LONGEST_QUEUE * throttle.rate)
    polls = sent(throttle, [0.0] * number)
    check(polls, [throttle.rate] * number)
    assert polls[-1] - polls[0] == pytest.approx((number - 1) / throttle.rate, abs=2 * SLACK)


def test_who_comes_back_in_a_pause_is_told_to_come_after_it() -> None:
    throttle = Throttle()
    waiting = told(throttle, 0.0, 10)
    refuse(throttle, 0.0, retry_after=20)
    held = [throttle.reserve(turn) for turn in waiting]
    assert held[0] == 20
    assert gaps(held) == pytest.approx([1 / throttle.rate] * 9)
    # A second pause, which began while they were held back in the first.
    refuse(throttle, 19.0, retry_after=100)
    later = [throttle.reserve(turn) for turn in held]
    assert later[0] == 119
    assert gaps(later) == pytest.approx([1 / throttle.rate] * 9)


def test_a_cut_rate_holds_at_once_for_all_who_wait() -> None:
    throttle = Throttle()
    waiting = told(throttle, 0.0, 300)
    for _ in range(3):
        refuse(throttle, waiting[0])
        refuse(throttle, waiting[0] + 1e-6)
    polls = sent(throttle, waiting)
    assert len(polls) == 300
    check(polls, [throttle.rate] * 300)
    assert polls[-1] - polls[0] == pytest.approx(299 / throttle.rate, rel=0.02)


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
    last = sent(throttle, [0.0] * 300)[-1]
    refuse(throttle, last)
    assert throttle.rate == pytest.approx(FIRST_RATE * CUT)


def test_the_rate_never_falls_below_its_least() -> None:
    throttle = Throttle()
    for number in range(50):
        refuse(throttle, float(number))
        assert throttle.rate >= MIN_RATE
    assert throttle.rate == MIN_RATE
    first, second = sent(throttle, [100.0] * 2)
    assert second - first == pytest.approx(1 / MIN_RATE - SLACK)


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
    assert growth > MIN_GROWTH
    assert gaps(rates) == pytest.approx([growth] * 10, rel=0.2)


def test_a_low_rate_that_was_cut_grows_by_the_least_growth() -> None:
    throttle = Throttle()
    for number in range(13):
        refuse(throttle, float(number))
    first = throttle.rate
    assert first * (1 / CUT - 1) / RECOVERY < MIN_GROWTH
    poll_for(throttle, 13.0, 10.0)
    assert throttle.rate - first == pytest.approx(10 * MIN_GROWTH, rel=0.1)


@given(st.integers(0, 60), st.integers(1, 200))
def test_one_answer_adds_no_more_than_its_share_of_the_rate(refusals: int, answers: int) -> None:
    throttle = Throttle()
    for number in range(refusals):
        refuse(throttle, float(number))
    for number in range(answers):
        before = throttle.rate
        throttle.learn(GOOD, 100.0 + number, 100.0 + number)
        assert before < throttle.rate <= before * (1 + MAX_GROWTH)


def test_a_rate_that_was_cut_has_grown_back_in_the_time_it_should() -> None:
    throttle = Throttle()
    refuse(throttle, 0.0)
    poll_for(throttle, 0.0, RECOVERY)
    assert throttle.rate == pytest.approx(FIRST_RATE, rel=0.05)


def test_the_least_rate_is_left_within_minutes_of_polling() -> None:
    throttle = Throttle()
    for number in range(50):
        refuse(throttle, float(number))
    poll_for(throttle, 50.0, 120.0)
    assert throttle.rate > 20 * MIN_RATE


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


class Told(NamedTuple):
    """Somebody who asks at a time, or whose answer comes then."""

    at: float
    number: int
    began: float | None


class Play:
    """Plays senders in virtual time, each coming back when it was told to."""

    def __init__(self, throttle: Throttle, senders: list[Sender]) -> None:
        self.sent: list[float] = []
        self.rates: list[float] = []
        """The highest rate so far, at each of them."""
        asks = [Told(sender.at, number, None) for number, sender in enumerate(senders)]
        heapify(asks)
        paused_until = highest = -math.inf
        for _ in range(FOR_EVER):
            if not asks:
                break
            now, number, began = heappop(asks)
            sender = senders[number]
            highest = max(highest, throttle.rate)
            if began is not None:
                throttle.learn(sender.result, began, now)
                assert throttle.rate >= MIN_RATE
                result = sender.result
                if isinstance(result, APIStatusError) and result.retry_after is not None:
                    paused_until = max(paused_until, now + result.retry_after)
                continue
            turn = throttle.reserve(now)
            if turn > now:
                assert turn >= paused_until
                heappush(asks, Told(turn + sender.late, number, None))
                continue
            assert turn == now >= paused_until
            self.sent.append(now)
            self.rates.append(highest)
            heappush(asks, Told(now + sender.latency, number, now))
        assert len(self.sent) == len(senders)


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
    play = Play(throttle, senders)
    check(play.sent, play.rates)


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
    check(play.sent, play.rates)
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
    now, tokens, settled, seconds = 0.0, limit, 20, 220
    answers: deque[tuple[float, object]] = deque()
    """When each poll that has no answer yet was sent, and the answer."""
    good, refused = list[float](), list[float]()
    while now < seconds:
        last = now
        [now] = sent(throttle, [now])
        while answers and answers[0][0] + latency <= now:
            began, result = answers.popleft()
            throttle.learn(result, began, began + latency)
        tokens = min(limit, tokens + (now - last) * limit)
        if tokens < 1:
            refused.append(now)
            answers.append((now, status(429)))
        else:
            tokens -= 1
            good.append(now)
            answers.append((now, GOOD))
    # It costs what is under way while the first rate is cut down; after that, little.
    early = sum(at < settled for at in refused)
    assert early <= FIRST_RATE * (latency + 0.1) / (1 - CUT)
    later = sum(at >= settled for at in good)
    assert len(refused) - early <= 0.25 * later
    assert later >= 0.9 * limit * (seconds - settled)


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
    assert len(every) == THREADS * 50
    at_once = every.count(0.0)
    assert at_once == SLACK * FIRST_RATE + 1
    assert gaps(every[at_once:]) == pytest.approx([1 / FIRST_RATE] * (THREADS * 50 - at_once - 1))


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
    refuse(throttle_for(clock, "https://a.test", secret), 0.0, retry_after=20)
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
