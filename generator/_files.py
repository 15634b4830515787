"""Comparing what should stand on disk with what does, and writing the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

_LEFTOVERS: Final = frozenset({"__pycache__", "build", "dist"})


class Difference(NamedTuple):
    """A file that is not as the generator writes it."""

    path: str
    kind: str
    """`edited`, `emptied`, `missing` or `extra`."""


def compare(files: dict[str, str], directory: Path) -> list[Difference]:
    """Every difference between `files` and what stands below `directory`, sorted."""
    found = {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if not path.is_dir() and not _LEFTOVERS.intersection(path.relative_to(directory).parts)
    }
    result = [Difference(name, "extra") for name in found.keys() - files.keys()]
    for name, text in files.items():
        if name not in found:
            result.append(Difference(name, "missing"))
        elif (content := found[name].read_bytes()) != text.encode():
            result.append(Difference(name, "edited" if content else "emptied"))
    return sorted(result)


def write(files: dict[str, str], directory: Path, differences: list[Difference]) -> None:
    """Make `directory` hold `files` and nothing else."""
    for name, kind in differences:
        path = directory / name
        if kind == "extra":
            path.unlink()
            _remove_empty(path.parent, directory)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name].encode())


def _remove_empty(path: Path, root: Path) -> None:
    while path != root and not any(path.iterdir()):
        path.rmdir()
        path = path.parent
