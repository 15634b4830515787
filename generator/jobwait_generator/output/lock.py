"""What a package was made of: digests that tell, at the cost of reading, whether it is up to date.

This module imports nothing that takes time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..document.source import digest
from .files import files_of
from .tools import PINS

NAME: Final = "generation.lock"

_NO_LOCK: Final = (OSError, ValueError, KeyError, TypeError, RecursionError)


def inputs(command: str, sources: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """All that decides the bytes of a package; sources are pairs of a name and a digest."""
    return {
        "command": command,
        **{key: {"file": file, "sha256": sha256} for key, (file, sha256) in sources.items()},
        "generator": {"sha256": _generator_digest()},
        "tools": dict(PINS),
    }


def lock(inputs: Mapping[str, Any], claims: Mapping[str, str], files: Mapping[str, str]) -> str:
    """The lock file of a package.

    Args:
        inputs: What the package is made of.
        claims: What no other package may have, by the pointers of the document.
        files: The text of every other file of it.
    """
    digests = {name: digest(text.encode()) for name, text in sorted(files.items())}
    return json.dumps({**inputs, "claims": claims, "files": digests}, indent=2) + "\n"


def claims(directory: Path) -> dict[str, str]:
    """What the package in a folder claims for itself."""
    try:
        return dict(json.loads((directory / NAME).read_bytes())["claims"])
    except _NO_LOCK:
        return {}


def written(directory: Path) -> set[str] | None:
    """The files that the generator wrote into a folder; None where its lock cannot be read."""
    try:
        return {NAME, *json.loads((directory / NAME).read_bytes())["files"]}
    except _NO_LOCK:
        return None


def is_of(directory: Path, inputs: Mapping[str, Any]) -> bool:
    """Whether the package in a folder was made of the same documents, by whatever generator."""
    try:
        content = json.loads((directory / NAME).read_bytes())
        return all(content.get(key) == inputs.get(key) for key in ("document", "overlay"))
    except _NO_LOCK:
        return False


def is_current(directory: Path, inputs: Mapping[str, Any]) -> bool:
    """Whether the package in a folder is what `inputs` make, by its lock file."""
    try:
        content = json.loads((directory / NAME).read_bytes())
        files = dict(content["files"])
        return (
            content == {**inputs, "claims": content["claims"], "files": files}
            and not directory.is_symlink()
            and files_of(directory).keys() == {NAME, *files}
            and all(_has(directory / name, expected) for name, expected in files.items())
        )
    except _NO_LOCK:
        return False


def _has(path: Path, expected: str) -> bool:
    """Whether a file has this digest; no line end of Windows passes for another."""
    content = path.read_bytes()
    return not path.is_symlink() and b"\r" not in content and digest(content) == expected


def _generator_digest() -> str:
    """The digest of this distribution: all that has a say in what it writes."""
    root = Path(__file__).parents[1]
    paths = [path for ending in ("py", "jinja", "json") for path in root.rglob(f"*.{ending}")]
    parts = [
        part
        for path in sorted(paths, key=Path.as_posix)
        for part in (
            path.relative_to(root).as_posix().encode(),
            path.read_bytes().replace(b"\r\n", b"\n"),
        )
    ]
    return hashlib.sha256(b"".join(b"%d:" % len(part) + part for part in parts)).hexdigest()
