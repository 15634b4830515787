"""A change, and how much of it users notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from ..problems import Problem, prose


class Severity(StrEnum):
    """How much users notice of a change, the worst first."""

    BREAKING = "breaking"
    """A program that works today fails, or no longer type-checks, until somebody edits it."""
    NOTABLE = "notable"
    """Programs go on, but something is different when they run."""
    COMPATIBLE = "compatible"
    """Programs go on as before."""

    def is_at_least(self, other: Severity) -> bool:
        """Whether it is as bad as another one, or worse."""
        order = [*Severity]
        return order.index(self) <= order.index(other)


class Kind(StrEnum):
    """What has changed."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    REQUIRED = "required"
    """A name that was optional, or was not there."""
    DEPRECATED = "deprecated"
    STATUS = "status"
    """What a status word means."""
    ID = "id"
    """The type of a job's id."""
    REQUEST = "request"
    RESPONSE = "response"
    """Where something stands in a response."""
    SERVER = "server"
    CREDENTIAL = "credential"
    VARIABLE = "variable"
    """An environment variable."""
    POLLING = "polling"
    VERSION = "version"
    """What the provider calls its API."""
    METADATA = "metadata"
    """What the package requires."""


class Place(NamedTuple):
    """Where a change stands."""

    file: str
    line: int
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What users of the old package should know of the new one."""

    severity: Severity
    kind: Kind
    name: str
    """What it concerns in Python, as users write it, such as `client.jobs.get_job(id)`."""
    place: Place
    """In the new document; in the old one if the new one has no such place."""
    message: str
    guessed: bool = False
    """Whether it is no more than likely, as that a name was renamed."""

    def __str__(self) -> str:
        text = f"{self.name}: {prose(self.message)}"
        return f"{self.severity:<10}  {Problem(*self.place, text)}"

    def as_object(self, package: str) -> dict[str, Any]:
        """It for programs."""
        return {
            **self.place._asdict(),
            "message": self.message,
            "severity": self.severity.value,
            "kind": self.kind.value,
            "name": self.name,
            "guessed": self.guessed,
            "package": package,
        }


def change(
    severity: Severity,
    kind: Kind,
    name: str,
    place: Place,
    message: str,
    *,
    guessed: bool = False,
) -> Change:
    """A change; the parameters are the fields of `Change`."""
    return Change(
        severity=severity, kind=kind, name=name, place=place, message=message, guessed=guessed
    )


def summary(changes: Iterable[Change]) -> str:
    """How many changes there are, by their severity: `3 changes: 1 breaking, 2 compatible`."""
    severities = [change.severity for change in changes]
    counts = [f"{severities.count(kind)} {kind}" for kind in Severity if kind in severities]
    if not counts:
        return "no change for users"
    return f"{len(severities)} change{'s' * (len(severities) > 1)}: {', '.join(counts)}"
