"""The command line."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from . import _lock
from ._document import (
    BYTES,
    Document,
    Mapping,
    Problem,
    RefusedError,
    Source,
    is_mapping,
    is_provider,
    load,
    mapping,
    too_long,
)
from ._files import Difference, compare, write
from ._format import FormatError
from ._text import comment, prose
from ._tools import WrongToolsError, check_tools

MENDING: Final = "python -m generator"
ENDINGS: Final = (".yaml", ".yml", ".json")

SCHEMA: Final = "specs/x-wait-for-completion.schema.json"

_NO_DOCUMENT: Final = "there is no document here; add one, such as `acme.yaml`"


class _File(NamedTuple):
    """A document or an overlay, as it was given."""

    shown: str
    """What messages call it."""
    label: str
    """What the package calls it."""
    content: bytes

    @property
    def pair(self) -> tuple[str, str]:
        return self.label, _lock.digest(self.content)


class _Given(NamedTuple):
    """What a package is made of."""

    name: str
    document: _File
    overlay: _File | None = None
    operations: Sequence[str] = ()
    command: str = MENDING

    @property
    def package(self) -> str:
        return f"{self.name}-client"

    def inputs(self, extension: Mapping) -> dict[str, Any]:
        overlay = self.overlay.pair if self.overlay else None
        return _lock.inputs(self.command, self.document.pair, overlay, extension)


def main(arguments: Sequence[str], root: Path) -> int:
    """Do what the arguments say, in the repository at `root`; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "add":
            return _add(options, root)
        if options.command == "build":
            return _build(options, root)
        if options.command == "suggest":
            return _suggest(options)
        return _all(root, only_check=options.check, force=options.force)
    except RefusedError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        count = len(error.problems)
        print(f"{count} problem{'s' * (count > 1)}; nothing was written", file=sys.stderr)
    except (FormatError, WrongToolsError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or MENDING}: {error.strerror or error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=MENDING,
        description="Make the packages in generated/ from the documents in specs/, where they "
        "are not up to date.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="make all of them, but write nothing; exit with 1 if something would change",
    )
    parser.add_argument(
        "--force", action="store_true", help="make those that seem up to date as well"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add = commands.add_parser("add", help="take a document into specs/, and make its package")
    add.add_argument("name", metavar="NAME", help="the provider, such as `acme`")
    build = commands.add_parser("build", help="make a package of a document outside of specs/")
    build.add_argument("--name", required=True, help="the provider, such as `acme`")
    build.add_argument("--out", required=True, metavar="DIR", help="gets the folder NAME-client")
    suggest = commands.add_parser(
        "suggest",
        help="print a proposal for a document's overlay; exit with 1 if nothing in it is certain",
    )
    for command in (add, build, suggest):
        command.add_argument(
            "--spec", required=True, metavar="FILE", help="the OpenAPI document, 3.0 or 3.1"
        )
    for command in (add, build):
        command.add_argument(
            "--overlay", metavar="FILE", help="an OpenAPI Overlay, which is applied to it"
        )
        command.add_argument(
            "--operations",
            nargs="+",
            default=[],
            metavar="OPERATION",
            help="ids, tags or such as `GET /path`; by default those with x-wait-for-completion",
        )
    return parser


def _all(root: Path, *, only_check: bool, force: bool) -> int:
    given, problems = _find(root)
    if not given:
        check_tools()
    schema = _read_json(root / SCHEMA)
    directory = root / "generated"
    current = {
        g.package for g in given if _lock.is_current(directory / g.package, g.inputs(schema))
    }
    kept = set[str]() if only_check or force else current
    files: dict[str, str] = {}
    if problems or len(kept) < len(given):
        left = [g for g in given if g.package in kept]
        others = {g.document.label: _lock.claims(directory / g.package) for g in left}
        stale = [g for g in given if g.package not in kept]
        files = _generate(root, stale, others, problems)
    differences = compare(files, directory, kept)
    if only_check and differences:
        for path, kind in differences:
            print(f"generated/{path}: {kind}")
        # Where the digests tell of no difference, other tools than those that are pinned made one.
        unseen = all(path.partition("/")[0] in current for path, _ in differences)
        print(f"mend it: {MENDING}{' --force' * unseen}")
        return 1
    write(files, directory, differences)
    _report(files, differences, kept)
    return 0


def _add(options: argparse.Namespace, root: Path) -> int:
    check_tools()
    path, name = Path(options.spec), _name(options.name)
    given, problems = _find(root)
    taken = [g.document.label for g in given if g.name == name]
    if taken:
        text = f"there is a provider of this name; edit its files and run `{MENDING}`, or rename"
        problems.append(Problem(taken[0], 1, "", text))
    if problems:
        raise RefusedError(problems)
    ending = path.suffix if path.suffix in ENDINGS else ".yaml"
    document = _file(path, options.spec, f"specs/{name}{ending}")
    overlay = _overlay_file(options, f"specs/{name}.overlay.yaml")
    operations = _words(options)
    if operations:
        from ._overlay import with_operations

        shown = overlay.shown if overlay else f"specs/{name}.overlay.yaml"
        content = with_operations(shown, overlay.content if overlay else None, operations)
        overlay = _File(shown, f"specs/{name}.overlay.yaml", content)
    new = _Given(name, document, overlay)
    directory = root / "generated"
    others = {g.document.label: _lock.claims(directory / g.package) for g in given}
    files = _generate(root, [new], others, [])
    for file in (document, overlay):
        if file:
            (root / file.label).write_bytes(file.content)
            print(f"{file.label}: new")
    return _write_one(files, directory, new.package)


def _build(options: argparse.Namespace, root: Path) -> int:
    name, directory = _name(options.name), Path(options.out)
    document = _file(Path(options.spec), options.spec, comment(Path(options.spec).name))
    overlay = _overlay_file(options, comment(Path(options.overlay or "").name))
    words = ["build", "--spec", document.label]
    words += ["--overlay", overlay.label] if overlay else []
    words += ["--name", name, "--out", "."]
    operations = _words(options)
    words += ["--operations", *map(comment, operations)] if operations else []
    command = f"{MENDING} {shlex.join(words)}"
    given = _Given(name, document, overlay, operations, command)
    package = directory / given.package
    if package.exists() and any(package.iterdir()) and not (package / _lock.NAME).is_file():
        raise FileExistsError(None, "this is no generated package; move it away", str(package))
    if _lock.is_current(package, given.inputs(_read_json(root / SCHEMA))):
        print(f"{given.package}: unchanged")
        return 0
    return _write_one(_generate(root, [given], {}, []), directory, given.package)


def _suggest(options: argparse.Namespace) -> int:
    check_tools()
    from ._prune import wrong_version
    from ._suggest import suggest

    file = _file(Path(options.spec), options.spec, options.spec)
    document = load(file.shown, "", file.content)
    if problems := wrong_version(document):
        raise RefusedError(problems)
    text = suggest(document.data, file.shown)
    print(text, end="")
    return 1 if "\nactions: []" in text else 0


def _write_one(files: dict[str, str], directory: Path, package: str) -> int:
    """Write one package, and touch nothing beside it."""
    others = {path.name for path in directory.iterdir()} if directory.is_dir() else set[str]()
    differences = compare(files, directory, others - {package})
    differences = [d for d in differences if d.path.startswith(f"{package}/")]
    write(files, directory, differences)
    _report(files, differences, ())
    return 0


def _report(
    files: dict[str, str], differences: list[Difference], unchanged: Collection[str]
) -> None:
    for package in sorted({_top(d.path) for d in differences} | {*map(_top, files), *unchanged}):
        kinds = [d.kind for d in differences if _top(d.path) == package]
        size = sum(name.startswith(f"{package}/") for name in files)
        removed = kinds.count("extra")
        changes = {"changed": len(kinds) - removed, "removed": removed}
        told = ", ".join(f"{count} {what}" for what, count in changes.items() if count)
        if kinds and kinds.count("missing") == size:
            told = "new" if size else "removed"
        print(f"{package}: {told or 'unchanged'}")


def _top(path: str) -> str:
    return path.partition("/")[0]


def _find(root: Path) -> tuple[list[_Given], list[Problem]]:
    """What there is in specs/, and what is wrong with its names and sizes.

    Raises:
        OSError: A file cannot be read.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, _File]] = {}
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
            files[kind] = _file(path, prose(label), prose(label))
        except RefusedError as error:
            problems += error.problems
    given: list[_Given] = []
    for name, files in found.items():
        if "document" in files:
            given.append(_Given(name, files["document"], files.get("overlay")))
        elif "overlay" in files:
            text = f"there is no document called {prose(name)}; call it as its document is"
            problems.append(Problem(files["overlay"].shown, 1, "", text))
    if not given and not problems:
        problems.append(Problem("specs", 1, "", _NO_DOCUMENT))
    return given, problems


def _generate(
    root: Path, given: list[_Given], others: dict[str, dict[str, str]], problems: list[Problem]
) -> dict[str, str]:
    """The files of packages.

    Raises:
        OSError: The schema of the extension cannot be read.
        RefusedError: There are `problems`, or more of them.
    """
    check_tools()
    # Imported here: without the tools it could not be, and it takes the most of a second.
    from ._generate import generate

    problems = [*problems]
    extension: Mapping = {}
    try:
        extension = _extension(root / SCHEMA)
    except (ValueError, RecursionError) as error:
        text = f"this is no JSON Schema: {prose(str(error))}; restore it"
        problems.append(Problem(SCHEMA, 1, "", text))
    documents: list[Document] = []
    for one in given:
        try:
            documents.append(_load(one))
        except RefusedError as error:
            problems += error.problems
    files: dict[str, str] = {}
    try:
        files = generate(documents, extension, others) if documents else files
    except RefusedError as error:
        problems += error.problems
    if problems:
        raise RefusedError(problems)
    return files


def _load(given: _Given) -> Document:
    file = given.document
    document = load(file.shown, given.name, file.content, file.label)
    document = replace(document, command=given.command)
    if given.overlay:
        from ._overlay import apply
        from ._prune import wrong_version

        if problems := wrong_version(document):
            raise RefusedError(problems)
        overlay = Source(given.overlay.shown, given.overlay.content, given.overlay.label)
        document = apply(document, overlay)
    if given.operations:
        data = {**document.data, "x-operations": list(given.operations)}
        document = replace(document, data=data)
    return document


def _file(path: Path, shown: str, label: str) -> _File:
    size = path.stat().st_size
    if size > BYTES:
        raise RefusedError([Problem(shown, 1, "", too_long(size))])
    return _File(shown, label, path.read_bytes())


def _overlay_file(options: argparse.Namespace, label: str) -> _File | None:
    return _file(Path(options.overlay), options.overlay, label) if options.overlay else None


def _words(options: argparse.Namespace) -> list[str]:
    return [word.strip() for item in options.operations for word in str(item).split(",")]


def _name(name: str) -> str:
    if not is_provider(name):
        text = "a provider's name is in lower case, with hyphens inside: `acme-cloud`"
        raise RefusedError([Problem(prose(name), 1, "", text)])
    return name


def _read_json(path: Path) -> Mapping:
    """The object in a file; an empty one where there is none, which is told later."""
    try:
        return mapping(json.loads(path.read_bytes()))
    except (ValueError, RecursionError):
        return {}


def _extension(path: Path) -> Mapping:
    from jsonschema import Draft202012Validator, SchemaError

    schema: object = json.loads(path.read_bytes())
    if not is_mapping(schema):
        raise ValueError("not an object")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(error.message) from None
    return schema
