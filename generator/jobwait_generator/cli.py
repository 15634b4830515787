"""The command line."""

from __future__ import annotations

import argparse
import gc
import shlex
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from .document.document import COMMAND, load
from .emit.ruff import FormatError
from .emit.text import comment
from .output import lock as _lock
from .output.files import Difference, compare, write
from .output.tools import WrongToolsError, check_tools
from .problems import Problem, RefusedError
from .project import (
    ENDINGS,
    InputFile,
    PackageInput,
    generated,
    packages,
    provider_name,
    publish_schema,
    read_file,
)


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
        print(f"{error.filename or COMMAND}: {error.strerror or error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND,
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
    given, problems = packages(root)
    if not given:
        check_tools()
    directory = root / "generated"
    current = {g.package for g in given if _lock.is_current(directory / g.package, g.inputs())}
    kept = set[str]() if only_check or force else current
    files: dict[str, str] = {}
    if problems or len(kept) < len(given):
        left = [g for g in given if g.package in kept]
        others = {g.document.label: _lock.claims(directory / g.package) for g in left}
        stale = [g for g in given if g.package not in kept]
        files = generated(stale, others, problems)
    differences = compare(files, directory, kept)
    published = publish_schema(root, only_check=only_check)
    if only_check and (differences or published):
        for path, kind in published:
            print(f"{path}: {kind}")
        for path, kind in differences:
            print(f"generated/{path}: {kind}")
        # Where the digests tell of no difference, other tools than those that are pinned made one.
        unseen = bool(differences) and all(_top(path) in current for path, _ in differences)
        print(f"mend it: {COMMAND}{' --force' * unseen}")
        return 1
    write(files, directory, differences)
    _report(files, differences, kept)
    return 0


def _add(options: argparse.Namespace, root: Path) -> int:
    check_tools()
    path, name = Path(options.spec), provider_name(options.name)
    given, problems = packages(root)
    taken = [g.document.label for g in given if g.name == name]
    if taken:
        text = f"there is a provider of this name; edit its files and run `{COMMAND}`, or rename"
        problems.append(Problem(taken[0], 1, "", text))
    if problems:
        raise RefusedError(problems)
    ending = path.suffix if path.suffix in ENDINGS else ".yaml"
    document = read_file(path, options.spec, f"specs/{name}{ending}")
    overlay = _overlay_file(options, f"specs/{name}.overlay.yaml")
    operations = _words(options)
    if operations:
        from .document.overlay import with_operations

        shown = overlay.shown if overlay else f"specs/{name}.overlay.yaml"
        content = with_operations(shown, overlay.content if overlay else None, operations)
        overlay = InputFile(shown, f"specs/{name}.overlay.yaml", content)
    new = PackageInput(name, document, overlay)
    directory = root / "generated"
    others = {g.document.label: _lock.claims(directory / g.package) for g in given}
    files = generated([new], others, [])
    for file in (document, overlay):
        if file:
            (root / file.label).write_bytes(file.content)
            print(f"{file.label}: new")
    return _write_one(files, directory, new.package)


def _build(options: argparse.Namespace, root: Path) -> int:
    name, directory = provider_name(options.name), Path(options.out)
    document = read_file(Path(options.spec), options.spec, comment(Path(options.spec).name))
    overlay = _overlay_file(options, comment(Path(options.overlay or "").name))
    words = ["build", "--spec", document.label]
    words += ["--overlay", overlay.label] if overlay else []
    words += ["--name", name, "--out", "."]
    operations = _words(options)
    words += ["--operations", *map(comment, operations)] if operations else []
    command = f"{COMMAND} {shlex.join(words)}"
    given = PackageInput(name, document, overlay, operations, command)
    package = directory / given.package
    if package.exists() and any(package.iterdir()) and not (package / _lock.NAME).is_file():
        raise FileExistsError(None, "this is no generated package; move it away", str(package))
    if _lock.is_current(package, given.inputs()):
        print(f"{given.package}: unchanged")
        return 0
    return _write_one(generated([given], {}, []), directory, given.package)


def _suggest(options: argparse.Namespace) -> int:
    check_tools()
    from .document.prune import wrong_version
    from .suggest.candidates import suggest

    file = read_file(Path(options.spec), options.spec, options.spec)
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


def _overlay_file(options: argparse.Namespace, label: str) -> InputFile | None:
    return read_file(Path(options.overlay), options.overlay, label) if options.overlay else None


def _words(options: argparse.Namespace) -> list[str]:
    return [word.strip() for item in options.operations for word in str(item).split(",")]


def run() -> None:
    """Run the command `jobwait-generate` in the current directory."""
    # A short run that needs nearly every object to its end: looking for garbage, then and on the
    # way, is a fifth of its time.
    gc.disable()
    code = main(sys.argv[1:], root=Path.cwd())
    gc.freeze()
    sys.exit(code)
