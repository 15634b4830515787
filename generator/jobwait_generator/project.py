"""What packages are made of: the files of a project, or those that a command names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from .document.document import COMMAND, SCHEMA, Document, is_provider, load
from .document.source import BYTES, Source, digest, too_long
from .output import lock as _lock
from .output.files import Difference
from .output.tools import check_tools
from .problems import Problem, RefusedError, prose

ENDINGS: Final = (".yaml", ".yml", ".json")

_NO_DOCUMENT: Final = "there is no document here; add one, such as `acme.yaml`"


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


class PackageInput(NamedTuple):
    """What a package is made of."""

    name: str
    document: InputFile
    overlay: InputFile | None = None
    operations: Sequence[str] = ()
    command: str = COMMAND

    @property
    def package(self) -> str:
        """The folder of the package."""
        return f"{self.name}-client"

    def inputs(self) -> dict[str, Any]:
        """All that decides the bytes of the package."""
        overlay = self.overlay.pair if self.overlay else None
        return _lock.inputs(self.command, self.document.pair, overlay)


def publish_schema(root: Path, *, only_check: bool) -> list[Difference]:
    """Keep the copy of the extension's JSON Schema in `specs/`, for editors."""
    copy, content = root / "specs" / SCHEMA.name, SCHEMA.read_bytes()
    if copy.is_file() and copy.read_bytes().replace(b"\r\n", b"\n") == content:
        return []
    kind = "edited" if copy.exists() else "missing"
    if not only_check:
        copy.write_bytes(content)
    return [Difference(f"specs/{SCHEMA.name}", kind)]


def packages(root: Path) -> tuple[list[PackageInput], list[Problem]]:
    """What there is in specs/, and what is wrong with its names and sizes.

    Raises:
        OSError: A file cannot be read.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, InputFile]] = {}
    for path in sorted((root / "specs").glob("*")):
        if path.suffix not in ENDINGS or path.name.endswith(".schema.json"):
            continue
        label = f"specs/{path.name}"
        name, kind = path.stem, "document"
        if name.endswith(".overlay"):
            name, kind = name.removesuffix(".overlay"), "overlay"
        files = found.setdefault(name, {})
        if kind in files:
            text = f"{prose(files[kind].label)} is the {kind} of {prose(name)}; remove one"
            problems.append(Problem(prose(label), 1, "", text))
            continue
        try:
            files[kind] = read_file(path, prose(label), prose(label))
        except RefusedError as error:
            problems += error.problems
    given: list[PackageInput] = []
    for name, files in found.items():
        if "document" in files:
            given.append(PackageInput(name, files["document"], files.get("overlay")))
        elif "overlay" in files:
            text = f"there is no document called {prose(name)}; call it as its document is"
            problems.append(Problem(files["overlay"].shown, 1, "", text))
    if not given and not problems:
        problems.append(Problem("specs", 1, "", _NO_DOCUMENT))
    return given, problems


def generated(
    given: list[PackageInput],
    others: dict[str, dict[str, str]],
    problems: list[Problem],
) -> dict[str, str]:
    """The files of packages.

    Raises:
        RefusedError: There are `problems`, or more of them.
    """
    check_tools()
    # Imported here: without the tools it could not be, and it takes the most of a second.
    from .pipeline import generate

    problems = [*problems]
    documents: list[Document] = []
    for one in given:
        try:
            documents.append(_load(one))
        except RefusedError as error:
            problems += error.problems
    files: dict[str, str] = {}
    try:
        files = generate(documents, others) if documents else files
    except RefusedError as error:
        problems += error.problems
    if problems:
        raise RefusedError(problems)
    return files


def _load(given: PackageInput) -> Document:
    file = given.document
    document = load(file.shown, given.name, file.content, file.label)
    document = replace(document, command=given.command)
    if given.overlay:
        from .document.overlay import apply
        from .document.prune import wrong_version

        if problems := wrong_version(document):
            raise RefusedError(problems)
        overlay = Source(given.overlay.shown, given.overlay.content, given.overlay.label)
        document = apply(document, overlay)
    if given.operations:
        data = {**document.data, "x-operations": list(given.operations)}
        document = replace(document, data=data)
    return document


def read_file(path: Path, shown: str, label: str) -> InputFile:
    """Read a file of bounded size.

    Raises:
        OSError: It cannot be read.
        RefusedError: It is too large.
    """
    size = path.stat().st_size
    if size > BYTES:
        raise RefusedError([Problem(shown, 1, "", too_long(size))])
    return InputFile(shown, label, path.read_bytes())


def provider_name(name: str) -> str:
    """The name, if a provider can be called that.

    Raises:
        RefusedError: It cannot.
    """
    if not is_provider(name):
        text = "a provider's name is in lower case, with hyphens inside: `acme-cloud`"
        raise RefusedError([Problem(prose(name), 1, "", text)])
    return name
