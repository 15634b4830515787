"""Ids: checked, and written as a request carries them."""

from __future__ import annotations

from typing import Any, Final

from ._encode import encode
from ._errors import InvalidArgumentError
from ._operation import Id, IdT, Operation, Part
from ._pointer import parse_pointer, value_at

_DOTS: Final = frozenset({".", ".."})


def id_values(operation: Operation[IdT, Any], job_id: IdT) -> list[str | int]:
    """The values that an id consists of, as they are sent.

    Raises:
        InvalidArgumentError: `job_id` is no id.
    """
    parts = operation.id_parts
    values: tuple[Any, ...] = (job_id,)
    if len(parts) != 1:
        values = job_id if isinstance(job_id, tuple) else ()
        if len(values) != len(parts):
            names = ", ".join(part.name for part in parts)
            raise _bad_id(operation, f"is a tuple of {len(parts)} parts ({names})")
    sent: list[str | int] = []
    for part, value in zip(parts, values, strict=True):
        typed = _typed(operation, part, value)
        text = _id_text(operation, part, typed)
        sent.append(typed if part.kind is int and part.location == "body" else text)
    return sent


def text_of(part: Any) -> str:
    """A part of an id as text; the member of an enum is what it stands for.

    Raises:
        ValueError: It is a number of more digits than Python writes.
    """
    if isinstance(part, str):
        return str.__str__(part)
    return str(int(part)) if isinstance(part, int) else str(part)


def needs_body(operation: Operation[Any, Any]) -> bool:
    """Whether the id of a result stands in the body that tells the job's status."""
    return any(isinstance(source, str) for source in operation.sources)


def result_id(operation: Operation[Any, Any], job_id: Id, body: Any) -> Any:
    """The id that an operation takes, from that of a job and the body that tells its status.

    Raises:
        InvalidArgumentError: The job has none.
    """
    parts: tuple[Any, ...] = job_id if isinstance(job_id, tuple) else (job_id,)
    data = encode(body)
    values: list[Any] = []
    for part, source in zip(operation.id_parts, operation.sources, strict=True):
        if isinstance(source, int):
            values.append(parts[source])
            continue
        value = value_at(parse_pointer(source), data)
        if not isinstance(value, str | int):
            raise _bad_id(operation, f"is at {source}, where the job has none yet")
        values.append(value if part.kind is int else part.kind(str(value)))
    return values[0] if len(values) == 1 else tuple(values)


def _typed(operation: Operation[Any, Any], part: Part, value: Any) -> Any:
    kind: type[Any] = part.kind
    if isinstance(value, str) and kind is not str and kind is not int:
        try:
            return kind(value)
        except ValueError:
            raise _bad_id(operation, f"is a {kind.__name__}, which {value!r} is not") from None
    if not isinstance(value, kind) or isinstance(value, bool):
        digits = isinstance(value, str) and kind is int and value.isdecimal()
        hint = f": use {value}" if digits else ""
        rule = f"is of type {kind.__name__}, not {type(value).__name__}{hint}"
        raise _bad_id(operation, rule)
    return value


def _id_text(operation: Operation[Any, Any], part: Part, value: Any) -> str:
    try:
        text = text_of(value)
    except ValueError:
        raise _bad_id(operation, "is a number of fewer digits") from None
    if not text.strip():
        raise _bad_id(operation, "is not empty")
    if part.allow_reserved:
        unsafe = not _DOTS.isdisjoint(text.split("/"))
    else:
        unsafe = text in _DOTS or "/" in text
    unsafe = unsafe or "\\" in text
    if not text.isprintable() or (unsafe and part.location == "path"):
        slash = "backslash" if part.allow_reserved else "slash"
        rule = f"has no {slash}, dots alone or control characters, as {text!r} has"
        raise _bad_id(operation, rule)
    return text


def _bad_id(operation: Operation[Any, Any], rule: str) -> Exception:
    error = InvalidArgumentError(f"an id for {operation.operation_id} {rule}; nothing was sent")
    error.provider = operation.provider
    return error
