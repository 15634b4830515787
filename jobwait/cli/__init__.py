"""The command `jobwait`, which needs the extra `jobwait[cli]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

EXTRA = ("typer", "rich")
"""What the extra brings, and this package needs to be imported further."""


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    with Path(os.devnull).open("r+", encoding="utf-8") as null:
        # Python has no stream where one was closed before the start.
        sys.stdin, sys.stdout, sys.stderr = (
            stream or null for stream in (sys.stdin, sys.stdout, sys.stderr)
        )
        try:
            from ._commands import app

            app(prog_name="jobwait")
        except ModuleNotFoundError as error:
            missing = str(error.name).partition(".")[0]
            if missing not in EXTRA:
                raise
            sys.exit(f"the command jobwait needs {missing}: python -m pip install 'jobwait[cli]'")
        except KeyboardInterrupt:
            sys.exit(130)
