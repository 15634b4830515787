"""The schemas of a document in the form that all tools read alike.

JSON Schema can say one thing in many ways, and much that no class can. Here a schema is taken apart
into atoms, each of one plain type, and put together again: a reference, a scalar, an enum, an
array, a map, an object without `allOf`, a union of those. Whatever cannot be told apart is
described by what it has in common, and what cannot be described at all is anything: a type never
says more than what a server sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..document.document import Document
from ..document.pointer import local_pointer
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.names import class_name
from ..model.schemas import LIMITS, REF
from .alternatives import Alternatives
from .atoms import ANY, distinct
from .components import Components, Normal, title_of
from .finish import ANNOTATIONS, NULL, break_circles, open_constants, with_null, without_null
from .origins import Origins
from .unions import Unions

_MOST: Final = 2_000
"""The most components of a package."""


class TooManySchemasError(Exception):
    """The document means more schemas than a package can have."""


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

    def body(self, schema: Any, name: str) -> Mapping:
        """A reference to the component for a body; `name` is its name where it has none.

        That a body may be null is not believed.
        """
        if not is_mapping(schema):
            schema = self.origins.derive({})
        reference = schema.get("$ref")
        if isinstance(reference, str) and not self.alternatives.is_nullable(reference):
            return {"$ref": REF + self.keys.key(local_pointer(reference) or "")}
        key = self.keys.new_key(title_of(schema) or name)
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
            if len(components) > _MOST:
                raise TooManySchemasError
        break_circles(components)
        for key, node in components.items():
            open_constants(node, self.keys.discriminators.get(key))
        first = [key for key in self.keys.reserved.values() if key in components]
        self.components = {key: components[key] for key in dict.fromkeys([*first, *components])}

    def require(self, body: Mapping, path: list[str]) -> None:
        """Let a value be in every body: the extension says that it is."""
        node = body
        for token in path:
            while "$ref" in node:
                node = self.components[str(node["$ref"]).removeprefix(REF)]
            inner = mapping(node.get("properties")).get(token)
            if inner is None:
                return
            required = sequence(node.get("required"))
            node["required"] = [*required, *([] if token in required else [token])]
            origin = self.origins.of(inner)
            node["properties"][token] = node = self.origins.note(without_null(inner), origin)

    def _schema(self, schema: Any, hint: str, component: str | None = None) -> Any:
        """The normal form of a schema."""
        if not is_mapping(schema):
            return {} if isinstance(schema, bool) else schema
        notes: Mapping = {key: schema[key] for key in ANNOTATIONS if key in schema}
        origin = self.origins.of(schema)
        if isinstance(schema, Normal):
            return self.origins.note(dict(schema), origin)
        atoms, null = self.alternatives.atoms(schema)
        node = self._joined(atoms, schema, hint, component)
        node = {**node, **_limits(schema, node), **notes}
        if null:
            node = with_null(node) if atoms else {**NULL, **notes}
        return self.origins.note(node, origin)

    def _joined(
        self, atoms: list[Mapping], schema: Mapping, hint: str, component: str | None
    ) -> Mapping:
        if not atoms or ANY in atoms:
            return {}
        parts = distinct(atoms)
        if len(parts) > 1:
            parts = self._unions.told_apart(parts, schema, hint, component)
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
        required = [name for name in sequence(part.get("required")) if isinstance(name, str)]
        properties: Mapping = {}
        for name, value in part["properties"].items():
            if value is False or mapping(value).get("writeOnly") is True:
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
