"""What the extension says of an operation: when its job is done, and how to wait for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple, Protocol, cast

from jsonschema import Draft202012Validator

from ..document.document import LINKS, SCHEMA
from ..document.nearest import instead_of
from ..document.pointer import joined
from ..document.values import Mapping, mapping
from ..problems import prose, shown

_DETAIL: Final = 200
"""The most characters of a validator's message."""
_HINT: Final = 160
_TYPES: Final = {"number": "a number", "object": "a mapping", "string": "a text"}
"""Of the extension's JSON Schema, in words."""


class Violation(NamedTuple):
    """Something that the JSON Schema of the extension does not allow."""

    entry: str
    """The entry of the extension; empty for the whole."""
    pointer: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a job's progress stands."""

    value: str
    """The JSON Pointer into the body."""
    maximum: float
    """Its value at the job's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """When to poll, in seconds; the defaults are those of the extension's JSON Schema."""

    initial: float = 1.0
    multiplier: float = 1.5
    maximum: float = 10.0
    timeout: float = 300.0
    not_found_grace: float = 0.0
    is_assumed: bool = False
    """Whether the provider recommends none of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """An entry that names another operation."""

    operation: str
    """Such as `DELETE /jobs/{id}`."""
    parameters: dict[str, str]
    """Where the values of its parameters stand in the body, by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The extension; entries that its JSON Schema does not allow are as if they were not there."""

    pointer: str
    """Where it stands in the document."""
    violations: tuple[Violation, ...] = ()
    job: str = ""
    """The JSON Pointer to the job in the body."""
    status: str | None = None
    """The JSON Pointer to the status word in the body."""
    states: dict[str, str] = field(default_factory=dict[str, str])
    """The state that each status word means."""
    absent: str | None = None
    """The state that a body without a status means."""
    responses: dict[str, str] = field(default_factory=dict[str, str])
    """The state that a status code of HTTP means by itself."""
    progress: Progress | None = None
    failure: dict[str, str] = field(default_factory=dict[str, str])
    """The JSON Pointers into the body, by `code`, `message`, `retryable`, `when` and `unless`."""
    polling: Polling = field(default_factory=Polling)
    links: dict[str, LinkSettings] = field(default_factory=dict[str, LinkSettings])
    """By `cancel`, `list` and `result`."""

    @property
    def can_fail(self) -> bool:
        """Whether anything means that a job failed, or was cancelled."""
        states = {*self.states.values(), *self.responses.values(), self.absent}
        return bool(states & {"failed", "cancelled"} or {"when", "unless"} & self.failure.keys())


def read_waiting(value: object, pointer: str) -> Waiting:
    """Read the extension that stands at `pointer`."""
    violations = tuple(_violations(value, pointer))
    wrong = {violation.entry for violation in violations}
    settings = {key: item for key, item in mapping(value).items() if key not in wrong}
    progress = mapping(settings.get("progress"))
    polling = mapping(settings.get("polling"))
    return Waiting(
        pointer=pointer,
        violations=violations,
        job=settings.get("job", ""),
        status=settings.get("status"),
        states=settings.get("states", {}),
        absent=settings.get("absent"),
        responses=settings.get("responses", {}),
        progress=Progress(value=progress["value"], maximum=float(progress["max"]))
        if progress
        else None,
        failure=settings.get("failure", {}),
        polling=Polling(
            is_assumed=polling.get("x-assumed") is True,
            **{
                name: float(polling[key])
                for key, name in (
                    *((key, key) for key in ("initial", "multiplier", "maximum", "timeout")),
                    ("notFoundGrace", "not_found_grace"),
                )
                if key in polling
            },
        ),
        links={
            key: LinkSettings(
                operation=str(settings[key].get("operation")),
                parameters=settings[key].get("parameters", {}),
            )
            for key in LINKS
            if key in settings
        },
    )


class _Violation(Protocol):
    """What is needed of a `jsonschema.ValidationError`."""

    @property
    def message(self) -> str: ...
    @property
    def validator(self) -> str: ...
    @property
    def absolute_path(self) -> Iterable[str | int]: ...
    @property
    def schema(self) -> Any: ...
    @property
    def instance(self) -> Any: ...


class _Validator(Protocol):
    def iter_errors(self, instance: Any, /) -> Iterable[_Violation]: ...


@cache
def _validator() -> _Validator:
    schema: Mapping = json.loads(SCHEMA.read_bytes())
    return cast("_Validator", Draft202012Validator(schema))


def _violations(value: object, pointer: str) -> Iterator[Violation]:
    errors = [*_validator().iter_errors(value)]
    places = [[str(part) for part in error.absolute_path] for error in errors]
    for path, error in zip(places, errors, strict=True):
        # What follows from a word that is wrong is not told beside that.
        if error.validator == "not" and sum(other[: len(path)] == path for other in places) > 1:
            continue
        schema = mapping(error.schema)
        unknown = _unknown(error) if error.validator == "additionalProperties" else []
        for key in unknown:
            known = [*mapping(schema.get("properties"))]
            message = f"there is no such entry; {instead_of(key, known)}"
            if "patternErrorMessage" in schema:
                message = f"{shown(key)}: {schema['patternErrorMessage']}"
            yield Violation(key if not path else path[0], pointer + joined([*path, key]), message)
        if not unknown:
            yield Violation(path[0] if path else "", pointer + joined(path), _message(error))


def _unknown(error: _Violation) -> list[str]:
    """The keys that a schema with names, or patterns, for all of them has none for."""
    schema = mapping(error.schema)
    properties, patterns = mapping(schema.get("properties")), schema.get("patternProperties", ())
    if not properties and not patterns:
        return []
    return [
        key
        for key in mapping(error.instance)
        if key not in properties and not any(re.search(pattern, key) for pattern in patterns)
    ]


def _message(error: _Violation) -> str:
    schema = mapping(error.schema)
    instance = shown(error.instance)
    if error.validator in ("pattern", "type") and "patternErrorMessage" in schema:
        return f"{instance}: {schema['patternErrorMessage']}"
    if error.validator == "enum":
        return f"{instance} is none of these; {instead_of(str(error.instance), schema['enum'])}"
    text = error.message
    if error.validator == "not":
        text = "this breaks a rule"
    elif error.validator == "type":
        text = f"{instance} is not {_TYPES[schema['type']]}"
    elif len(text) > _DETAIL:
        text = f"{text[: _DETAIL // 2]}…{text[-_DETAIL // 2 :]}"
    hints = [str(schema.get(key)) for key in ("description", "title") if key in schema]
    hint = next((hint for hint in hints if len(hint) <= _HINT), "what the schema says")
    return prose(f"{text}; expected here: {hint}")
