"""The command: `python -m generator`; `--help` tells the rest."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from generator._command import main

if __name__ == "__main__":
    # A short run that needs nearly every object to its end: looking for garbage, then and on the
    # way, is a fifth of its time.
    gc.disable()
    code = main(sys.argv[1:], root=Path(__file__).resolve().parents[1])
    gc.freeze()
    sys.exit(code)
