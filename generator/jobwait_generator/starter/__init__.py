"""Starting a project of one's own: specs/, a README, a noxfile, and CI that checks for drift."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Final

from ..console import Console
from ..document.document import SCHEMA
from ..output.folders import ObstacleError, write_file

_FILES: Final = {
    ".github/workflows/check.yml": "check.yml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
    "noxfile.py": "noxfile",
    "specs/README.md": "specs.md",
}
"""Where each file of this folder goes."""


def start(root: Path, console: Console) -> int:
    """Write what a project starts with; files that stand there already are not touched.

    Raises:
        ObstacleError: One of the files is there, and is another.
        OSError: Something cannot be written.
    """
    here = Path(__file__).parent
    words = {"version": version("jobwait-generator")}
    contents = {
        name: Template((here / file).read_text("utf-8")).substitute(words).encode()
        for name, file in _FILES.items()
    }
    contents[f"specs/{SCHEMA.name}"] = SCHEMA.read_bytes()
    missing = {n: c for n, c in contents.items() if not _has(root / n, c)}
    if taken := [root / name for name in missing if (root / name).exists()]:
        raise ObstacleError(dict.fromkeys(taken, "this is there already; move it away"))
    for name, content in missing.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_file(root / name, content)
        console.say(f"{name}: new")
    console.say("next: jobwait-generate add NAME --spec FILE")
    return 0


def _has(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
