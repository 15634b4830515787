"""What the templates are given: a package in words and types, all decisions taken."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from openapi_python_client.parser import properties as found
from openapi_python_client.parser.openapi import Endpoint

from ._check import (
    EXTENSION,
    POLLING,
    Credential,
    Place,
    credentials,
    resolve,
    variants,
)
from ._document import Document, Mapping, escaped, mapping, operations, sequence, tokens
from ._names import class_name, field_name, identifier
from ._parse import Api, Union, fields, wire
from ._shape import REF, Shape, parameters_of, response_schema
from ._text import literal, sentence

_ERRORS: Final = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "429": "RateLimitError",
}
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ANY: Final = re.compile(r"(?s).*")
_ASSUMED: Final = "Assumed where the provider's documentation is silent."


@dataclass(frozen=True)
class Field:
    """An attribute of a model."""

    name: str
    wire: str
    annotation: str
    required: bool
    text: str


@dataclass(frozen=True)
class Model:
    """A class for an object."""

    name: str
    text: str
    fields: list[Field]


@dataclass(frozen=True)
class Enumeration:
    """A class for an open list of words or numbers."""

    name: str
    base: str
    text: str
    members: list[tuple[str, str | int]]


@dataclass(frozen=True)
class Unknown:
    """The member of a union that stands for what the document does not know."""

    name: str
    union: str
    wire: str
    property: str


@dataclass(frozen=True)
class Alias:
    """A name for a type that is no class of its own."""

    name: str
    annotation: str
    text: str


@dataclass(frozen=True)
class Status:
    """A word that a job's status can be."""

    word: str
    state: str
    type: str
    text: str


@dataclass(frozen=True)
class Failure:
    """A response other than the 200."""

    status: str
    error: str
    text: str


@dataclass(frozen=True)
class Resource:
    """The operation of one tag."""

    tag: str
    module: str
    name: str
    text: str
    method: str
    constant: str
    operation_id: str
    path: str
    summary: str
    description: str
    parameter: str
    parameter_text: str
    id_type: str
    example: str
    body: str
    job: str
    done: str
    uses: list[str]
    attribute: str
    progress: str | None
    progress_max: float
    settings: Mapping
    failure: dict[str, str]
    polling: dict[str, float]
    statuses: list[Status]
    failures: list[Failure]


@dataclass(frozen=True)
class Package:
    """A package."""

    name: str
    module: str
    distribution: str
    title: str
    version: str
    text: str
    file: str
    server: str
    credentials: list[Credential]
    resource: Resource
    models: list[Model]
    enums: list[Enumeration]
    unknowns: list[Unknown]
    aliases: list[Alias]
    openapi: str

    @property
    def exports(self) -> list[str]:
        """The names of the models module."""
        groups = (self.models, self.enums, self.unknowns, self.aliases)
        return sorted(item.name for group in groups for item in group)


def unions_of(document: Document, shape: Shape) -> list[Union]:
    """The discriminated unions among the schemas."""
    result: list[Union] = []
    for key, schema in shape.schemas.items():
        if "discriminator" in schema:
            place = Place(*document.follow(shape.sources[key]))
            words = {word: class_name(to) for word, to in variants(document, place).items()}
            wire_name = str(mapping(schema["discriminator"]).get("propertyName"))
            result.append(Union(class_name(key), wire_name, words))
    return result


def package(document: Document, shape: Shape, api: Api) -> Package:
    """Decide everything about the package of `document`."""
    return _Writer(document, shape, api).package()


