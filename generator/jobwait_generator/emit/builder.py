"""What the templates are given: a package in words and types, all decisions taken."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from openapi_python_client.parser import properties as found

from ..document.document import EXTENSION, Document, operations
from ..document.pointer import escaped, tokens
from ..document.values import Mapping, mapping, sequence
from ..model.api import POLLING, credentials, key_required, keys_together, links, result_sources
from ..model.names import class_name, field_name, field_names, identifier, method_name
from ..model.requests import Part, body_format, parts_of, response_schema
from ..model.schemas import REF, Place, resolve, variants
from ..parse.openapi_python_client import Api, Union, fields, wire
from ..parse.shape import Shape
from .package import (
    Alias,
    Enumeration,
    Failure,
    Field,
    Link,
    Model,
    Package,
    Request,
    Resource,
    Status,
    Unknown,
)
from .text import literal, sentence

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
            folder=f"{'./generated' if document.is_ours else 'path/to'}/{document.name}-client",
            title=str(info["title"]),
            version=str(info["version"]),
            text=str(info.get("description") or info["title"]),
            header=document.header,
            server="".join(str(s["url"]) for s in document.data["servers"][:1]).rstrip("/"),
            credentials=[credential for _, credential in credentials(document)],
            key_required=key_required(document),
            keys_together=keys_together(document),
            resources=[
                self._resource(pointer, operation, self._api.body(i))
                for i, (_, pointer, operation) in enumerate(operations(document))
                if EXTENSION in operation
            ],
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
        names = field_names(places)
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
            result.append(Field(names[name], name, annotation, prop.required, text))
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

    def _request(self, pointer: str) -> Request:
        operation = mapping(self._document.at(pointer))
        path, method = tokens(pointer)[1:]
        return Request(
            str(operation["operationId"]),
            method.upper(),
            path,
            parts_of(self._document, pointer),
            body_format(self._document, pointer),
        )

    def _resource(self, pointer: str, operation: Mapping, body: found.Property) -> Resource:
        document = self._document
        settings = mapping(operation[EXTENSION])
        request = self._request(pointer)
        tag = str(operation["tags"][0])
        method = method_name(request.operation_id, tag)
        progress = mapping(settings.get("progress"))
        job, attributes = self._job(body, tokens(settings.get("job", "")))
        statuses = self._statuses(settings, pointer, job)
        done = dict.fromkeys(status.type for status in statuses if status.state == "succeeded")
        if "succeeded" in (settings.get("absent"), *mapping(settings.get("responses")).values()):
            done[job] = None
        if job in done:
            # Without a body nothing has succeeded.
            done = {job.removesuffix(" | None"): None}
        linked = self._links(settings, method, pointer, request)
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
            method=method,
            constant=method.upper(),
            request=request,
            summary=str(operation.get("summary") or operation["operationId"]),
            description="\n\n".join(
                [
                    str(operation.get("description") or ""),
                    *(["Deprecated."] if operation.get("deprecated") is True else []),
                ]
            ),
            example=self._example(request),
            links=linked,
            body=self._api.annotation(body),
            job=job,
            done=" | ".join(done),
            uses=self._used(
                [self._api.annotation(body), job, *done, *(link.body for link in linked)]
            ),
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
            (key,) = (k for k in self._shape.sources if class_name(k) == model.class_info.name)
            prop = next(item for item in fields(model) if wire(item) == token)
            attributes.append(field_names(self._properties(self._shape.sources[key]))[token])
        return self._api.annotation(prop), attributes

    def _statuses(self, settings: Mapping, pointer: str, job: str) -> list[Status]:
        union = next((union for union in self._api.unions if union.name == job), None)
        expected = f"{settings.get('job', '')}/{escaped(union.property)}" if union else ""
        place = Place(*(response_schema(self._document, pointer, "200") or ({}, "")))
        leaves, _ = resolve(self._document, place, tokens(settings.get("status", "/")))
        result: list[Status] = []
        for word, state in mapping(settings.get("states")).items():
            kind = job
            if union and settings["status"] == expected:
                kind = union.words.get(word, job)
            own = next((leaf for leaf in leaves if leaf.schema.get("const") == word), None)
            text = self._words(own.schema, "status") if own else ""
            if union and settings["status"] == expected and kind != job:
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

    def _used(self, annotations: list[str]) -> list[str]:
        """The models among the words of annotations."""
        words = {word for text in annotations for word in re.findall(r"\w+", text)}
        return sorted(words & {class_name(key) for key in self._shape.sources})

    def _links(self, settings: Mapping, method: str, own_pointer: str, own: Request) -> list[Link]:
        result: list[Link] = []
        found = links(self._document, settings)
        numbers = {pointer: i for i, (_, pointer, _) in enumerate(operations(self._document))}
        for kind, pointer in found.items():
            operation = mapping(self._document.at(pointer))
            has_body = response_schema(self._document, pointer, "200") is not None
            body = self._api.body(numbers[pointer]) if has_body else None
            text = str(operation.get("summary") or operation.get("description") or "")
            request = self._request(pointer)
            given = mapping(settings[kind].get("parameters"))
            sources = result_sources(self._document, own_pointer, pointer, given)
            asked = own if kind == "result" else request
            result.append(
                Link(
                    kind,
                    f"{kind}_{method}".upper(),
                    request,
                    self._api.annotation(body) if body else "bytes",
                    text or f"{kind.capitalize()} a job.",
                    asked.id_type if asked.id_parts else "",
                    asked.parameter,
                    asked.parameter_text,
                    [s for s in sources.values() if s is not None] if kind == "result" else [],
                )
            )
        return result

    def _example(self, request: Request) -> str:
        examples = [self._part_example(part) for part in request.id_parts]
        return examples[0] if len(examples) == 1 else f"({', '.join(examples)})"

    def _part_example(self, part: Part) -> str:
        id_type = part.type
        parameter = mapping(self._document.at(part.place))
        schema = part.schema
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
