"""What needs a fresh process: imports, the first client of a process, the way to the first job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from resource import struct_rusage
from typing import Final

from benchmarks import server
from benchmarks.table import Row, compare

ROUNDS: Final = 15
# Isolated, so that these processes meet the installed packages and not a checkout around them.
PYTHON: Final = (sys.executable, "-I", "-c")
# `import httpx` loads its command line where click and rich are installed, as they are here for the
# generators' sake. None in their place makes it the import of a user who has only httpx.
BARE: Final = "import sys; sys.modules['click'] = None"


def rows() -> Iterator[Row]:
    """Measure in fresh processes."""
    httpx = timed(BARE, "import httpx")
    yield compare(
        "import docurift_client / import httpx",
        "ms CPU",
        timed("import docurift_client"),
        httpx,
        rounds=ROUNDS,
        bound=0.05,
    )
    client = "from docurift_client import Client"
    yield compare(
        f"{client} / import httpx", "ms CPU", timed(client), httpx, rounds=ROUNDS, bound=0.5
    )
    # What a client imports when it is made is no part of this, so it is imported before.
    loaded = "import httpx, httpcore; from docurift_client import Client"
    one = "Client('key')"
    yield compare(
        "the second Client(...) in a process / the first",
        "ms CPU",
        timed(loaded, one, one),
        timed(loaded, one),
        rounds=ROUNDS,
        bound=0.05,
    )
    with server.running() as url:
        get_job = f"{client}; Client('key', base_url='{url}').jobs.get_job('after-1')"
        get = f".get('{url}{server.PATH}1', headers={{'X-API-Key': 'key'}}).json()"
        ours = process([*PYTHON, f"{BARE}; {get_job}"])
        yield compare(
            "process to the first typed get_job / to httpx.Client().get(...).json()",
            "ms CPU, whole",
            ours,
            process([*PYTHON, f"{BARE}; import httpx; httpx.Client(){get}"]),
            rounds=ROUNDS,
            bound=1.2,
        )
        yield compare(
            "  the same / to httpx.Client(verify=False)..., which loads no certificates",
            "ms CPU, whole",
            ours,
            process([*PYTHON, f"{BARE}; import httpx; httpx.Client(verify=False){get}"]),
            rounds=ROUNDS,
        )


def timed(*statements: str) -> Callable[[], float]:
    """Milliseconds of the last statement in a fresh interpreter, after the ones before it."""
    *before, last = statements
    program = "\n".join(
        (
            "from time import process_time",
            *before,
            "started = process_time()",
            last,
            "print((process_time() - started) * 1e3)",
        )
    )

    def measure() -> float:
        done = subprocess.run([*PYTHON, program], stdout=subprocess.PIPE, check=True)
        return float(done.stdout)

    return measure


def process(*commands: list[str], directory: Path | None = None) -> Callable[[], float]:
    """Milliseconds of processes, one after the other, each from its start to its end."""

    def measure() -> float:
        used = [_usage(command, directory) for command in commands]
        return sum(usage.ru_utime + usage.ru_stime for usage in used) * 1e3

    return measure


def peak(command: list[str], directory: Path | None = None) -> Callable[[], float]:
    """Megabytes of the memory of a process, where it has the most."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return lambda: _usage(command, directory).ru_maxrss / unit


def _usage(command: list[str], directory: Path | None) -> struct_rusage:
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=directory)
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise subprocess.CalledProcessError(started.returncode, command)
    return usage
