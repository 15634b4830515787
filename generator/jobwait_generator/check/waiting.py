"""What the extension has to be: as its JSON Schema says, and such that it fits the body."""

from __future__ import annotations

from collections.abc import Iterator

from ..document.document import Document
from ..document.pointer import joined, tokens
from ..document.values import mapping
from ..model.api import Api, Link, Operation
from ..model.schemas import Node, object_at, resolve, status_words
from ..model.waiting import Waiting
from ..problems import Problem, shown
from .nearest import correction


def waiting_problems(api: Api, operation: Operation, waiting: Waiting) -> Iterator[Problem]:
    """What is wrong with the extension of an operation."""
    for violation in waiting.violations:
        yield api.document.problem(violation.pointer, violation.message)
    body = operation.body
    if body is not None:
        yield from _pointers(api.document, waiting, body)
        yield from _job(api.document, waiting, body)
        if waiting.status is not None:
            yield from _states(api.document, waiting, waiting.status, body)
    if waiting.failure and not (waiting.can_fail or waiting.violations):
        message = "nothing here means that a job failed: say which word does, or where the body "
        message += "tells it, with `when` or `unless`"
        yield api.document.problem(f"{waiting.pointer}/failure", message)
    for link in api.links(operation):
        if link.kind == "cancel":
            yield from _cancel(api, operation, link)
        if link.kind == "result":
            yield from _result(api, waiting, link, body)
    yield from _polling(api.document, waiting)


def _has(document: Document, body: Node, pointer: str) -> bool:
    return bool(resolve(document, body.pointer, tokens(pointer))[0])


def _pointers(document: Document, waiting: Waiting, body: Node) -> Iterator[Problem]:
    pointers = {f"failure/{key}": target for key, target in waiting.failure.items()}
    if waiting.progress is not None:
        pointers["progress/value"] = waiting.progress.value
    for key, target in pointers.items():
        if not _has(document, body, target):
            remedy = correction(document, body.pointer, target)
            message = f"the 200 body has no {shown(target)}; {remedy}"
            yield document.problem(f"{waiting.pointer}/{key}", message)


def _job(document: Document, waiting: Waiting, body: Node) -> Iterator[Problem]:
    """Only properties of plain objects lead to the job."""
    pointer = body.pointer
    for token in tokens(waiting.job):
        node = object_at(document, pointer)
        if token not in mapping(node.schema.get("properties")):
            remedy = correction(document, body.pointer, waiting.job)
            message = f"the 200 body has no {shown(waiting.job)} behind plain objects; {remedy}"
            yield document.problem(f"{waiting.pointer}/job", message)
            return
        pointer = node.pointer + joined(["properties", token])


def _states(document: Document, waiting: Waiting, status: str, body: Node) -> Iterator[Problem]:
    """Every status word has a state, and every state a word."""
    nodes, missing = resolve(document, body.pointer, tokens(status))
    if not nodes or (missing and waiting.absent is None):
        message = f"not every 200 body has {shown(status)}; "
        message += (
            "say what one without it means with `absent`"
            if nodes
            else correction(document, body.pointer, status)
        )
        yield document.problem(f"{waiting.pointer}/status", message)
        return
    if not all(status_words([node]) for node in nodes):
        return  # Where the document lists no words, the states are the words.
    words = status_words(nodes)
    for word in words if waiting.states else ():
        if word not in waiting.states:
            message = f"the status word {shown(word)} has no state; say what it means"
            yield document.problem(f"{waiting.pointer}/states", message)
    for word in waiting.states:
        if word not in words:
            message = f"the status is never {shown(word)}; remove it, or add it to the enum"
            yield document.problem(waiting.pointer + joined(["states", word]), message)


def _cancel(api: Api, operation: Operation, link: Link) -> Iterator[Problem]:
    wanted = [part.type for part in link.operation.request.id_parts]
    own = [part.type for part in operation.request.id_parts]
    if wanted != own:
        message = f"cancelling takes {len(wanted)} values, the job's id has {len(own)}"
        yield api.document.problem(link.pointer, f"{message} or others; describe them alike")


def _result(api: Api, waiting: Waiting, link: Link, body: Node | None) -> Iterator[Problem]:
    """Every value that asking for the result takes comes from somewhere."""
    for name, source in link.sources.items():
        if source is None:
            message = f"say with `parameters` where {shown(name)} stands in the body"
            yield api.document.problem(link.pointer, message)
    for name, source in waiting.links[link.kind].parameters.items():
        pointer = link.pointer + joined(["parameters", name])
        if name not in link.sources:
            message = f"the operation takes no {shown(name)}; correct the name"
            yield api.document.problem(pointer, message)
        elif body is not None and not _has(api.document, body, source):
            remedy = correction(api.document, body.pointer, source)
            message = f"the 200 body has no {shown(source)}; {remedy}"
            yield api.document.problem(pointer, message)


def _polling(document: Document, waiting: Waiting) -> Iterator[Problem]:
    polling = waiting.polling
    for key, value, above, bound in (
        ("initial", polling.initial, "maximum", polling.maximum),
        ("maximum", polling.maximum, "timeout", polling.timeout),
    ):
        if value > bound:
            message = f"{value:g} is above {above}, {bound:g}; lower it"
            yield document.problem(f"{waiting.pointer}/polling/{key}", message)
