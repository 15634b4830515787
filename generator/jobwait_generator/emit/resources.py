"""What becomes of the operations: resources, each with its methods and the job that they return."""

from __future__ import annotations

import re
from typing import Any, Final

from ..document.document import OPTIONAL, Document
from ..document.pointer import joined, tokens
from ..document.values import mapping, sequence
from ..model.api import Api, Link, Operation
from ..model.names import class_name, field_names, identifier, literal, method_name
from ..model.requests import Part, Request
from ..model.schemas import resolve
from ..model.waiting import Waiting
from ..parse.openapi_python_client import AnyProperty, ParsedSchemas, fields, wire
from ..parse.shape import Shape
from .models import property_pointers, schema_text, words_of
from .package import Failure, LinkMethod, Resource, Status

_ERRORS: Final = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "429": "RateLimitError",
}
_LINKS: Final = {
    "cancel": "Cancel a job.",
    "list": "List jobs.",
    "result": "Get the result of a job.",
}
"""What the methods do, where the document does not say it."""
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_UUID: Final = "00000000-0000-0000-0000-000000000000"


class ResourceBuilder:
    """Decides everything about the resources of one document."""

    def __init__(self, api: Api, shape: Shape, parsed: ParsedSchemas) -> None:
        self._api = api
        self._document: Document = api.document
        self._shape = shape
        self._parsed = parsed

    def build(self, operation: Operation, waiting: Waiting) -> Resource:
        """The resource of an operation that tells the status of a job."""
        request, value = operation.request, operation.value
        method = method_name(request.operation_id, operation.tag)
        body = self._annotation(operation, self._parsed.body(operation.number))
        job, attributes = self._job(operation, tokens(waiting.job))
        statuses = self._statuses(operation, waiting, job)
        done, failed, cancelled = (
            _jobs_in(state, waiting, statuses, job)
            for state in ("succeeded", "failed", "cancelled")
        )
        links = [self._link(operation, link, method) for link in self._api.links(operation)]
        notes = [operation.text("description")]
        notes += ["Deprecated."] if value.get("deprecated") is True else []
        return Resource(
            tag=operation.tag,
            module=identifier(operation.tag),
            name=f"{class_name(operation.tag)}Resource",
            text=self._api.tag_texts.get(operation.tag) or operation.tag,
            method=method,
            constant=method.upper(),
            request=request,
            summary=operation.text("summary") or request.operation_id,
            description="\n\n".join(notes),
            example=self._example(request),
            links=links,
            body=body,
            job=job,
            done=" | ".join(done),
            failed=failed,
            cancelled=cancelled,
            uses=self._models([body, job, *done, *(link.body for link in links)]),
            attribute=".".join(attributes),
            waiting=waiting,
            statuses=statuses,
            failures=_failures(operation, waiting),
            job_required=operation.value.get(OPTIONAL) is not True,
        )

    def _job(self, operation: Operation, path: list[str]) -> tuple[str, list[str]]:
        """The annotation of a job, and the attributes that lead to it."""
        prop: AnyProperty = self._parsed.body(operation.number)
        attributes: list[str] = []
        null = " | None" if path and self._parsed.less_null(prop) is not prop else ""
        for token in path:
            model = self._parsed.model(self._parsed.less_null(prop))
            assert model is not None, "the pointer was checked"
            (key,) = (k for k in self._shape.sources if class_name(k) == model.class_info.name)
            prop = next(item for item in fields(model) if wire(item) == token)
            places = property_pointers(self._document, self._shape.sources[key])
            attributes.append(field_names(places)[token])
        return self._annotation(operation, prop) + null, attributes

    def _annotation(self, operation: Operation, prop: AnyProperty) -> str:
        """The annotation in the class of the operation, where a method `list` hides the builtin."""
        text = self._parsed.annotation(prop)
        hidden = any(link.kind == "list" for link in self._api.links(operation))
        return re.sub(r"\blist\[", "builtins.list[", text) if hidden else text

    def _statuses(self, operation: Operation, waiting: Waiting, job: str) -> list[Status]:
        job = job.removesuffix(" | None")
        union = next((union for union in self._parsed.unions if union.name == job), None)
        # Whether the status is what tells the variants of a job apart.
        has_words = union and waiting.status == waiting.job + joined([union.property])
        leaves = (
            resolve(self._document, operation.body.pointer, tokens(waiting.status or "/"))[0]
            if operation.body
            else []
        )
        result: list[Status] = []
        for word, state in waiting.states.items():
            kind = union.words.get(word, job) if union and has_words else job
            if kind != job:
                source = next(p for k, p in self._shape.sources.items() if class_name(k) == kind)
                text = schema_text(self._document, source)
            else:
                own = next((leaf for leaf in leaves if leaf.schema.get("const") == word), None)
                text = words_of(own.schema, "status") if own else ""
            result.append(Status(word=word, state=state, type=kind, text=text))
        return result

    def _models(self, annotations: list[str]) -> list[str]:
        """The models among the words of annotations."""
        words = {word for text in annotations for word in re.findall(r"\w+", text)}
        return sorted(words & {class_name(key) for key in self._shape.sources})

    def _link(self, operation: Operation, link: Link, method: str) -> LinkMethod:
        target = link.operation
        body = "bytes"
        if target.body is not None:
            body = self._annotation(operation, self._parsed.body(target.number))
        is_result = link.kind == "result"
        request = operation.request if is_result else target.request
        sources = [source for source in link.sources.values() if source is not None]
        return LinkMethod(
            kind=link.kind,
            constant=f"{link.kind}_{method}".upper(),
            request=target.request,
            body=body,
            text=target.text("summary") or target.text("description") or _LINKS[link.kind],
            id_type=request.id_type if request.id_parts else "",
            parameter=request.parameter,
            parameter_text=request.parameter_text,
            sources=sources if is_result else [],
        )

    def _example(self, request: Request) -> str:
        examples = [_part_example(part) for part in request.id_parts]
        return examples[0] if len(examples) == 1 else f"({', '.join(examples)})"


