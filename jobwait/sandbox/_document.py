"""Reads out of an OpenAPI document how its job endpoint is to be played."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, get_args
from uuid import UUID

from pydantic import BaseModel, ValidationError

from ._payload import Json, get
from ._types import JobId, Outcome, State

if TYPE_CHECKING:
    from jobwait import Provider


UNPLAYABLE: Final = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What reading and playing raise where a document is not there, or is a strange one."""


_UUID: Final = re.compile(r"[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}", re.ASCII)
_SHOWN: Final = 3
"""How many of the problems of one body are named."""


def explain(error: ValidationError) -> str:
    """Return what a validation found, in one line."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        ": ".join(filter(None, (".".join(map(str, problem["loc"])), problem["msg"])))
        for problem in problems[:_SHOWN]
    ]
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return "; ".join([*lines, *more])


@dataclass(frozen=True, slots=True)
class Answer:
    """A documented response: its example, and the examples of its headers."""

    body: Json
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The header or query parameter that holds a credential, and what stands before it there."""

    name: str
    prefix: str = ""
    in_query: bool = False
    is_basic: bool = False

    def value(self, api_key: str) -> str:
        """Return what a request carries."""
        key = b64encode(api_key.encode()).decode() if self.is_basic else api_key
        return self.prefix + key

    def holds(self, text: str, api_key: str) -> bool:
        """Whether a request carries the key."""
        # The name of an HTTP authentication scheme is case-insensitive, the key is not.
        size = len(self.prefix)
        wanted = self.value(api_key)
        return text[:size].lower() == self.prefix.lower() and text[size:] == wanted[size:]


@dataclass(frozen=True, slots=True)
class Playbook:
    """All that a document says about its job endpoint.

    Any of the `schemes` is enough, and without one no credential is needed. `slashes` tells whether
    an id may hold them. `jobs` holds an
    example body per status word; `model` is what they are checked against. `status`, `job` and
    `progress` are JSON Pointers into such a body.
    """

    tag: str
    path: str
    slashes: bool
    id_type: type
    example_id: Json
    schemes: tuple[Scheme, ...]
    states: dict[str, State]
    jobs: dict[str, Json]
    model: type[BaseModel]
    status: str
    job: str
    progress: str | None
    progress_max: float
    responses: dict[int, Answer]

    def problem(self, body: Json) -> str | None:
        """Return what is wrong with a body by the document's schema, or None."""
        try:
            self.model.model_validate_json(json.dumps(body, allow_nan=False))
        except ValidationError as error:
            return explain(error)
        return None

    def answer(self, status: int) -> Answer:
        """Return the documented response, or a plain one where the document has none."""
        plain: Json = {"error": HTTPStatus(status).phrase}
        return self.responses.get(status) or Answer(plain, {})

    @property
    def bad_id_status(self) -> int:
        """The documented status for an id of the wrong type."""
        return next((status for status in (400, 422) if status in self.responses), 404)

    def parse_id(self, text: str) -> JobId | None:
        """Return the id that stands in a path, or None if it is not of the document's type."""
        if self.id_type is int:
            # No id is longer, and Python refuses to convert the longest ones.
            return int(text) if re.fullmatch(r"-?[0-9]{1,100}", text) else None
        if self.id_type is UUID:
            return UUID(text) if _UUID.fullmatch(text) else None
        return text

    def new_id(self, number: int) -> JobId:
        """Return the id of the job of that number, in the shape of the document's example."""
        if self.id_type is int:
            return number + (self.example_id if isinstance(self.example_id, int) else 0)
        if self.id_type is UUID:
            return UUID(int=number, version=4)
        example = str(self.example_id or "job_")
        if _UUID.fullmatch(example):
            return str(UUID(int=number, version=4))
        tail = re.split(r"[_\-:./]", example)[-1]
        return f"{example.removesuffix(tail)}{number:0{len(tail)}}"

    def words(self, state: State) -> list[str]:
        """Return the status words of that meaning which the document has an example of."""
        return [word for word in self.jobs if self.states[word] == state]

    def outcomes(self) -> list[Outcome]:
        """Return the ways in which a job of this provider can end."""
        return [outcome for outcome in get_args(Outcome) if self.words(outcome)]


def read(provider: Provider) -> Playbook:
    """Return how the provider's job endpoint is to be played.

    Raises LookupError with a sentence where its document does not say so, and any of `UNPLAYABLE`
    where that is not as the generator takes it.
    """
    if len(provider.waitables) != 1:
        raise LookupError("it has several job endpoints, and the sandbox plays one")
    [waitable] = provider.waitables
    return _Reader(provider).read(provider.id_type, waitable.attribute)


def _word(status: Json, name: str) -> str:
    """Return how the extension writes the status of an example, or the name that this one has."""
    if isinstance(status, dict | list) or status is None:
        return name
    return str(status).lower() if isinstance(status, bool) else str(status)


