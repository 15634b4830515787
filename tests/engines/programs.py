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
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

ROOT: Final = Path(__file__).parents[2]
MARK: Final = "JOBWAIT_ENGINES_TEST"
"""The variable by which all that was started is found again."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until(condition: Callable[[], Any], what: str, *, seconds: float = 60.0) -> None:
    """Wait until something is so, and fail with its name if it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody answers at a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def needs(program: str, package: str) -> str:
    """The path of a program from a package of Debian; where it is missing, the test says so.

    On a machine of CI, which has the variable CI, it fails.
    """
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/lib/rabbitmq/bin")
    if path is None:
        install = f"apt-get install -y --no-install-recommends {package}"
        message = f"{program} is not installed; as root: {install}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


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

    def wait(self, seconds: float) -> int:
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
        self._mark: Final = uuid4().hex
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

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run a Python program to its end, and return what it printed."""
        program = self.python(*arguments, env=env)
        assert program.wait(120) == 0, program.output
        return program.output

    def stop(self) -> None:
        """End all that was started, and check that nothing of it is left."""
        for program in reversed(self.started):
            program.stop()
        until(lambda: not list(self.left()), f"all ended but {list(self.left())}", seconds=10)

    def left(self) -> Iterator[str]:
        """What still runs of it, wherever it was put."""
        mark = f"{MARK}={self._mark}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    yield f"{process.name} {command}"
