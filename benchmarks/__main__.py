"""The command: `python -m benchmarks`."""

from __future__ import annotations

import os
import platform
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import chain

from benchmarks import calls, connections, processes, regeneration, schedules
from benchmarks.scale import Scale
from benchmarks.table import HEADING, LEGEND

PACKAGES = ("jobwait", "docurift-client", "aiohttp", "httpx", "openapi-python-client", "ruff")


def main() -> None:
    """Measure everything, and print each row as soon as there is one."""
    # openapi-python-client calls ruff by its name, also where this environment is not activated.
    os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    print(
        f"{platform.python_implementation()} {platform.python_version()} on "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    )
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print(f"\n{HEADING}", flush=True)
    with ThreadPoolExecutor() as background:
        slow = background.submit(connections.row)  # takes 20 s, nearly all of them asleep
        for row in chain(processes.rows(), calls.rows(), regeneration.rows()):
            print(row, flush=True)
        print(slow.result(), flush=True)
    # Alone: how late a poll is depends on what else the machine does.
    scale = Scale()
    for row in chain(schedules.rows(), scale.rows()):
        print(row, flush=True)
    print(f"\n{LEGEND}", flush=True)
    for line in scale.table():
        print(line, flush=True)


if __name__ == "__main__":
    main()
