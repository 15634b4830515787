"""Driving openapi-python-client's parser, and annotations from what it opc."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, TypeAlias

from openapi_python_client import schema as oai
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import properties as opc
from openapi_python_client.parser.errors import ParseError
from openapi_python_client.parser.openapi import Endpoint, EndpointCollection
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.schemas import ReferencePath
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.schema.untrusted_string import UntrustedString
from pydantic import ValidationError

from ..document.document import Document
from ..document.pointer import joined
from ..document.values import Mapping, mapping, sequence
from ..model.api import Api
from ..model.names import class_name, literal
from ..problems import Problem, prose
from .shape import Shape, Union, name_of
from .tool_names import decoded, for_tool

AnyProperty: TypeAlias = "opc.Property | PropertyProtocol"

_OBJECT: Final = re.compile(r"<\S+ object at 0x[0-9a-fA-F]+>")
_SCALARS: Final[dict[type[PropertyProtocol], str]] = {
    opc.AnyProperty: "Any",
    BooleanProperty: "bool",
    DateProperty: "date",
    DateTimeProperty: "datetime",
    FloatProperty: "float",
    IntProperty: "int",
    NoneProperty: "None",
    StringProperty: "str",
    UuidProperty: "UUID",
}


class ParsedSchemas:
    """What the parser read of a document."""

    def __init__(
        self,
        schemas: opc.Schemas,
        endpoints: list[Endpoint],
        unions: list[Union],
    ) -> None:
        self._endpoints = {str(endpoint.name): endpoint for endpoint in endpoints}
        self.unions = unions
        self._schemas = schemas

    def body(self, number: int) -> opc.Property:
        """What the operation at a position of the document answers with 200."""
        endpoint = self._endpoints[name_of(number)]
        return next(r.prop for r in endpoint.responses.patterns if r.status_code.pattern == "200")

    def component(self, key: str) -> opc.Property:
        """What a schema became."""
        path = ReferencePath(UntrustedString(f"/components/schemas/{key}"))
        return self._schemas.classes_by_reference[path]

    def model(self, prop: AnyProperty) -> opc.ModelProperty | None:
        """The class of an object with properties; None for anything else."""
        if not isinstance(prop, opc.ModelProperty):
            return None
        # A union's members are copies that were made before their properties were known.
        whole = self._schemas.classes_by_name[prop.class_info.name]
        return whole if isinstance(whole, opc.ModelProperty) and fields(whole) else None

    def less_null(self, prop: AnyProperty) -> AnyProperty:
        """What a value is if it is not null."""
        if not isinstance(prop, UnionProperty):
            return prop
        known = [part for part in prop.inner_properties if not isinstance(part, NoneProperty)]
        return known[0] if len(known) == 1 else prop

    def annotation(self, prop: AnyProperty) -> str:
        """The type of a value that is there."""
        return " | ".join(self.alternatives(prop))

    def alternatives(self, prop: AnyProperty) -> list[str]:
        """The types that its values can have, None last."""
        if isinstance(prop, UnionProperty):
            return self._union(prop)
        if isinstance(prop, opc.EnumProperty):
            return [prop.class_info.name, prop.value_type.__name__]
        if isinstance(prop, ConstProperty):
            return [f"Literal[{literal(prop.value.raw_value)}]"]
        if isinstance(prop, ListProperty):
            return [f"list[{self.annotation(prop.inner_property)}]"]
        if isinstance(prop, opc.ModelProperty):
            return [self._object(prop)]
        return [_SCALARS[type(prop)]]

    def _object(self, prop: opc.ModelProperty) -> str:
        if self.model(prop):
            return prop.class_info.name
        whole = self._schemas.classes_by_name[prop.class_info.name]
        inner = whole.additional_properties if isinstance(whole, opc.ModelProperty) else None
        return f"Mapping[str, {self.annotation(inner) if inner else 'Any'}]"

    def _union(self, prop: UnionProperty) -> list[str]:
        flat = dict.fromkeys(
            name for inner in prop.inner_properties for name in self.alternatives(inner)
        )
        for union in self.unions:
            variants = dict.fromkeys(union.words.values())
            if variants.keys() <= flat.keys():
                first = next(name for name in flat if name in variants)
                names = [union.name if name == first else name for name in flat]
                flat = dict.fromkeys(name for name in names if name not in variants)
        # Everything else is in `Any` already.
        return ["Any"] if "Any" in flat else sorted(flat, key=lambda name: name == "None")


def fields(model: opc.ModelProperty) -> list[opc.Property]:
    """The properties of a class."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]


