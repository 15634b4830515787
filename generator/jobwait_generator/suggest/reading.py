"""Reading the schemas of somebody's document, with all that they are combined from, to an end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping as AnyMapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ..document.pointer import at, escaped, joined, local_pointer
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.schemas import Node
from .operations import Operation, place_of, types_of
from .vocabulary import split

BUDGET: Final = 300_000
"""Values that are looked at in all."""
PARTS: Final = 200
"""Parts of one value that are looked at."""
_DEPTH: Final = 3
_LEVELS: Final = 8
_WORDS: Final = 60
_STATUS: Final = frozenset({"phase", "stage", "state", "status"})
_WRAPPERS: Final = frozenset({"attributes", "metadata", "spec"})
_SUCCESSFUL: Final = re.compile(r"2([0-9][0-9]|[xX][xX])")

Path: TypeAlias = tuple[str, ...]


@dataclass
class Body:
    """What the bodies of one operation hold, down to a few levels of objects."""

    objects: dict[Path, dict[str, list[Node]]] = field(
        default_factory=dict[Path, "dict[str, list[Node]]"]
    )
    tagged: dict[Path, list[str]] = field(default_factory=dict[Path, "list[str]"])
    """The words of discriminators, by where these stand."""
    listed: list[str] = field(default_factory=list[str])
    """Where a status stands in a list, and no pointer leads to it."""

    def named(self, path: Path) -> dict[str, str]:
        """The members of an object by their names in lower case, `_` between the words."""
        return {"_".join(split(name)): name for name in self.objects.get(path, {})}


def is_status(name: str) -> bool:
    """Whether a member can be a status, by its name."""
    parts = split(name[:100])
    return bool(parts) and (parts[-1] in _STATUS or "".join(parts[-2:]) == "statustext")


def is_around_job(name: str) -> bool:
    """Whether an object of this name holds a status, and is a part of the job."""
    return bool(split(name)[-1:]) and split(name)[-1] in _STATUS | _WRAPPERS


class Reader:
    """A document's values, none looked at without end."""

    def __init__(self, data: AnyMapping[str, object]) -> None:
        self.data: Mapping = dict(data)
        self.left: int = BUDGET
        self.external: dict[str, None] = {}
        """References to other files."""
        self._bodies: dict[Path, Body] = {}

    def operations(self) -> Iterator[Operation]:
        """Every operation that a client could call."""
        for path, value in mapping(self.data.get("paths")).items():
            place = joined(["paths", path])
            item, pointer = self.resolved(Node(mapping(value), place))
            for method, operation in item.items():
                if str(method).lower() in ("delete", "get", "patch", "post", "put"):
                    own = mapping(operation)
                    yield Operation(
                        *(str(path), str(method).lower(), own, item),
                        *(f"{place}/{method}", f"{pointer}/{method}"),
                        list(self._parameters(own, item, pointer, str(method))),
                    )

    def _parameters(
        self, operation: Mapping, item: Mapping, pointer: str, method: str
    ) -> Iterator[Mapping]:
        seen: set[tuple[str, str]] = set()
        for owner, place in ((operation, f"{pointer}/{method}"), (item, pointer)):
            for i, value in enumerate(sequence(owner.get("parameters"))[:PARTS]):
                parameter = self.resolved(Node(mapping(value), f"{place}/parameters/{i}")).schema
                if place_of(parameter) not in seen:
                    seen.add(place_of(parameter))
                    yield parameter

    def resolved(self, place: Node) -> Node:
        """What stands behind any chain of `$ref`; nothing where that has no end."""
        seen: set[str] = set()
        schema, pointer = place
        while isinstance(reference := schema.get("$ref"), str):
            self.left -= 1
            target = local_pointer(reference)
            if target is None and reference != "#":
                self.external.setdefault(reference)
            if target is None or target in seen or len(seen) > PARTS:
                return Node({}, pointer)
            seen.add(target)
            schema, pointer = mapping(at(self.data, target)), target
        return Node(schema, pointer)

    def flat(self, places: Iterable[Node]) -> list[Node]:
        """Schemas and all they are combined from, each once."""
        result: dict[str, Node] = {}
        waiting = list(places)[::-1]
        while waiting and len(result) < PARTS and self.left > 0:
            self.left -= 1
            place = self.resolved(waiting.pop())
            if place.pointer in result:
                continue
            result[place.pointer] = place
            for key in ("anyOf", "oneOf", "allOf"):
                waiting += parts_of(place, key)[::-1]
        return list(result.values())

    def schemas(self, places: Iterable[Node]) -> list[Mapping]:
        """The same, without their places."""
        return [place.schema for place in self.flat(places)]

    def bodies(self, operation: Operation) -> dict[str, Node]:
        """The schemas of the JSON bodies that say how far a job is, by their status codes."""
        codes = list(filter(_SUCCESSFUL.fullmatch, operation.responses)) or ["default"]
        result: dict[str, Node] = {}
        for code in codes:
            response = self._response(operation, code)
            for media, content in mapping(response.schema.get("content")).items():
                kind = str(media).partition(";")[0].strip().lower()
                if kind in ("application/json", "*/*") or kind.endswith("+json"):
                    pointer = f"{response.pointer}/content/{escaped(str(media))}/schema"
                    schema = mapping(mapping(content).get("schema"))
                    result.setdefault(code, self.resolved(Node(schema, pointer)))
        return result

    def _response(self, operation: Operation, code: str) -> Node:
        value = mapping(operation.responses.get(code))
        pointer = f"{operation.pointer}/responses/{escaped(code)}"
        return self.resolved(Node(value, pointer))

    def retry_after(self, operation: Operation) -> str | None:
        """What the document says of a `Retry-After` that comes with a job's status."""
        for code in filter(_SUCCESSFUL.fullmatch, operation.responses):
            place = self._response(operation, code)
            for name, header in mapping(place.schema.get("headers")).items():
                if str(name).lower() == "retry-after":
                    value = self.resolved(Node(mapping(header), place.pointer)).schema
                    example = value.get("example", mapping(value.get("schema")).get("example"))
                    text = f" (its example is {example})" if isinstance(example, int | str) else ""
                    return f"Retry-After comes with {code}{text}; waits obey it"
        return None

    def required_members(self, operation: Operation) -> list[str]:
        """What the body of a POST must hold."""
        if operation.method != "post":
            return []
        pointer = f"{operation.pointer}/requestBody"
        body = self.resolved(Node(mapping(operation.value.get("requestBody")), pointer))
        names: dict[str, None] = {}
        for media, content in mapping(body.schema.get("content")).items():
            place = f"{body.pointer}/content/{escaped(str(media))}/schema"
            for schema in self.schemas([Node(mapping(mapping(content).get("schema")), place)]):
                names |= dict.fromkeys(map(str, sequence(schema.get("required"))[:PARTS]))
        return list(names)

    def needs_body(self, operation: Operation) -> bool:
        """Whether a request must have a body."""
        value = mapping(operation.value.get("requestBody"))
        return self.resolved(Node(value, "")).schema.get("required") is True

    def body(self, roots: list[Node]) -> Body:
        """What the bodies at these places hold, taken together."""
        key = tuple(root.pointer for root in roots)
        if key not in self._bodies:
            self._bodies[key] = self._read(roots)
        return self._bodies[key]

    def _read(self, roots: list[Node]) -> Body:
        body = Body()
        seen: dict[Path, dict[str, list[Node]]] = {}
        level: list[tuple[Path, list[Node]]] = [((), roots)]
        for depth in range(_DEPTH + 1):
            following: list[tuple[Path, list[Node]]] = []
            for path, places in level:
                parts = self.flat(places)
                identity = tuple(part.pointer for part in parts)
                if identity in seen:
                    # It may lead to itself. Only an error is looked at in each of its places.
                    if path and {"error", "failure"} & set(split(path[-1][:100])):
                        body.objects[path] = seen[identity]
                    continue
                members = seen[identity] = self.members(parts)
                _read_discriminators(parts, path, body)
                if depth < 2:
                    self._read_lists(parts, path, body)
                if members:
                    body.objects[path] = members
                if depth < _DEPTH:
                    following += [((*path, name), inner) for name, inner in members.items()]
            level = following
        return body

    def members(self, parts: list[Node]) -> dict[str, list[Node]]:
        """The properties of objects, by name."""
        members: dict[str, list[Node]] = {}
        for schema, pointer in parts:
            properties = mapping(schema.get("properties"))
            self.left -= len(properties)
            for name, value in properties.items():
                place = f"{pointer}/properties/{escaped(str(name))}"
                members.setdefault(str(name), []).append(Node(mapping(value), place))
        return members

    def _read_lists(self, parts: list[Node], path: Path, body: Body) -> None:
        for schema, pointer in parts:
            items = schema.get("items")
            if is_mapping(items):
                inner = self.members(self.flat([Node(items, f"{pointer}/items")]))
                where = joined(path)
                body.listed += [f"{where}/*/{escaped(n)}" for n in inner if is_status(n)]

    def words(self, places: list[Node], tagged: list[str]) -> tuple[list[str], list[Node]]:
        """The words of a status, and where it is a string without any, the schemas of it."""
        words: list[str] = []
        bare: list[Node] = []
        for place in self.flat(places):
            listed = sequence(place.schema.get("enum"))[: _WORDS + 1]
            listed = listed or [place.schema.get("const")]
            strings = [word for word in listed if isinstance(word, str) and word]
            words += strings
            if not strings and "string" in types_of(place.schema):
                bare.append(place)
        words = list(dict.fromkeys(words)) or list(dict.fromkeys(tagged))
        return words, [] if words else bare

    def has(self, places: Iterable[Node], where: Path, *, always: bool = False) -> bool:
        """Whether every variant of a body has a member, or where `always`, can be relied on to."""
        for name in where:
            places = [
                inner for place in places for inner in self._in_all(place, name, always, _LEVELS)
            ]
            if not places or (always and any(map(self._is_nullable, places))):
                return False
        return True

    def _in_all(self, place: Node, name: str, required: bool, levels: int) -> list[Node]:
        """A member in each variant of a schema; nothing where one has none."""
        schema, pointer = self.resolved(place)
        self.left -= 1
        if levels == 0 or self.left <= 0:
            return []
        beside = [self.resolved(part).schema for part in parts_of(Node(schema, pointer), "allOf")]
        listed = (sequence(part.get("required")) for part in (schema, *beside))
        required = required and not any(name in names for names in listed)
        if name in mapping(schema.get("properties")):
            value = mapping(mapping(schema.get("properties"))[name])
            places = [Node(value, f"{pointer}/properties/{escaped(name)}")]
            return [] if required else places
        for key in ("oneOf", "anyOf", "allOf"):
            variants = [
                self._in_all(part, name, required, levels - 1)
                for part in parts_of(Node(schema, pointer), key)
                if part.schema.get("type") != "null"
            ]
            if any(variants) and (key == "allOf" or all(variants)):
                return [inner for members in variants for inner in members]
        return []

    def _is_nullable(self, place: Node) -> bool:
        parts = self.schemas([place])
        return any("null" in types_of(part) or part.get("nullable") is True for part in parts)

    def owners(self, bodies: AnyMapping[str, Node], job: Path) -> list[Node]:
        """The schemas of a job."""
        places = list(bodies.values())
        for name in job:
            places = self.members(self.flat(places)).get(name, [])
        return [self.resolved(place) for place in places]


def parts_of(place: Node, key: str) -> list[Node]:
    """The schemas that `allOf`, `anyOf` or `oneOf` of a schema lists."""
    parts = sequence(place.schema.get(key))[:PARTS]
    return [Node(mapping(part), f"{place.pointer}/{key}/{i}") for i, part in enumerate(parts)]


def variants_of(root: Node) -> list[Node]:
    """What a body may be."""
    return parts_of(root, "oneOf") or parts_of(root, "anyOf") or [root]


def _read_discriminators(parts: list[Node], path: Path, body: Body) -> None:
    for schema, _ in parts:
        discriminator = mapping(schema.get("discriminator"))
        name = discriminator.get("propertyName")
        words = [str(word) for word in mapping(discriminator.get("mapping"))]
        if isinstance(name, str) and words:
            body.tagged.setdefault((*path, name), []).extend(words)
