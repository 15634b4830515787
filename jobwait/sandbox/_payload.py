"""Turns an example of a document into the payload of one job at one moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

from jobwait._pointer import parse_pointer

from ._types import JobId

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def get(value: Json, pointer: str) -> Json:
    """Return what a JSON Pointer points to, or None if it points to nothing."""
    for part in parse_pointer(pointer):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def replace(value: Json, pointer: str, new: Json) -> Json:
    """Return a copy of the value in which the place that a JSON Pointer points to is `new`."""

    def descend(value: Json, parts: tuple[str, ...]) -> Json:
        if not parts:
            return new
        if not isinstance(value, dict):
            return value
        return value | {parts[0]: descend(value.get(parts[0]), parts[1:])}

    return descend(value, parse_pointer(pointer))


def with_id(value: Json, example: Json, new: JobId) -> Json:
    """Return a copy in which the example's id, alone or as a word within a text, is `new`."""
    if example is None:
        return value
    wire = new if isinstance(new, int) else str(new)
    word = re.compile(rf"(?<!\w){re.escape(str(example))}(?!\w)")

    def change(leaf: Json) -> Json:
        if isinstance(leaf, str):
            return word.sub(lambda _: str(new), leaf)
        # True == 1, and an id of 1 must not turn every flag into a number.
        return wire if type(leaf) is type(example) and leaf == example else leaf

    return _map(value, change)


def with_times(value: Json, began: datetime, changed: datetime) -> Json:
    """Return a copy whose earliest time is `began` and whose latest is `changed`.

    Those between keep their place; each keeps its own way of being written.
    """
    times = [time for leaf in _leaves(value) if (time := _time(leaf)) is not None]
    if not times:
        return value
    first, span = min(times), max(times) - min(times)

    def change(leaf: Json) -> Json:
        time = _time(leaf)
        if time is None or not isinstance(leaf, str):
            return leaf
        new = began + (changed - began) * ((time - first) / span if span else 0)
        written = datetime.fromisoformat(leaf)
        text = new.astimezone(written.tzinfo or UTC).isoformat(
            timespec="milliseconds" if written.microsecond or "." in leaf else "seconds"
        )
        if written.tzinfo is None:
            return text.removesuffix("+00:00")
        return text.replace("+00:00", "Z") if leaf.endswith("Z") else text

    return _map(value, change)


def _time(leaf: Json) -> datetime | None:
    if not isinstance(leaf, str) or not _DATE_TIME.fullmatch(leaf):
        return None
    try:
        time = datetime.fromisoformat(leaf)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _map(value: Json, change: Callable[[Json], Json]) -> Json:
    if isinstance(value, dict):
        return {key: _map(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_map(item, change) for item in value]
    return change(value)
