"""Where the job, its progress, its failure and its outcome stand in a body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..document.pointer import joined
from ..document.values import Mapping
from ..model.schemas import Node
from .operations import Operation, is_id, types_of
from .reading import Body, Path, Reader, is_around_job
from .vocabulary import split

PROGRESS: Final = (
    *("progress", "percent", "percentage", "percent_complete", "percent_completed"),
    *("progress_percent", "progress_percentage", "completion_percentage", "percentage_complete"),
    *("complete_percentage", "percent_done", "percentage_done", "progress_pct", "pct_complete"),
    *("fraction_complete", "fraction_completed", "completion", "progress_ratio"),
)
ERRORS: Final = ("error", "last_error", "failure", "error_details", "error_info", "errors")
CODES: Final = (
    *("error_code", "failure_code", "error_type", "failure_type", "error_name", "failure"),
    *("status_code_reason", "fail_code"),
)
MESSAGES: Final = (
    *("error_message", "failure_message", "failure_reason", "failure_detail", "failure_details"),
    *("error_detail", "error_details", "error_description", "error_reason", "fail_reason"),
    *("failed_reason", "fail_message", "error", "failure", "last_error", "errors"),
)
_PERHAPS_MESSAGES: Final = (
    *("status_message", "status_reason", "status_details", "message", "reason", "detail"),
    "details",
)
_RETRYABLE: Final = ("retryable", "is_retryable", "can_retry", "retriable")
_WITHIN: Final[dict[str, tuple[str, ...]]] = {
    "code": ("code", "error_code", "type", "name"),
    "message": ("message", "error_message", "detail", "description", "reason", "title"),
    "retryable": _RETRYABLE,
}
"""Members of an error."""
_DIRECT: Final = {"code": CODES, "message": MESSAGES, "retryable": _RETRYABLE}
"""Members of a job."""
_FAILED: Final = ("error", "error_result", "failure", "last_error", "exception", "errors")
"""Members that hold something if, and only if, a job failed; the surest first."""
_SUCCEEDED: Final = ("success", "succeeded", "is_success", "is_successful", "successful", "ok")


class Failure(NamedTuple):
    """Where a failed job gives its reason."""

    pointers: dict[str, str]
    unclear: dict[str, str]
    """What of that is a guess."""


def job_path(operation: Operation, body: Body, where: Path) -> Path:
    """The object around a status that is the job: the nearest one that has an id."""
    asked = {split(str(p.get("name"))) for p in operation.parameters}
    path = where[:-1]
    while path and is_around_job(path[-1]):
        path = path[:-1]
    nearest = path
    while True:
        names = {split(name) for name in body.objects.get(path, {})}
        if any(name in asked or is_id(name) for name in names):
            return path
        if not path:
            return nearest
        path = path[:-1]


def progress(reader: Reader, body: Body, job: Path) -> tuple[str, float | None]:
    """Where the progress stands, and the value of a job that is done where that is said."""
    for path in dict.fromkeys((job, (*job, "progress"), (*job, "status"), ())):
        members, named = body.objects.get(path, {}), body.named(path)
        for key in PROGRESS:
            schemas = reader.schemas(members.get(named.get(key, ""), []))
            numbers = [s for s in schemas if {"integer", "number"} & set(types_of(s))]
            if numbers:
                return joined((*path, named[key])), _scale(key, numbers, schemas)
    return "", None


def failure(reader: Reader, body: Body, job: Path, where: Path) -> Failure:
    """Where a failed job gives its code, its message and whether to try again."""
    pointers: dict[str, str] = {}
    unclear: dict[str, str] = {}
    for path in dict.fromkeys((job, where[:-1], ())):
        for key in _WITHIN:
            if pointer := _reason(reader, body, path, where, key):
                pointers[key] = pointer
        if "message" not in pointers:
            named = body.named(path)
            perhaps = ((*path, named[name]) for name in _PERHAPS_MESSAGES if name in named)
            if member := next((m for m in perhaps if m != where), None):
                unclear.setdefault("message", joined(member))
        if pointers:
            break
    if pointers.get("code") == pointers.get("message"):
        pointers.pop("code", None)
    return Failure(pointers, {key: at for key, at in unclear.items() if key not in pointers})


def _reason(reader: Reader, body: Body, path: Path, where: Path, key: str) -> str:
    """Where one part of the reason stands in an object, or in an error in it."""
    members, named = body.objects.get(path, {}), body.named(path)
    errors = [named[name] for name in ERRORS if name in named]
    errors += [name for plain, name in named.items() if plain.endswith(("_error", "_failure"))]
    for error in errors:
        inner, known = body.objects.get((*path, error), {}), body.named((*path, error))
        for name in _WITHIN[key]:
            if name in known and _says(reader, key, inner[known[name]], name):
                return joined((*path, error, known[name]))
    for name in _DIRECT[key]:
        member = (*path, named.get(name, ""))
        if name not in named or member in body.objects or member == where:
            continue
        if _says(reader, key, members[named[name]], name):
            return joined(member)
    return ""


def _says(reader: Reader, key: str, places: list[Node], name: str) -> bool:
    """Whether a member can hold a failure's code, message or whether to retry it."""
    schemas = reader.schemas(places)
    types = {kind for schema in schemas for kind in types_of(schema)}
    if key == "retryable":
        return "boolean" in types
    if key == "code" and name == "failure":
        return any("enum" in schema for schema in schemas)
    if key == "message" and name == "failure":
        return not any("enum" in schema for schema in schemas)
    return not types or bool(types - {"boolean", "null"})


def outcome(reader: Reader, body: Body, job: Path, where: Path) -> dict[str, str]:
    """What says that a job failed where no word does: `unless` a boolean, or `when` an error."""
    for path in dict.fromkeys((where[:-1], job, ())):
        members, named = body.objects.get(path, {}), body.named(path)
        kinds = {
            name: {kind for s in reader.schemas(members[wire]) for kind in types_of(s)}
            for name, wire in named.items()
            if (*path, wire) != where and name in (*_FAILED, *_SUCCEEDED)
        }
        for name in _SUCCEEDED:
            if kinds.get(name, set()) - {"null"} == {"boolean"}:
                return {"unless": joined((*path, named[name]))}
        for name in _FAILED:
            if name in kinds:
                return {"when": joined((*path, named[name]))}
    return {}


def _scale(key: str, numbers: Sequence[Mapping], around: Sequence[Mapping]) -> float | None:
    """The value of a job that is done; None where the document does not say."""
    schemas = [*numbers, *around]
    text = " ".join(str(schema.get("description", ""))[:500] for schema in schemas).lower()
    examples = [schema.get(name) for schema in schemas for name in ("example", "maximum")]
    for schema in schemas:
        maximum = schema.get("maximum")
        if isinstance(maximum, int | float) and maximum in (1, 100):
            return maximum
    if any(isinstance(value, int | float) and 1 < value <= 100 for value in examples):
        return 100
    if "percent" in key or "pct" in key or re.search(r"percent|%|0 ?(-|to|and) ?100\b", text):
        return 100
    fraction = r"fraction|ratio\b|\b0(\.0+)? ?(-|to|and) ?1(\.0+)?\b(?!\.?\d)"
    if "fraction" in key or "ratio" in key or re.search(fraction, text):
        return 1
    if any(isinstance(value, float) and 0 < value < 1 for value in examples):
        return 1
    return None
