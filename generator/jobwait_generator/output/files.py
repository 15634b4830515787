"""Comparing what should stand on disk with what does."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple


class Difference(NamedTuple):
    """A file that is not as the generator writes it."""

    path: str
    kind: str
    """`edited`, `emptied`, `missing` or `extra`."""


def compare(
    files: dict[str, str], directory: Path, others: Collection[str] = ()
) -> list[Difference]:
    """Every difference between `files` and what stands below `directory`, sorted.

    A symlink is one, wherever it leads. Nobody looks into the folders called `others`.

    Raises:
        OSError: Something cannot be read, or `directory` is no folder.
    """
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise NotADirectoryError(None, "this is no folder; move it away", str(directory))
    paths: dict[str, Path] = {}
    for top in directory.iterdir() if directory.exists() else ():
        if top.name.startswith(".") or top.name == "__pycache__":
            continue
        if top.is_symlink() or not top.is_dir():
            paths[top.name] = top
        elif top.name not in others:
            paths |= {f"{top.name}/{name}": path for name, path in files_of(top).items()}
    result = [Difference(name, "extra") for name in paths.keys() - files.keys()]
    for name, text in files.items():
        if name not in paths:
            result.append(Difference(name, "missing"))
        elif paths[name].is_symlink() or not paths[name].is_file():
            result.append(Difference(name, "edited"))
        elif (content := paths[name].read_bytes()) != text.encode():
            result.append(Difference(name, "edited" if content else "emptied"))
    return sorted(result)


def files_of(package: Path) -> dict[str, Path]:
    """The files of a package, by their names in it, but for those that other tools leave."""
    return {
        path.relative_to(package).as_posix(): path
        for path in package.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and not _is_left(path, package)
    }


def is_left_by_tools(name: str) -> bool:
    """Whether something at the top of a package is another tool's: a build, a repository."""
    return name in ("build", "dist") or name.startswith(".") or name.endswith(".egg-info")


def _is_left(path: Path, package: Path) -> bool:
    parts = path.relative_to(package).parts
    return "__pycache__" in parts or is_left_by_tools(parts[0])
