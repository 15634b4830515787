"""The names in Python that are gone, new, renamed, or of another type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from .change import Change, Kind, Severity
from .python import Name, Sort
from .surface import Surface
from .types import Relation, Types

_ALIKE: Final = 0.5
"""The share of equal fields from which on a class at the same place may be one renamed."""
_NEAR: Final = 8
"""How many names at a place may be the new one of a name that stood there."""
_FIXED: Final = (Sort.IMPORT, Sort.CONSTANT)
"""What every package has under the same name."""
_CALLBACK: Final = "on_update"
"""A parameter whose type follows from the job's."""


@dataclass(frozen=True)
class Names:
    """The names of two packages, side by side."""

    changes: list[Change]
    renamed: dict[str, str]
    """The new name of each that seems to have another one."""
    gone: set[str]
    unions: dict[str, frozenset[str]]
    """The members that went from each union with a name, or came."""


def compare_names(old: Surface, new: Surface) -> Names:
    """Compare what programs can name in two packages."""
    comparison = _Comparison(old, new)
    changes = [*comparison.changes()]
    return Names(changes, comparison.renamed, comparison.gone, comparison.unions)


class _Comparison:
    def __init__(self, old: Surface, new: Surface) -> None:
        self.renamed: dict[str, str] = {}
        self.gone: set[str] = set()
        self.unions: dict[str, frozenset[str]] = {}
        self._old = old
        self._new = new
        enums = old.code.enums | new.code.enums
        classes = self._renamed("", "", Types(enums=enums))
        aliases = {
            item.name: item.annotation
            for code in (old.code, new.code)
            for item in code.names.values()
            if item.sort is Sort.ALIAS
        }
        self._types = Types(classes, aliases, enums)
        self.renamed |= classes

    def changes(self) -> Iterator[Change]:
        """Everything, each name with what belongs to it."""
        yield from self._level("", "")
        yield from self._level("client", "client")

    def _level(self, old_owner: str, new_owner: str) -> Iterator[Change]:
        old, new = _children(self._old, old_owner), _children(self._new, new_owner)
        if old_owner:
            self.renamed |= self._renamed(old_owner, new_owner, self._types)
        pairs = {name: self.renamed.get(name, _moved(name, old_owner, new_owner)) for name in old}
        for name, item in old.items():
            after = new.get(pairs[name])
            if after is None or not _is_same_sort(item, after):
                self.gone.add(name)
                yield self._removed(item, after)
                continue
            if item.last != after.last:
                yield self._rename(item, after)
            yield from self._retyped(item, after)
            yield from self._level(name, after.name)
        # What takes a name that somebody else gave up is told where that is told.
        known = {*pairs.values()}
        for name, item in new.items():
            if name not in known:
                yield from self._added(item)

    def _change(
        self, severity: Severity, kind: Kind, item: Name, message: str, *, guessed: bool = False
    ) -> Change:
        is_old = self._old.code.names.get(item.name) is item
        surface = self._old if is_old else self._new
        return Change(
            severity=severity,
            kind=kind,
            name=item.name,
            place=surface.place_of(item.name),
            message=message,
            guessed=guessed,
        )

    def _removed(self, item: Name, after: Name | None) -> Change:
        if after:
            text = f"is {_article(after.sort)} now, was {_article(item.sort)}"
            return self._change(Severity.BREAKING, Kind.RETYPED, after, text)
        return self._change(Severity.BREAKING, Kind.REMOVED, item, "removed")

    def _added(self, item: Name) -> Iterator[Change]:
        text = f"new: `{item.annotation}`" if item.annotation else "new"
        if item.sort is Sort.PARAMETER and item.required:
            text = f"a new argument that every call must have: `{item.annotation}`"
            yield self._change(Severity.BREAKING, Kind.REQUIRED, item, text)
        elif item.sort is Sort.FIELD and item.required:
            text += "; code that constructs such an object must pass it"
            yield self._change(Severity.NOTABLE, Kind.REQUIRED, item, text)
        else:
            yield self._change(Severity.COMPATIBLE, Kind.ADDED, item, text)

    def _rename(self, item: Name, after: Name) -> Change:
        is_sure = item.sort is Sort.MEMBER and item.annotation == after.annotation
        why = "the value is the same" if is_sure else "a guess by position and type"
        text = f"renamed to `{after.name}` ({why})"
        change = self._change(Severity.BREAKING, Kind.RENAMED, item, text, guessed=not is_sure)
        place = self._new.place_of(after.name)
        return Change(
            severity=change.severity,
            kind=change.kind,
            name=change.name,
            place=place,
            message=text,
            guessed=change.guessed,
        )

    def _retyped(self, item: Name, after: Name) -> Iterator[Change]:
        if item.annotation == after.annotation and item.required == after.required:
            return
        if item.sort in (Sort.CONSTANT, Sort.MEMBER):
            if item.annotation != after.annotation and item.last == after.last:
                text = f"is {after.annotation}, was {item.annotation}"
                yield self._change(Severity.BREAKING, Kind.RETYPED, after, text)
        elif item.sort is Sort.PARAMETER:
            yield from self._parameter(item, after)
        else:
            yield from self._read(item, after)

    def _parameter(self, item: Name, after: Name) -> Iterator[Change]:
        """An argument of another type: what was passed before must still be possible."""
        if after.required and not item.required:
            text = "every call must have this argument now"
            yield self._change(Severity.BREAKING, Kind.REQUIRED, after, text)
        relation = self._types.relation(item.annotation, after.annotation)
        if relation is Relation.SAME or after.last == _CALLBACK:
            return
        text = f"takes `{after.annotation}`, took `{item.annotation}`"
        severity = Severity.COMPATIBLE if relation is Relation.WIDER else Severity.BREAKING
        yield self._change(severity, Kind.RETYPED, after, text)

    def _read(self, item: Name, after: Name) -> Iterator[Change]:
        """A value of another type: what is read now must be what was read before."""
        relation = self._types.relation(item.annotation, after.annotation)
        if relation is Relation.SAME:
            return
        went, came = self._types.difference(item.annotation, after.annotation)
        if after.sort is Sort.ALIAS:
            self.unions[after.name] = went | came
        text = f"is `{after.annotation}`, was `{item.annotation}`"
        kind = Kind.RETYPED
        if relation is Relation.NARROWER:
            severity = Severity.COMPATIBLE
            if "Unset" in went and went <= {"Unset", "None"} and not came:
                severity, kind = Severity.NOTABLE, Kind.REQUIRED
                text += "; never missing now: code that constructs such an object must pass it"
        elif relation is Relation.WIDER:
            # Of a union with an unknown member, any program must expect more.
            is_open = any(member.startswith("Unknown") for member in _words(item.annotation))
            severity = Severity.NOTABLE if is_open else Severity.BREAKING
            if came <= {"Unset", "None"}:
                text += f"; check for {' and '.join(sorted(came)).replace('Unset', 'UNSET')}"
        elif relation is Relation.UNTYPED:
            severity = Severity.NOTABLE
        else:
            severity = Severity.BREAKING
        yield self._change(severity, kind, after, text)

    def _renamed(self, old_owner: str, new_owner: str, types: Types) -> dict[str, str]:
        """What was probably renamed: it is of the same kind and type, and at the same place."""
        old, new = _children(self._old, old_owner), _children(self._new, new_owner)
        before, after = [*old.values()], [*new.values()]
        matcher = SequenceMatcher(None, [i.last for i in before], [i.last for i in after], False)
        names = {item.last for item in after} & {item.last for item in before}
        result: dict[str, str] = {}
        if old_owner == "Client":  # another key is another one, wherever it stands
            return result
        for _, start, end, first, last in matcher.get_opcodes():
            left = [item for item in after[first:last] if item.last not in names]
            for item in before[start:end]:
                near = left[:_NEAR]
                match = next((a for a in near if self._is_alike(item, a, types)), None)
                if match and item.last not in names:
                    result[item.name] = match.name
                    left.remove(match)
        # What is the same to the last field, and the only such one, may stand anywhere.
        went = [i for i in before if i.last not in names and i.name not in result]
        came = [i for i in after if i.last not in names and i.name not in result.values()]
        alike: dict[object, tuple[list[str], list[str]]] = {}
        for side, (surface, items) in enumerate(((self._old, went), (self._new, came))):
            for item in items:
                if item.sort not in _FIXED:
                    key = item.sort, *_inner(surface, item, types)
                    alike.setdefault(key, ([], []))[side].append(item.name)
        pairs = [(gone, new) for gone, new in alike.values() if len(gone) == len(new) == 1]
        return result | {gone[0]: new[0] for gone, new in pairs}

    def _is_alike(self, old: Name, new: Name, types: Types) -> bool:
        if old.sort is not new.sort or old.sort in _FIXED:
            return False
        if old.sort in (Sort.MODEL, Sort.ENUM, Sort.RESOURCE, Sort.METHOD):
            own, other = _inner(self._old, old, types), _inner(self._new, new, types)
            return SequenceMatcher(None, own, other, False).ratio() >= _ALIKE
        is_same = types.is_same_value(old.annotation, new.annotation)
        return is_same or old.sort is Sort.MEMBER


def _children(surface: Surface, owner: str) -> dict[str, Name]:
    return surface.code.children.get(owner, {})


def _moved(name: str, old_owner: str, new_owner: str) -> str:
    """A name as it is where its owner was renamed."""
    return new_owner + name.removeprefix(old_owner) if old_owner else name


def _inner(surface: Surface, item: Name, types: Types) -> list[str]:
    """What decides whether two are the same thing: what belongs to them, and of which type."""
    children = [item, *_children(surface, item.name).values()]
    return [
        f"{c.last if c is not item else ''}: {types.in_new_names(c.annotation)}" for c in children
    ]


def _is_same_sort(old: Name, new: Name) -> bool:
    """Whether two are of a kind; a class may be the layer's or the package's own."""
    return old.sort is new.sort or {old.sort, new.sort} == {Sort.IMPORT, Sort.CLASS}


def _words(annotation: str) -> list[str]:
    return [word.strip() for word in annotation.split("|")]


def _article(sort: Sort) -> str:
    return f"an {sort}" if sort[0] in "aei" else f"a {sort}"
