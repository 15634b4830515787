"""What the documentation takes from npm: single files, without what they would bring along."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    """A release, and what it must be byte for byte."""

    name: str
    """As in `@scalar/api-reference@1.46.4`."""
    sha512: str
    """In base64, as npm has it."""


def file_of(package: Package, path: str, work: Path) -> bytes:
    """A file of a package.

    Args:
        work: A folder for what npm downloads.
    """
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("the documentation needs npm, which is in Node.js: https://nodejs.org has it")
    command = [npm, "pack", package.name, "--json", "--pack-destination", str(work)]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"npm cannot download {package.name}:\n{done.stderr}")
    archive = work / json.loads(done.stdout)[0]["filename"]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package.sha512:
        sys.exit(f"{package.name} has the SHA-512 {digest}, and not {package.sha512}")
    with tarfile.open(archive) as files:
        file = files.extractfile(f"package/{path}")
        assert file is not None
        return file.read()
