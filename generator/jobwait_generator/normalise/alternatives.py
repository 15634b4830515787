"""Taking schemas apart: the alternatives that each one allows, as atoms of one plain type."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ..document.document import Document
from ..document.pointer import local_pointer
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.schemas import MAX_PROPERTIES
from .atoms import ANY, is_listed, is_nothing, is_object, kind_of, listed_values, own_atoms
from .origins import Origins, TooManySchemasError

UNIONS: Final = ("anyOf", "oneOf")

_BESIDE_REF: Final = frozenset(
    {
        *("additionalProperties", "allOf", "anyOf", "const", "enum", "items", "oneOf"),
        *("patternProperties", "prefixItems", "properties", "required"),
    }
)
"""What beside a `$ref` says more than the reference."""
_MOST: Final = 100
"""Alternatives of one schema; what has more is anything."""
_MOST_PAIRS: Final = 1_000


class Atoms(NamedTuple):
    """The alternatives that a schema consists of; none of them is null."""

    parts: list[Mapping]
    null: bool
    """Whether the schema allows null too."""


class Alternatives:
    """What the schemas of one document allow."""

    def __init__(self, document: Document, origins: Origins) -> None:
        self._document = document
        self._origins = origins
        self._known: dict[int, tuple[Mapping, Atoms]] = {}
        """What was taken apart, by identity; the schema stays, and so its identity is its own."""
        self._own: dict[int, tuple[Mapping, list[Mapping] | None, bool]] = {}
        self._expanding: set[str] = set()
        self._is_cut = False
        """Whether a circle was met, so that what is known of a schema in it is not the whole."""
        self._is_3_0 = str(document.data.get("openapi")).startswith("3.0")

    def atoms(self, schema: Any) -> Atoms:
        """The alternatives of a schema, references among them."""
        if is_nothing(schema):
            return Atoms([], null=False)
        if not is_mapping(schema):
            return Atoms([ANY], null=False)
        if id(schema) not in self._known:
            was_cut, self._is_cut = self._is_cut, False
            atoms = self._taken_apart(schema)
            is_cut, self._is_cut = self._is_cut, self._is_cut or was_cut
            if is_cut and self._expanding:
                return atoms
            self._known[id(schema)] = schema, atoms
        return self._known[id(schema)][1]

    def leaves(self, schema: Any) -> list[Mapping]:
        """The alternatives of a schema, behind all references."""
        return [leaf for part in self.atoms(schema).parts for leaf in self.behind(part).parts]

    def behind(self, part: Mapping) -> Atoms:
        """The alternatives behind an atom that is a reference, and behind those; else itself."""
        if "$ref" not in part:
            return Atoms([part], null=False)
        pointer = local_pointer(str(part["$ref"])) or ""
        if pointer in self._expanding:
            self._is_cut = True
            return Atoms([], null=False)
        self._expanding.add(pointer)
        try:
            atoms = self.atoms(self._document.at(pointer))
            inner = [self.behind(atom) for atom in atoms.parts]
        finally:
            self._expanding.discard(pointer)
        parts = [atom for expanded in inner for atom in expanded.parts]
        return Atoms(parts, atoms.null or any(expanded.null for expanded in inner))

    def is_nullable(self, reference: str) -> bool:
        """Whether what a reference leads to may be null."""
        return self.behind({"$ref": reference}).null

    def words(self, schema: Any) -> list[str]:
        """The words that a schema allows; none if it allows more than words."""
        words = [word for leaf in self.leaves(schema) for word in listed_values(leaf) or [None]]
        strings = [word for word in words if isinstance(word, str)]
        return list(dict.fromkeys(strings)) if len(strings) == len(words) else []

    def lacks(self, schema: Any, path: list[str]) -> bool:
        """Whether an alternative of a schema has no such property."""
        return bool(path) and any(
            path[0] not in part["properties"]
            or (len(path) > 1 and self.lacks(part["properties"][path[0]], path[1:]))
            for part in self.leaves(schema)
            if is_object(part) and not part.get("additionalProperties")
        )

    def home(self, part: Mapping) -> str | None:
        """The pointer of the component that a reference ends at; None for what is none."""
        pointer = None
        seen: set[str] = set()
        while "$ref" in part and str(part["$ref"]) not in seen:
            seen.add(str(part["$ref"]))
            pointer = local_pointer(str(part["$ref"])) or ""
            parts = self.atoms(self._document.at(pointer)).parts
            if len(parts) != 1:
                break
            part = parts[0]
        return pointer

    def home_of(self, atom: Mapping, part: Mapping) -> str | None:
        """The pointer of the component behind a reference that is all of one atom of it."""
        seen: set[str] = set()
        left = [part]
        while left and "$ref" in (reference := left.pop()):
            pointer = local_pointer(str(reference["$ref"])) or ""
            if pointer in seen:
                continue
            seen.add(pointer)
            for inner in self.atoms(self._document.at(pointer)).parts:
                leaves = self.behind(inner).parts if "$ref" in inner else []
                if leaves == [atom]:
                    return self.home(inner)
                left += [inner] if atom in leaves else []
        return None

    def _taken_apart(self, schema: Mapping) -> Atoms:
        null = schema.get("nullable") is True
        lists: list[list[Mapping]] = []
        reference = schema.get("$ref")
        if isinstance(reference, str):
            lists.append([{"$ref": reference}])
            null = null or self.is_nullable(reference)
            if self._is_3_0 or not _BESIDE_REF & schema.keys():
                return Atoms(lists[0], null)
        own, own_null = self._own_atoms(schema)
        null = null or own_null
        if own is not None:
            lists.append(own)
        for part in sequence(schema.get("allOf")):
            atoms = self.atoms(part)
            null = null or atoms.null
            lists.append(atoms.parts)
        for key in UNIONS:
            members = [self.atoms(part) for part in sequence(schema.get(key))]
            null = null or any(atoms.null for atoms in members)
            if parts := [part for atoms in members for part in atoms.parts]:
                lists.append(parts)
        if not lists:
            return Atoms([] if null and "nullable" not in schema else [ANY], null)
        result = lists[0]
        for other in lists[1:]:
            result = self._intersection(result, other)
        return Atoms(result if len(result) <= _MOST else [ANY], null)

    def _own_atoms(self, schema: Mapping) -> tuple[list[Mapping] | None, bool]:
        """The atoms of a schema's own keywords: the same ones whenever they are asked for."""
        if id(schema) not in self._own:
            own, null = own_atoms(schema)
            if own is not None:
                own = [self._origins.derive(atom, schema) for atom in own]
            self._own[id(schema)] = schema, own, null
        return self._own[id(schema)][1:]

    def _intersection(self, one: list[Mapping], other: list[Mapping]) -> list[Mapping]:
        """What two lists of alternatives both allow."""
        if ANY in one or not one:
            return other
        if ANY in other or not other:
            return one
        if len(one) * len(other) > _MOST_PAIRS:
            return [ANY]
        # What contradicts itself is not guessed at.
        return [part for x in one for y in other for part in self._common(x, y)] or [ANY]

    def _common(self, x: Mapping, y: Mapping) -> list[Mapping]:
        """What two atoms both allow."""
        if x == y:
            return [x]
        if "$ref" in x:
            return self._common_with_reference(x, y)
        if "$ref" in y:
            return self._common_with_reference(y, x)
        kinds = {kind_of(x), kind_of(y)}
        if kinds == {"integer", "number"}:
            return [x if kind_of(x) == "integer" else y]
        if len(kinds) > 1:
            return []
        if kinds == {"object"}:
            return [self._common_object(x, y)]
        if kinds == {"array"}:
            items = [part["items"] for part in (x, y) if part["items"] not in ({}, True)]
            together: Any = self._origins.together("allOf", items) if items else {}
            return [self._origins.derive({"type": "array", "items": together}, x)]
        if is_listed(x) and is_listed(y):
            words = [word for word in listed_values(x) if word in listed_values(y)]
            listed: Mapping = {"type": x["type"], "enum": words}
            return [self._origins.derive(listed, x)] if words else []
        if is_listed(x) or is_listed(y):
            return [y if is_listed(y) else x]
        return [self._origins.derive({**x, **y}, x)]

    def _common_with_reference(self, reference: Mapping, other: Mapping) -> list[Mapping]:
        parts = self.behind(reference).parts
        if ANY in parts:
            return [other]
        if not parts or other == {"type": "object"}:
            return [reference] if all(kind_of(part) == "object" for part in parts) else [other]
        if "$ref" not in other and other.keys() <= {"type", "format"}:
            kinds = {kind_of(part) for part in parts}
            return [reference] if kinds == {kind_of(other)} else []
        return self._intersection(parts, self.behind(other).parts)

    def _common_object(self, x: Mapping, y: Mapping) -> Mapping:
        properties = dict(mapping(x.get("properties")))
        for name, value in mapping(y.get("properties")).items():
            old = properties.get(name, value)
            if old != value:
                properties[name] = self._origins.together("allOf", [old, value], value)
            else:
                properties[name] = old
        if len(properties) > MAX_PROPERTIES:
            pointer = self._origins.of(y) or self._origins.of(x)
            raise TooManySchemasError(pointer, "properties")
        result: Mapping = {"type": "object"}
        if properties:
            result["properties"] = properties
        required = [*sequence(x.get("required")), *sequence(y.get("required"))]
        if required:
            result["required"] = list(dict.fromkeys(required))
        values = [part.get("additionalProperties", True) for part in (x, y)]
        # What two say together is often not meant to be closed by the one that says so.
        if open_ := [value for value in values if is_mapping(value)]:
            result["additionalProperties"] = self._origins.together("allOf", open_)
        elif values == [False, False]:
            result["additionalProperties"] = False
        return self._origins.derive(result, x, y)
