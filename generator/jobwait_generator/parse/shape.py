"""What both tools read of a document in normal form: its shapes, without its words.

Titles, descriptions, examples and defaults never reach a tool. Every object with properties, every
enum and every discriminated union gets a name, so that both tools use the same one: a component
keeps its key, and an inline schema is called after its title, or where that is taken or missing,
after the place where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from typing import Final

from ..document.pointer import joined
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.api import Api
from ..model.names import RESERVED_NAMES, class_name, members, resource_classes, unique
from ..model.schemas import LIMITS, REF, variants

_KEPT: Final = (
    *("additionalProperties", "const", "discriminator", "enum", "format", "required", "type"),
    *LIMITS,
)
_NULL: Final[Mapping] = {"type": "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """A discriminated union."""

    name: str
    property: str
    words: dict[str, str]
    """The class for each word."""


@dataclass
class Shape:
    """A document reduced to what decides types."""

    schemas: dict[str, Mapping] = field(default_factory=dict[str, Mapping])
    """By their names."""
    sources: dict[str, str] = field(default_factory=dict[str, str])
    """Where each of them stands in the document."""
    paths: Mapping = field(default_factory=dict[str, Mapping])
    """One path for each operation, which is called by its position."""

    @property
    def data(self) -> Mapping:
        """An OpenAPI document with nothing more."""
        return {
            "openapi": "3.1.0",
            "info": {"title": "", "version": "0"},
            "paths": self.paths,
            "components": {"schemas": self.schemas},
        }

    @property
    def unions(self) -> list[Union]:
        """The discriminated unions."""
        return [
            Union(
                name=class_name(key),
                property=str(schema["discriminator"]["propertyName"]),
                words={word: class_name(to) for word, to in variants(schema).items()},
            )
            for key, schema in self.schemas.items()
            if "discriminator" in schema
        ]


def shape(api: Api) -> Shape:
    """Reduce a document."""
    components = mapping(mapping(api.document.data.get("components")).get("schemas"))
    tags = [operation.tag for operation in api.operations]
    shaper = _Shaper(
        {
            *(*RESERVED_NAMES, *(name for tag in tags for name in resource_classes(tag))),
            *(f"Unknown{class_name(key)}" for key in components),
        }
    )
    result = shaper.result
    for key in components:
        result.schemas[key] = {}  # takes the name
        result.sources[key] = joined(["components", "schemas", key])
    for key, schema in components.items():
        pointer = result.sources[key]
        result.schemas[key] = shaper.schema(mapping(schema), pointer, key, is_named=True)
    for operation in api.operations:
        responses: Mapping = {}
        for response in operation.responses:
            responses[response.status] = {"description": ""}
            if response.body:
                inner = shaper.schema(*response.body, operation.request.operation_id)
                responses[response.status]["content"] = {"application/json": {"schema": inner}}
        name = name_of(operation.number)
        result.paths[f"/{name}"] = {"get": {"operationId": name, "responses": responses}}
    return result


class _Shaper:
    def __init__(self, taken: set[str]) -> None:
        self.result = Shape()
        self._taken = taken

    def schema(
        self, schema: Mapping, pointer: str, hint: str, *, is_named: bool = False
    ) -> Mapping:
        """The shape of one schema; `hint` names it where it needs a name and has none."""
        if "$ref" in schema:
            return {"$ref": schema["$ref"]}
        result: Mapping = {key: schema[key] for key in _KEPT if key in schema}
        self._reduce_enum(schema, result, is_named=is_named)
        if "properties" in schema:
            result["properties"] = {
                name: self.schema(
                    mapping(value),
                    pointer + joined(["properties", name]),
                    hint + class_name(name),
                )
                for name, value in schema["properties"].items()
            }
        for key, word in (("additionalProperties", "Value"), ("items", "Item")):
            if is_mapping(schema.get(key)):
                result[key] = self.schema(schema[key], f"{pointer}/{key}", f"{hint}{word}")
        for key in ("anyOf", "oneOf"):
            if key in schema:
                result[key] = self._members(sequence(schema[key]), f"{pointer}/{key}", hint)
        if _is_plain_or_null(result.get("anyOf")):
            # In a union, one tool would make a class of a number with bounds.
            plain = result["anyOf"][0]
            return {**plain, "type": [plain["type"], "null"]}
        if needs_name(result) and not is_named:
            return {"$ref": REF + self._name(schema, result, pointer, hint)}
        return result

    def _members(self, members_: list[Mapping], pointer: str, hint: str) -> list[Mapping]:
        return [self.schema(member, f"{pointer}/{i}", hint) for i, member in enumerate(members_)]

    @staticmethod
    def _reduce_enum(schema: Mapping, result: Mapping, *, is_named: bool) -> None:
        """Leave enums that need a class of their own, and name their members."""
        values = sequence(result.get("enum"))
        if len(values) == 1 and not is_named:
            # What OpenAPI 3.0 writes for a constant.
            result["const"] = values[0]
            del result["enum"]
        elif values:
            names = [str(name) for name in sequence(schema.get("x-enum-varnames"))]
            result["x-enum-varnames"] = unique(members(values, names))

    def _name(self, schema: Mapping, result: Mapping, pointer: str, hint: str) -> str:
        title = schema.get("title")
        titled = [class_name(title)] if isinstance(title, str) and class_name(title) else []
        word = "Object" if "properties" in result else "Word"
        names = chain(titled, [hint, f"{hint}{word}"], (f"{hint}{i}" for i in count(2)))
        # An anchor in the document puts one schema in many places: they share the name.
        schemas = self.result.schemas
        name = next(
            name
            for name in names
            if name not in self._taken and schemas.get(name, result) == result
        )
        self._taken.add(f"Unknown{name}")
        schemas[name] = result
        self.result.sources.setdefault(name, pointer)
        return name


def _is_plain_or_null(parts: list[Mapping] | None) -> bool:
    """Whether these are one plain type and null."""
    if not parts or len(parts) != 2 or parts[1] != _NULL:
        return False
    return "type" in parts[0] and parts[0].keys() <= {"format", "type", *LIMITS}


def name_of(number: int) -> str:
    """What the parser calls an operation, by its position in the document."""
    return f"operation_{number}"


def needs_name(schema: Mapping) -> bool:
    """Whether Python needs a class, an enum or an alias for a schema."""
    return any(schema.get(key) for key in ("discriminator", "enum", "properties"))
