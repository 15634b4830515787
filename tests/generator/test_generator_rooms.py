"""Imports go one way: down the rooms of the generator, and never in a circle."""

from __future__ import annotations

import ast
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from .conftest import ROOT

PACKAGE: Final = ROOT / "generator" / "jobwait_generator"
ROOMS: Final = (
    *("problems", "document", "model", "normalise", "check", "parse", "emit", "changes"),
    *("output", "pipeline", "suggest", "download", "inputs", "project", "revisions"),
    *("comparison", "console", "starter", "commands", "releases", "cli", "__main__"),
)
"""Each may import from itself and from those before it."""
ALLOWED: Final = {
    "generated": {"attrs", "jobwait", "pydantic"},
    "generator/jobwait_generator": {
        *("datamodel_code_generator", "griffe", "jinja2", "jsonpath_rfc9535", "jsonschema"),
        *("openapi_python_client", "pydantic", "typer", "yaml"),
    },
}
"""What each folder imports of other distributions; that of the layer stands in `test_public`."""


MODULES: Final = {
    path.relative_to(PACKAGE).with_suffix("").parts: path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}
"""The files of the modules, by their names relative to their package."""


@cache
def imported(module: tuple[str, ...]) -> set[tuple[str, ...]]:
    """What a module imports, wherever the import stands."""
    package = module[:-1]
    result: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) + 1 - node.level]
            target = (*base, *(node.module or "").split(".")) if node.module else base
            for alias in node.names:
                inner = (*target, alias.name)
                result.add(inner if inner in MODULES else target)
    return result


def test_every_module_stands_in_a_room() -> None:
    assert {module[0] for module in MODULES} == {*ROOMS}


@pytest.mark.parametrize("module", MODULES, ids="/".join)
def test_a_module_imports_from_its_room_and_those_below(module: tuple[str, ...]) -> None:
    below = ROOMS[: ROOMS.index(module[0]) + 1]

    assert [target for target in imported(module) if target[0] not in below] == []


def test_no_modules_import_each_other() -> None:
    graph = {module: imported(module) for module in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_distribution_imports_only_what_is_below_it(folder: str) -> None:
    paths = [*(ROOT / folder).rglob("*.py")]
    assert paths
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [str(node.module)]
            tops = {module.partition(".")[0] for module in modules}
            assert tops <= sys.stdlib_module_names | ALLOWED[folder] | {Path(folder).name}, path
