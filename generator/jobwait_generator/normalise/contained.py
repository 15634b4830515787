"""Alternatives without those that another one contains: no reader could tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ..document.values import Mapping, is_mapping
from .atoms import distinct, is_listed, kind_of, listed_values
from .origins import Origins


class Contained:
    """Joins alternatives that are no objects with properties.

    Args:
        leaves: The atoms behind an alternative, which may be a reference.
        origins: Where they come from.
    """

    def __init__(self, leaves: Callable[[Mapping], list[Mapping]], origins: Origins) -> None:
        self._leaves = leaves
        self._origins = origins

    def without(self, parts: list[Mapping]) -> list[Mapping]:
        """Alternatives, less those that another one contains."""
        by_kind: dict[str, list[Mapping]] = {}
        for part in distinct([*self._spelled_out(parts)]):
            kinds = self._kinds(part)
            by_kind.setdefault(kinds.pop() if len(kinds) == 1 else "several", []).append(part)
        result: list[Mapping] = []
        for kind, alike in by_kind.items():
            if kind == "integer" and "number" in by_kind:
                continue
            if kind == "number":
                result.append(alike[0])
            elif kind == "string":
                result += self._strings(alike)
            elif kind in ("array", "object") and len(alike) > 1:
                result.append(self._joined(kind, alike))
            else:
                result += alike
        return result

    def _kinds(self, part: Mapping) -> set[str]:
        return {kind_of(atom) for atom in self._leaves(part)}

    def _spelled_out(self, parts: list[Mapping]) -> Iterator[Mapping]:
        """The alternatives with their names, except where several lists or maps become one."""
        counts = Counter(kind for part in parts for kind in self._kinds(part))
        several = {kind for kind in ("array", "object") if counts[kind] > 1}
        for part in parts:
            yield from self._leaves(part) if several & self._kinds(part) else [part]

    def _joined(self, kind: str, parts: list[Mapping]) -> Mapping:
        """One list for several, or one map."""
        key = "items" if kind == "array" else "additionalProperties"
        inner = [part.get(key) for part in parts]
        result: Mapping = {"type": kind}
        if all(is_mapping(schema) for schema in inner):
            result[key] = self._origins.together("anyOf", inner)
        elif kind == "array":
            result[key] = {}
        return self._origins.derive(result, *parts)

    def _strings(self, parts: list[Mapping]) -> list[Mapping]:
        leaves = [self._leaves(part) for part in parts]
        words = [word for part in parts for word in listed_values(part)]
        named = [
            part
            for part, atoms in zip(parts, leaves, strict=True)
            if "$ref" in part and any(map(is_listed, atoms))
        ]
        is_plain = any({"type": "string"} in atoms for atoms in leaves)
        # An enum is open: it takes any other word as well.
        listed = list(dict.fromkeys(words))
        if len(listed) > 1:
            enum = self._origins.derive({"type": "string", "enum": listed}, *parts)
            return [enum, *(part for part in parts if "$ref" in part and (part in named))]
        if is_plain:
            return named or [{"type": "string"}]
        return parts
