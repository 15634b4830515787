"""What the commands about changes do: `diff` and `release`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from .changes.change import Change, Severity, summary
from .changes.changelog import bumped, entries, heading, releases, with_release
from .commands import make_all
from .comparison import Sides, differences, pairs
from .console import Console
from .document.document import COMMAND, Document
from .document.version import Version
from .inputs import BESIDE, InputFile, PackageInput, provider_name
from .output import lock as _lock
from .output.folders import write_file
from .output.tools import check_tools
from .problems import Problem, RefusedError, prose
from .project import generated, packages, read_document
from .revisions import NotComparableError, commit_of

_FIRST: Final = "First release."
_SAME: Final = "Nothing that programs see: documentation, or how the package is built."


def diff(
    root: Path,
    console: Console,
    old: str,
    new: str | None,
    overlays: Sequence[str],
    provider: str | None,
    fail_on: Severity | None,
) -> int:
    """Tell what has changed between two things; write nothing.

    Args:
        root: The project that providers and revisions belong to.
        console: Where it is told.
        old: A document, a package, a project, a provider or a revision.
        new: The same; the project as it is if not given.
        overlays: That of both documents, or that of each.
        provider: The only one that matters.
        fail_on: The severity from which on the exit code is 1; None for never.
    """
    check_tools()
    if len(overlays) > 2:
        raise NotComparableError("--overlay: give one for both documents, or one for each")
    own, other = (*overlays, *overlays)[:2] if overlays else (None, None)
    changes_of: dict[str, list[Change]] = {}
    with Sides(root) as sides:
        first = sides.side(old, own)
        last = sides.project(root, "") if new is None else sides.side(new, other)
        for name, before, after in pairs(first, last, provider):
            changes_of[f"{name}-client"] = differences(before, after)
    for package, changes in changes_of.items():
        console.say(f"{package}: {summary(changes)}")
        for change in changes:
            console.say(f"  {change}")
    console.done(changes_of)
    everything = [change for changes in changes_of.values() for change in changes]
    return int(fail_on is not None and any(c.severity.is_at_least(fail_on) for c in everything))


@dataclass(frozen=True, slots=True)
class _Base:
    """The last release."""

    version: Version
    changes: list[Change]
    """What users notice of what was done since."""
    is_same: bool
    """Whether nothing was done since."""


def release(root: Path, console: Console, provider: str, since: str | None, *, write: bool) -> int:
    """Propose the next version of a package, and write it if so told.

    Args:
        root: The project.
        console: Where it is told.
        provider: The provider.
        since: What was released last; what the changelog names last and git has if not given.
        write: Whether to write the version and the changelog, and to make the package anew.
    """
    check_tools()
    one = _input(root, provider_name(provider))
    document, problems = read_document(one)
    if problems:
        raise RefusedError(problems)
    base = _base(root, one, document, since)
    if base is None:
        target, lines = document.version, [("Added", _FIRST)] * (not document.changelog)
        console.say(f"{one.package}: not released yet; {target} is the first version")
    else:
        for change in base.changes:
            console.say(str(change))
        if base.is_same and document.version == base.version:
            console.say(f"{one.package}: nothing has changed since {base.version}")
            return 0
        target, lines = _target(one, document.version, base), [*entries(base.changes)]
        lines = lines or [("Changed", _SAME)]
        console.say(f"{one.package}: {base.version} → {target} ({summary(base.changes)})")
    if target in releases(document.changelog):
        console.say(f"{_file(one, 'changelog')} tells of {target} already; commit and publish it")
        return 0
    if not write:
        console.say(f"nothing was written; --yes writes {target} and its changelog")
        return 0
    today = datetime.now(UTC).date()
    text = with_release(document.changelog, one.package, target, today, lines)
    for kind, content in (("version", f"{target}\n"), ("changelog", text)):
        write_file(root / _file(one, kind), content.encode())
        console.say(f"{_file(one, kind)}: written")
    return make_all(root, console, force=False)


def _target(one: PackageInput, current: Version, base: _Base) -> Version:
    """The version that the changes ask for, or the higher one that somebody wrote."""
    asked = bumped(base.version, base.changes)
    if current in (base.version, asked):
        return asked
    if current < asked:
        text = f"{current} is too low for what has changed since {base.version}; write {asked}"
        raise RefusedError([Problem(_file(one, "version"), 1, "", text)])
    return current


def _base(root: Path, one: PackageInput, document: Document, since: str | None) -> _Base | None:
    """The last release; None where there was none."""
    since = since or _released(root, one, document.changelog)
    if since is None:
        return None
    with Sides(root) as sides:
        old, new = sides.side(since, None), sides.project(root, "", [one.name])
        ((_, before, after),) = pairs(old, new, one.name)
        if before is None:
            raise NotComparableError(f"{since}: there is no {one.package}; name what was released")
        version = Version.parse(str(before.metadata.get("version")))
        changes = differences(before, after)
        folder = old.folders.get(one.name)
        is_same = not changes and (folder is None or _is_same(folder, one, version))
    return _Base(version, changes, is_same)


def _released(root: Path, one: PackageInput, changelog: str) -> str | None:
    """The commit of the last release that the changelog tells of; None where there is none."""
    for version in releases(changelog):
        try:
            commit_id = commit_of(root, _file(one, "changelog"), heading(version))
        except NotComparableError as error:
            text = f"{prose(str(error))}; name what was released last: --since FOLDER"
            raise NotComparableError(text) from None
        if commit_id:
            return commit_id
    return None


def _is_same(folder: Path, one: PackageInput, version: Version) -> bool:
    """Whether a package in a folder is what would be made today, but for its changelog."""
    own = "the last version"
    today = one._replace(version=InputFile(own, own, str(version).encode()))
    names = {_lock.NAME, "CHANGELOG.md"}
    texts = {name.partition("/")[2]: text for name, text in generated([today], {}).files.items()}
    return all(
        (folder / name).is_file() and (folder / name).read_bytes() == text.encode()
        for name, text in texts.items()
        if name not in names
    )


def _input(root: Path, name: str) -> PackageInput:
    inputs, problems = packages(root)
    if problems:
        raise RefusedError(problems)
    for one in inputs:
        if one.name == name:
            return one
    listed = ", ".join(one.name for one in inputs) or f"none; run `{COMMAND} add`"
    raise NotComparableError(f"{name}: there is no such provider; there are {listed}")


def _file(one: PackageInput, kind: str) -> str:
    """The file of the project that has the version or the changelog of a package."""
    file = getattr(one, kind)
    return file.label if file else f"specs/{one.name}{BESIDE[kind]}"
