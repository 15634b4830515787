"""Both type checkers accept a package whose methods are called as builtins are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..generator.test_generator_normal_form import document
from ..generator.test_generator_operations import LINKS, linked
from ..kit.packages import Packages


@pytest.mark.parametrize(
    "command",
    [("mypy", "--strict", "--cache-dir"), ("pyright", "--pythonpath", sys.executable, "--project")],
    ids=["mypy", "pyright"],
)
def test_a_method_called_list_does_not_hide_the_builtin(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    packages = Packages(tmp_path / "packages")
    (provider,) = packages.write(document(linked(**LINKS), "linked"))
    package = str(packages.root / provider.package)
    packages.forget()
    config = {"typeCheckingMode": "strict", "include": [package]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    files = [package] if "mypy" in command else []

    result = subprocess.run(
        [sys.executable, "-m", *command, str(tmp_path), *files], capture_output=True, text=True
    )

    assert result.returncode == 0, result.stdout
