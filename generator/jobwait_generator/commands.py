"""What the commands do."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from .changes.change import Change
from .console import Console, write_utf8
from .document.document import COMMAND, load
from .emit.text import comment
from .inputs import (
    InputFile,
    PackageInput,
    build_command,
    provider_name,
    read_file,
    read_spec,
)
from .output import lock as _lock
from .output.files import Difference, compare
from .output.folders import (
    ObstacleError,
    obstacles,
    remove_package,
    restore,
    write_file,
    write_package,
)
from .output.tools import check_tools
from .problems import Problem, RefusedError
from .project import Generated, generated, is_new, packages, publish_schema, refusal

_NO_DOCUMENT: Final = "there is no document here; add one, such as `acme.yaml`"
_NO_DOCUMENTS: Final = f"specs: no documents yet; add one: {COMMAND} add NAME --spec FILE"


def make_all(root: Path, console: Console, *, force: bool) -> int:
    """Make the packages of a project that are not up to date."""
    inputs, problems = _packages(root)
    directory = root / "generated"
    for one in inputs:
        restore(directory, one.package)
    kept = set[str]() if force else _current(inputs, directory)
    new = _generated(inputs, kept, directory, problems)
    files = new.files
    differences = compare(files, directory, kept)
    touched = {_top(d.path) for d in differences}
    _refuse_obstacles(files, directory, touched, new=False)
    publish_schema(root, only_check=False)
    present = {_top(name) for name in files}
    changes = {package: _changes(new, directory, package) for package in sorted(touched & present)}
    for package in sorted(touched & present):
        write_package(directory, package, _inner(files, package))
    for package in sorted(touched - present):
        remove_package(directory, package)
    for note in new.notes:
        console.note(note)
    _report(console, files, differences, kept, changes)
    if not inputs:
        console.note(_NO_DOCUMENTS)
    console.done(changes)
    return 0


def check(root: Path, console: Console) -> int:
    """Make all packages of a project, write nothing, and compare every byte."""
    inputs, problems = _packages(root)
    directory = root / "generated"
    files = _generated(inputs, (), directory, problems).files
    differences = compare(files, directory)
    stale = [*publish_schema(root, only_check=True)]
    stale += [Difference(f"generated/{path}", kind) for path, kind in differences]
    if stale:
        # Where the digests tell of no difference, other tools than those that are pinned made one.
        current = _current(inputs, directory)
        unseen = bool(differences) and all(_top(path) in current for path, _ in differences)
        console.stale(stale, f"mend it: {COMMAND}{' --force' * unseen}")
        return 1
    _report(console, files, [], ())
    if not inputs:
        console.note(_NO_DOCUMENTS)
    console.done()
    return 0


def add(
    root: Path,
    console: Console,
    name: str,
    spec: str,
    overlay_path: str | None,
    operations: Sequence[str],
) -> int:
    """Take a document and its overlay into a project, and make their package."""
    check_tools()
    name = provider_name(name)
    inputs, problems = packages(root)
    taken = [one.document.label for one in inputs if one.name == name]
    if taken:
        text = f"there is a provider of this name; edit its files and run `{COMMAND}`, or rename"
        problems.append(Problem(taken[0], 1, "", text))
    if problems:
        raise RefusedError(problems)
    document = read_spec(spec)
    document = document._replace(label=f"specs/{name}{document.ending}")
    overlay = _overlay(overlay_path, f"specs/{name}.overlay.yaml")
    if operations:
        from .document.overlay import with_operations

        label = f"specs/{name}.overlay.yaml"
        shown = overlay.shown if overlay else label
        content = with_operations(shown, overlay.content if overlay else None, operations)
        overlay = InputFile(shown, label, content)
    new = PackageInput(name, document, overlay)
    directory = root / "generated"
    result = generated([new], _claims(inputs, directory))
    _refuse_obstacles(result.files, directory, {new.package}, new=True)
    (root / "specs").mkdir(parents=True, exist_ok=True)
    for file in (document, overlay):
        if file:
            write_file(root / file.label, file.content)
            console.say(f"{file.label}: new")
    return _write_one(console, result, directory, new.package)


def build(
    console: Console,
    spec: str,
    overlay_path: str | None,
    name: str,
    out: Path,
    operations: Sequence[str],
    version: str | None,
) -> int:
    """Make a package of a document outside of a project."""
    name, directory = provider_name(name), out.resolve()
    document = read_spec(spec)
    overlay = _overlay(overlay_path, comment(Path(overlay_path or "").name))
    command = build_command(document, overlay, name, operations, version)
    new = PackageInput(name, document, overlay, operations=operations, command=command)
    if version:
        option = "--package-version"
        new = new._replace(version=InputFile(option, option, version.encode()))
    restore(directory, new.package)
    if _lock.is_current(directory / new.package, new.inputs()):
        console.say(f"{new.package}: unchanged")
        console.done()
        return 0
    result = generated([new], {})
    _refuse_obstacles(result.files, directory, {new.package}, new=True)
    return _write_one(console, result, directory, new.package)


def suggest(console: Console, spec: str) -> int:
    """Print a proposal for a document's overlay."""
    check_tools()
    from .document.prune import wrong_version
    from .suggest.candidates import suggest as propose

    file = read_spec(spec)
    document = load(file.shown, "", file.content)
    if problems := wrong_version(document):
        raise RefusedError(problems)
    text = propose(document.data, file.shown, partial(refusal, replace(document, name="api")))
    write_utf8(text, sys.stdout)
    if "\nactions: []" not in text:
        return 0
    console.note("nothing in it is certain; its comments say what was looked at")
    return 1


