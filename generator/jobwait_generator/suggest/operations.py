"""The operations of somebody's document, and where the id of a job stands in a request."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Final

from ..document.pointer import tokens
from ..document.values import Mapping, is_sequence, mapping
from .vocabulary import split, vocabulary

ASKS: Final = vocabulary("check describe fetch get info poll progress query result retrieve status")
_FOREIGN: Final = frozenset({"correlation", "project", "trace", "user", "workspace"})
_IDS: Final = frozenset({"guid", "hash", "id", "identifier", "ids", "key", "token", "uid", "uuid"})


@dataclass(frozen=True)
class Operation:
    """An operation as the document has it."""

    path: str
    method: str
    value: Mapping
    item: Mapping
    """The path that it stands on."""
    pointer: str
    home: str
    """The pointer behind a `$ref` of its path, where an overlay reaches it."""
    parameters: list[Mapping]

    @property
    def name(self) -> str:
        """It as `GET /path`."""
        return f"{self.method.upper()} {self.path}"

    @property
    def plain_name(self) -> str:
        """The same without what some documents put behind a path: a query or a fragment."""
        return self.name.partition("?")[0].partition("#")[0]

    @property
    def target(self) -> str:
        """It as a JSONPath (RFC 9535)."""
        if self.home == self.pointer:
            return f"$.paths[{quoted(self.path)}].{self.method}"
        return "$" + "".join(f"[{quoted(token)}]" for token in tokens(self.home))

    @property
    def responses(self) -> Mapping:
        """Its responses by their status codes."""
        return {str(code): value for code, value in mapping(self.value.get("responses")).items()}

    @property
    def text(self) -> str:
        """What is said of it."""
        texts = (self.value.get(key) for key in ("summary", "description", "operationId"))
        return " ".join(text[:2000] for text in texts if isinstance(text, str))

    @property
    def steps(self) -> list[str]:
        """The parts of the path that are no parameters."""
        path = self.plain_name.partition(" ")[2]
        return [step for step in path.split("/") if step and "{" not in step]

    @property
    def subject(self) -> set[str]:
        """The singular nouns of what the operation is about."""
        named = [parts for parts in map(split, self.steps) if not ASKS.issuperset(parts)]
        return {part.removesuffix("s") for parts in named[-1:] for part in parts}

    @property
    def required(self) -> set[tuple[str, str]]:
        """The parameters that a request must have: where, and the name."""
        return {place_of(p) for p in self.parameters if _is_required(p)}


def place_of(parameter: Mapping) -> tuple[str, str]:
    """Where a parameter stands, and its name."""
    return str(parameter.get("in")), str(parameter.get("name"))


def _is_required(parameter: Mapping) -> bool:
    return parameter.get("in") == "path" or parameter.get("required") is True


def types_of(schema: AnyMapping[str, object]) -> list[str]:
    """The types that a schema names."""
    types = schema.get("type")
    return [str(kind) for kind in (types if is_sequence(types) else [types]) if kind]


def ids_of(operation: Operation, members: list[str]) -> list[tuple[str, str]]:
    """Where the id of a job stands in a request: `path`, `query` or `body`, and its name.

    Args:
        operation: The operation.
        members: What its request's body must hold.
    """
    candidates = [
        place_of(parameter)
        for parameter in operation.parameters
        if parameter.get("in") == "path"
        or (parameter.get("in") == "query" and parameter.get("required") is True)
    ]
    candidates += [("body", name) for name in members]
    named = [(place, name) for place, name in candidates if place == "path" or _names_id(name)]
    if named:
        return candidates
    # Some frameworks call a parameter optional that they refuse to do without.
    candidates = [
        place_of(parameter)
        for parameter in operation.parameters
        if parameter.get("in") == "query"
        and _names_id(str(parameter.get("name")))
        and "array" not in types_of(mapping(parameter.get("schema")))
    ]
    return candidates if len(candidates) == 1 and operation.method == "get" else []


def is_id(parts: tuple[str, ...]) -> bool:
    """Whether the parts of a name are those of an id of its own."""
    return bool(parts) and parts[-1] in _IDS and not _FOREIGN & set(parts)


def _names_id(name: str) -> bool:
    lowered = name[:100].lower()
    return is_id(split(name[:100])) or lowered.endswith(("id", "uid", "uuid", "key", "token"))


def quoted(text: str) -> str:
    """A name as RFC 9535 writes it."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(c if ord(c) >= 32 else f"\\u{ord(c):04x}" for c in plain) + "'"
