"""A project: documents in `specs/`, and the packages made of them in `generated/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from .document.document import SCHEMA, SELECTION, Document, load
from .document.keys import with_own_keys
from .document.selection import links_left_out
from .document.source import Source
from .document.undecided import decided
from .document.version import INITIAL, Version
from .inputs import BESIDE, ENDINGS, InputFile, PackageInput, read_file
from .output import lock as _lock
from .output.files import Difference
from .output.folders import write_file
from .output.tools import check_tools
from .problems import Problem, RefusedError, prose
from .suggest.keys import without_key


def publish_schema(root: Path, *, only_check: bool) -> list[Difference]:
    """Keep the copy of the extension's JSON Schema in `specs/`, for editors."""
    copy, content = root / "specs" / SCHEMA.name, SCHEMA.read_bytes()
    if copy.is_file() and copy.read_bytes().replace(b"\r\n", b"\n") == content:
        return []
    kind = "edited" if copy.exists() else "missing"
    if not only_check:
        write_file(copy, content)
    return [Difference(f"specs/{SCHEMA.name}", kind)]


def packages(root: Path) -> tuple[list[PackageInput], list[Problem]]:
    """What there is in `specs/`, and what is wrong with its names and sizes.

    Raises:
        OSError: A file cannot be read.
    """
    problems: list[Problem] = []
    providers: dict[str, dict[str, InputFile]] = {}
    for path in sorted((root / "specs").glob("*")):
        kind = _kind(path.name)
        if kind is None:
            continue
        label = prose(f"specs/{path.name}")
        name = path.name.partition(".")[0] if kind in BESIDE else path.stem
        name = name.removesuffix(".overlay").removesuffix("-client")
        files = providers.setdefault(name, {})
        if kind in files:
            text = f"{files[kind].label} is the {kind} of {prose(name)}; remove one"
            problems.append(Problem(label, 1, "", text))
            continue
        try:
            files[kind] = read_file(path, label, label)
        except RefusedError as error:
            problems += error.problems
    inputs: list[PackageInput] = []
    for name, files in providers.items():
        if "document" in files:
            new = PackageInput(name, files["document"], files.get("overlay"))
            rest = {kind: files.get(kind) for kind in BESIDE}
            inputs.append(new._replace(version=rest["version"], changelog=rest["changelog"]))
            continue
        for file in files.values():
            text = f"there is no document called {prose(name)}; call it as its document is"
            problems.append(Problem(file.shown, 1, "", text))
    return inputs, problems


def _kind(name: str) -> str | None:
    """What a file of `specs/` is, by its name: a field of `PackageInput`, or nothing of ours."""
    for kind, ending in BESIDE.items():
        if name.endswith(ending):
            return kind
    path = Path(name)
    if path.suffix not in ENDINGS or name.endswith(".schema.json"):
        return None
    return "overlay" if path.stem.endswith(".overlay") else "document"


def is_new(root: Path) -> bool:
    """Whether a project was started at `root`, and no document added yet."""
    return (root / "specs" / SCHEMA.name).is_file() and not any(
        (path / _lock.NAME).exists() for path in (root / "generated").glob("*")
    )


class Generated(NamedTuple):
    """Packages, and what their users should know."""

    files: dict[str, str]
    notes: list[str]
    documents: dict[str, Document]
    """What each package was made of."""


def generated(
    inputs: Sequence[PackageInput],
    others: dict[str, dict[str, str]],
    problems: Sequence[Problem] = (),
) -> Generated:
    """The files of packages.

    Args:
        inputs: What to make packages of.
        others: What packages beside them claim for themselves, by their documents.
        problems: What is wrong already; it is reported with the rest.

    Raises:
        RefusedError: There are `problems`, or more of them.
    """
    check_tools()
    # Imported here: without the tools it could not be, and it takes the most of a second.
    from .normalise.security import scheme_notes
    from .pipeline import generate

    problems = [*problems]
    documents: list[Document] = []
    for one in inputs:
        try:
            document, undecided = read_document(one)
            documents.append(document)
            problems += undecided
        except RefusedError as error:
            problems += error.problems
    files: dict[str, str] = {}
    try:
        files = generate(documents, others) if documents else files
    except RefusedError as error:
        problems += error.problems
    if problems:
        raise RefusedError(problems)
    notes = [
        f"{d.name}-client: {text}"
        for d in documents
        for text in [without_key(d), *scheme_notes(d), *links_left_out(d)]
        if text
    ]
    return Generated(files, notes, {f"{d.name}-client": d for d in documents})


def refusal(document: Document, overlay: str) -> str:
    """Why no package can be made of a document with the text of an overlay; empty if one can."""
    from .emit.ruff import FormatError
    from .pipeline import generate

    try:
        generate([_overlaid(document, Source("overlay", overlay.encode()))])
    except RefusedError as error:
        return error.problems[0].message
    except FormatError as error:
        return prose(str(error))
    return ""


def read_document(package: PackageInput) -> tuple[Document, list[Problem]]:
    """A document with its overlay, and the words in it whose meaning is still open.

    Raises:
        RefusedError: Something cannot be read, or does not fit together.
    """
    file = package.document
    document = load(file.shown, package.name, file.content, file.label)
    document = replace(document, command=package.command)
    if package.overlay:
        from .document.overlay import BEGINS

        file = package.overlay
        overlay = Source(file.shown, file.content, file.label, begins=BEGINS)
        document = _overlaid(document, overlay)
    if package.operations:
        document = replace(document, data={**document.data, SELECTION: list(package.operations)})
    if package.changelog:
        document = replace(document, changelog=_text(package.changelog))
    document = replace(document, version=_version(package), beside=package.beside)
    return decided(with_own_keys(document))


def _version(package: PackageInput) -> Version:
    file = package.version
    if file is None:
        return INITIAL
    try:
        return Version.parse(_text(file).strip())
    except ValueError as error:
        raise RefusedError([Problem(file.shown, 1, "", str(error))]) from None


def _text(file: InputFile) -> str:
    """A text file, with the line ends of Unix."""
    try:
        return file.content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise RefusedError([Problem(file.shown, 1, "", "this is not UTF-8; save it so")]) from None


def _overlaid(document: Document, overlay: Source) -> Document:
    from .document.overlay import apply
    from .document.prune import wrong_version

    if problems := wrong_version(document):
        raise RefusedError(problems)
    return apply(document, overlay)
