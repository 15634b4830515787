"""Reads out of an OpenAPI document how its job endpoint is to be played."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, get_args
from uuid import UUID

from ._payload import Json, get
from ._types import JobId, Outcome, SandboxError, State

if TYPE_CHECKING:
    from jobwait import Provider

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Answer:
    """A documented response: its example, and the examples of its headers."""

    body: Json
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The place where a credential stands, and what stands before it."""

    place: Literal["header", "query", "cookie"]
    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """All that a document says about its job endpoint.

    `alternatives` are the security requirements: one is enough, all schemes of that one are
    needed. `jobs` holds an example body per status word; `model` is the name of their schema.
    `status`, `job` and `progress` are JSON Pointers into such a body.
    """

    tag: str
    method: str
    path: str
    id_type: type
    example_id: Json
    alternatives: tuple[tuple[Scheme, ...], ...]
    states: dict[str, State]
    jobs: dict[str, Json]
    model: str
    status: str
    job: str
    progress: str | None
    progress_max: float
    responses: dict[int, Answer]

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
            return (
                UUID(text)
                if re.fullmatch(r"[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}", text, re.ASCII)
                else None
            )
        return text

    def new_id(self, number: int) -> JobId:
        """Return the id of the job of that number, in the shape of the document's example."""
        if self.id_type is int:
            return number + (self.example_id if isinstance(self.example_id, int) else 0)
        if self.id_type is UUID:
            return UUID(int=number, version=4)
        head, dash, tail = str(self.example_id or "job_").rpartition("_")
        return f"{head}{dash}{number:0{len(tail)}}"

    def words(self, state: State) -> list[str]:
        """Return the status words of that meaning which the document has an example of."""
        return [word for word in self.jobs if self.states[word] == state]

    def outcomes(self) -> list[Outcome]:
        """Return the ways in which a job of this provider can end."""
        return [outcome for outcome in get_args(Outcome) if self.words(outcome)]


def read(provider: Provider) -> Playbook:
    """Return how the provider's job endpoint is to be played.

    Raises SandboxError if its document does not say so.
    """
    try:
        return _Reader(provider.document).read(provider.id_type)
    except (LookupError, TypeError, AttributeError) as error:
        raise SandboxError(
            f"the document of {provider.title} cannot be played: {type(error).__name__}: {error}"
        ) from error


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def read(self, id_type: type) -> Playbook:
        path, method, item, operation = self.operation()
        extension = operation["x-wait-for-completion"]
        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
        ids = [p for p in map(self.resolved, parameters) if p["in"] == "path"]
        responses = {
            int(status): self.resolved(response)
            for status, response in operation["responses"].items()
            if status.isdigit()
        }
        states: dict[str, State] = extension["states"]
        status: str = extension["status"]
        content = self.media_type(responses[200])
        jobs: dict[str, Json] = {}
        for name, body in self.examples(content):
            word = get(body, status)
            jobs.setdefault(word if isinstance(word, str) else name, body)
        progress: Mapping[str, Any] = extension.get("progress", {})
        return Playbook(
            tag=next(iter(operation.get("tags", ())), "default"),
            method=method.upper(),
            path=re.sub(r"\{[^}]*\}", "{id}", path),
            id_type=id_type,
            example_id=next((value for p in ids for _, value in self.examples(p)), None),
            alternatives=self.alternatives(operation),
            states=states,
            # In the order of the states, which is the order in which a job walks through them.
            jobs={word: jobs[word] for word in states if word in jobs},
            model=self.schema_name(content["schema"]),
            status=status,
            job=extension.get("job", ""),
            progress=progress.get("value"),
            progress_max=progress.get("max", 100),
            responses={
                code: Answer(
                    next((body for _, body in self.examples(self.media_type(response))), None),
                    {
                        name.lower(): str(value)
                        for name, header in response.get("headers", {}).items()
                        for _, value in [*self.examples(self.resolved(header))][:1]
                    },
                )
                for code, response in responses.items()
                if response.get("content")
            },
        )

    def operation(self) -> tuple[str, str, Mapping[str, Any], Mapping[str, Any]]:
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if "x-wait-for-completion" in item.get(method, {}):
                    return path, method, item, item[method]
        raise LookupError("no operation with x-wait-for-completion")

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].split("/")[1:]:
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def media_type(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        types: Mapping[str, Any] = response["content"]
        return next(content for name, content in types.items() if "json" in name)

    def examples(self, node: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
        """Yield the examples of a parameter, header or media type, its schema's ones last."""
        if "example" in node:
            yield "", node["example"]
        for name, example in node.get("examples", {}).items():
            yield name, self.resolved(example)["value"]
        schema = self.resolved(node.get("schema", {}))
        for value in [
            *schema.get("examples", ()),
            *([schema["example"]] if "example" in schema else ()),
        ]:
            yield "", value

    def alternatives(self, operation: Mapping[str, Any]) -> tuple[tuple[Scheme, ...], ...]:
        required: list[dict[str, Any]] = operation.get("security", self.document.get("security"))
        return tuple(tuple(map(self.scheme, requirement)) for requirement in required or [{}])

    def scheme(self, name: str) -> Scheme:
        scheme = self.resolved(self.document["components"]["securitySchemes"][name])
        if scheme["type"] == "apiKey":
            return Scheme(scheme["in"], scheme["name"])
        if scheme["type"] == "http" and scheme["scheme"].lower() != "bearer":
            raise LookupError(f"security scheme {name}: only bearer and apiKey can be played")
        return Scheme("header", "Authorization", "Bearer ")

    def schema_name(self, schema: Mapping[str, Any]) -> str:
        name: str = schema["$ref"].rpartition("/")[2] if "$ref" in schema else schema["title"]
        return name
