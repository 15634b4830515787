"""Each command on a page exists, with the options that it is given."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from jobwait_generator.cli import main as generate
from packaging.requirements import Requirement
from typer.testing import CliRunner

from jobwait.cli._commands import app as jobwait

from .blocks import ROOT, Block, blocks

KNOWN: Final = {
    *("apt-get", "cat", "cd", "curl", "export", "pre-commit", "sed", "source", "twine"),
}
"""Commands that are not ours."""
MODULES: Final = {
    *("benchmarks.plots", "build", "http.server", "jobwait.sandbox", "pip", "pytest", "venv"),
}
"""What stands after `python -m`."""
OTHERS: Final = {"acme-client", "build", "jobwait", "jobwait-generator", "nox", "twine"}
"""Distributions that are installed by their names."""
CONSOLE: Final = [
    (block, command)
    for block in blocks()
    if block.language == "console"
    for command, _ in block.commands
]


def words(command: str) -> list[str]:
    """The words of the first command of a line, without assignments and redirections."""
    first = re.split(r"\s+(?:>|<|\|)\s|\s+&&\s", command)[0]
    found = shlex.split(first, comments=True)
    while found and re.fullmatch(r"[A-Z_]+=\S*", found[0]):
        del found[0]
    return found


def sessions() -> Iterator[str]:
    """The names of all sessions of nox."""
    for node in ast.parse((ROOT / "noxfile.py").read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            given = re.search(r"name='([^']+)'", ast.unparse(node.decorator_list[0]))
            yield given[1] if given else node.name


def files_of(block: Block) -> set[str]:
    """What the reader has: files that the page prints, or says to save."""
    text = (ROOT / block.page).read_text(encoding="utf-8")
    return {*re.findall(r'title="([^"]+)"', text), *re.findall(r"Save this as `([^`]+)`", text)}


@pytest.mark.parametrize(("block", "command"), CONSOLE, ids=lambda value: str(value)[:60])
def test_every_command_exists_with_its_options(block: Block, command: str, tmp_path: Path) -> None:
    name, *arguments = words(command)
    # Commands read their other arguments before they help.
    if name == "jobwait":
        assert CliRunner().invoke(jobwait, [*arguments, "--help"]).exit_code == 0, block.place
    elif name == "jobwait-generate":
        assert generate([*arguments, "--help"], tmp_path) == 0, block.place
    elif name == "nox":
        known = {*sessions(), "dev"}
        names = arguments[arguments.index("-s") + 1 :] if "-s" in arguments else []
        for session in names[: names.index("--")] if "--" in names else names:
            assert session.partition("-3.")[0] in known, f"{block.place}: no session {session}"
    elif name == "python" and arguments[0] == "-m":
        assert arguments[1] in MODULES, block.place
        if arguments[1:3] == ["pip", "install"]:
            installs(block, arguments[3:])
    elif name == "pip":
        installs(block, arguments[1:])
    elif name == "python":
        assert arguments[0] == "-c" or arguments[0] in files_of(block), block.place
    else:
        assert name in KNOWN, block.place


def installs(block: Block, arguments: list[str]) -> None:
    """Check that what is installed is there, with its extras."""
    options = {"-c", "--index-url"}
    for before, argument in pairwise(["", *arguments]):
        if argument.startswith("-") or before in options:
            continue
        path, _, extra = argument.partition("[")
        if not path.startswith("."):
            assert Requirement(argument).name in OTHERS, block.place
            continue
        if path != "./acme-client":  # made in the tutorial
            project = (ROOT / path / "pyproject.toml").read_text(encoding="utf-8")
            assert all(f"\n{one} = [" in project for one in extra.rstrip("]").split(",") if one)
