"""The pytest fixture `job_sandbox`, found by pytest through the entry point of jobwait."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobwait.sandbox import Sandbox, run


@pytest.fixture(scope="session")
def job_sandbox() -> Iterator[Sandbox]:
    """A running jobwait sandbox that plays every installed provider on loopback."""
    try:
        running = run()
    except ImportError as error:
        pytest.fail(str(error), pytrace=False)
    with running as sandbox:
        yield sandbox
