"""Both type checkers refuse every line of mistakes.py that is marked so, and no other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

MISTAKES = Path(__file__).with_name("mistakes.py")
MARKED = {
    number
    for number, line in enumerate(MISTAKES.read_text(encoding="utf-8").splitlines(), 1)
    if line.endswith("# error")
}


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_mypy_refuses_each_mistake() -> None:
    text = output("mypy", "--strict", "--no-pretty", "--config-file=", str(MISTAKES))
    assert {int(line) for line in re.findall(r"mistakes\.py:(\d+): error", text)} == MARKED


def test_pyright_refuses_each_mistake(tmp_path: Path) -> None:
    # In a folder of its own: the settings of this project have pyright pass the file over.
    shutil.copy(MISTAKES, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    options = ("--outputjson", "--pythonpath", sys.executable, "--project", str(tmp_path))
    report = json.loads(output("pyright", *options))
    lines = {
        entry["range"]["start"]["line"] + 1
        for entry in report["generalDiagnostics"]
        if entry["severity"] == "error"
    }
    assert lines == MARKED
