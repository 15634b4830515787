"""Unions of objects: told apart by a word, or else described by what all have in common."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ..document.pointer import local_pointer, tokens
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.names import field_name, variant_name
from ..model.schemas import KNOWN, REF
from .alternatives import Alternatives
from .atoms import ANY, distinct, is_listed, is_object
from .components import Components, Normal, title_of
from .contained import Contained
from .finish import ANNOTATIONS
from .origins import Origins

_LIKELY: Final = ("status", "state", "type", "kind")
"""What variants are told apart by, if more than one property could."""


class _Member(NamedTuple):
    """An object among the alternatives of a union."""

    pointer: str | None
    """Of the component that it is; None for one that stands in the union."""
    atom: Mapping

    @property
    def properties(self) -> Mapping:
        return mapping(self.atom["properties"])

    @property
    def required(self) -> list[Any]:
        return sequence(self.atom.get("required"))

    @property
    def schema(self) -> Mapping:
        return {"$ref": f"#{self.pointer}"} if self.pointer else self.atom


class Unions:
    """Makes alternatives such that a reader of JSON can tell them apart."""

    def __init__(
        self, alternatives: Alternatives, components: Components, origins: Origins
    ) -> None:
        self._alternatives = alternatives
        self._components = components
        self._origins = origins
        self._contained = Contained(lambda part: alternatives.behind(part).parts, origins)
        self._keys: dict[frozenset[Any], str] = {}
        """The key of each union, by what it consists of."""

    def distinguished(
        self, parts: list[Mapping], schema: Mapping, hint: str, component: str | None
    ) -> list[Mapping]:
        """Alternatives that a reader can tell apart.

        Args:
            parts: The alternatives of `schema`.
            schema: What they are alternatives of.
            hint: What a union is called, if it has no title.
            component: The key of the component that `schema` becomes; None for none.
        """
        members: list[_Member] = []
        rest: list[Mapping] = []
        for part in parts:
            atoms = self._alternatives.behind(part).parts
            if ANY in atoms:
                return [ANY]
            if not any(is_object(atom) for atom in atoms):
                rest += [part] if atoms else []
                continue
            pointer = self._alternatives.home(part) if len(atoms) == 1 else None
            for atom in atoms:
                if is_object(atom):
                    home = pointer or self._alternatives.home_of(atom, part)
                    members.append(_Member(home, atom))
                else:
                    rest.append(atom)
        rest = self._contained.without(distinct(rest))
        if len(members) == 1:
            return [members[0].schema, *rest]
        if members:
            whole = component if not rest else None
            return [self._union(_distinct(members), schema, hint, whole), *rest]
        return rest

    def _union(
        self, members: list[_Member], schema: Mapping, hint: str, component: str | None
    ) -> Mapping:
        """One schema for several objects."""
        if len(members) == 1:
            return members[0].schema
        identity = frozenset(member.pointer or id(member.atom) for member in members)
        if self._keys.get(identity, component) != component:
            return Normal({"$ref": REF + self._keys[identity]})
        key = component or self._components.new_key(title_of(schema) or hint)
        self._keys[identity] = key
        discriminator = self._discriminator(members, schema)
        union: Mapping
        if discriminator is None:
            union = self._in_common(members)
        else:
            union = Normal(self._variants(members, *discriminator, key))
        self._origins.note(union, self._origins.of(schema))
        if component:
            return union
        if "description" in schema:
            union["description"] = schema["description"]
        self._components.add(key, union)
        return Normal({"$ref": REF + key})

    def _discriminator(
        self, members: list[_Member], schema: Mapping
    ) -> tuple[str, list[list[str]]] | None:
        """The property that tells objects apart, and the words for each of them."""
        declared = mapping(schema.get("discriminator"))
        wanted = declared.get("propertyName")
        names = list(members[0].properties)
        names.sort(key=lambda name: (name != wanted, name not in _LIKELY))
        for name in names:
            if field_name(name) == "raw" or field_name(name).startswith("raw_"):
                continue
            words = [self._words(member, name, declared) for member in members]
            flat = [word for own in words for word in own]
            if all(words) and len(set(flat)) == len(flat):
                return name, words
        return None

    def _words(self, member: _Member, name: str, declared: Mapping) -> list[str]:
        """The words of a property that an object always has; none where it may lack it."""
        value = member.properties.get(name)
        if name not in member.properties or name not in member.required:
            return []
        if self._alternatives.atoms(value).null:
            return []
        words = self._alternatives.words(value)
        if name == declared.get("propertyName"):
            words += [word for word in self._mapped(member, declared) if word not in words]
        return words

    def _mapped(self, member: _Member, declared: Mapping) -> list[str]:
        """The words that a discriminator gives to a component."""
        if member.pointer is None:
            return []
        name = tokens(member.pointer)[-1]
        words = [
            word
            for word, target in mapping(declared.get("mapping")).items()
            if target == name or local_pointer(str(target)) == member.pointer
        ]
        inner = member.properties[declared["propertyName"]]
        if words or any(is_listed(part) for part in self._alternatives.leaves(inner)):
            return words
        return [name]

    def _variants(
        self, members: list[_Member], name: str, words: list[list[str]], union: str
    ) -> Mapping:
        references: list[Mapping] = []
        targets: Mapping = {}
        for member, own in zip(members, words, strict=True):
            key = self._variant(member, name, own, union)
            self._components.discriminators[key] = name
            references.append({"$ref": REF + key})
            targets |= dict.fromkeys(own, REF + key)
        return {
            "oneOf": references,
            "discriminator": {"propertyName": name, "mapping": targets},
        }

    def _variant(self, member: _Member, name: str, words: list[str], union: str) -> str:
        """The key of the component that has these words only, and is no other union's variant."""
        inner = member.properties[name]
        own = self._components.reserved.get(member.pointer or "")
        is_taken = own in self._components.discriminators
        if member.pointer and not is_taken and self._alternatives.words(inner) == words:
            return self._components.key(member.pointer)
        derive = self._origins.derive
        wanted = [variant_name(words[0], own or union)]
        if not member.pointer and (title := title_of(member.atom)):
            wanted.insert(0, title)
        key = self._components.variant_key(member.pointer, *wanted)
        listed = derive({"type": "string", "enum": words}, inner)
        texts = {k: inner[k] for k in ("description",) if k in mapping(inner)}
        properties = {**member.properties, name: {**listed, **texts}}
        self._components.add(key, derive({**member.atom, "properties": properties}, member.atom))
        return key

    def _in_common(self, members: list[_Member]) -> Mapping:
        """What holds for each of several objects."""
        names = dict.fromkeys(name for member in members for name in member.properties)
        return {
            "type": "object",
            "required": [
                name
                for name in names
                if all(name in member.properties and name in member.required for member in members)
            ],
            "properties": {name: self._value(members, name) for name in names},
        }

    def _value(self, members: list[_Member], name: str) -> Any:
        """What a property may be in any of several objects: anything, if one leaves it open."""
        declared = [member.properties[name] for member in members if name in member.properties]
        values = distinct(declared)
        for member in members:
            other = member.atom.get("additionalProperties", True)
            if name not in member.properties and is_mapping(other):
                values.append(other)
            elif name not in member.properties and other is True:
                notes = {k: v for k, v in mapping(declared[0]).items() if k in ANNOTATIONS}
                words = [w for part in declared for w in self._alternatives.words(part)]
                known = {KNOWN: words} if words else {}
                return self._origins.derive({**notes, **known}, *declared)
        return self._origins.together("anyOf", values)


def _distinct(members: list[_Member]) -> list[_Member]:
    result: dict[Any, _Member] = {}
    for member in members:
        result.setdefault(member.pointer or id(member.atom), member)
    return list(result.values())
