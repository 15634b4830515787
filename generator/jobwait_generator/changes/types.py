"""What it means for whoever reads a value, or passes one, that its annotation is another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

_JSON: Final = frozenset({"None", "bool", "float", "int", "str", "Unset"})
"""What a value of JSON is by itself, the class of a missing one among it."""
_EMPTY: Final = frozenset({"None", "Unset"})
_CONTAINERS: Final = ("Mapping[str, ", "Sequence[", "list[")
"""Those that are read, and so are related as their items are."""


class Relation(Enum):
    """How a new type relates to the old one."""

    SAME = auto()
    NARROWER = auto()
    """Each of its values is one of the old type."""
    WIDER = auto()
    """Each of the old values is one of it."""
    UNTYPED = auto()
    """One of them is `Any`, and the values are those of JSON as before."""
    OTHER = auto()


@dataclass(frozen=True)
class Types:
    """What the names in the annotations of two packages stand for."""

    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    """The new name of each class that has another one."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Annotations that have a name."""
    enums: Mapping[str, str] = field(default_factory=dict[str, str])
    """The type that the members of an enum are."""

    def in_new_names(self, old: str) -> str:
        """An annotation of the old package in the names of the new one."""
        return re.sub(r"\w+", lambda match: self.renamed.get(match[0], match[0]), old)

    def relation(self, old: str, new: str) -> Relation:
        """How an annotation of the new package relates to one of the old package."""
        return self._relation(_members(self.in_new_names(old)), _members(new))

    def _relation(self, before: frozenset[str], after: frozenset[str]) -> Relation:
        if before == after:
            return Relation.SAME
        if items := _items(before - after, after - before):
            return self._relation(*items)
        if "Any" in before ^ after:
            (plain,) = (side for side in (before, after) if "Any" not in side)
            return Relation.UNTYPED if all(map(_is_json, plain)) else Relation.OTHER
        shared = before & after
        before = shared | self._spelt_out(before - shared)
        after = shared | self._spelt_out(after - shared)
        if all(self._is_one_of(member, before) for member in after):
            return Relation.NARROWER
        if all(self._is_one_of(member, after) for member in before):
            return Relation.WIDER
        return Relation.OTHER

    def is_same_value(self, old: str, new: str) -> bool:
        """Whether two annotations are the same, but for that a value may be missing or null."""
        return _members(self.in_new_names(old)) - _EMPTY == _members(new) - _EMPTY

    def difference(self, old: str, new: str) -> tuple[frozenset[str], frozenset[str]]:
        """The members of a union that went, in the new names, and those that came."""
        before, after = _members(self.in_new_names(old)), _members(new)
        return before - after, after - before

    def _spelt_out(self, members: Iterable[str]) -> frozenset[str]:
        result: set[str] = set()
        for member in members:
            alias = self.aliases.get(member)
            result |= _members(alias) if alias else {member}
        return frozenset(result)

    def _is_one_of(self, member: str, union: frozenset[str]) -> bool:
        if member in union or self.enums.get(member) in union:
            return True
        if member == "int":
            return "float" in union
        if member.startswith("Literal["):
            return ("str" if member[8] in "'\"" else "int") in union
        items = (_items({wide}, {member}) for wide in union)
        kinds = (Relation.SAME, Relation.NARROWER)
        return any(each and self._relation(*each) in kinds for each in items)


def _members(annotation: str) -> frozenset[str]:
    """The members of a union; each word of a `Literal` is one."""
    try:
        tree = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return frozenset({annotation})
    return frozenset(_split(tree))


def _items(old: Set[str], new: Set[str]) -> tuple[frozenset[str], frozenset[str]] | None:
    """What the items of two containers of a kind can be, if these are all there is."""
    if len(old) == len(new) == 1:
        (before, after) = (*old, *new)
        for start in _CONTAINERS:
            if before.startswith(start) and after.startswith(start):
                return _members(before[len(start) : -1]), _members(after[len(start) : -1])
    return None


def _split(node: ast.expr) -> Iterable[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _split(node.left)
        yield from _split(node.right)
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
        words = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        yield from (f"Literal[{ast.unparse(word)}]" for word in words)
    else:
        yield ast.unparse(node)


def _is_json(member: str) -> bool:
    return member in _JSON or member.startswith("Literal[") or member.partition("[")[0] == "Mapping"
