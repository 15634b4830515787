"""A document in normal form: one that all later rooms take, whatever the document's own way.

Bodies of several successful responses become one, a required parameter becomes part of the job's id
or a constant, and every schema is of the kinds that `schemas` names. What cannot be said so is
refused where it stands.
"""

from __future__ import annotations

from typing import Final

from ..document.document import (
    EXTENSION,
    LINKS,
    OPTIONAL,
    Document,
    RawOperation,
    linked,
    names_operation,
    operations,
)
from ..document.pointer import escaped, joined, tokens
from ..document.servers import servers_of, url_of
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.names import RESERVED_NAMES, resource_classes
from ..problems import Problem, RefusedError, prose
from .origins import TooManySchemasError
from .requests import Requests, plain_paths
from .resources import body_names, operation_id, tags_of
from .responses import Responses
from .schemas import Schemas
from .security import read_schemes

_LONGEST_VERSION: Final = 80
_WORD: Final = (str, int, float)
_NOTES: Final = ("summary", "description", "deprecated")
_SERVER: Final = ("description", "x-assumed")


def normalise(document: Document) -> tuple[Document, list[Problem]]:
    """The document in normal form, and what cannot be said in it.

    Raises:
        RefusedError: It means too many schemas for one package.
    """
    normaliser = _Normaliser(document)
    try:
        return normaliser.document(), normaliser.problems
    except TooManySchemasError as error:
        problem = document.problem(error.pointer or "/components/schemas", str(error))
        raise RefusedError([*normaliser.problems, problem]) from None


