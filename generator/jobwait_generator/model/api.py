"""What a document in normal form says, asked once: its operations, their jobs, keys and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..document.document import EXTENSION, Document, RawOperation, operations
from ..document.pointer import joined
from ..document.values import Mapping, is_mapping, mapping, sequence
from .requests import Request, read_request
from .schemas import Node
from .security import Credential, needs_key, read_credentials, sends_several
from .waiting import Waiting, read_waiting

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What an operation answers with a status code."""

    status: str
    """The code, `4XX` or `default`."""
    pointer: str
    value: Mapping
    body: Node | None
    """The schema of its body; a `$ref` is not followed."""

    @property
    def has_examples(self) -> bool:
        """Whether the document has an example of the body."""
        media = mapping(mapping(self.value.get("content")).get(_JSON))
        return "example" in media or "examples" in media


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An operation beside the one that tells the status."""

    kind: str
    """`cancel`, `list` or `result`."""
    pointer: str
    """Where the extension names it."""
    operation: Operation
    sources: dict[str, int | str | None]
    """Where the values of its request come from: a part of the job's id, or a pointer into the
    body; None for nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of the document."""

    number: int
    """Its position among all."""
    name: str
    """As the extension of another one names it, `GET /path`."""
    pointer: str
    value: Mapping
    tag: str
    request: Request
    responses: tuple[Response, ...]
    waiting: Waiting | None
    """What the extension says; None where it has none."""

    @property
    def body(self) -> Node | None:
        """The schema of what it answers when all is well."""
        return next((r.body for r in self.responses if r.status == "200"), None)

    def text(self, key: str) -> str:
        """What the document says of it under `summary` or `description`."""
        return str(self.value.get(key) or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where requests can go."""

    url: str
    text: str
    """What the document says of it."""
    is_assumed: bool
    """Whether the provider does not say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What a document says beside its schemas."""

    document: Document
    title: str
    version: str
    text: str
    servers: tuple[Server, ...]
    """Where requests go: the first, if the user does not choose another one."""
    credentials: tuple[Credential, ...]
    needs_key: bool
    """Whether every request needs a key."""
    sends_several: bool
    """Whether one request carries several keys."""
    operations: tuple[Operation, ...]
    tag_texts: dict[str, str]
    """What the document says of its tags."""

    @property
    def server(self) -> str:
        """The URL that requests go to; empty where the document names none."""
        return self.servers[0].url if self.servers else ""

    @property
    def waiting(self) -> list[tuple[Operation, Waiting]]:
        """The operations that tell the status of a job."""
        return [(op, op.waiting) for op in self.operations if op.waiting is not None]

    def links(self, operation: Operation) -> list[Link]:
        """The operations that the extension of another one names."""
        settings = operation.waiting.links if operation.waiting else {}
        names = {op.name: op for op in self.operations}
        return [
            Link(
                kind=kind,
                pointer=f"{operation.pointer}/{EXTENSION}/{kind}",
                operation=names[link.operation],
                sources=_sources(operation.request, names[link.operation].request, link.parameters),
            )
            for kind, link in settings.items()
            if link.operation in names
        ]

    @property
    def claims(self) -> dict[str, str]:
        """The environment variables of its keys, which no other document may have."""
        return {c.pointer: c.variable for c in self.credentials if c.variable is not None}


def read_api(document: Document) -> Api:
    """Read a document in normal form."""
    info = mapping(document.data.get("info"))
    servers = sequence(document.data.get("servers"))
    return Api(
        document=document,
        title=str(info.get("title")),
        version=str(info.get("version")),
        text=str(info.get("description") or info.get("title")),
        servers=tuple(
            Server(
                url=str(server["url"]).rstrip("/"),
                text=str(server.get("description") or ""),
                is_assumed=server.get("x-assumed") is True,
            )
            for server in map(mapping, servers)
        ),
        credentials=read_credentials(document),
        needs_key=needs_key(document),
        sends_several=sends_several(document),
        operations=tuple(
            _operation(document, raw, number) for number, raw in enumerate(operations(document))
        ),
        tag_texts={
            str(mapping(tag).get("name")): str(mapping(tag).get("description") or "")
            for tag in sequence(document.data.get("tags"))
        },
    )


def _operation(document: Document, raw: RawOperation, number: int) -> Operation:
    waiting = None
    if EXTENSION in raw.value:
        waiting = read_waiting(raw.value[EXTENSION], f"{raw.pointer}/{EXTENSION}")
    return Operation(
        number=number,
        name=raw.name,
        pointer=raw.pointer,
        value=raw.value,
        tag=str(raw.value["tags"][0]),
        request=read_request(document, raw),
        responses=tuple(
            _response(raw.pointer, status, mapping(response))
            for status, response in mapping(raw.value.get("responses")).items()
        ),
        waiting=waiting,
    )


def _response(pointer: str, status: str, value: Mapping) -> Response:
    pointer += joined(["responses", status])
    schema = mapping(mapping(value.get("content")).get(_JSON)).get("schema")
    body_pointer = pointer + joined(["content", _JSON, "schema"])
    body = Node(schema, body_pointer) if is_mapping(schema) else None
    return Response(status=status, pointer=pointer, value=value, body=body)


def _sources(
    own: Request, target: Request, parameters: dict[str, str]
) -> dict[str, int | str | None]:
    """Where the values of a request come from: named ones, else of the same name or position."""
    names = [part.name for part in own.id_parts]
    wanted = [part.name for part in target.id_parts]
    result: dict[str, int | str | None] = {}
    for i, name in enumerate(wanted):
        if name in parameters:
            result[name] = parameters[name]
        elif name in names:
            result[name] = names.index(name)
        else:
            result[name] = i if len(names) == len(wanted) and not parameters else None
    return result
