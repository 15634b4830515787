"""The Node.js programs that the conformance tests run, installed as package-lock.json says."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
OLDEST_NODE = (20, 19)


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> Path:
    """The folder of the programs, kept in pytest's cache as long as package-lock.json stays."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        _give_up(f"{'node' if node is None else 'npm'} is not on the PATH")
    version = subprocess.check_output([node, "--version"], text=True)
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_NODE:
        _give_up(f"this is node {version.strip()}")

    lock = (HERE / "package-lock.json").read_bytes()
    assert pytestconfig.cache
    folder = pytestconfig.cache.mkdir(f"conformance-{hashlib.sha256(lock).hexdigest()[:12]}")
    # npm writes this file last, so an installation that was broken off is done again.
    if not (folder / "node_modules" / ".package-lock.json").exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.exit(f"npm cannot install Redocly and Prism:\n{done.stderr}", returncode=1)
    return folder / "node_modules" / ".bin"


def _give_up(reason: str) -> NoReturn:
    oldest = ".".join(map(str, OLDEST_NODE))
    pytest.exit(
        f"The conformance tests need Node.js {oldest} or later, with npm: {reason}."
        " https://nodejs.org has it.",
        returncode=1,
    )
