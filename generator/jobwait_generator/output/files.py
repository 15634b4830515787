"""Comparing what should stand on disk with what does, and writing the difference."""

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
    found: dict[str, Path] = {}
    for top in directory.iterdir() if directory.exists() else ():
        if top.is_symlink() or not top.is_dir():
            found[top.name] = top
        elif top.name not in (*others, "__pycache__"):
            found |= {f"{top.name}/{name}": path for name, path in found_in(top).items()}
    result = [Difference(name, "extra") for name in found.keys() - files.keys()]
    for name, text in files.items():
        if name not in found:
            result.append(Difference(name, "missing"))
        elif found[name].is_symlink() or not found[name].is_file():
            result.append(Difference(name, "edited"))
        elif (content := found[name].read_bytes()) != text.encode():
            result.append(Difference(name, "edited" if content else "emptied"))
    return sorted(result)


def found_in(package: Path) -> dict[str, Path]:
    """The files of a package, by their names in it, but for those that a build leaves."""
    return {
        path.relative_to(package).as_posix(): path
        for path in package.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and not _left_by_a_build(path, package)
    }


def write(files: dict[str, str], directory: Path, differences: list[Difference]) -> None:
    """Make `directory` hold `files` and nothing else.

    Raises:
        OSError: Something cannot be written.
    """
    # What is extra goes first: a symlink, or a file, may stand where a folder belongs.
    for name, kind in sorted(differences, key=lambda difference: difference.kind != "extra"):
        path = directory / name
        if kind == "extra":
            path.unlink()
            _remove_empty(path.parent, directory)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, files[name].encode())


def _left_by_a_build(path: Path, package: Path) -> bool:
    parts = path.relative_to(package).parts
    return "__pycache__" in parts or parts[0] in ("build", "dist")


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and never through a link."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        with new.open("xb") as file:
            file.write(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _remove_empty(path: Path, root: Path) -> None:
    while path != root and not any(path.iterdir()):
        path.rmdir()
        path = path.parent
