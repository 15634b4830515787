"""Programs that a test starts on loopback, and ends whatever happens."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import SystemRandom
from typing import Any, Final, NoReturn
from uuid import uuid4

import pytest

ROOT: Final = Path(__file__).parents[2]
MARK: Final = "JOBWAIT_ENGINES_TEST"
"""The variable by which all that was started is found again."""
PATIENCE: Final = 180.0
"""Seconds for what takes a few on a machine that does nothing else."""
PORTS: Final = range(20_000, 32_000)
"""Linux makes none of these the near end of a connection, so that none is taken by chance."""

_random: Final = SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    while True:
        port = _random.choice(PORTS)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def until(condition: Callable[[], Any], what: str, *programs: Program) -> None:
    """Wait until something is so; fail where it takes too long, or a program ends meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        ended = [program for program in programs if not program.runs]
        if ended or time.monotonic() > deadline:
            printed = "\n\n".join(program.output for program in ended or programs)
            raise AssertionError(f"it did not come to this: {what}\n{printed}")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody answers at a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def needs(program: str, package: str) -> str:
    """The path of a program from a package of Debian."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/lib/rabbitmq/bin")
    if path is None:
        missing(program, f"as root: apt-get install -y --no-install-recommends {package}")
    return path


def missing(what: str, advice: str) -> NoReturn:
    """Skip a test, in words that say how to get what it needs.

    On a machine of CI, which has the variable CI, it fails.
    """
    message = f"{what} is not here; to have it, run {advice}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class Program:
    """A program in a session of its own, whose output is kept in a file."""

    def __init__(
        self, command: tuple[str, ...], process: subprocess.Popen[bytes], log: Path
    ) -> None:
        self.command: Final = command
        self._process: Final = process
        self._log: Final = log
        self._ended = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float = PATIENCE) -> int:
        """The exit code, once it has ended by itself."""
        return self._process.wait(seconds)

    def kill(self) -> None:
        """End it, and all that it started, as a crash does."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._ended = True  # the number may be another's from now on

    def stop(self, seconds: float = 20.0) -> None:
        """End it as a system does."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if not self._ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


class Programs:
    """Starts programs, and ends them all."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        # What a program of these starts has a longer one.
        self._mark: Final = f"{os.environ.get(MARK, '')}/{uuid4().hex}"
        self.started: Final[list[Program]] = []

    def start(self, *command: str, env: Mapping[str, str] | None = None) -> Program:
        log = self.folder / f"{len(self.started)}-{Path(command[0]).name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {}), MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(Program(command, process, log))
        return self.started[-1]

    def python(self, *arguments: str, env: Mapping[str, str] | None = None) -> Program:
        return self.start(sys.executable, *arguments, env=env)

    def finish(self, program: Program) -> str:
        """Let a program run to its end, and return what it printed."""
        assert program.wait() == 0, program.output
        return program.output

    def stop(self) -> None:
        """End all that was started, and check that nothing of it is left."""
        for program in reversed(self.started):
            program.stop()
        with contextlib.suppress(AssertionError):
            until(lambda: not self.left(), "nothing is left")
        left = self.left()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert not left, f"these ran on, and were killed: {left}"

    def left(self) -> dict[int, str]:
        """The processes that still run, wherever they were put, with their commands."""
        mark = f"{MARK}={self._mark}".encode()
        found: dict[int, str] = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                variables = (process / "environ").read_bytes().split(b"\0")
                if any(variable.startswith(mark) for variable in variables):
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(process.name)] = command.decode(errors="replace")
        return found
