"""Exit codes, and the errors behind them."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import typer

from jobwait import (
    APIConnectionError,
    APIError,
    CheckpointError,
    ConfigurationError,
    InvalidArgumentError,
    JobwaitError,
    WaitTimeoutError,
)

SUCCEEDED: Final = 0
FAILED: Final = 1
USAGE: Final = 2
TIMEOUT: Final = 3
REFUSED: Final = 4
UNREACHABLE: Final = 5
INTERRUPTED: Final = 130

HELP: Final = """\b
Exit codes; of several jobs, the highest counts:
  0    all succeeded
  1    a job failed or was cancelled
  2    usage: an argument, a key or a file
  3    a timeout
  4    a request was refused, or its answer could not be read
  5    no connection
  130  interrupted
"""

_CODES: Final[tuple[tuple[type[JobwaitError], int], ...]] = (
    (InvalidArgumentError, USAGE),
    (ConfigurationError, USAGE),
    (CheckpointError, USAGE),
    (WaitTimeoutError, TIMEOUT),
    (APIConnectionError, UNREACHABLE),
    (APIError, REFUSED),
)


class UsageError(Exception):
    """What the command was asked for cannot be; the message says why, and what can."""


def code_of(error: JobwaitError | None) -> int:
    """The exit code for how a wait ended."""
    if error is None:
        return SUCCEEDED
    return next((code for cls, code in _CODES if isinstance(error, cls)), FAILED)


def say(text: str) -> None:
    """Write a line to stderr, where outcomes never go."""
    print(f"jobwait: {text}", file=sys.stderr, flush=True)


@contextmanager
def exit_codes(hint: str | None = None) -> Generator[None]:
    """Turn errors into a line on stderr and an exit code.

    Args:
        hint: What to say when Ctrl-C was pressed.
    """
    try:
        yield
    except UsageError as error:
        say(str(error))
        raise typer.Exit(USAGE) from None
    except JobwaitError as error:
        say(str(error))
        raise typer.Exit(code_of(error)) from None
    except KeyboardInterrupt:
        say(f"interrupted{(hint and f'; {hint}') or ''}")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # Nobody reads on; what is left in the buffer must not raise when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(FAILED) from None
