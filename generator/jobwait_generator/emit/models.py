"""What becomes of the schemas: models, enums, unions and other names for types."""

from __future__ import annotations

from dataclasses import dataclass, field

from openapi_python_client.parser import properties as opc

from ..document.document import Document
from ..document.pointer import joined, tokens
from ..document.values import Mapping, mapping
from ..model.names import class_name, field_name, field_names, literal
from ..model.schemas import REF
from ..parse.openapi_python_client import ParsedSchemas, fields, wire
from ..parse.shape import Shape
from .package import Alias, Enumeration, Field, Model, Unknown
from .text import sentence

_ASSUMED = "Assumed where the provider's documentation is silent."


@dataclass(frozen=True, slots=True)
class Models:
    """All that the models module defines."""

    models: list[Model] = field(default_factory=list[Model])
    enums: list[Enumeration] = field(default_factory=list[Enumeration])
    unknowns: list[Unknown] = field(default_factory=list[Unknown])
    aliases: list[Alias] = field(default_factory=list[Alias])


def build_models(document: Document, shape: Shape, parsed: ParsedSchemas) -> Models:
    """Decide what each schema of a document becomes."""
    result = Models()
    for key, pointer in shape.sources.items():
        prop = parsed.component(key)
        name, text = class_name(key), schema_text(document, pointer)
        model = parsed.model(prop)
        if isinstance(prop, opc.EnumProperty) and prop.class_info.name == name:
            result.enums.append(_enumeration(name, shape, key, prop, text))
        elif model and model.class_info.name == name:
            own = _fields(document, parsed, model, name, pointer)
            result.models.append(Model(name=name, text=text, fields=own))
        else:
            result.aliases.append(
                Alias(name=name, annotation=_alias(parsed, name, prop), text=text)
            )
    unions = {union.name for union in parsed.unions}
    # The others may name a union.
    result.aliases.sort(key=lambda alias: alias.name not in unions)
    for union in parsed.unions:
        result.unknowns.append(
            Unknown(
                name=f"Unknown{union.name}",
                union=union.name,
                wire=union.property,
                property=field_name(union.property),
            )
        )
    return result


def _alias(parsed: ParsedSchemas, name: str, prop: opc.Property) -> str:
    """The annotation that a name stands for."""
    for union in parsed.unions:
        if union.name == name:
            members = dict.fromkeys([*union.words.values(), f"Unknown{name}"])
            rest = [part for part in parsed.alternatives(prop) if part != name]
            return " | ".join([*members, *rest])
    return parsed.annotation(prop)


def _enumeration(
    name: str, shape: Shape, key: str, prop: opc.EnumProperty, text: str
) -> Enumeration:
    schema = shape.schemas[key]
    while "$ref" in schema:
        schema = shape.schemas[str(schema["$ref"]).removeprefix(REF)]
    members = list(zip(prop.values, schema["enum"], strict=True))
    base = "StrEnum" if prop.value_type is str else "IntEnum"
    return Enumeration(name=name, base=base, text=text, members=members)


def _fields(
    document: Document, parsed: ParsedSchemas, model: opc.ModelProperty, owner: str, pointer: str
) -> list[Field]:
    """The attributes of a model, in the order of the document."""
    places = property_pointers(document, pointer)
    names = field_names(places)
    result: list[Field] = []
    for prop in sorted(fields(model), key=lambda prop: list(places).index(wire(prop))):
        name = wire(prop)
        annotation = parsed.annotation(prop)
        for union in parsed.unions:
            words = [word for word, variant in union.words.items() if variant == owner]
            if words and union.property == name:
                annotation = f"Literal[{', '.join(map(literal, words))}]"
        if not prop.required and annotation != "Any":
            annotation += " | Unset"
        result.append(
            Field(
                name=names[name],
                wire=name,
                annotation=annotation,
                required=prop.required,
                text=schema_text(document, places[name]),
            )
        )
    return result


def property_pointers(document: Document, pointer: str) -> dict[str, str]:
    """Where the properties of the object at `pointer` stand, in the order of the document."""
    schema, pointer = document.follow(pointer)
    return {
        name: pointer + joined(["properties", name]) for name in mapping(schema.get("properties"))
    }


def schema_text(document: Document, pointer: str) -> str:
    """What the document says of a value, at the use of its schema or else at the schema."""
    schema, _ = document.follow(pointer)
    own = mapping(document.at(pointer)).get("description")
    return words_of({**schema, "description": own} if own else schema, tokens(pointer)[-1])


def words_of(value: Mapping, name: str) -> str:
    """The description of what is called `name`, or its title where that says more."""
    text, title = str(value.get("description") or ""), str(value.get("title") or "")
    if not text and class_name(title).lower() != class_name(name).lower():
        text = title
    parts = [sentence(text) if "\n\n" not in text else text]
    if value.get("deprecated") is True:
        parts.append("Deprecated.")
    if value.get("x-assumed") is True:
        parts.append(_ASSUMED)
    return " ".join(part for part in parts if part)
