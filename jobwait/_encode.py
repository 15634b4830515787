"""Typed values back to JSON, as it came."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ._decode import JSON_SCALARS, fields_of
from ._pointer import is_array, is_object
from ._unset import UNSET


def encode(value: Any) -> Any:
    """JSON-ready data; not by recursion, as what came may be deeper than Python can call."""
    result: list[Any] = [value]
    places: list[tuple[Any, Any]] = [(result, 0)]
    while places:
        container, key = places.pop()
        item = container[key]
        if item is None or type(item) in JSON_SCALARS:
            continue
        container[key] = item = _encoded(item)
        if is_object(item):
            places.extend((item, name) for name in item)
        elif is_array(item):
            places.extend((item, index) for index in range(len(item)))
    return result[0]


def _encoded(value: Any) -> Any:
    """A value without its type, but not those in it."""
    if is_array(value):
        return list(value)
    if is_object(value):
        return dict(value)
    if hasattr(value, "__discriminator__"):
        return dict(value.raw)
    if hasattr(value, "__attrs_attrs__"):
        raw: dict[str, Any] | None = getattr(value, "_raw", None)
        if raw is not None:
            return dict(raw)
        data = {
            field.wire: item
            for field in fields_of(type(value))
            if (item := getattr(value, field.name)) is not UNSET
        }
        extra: Mapping[str, Any] = getattr(value, "additional_properties", {})
        return data | dict(extra)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (str, int, float)):
        return value
    from datetime import datetime

    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)  # date and UUID
