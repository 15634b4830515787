"""The command `jobwait`, which needs the extra `jobwait[cli]`."""

from __future__ import annotations

import sys

EXTRA = ("typer", "rich")
"""What the extra brings, and this package needs to be imported further."""


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    try:
        from ._commands import app
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in EXTRA:
            raise
        sys.exit(f"the command jobwait needs {missing}: python -m pip install 'jobwait[cli]'")
    try:
        app(prog_name="jobwait")
    except KeyboardInterrupt:
        sys.exit(130)