def wire(prop: AnyProperty) -> str:
    """The name that a property has in JSON."""
    return decoded(prop.name.get_untrusted_value())


def validate(document: Document, data: Mapping) -> tuple[oai.OpenAPI | None, list[Problem]]:
    """Read `data` as OpenAPI; what is not goes by the place it has in `document`."""
    try:
        return oai.OpenAPI.model_validate(data), []
    except ValidationError as error:
        problems: dict[str, Problem] = {}
        for detail in error.errors(include_url=False, include_context=False):
            pointer = _pointer(data, detail["loc"])
            # Which of two readings failed is of no use; the place is.
            text = f"this is not OpenAPI: {prose(detail['msg']).lower()}; correct it"
            problems.setdefault(pointer, document.problem(pointer, text))
        return None, list(problems.values())


def parse(api: Api, shape: Shape) -> tuple[ParsedSchemas, list[Problem]]:
    """Parse the shape of a document; whatever the parser leaves out is a problem."""
    document = api.document
    openapi, problems = validate(document, for_tool(shape.data))
    if openapi is None:
        return ParsedSchemas(opc.Schemas(), [], []), problems
    try:
        return _parsed(api, shape, openapi)
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        text = f"openapi-python-client cannot read this: {_words(str(error))}"
        problem = document.problem("/components/schemas", text)
        return ParsedSchemas(opc.Schemas(), [], []), [problem]


def _parsed(api: Api, shape: Shape, openapi: oai.OpenAPI) -> tuple[ParsedSchemas, list[Problem]]:
    document = api.document
    config = Config.from_sources(
        ConfigFile(), MetaType.NONE, Path(document.file), "utf-8", overwrite=False, output_path=None
    )
    components = openapi.components.schemas if openapi.components else None
    schemas = opc.build_schemas(components=components or {}, schemas=opc.Schemas(), config=config)
    collections, schemas, _ = EndpointCollection.from_data(
        data=openapi.paths,
        schemas=schemas,
        parameters=opc.Parameters(),
        request_bodies={},
        responses={},
        config=config,
    )
    errors = [*schemas.errors, *(e for c in collections.values() for e in c.parse_errors)]
    endpoints = [e for collection in collections.values() for e in collection.endpoints]
    problems = [_problem(document, shape, error) for error in errors]
    problems = problems or _lost(api, shape, schemas, {endpoint.name for endpoint in endpoints})
    return ParsedSchemas(schemas, endpoints, shape.unions), problems


def _lost(api: Api, shape: Shape, schemas: opc.Schemas, parsed: set[str]) -> list[Problem]:
    """Schemas and operations that the parser dropped without a word; `parsed` are those it has."""
    document = api.document
    known = {path.get_untrusted_value() for path in schemas.classes_by_reference}
    problems = [
        document.problem(pointer, f"openapi-python-client lost the schema {key}; describe it anew")
        for key, pointer in shape.sources.items()
        if f"/components/schemas/{key}" not in known
    ]
    named = {class_name(key) for key in shape.sources}
    problems += [
        document.problem("/components/schemas", f"{name} has no key of its own; give it one")
        for name, prop in schemas.classes_by_name.items()
        if name not in named and (not isinstance(prop, opc.ModelProperty) or fields(prop))
    ]
    text = "openapi-python-client lost this operation; rename it"
    problems += [
        document.problem(operation.pointer, text)
        for operation in api.operations
        if name_of(operation.number) not in parsed
    ]
    return problems


def _problem(document: Document, shape: Shape, error: ParseError) -> Problem:
    text = _words(f"{error.header} {error.detail or ''}")
    named = re.search(r"/components/schemas/([A-Za-z0-9._-]+)", text)
    pointer = shape.sources.get(named[1], "") if named else ""
    return document.problem(pointer, f"openapi-python-client cannot read this: {text}")


def _words(text: str) -> str:
    """The tool's own words: one line, with a document's names and without addresses in memory."""
    return prose(decoded(_OBJECT.sub("a value", text)))


def _pointer(data: Any, location: tuple[int | str, ...]) -> str:
    """The JSON Pointer of a pydantic location, which names the types it tried as well."""
    path: list[int | str] = []
    for part in location:
        if isinstance(part, int) and part < len(sequence(data)):
            data = sequence(data)[part]
        elif str(part) in mapping(data):
            data = mapping(data)[str(part)]
        else:
            continue
        path.append(part)
    return joined(path)
