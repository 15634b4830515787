"""Reads out of an OpenAPI document how its job endpoint is to be played."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, get_args
from uuid import UUID

from ._payload import Json, get
from ._types import JobId, Outcome, SandboxError, State

if TYPE_CHECKING:
    from jobwait import Provider


# What reading raises where a document is not there, or not as the generator takes it.
_UNPLAYABLE: Final = (
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A documented response: its example, and the examples of its headers."""

    body: Json
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The header that holds a credential, and what stands before it there."""

    header: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """All that a document says about its job endpoint.

    Any of the `schemes` is enough, and without one no credential is needed. `jobs` holds an
    example body per status word; `model` is the name of their schema. `status`, `job` and
    `progress` are JSON Pointers into such a body.
    """

    tag: str
    path: str
    id_type: type
    example_id: Json
    schemes: tuple[Scheme, ...]
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
        if len(provider.waitables) != 1:
            raise LookupError("it has several job endpoints, and the sandbox plays one")
        [waitable] = provider.waitables
        return _Reader(provider.document).read(provider.id_type, waitable.attribute)
    except _UNPLAYABLE as error:
        kind = "" if type(error) is LookupError else f"{type(error).__name__}: "
        raise SandboxError(
            f"the document of {provider.title} cannot be played: {kind}{error}"
        ) from error


class _Reader:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def read(self, id_type: type, attribute: str) -> Playbook:
        path, item, operation = self.operation()
        if path.count("{") != 1:
            raise LookupError(f"{path} has not exactly one parameter")
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
        if not {states[word] for word in jobs if word in states} & {*get_args(Outcome)}:
            raise LookupError(
                "the response 200 has no example of a job that has ended; an overlay can add one"
            )
        progress: Mapping[str, Any] = extension.get("progress", {})
        return Playbook(
            tag=attribute,
            path=re.sub(r"\{[^}]*\}", "{id}", path),
            id_type=id_type,
            example_id=next((value for p in ids for _, value in self.examples(p)), None),
            schemes=self.schemes(operation),
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

    def operation(self) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
        for path, item in self.document["paths"].items():
            if "x-wait-for-completion" in item.get("get", {}):
                return path, item, item["get"]
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
            yield name, self.resolved(example)["value"]
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
            case {"type": "apiKey", "in": "header", "name": str(header)}:
                return Scheme(header)
            case {"type": "http", "scheme": str(kind)} if kind.lower() == "bearer":
                return Scheme("Authorization", "Bearer ")
            case _:
                raise LookupError(f"security scheme {name}: bearer or apiKey in a header only")

    def schema_name(self, schema: Mapping[str, Any]) -> str:
        if "$ref" not in schema and "title" not in schema:
            raise LookupError("the schema of the response 200 has no title")
        name: str = schema["$ref"].rpartition("/")[2] if "$ref" in schema else schema["title"]
        return name