def _packages(root: Path) -> tuple[list[PackageInput], list[Problem]]:
    """What there is in `specs/`; nothing is a problem but in a project just started."""
    inputs, problems = packages(root)
    if not inputs and not problems and not is_new(root):
        problems.append(Problem("specs", 1, "", _NO_DOCUMENT))
    return inputs, problems


def _current(inputs: Sequence[PackageInput], directory: Path) -> set[str]:
    return {
        one.package for one in inputs if _lock.is_current(directory / one.package, one.inputs())
    }


def _claims(inputs: Sequence[PackageInput], directory: Path) -> dict[str, dict[str, str]]:
    return {one.document.label: _lock.claims(directory / one.package) for one in inputs}


def _generated(
    inputs: Sequence[PackageInput],
    kept: Collection[str],
    directory: Path,
    problems: Sequence[Problem],
) -> Generated:
    """All packages but those that are `kept`."""
    stale = [one for one in inputs if one.package not in kept]
    if inputs and not stale and not problems:
        return Generated({}, [], {})
    left = [one for one in inputs if one.package in kept]
    return generated(stale, _claims(left, directory), problems)


def _changes(new: Generated, directory: Path, package: str) -> list[Change]:
    """What a package means for users of the one that it is going to replace."""
    if not (directory / package / _lock.NAME).is_file():
        return []
    # Imported here: it brings all tools along, which an up-to-date package does not need.
    from .comparison import replaced

    return replaced(directory / package, new.documents[package], _inner(new.files, package))


def _refuse_obstacles(
    files: Mapping[str, str], directory: Path, packages: Collection[str], *, new: bool
) -> None:
    reasons: dict[Path, str] = {}
    for package in sorted(packages):
        reasons |= obstacles(directory / package, _inner(files, package), new=new)
    if reasons:
        raise ObstacleError(reasons)


def _write_one(console: Console, new: Generated, directory: Path, package: str) -> int:
    """Write one package, and touch nothing beside it."""
    files = new.files
    for note in new.notes:
        console.note(note)
    others = {path.name for path in directory.iterdir()} if directory.is_dir() else set[str]()
    differences = compare(files, directory, others - {package})
    differences = [d for d in differences if d.path.startswith(f"{package}/")]
    changes: dict[str, list[Change]] = {}
    if differences:
        changes = {package: _changes(new, directory, package)}
        write_package(directory, package, _inner(files, package))
    _report(console, files, differences, (), changes)
    console.done(changes)
    return 0


def _report(
    console: Console,
    files: Mapping[str, str],
    differences: Sequence[Difference],
    unchanged: Collection[str],
    changes: Mapping[str, Sequence[Change]] = MappingProxyType({}),
) -> None:
    for package in sorted({_top(d.path) for d in differences} | {*map(_top, files), *unchanged}):
        kinds = [d.kind for d in differences if _top(d.path) == package]
        size = len(_inner(files, package))
        removed = kinds.count("extra")
        counts = {"changed": len(kinds) - removed, "removed": removed}
        summary = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        if kinds and kinds.count("missing") == size:
            summary = "new" if size else "removed"
        console.say(f"{package}: {summary or 'unchanged'}")
        for change in changes.get(package, ()):
            console.say(f"  {change}")


def _inner(files: Mapping[str, str], package: str) -> dict[str, str]:
    """The files of one package, by their names in it."""
    start = f"{package}/"
    return {
        name.removeprefix(start): text for name, text in files.items() if name.startswith(start)
    }


def _top(path: str) -> str:
    return path.partition("/")[0]


def _overlay(path: str | None, label: str) -> InputFile | None:
    return read_file(Path(path), path, label) if path else None
