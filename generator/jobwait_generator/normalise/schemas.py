"""Third parties' schemas in the form that both tools read alike.

JSON Schema can say one thing in many ways, and much that no class can. Here a schema is taken apart
into atoms, each of one plain type, and put together again: a reference, a scalar, an enum, an
array, a map, an object without `allOf`, a union of those. Whatever cannot be told apart is
described by what it has in common, and what cannot be described at all is anything: a type never
says more than what a server sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from ..document.document import Document
from ..document.pointer import escaped, local_pointer, tokens
from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence
from ..model.names import class_name, field_name
from ..model.schemas import REF
from .atoms import (
    ANNOTATIONS,
    ANY,
    NULL,
    anything_else,
    distinct,
    fewer,
    is_listed,
    is_object,
    is_scalar,
    kind_of,
    opened,
    own_atoms,
    title_of,
    with_null,
    without_null,
)

_UNIONS: Final = ("anyOf", "oneOf")
_OWN: Final = frozenset(
    {
        *("additionalProperties", "allOf", "anyOf", "const", "enum", "items", "oneOf"),
        *("patternProperties", "prefixItems", "properties", "required"),
    }
)
"""What beside a `$ref` says more than the reference."""
_WORDS: Final = ("status", "state", "type", "kind")
"""What variants are told apart by, if more than one property could."""
_MOST: Final = 2_000


class TooMuchError(Exception):
    """The document means more schemas than a package can have."""


class _Leaf(NamedTuple):
    """An object among the alternatives of a union."""

    pointer: str | None
    """Of the component that it is; None for one that stands in the union."""
    atom: Mapping


class _Atoms(NamedTuple):
    """The alternatives that a schema consists of; none of them is null."""

    parts: list[Mapping]
    null: bool


class Schemas:
    """The schemas of one document.

    Args:
        taken: Names that no class may have.
    """

    def __init__(self, document: Document, taken: Iterable[str]) -> None:
        self.components: dict[str, Mapping] = {}
        self._document = document
        self._taken = set(taken)
        self._keep: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._places: dict[int, str] = {}
        # A place is known by the identity of what stands there, so nothing may go.
        self._kept: list[Any] = []
        self._atoms_of: dict[int, _Atoms] = {}
        self._expanding: set[str] = set()
        self._united: dict[frozenset[Any], str] = {}
        self._telling_of: dict[str, str] = {}
        self._waiting: list[tuple[str, Any]] = []
        self._old = str(document.data.get("openapi")).startswith("3.0")
        self._register(document.data, "")

    def keep(self, key: str, pointer: str) -> None:
        """Let a component, if something refers to it, have this key or the nearest free one."""
        self._keep[pointer] = self._named(key)

    def body(self, raw: Any, name: str) -> Mapping:
        """A reference to the component for a body; `name` is its name where it has none.

        That a body may be null is not believed.
        """
        if isinstance(raw, bool):
            raw = self._made({}, [])
        if "$ref" in raw and not self._is_nullable(raw["$ref"]):
            return {"$ref": REF + self.key(local_pointer(str(raw["$ref"])) or "")}
        key = self._named(title_of(raw) or name)
        self._waiting.append((key, raw))
        return {"$ref": REF + key}

    def finish(self) -> None:
        """Make every component that was referred to.

        Raises:
            TooMuchError: There is no end to them, or none that is of use.
        """
        done: set[str] = set()
        while self._waiting:
            key, raw = self._waiting.pop(0)
            if key not in done:
                done.add(key)
                made = self._schema(raw, key, key)
                self.components[key] = without_null(made)
                self._note(self.components[key], self._places.get(id(raw), ""))
            if len(done) > _MOST:
                raise TooMuchError
        self._break_circles()
        for key, node in self.components.items():
            opened(node, self._telling_of.get(key))

    def require(self, body: Mapping, path: list[str]) -> None:
        """Let a value be in every body: somebody has said that it is."""
        node = body
        for token in path:
            while "$ref" in node:
                node = self.components[str(node["$ref"]).removeprefix(REF)]
            inner = mapping(node.get("properties")).get(token)
            if inner is None:
                return
            required = sequence(node.get("required"))
            node["required"] = [*required, *([] if token in required else [token])]
            node["properties"][token] = node = self._note(
                without_null(inner), self._places.get(id(inner), "")
            )

    def origins(self, data: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
        """Where things in the normal form come from."""
        if is_mapping(data):
            if id(data) in self._places:
                yield pointer, self._places[id(data)]
            for key, item in data.items():
                yield from self.origins(item, f"{pointer}/{escaped(key)}")
        elif is_sequence(data):
            for i, item in enumerate(data):
                yield from self.origins(item, f"{pointer}/{i}")

    def words(self, raw: Any) -> list[str]:
        """The words that a schema allows; none if it allows more than words."""
        parts, _ = self.atoms(raw)
        parts = [inner for part in parts for inner in self._expanded(part).parts]
        words: list[str] = []
        for part in parts:
            listed: list[Any] = part.get("enum") or [part.get("const")]
            if not all(isinstance(word, str) for word in listed):
                return []
            words += listed
        return list(dict.fromkeys(words))

    def atoms(self, raw: Any) -> _Atoms:
        """The alternatives that a schema consists of."""
        if not is_mapping(raw):
            return _Atoms([] if raw is False else [ANY], null=False)
        if id(raw) not in self._atoms_of:
            found = self._atoms(raw)
            if self._expanding:
                return found  # In a circle this is less than the whole.
            self._atoms_of[id(raw)] = found
        return self._atoms_of[id(raw)]

    def lacks(self, raw: Any, path: list[str]) -> bool:
        """Whether an alternative of a schema has no such place."""
        return bool(path) and any(
            path[0] not in part["properties"]
            or (len(path) > 1 and self.lacks(part["properties"][path[0]], path[1:]))
            for part in self.leaves(raw)
            if is_object(part) and "additionalProperties" not in part
        )

    def leaves(self, raw: Any) -> list[Mapping]:
        """The same, behind references."""
        return [inner for part in self.atoms(raw).parts for inner in self._expanded(part).parts]

    # Taking apart

    def _atoms(self, raw: Mapping) -> _Atoms:
        place = self._places.get(id(raw), "")
        null = raw.get("nullable") is True
        lists: list[list[Mapping]] = []
        if isinstance(raw.get("$ref"), str):
            lists.append([{"$ref": raw["$ref"]}])
            null = null or self._is_nullable(raw["$ref"])
            if self._old or not _OWN & raw.keys():
                return _Atoms(lists[0], null)
        own, own_null = own_atoms(raw)
        null = null or own_null
        if own is not None:
            for atom in own:
                self._note(atom, place)
            lists.append(own)
        for part in sequence(raw.get("allOf")):
            found = self.atoms(part)
            null = null or found.null
            lists.append(found.parts)
        for key in _UNIONS:
            listed = [self.atoms(part) for part in sequence(raw.get(key))]
            null = null or any(found.null for found in listed)
            parts = [part for found in listed for part in found.parts]
            if parts:
                lists.append(parts)
        if not lists:
            return _Atoms([] if null and "nullable" not in raw else [ANY], null)
        result = lists[0]
        for other in lists[1:]:
            result = self._met(result, other)
        if len(result) > 100:
            result = [ANY]
        return _Atoms(result, null)

    def _met(self, one: list[Mapping], other: list[Mapping]) -> list[Mapping]:
        if ANY in one or not one:
            return other
        if ANY in other or not other:
            return one
        if len(one) * len(other) > 1_000:
            return [ANY]
        found = [part for x in one for y in other for part in self._meet(x, y)]
        # What contradicts itself is not guessed at.
        return found or [ANY]

    def _meet(self, x: Mapping, y: Mapping) -> list[Mapping]:
        if x == y:
            return [x]
        for ref, other in ((x, y), (y, x)):
            if "$ref" in ref:
                parts = self._expanded(ref).parts
                if not parts or other == {"type": "object"}:
                    return [ref] if all(kind_of(part) == "object" for part in parts) else [other]
                if "$ref" not in other and other.keys() <= {"type", "format"}:
                    kinds = {kind_of(part) for part in parts}
                    return [ref] if kinds == {kind_of(other)} else []
                rest = self._expanded(other).parts if "$ref" in other else [other]
                return self._met(parts, rest)
        kinds = {kind_of(x), kind_of(y)}
        if kinds == {"integer", "number"}:
            return [x if kind_of(x) == "integer" else y]
        if len(kinds) > 1:
            return []
        if kinds == {"object"}:
            return [self._both(x, y)]
        if kinds == {"array"}:
            items = [part["items"] for part in (x, y) if part["items"] not in ({}, True)]
            together = self._made({"allOf": items}, items) if len(items) > 1 else [*items, {}][0]
            return [self._made({"type": "array", "items": together}, [x])]
        allowed = [part.get("enum") or [part["const"]] for part in (x, y) if is_listed(part)]
        if len(allowed) == 2:
            words = [word for word in allowed[0] if word in allowed[1]]
            return [self._made({"type": x["type"], "enum": words}, [x])] if words else []
        return [y if is_listed(y) else x if is_listed(x) else {**x, **y}]

    def _both(self, x: Mapping, y: Mapping) -> Mapping:
        properties = dict(mapping(x.get("properties")))
        for name, value in mapping(y.get("properties")).items():
            old = properties.get(name, value)
            together = old if old == value else self._made({"allOf": [old, value]}, [value, old])
            properties[name] = together
        result: Mapping = {"type": "object"}
        if properties:
            result["properties"] = properties
        required = [*sequence(x.get("required")), *sequence(y.get("required"))]
        if required:
            result["required"] = list(dict.fromkeys(required))
        values = [part["additionalProperties"] for part in (x, y) if "additionalProperties" in part]
        if values:
            result["additionalProperties"] = (
                values[0] if len(values) == 1 else self._made({"allOf": values}, values)
            )
        return self._made(result, [x, y])

    def _expanded(self, part: Mapping) -> _Atoms:
        """The atoms behind a reference, and those behind them."""
        if "$ref" not in part:
            return _Atoms([part], null=False)
        pointer = local_pointer(str(part["$ref"])) or ""
        if pointer in self._expanding:
            return _Atoms([], null=False)
        self._expanding.add(pointer)
        try:
            found = self.atoms(self._document.at(pointer))
            inner = [self._expanded(atom) for atom in found.parts]
        finally:
            self._expanding.discard(pointer)
        parts = [atom for atoms in inner for atom in atoms.parts]
        return _Atoms(parts, found.null or any(atoms.null for atoms in inner))

    def _is_nullable(self, reference: str) -> bool:
        return self._expanded({"$ref": reference}).null

    # Putting together

    def _schema(self, raw: Any, hint: str, component: str | None) -> Any:
        if not is_mapping(raw):
            return {} if isinstance(raw, bool) else raw
        notes: Mapping = {key: raw[key] for key in ANNOTATIONS if key in raw}
        if "x-union" in raw:
            return self._note({**raw["x-union"], **notes}, self._places.get(id(raw), ""))
        atoms, null = self.atoms(raw)
        node = self._joined(atoms, raw, hint, component)
        node = {**node, **notes}
        if null:
            node = with_null(node) if atoms else {**NULL, **notes}
        return self._note(node, self._places.get(id(raw), ""))

    def _joined(
        self, atoms: list[Mapping], raw: Mapping, hint: str, component: str | None
    ) -> Mapping:
        if not atoms or ANY in atoms:
            return {}
        parts = distinct(atoms)
        if len(parts) > 1:
            parts = self._told_apart(parts, raw, hint, component)
        made = [self._atom(part, hint, component if len(parts) == 1 else None) for part in parts]
        if {} in made:
            return {}
        made = distinct(made)
        return made[0] if len(made) == 1 else {"anyOf": made}

    def _told_apart(
        self, parts: list[Mapping], raw: Mapping, hint: str, component: str | None
    ) -> list[Mapping]:
        """Alternatives that a reader of JSON can tell apart."""
        leaves: list[_Leaf] = []
        rest: list[Mapping] = []
        for part in parts:
            inner = self._expanded(part).parts
            if not any(is_object(atom) for atom in inner):
                # A name stays, except where several lists or maps become one.
                rest += [part] if all(is_scalar(atom) for atom in inner) else inner
                continue
            pointer = self._home(part) if len(inner) == 1 else None
            for atom in inner:
                if is_object(atom):
                    leaves.append(_Leaf(pointer or self._place_of(atom, part), atom))
                else:
                    rest.append(atom)
        if ANY in rest:
            return [ANY]
        rest = fewer(distinct(rest), self.leaves)
        if len(leaves) == 1:
            only = leaves[0]
            rest.insert(0, {"$ref": f"#{only.pointer}"} if only.pointer else only.atom)
        elif leaves:
            whole = component if not rest else None
            rest.insert(0, self._union(_distinct_leaves(leaves), raw, hint, whole))
        return rest

    def _home(self, part: Mapping) -> str | None:
        """The component that a reference ends at."""
        pointer = None
        while "$ref" in part:
            pointer = local_pointer(str(part["$ref"])) or ""
            found = self.atoms(self._document.at(pointer)).parts
            if len(found) != 1 or found[0] == part:
                break
            part = found[0]
        return pointer

    def _place_of(self, atom: Mapping, part: Mapping) -> str | None:
        """The component that an alternative behind a reference is all of."""
        if "$ref" not in part:
            return None
        for inner in self.atoms(self._document.at(local_pointer(str(part["$ref"])) or "")).parts:
            if "$ref" in inner:
                found = self._expanded(inner).parts
                if found == [atom]:
                    return self._home(inner)
                if atom in found:
                    return self._place_of(atom, inner)
        return None

    def _union(
        self, leaves: list[_Leaf], raw: Mapping, hint: str, component: str | None
    ) -> Mapping:
        """One schema for several objects: told apart by a word, or by nothing."""
        if len(leaves) == 1:
            only = leaves[0]
            return {"$ref": f"#{only.pointer}"} if only.pointer else only.atom
        signature = frozenset(leaf.pointer or id(leaf.atom) for leaf in leaves)
        if signature in self._united and self._united[signature] != component:
            return {"$ref": REF + self._united[signature], "x-key": True}
        key = component or self._named(title_of(raw) or hint)
        self._united[signature] = key
        told = self._telling(leaves, raw)
        if told is None:
            made = self._common(leaves)
            self._note(made, self._places.get(id(raw), ""))
        else:
            made = {"x-union": self._variants(leaves, *told, key)}
        if component:
            return made
        self._note(made, self._places.get(id(raw), ""))
        notes = {name: raw[name] for name in ("description",) if name in raw}
        self._waiting.append((key, self._made({**made, **notes}, [raw])))
        return {"$ref": REF + key, "x-key": True}

    def _telling(self, leaves: list[_Leaf], raw: Mapping) -> tuple[str, list[list[str]]] | None:
        """The property that tells objects apart, and the words for each."""
        given = mapping(raw.get("discriminator"))
        wanted = given.get("propertyName")
        names = list(mapping(leaves[0].atom["properties"]))
        names.sort(key=lambda name: (name != wanted, name not in _WORDS))
        for name in names:
            if field_name(name) == "raw" or field_name(name).startswith("raw_"):
                continue
            words: list[list[str]] = []
            for leaf in leaves:
                properties = mapping(leaf.atom["properties"])
                if name not in properties or name not in sequence(leaf.atom.get("required")):
                    break
                if self.atoms(properties[name]).null:
                    break
                own = self.words(properties[name])
                if name == wanted:
                    own += [word for word in self._mapped(leaf, given) if word not in own]
                words.append(own)
            flat = [word for own in words for word in own]
            if len(words) == len(leaves) and all(words) and len(set(flat)) == len(flat):
                return name, words
        return None

    def _mapped(self, leaf: _Leaf, discriminator: Mapping) -> list[str]:
        if leaf.pointer is None:
            return []
        name = tokens(leaf.pointer)[-1]
        listed = mapping(discriminator.get("mapping"))
        words = [
            word
            for word, target in listed.items()
            if target == name or local_pointer(str(target)) == leaf.pointer
        ]
        inner = leaf.atom["properties"][discriminator["propertyName"]]
        if words or any(is_listed(part) for part in self.leaves(inner)):
            return words
        return [name]

    def _variants(
        self, leaves: list[_Leaf], name: str, words: list[list[str]], union: str
    ) -> Mapping:
        references: list[Mapping] = []
        listed: Mapping = {}
        for leaf, own in zip(leaves, words, strict=True):
            inner = leaf.atom["properties"][name]
            key = self.key(leaf.pointer) if leaf.pointer else None
            if key is None or key in self._telling_of or self.words(inner) != own:
                title = title_of(leaf.atom) or (key or "")
                key = self._named(title or f"{class_name(own[0])}{union}")
                told = self._made({"type": "string", "enum": own}, [inner])
                texts = {k: inner[k] for k in ("description",) if k in mapping(inner)}
                properties = {**leaf.atom["properties"], name: {**told, **texts}}
                whole = {**leaf.atom, "properties": properties}
                self._waiting.append((key, self._made(whole, [leaf.atom])))
            self._telling_of[key] = name
            references.append({"$ref": REF + key})
            listed |= dict.fromkeys(own, REF + key)
        discriminator = {"propertyName": name, "mapping": listed}
        return {"oneOf": references, "discriminator": discriminator}

    def _common(self, leaves: list[_Leaf]) -> Mapping:
        """What holds for each of several objects."""
        properties: dict[str, list[Any]] = {}
        for leaf in leaves:
            for name, value in leaf.atom["properties"].items():
                seen = properties.setdefault(name, [])
                if value not in seen:
                    seen.append(value)
        required = [
            name
            for name in properties
            if all(
                name in leaf.atom["properties"] and name in sequence(leaf.atom.get("required"))
                for leaf in leaves
            )
        ]
        return {
            "type": "object",
            "required": required,
            "properties": {
                name: values[0] if len(values) == 1 else self._made({"anyOf": values}, values)
                for name, values in properties.items()
            },
        }

    def _atom(self, part: Mapping, hint: str, component: str | None) -> Mapping:
        """An atom with what is in it in normal form."""
        if "x-union" in part:
            return dict(part["x-union"])
        if "$ref" in part:
            if "x-key" in part:
                return {"$ref": part["$ref"]}
            return {"$ref": REF + self.key(local_pointer(str(part["$ref"])) or "")}
        result: Mapping = {k: v for k, v in part.items() if k not in ("properties", "required")}
        if "items" in part:
            result["items"] = self._schema(part["items"], f"{hint}Item", None)
        if is_mapping(part.get("properties")):
            result.pop("additionalProperties", None)
            self._properties(part, result, hint)
        elif is_mapping(part.get("additionalProperties")):
            inner = self._schema(part["additionalProperties"], f"{hint}Value", None)
            result["additionalProperties"] = inner or True
        else:
            result.pop("additionalProperties", None)
        return self._note(result, self._places.get(id(part), ""))

    def _properties(self, part: Mapping, result: Mapping, hint: str) -> None:
        required = [name for name in sequence(part.get("required")) if isinstance(name, str)]
        properties: Mapping = {}
        for name, value in part["properties"].items():
            if value is False or mapping(value).get("writeOnly") is True:
                continue  # No answer has it.
            made = self._schema(value, hint + class_name(name), None)
            if name not in required and is_mapping(made):
                made = with_null(made)
                self._note(made, self._places.get(id(value), ""))
            properties[name] = made
        required = [name for name in dict.fromkeys(required) if name in properties]
        if required:
            result["required"] = required
        if properties:
            result["properties"] = properties

    # Names and places

    def key(self, pointer: str) -> str:
        """The key of the component for what stands at `pointer`."""
        if pointer not in self._keys:
            parts = tokens(pointer)
            known = pointer.startswith("/components/schemas/") and len(parts) == 3
            title = None if known else title_of(mapping(self._document.at(pointer)))
            self._keys[pointer] = self._keep.get(pointer) or self._named(title or parts[-1])
            self._waiting.append((self._keys[pointer], self._document.at(pointer)))
        return self._keys[pointer]

    def _named(self, wanted: str) -> str:
        base = re.sub(r"[^A-Za-z0-9]", "", class_name(wanted)) or "Schema"
        names = (base if i == 1 else f"{base}{i}" for i in count(1))
        name = next(n for n in names if n not in self._taken and f"Unknown{n}" not in self._taken)
        self._taken |= {name, f"Unknown{name}"}
        return name

    def _register(self, value: Any, pointer: str) -> None:
        if is_mapping(value):
            self._places.setdefault(id(value), pointer)
            for key, item in value.items():
                self._register(item, f"{pointer}/{escaped(str(key))}")
        elif is_sequence(value):
            for i, item in enumerate(value):
                self._register(item, f"{pointer}/{i}")

    def _note(self, node: Mapping, place: str) -> Mapping:
        self._kept.append(node)
        self._places[id(node)] = place
        return node

    def _made(self, node: Mapping, sources: Iterable[Any]) -> Mapping:
        """A node that does not stand in the document, but comes from what does."""
        found = [self._places[id(source)] for source in sources if id(source) in self._places]
        return self._note(node, found[0] if found else "")

    def _break_circles(self) -> None:
        """Let a list of itself be a list of anything: Python spells no type that has no end."""
        done: set[str] = set()

        def visit(node: Mapping, path: frozenset[str]) -> None:
            if "properties" in node:
                return
            reference = node.get("$ref")
            if isinstance(reference, str):
                key = reference.removeprefix(REF)
                if key in path:
                    node.clear()
                elif key not in done:
                    visit(self.components[key], path | {key})
                    done.add(key)
                return
            for key in _UNIONS:
                for part in sequence(node.get(key)):
                    visit(part, path)
            for key in ("items", "additionalProperties"):
                if is_mapping(node.get(key)):
                    visit(node[key], path)

        for key, node in self.components.items():
            visit(node, frozenset({key}))
            done.add(key)
        for node in self.components.values():
            anything_else(node)


def _distinct_leaves(leaves: list[_Leaf]) -> list[_Leaf]:
    result: dict[Any, _Leaf] = {}
    for leaf in leaves:
        result.setdefault(leaf.pointer or id(leaf.atom), leaf)
    return list(result.values())
