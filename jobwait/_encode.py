"""Typed values back to JSON, as it came."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ._decode import JSON_SCALARS, Field, decode, fields_of
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
        written: tuple[Any, ...] = getattr(value, "_written", ())
        texts = dict(zip(written[::2], written[1::2], strict=True))
        data = {
            field.wire: _as_written(field, item, texts)
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


def _as_written(field: Field, value: Any, texts: dict[str, Any]) -> Any:
    """The value of a field as it came, unless it is a list or map that has changed since."""
    came = texts.get(field.wire, value)
    return came if isinstance(came, str) or decode(field.read, came)[0] == value else value
