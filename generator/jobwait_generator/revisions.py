"""What a project was at a revision of git."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

_FOLDERS: Final = ("specs", "generated")


class NotComparableError(Exception):
    """There is nothing to compare; the text says why, and what to do."""


def commit(root: Path, revision: str) -> str | None:
    """The commit that a revision of the project's repository is; None where it is none."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        return _git(root, *words).decode().strip()
    except NotComparableError:
        return None


def commit_of(root: Path, file: str, text: str) -> str | None:
    """The last commit that brought a text into a file of the project; None where none did.

    Raises:
        NotComparableError: The project is in no repository of git.
    """
    output = _git(root, "log", "-1", "--format=%H", f"-S{text}", "--", file)
    return output.decode().strip() or None


def check_out(root: Path, commit: str, target: Path) -> None:
    """Write the documents and packages of a project, as a commit has them, into a folder.

    Raises:
        NotComparableError: Git cannot read the commit.
    """
    listed = _git(root, "ls-tree", "--name-only", "-z", commit, "--", *_FOLDERS).decode()
    folders = [name for name in listed.split("\0") if name in _FOLDERS]
    if not folders:
        raise NotComparableError(f"{commit[:12]} has no specs here; name another revision")
    content = _git(root, "archive", "--format=tar", commit, "--", *folders)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(target, filter="data")


def _git(root: Path, *arguments: str) -> bytes:
    try:
        result = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False
        )
    except OSError as error:
        text = f"git cannot be run ({error.strerror}); install it, or name files and folders"
        raise NotComparableError(text) from None
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        raise NotComparableError(f"git {arguments[0]}: {lines[0] if lines else 'failed'}")
    return result.stdout
