"""A package in words and types, all decisions taken: what the templates are given."""

from __future__ import annotations

from dataclasses import dataclass

from ..document.values import Mapping
from ..model.api import Credential
from ..model.requests import Part


@dataclass(frozen=True)
class Field:
    """An attribute of a model."""

    name: str
    wire: str
    annotation: str
    required: bool
    text: str


@dataclass(frozen=True)
class Model:
    """A class for an object."""

    name: str
    text: str
    fields: list[Field]


@dataclass(frozen=True)
class Enumeration:
    """A class for an open list of words or numbers."""

    name: str
    base: str
    text: str
    members: list[tuple[str, str | int]]


@dataclass(frozen=True)
class Unknown:
    """The member of a union that stands for what the document does not know."""

    name: str
    union: str
    wire: str
    property: str


@dataclass(frozen=True)
class Alias:
    """A name for a type that is no class of its own."""

    name: str
    annotation: str
    text: str


@dataclass(frozen=True)
class Status:
    """A word that a job's status can be."""

    word: str
    state: str
    type: str
    text: str


@dataclass(frozen=True)
class Failure:
    """A response other than the 200."""

    status: str
    error: str
    text: str


@dataclass(frozen=True)
class Request:
    """What an operation is asked with."""

    operation_id: str
    verb: str
    path: str
    parts: list[Part]
    body_format: str | None

    @property
    def id_parts(self) -> list[Part]:
        """The parts of the id."""
        return [part for part in self.parts if part.constant is None]

    @property
    def id_type(self) -> str:
        """The annotation of the id."""
        types = [part.type for part in self.id_parts]
        return types[0] if len(types) == 1 else f"tuple[{', '.join(types) or '()'}]"

    @property
    def parameter(self) -> str:
        """The argument for the id."""
        return self.id_parts[0].argument if len(self.id_parts) == 1 else "id"

    @property
    def parameter_text(self) -> str:
        """What the id is."""
        if len(self.id_parts) == 1:
            return self.id_parts[0].text or "The job's id."
        names = ", ".join(f"`{part.name}`" for part in self.id_parts)
        return f"The job's id, a tuple: {names}."


@dataclass(frozen=True)
class Link:
    """An operation beside the one that tells the status."""

    kind: str
    constant: str
    request: Request
    body: str
    text: str
    id_type: str
    parameter: str
    parameter_text: str
    sources: list[int | str]


@dataclass(frozen=True)
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
    links: list[Link]
    body: str
    job: str
    done: str
    uses: list[str]
    attribute: str
    progress: str | None
    progress_max: float
    settings: Mapping
    failure: dict[str, str]
    polling: dict[str, float]
    statuses: list[Status]
    failures: list[Failure]

    @property
    def cancel(self) -> Link | None:
        """The operation that ends a job before its time."""
        return next((link for link in self.links if link.kind == "cancel"), None)


@dataclass(frozen=True)
class Package:
    """A package."""

    name: str
    module: str
    distribution: str
    folder: str
    """Where it stands, seen from the repository."""
    title: str
    version: str
    text: str
    header: str
    server: str
    credentials: list[Credential]
    key_required: bool
    keys_together: bool
    resources: list[Resource]
    models: list[Model]
    enums: list[Enumeration]
    unknowns: list[Unknown]
    aliases: list[Alias]
    openapi: str

    @property
    def exports(self) -> list[str]:
        """The names of the models module."""
        groups = (self.models, self.enums, self.unknowns, self.aliases)
        return sorted(item.name for group in groups for item in group)
