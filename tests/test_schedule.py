"""When the default schedule polls: by progress, by past durations, or at its interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, strategies as st

from jobwait import InvalidArgumentError
from jobwait._schedule import Adaptive, Durations, Fixed, Poll, Schedule

INTERVAL = 5.0
ADAPTIVE = Adaptive(INTERVAL)

Jobs = list[tuple[float, float]]
Law = Callable[[float], float]
seconds = st.floats(0, 1e9)
ended_jobs = st.lists(
    st.tuples(seconds, seconds).map(lambda pair: (min(pair), max(pair))), min_size=20, max_size=40
)


def remember(jobs: Jobs) -> Durations:
    durations = Durations()
    for running, ended in jobs:
        durations.record(running, ended)
    return durations


def poll_times(schedule: Schedule, until: float) -> list[float]:
    """When a job is polled that reports no progress."""
    times = [0.0]
    while times[-1] < until:
        times.append(times[-1] + schedule.delay(Poll(len(times), times[-1], None)))
    return times


def narrow(share: float) -> float:
    return 24 + 12 * share


def two_humped(share: float) -> float:
    return 8 + 8 * share if share < 0.5 else 48 + 48 * (share - 0.5)


def long_tailed(share: float) -> float:
    return -40 * math.log(1 - share)


def seen_every(interval: float, durations: list[float]) -> Jobs:
    """What polling at an interval, at any phase, sees of jobs."""
    random = Random(0)
    jobs: Jobs = []
    for duration in durations:
        ended = duration + interval * random.random()
        jobs.append((max(0.0, ended - interval), ended))
    return jobs


def sample(law: Law, size: int) -> list[float]:
    return [law((number + 0.5) / size) for number in range(size)]


@pytest.mark.parametrize(
    ("speed", "rest"),
    [(None, 20), (0.25 / 17, 17), (0.25 / 23, 20)],
    ids=["unknown", "faster", "slower"],
)
def test_the_next_poll_comes_after_0_7_of_the_shorter_rest(speed: float | None, rest: int) -> None:
    assert ADAPTIVE.delay(Poll(5, 60.0, 0.75, speed)) == pytest.approx(0.7 * rest)


@pytest.mark.parametrize("rest", [18.5, 20.0, 21.5])
def test_the_next_poll_of_a_steady_job_comes_after_0_9_of_the_rest(rest: float) -> None:
    assert ADAPTIVE.delay(Poll(5, 60.0, 0.75, 0.25 / rest)) == pytest.approx(0.9 * rest)


def test_a_poll_aims_at_the_end_of_a_steady_job_that_is_near() -> None:
    assert ADAPTIVE.delay(Poll(5, 54.0, 0.9, 0.1 / 6)) == pytest.approx(6)


def test_a_job_about_to_end_is_polled_after_a_second() -> None:
    assert ADAPTIVE.delay(Poll(5, 60.0, 0.999, 0.01)) == 1.0


def test_a_young_job_is_polled_within_five_seconds() -> None:
    assert ADAPTIVE.delay(Poll(2, 4.0, 0.01, 0.01 / 4)) == 5.0


def test_an_old_job_is_polled_within_half_of_its_age() -> None:
    assert ADAPTIVE.delay(Poll(9, 40.0, 0.01, 0.01 / 40)) == 20.0


@pytest.mark.parametrize("speed", [0.0, -0.01])
def test_a_progress_that_stands_or_falls_is_looked_at_within_five_seconds(speed: float) -> None:
    assert ADAPTIVE.delay(Poll(9, 100.0, 0.1, speed)) == 5.0


def test_the_first_progress_ever_seen_has_not_stood_still() -> None:
    assert ADAPTIVE.delay(Poll(1, 100.0, 0.5)) == 50.0


@pytest.mark.parametrize("progress", [0.99, 1.0])
def test_a_job_stuck_near_its_end_is_not_polled_every_second(progress: float) -> None:
    now, number = 30.0, 1
    while now < 600:
        now += ADAPTIVE.delay(Poll(number, now, progress, 0.0))
        number += 1
    assert number < 1.1 * len(poll_times(Fixed(5), 600))


def test_the_end_is_looked_for_soon_where_all_is_said_to_be_done() -> None:
    assert ADAPTIVE.delay(Poll(7, 30.0, 1.0, 0.1)) == 1.0


@pytest.mark.parametrize("progress", [None, 0.0])
def test_without_progress_the_interval_rules(progress: float | None) -> None:
    assert ADAPTIVE.delay(Poll(3, 100.0, progress)) == INTERVAL


@pytest.mark.parametrize("missed", [0.25, 0.5, 0.75])
def test_a_wait_that_begins_late_in_a_job_corrects_itself(missed: float) -> None:
    left = 120.0
    duration = left / (1 - missed)
    now, times = 0.0, [0.0]
    while now < left:
        progress = (duration - left + now) / duration
        speed = 1 / duration if now else None
        now += ADAPTIVE.delay(Poll(len(times), now, progress, speed))
        times.append(now)
    delays = [later - earlier for earlier, later in pairwise(times)]
    assert max(delays) > 3 * delays[0]
    assert len(times) < 0.4 * left
    assert now - left <= 1.0


@given(
    elapsed=seconds,
    progress=st.floats(0, 1, exclude_min=True),
    speed=st.none() | st.floats(-1, 1),
)
def test_a_delay_by_progress_keeps_its_bounds(
    elapsed: float, progress: float, speed: float | None
) -> None:
    delay = ADAPTIVE.delay(Poll(2, elapsed, progress, speed))
    stuck = speed is not None and speed <= 0
    assert 1.0 <= delay <= (5.0 if stuck else max(5.0, elapsed / 2))


def test_progress_is_better_than_past_durations() -> None:
    schedule = Adaptive(INTERVAL, remember([(29.0, 31.0)] * 20))
    assert schedule.delay(Poll(5, 60.0, 0.75)) == ADAPTIVE.delay(Poll(5, 60.0, 0.75))


def test_twenty_past_jobs_are_enough_and_nineteen_are_not() -> None:
    durations = remember([(29.0, 31.0)] * 19)
    schedule = Adaptive(INTERVAL, durations)
    assert schedule.delay(Poll(1, 0.0, None)) == INTERVAL
    durations.record(29.0, 31.0)
    assert schedule.delay(Poll(1, 0.0, None)) > INTERVAL


@pytest.mark.parametrize("law", [narrow, two_humped, long_tailed])
@pytest.mark.parametrize("interval", [3.0, 5.0, 8.0])
def test_past_durations_move_polls_and_make_as_many_of_them(law: Law, interval: float) -> None:
    jobs = sample(law, 100)
    times = poll_times(Adaptive(interval, remember(seen_every(interval, jobs))), 1000)
    evenly = poll_times(Fixed(interval), 1000)

    def polls(times: list[float]) -> float:
        return fmean(sum(time < job for time in times) for job in jobs)

    assert polls(times) == pytest.approx(polls(evenly), rel=0.15)


def test_jobs_are_polled_more_often_when_they_tend_to_end() -> None:
    jobs = sample(narrow, 20)
    times = poll_times(Adaptive(INTERVAL, remember(seen_every(INTERVAL, jobs))), 100)

    def lag(times: list[float]) -> float:
        return fmean(next(time for time in times if time >= job) - job for job in jobs)

    assert lag(times) < 0.7 * lag(poll_times(Fixed(INTERVAL), 100))


def test_a_job_that_outlives_all_past_ones_is_polled_at_the_interval() -> None:
    schedule = Adaptive(INTERVAL, remember([(29.0, 31.0)] * 20))
    for elapsed in (40.0, 1e3, 1e9):
        assert schedule.delay(Poll(9, elapsed, None)) == INTERVAL


def test_unlike_jobs_are_found_within_four_times_the_interval() -> None:
    schedule = Adaptive(INTERVAL, remember([(59.0, 61.0)] * 20))
    delays = [later - earlier for earlier, later in pairwise(poll_times(schedule, 200))]
    assert max(delays) <= 4 * INTERVAL + 1e-9


def test_only_the_latest_hundred_jobs_count() -> None:
    once, now = [(9.0, 11.0)] * 1000, [(29.0, 31.0)] * 100
    durations = remember(once + now)
    assert len(durations) == 100
    expected = poll_times(Adaptive(INTERVAL, remember(now)), 100)
    assert poll_times(Adaptive(INTERVAL, durations), 100) == expected


def test_new_durations_move_the_polls_of_waits_under_way() -> None:
    durations = remember([(9.0, 11.0)] * 20)
    schedule = Adaptive(INTERVAL, durations)
    before = schedule.delay(Poll(4, 20.0, None))
    for _ in range(20):
        durations.record(29.0, 31.0)
    assert schedule.delay(Poll(4, 20.0, None)) != before


def test_a_duration_seen_roughly_spreads_the_polls() -> None:
    closely = poll_times(Adaptive(INTERVAL, remember([(29.0, 31.0)] * 20)), 100)
    roughly = poll_times(Adaptive(INTERVAL, remember([(15.0, 45.0)] * 20)), 100)

    def around_30(times: list[float]) -> int:
        return sum(28 < time < 32 for time in times)

    assert around_30(closely) >= 2 * around_30(roughly)


@given(jobs=ended_jobs, interval=st.floats(0.01, 1e4), elapsed=seconds)
def test_a_delay_by_durations_is_within_a_second_and_four_times_the_interval(
    jobs: Jobs, interval: float, elapsed: float
) -> None:
    delay = Adaptive(interval, remember(jobs)).delay(Poll(2, elapsed, None))
    assert min(1.0, interval) <= delay <= 4 * interval * (1 + 1e-6) + 1e-6


@given(jobs=ended_jobs, elapsed=st.lists(seconds, min_size=2, max_size=2).map(sorted))
def test_who_is_polled_later_is_polled_next_later(jobs: Jobs, elapsed: list[float]) -> None:
    durations = remember(jobs)
    earlier, later = (time + (durations.delay(time, 1e3) or math.nan) for time in elapsed)
    assert earlier <= later + 1e-6 * later


@pytest.mark.parametrize(
    "times", [(-1.0, 2.0), (3.0, 2.0), (1.0, math.inf), (math.nan, 2.0), (1.0, math.nan)]
)
def test_impossible_durations_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(InvalidArgumentError, match="a job cannot be running"):
        Durations().record(*times)


@pytest.mark.parametrize("interval", [0.0, -1.0, math.inf, math.nan])
def test_an_impossible_interval_is_refused(interval: float) -> None:
    with pytest.raises(InvalidArgumentError, match="interval is in seconds"):
        Adaptive(interval)


def test_a_schedule_tells_what_it_goes_by() -> None:
    assert repr(Adaptive(3.0)) == "Adaptive(3.0)"
    assert repr(Adaptive(3.0, remember([(1.0, 2.0)] * 7))) == "Adaptive(3.0, <Durations of 7 jobs>)"