def _jobs_in(state: str, waiting: Waiting, statuses: list[Status], job: str) -> list[str]:
    """The annotations of a job that has ended in a state."""
    whole = job.removesuffix(" | None")
    jobs = dict.fromkeys(status.type for status in statuses if status.state == state)
    codes = [code for code, meaning in waiting.responses.items() if meaning == state]
    may_fail_as_any = state == "failed" and waiting.failure.keys() & {"when", "unless"}
    if waiting.absent == state or codes or may_fail_as_any:
        jobs = {whole: None}
    # Only a status code says without a body that a job has ended.
    is_bare = any(whole != job or not code.startswith("2") for code in codes)
    return [*jobs, *(["None"] if is_bare else [])]


def _failures(operation: Operation, waiting: Waiting) -> list[Failure]:
    result: list[Failure] = []
    for response in operation.responses:
        if not response.status.startswith("2") and response.status not in waiting.responses:
            error = "ServerError" if response.status.startswith("5") else "APIStatusError"
            error = _ERRORS.get(response.status, error)
            text = words_of(response.value, "")
            result.append(Failure(status=response.status, error=error, text=text))
    return sorted(result, key=lambda failure: failure.status)


def _part_example(part: Part) -> str:
    """An example of a part of an id, as a Python literal."""
    schema = part.node.schema
    examples: list[Any] = [part.owner.get("example")]
    examples += [mapping(e).get("value") for e in mapping(part.owner.get("examples")).values()]
    examples += [schema.get("example"), *sequence(schema.get("examples"))]
    if part.type == "int":
        return literal(next((value for value in examples if type(value) is int), 1))
    words = [value for value in examples if isinstance(value, str)]
    if part.type == "UUID":
        return literal(next((word for word in words if _UUID.fullmatch(word)), _NO_UUID))
    return literal(next(iter(words), "") or "job_1")
