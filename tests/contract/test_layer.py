"""A package beside a layer of another release: refused in words, or taken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import jobwait


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own that looks for modules in a folder first."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def layer(folder: Path, release: str) -> Path:
    """A copy of the installed layer that calls itself another release."""
    shutil.copytree(Path(jobwait.__file__).parent, folder / "jobwait")
    (folder / "jobwait/_version.py").write_text(f"__version__ = {release!r}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("release", ["0.0.9", "0.1", "0.1.0", "0.1.27.dev3"])
def test_a_layer_that_is_too_old_is_refused_at_import(tmp_path: Path, release: str) -> None:
    result = run("import docurift_client", layer(tmp_path, release))

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        f"ImportError: docurift-client {version('docurift-client')} needs jobwait>=0.2,<1, "
        f"but jobwait {release} is installed; "
        'run: python -m pip install "jobwait>=0.2,<1"'
    )


def test_even_a_layer_that_has_nothing_but_its_version_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "jobwait.py").write_text("__version__ = '0.1.0'\n", encoding="utf-8")

    assert "but jobwait 0.1.0 is installed" in run("import docurift_client", tmp_path).stderr


@pytest.mark.parametrize("release", ["0.2", "0.2.0rc1", "0.10.3"])
def test_a_layer_that_is_new_enough_is_taken(tmp_path: Path, release: str) -> None:
    code = "import jobwait; from docurift_client import Client; print(jobwait.__version__)"

    assert run(code, layer(tmp_path, release)).stdout == f"{release}\n"


def test_a_version_of_the_layer_begins_with_two_numbers() -> None:
    assert all(part.isdecimal() for part in jobwait.__version__.split(".")[:2])
