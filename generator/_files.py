"""Comparing what should stand on disk with what does, and writing the difference."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Difference(NamedTuple):
    """A file that is not as the generator writes it."""

    path: str
    kind: str
    """`edited`, `emptied`, `missing` or `extra`."""


def compare(files: dict[str, str], directory: Path) -> list[Difference]:
    """Every difference between `files` and what stands below `directory`, sorted.

    A symlink is one, wherever it leads.

    Raises:
        OSError: Something cannot be read, or `directory` is no folder.
    """
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise NotADirectoryError(None, "this is no folder; move it away", str(directory))
    found = {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and not _left_by_a_build(path, directory)
    }
    result = [Difference(name, "extra") for name in found.keys() - files.keys()]
    for name, text in files.items():
        if name not in found:
            result.append(Difference(name, "missing"))
        elif found[name].is_symlink() or not found[name].is_file():
            result.append(Difference(name, "edited"))
        elif (content := found[name].read_bytes()) != text.encode():
            result.append(Difference(name, "edited" if content else "emptied"))
    return sorted(result)


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


def _left_by_a_build(path: Path, directory: Path) -> bool:
    parts = path.relative_to(directory).parts
    return "__pycache__" in parts or parts[1:2] in (("build",), ("dist",))


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