class _Writer:
    def __init__(self, document: Document, shape: Shape, api: Api) -> None:
        self._document = document
        self._shape = shape
        self._api = api

    def package(self) -> Package:
        document = self._document
        info = mapping(document.data.get("info"))
        name = document.name.replace("-", "_")
        (operation,) = operations(document)
        models: list[Model] = []
        enums: list[Enumeration] = []
        aliases: list[Alias] = []
        for key in self._shape.sources:
            prop = self._api.component(key)
            own = class_name(key)
            text = self._text(self._shape.sources[key])
            model = self._api.model(prop)
            if isinstance(prop, found.EnumProperty) and prop.class_info.name == own:
                enums.append(self._enum(own, key, prop, text))
            elif model and model.class_info.name == own:
                models.append(Model(own, text, self._fields(model, key)))
            else:
                aliases.append(Alias(own, self._alias(own, prop), text))
        return Package(
            name=name,
            module=f"{name}_client",
            distribution=f"{document.name}-client",
            title=str(info["title"]),
            version=str(info["version"]),
            text=str(info.get("description") or info["title"]),
            file=document.file,
            server=str(document.data["servers"][0]["url"]).rstrip("/"),
            credentials=[credential for _, credential in credentials(document)],
            resource=self._resource(*operation, self._api.endpoints[0]),
            models=models,
            enums=enums,
            unknowns=[
                Unknown(f"Unknown{u.name}", u.name, u.property, field_name(u.property))
                for u in self._api.unions
            ],
            # The others may name a union.
            aliases=sorted(aliases, key=lambda a: a.name not in {u.name for u in self._api.unions}),
            openapi=json.dumps(document.data, indent=2, ensure_ascii=False) + "\n",
        )

    def _alias(self, own: str, prop: found.Property) -> str:
        for union in self._api.unions:
            if union.name == own:
                members = dict.fromkeys([*union.words.values(), f"Unknown{own}"])
                rest = self._api.alternatives(prop)
                return " | ".join([*members, *(part for part in rest if part != own)])
        return self._api.annotation(prop)

    def _enum(self, name: str, key: str, prop: found.EnumProperty, text: str) -> Enumeration:
        schema = self._shape.schemas[key]
        while "$ref" in schema:
            schema = self._shape.schemas[str(schema["$ref"]).removeprefix(REF)]
        members = list(zip(prop.values, schema["enum"], strict=True))
        return Enumeration(name, "StrEnum" if prop.value_type is str else "IntEnum", text, members)

    def _fields(self, model: found.ModelProperty, key: str) -> list[Field]:
        result: list[Field] = []
        owner = class_name(key)
        places = self._properties(self._shape.sources[key])
        for prop in sorted(fields(model), key=lambda prop: list(places).index(wire(prop))):
            name = wire(prop)
            annotation = self._api.annotation(prop)
            for union in self._api.unions:
                words = [word for word, variant in union.words.items() if variant == owner]
                if words and union.property == name:
                    annotation = f"Literal[{', '.join(map(literal, words))}]"
            if not prop.required and annotation != "Any":
                annotation += " | Unset"
            text = self._text(places[name])
            result.append(Field(field_name(name), name, annotation, prop.required, text))
        return result

    def _properties(self, pointer: str) -> dict[str, str]:
        """Where the properties of an object stand, in the order of the document."""
        schema, pointer = self._document.follow(pointer)
        result: dict[str, str] = {}
        for i in range(len(sequence(schema.get("allOf")))):
            result |= self._properties(f"{pointer}/allOf/{i}")
        for name in mapping(schema.get("properties")):
            result[name] = f"{pointer}/properties/{escaped(name)}"
        return result

    def _text(self, pointer: str) -> str:
        schema, _ = self._document.follow(pointer)
        # What stands beside a `$ref` is about this use of it.
        own = mapping(self._document.at(pointer)).get("description")
        return self._words({**schema, "description": own} if own else schema, tokens(pointer)[-1])

    @staticmethod
    def _words(schema: Mapping, name: str) -> str:
        text = str(schema.get("description") or "")
        title = str(schema.get("title") or "")
        if not text and class_name(title).lower() != class_name(name).lower():
            text = title
        parts = [sentence(text) if "\n\n" not in text else text]
        if schema.get("deprecated") is True:
            parts.append("Deprecated.")
        if schema.get("x-assumed") is True:
            parts.append(_ASSUMED)
        return " ".join(part for part in parts if part)

    def _resource(
        self, path: str, pointer: str, operation: Mapping, endpoint: Endpoint
    ) -> Resource:
        document = self._document
        settings = mapping(operation[EXTENSION])
        (parameter, place), *_ = parameters_of(document, pointer)
        (id_property,) = endpoint.path_parameters
        body = next(r.prop for r in endpoint.responses.patterns if r.status_code.pattern == "200")
        progress = mapping(settings.get("progress"))
        job, attributes = self._job(body, tokens(settings.get("job", "")))
        statuses = self._statuses(settings, pointer, job)
        done = dict.fromkeys(status.type for status in statuses if status.state == "succeeded")
        tag = str(operation["tags"][0])
        id_type = self._api.annotation(id_property)
        return Resource(
            tag=tag,
            module=identifier(tag),
            name=f"{class_name(tag)}Resource",
            text=next(
                (
                    str(mapping(item).get("description") or tag)
                    for item in sequence(document.data.get("tags"))
                    if mapping(item).get("name") == tag
                ),
                tag,
            ),
            method=str(endpoint.name),
            constant=str(endpoint.name).upper(),
            operation_id=str(operation["operationId"]),
            path=path,
            summary=str(operation.get("summary") or operation["operationId"]),
            description=str(operation.get("description") or ""),
            parameter=identifier(str(parameter["name"])),
            parameter_text=str(parameter.get("description") or "The job's id."),
            id_type=id_type,
            example=self._example(place, id_type),
            body=self._api.annotation(body),
            job=job,
            done=" | ".join(done),
            uses=sorted({self._api.annotation(body), job, *done}),
            attribute=".".join(attributes),
            progress=progress.get("value"),
            progress_max=float(progress.get("max", 1)),
            settings=settings,
            failure=mapping(settings.get("failure")),
            polling={k: float(v) for k, v in (POLLING | mapping(settings.get("polling"))).items()},
            statuses=statuses,
            failures=self._failures(operation, pointer),
        )

    def _job(self, body: found.Property, path: list[str]) -> tuple[str, list[str]]:
        prop: found.Property = body
        attributes: list[str] = []
        for token in path:
            model = self._api.model(prop)
            assert model is not None, "the pointer was checked"
            prop = next(item for item in fields(model) if wire(item) == token)
            attributes.append(field_name(token))
        return self._api.annotation(prop), attributes

    def _statuses(self, settings: Mapping, pointer: str, job: str) -> list[Status]:
        union = next((union for union in self._api.unions if union.name == job), None)
        expected = f"{settings.get('job', '')}/{escaped(union.property)}" if union else ""
        place = Place(*(response_schema(self._document, pointer, "200") or ({}, "")))
        leaves, _ = resolve(self._document, place, tokens(settings["status"]))
        result: list[Status] = []
        for word, state in settings["states"].items():
            kind = job
            if union and settings["status"] == expected:
                kind = union.words[word]
            own = next((leaf for leaf in leaves if leaf.schema.get("const") == word), None)
            text = self._words(own.schema, "status") if own else ""
            if union and settings["status"] == expected:
                source = next(p for k, p in self._shape.sources.items() if class_name(k) == kind)
                text = self._text(source)
            result.append(Status(word, state, kind, text))
        return result

    def _failures(self, operation: Mapping, pointer: str) -> list[Failure]:
        result: list[Failure] = []
        for status in mapping(operation.get("responses")):
            if status.startswith("2"):
                continue
            response, _ = self._document.follow(f"{pointer}/responses/{escaped(status)}")
            error = "ServerError" if status.startswith("5") else "APIStatusError"
            result.append(Failure(status, _ERRORS.get(status, error), self._words(response, "")))
        return sorted(result, key=lambda failure: failure.status)

    def _example(self, place: str, id_type: str) -> str:
        parameter = mapping(self._document.at(place))
        schema, _ = self._document.follow(f"{place}/schema")
        given: list[Any] = [parameter.get("example")]
        given += [mapping(e).get("value") for e in mapping(parameter.get("examples")).values()]
        given += [schema.get("example"), *sequence(schema.get("examples"))]
        wanted = int if id_type == "int" else str
        form = _UUID if id_type == "UUID" else _ANY
        value = next((v for v in given if type(v) is wanted and form.fullmatch(str(v))), None)
        if id_type == "int":
            return literal(1 if value is None else value)
        if id_type == "UUID":
            return f"UUID({literal(value or '00000000-0000-0000-0000-000000000000')})"
        return literal(value or "job_1")
