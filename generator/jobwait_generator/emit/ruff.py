"""The last steps on the text: ruff, and a look at what came out."""

from __future__ import annotations

import ast
import os
import subprocess
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

_OPTIONS: Final = ("--isolated", "--no-cache", "--quiet", "--line-length=100")
# No text of a document can switch a rule off in the code made of it: such comments are ignored.
_LINT: Final = ("--target-version=py311", "--fix", "--select=F,I", "--ignore-noqa")
_MODULES: Final = frozenset(
    {
        *("__future__", "builtins", "collections.abc", "datetime", "enum", "functools"),
        *("importlib", "typing", "typing_extensions", "uuid"),
        *("attrs", "jobwait", "pydantic"),
    }
)
"""What generated code may import."""
_CALLS: Final = frozenset(
    {
        *("AttributeError", "ImportError", "__init__", "getattr", "globals", "import_module"),
        *("int", "map", "sorted", "split", "super"),
        *("ClientConfig", "Credential", "JobOperation", "Operation", "Part", "Polling"),
        *("Provider", "WaitErrors", "Waitable", "wait_for_completion"),
        *("_call", "_get_job", "_get_raw", "_result"),
        *("ConfigDict", "Field", "field", "frozen", "model_rebuild"),
    }
)
"""What it may call, beside its own resources."""


class FormatError(Exception):
    """The generated code is not what it should be: an error in this generator."""


def formatted(files: dict[str, str]) -> dict[str, str]:
    """All files of all packages, in one run of ruff over a directory of their own."""
    python = [name for name in files if name.endswith(".py")]
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name in python:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name].encode())
        _ruff("check", *_OPTIONS, *_LINT, cwd=root)
        _ruff("format", *_OPTIONS, "--target-version=py311", cwd=root)
        return {
            name: (root / name).read_bytes().decode() if name in python else text
            for name, text in files.items()
        }


def verify(name: str, text: str) -> None:
    """Refuse a module that does more than declare: the last line of defence.

    Raises:
        FormatError: A document's words have become code.
    """
    for node in ast.walk(ast.parse(text)):
        foreign = ""
        if isinstance(node, ast.Import):
            foreign = next((alias.name for alias in node.names if alias.name not in _MODULES), "")
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module not in _MODULES:
            foreign = str(node.module)
        elif isinstance(node, ast.Call):
            function = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            called = ast.unparse(function).rpartition(".")[2]
            if called not in _CALLS and not called.endswith(("Resource", "WithRawResponse")):
                foreign = called
        if foreign:
            line = getattr(node, "lineno", 0)
            text = f"generated code uses `{foreign}`, which is not on the allow-list"
            raise FormatError(f"{name}:{line}  {text}")


def _ruff(*arguments: str, cwd: Path) -> None:
    # Variables of ruff's own would change what it does.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RUFF_")}
    find: Callable[[], str] = import_module("ruff").find_ruff_bin  # it ships no types
    result = subprocess.run(
        [find(), *arguments, "."],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if result.returncode:
        raise FormatError(f"ruff {arguments[0]} failed:\n{result.stdout}{result.stderr}")
