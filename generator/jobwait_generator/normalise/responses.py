"""What an operation answers: the bodies of its successful responses become one, that of the 200."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ..document.document import EXTENSION, Document, RawOperation
from ..document.pointer import joined, tokens
from ..document.values import Mapping, mapping
from ..problems import shown
from .atoms import is_scalar, kind_of
from .schemas import Schemas

_RANGE: Final = re.compile(r"[1-5][xX]{2}")
_SUCCESS: Final = re.compile(r"2([0-9][0-9]|XX)")
_HEADER: Final = ("description", "example", "examples", "x-assumed")
_OTHER_TYPES: Final = ("*/*", "application/*", "text/json")
"""Media types of JSON, for want of a better one."""


class _Body(NamedTuple):
    schema: Any
    examples: Mapping
    """What stands beside it: `example` or `examples`."""


class Responses:
    """Brings the responses of one document into normal form.

    Args:
        document: Where they stand.
        schemas: Its schemas.
        report: Takes the pointer of what cannot be said, and a message.
    """

    def __init__(
        self, document: Document, schemas: Schemas, report: Callable[[str, str], None]
    ) -> None:
        self._document = document
        self._schemas = schemas
        self._report = report
        self.nullable: set[str] = set()
        """The pointers of operations whose body may be null, as the document says."""

    def of(self, operation: RawOperation, names: Sequence[str]) -> Mapping:
        """All responses of an operation.

        Args:
            operation: The operation.
            names: What a body is called that has no name of its own, the best first.
        """
        result: Mapping = {}
        bodies: dict[str, _Body] = {}
        for code in mapping(operation.value.get("responses")):
            response, pointer = self._response(operation, code)
            status = code.upper() if _RANGE.fullmatch(code) else code
            body = _json_body(response)
            result[status] = self._described(response, pointer)
            if not _SUCCESS.fullmatch(status):
                if body:
                    inner = self._body(body, [f"{n}Response{status.capitalize()}" for n in names])
                    result[status]["content"] = inner
            elif body:
                bodies[status] = body
                self._check_status(operation, status, body.schema)
            elif "content" not in response:
                self._check_meaning(operation, status)
        if not any(map(_SUCCESS.fullmatch, result)) and "default" in result:
            body = _json_body(self._response(operation, "default")[0])
            if body:
                bodies["default"] = body
                del result["default"]
        if not bodies:
            return result
        # The 200 comes first, whatever the order of the document.
        job = {
            **result.pop("200", {"description": ""}),
            "content": self._job(operation, bodies, names),
        }
        return {"200": job, **result}

    def _response(self, operation: RawOperation, code: str) -> tuple[Mapping, str]:
        return self._document.follow(operation.pointer + joined(["responses", code]))

    def _described(self, response: Mapping, pointer: str) -> Mapping:
        """What a response says beside its body."""
        headers: Mapping = {}
        for name in mapping(response.get("headers")):
            header, _ = self._document.follow(pointer + joined(["headers", name]))
            notes = {key: value for key, value in header.items() if key in _HEADER}
            headers[name] = {**notes, "schema": self._header(header.get("schema"))}
        return {
            "description": str(response.get("description") or ""),
            **{key: value for key, value in response.items() if key == "x-assumed"},
            **({"headers": headers} if headers else {}),
        }

    def _header(self, schema: Any) -> Mapping:
        """The type of a header's values."""
        leaves = self._schemas.alternatives.leaves(schema)
        return {"type": kind_of(leaves[0])} if len(leaves) == 1 and is_scalar(leaves[0]) else {}

    def _body(self, body: _Body, names: Sequence[str]) -> Mapping:
        schema = self._schemas.body(body.schema, *names)
        return {"application/json": {"schema": schema, **body.examples}}

    def _job(
        self, operation: RawOperation, bodies: dict[str, _Body], names: Sequence[str]
    ) -> Mapping:
        """The one body for all successful ones."""
        schemas = [body.schema for body in bodies.values()]
        # The first word of each example holds.
        examples: Mapping = {}
        for body in bodies.values():
            examples = {**body.examples, **examples}
        whole = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        if self._schemas.alternatives.atoms(whole).null:
            self.nullable.add(operation.pointer)
        schema = self._schemas.body(whole, *names)
        codes = {code for code in meaningful_codes(operation.value) if _SUCCESS.fullmatch(code)}
        if codes - bodies.keys():
            schema = {"anyOf": [schema, {"type": "null"}]}
        return {"application/json": {"schema": schema, **examples}}

    def _check_status(self, operation: RawOperation, code: str, schema: Any) -> None:
        """Say what a body without a status means."""
        settings = mapping(operation.value.get(EXTENSION))
        status = settings.get("status")
        if not isinstance(status, str) or not status or "absent" in settings:
            return
        if code not in meaningful_codes(operation.value) and self._schemas.alternatives.lacks(
            schema, tokens(status)
        ):
            message = f"a body of {code} has no {shown(status)}: say what it means with `absent`"
            pointer = f"{operation.pointer}/{EXTENSION}/status"
            self._report(pointer, f"{message}, or correct the pointer")

    def _check_meaning(self, operation: RawOperation, code: str) -> None:
        """Say what a status code without a body means."""
        if EXTENSION in operation.value and code not in meaningful_codes(operation.value):
            message = f"{code} has no body: say what it means with `responses`"
            self._report(f"{operation.pointer}/responses/{code}", f"{message}, or remove it")


def meaningful_codes(operation: Mapping) -> list[str]:
    """The status codes that mean something by themselves."""
    return list(mapping(mapping(operation.get(EXTENSION)).get("responses")))


def successful_codes(operation: Mapping) -> list[str]:
    """The status codes of an operation's successful responses."""
    return [
        code for code in mapping(operation.get("responses")) if _SUCCESS.fullmatch(code.upper())
    ]


def media_type(name: str) -> str:
    """A media type without its parameters."""
    return name.partition(";")[0].strip().lower()


def is_json(name: str) -> bool:
    """Whether a media type is JSON."""
    return media_type(name) == "application/json" or media_type(name).endswith("+json")


def _json_body(response: Mapping) -> _Body | None:
    """The JSON body of a response."""
    content = mapping(response.get("content"))
    named = [kind for kind in content if is_json(kind)]
    others = [kind for kind in content if media_type(kind) in _OTHER_TYPES]
    for kind in (*named, *others):
        media = mapping(content[kind])
        if "schema" in media:
            examples: Mapping = {key: media[key] for key in ("example", "examples") if key in media}
            return _Body(media["schema"], examples)
    return None
