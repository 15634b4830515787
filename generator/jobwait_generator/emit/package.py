"""A package in words and types, all decisions taken: what the templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..model.api import Server
from ..model.requests import Request
from ..model.security import Credential
from ..model.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute of a model."""

    name: str
    wire: str
    """Its name in JSON."""
    annotation: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A class for an object."""

    name: str
    text: str
    fields: list[Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration:
    """A class for an open list of words or numbers."""

    name: str
    base: str
    text: str
    members: list[tuple[str, str | int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The member of a union that stands for what the document does not know."""

    name: str
    union: str
    wire: str
    """The property that tells the variants apart, as it is called in JSON."""
    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name for a type that is no class of its own."""

    name: str
    annotation: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A word that a job's status can be."""

    word: str
    state: str
    type: str
    """The class of a job with this word."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A response other than the successful ones."""

    status: str
    error: str
    """The class of what is raised."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMethod:
    """The method for an operation beside the one that tells the status."""

    kind: str
    constant: str
    request: Request
    body: str
    """The annotation of what it returns."""
    text: str
    id_type: str
    """The annotation of its argument; empty where it takes none."""
    parameter: str
    parameter_text: str
    sources: list[int | str]
    """Where the values of its request come from, if it is the one for the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The operation of one tag."""

    tag: str
    module: str
    name: str
    text: str
    method: str
    constant: str
    request: Request
    summary: str
    description: str
    example: str
    """An id, as a Python literal."""
    links: list[LinkMethod]
    body: str
    """The annotation of the whole body."""
    job: str
    """The annotation of a job."""
    done: str
    """The annotation of a job that has succeeded."""
    failed: list[str]
    """The annotations of a job that has failed."""
    cancelled: list[str]
    """The annotations of a job that was cancelled."""
    uses: list[str]
    """The models that these name."""
    attribute: str
    """The attributes that lead from the body to the job."""
    waiting: Waiting
    statuses: list[Status]
    failures: list[Failure]
    job_required: bool
    """Whether a body without a job is an error, and not one to poll again."""

    @property
    def cancel(self) -> LinkMethod | None:
        """The method that ends a job before its time."""
        return next((link for link in self.links if link.kind == "cancel"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something that the document says, and its author could not know."""

    pointer: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package."""

    name: str
    module: str
    distribution: str
    folder: str
    """Where it stands, seen from the repository."""
    title: str
    version: str
    api_version: str
    """What the provider calls the version of its API."""
    changelog: str
    """The whole file; empty where there is none."""
    text: str
    header: str
    sources: list[str]
    """What it is made of: the document, and its overlay."""
    assumptions: list[Assumption]
    servers: tuple[Server, ...]
    credentials: tuple[Credential, ...]
    key_required: bool
    keys_together: bool
    resources: list[Resource]
    models: list[Model]
    enums: list[Enumeration]
    unknowns: list[Unknown]
    aliases: list[Alias]
    openapi: str

    @property
    def server(self) -> str:
        """Where requests go if the user does not choose; empty where the document names none."""
        return self.servers[0].url if self.servers else ""

    @cached_property
    def wait_errors(self) -> dict[str, list[str]]:
        """The errors of waits, each with the annotations of its job."""
        jobs = {
            "JobFailedError": [job for resource in self.resources for job in resource.failed],
            "JobCancelledError": [job for resource in self.resources for job in resource.cancelled],
            "WaitTimeoutError": [*(resource.job for resource in self.resources), "None"],
        }
        return {name: list(dict.fromkeys(parts)) for name, parts in jobs.items() if parts}

    @property
    def exports(self) -> list[str]:
        """The names of the models module."""
        groups = (self.models, self.enums, self.unknowns, self.aliases)
        return sorted(item.name for group in groups for item in group)