class _Normaliser:
    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._operations = list(operations(document))
        self._paths = plain_paths(self._operations)
        self._waiting = [op for op in self._operations if EXTENSION in op.value]
        self._tags = tags_of(self._waiting)
        names = [name for tag in self._tags.values() for name in resource_classes(tag)]
        self._schemas = Schemas(document, {*RESERVED_NAMES, *names})
        self._requests = Requests(document, self._schemas, self._report)
        self._responses = Responses(document, self._schemas, self._report)
        self._schemes = read_schemes(document, self._operations)

    def document(self) -> Document:
        data = self._document.data
        for key in mapping(mapping(data.get("components")).get("schemas")):
            self._schemas.keys.reserve(key, f"/components/schemas/{escaped(key)}")
        servers = self._servers()
        result: Mapping = {
            "openapi": "3.1.0",
            "info": self._info(),
            "servers": [
                {"url": url, **{key: server[key] for key in _SERVER if key in server}}
                for url, (_, server) in servers.items()
            ],
            **self._security(data, ""),
            "tags": self._described_tags(),
            "paths": {},
            **{key: value for key, value in data.items() if key.startswith("x-")},
        }
        origins = {
            joined(["servers", str(i)]): pointer for i, (pointer, _) in enumerate(servers.values())
        }
        for operation in self._operations:
            path = self._paths[operation.own_pointer]
            item = result["paths"].setdefault(path, {})
            item[operation.method] = self._operation(operation)
            origins[joined(["paths", path, operation.method])] = operation.pointer
        self._schemas.finish()
        for operation in self._waiting:
            is_certain = operation.pointer not in self._responses.nullable
            path = self._paths[operation.own_pointer]
            method = result["paths"][path][operation.method]
            self._require_job(method, is_certain=is_certain)
        result["components"] = {
            "securitySchemes": self._schemes.usable,
            "schemas": self._schemas.components,
        }
        origins |= self._schemas.origins.within(result)
        return self._document.with_data(result, origins)

    def _report(self, pointer: str, message: str) -> None:
        self.problems.append(self._document.problem(pointer, message))

    def _require_job(self, operation: Mapping, *, is_certain: bool) -> None:
        """Let every body have a job: what has none is an error, or polled again."""
        job = mapping(operation[EXTENSION]).get("job")
        content = mapping(operation["responses"].get("200")).get("content")
        if isinstance(job, str) and content:
            schema = content["application/json"]["schema"]
            is_certain = self._schemas.require(schema, tokens(job)) and is_certain
        if not is_certain:
            operation[OPTIONAL] = True

    def _info(self) -> Mapping:
        info = mapping(self._document.data.get("info"))
        title = info.get("title")
        if not isinstance(title, str) or not title.strip():
            title = self._document.name.replace("-", " ").title()
        version = info.get("version")
        version = prose(str(version))[:_LONGEST_VERSION] if isinstance(version, _WORD) else ""
        notes = {k: info[k] for k in ("summary", "description") if isinstance(info.get(k), str)}
        return {"title": title, "version": version, **notes}

    def _servers(self) -> dict[str, tuple[str, Mapping]]:
        """The server that requests go to, if the document names it, and its alternatives.

        Each has its pointer in the document as it was written, by its URL.
        """
        others = [op for op in self._operations if op not in self._waiting]
        owned = [servers_of(self._document, op) for op in [*self._waiting, *others]]
        lists = [
            [(url_of(server), (f"{owner}/servers/{i}", server)) for i, server in enumerate(own)]
            for owner, own in owned
        ]
        url = next((own[0][0] for own in lists if own and own[0][0]), "")
        named: dict[str, tuple[str, Mapping]] = {}
        for own in lists:
            if own and own[0][0] and url not in dict(own):
                message = f"a client has one server, and {url} is another; select fewer operations"
                self._report(own[0][1][0], message)
                break
            if own and own[0][0] == url:
                for other, server in own:
                    named.setdefault(other, server)
        return {other: server for other, server in named.items() if other}

    def _described_tags(self) -> list[Mapping]:
        texts = {
            str(mapping(item).get("name")): mapping(item).get("description")
            for item in sequence(self._document.data.get("tags"))
        }
        result: list[Mapping] = []
        for operation in self._waiting:
            declared = sequence(operation.value.get("tags"))
            text = texts.get(str(declared[0])) if declared else None
            tag = self._tags[operation.pointer]
            result.append({"name": tag, **({"description": text} if text else {})})
        return result

    def _security(self, owner: Mapping, pointer: str) -> Mapping:
        """The requirements of an operation, or of all; nothing where there are none."""
        if "security" not in owner:
            return {}
        listed = sequence(owner["security"])
        usable = self._schemes.requirements(listed)
        if listed and not usable:
            message = "no client can send this; describe a bearer token, or an `apiKey`"
            self._report(f"{pointer}/security/0", message)
        return {"security": usable}

    def _operation(self, operation: RawOperation) -> Mapping:
        tag = self._tags.get(operation.pointer, "jobs")
        name = operation_id(operation, tag)
        is_only = [op.pointer for op in self._waiting] == [operation.pointer]
        parameters = self._requests.parameters(operation)
        body = self._requests.body(operation)
        result: Mapping = {
            "operationId": name,
            "tags": [tag],
            **{key: operation.value[key] for key in _NOTES if key in operation.value},
            **({"parameters": parameters} if parameters else {}),
            **({"requestBody": body} if body else {}),
            **self._security(operation.value, operation.pointer),
            "responses": self._responses.of(operation, body_names(name, tag, is_only=is_only)),
        }
        if EXTENSION in operation.value:
            result[EXTENSION] = self._extension(operation.value[EXTENSION])
        return result

    def _extension(self, settings: object) -> object:
        """The extension, whose links name operations as the normal form does."""
        if not is_mapping(settings):
            return settings
        result = dict(settings)
        for key in LINKS:
            if targets := linked(self._operations, settings.get(key)):
                target = targets[0]
                name = f"{target.method.upper()} {self._paths[target.own_pointer]}"
                rest = {k: v for k, v in settings[key].items() if k != "operationId"}
                result[key] = {**rest, "operation": name}
            elif names_operation(settings.get(key)):
                del result[key]  # It was left out.
        return result
