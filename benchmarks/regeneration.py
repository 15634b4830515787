"""Generating the four packages, in fresh processes and into empty folders.

Ours makes the sandbox's models too, with a second tool; the peer makes the clients alone.
"""

from __future__ import annotations

import compileall
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.processes import process
from benchmarks.table import Row, compare

ROUNDS: Final = 7
ROOT: Final = Path(__file__).resolve().parents[1]
SCRIPTS: Final = Path(sysconfig.get_path("scripts"))


def rows() -> Iterator[Row]:
    """Measure on a copy of the checkout, so that everything is written and nothing is lost."""
    with tempfile.TemporaryDirectory() as directory:
        copy, packages = Path(directory, "copy"), Path(directory, "stock")
        for folder in ("generator", "specs"):
            shutil.copytree(ROOT / folder, copy / folder)
        # As pip has done with the peer, and the first run in a checkout does, unless told not to.
        compileall.compile_dir(copy / "generator", quiet=1)
        providers = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
        yield compare(
            "regenerating all four packages / four runs of openapi-python-client generate",
            "ms CPU, whole",
            _into_nothing(
                copy / "generated", process([sys.executable, "-m", "generator"], directory=copy)
            ),
            _into_nothing(packages, process(*(stock(name, packages / name) for name in providers))),
            rounds=ROUNDS,
            bound=0.4,
        )


def stock(provider: str, output: Path, *options: str) -> list[str]:
    """The command with which openapi-python-client generates a package on its own."""
    return [
        str(SCRIPTS / "openapi-python-client"),
        "generate",
        f"--path={ROOT / 'specs' / provider}.yaml",
        f"--output-path={output}",
        *options,
    ]


def _into_nothing(folder: Path, measure: Callable[[], float]) -> Callable[[], float]:
    def emptied() -> float:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return measure()

    return emptied
