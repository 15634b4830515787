"""What griffe finds broken in the code of two packages, in the names that users have for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import griffe

from .change import Change, Kind, Severity, change
from .surface import Surface

_KINDS: Final = {
    griffe.BreakageKind.OBJECT_REMOVED: Kind.REMOVED,
    griffe.BreakageKind.PARAMETER_REMOVED: Kind.REMOVED,
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: Kind.REQUIRED,
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: Kind.REQUIRED,
}


def breakages(old: Surface, new: Surface) -> Iterator[Change]:
    """Everything that griffe finds: what a package has twice, for both clients, is there twice."""
    for module in sorted(old.code.homes & new.code.homes):
        before, after = old.code.modules[module], new.code.modules[module]
        for breakage in griffe.find_breaking_changes(before, after):
            name = _name(breakage, old, new)
            if name:
                yield _change(breakage, name, old, new)


def _name(breakage: griffe.Breakage, old: Surface, new: Surface) -> str:
    """What users call what is broken; empty if they do not."""
    name = new.code.name_of(breakage.obj.path) or old.code.name_of(breakage.obj.path)
    start = name.partition(".")[0]
    if start != "client" and start not in old.code.names:
        return ""
    value = breakage.old_value or breakage.new_value
    return f"{name}({value.name})" if isinstance(value, griffe.Parameter) else name


def _change(breakage: griffe.Breakage, name: str, old: Surface, new: Surface) -> Change:
    severity, kind = Severity.BREAKING, _KINDS.get(breakage.kind, Kind.RETYPED)
    text = str(breakage.kind.value)
    if breakage.kind is griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT:
        severity = Severity.NOTABLE
        text = f"the default is {breakage.new_value.default}, was {breakage.old_value.default}"
    if ".Async" in breakage.obj.path:
        text += ", for the asynchronous client"
    surface = old if kind is Kind.REMOVED else new
    return change(severity, kind, name, surface.place_of(name), text)