class _Reader:
    def __init__(self, provider: Provider) -> None:
        self.package = provider.package
        self.document = provider.document

    def read(self, id_type: type, attribute: str) -> Playbook:
        path, item, operation = self.operation()
        if path.count("{") != 1:
            raise LookupError(f"the id of a job is not one parameter in the path {path}")
        extension = operation["x-wait-for-completion"]
        if "status" not in extension:
            raise LookupError("no field of its jobs tells their status")
        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
        ids = [p for p in map(self.resolved, parameters) if p["in"] == "path"]
        responses = {
            int(status): self.resolved(response)
            for status, response in operation["responses"].items()
            if status.isdigit()
        }
        states: dict[str, State] = extension["states"]
        status: str = extension["status"]
        if 200 not in responses:
            raise LookupError("it documents no response 200")
        content = self.media_type(responses[200])
        jobs = self.jobs(content, status, states)
        progress: Mapping[str, Any] = extension.get("progress", {})
        return Playbook(
            tag=attribute,
            path=re.sub(r"\{[^}]*\}", "{id}", path),
            slashes=any(p.get("allowReserved") is True for p in ids),
            id_type=id_type,
            example_id=next((v for p in ids for _, v in self.examples(p) if v != ""), None),
            schemes=self.schemes(operation),
            states=states,
            # In the order of the states, which is the order in which a job walks through them.
            jobs={word: jobs[word] for word in states if word in jobs},
            model=self.model(content.get("schema", {})),
            status=status,
            job=extension.get("job", ""),
            progress=progress.get("value"),
            progress_max=progress.get("max", 100),
            responses={
                code: Answer(
                    body,
                    {
                        name.lower(): str(value)
                        for name, header in response.get("headers", {}).items()
                        for _, value in [*self.examples(self.resolved(header))][:1]
                    },
                )
                for code, response in responses.items()
                for _, body in [*self.examples(self.media_type(response))][:1]
            },
        )

    def jobs(
        self, content: Mapping[str, Any], status: str, states: dict[str, State]
    ) -> dict[str, Json]:
        """The example bodies by their status words."""
        jobs: dict[str, Json] = {}
        for name, body in self.examples(content):
            jobs.setdefault(_word(get(body, status), name), body)
        if not {states[word] for word in jobs if word in states} & {*get_args(Outcome)}:
            raise LookupError(
                "the response 200 has no example of a job that has ended; an overlay can add one"
            )
        return jobs

    def operation(self) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
        for path, item in self.document["paths"].items():
            if "x-wait-for-completion" in item.get("get", {}):
                # What stands behind its path tells one key from another.
                return re.split("[?#]", path, maxsplit=1)[0], item, item["get"]
        raise LookupError("no GET operation with x-wait-for-completion")

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in node:
            return node
        reference: str = node["$ref"]
        target = get(self.document, reference)
        if not isinstance(target, dict):
            raise LookupError(f"{reference} points to nothing")
        return self.resolved(target)

    def media_type(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        types: Mapping[str, Any] = response.get("content", {})
        return next((types[name] for name in types if "json" in name), dict[str, Any]())

    def examples(self, node: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
        """Yield the examples of a parameter, header or media type, its schema's ones last."""
        if "example" in node:
            yield "", node["example"]
        for name, example in node.get("examples", {}).items():
            resolved = self.resolved(example)
            # Else it stands in another file, which nobody has shipped.
            if "value" in resolved:
                yield name, resolved["value"]
        schema = self.resolved(node.get("schema", {}))
        for value in [
            *schema.get("examples", ()),
            *([schema["example"]] if "example" in schema else ()),
        ]:
            yield "", value

    def schemes(self, operation: Mapping[str, Any]) -> tuple[Scheme, ...]:
        required: list[dict[str, Any]] = operation.get("security", self.document.get("security"))
        if any(len(requirement) > 1 for requirement in required or ()):
            raise LookupError("security schemes that are needed together cannot be played")
        if not required or {} in required:
            return ()
        return tuple(self.scheme(name) for requirement in required for name in requirement)

    def scheme(self, name: str) -> Scheme:
        scheme = self.resolved(self.document["components"]["securitySchemes"][name])
        match scheme:
            case {"type": "apiKey", "in": "header" | "query" as place, "name": str(key)}:
                return Scheme(key, str(scheme.get("x-prefix", "")), in_query=place == "query")
            case {"type": "apiKey", "in": "cookie", "name": str(key)}:
                return Scheme("Cookie", f"{key}=")
            case {"type": "http", "scheme": str(kind)} if kind.lower() == "bearer":
                return Scheme("Authorization", "Bearer ")
            case {"type": "http", "scheme": str(kind)} if kind.lower() == "basic":
                return Scheme("Authorization", "Basic ", is_basic=True)
            case _:
                raise LookupError(f"the security scheme {name} is none of bearer, basic and apiKey")

    def model(self, schema: Mapping[str, Any]) -> type[BaseModel]:
        name = f"{self.package}._sandbox_models"
        if importlib.util.find_spec(name) is None:
            raise LookupError(
                "its package has no models for the sandbox: the generator makes them where the "
                "response 200 has `example` or `examples` beside `schema`; an overlay can add them"
            )
        models: dict[str, type[BaseModel]] = {
            name.lower(): value
            for name, value in vars(importlib.import_module(name)).items()
            if isinstance(value, type) and issubclass(value, BaseModel)
        }
        # The model generator spells a schema's name as a class name.
        wanted = re.sub(r"\W|_", "", self.schema_name(schema)).lower()
        if wanted not in models:
            raise LookupError(f"{name} has no model of {self.schema_name(schema)}")
        return models[wanted]

    def schema_name(self, schema: Mapping[str, Any]) -> str:
        if "$ref" not in schema and "title" not in schema:
            raise LookupError("the schema of the response 200 has no title")
        name: str = schema["$ref"].rpartition("/")[2] if "$ref" in schema else schema["title"]
        return name
