"""Makes the checkout's development tools importable, after everything that is installed.

The packages under test are the installed wheels; only what is not published comes from here.
"""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).parent.parent))

# How long an example takes tells of the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Let what tests start be interrupted, where a script runs them in the background."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Keep the collected tests out of each garbage collection: there are thousands of them."""
    gc.freeze()
