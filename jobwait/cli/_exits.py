"""Exit codes, and the errors behind them."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

import typer

from jobwait import (
    APIConnectionError,
    APIError,
    APITimeoutError,
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
    if isinstance(error, WaitTimeoutError) and error.job is None:
        # The worst counts here too: a job that timed out as nothing could be reached.
        last = error.last_error
        if isinstance(last, APIConnectionError) and not isinstance(last, APITimeoutError):
            return UNREACHABLE
    return next((code for cls, code in _CODES if isinstance(error, cls)), FAILED)


def say(text: str) -> None:
    """Write a line to stderr, where outcomes never go."""
    with suppress(OSError):
        print(f"jobwait: {text}", file=sys.stderr, flush=True)


@contextmanager
def exit_codes(hint: str | None = None) -> Generator[None]:
    """Turn errors into a line on stderr and an exit code.

    Args:
        hint: What to say of going on, when Ctrl-C was pressed or the output cannot be written.
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
        _drop_output()
        raise typer.Exit(FAILED) from None
    except OSError as error:
        _drop_output()
        say(f"the output cannot be written: {error}{(hint and f'; {hint}') or ''}")
        raise typer.Exit(USAGE) from None


def _drop_output() -> None:
    """See to it that what is left in the buffer does not raise when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
