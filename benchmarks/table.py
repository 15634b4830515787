"""The rows of the table, and how a row comes about."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median
from typing import Final, NamedTuple

HEADING: Final = (
    f"{'what (ours / peer)':<76} {'ours':>8} {'peer':>8} {'unit':<12} {'ratio':>6} {'bound':>6}"
)
LEGEND: Final = """\
Figures are medians of rounds in which both sides take turns; `!` marks a ratio above its bound, or
below one with a `≥`, and a row without a bound is for context. Time is CPU time, user and system,
because nothing measured here waits for anything but itself, and the wall clock would tell of the
machine's other work too: only polls per second, and how late they are, are measured with it.
Imports and clients are measured inside a fresh interpreter, whose own start-up is left out, and
httpx without the click that its optional command line would load; `whole` is all that a fresh
process costs from its start to its end, its children included. Lag and polls per job are means over
4,000 jobs of a simulation in virtual time: lag is how long after its end a job is noticed.
"""


class Row(NamedTuple):
    """One comparison."""

    what: str
    unit: str
    ours: float
    peer: float
    bound: float | None = None
    more_is_better: bool = False
    """Whether the ratio is bounded from below."""

    def __str__(self) -> str:
        ratio = self.ours / self.peer if self.peer else math.inf
        bound, mark = "", ""
        if self.bound is not None:
            bound = f"{'≥' if self.more_is_better else ''}{self.bound:.2f}"
            # A ratio that is no number keeps no bound.
            kept = ratio >= self.bound if self.more_is_better else ratio <= self.bound
            mark = "" if kept else " !"
        return (
            f"{self.what:<76} {_figure(self.ours):>8} {_figure(self.peer):>8} {self.unit:<12} "
            f"{ratio:>6.3f} {bound:>6}{mark}"
        )


def compare(
    what: str,
    unit: str,
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    rounds: int,
    bound: float | None = None,
) -> Row:
    """Run both sides in turn and take the medians; a round before the first warms both up."""
    figures: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        # Who goes second may find a warmer machine, so they change places.
        if number % 2:
            our_figure = ours()
            peer_figure = peer()
        else:
            peer_figure = peer()
            our_figure = ours()
        figures.append((our_figure, peer_figure))
    del figures[0]
    return Row(
        what,
        unit,
        median(figure for figure, _ in figures),
        median(figure for _, figure in figures),
        bound,
    )


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
