"""The schemas of a document in the form that all tools read alike.

JSON Schema can say one thing in many ways, and much that no class can. Here a schema is taken apart
into atoms, each of one plain type, and put together again: a reference, a scalar, an enum, an
array, a map, an object without `allOf`, a union of those. Whatever cannot be told apart is
described by what it has in common, and what cannot be described at all is anything: a type never
says more than what a server sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..document.document import Document
from ..document.pointer import local_pointer
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.names import class_name
from ..model.schemas import LIMITS, REF
from .alternatives import Alternatives
from .atoms import ANY, distinct, is_nothing, is_object
from .components import Components, Normal, title_of
from .finish import ANNOTATIONS, NULL, break_circles, open_constants, with_null, without_null
from .origins import Origins, TooManySchemasError
from .unions import Unions

_MOST: Final = 2_000
"""The most components of a package."""
_NODES: Final = 100_000
"""The most schemas in all of them."""
_LEVELS: Final = 100
"""The most schemas within one another."""


@dataclass
class _Level:
    """A schema that others are looked at within.

    Args:
        schema: The schema.
        hint: What it is called, if it has no title.
        key: The component that it is; None for none.
        is_object: Whether it is an object with properties, which a class can be made of.
    """

    schema: Mapping
    hint: str
    key: str | None
    is_object: bool


class Schemas:
    """The schemas of one document.

    Args:
        document: Where they stand.
        taken: Names that no class may have.
    """

    def __init__(self, document: Document, taken: Iterable[str]) -> None:
        self.components: dict[str, Mapping] = {}
        self.origins: Origins = Origins(document.data)
        self.alternatives: Alternatives = Alternatives(document, self.origins)
        self.keys: Components = Components(document, taken)
        self._unions = Unions(self.alternatives, self.keys, self.origins)
        self._levels: list[_Level] = []
        self._nodes = 0
        self._inner: dict[str, Mapping] = {}
        """Components that contain themselves, and stand in no place of their own."""

    def body(self, schema: Any, *names: str) -> Mapping:
        """A reference to the component for a body; `names` are for one that has none.

        That a body may be null is not believed.
        """
        if not is_mapping(schema):
            schema = {}
        parts = self.alternatives.atoms(schema).parts
        if len(parts) == 1 and "$ref" in parts[0]:
            return {"$ref": REF + self.keys.key(local_pointer(str(parts[0]["$ref"])) or "")}
        title = title_of(schema)
        key = self.keys.new_key(*([title] if title else []), *names)
        self.keys.add(key, schema)
        return {"$ref": REF + key}

    def finish(self) -> None:
        """Make every component that was referred to, in the order of the document.

        Raises:
            TooManySchemasError: There is no end to them, or none that is of use.
        """
        components: dict[str, Mapping] = {}
        while self.keys.queue:
            key, schema = self.keys.queue.popleft()
            if key not in components:
                node = without_null(self._schema(schema, key, key))
                components[key] = self.origins.note(node, self.origins.of(schema))
            components |= self._inner
            if len(components) > _MOST:
                raise TooManySchemasError(self.origins.of(schema))
        break_circles(components)
        for key, node in components.items():
            open_constants(node, self.keys.discriminators.get(key))
        first = [key for key in self.keys.reserved.values() if key in components]
        self.components = {key: components[key] for key in dict.fromkeys([*first, *components])}

    def require(self, body: Mapping, path: list[str]) -> bool:
        """Let a value be in every body: the extension says that it is.

        Returns:
            Whether the document says so too.
        """
        node = without_null(body)
        is_certain = True
        for token in path:
            while "$ref" in node:
                node = self.components[str(node["$ref"]).removeprefix(REF)]
            inner = mapping(node.get("properties")).get(token)
            if inner is None:
                return is_certain
            required = sequence(node.get("required"))
            is_certain = is_certain and token in required and without_null(inner) == inner
            node["required"] = [*required, *([] if token in required else [token])]
            origin = self.origins.of(inner)
            node["properties"][token] = node = self.origins.note(without_null(inner), origin)
        return is_certain

    def _schema(self, schema: Any, hint: str, component: str | None = None) -> Any:
        """The normal form of a schema."""
        if not is_mapping(schema):
            return {} if isinstance(schema, bool) else schema
        notes: Mapping = {key: schema[key] for key in ANNOTATIONS if key in schema}
        origin = self.origins.of(schema)
        if isinstance(schema, Normal):
            return self.origins.note(dict(schema), origin)
        atoms, null = self.alternatives.atoms(schema)
        node = self._again(schema)
        if node is None:
            level = _Level(schema, hint, component, any(map(is_object, atoms)))
            node = self._within(level, atoms)
        node = {**node, **_limits(schema, node), **notes}
        if null:
            node = with_null(node) if atoms else {**NULL, **notes}
        return self.origins.note(node, origin)

    def _again(self, schema: Mapping) -> Mapping | None:
        """What a schema is within itself; None where it is not."""
        places = [i for i, level in enumerate(self._levels) if level.schema is schema]
        if not places:
            return None
        level = self._levels[places[-1]]
        if level.is_object:
            level.key = level.key or self.keys.new_key(title_of(schema) or level.hint)
            return {"$ref": REF + level.key}
        # Python spells no type that has no end; a class on the way is one.
        return None if any(inner.is_object for inner in self._levels[places[-1] :]) else {}

    def _within(self, level: _Level, atoms: list[Mapping]) -> Mapping:
        """The normal form of a schema that is looked at now; a reference where that has a name."""
        self._nodes += 1
        if len(self._levels) >= _LEVELS or self._nodes > _NODES:
            raise TooManySchemasError(self.origins.of(level.schema))
        component = level.key
        self._levels.append(level)
        node = self._joined(atoms, level.schema, level.hint, component)
        self._levels.pop()
        if level.key == component or level.key is None:
            return node
        self._inner[level.key] = self.origins.note(node, self.origins.of(level.schema))
        return {"$ref": REF + level.key}

    def _joined(
        self, atoms: list[Mapping], schema: Mapping, hint: str, component: str | None
    ) -> Mapping:
        if not atoms or ANY in atoms:
            return {}
        parts = distinct(atoms)
        if len(parts) > 1:
            parts = self._unions.distinguished(parts, schema, hint, component)
        nodes = [self._atom(part, hint) for part in parts]
        if {} in nodes:
            return {}
        nodes = distinct(nodes)
        return nodes[0] if len(nodes) == 1 else {"anyOf": nodes}

    def _atom(self, part: Mapping, hint: str) -> Mapping:
        """An atom with what is in it in normal form."""
        if isinstance(part, Normal):
            return dict(part)
        if "$ref" in part:
            return {"$ref": REF + self.keys.key(local_pointer(str(part["$ref"])) or "")}
        result: Mapping = {k: v for k, v in part.items() if k not in ("properties", "required")}
        if "items" in part:
            result["items"] = self._schema(part["items"], f"{hint}Item")
        values = result.pop("additionalProperties", None)
        if is_mapping(part.get("properties")):
            result |= self._properties(part, hint)
        elif is_mapping(values):
            result["additionalProperties"] = self._schema(values, f"{hint}Value") or True
        return self.origins.note(result, self.origins.of(part))

    def _properties(self, part: Mapping, hint: str) -> Mapping:
        required = sequence(part.get("required"))
        properties: Mapping = {}
        for name, value in part["properties"].items():
            if is_nothing(value) or mapping(value).get("writeOnly") is True:
                continue  # No answer has it.
            node = self._schema(value, hint + class_name(name))
            if name not in required and is_mapping(node):
                node = self.origins.note(with_null(node), self.origins.of(value))
            properties[name] = node
        required = [name for name in dict.fromkeys(required) if name in properties]
        result: Mapping = {"required": required, "properties": properties}
        return {key: value for key, value in result.items() if value}


def _limits(schema: Mapping, node: Mapping) -> Mapping:
    """The bounds of a number."""
    if node.get("type") not in ("integer", "number") or "$ref" in schema:
        return {}
    bounds = {key: schema[key] for key in LIMITS if key in schema}
    return {key: bound for key, bound in bounds.items() if type(bound) in (int, float)}
