"""Cases, each with random numbers of its own, until time is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random, randrange
from typing import Final

import pytest

KINDS: Final = 4
"""Tests that share the time."""


class Cases:
    """One case after the other; the seed and the number of one are all that it takes to repeat it.

    Args:
        seed: Of all cases.
        seconds: After which no further case begins.
        only: The number of the only case; None for all.
    """

    def __init__(self, seed: int, seconds: float, only: int | None) -> None:
        self._seed = seed
        self._seconds = seconds
        self._only = only

    def run(self, check: Callable[[int, Random], None]) -> None:
        """Check cases: each is a number, and what is random in it."""
        began = time.monotonic()
        number = self._only or 0
        while True:
            try:
                check(number, Random(f"{self._seed}/{number}"))
            except BaseException as error:
                error.add_note(f"repeat it with: --seed {self._seed} --case {number}")
                raise
            number += 1
            if self._only is not None or time.monotonic() - began > self._seconds:
                break
        print(f"{number} cases")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz")
    group.addoption("--seconds", type=float, default=600.0, help="of all cases together")
    group.addoption("--seed", type=int, default=randrange(10**6), help="of all cases")
    group.addoption("--case", type=int, help="the only one")


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}"


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> Cases:
    options = request.config.option
    return Cases(options.seed, options.seconds / KINDS, options.case)
