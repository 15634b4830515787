"""The tutorial and the first program, done as they are printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import jsonschema
import pytest
import yaml

from .blocks import ROOT, Block, blocks, blocks_of

BIN: Final = Path(sys.executable).parent
SCHEMA: Final = ROOT / "specs" / "x-wait-for-completion.schema.json"
INSTALL: Final = ("python -m venv", "source ", "python -m pip install './generator'")
"""Commands that make an environment: the tests have one."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of an environment that packages can be installed into, with all that this one has."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    [packages] = folder.glob("[Ll]ib/**/site-packages")
    parent = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (packages / "parent.pth").write_text(parent)
    path = os.pathsep.join((str(folder / "bin"), str(BIN), os.environ["PATH"]))
    return os.environ | {"VIRTUAL_ENV": str(folder), "PATH": path, "NO_COLOR": "1"}


def run(command: str, cwd: Path, environment: dict[str, str]) -> str:
    """What a command prints."""
    if command.startswith(INSTALL):
        return ""
    offline = "uv pip install --no-build-isolation --no-deps --offline"
    done = subprocess.run(
        ["bash", "-c", command.replace("python -m pip install", offline)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def test_the_tutorial_prints_what_it_says(tmp_path: Path, environment: dict[str, str]) -> None:
    for block in blocks_of(ROOT / "docs" / "tutorial.md"):
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command, expected in block.commands:
                assert run(command, tmp_path, environment) == expected, command


def test_the_program_of_the_tutorial_has_the_types_that_it_says(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    [program] = [one for one in blocks_of(ROOT / "docs/tutorial.md") if one.title == "wait.py"]
    for block in blocks_of(ROOT / "docs" / "tutorial.md"):
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    for command in (
        "jobwait-generate suggest --spec acme.yaml > acme.overlay.yaml",
        "jobwait-generate build --spec acme.yaml --overlay acme.overlay.yaml --name acme --out .",
    ):
        run(command, tmp_path, environment)
    mypy = (
        f"MYPYPATH=acme-client {sys.executable} -m mypy --strict --no-incremental {program.title}"
    )
    assert "Success: no issues found" in run(mypy, tmp_path, environment)


def test_the_first_program_prints_what_it_says(tmp_path: Path, environment: dict[str, str]) -> None:
    found = [*blocks_of(ROOT / "docs" / "index.md")]
    [program] = [one for one in found if "sandbox.run()" in one.text]
    [shown] = [one for one in found if "first.py" in one.text]
    (tmp_path / "first.py").write_text(program.text, encoding="utf-8")
    for command, expected in shown.commands:
        assert run(command, tmp_path, environment) == expected


DATA: Final = [block for block in blocks() if block.language in ("json", "yaml", "toml")]


@pytest.mark.parametrize("block", DATA, ids=lambda block: block.place)
def test_every_block_of_data_can_be_read(block: Block) -> None:
    readers: dict[str, Any] = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}
    value = readers[block.language](block.text)
    if block.text.startswith("x-wait-for-completion:"):
        jsonschema.validate(value["x-wait-for-completion"], json.loads(SCHEMA.read_text()))


def test_every_block_says_what_it_is() -> None:
    checked = {"python", "console", "json", "yaml", "toml", "text"}
    assert [block.place for block in blocks() if block.language not in checked] == []


def test_a_command_that_prints_something_else_is_noticed(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    word = uuid4().hex
    assert run(f"echo {word}", tmp_path, environment) == f"{word}\n"
    assert re.search("not found", run(word, tmp_path, environment))
