"""What a package is made of: documents and overlays, from files, the standard input or the web."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from .document.document import COMMAND, is_provider
from .document.source import BYTES, digest, too_long
from .emit.text import comment
from .output import lock as _lock
from .problems import Problem, RefusedError, prose

ENDINGS: Final = (".yaml", ".yml", ".json")
BESIDE: Final = {"version": ".version", "changelog": ".changelog.md"}
"""How the names of the files end that stand beside a document."""
STDIN: Final = "-"
"""What stands for the standard input among the arguments."""

_STDIN_SHOWN: Final = "<stdin>"


class InputFile(NamedTuple):
    """A document or an overlay, as it was given."""

    shown: str
    """What messages call it."""
    label: str
    """What the package calls it."""
    content: bytes

    @property
    def pair(self) -> tuple[str, str]:
        """Its label and its digest."""
        return self.label, digest(self.content)

    @property
    def ending(self) -> str:
        """How the name of a copy of it ends."""
        suffix = Path(self.shown).suffix
        is_json = self.content.lstrip().startswith(b"{")
        return suffix if suffix in ENDINGS else ".json" if is_json else ".yaml"


class PackageInput(NamedTuple):
    """What a package is made of."""

    name: str
    document: InputFile
    overlay: InputFile | None = None
    version: InputFile | None = None
    """The file with the version of the package."""
    changelog: InputFile | None = None
    operations: Sequence[str] = ()
    command: str = COMMAND

    @property
    def package(self) -> str:
        """The folder of the package."""
        return f"{self.name}-client"

    def inputs(self) -> dict[str, Any]:
        """All that decides the bytes of the package."""
        files = {"document": self.document, "overlay": self.overlay}
        pairs = {key: file.pair for key, file in files.items() if file}
        return _lock.inputs(self.command, pairs | self.beside)

    @property
    def beside(self) -> dict[str, tuple[str, str]]:
        """The labels and digests of the files beside the document and its overlay."""
        files = {"version": self.version, "changelog": self.changelog}
        return {key: file.pair for key, file in files.items() if file}


def provider_name(name: str) -> str:
    """The name of a provider; that of its package, `acme-client`, is taken for it.

    Raises:
        RefusedError: No provider can be called that.
    """
    if not is_provider(name):
        text = "a provider's name is in lower case, with hyphens inside, and short: `acme-cloud`; "
        text += "and no device of Windows, such as `aux`"
        raise RefusedError([Problem(prose(name), 1, "", text)])
    return name.removesuffix("-client")


def read_spec(spec: str) -> InputFile:
    """Read what `--spec` names: a file, `-`, or an address.

    Raises:
        OSError: The file cannot be read.
        RefusedError: It is too large, or cannot be downloaded.
    """
    if spec == STDIN:
        content = _bounded(_STDIN_SHOWN, sys.stdin.buffer.read(BYTES + 1))
        return InputFile(_STDIN_SHOWN, "standard input", content)
    if "://" not in spec:
        return read_file(Path(spec), spec, comment(Path(spec).name))
    # Imported here: a file needs no network.
    from .download import DownloadError, download, without_secrets

    shown = prose(without_secrets(spec))
    try:
        return InputFile(shown, comment(shown), download(spec, BYTES))
    except DownloadError as error:
        raise RefusedError([Problem(shown, 1, "", str(error))]) from None


def read_file(path: Path, shown: str, label: str) -> InputFile:
    """Read a file of bounded size.

    Raises:
        OSError: It cannot be read.
        RefusedError: It is too large.
    """
    size = path.stat().st_size
    if size > BYTES:
        raise RefusedError([Problem(shown, 1, "", too_long(size))])
    with path.open("rb") as file:  # bounded as well: a device has no size
        return InputFile(shown, label, _bounded(shown, file.read(BYTES + 1)))


def build_command(
    document: InputFile,
    overlay: InputFile | None,
    name: str,
    operations: Sequence[str],
    version: str | None,
) -> str:
    """The command that makes a package outside of a project, as its files quote it."""
    spec = STDIN if document.shown == _STDIN_SHOWN else document.label
    words = ["build", "--spec", spec]
    words += ["--overlay", overlay.label] if overlay else []
    words += ["--name", name, "--out", "."]
    words += ["--package-version", version] if version else []
    words += ["--operations", *map(comment, operations)] if operations else []
    return f"{COMMAND} {shlex.join(words)}"


def _bounded(shown: str, content: bytes) -> bytes:
    if len(content) > BYTES:
        raise RefusedError([Problem(shown, 1, "", too_long(len(content)))])
    return content
