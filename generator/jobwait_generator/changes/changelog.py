"""The version that changes ask for, and the section of a changelog that tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from ..document.version import Version
from ..problems import prose
from .change import Change, Kind, Severity

_HEADINGS: Final = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""Those of Keep a Changelog, in its order."""
_RELEASE: Final = re.compile(r"^## \[(\d{1,9}\.\d{1,9}\.\d{1,9})\]", re.MULTILINE)
_UNRELEASED: Final = "## [Unreleased]"
_GROUPS: Final = {
    Kind.ADDED: "Added",
    Kind.DEPRECATED: "Deprecated",
    Kind.REMOVED: "Removed",
}
"""What is changed otherwise goes under "Changed"."""
_NEW: Final = """\
# Changelog of {package}

The format is that of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/). Versions follow
[Semantic Versioning](https://semver.org/spec/v2.0.0.html); while they are 0.x, a new minor version
may change what exists.
"""
_UNSEEN: Final = frozenset({Kind.VERSION, Kind.RETYPED, Kind.METADATA})
"""Kinds of compatible changes that give users nothing new."""


def bumped(version: Version, changes: Sequence[Change]) -> Version:
    """The next version: while it is 0.x, a new minor one breaks, and everything else is a patch."""
    breaks = any(change.severity is Severity.BREAKING for change in changes)
    adds = any(c.severity is Severity.NOTABLE or c.kind not in _UNSEEN for c in changes)
    major, minor, patch = version
    if breaks and major:
        return Version(major + 1, 0, 0)
    if breaks or (adds and major):
        return Version(major, minor + 1, 0)
    return Version(major, minor, patch + 1)


def heading(version: Version) -> str:
    """How the heading of a version's section begins."""
    return f"## [{version}]"


def releases(changelog: str) -> list[Version]:
    """The versions that a changelog has sections for, the newest first."""
    return [Version.parse(text) for text in _RELEASE.findall(changelog)]


def with_release(
    changelog: str, package: str, version: Version, day: date, entries: Sequence[tuple[str, str]]
) -> str:
    """A changelog with a section for a version, to which what was unreleased goes.

    Args:
        changelog: Its text; empty for a new one.
        package: The name of the distribution.
        version: The version.
        day: When it is released.
        entries: What goes under which heading, after what somebody has written there.
    """
    lines = (changelog or _NEW.format(package=package)).rstrip().splitlines()
    own = next((i for i, line in enumerate(lines) if line.startswith(_UNRELEASED)), len(lines))
    start = min(own + 1, len(lines))
    if own == len(lines):
        # Before the newest release, or at the end.
        start = own = next((i for i in range(len(lines)) if lines[i].startswith("## ")), own)
    end = next((i for i in range(start, len(lines)) if lines[i].startswith("## ")), len(lines))
    written = lines[start:end] if own < start else []
    section = _section(written, entries)
    new = [_UNRELEASED, "", f"{heading(version)} - {day.isoformat()}", "", *section, ""]
    text = "\n".join([*lines[:own], *([""] * bool(own and lines[own - 1])), *new, *lines[end:]])
    return text.rstrip() + "\n"


def _section(written: Sequence[str], entries: Sequence[tuple[str, str]]) -> list[str]:
    """What was written under headings, and more entries; entries without a heading stay first."""
    groups: dict[str, list[str]] = {"": []}
    group = ""
    for line in written:
        if line.startswith("### "):
            group = line.removeprefix("### ").strip()
        else:
            groups.setdefault(group, []).append(line)
    for group, text in entries:
        lines = groups.setdefault(group, [])
        while lines and not lines[-1].strip():
            lines.pop()
        lines.append(f"- {text}")
    result: list[str] = []
    for group in dict.fromkeys(["", *_HEADINGS, *groups]):
        body = "\n".join(groups.get(group, ())).strip("\n")
        if body:
            result += [f"### {group}", "", body, ""] if group else [body, ""]
    return result[:-1]


def entries(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """The entry for each change, and the heading that it goes under."""
    for change in changes:
        mark = "**Breaking:** " if change.severity is Severity.BREAKING else ""
        text = f"{mark}`{change.name}`: {prose(change.message)}."
        yield _GROUPS.get(change.kind, "Changed"), text
