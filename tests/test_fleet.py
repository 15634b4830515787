"""The simulation behind what the documentation says of many waits."""

from __future__ import annotations

import pytest

from benchmarks.fleet import LATENCY, Load, simulate
from jobwait import Fixed


@pytest.mark.parametrize("rate", [5.0, 10.0, 20.0])
def test_a_wait_among_many_is_polled_every_waits_by_rate_seconds(rate: float) -> None:
    load = Load(300, 600, rate)
    interval = load.waits / load.rate
    score = simulate(load, Fixed(1))
    assert score.lag == pytest.approx(interval / 2, rel=0.15)
    assert score.rate == pytest.approx(rate, rel=0.02)


def test_only_the_polls_for_each_wait_matter() -> None:
    scores = [simulate(Load(waits, 600, waits / 20)) for waits in (100, 1000)]
    assert scores[0].lag == pytest.approx(scores[1].lag, rel=0.1)
    large = Load(1_000_000, 3600, 10_000)
    small = large.scaled()
    assert small.waits < 1000
    assert small.rate / small.waits == pytest.approx(large.rate / large.waits)


def test_a_limit_that_is_never_reached_changes_nothing() -> None:
    slow, fast = (simulate(Load(200, 60, rate), Fixed(5)) for rate in (1e3, 1e6))
    assert slow.lag == pytest.approx(fast.lag, rel=0.05)
    assert slow.lag == pytest.approx(2.5 + LATENCY, rel=0.15)
    assert slow.rate < 200


def test_a_wait_needs_two_polls() -> None:
    assert Load(1000, 60, 34).is_possible
    assert not Load(1000, 60, 33).is_possible
