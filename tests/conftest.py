"""Makes the checkout's development tools importable, after everything that is installed.

The packages under test are the installed wheels; only what is not published comes from here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).parent.parent))

# How long an example takes tells of the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
