"""Generating packages, in fresh processes: all, none, one more, and a part of a large document.

Ours makes the sandbox's models too, with a second tool; the peer makes the clients alone.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks import large
from benchmarks.processes import peak, process
from benchmarks.table import Row, compare

ROUNDS: Final = 7
ROOT: Final = Path(__file__).resolve().parents[1]
GENERATOR: Final = (sys.executable, "-m", "jobwait_generator")
PROVIDERS: Final = ("aitronos.yaml", "descripio.yaml", "docurift.yaml", "spideriq.yaml")
SCRIPTS: Final = Path(sysconfig.get_path("scripts"))


def rows() -> Iterator[Row]:
    """Measure on a copy of the documents, so that everything is written and nothing is lost."""
    with tempfile.TemporaryDirectory() as directory:
        copy, packages = Path(directory, "copy"), Path(directory, "stock")
        (copy / "specs").mkdir(parents=True)
        for name in (*PROVIDERS, "x-wait-for-completion.schema.json"):
            shutil.copy(_spec(name), copy / "specs")
        ours = process([*GENERATOR], directory=copy)
        theirs = _without(
            packages, process(*(stock(_spec(name), packages / name) for name in PROVIDERS))
        )
        yield compare(
            "regenerating all four packages / four runs of openapi-python-client generate",
            "ms CPU, whole",
            _without(copy / "generated", ours),
            theirs,
            rounds=ROUNDS,
            bound=0.4,
        )
        yield compare(
            "regenerating when nothing has changed / the same four runs",
            "ms CPU, whole",
            ours,
            theirs,
            rounds=ROUNDS,
            bound=0.05,
        )
        last = PROVIDERS[-1]
        fewer = Path(directory, "fewer")
        shutil.copytree(copy, fewer, ignore=shutil.ignore_patterns("generated", last))
        with_it = _without(copy / "generated", ours)
        without_it = _without(fewer / "generated", process([*GENERATOR], directory=fewer))
        one = _without(packages, process(stock(_spec(last), packages / last)))
        yield compare(
            "one more provider: all four less three / one run of openapi-python-client",
            "ms CPU, whole",
            lambda: with_it() - without_it(),
            one,
            rounds=ROUNDS,
            bound=0.5,
        )
        yield compare(
            "  the same, alone in a process: one made, three kept / the same",
            "ms CPU, whole",
            _without(copy / "generated" / f"{Path(last).stem}-client", ours),
            one,
            rounds=ROUNDS,
            bound=0.5,
        )
        yield from _large(copy, packages)


def _large(copy: Path, packages: Path) -> Iterator[Row]:
    """A package for one operation, where the peer makes one of the whole document."""
    spec = copy.parent / "large.json"
    spec.write_text(large.document())
    what = (
        f"one operation of a document of {spec.stat().st_size / 1e6:.0f} MB / the peer on all of it"
    )
    ours = [*GENERATOR, "build", f"--spec={spec}", "--name=large", f"--out={copy.parent}"]
    theirs = stock(spec, packages / "large")
    mine = copy.parent / "large-client"
    yield compare(
        what,
        "ms CPU, whole",
        _without(mine, process(ours, directory=copy)),
        _without(packages, process(theirs)),
        rounds=1,
    )
    yield compare(
        "  the same",
        "MB at most",
        _without(mine, peak(ours, copy)),
        _without(packages, peak(theirs)),
        rounds=1,
    )


def _spec(name: str) -> Path:
    return ROOT / "specs" / name


def stock(spec: Path, output: Path, *options: str) -> list[str]:
    """The command with which openapi-python-client generates a package on its own."""
    return [
        str(SCRIPTS / "openapi-python-client"),
        "generate",
        f"--path={spec}",
        f"--output-path={output}",
        *options,
    ]


def _without(folder: Path, measure: Callable[[], float]) -> Callable[[], float]:
    """Measure where a folder, the one that is written into, is empty."""

    def emptied() -> float:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return measure()

    return emptied
