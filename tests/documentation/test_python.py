"""Each block of Python is checked by mypy, and run as it is printed."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import jobwait
import jobwait.sandbox

from .blocks import ROOT, Block, blocks
from .provider import everywhere

AIRFLOW: Final = "airflow"
"""Blocks that import it are tested where it is installed: in tests/engines/airflow."""
NEED_MORE: Final = {
    "celery_shop": "a broker",
    "shared_quota": "Redis",
    "aiohttp.ClientSession": "a provider that is not behind a proxy",
    "proxy.example": "a proxy of that name",
}
"""Words of programs that are not run here, and what they need; mypy reads them all the same."""
PYTHON: Final = [
    block
    for block in blocks()
    if block.language == "python" and AIRFLOW not in block.text and block.included is None
]
PROGRAMS: Final = [
    block
    for block in PYTHON
    if not any(word in block.text for word in NEED_MORE) and not block.title
]
MYPY: Final = """\
[mypy]
strict = true
python_version = 3.11
explicit_package_bases = true
disallow_untyped_decorators = false
mypy_path = {recipes}:{folder}

[mypy-vcr.*]
ignore_missing_imports = true
"""
SURROUNDINGS: Final = """\
import json
from contextlib import aclosing

import docurift_client

import jobwait
import jobwait.sandbox

client = docurift_client.Client("key")
async_client = docurift_client.AsyncClient("key")
job_ids = ["job_abc123", "job_def456"]
waits = [jobwait.Wait.start(client.jobs, job_id) for job_id in job_ids]
"""
"""What the examples in docstrings take for granted."""


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with everywhere(tmp_path_factory.mktemp("provider")) as environment:
        yield {
            name: value for name, value in os.environ.items() if name != "NO_PROXY"
        } | environment


def test_every_block_of_python_has_the_types_that_it_says(tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"
    config.write_text(MYPY.format(recipes=ROOT / "docs/recipes", folder=tmp_path))
    for block in PYTHON:
        if not block.title:
            (tmp_path / f"{block.name}.py").write_text(block.text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--no-incremental"]
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.place)
def test_every_program_runs_as_it_is_printed(
    block: Block, internet: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / f"test_{block.name}.py"
    file.write_text(block.text, encoding="utf-8")
    run = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if "def test_" in block.text else []
    done = subprocess.run(
        [sys.executable, *run, str(file)],
        cwd=tmp_path,
        env=internet,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def examples() -> Iterator[tuple[str, str]]:
    """The indented blocks in the docstrings of what is public, by its name."""
    public = {f"jobwait.{name}": getattr(jobwait, name) for name in dir(jobwait)}
    public["jobwait.sandbox.run"] = jobwait.sandbox.run
    for name, value in public.items():
        text = inspect.getdoc(value) or ""
        if name == f"jobwait.{getattr(value, '__name__', '')}" or name.startswith(
            "jobwait.sandbox"
        ):
            for block in re.findall(r"\n\n((?:    .*(?:\n|$))+)", text):
                yield name, textwrap.dedent(block)


def test_every_example_in_a_docstring_has_types_that_fit(tmp_path: Path) -> None:
    found = [*examples()]
    assert len({name for name, _ in found}) >= 10
    lines = SURROUNDINGS.splitlines()
    for number, (name, block) in enumerate(found):
        lines += ["", "", f"async def example_{number}() -> None:", f'    """Of {name}."""']
        lines += textwrap.indent(block, "    ").splitlines()
    file = tmp_path / "examples.py"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + file.read_text()


def test_every_file_that_a_page_shows_is_tested_as_a_recipe() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests/engines").glob("*.py"))
    for block in blocks():
        if block.included is not None and block.language == "python":
            name = Path(block.included).stem
            assert name in tests, f"{block.place} shows {block.included}, which no test runs"
