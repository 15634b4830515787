"""What a request is made with: the parts of a job's id, and what is the same in all requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Any, Final
from urllib.parse import parse_qsl

from ..document.document import Document, RawOperation
from ..document.pointer import escaped, joined
from ..document.values import Mapping, mapping, sequence
from ..model.names import identifier
from ..model.requests import BODIES, parameters_of
from ..problems import shown
from .responses import is_json, media_type, successful_codes
from .schemas import Schemas

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_IGNORED_HEADERS: Final = frozenset({"accept", "authorization", "content-type", "user-agent"})
"""Header parameters that mean nothing, as OpenAPI says, or that every client sends."""
_STYLES: Final = {"path": "simple", "query": "form"}
"""What holds where a parameter has no `style`."""
_NOTES: Final = ("allowReserved", "description", "example", "examples", "style")


class Requests:
    """Brings the requests of one document into normal form.

    Args:
        document: Where they stand.
        schemas: Its schemas.
        report: Takes the pointer of what cannot be said, and a message.
    """

    def __init__(
        self, document: Document, schemas: Schemas, report: Callable[[str, str], None]
    ) -> None:
        self._document = document
        self._alternatives = schemas.alternatives
        self._origins = schemas.origins
        self._report = report
        schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
        self._keys = {
            (str(mapping(scheme).get("in")), str(mapping(scheme).get("name")).lower())
            for scheme in schemes.values()
        }
        """What is a key, and therefore no parameter: where it is sent, and its name."""

    def parameters(self, operation: RawOperation) -> list[Mapping]:
        """The parameters that are sent: those of the path in its order, then the others."""
        path, _, query = operation.path.partition("#")[0].partition("?")
        in_path = [_plain(name) for name in _PLACEHOLDER.findall(path)]
        known: dict[str, Mapping] = {}
        others: list[Mapping] = []
        for value, pointer in parameters_of(self._document, operation.pointer):
            name = str(value.get("name"))
            if value.get("in") == "path":
                if _plain(name) in in_path:
                    known[_plain(name)] = self._parameter(value, pointer, _plain(name))
            elif value.get("required") is True and not self._is_ignored(value.get("in"), name):
                others += self._other(value, pointer)
        for name in in_path:
            plain: Mapping = {"name": name, "in": "path", "required": True}
            known.setdefault(name, {**plain, "schema": {"type": "string"}})
        for name, word in parse_qsl(query, keep_blank_values=True):
            if name not in [other["name"] for other in others if other["in"] == "query"]:
                constant = {} if _PLACEHOLDER.fullmatch(word) else {"const": word}
                schema: Mapping = {"type": "string", **constant}
                others.append({"name": name, "in": "query", "required": True, "schema": schema})
        accept = self._accept(operation)
        return [*(known[name] for name in in_path), *others, *accept]

    def _other(self, value: Mapping, pointer: str) -> list[Mapping]:
        """A required parameter outside of the path."""
        where = value.get("in")
        if where not in ("header", "query"):
            self._report(pointer, f"a required parameter in {shown(where)} cannot be sent")
            return []
        parameter = self._parameter(value, pointer, value.get("name"))
        if where == "header" and "const" not in parameter["schema"]:
            name = shown(str(value.get("name")))
            self._report(pointer, f"say what the header {name} always is: give it a `const`")
            return []
        return [parameter]

    def _is_ignored(self, where: Any, name: str) -> bool:
        return (str(where), name.lower()) in self._keys or (
            where == "header" and name.lower() in _IGNORED_HEADERS
        )

    def _parameter(self, value: Mapping, pointer: str, name: Any) -> Mapping:
        where = value.get("in")
        if "content" in value:
            message = "a parameter that is a document of its own cannot be sent"
            self._report(f"{pointer}/content", message)
        notes: Mapping = {key: value[key] for key in _NOTES if key in value}
        if notes.get("style") == _STYLES.get(str(where)):
            notes.pop("style", None)
        schema = value.get("schema", {"type": "string"})
        parameter: Mapping = {"name": name, "in": where, "required": True, **notes}
        parameter["schema"] = self._scalar(schema, f"{pointer}/schema", constants=where != "path")
        return self._origins.note(parameter, pointer)

    def _accept(self, operation: RawOperation) -> list[Mapping]:
        """The header for a body that is not called `application/json`."""
        for code in successful_codes(operation.value):
            response, _ = self._document.follow(f"{operation.pointer}/responses/{escaped(code)}")
            types = list(mapping(response.get("content")))
            if types:
                types = sorted(types, key=lambda kind: (not is_json(kind), _rank(kind)))
                kind = types[0]
                if _rank(kind) and kind.isascii() and kind.isprintable():
                    schema = {"type": "string", "const": kind.strip()}
                    return [{"name": "Accept", "in": "header", "required": True, "schema": schema}]
                return []
        return []

    def _scalar(self, schema: Any, pointer: str, *, constants: bool) -> Mapping:
        """What one value of a request may be.

        Args:
            schema: Its schema.
            pointer: Where that stands.
            constants: Whether a default is what is always sent.
        """
        parts = self._alternatives.leaves(schema)
        behind, _ = self._document.follow(pointer)
        words = [word for part in parts for word in part.get("enum", [part.get("const")])]
        only = words[0] if len(words) == 1 and words[0] is not None else None
        if only is None and constants:
            only = behind.get("default")
        kinds = {str(part.get("type")) for part in parts} or {"None"}
        result: Mapping = {"type": "string"}
        if only is not None and isinstance(only, str | int | float):
            result = _constant(only)
        elif kinds <= {"integer", "number"}:
            result = {"type": "integer"}
        elif [part.get("format") for part in parts] == ["uuid"]:
            result = {"type": "string", "format": "uuid"}
        elif {"array", "object", "boolean"} & kinds:
            self._report(pointer, "a part of a job's id is a string, an integer or a UUID")
        notes: Mapping = {key: behind[key] for key in ("description", "example") if key in behind}
        return self._origins.note({**result, **notes}, pointer)

    def body(self, operation: RawOperation) -> Mapping | None:
        """What a request has to say in its body; None for nothing."""
        body, pointer = self._document.follow(f"{operation.pointer}/requestBody")
        types = {media_type(name): name for name in reversed(mapping(body.get("content")))}
        kind = next((kind for kind in BODIES if kind in types), None)
        is_required = body.get("required") is True
        if kind is None:
            if is_required:
                message = "a request's body is JSON or a form; this one cannot be sent"
                self._report(pointer, message)
            return None
        pointer += joined(["content", types[kind], "schema"])
        parts = self._alternatives.leaves(self._document.at(pointer))
        if len(parts) != 1 or parts[0].get("type") != "object":
            if is_required and parts != [{}]:
                self._report(pointer, "a request's body is an object with plain values")
            return None
        declared = mapping(parts[0].get("properties"))
        required = [str(name) for name in sequence(parts[0].get("required"))]
        required = [name for name in dict.fromkeys(required) if name in declared]
        if not required:
            return None
        properties = {
            name: self._scalar(
                declared[name], pointer + joined(["properties", name]), constants=False
            )
            for name in required
        }
        schema: Mapping = {"type": "object", "required": required, "properties": properties}
        return {"required": True, "content": {kind: {"schema": schema}}}


def plain_paths(operations: Iterable[RawOperation]) -> dict[str, str]:
    """The paths of operations, by their pointers: such that Python can name the parameters.

    Where several operations have one path and differ in the query or the fragment of its key, those
    stay in all but the first.
    """
    result: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for operation in operations:
        path, *rest = re.split("(?=[?#])", operation.path, maxsplit=1)
        path = _PLACEHOLDER.sub(lambda match: f"{{{_plain(match[1])}}}", path)
        names = chain([path, path + "".join(rest)], (f"{path}#{i}" for i in count(2)))
        path = next(name for name in names if (operation.method, name) not in taken)
        taken.add((operation.method, path))
        result[operation.own_pointer] = path
    return result


def _constant(value: str | int | float) -> Mapping:
    """The schema of a value that is always sent."""
    if isinstance(value, bool):
        return {"type": "string", "const": str(value).lower()}
    if isinstance(value, int):
        return {"type": "integer", "const": value}
    return {"type": "string", "const": str(value)}


def _rank(kind: str) -> bool:
    return media_type(kind) != "application/json"


def _plain(name: str) -> str:
    """The name of a path's parameter, which nobody sends."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else identifier(name)
