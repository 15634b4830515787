"""Writing a package as a whole, or not at all.

A package is written into a folder beside its own, which then takes its place. Whatever breaks off
in between, a full disk or a killed process, leaves the old package or the new one. Between the two
steps of the exchange there may be none; then the next run puts the old one back.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from . import lock as _lock
from .files import files_of, is_left_by_tools

_FORGOTTEN: Final = 600.0
"""Seconds after which nobody is still writing a folder."""
_MOVE: Final = "move it away"


class ObstacleError(Exception):
    """Files that the generator did not write stand where it would; `reasons` has each path."""

    def __init__(self, reasons: Mapping[Path, str]) -> None:
        super().__init__("\n".join(f"{path}: {reason}" for path, reason in reasons.items()))
        self.reasons = reasons


def obstacles(package: Path, files: Mapping[str, str], *, new: bool) -> dict[Path, str]:
    """What must not be overwritten or removed, as the generator did not write it, with the reason.

    Args:
        package: The folder of a package, which need not exist.
        files: What will stand in it.
        new: Whether nothing but its lock can tell that the folder is the generator's.
    """
    if package.is_symlink():
        return {package: "this is a symbolic link; remove it"}
    if not package.exists():
        return {}
    if not package.is_dir():
        return {package: f"this is no folder; {_MOVE}"}
    present = files_of(package)
    if not present:
        return {}
    if new and not (package / _lock.NAME).is_file():
        return {package: f"this is no generated package; {_MOVE}"}
    written = _lock.written(package)
    own = {*files} if written is None else written
    text = f"the generator did not write this, and would remove it; {_MOVE}"
    return {path: text for name, path in sorted(present.items()) if name not in own}


def write_package(directory: Path, package: str, files: Mapping[str, str]) -> None:
    """Make the folder `package` in `directory` hold `files`, and what other tools left there.

    Raises:
        OSError: It cannot be written; then the old package stands as before.
    """
    directory.mkdir(parents=True, exist_ok=True)
    restore(directory, package)
    new = directory / f".{package}.{secrets.token_hex(4)}.new"
    try:
        new.mkdir()
        for name, text in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        _exchange(new, directory / package)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def remove_package(directory: Path, package: str) -> None:
    """Remove the folder of a package, at once.

    Raises:
        OSError: It cannot be removed.
    """
    old = directory / f".{package}.{secrets.token_hex(4)}.new"
    (directory / package).rename(old)
    shutil.rmtree(old)


def restore(directory: Path, package: str) -> None:
    """Finish what an earlier run was stopped at.

    Raises:
        OSError: Something cannot be moved or removed.
    """
    for old in directory.glob(f".{package}.*.old"):
        if (directory / package).exists():
            _carry_over(old, directory / package)
        else:
            old.rename(directory / package)
    for new in directory.glob(f".{package}.*.new"):
        if time.time() - new.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(new, ignore_errors=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, and never through a link.

    Raises:
        OSError: It cannot be written.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with new.open("xb") as file:
            file.write(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _exchange(new: Path, package: Path) -> None:
    if not package.exists():
        new.rename(package)
        return
    old = new.with_suffix(".old")
    package.rename(old)
    try:
        new.rename(package)
    except OSError:
        old.rename(package)
        raise
    _carry_over(old, package)


def _carry_over(old: Path, package: Path) -> None:
    """Move what other tools left from the old folder, and remove that."""
    for path in old.iterdir():
        if is_left_by_tools(path.name) and not (package / path.name).exists():
            path.rename(package / path.name)
    shutil.rmtree(old)
