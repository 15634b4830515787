"""What both tools read of a document: its shapes, without its words.

Titles, descriptions, examples and defaults never reach a tool. Every object with properties, every
enum and every discriminated union gets a name, so that both tools use the same one: a component
keeps its key, and an inline schema is called after its title, or where that is taken or missing,
after the place where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from typing import Final

from ..document.document import Document, operations
from ..document.pointer import escaped
from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence
from ..model.names import TAKEN, class_name, members, resources, unique
from ..model.requests import response_schema
from ..model.schemas import COMBINED, REF

_LIMITS: Final = (
    *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"),
    *("maxItems", "maxLength", "minItems", "minLength"),
)
_KEPT: Final = ("const", "enum", "format", "required", "type", "x-enum-varnames", *_LIMITS)
_FORMATS: Final = ["date", "date-time", "uuid"]
"""Those that Python has a type for; one tool would turn others into types of its own."""
_NULL: Final[Mapping] = {"type": "null"}


@dataclass
class Shape:
    """A document reduced to what decides types."""

    data: Mapping
    sources: dict[str, str] = field(default_factory=dict[str, str])
    """Where each named schema stands in the document, by its name."""

    @property
    def schemas(self) -> Mapping:
        """The named schemas."""
        return mapping(mapping(self.data["components"])["schemas"])


def shape(document: Document) -> Shape:
    """Reduce `document`."""
    schemas: Mapping = {}
    data: Mapping = {
        "openapi": "3.1.0",
        "info": {"title": document.name, "version": "0"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    shaper = _Shaper(document, Shape(data))
    components = mapping(mapping(document.data.get("components")).get("schemas"))
    for key in components:
        schemas[key] = {}
        shaper.shape.sources[key] = f"/components/schemas/{escaped(key)}"
    for key, pointer in list(shaper.shape.sources.items()):
        schemas[key] = shaper.schema(mapping(components[key]), pointer, key, named=True)
    for i, (_, pointer, operation) in enumerate(operations(document)):
        data["paths"][f"/{i}"] = {"get": shaper.operation(operation, pointer, i)}
    return shaper.shape


class _Shaper:
    def __init__(self, document: Document, shape: Shape) -> None:
        self._document = document
        self.shape = shape
        tags = [str(tag) for _, _, o in operations(document) for tag in sequence(o.get("tags"))]
        names = mapping(mapping(document.data.get("components")).get("schemas"))
        self._taken = {*TAKEN, *(name for tag in tags for name in resources(tag))}
        self._taken |= {f"Unknown{class_name(name)}" for name in names}

    def operation(self, operation: Mapping, pointer: str, number: int) -> Mapping:
        """What an operation answers; what it is asked with decides no type."""
        hint = class_name(str(operation.get("operationId", "")))
        responses: Mapping = {}
        for status in mapping(operation.get("responses")):
            found = response_schema(self._document, pointer, status)
            responses[status] = {"description": ""}
            if found:
                inner = self.schema(*found, f"{hint}Response{status}")
                responses[status]["content"] = {"application/json": {"schema": inner}}
        return {"operationId": name_of(number), "responses": responses}

    def schema(self, schema: Mapping, pointer: str, hint: str, *, named: bool = False) -> Mapping:
        """The shape of one schema; `hint` names it where it needs a name and has none."""
        if isinstance(schema.get("$ref"), str):
            return {"$ref": schema["$ref"]}
        result: Mapping = {key: schema[key] for key in _KEPT if key in schema}
        nullable = self._take_null(result) or schema.get("nullable") is True
        types = result.get("type")
        textual = "string" in (types if is_sequence(types) else [types])
        if not textual or result.get("format") not in _FORMATS:
            result.pop("format", None)
        if isinstance(result.get("const"), float):
            del result["const"]  # Python has no such literal type
        self._reduce_enum(result, named)
        if is_mapping(schema.get("properties")):
            result["properties"] = {
                key: self.schema(
                    mapping(value), f"{pointer}/properties/{escaped(key)}", hint + class_name(key)
                )
                for key, value in schema["properties"].items()
            }
        for key in ("additionalProperties", "items"):
            inner = schema.get(key)
            if is_mapping(inner):
                result[key] = self.schema(inner, f"{pointer}/{key}", f"{hint}Item")
            elif isinstance(inner, bool):
                result[key] = inner
        for key in COMBINED:
            if schema.get(key):
                result[key] = [
                    # The parts of an `allOf` become part of the class around them.
                    self.schema(
                        mapping(part),
                        f"{pointer}/{key}/{i}",
                        hint
                        if sum(p != _NULL for p in sequence(schema[key])) == 1
                        else f"{hint}{i}",
                        named=key == "allOf",
                    )
                    for i, part in enumerate(sequence(schema[key]))
                ]
        if "discriminator" in schema:
            result["discriminator"] = schema["discriminator"]
        else:
            parts = [part for key in COMBINED for part in result.get(key, ())]
            if len(parts) == 1 and "$ref" in parts[0] and "properties" not in result:
                result = parts[0]
        if needs_name(result) and (nullable or not named):
            result = {"$ref": REF + self._name(schema, result, pointer, hint)}
        if not nullable:
            return result
        if result.keys() <= {"format", "type", *_LIMITS} and "type" in result:
            types = result["type"]
            return {**result, "type": [*(types if is_sequence(types) else [types]), "null"]}
        return {"anyOf": [result, _NULL]}

    @staticmethod
    def _take_null(result: Mapping) -> bool:
        """Take null out of `type` and `enum`, so that what is left can have a name."""
        nullable = False
        for key, null in (("type", "null"), ("enum", None)):
            if is_sequence(result.get(key)):
                rest = [item for item in result[key] if item != null]
                if rest and len(rest) < len(result[key]):
                    nullable = True
                    result[key] = rest[0] if key == "type" and len(rest) == 1 else rest
        return nullable

    @staticmethod
    def _reduce_enum(result: Mapping, named: bool) -> None:
        """Leave enums that need a class of their own, and name their members."""
        values = sequence(result.get("enum"))
        if result.get("type") == "boolean":
            result.pop("enum", None)
        elif len(values) == 1 and not named:
            # What OpenAPI 3.0 writes for a constant.
            result["const"] = values[0]
            del result["enum"]
        elif values and all(isinstance(value, str | int) for value in values):
            names = [str(name) for name in sequence(result.get("x-enum-varnames"))]
            result["x-enum-varnames"] = unique(members(values, names))

    def _name(self, schema: Mapping, result: Mapping, pointer: str, hint: str) -> str:
        schemas = self.shape.schemas
        title = schema.get("title")
        titled = [class_name(title)] if isinstance(title, str) and class_name(title) else []
        names = chain(titled, [hint], (f"{hint}{i}" for i in count(2)))
        # An anchor in the document puts one schema in many places: they share the name.
        name = next(
            name
            for name in names
            if name not in self._taken and schemas.get(name, result) == result
        )
        self._taken.add(f"Unknown{name}")
        schemas[name] = result
        self.shape.sources.setdefault(name, pointer)
        return name


def name_of(number: int) -> str:
    """What the parser calls an operation, by its position in the document."""
    return f"operation_{number}"


def needs_name(schema: Mapping) -> bool:
    """Whether Python needs a class, an enum or an alias for a schema."""
    return any(schema.get(key) for key in ("allOf", "discriminator", "enum", "properties"))
