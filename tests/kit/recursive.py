"""Recursive schemas at random, documents of them, and values that they allow.

All that is random comes from the `Random` that is passed, so one seed means one document.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final, TypeAlias

from jobwait_generator.document.values import is_mapping, is_sequence

Json: TypeAlias = Any

WORDS: Final = ("queued", "running", "done", "lost")
"""The status words of every document, the third of which means that the job succeeded."""
_COMPONENTS: Final = ("A", "B", "C", "Even", "Odd", "Operation")
_PROPERTIES: Final = ("a", "b", "aB", "a_b", "kind", "status", "+1", "-1", "class")
_TITLES: Final = ("Job", "Operation", "A", "x y", "Client")
_PLAIN: Final[tuple[Json, ...]] = (
    *({"type": kind} for kind in ("array", "boolean", "integer", "null", "number", "object")),
    *({"type": "string"}, {"type": "string", "format": "date"}, {"type": ["string", "null"]}),
    *({"enum": ["a", "b"]}, {"enum": ["a", 1, True]}, {"const": "x"}, {}, {"not": {}}, True, False),
)
_TARGETS: Final[tuple[Json, ...]] = (
    *({}, 5, "", "#", "#/", "#/paths", "a.yaml", "#/components/~"),
)
_TYPES: Final[tuple[Json, ...]] = ([{}], {}, 5, "file", ["string", 5])
_OTHERS: Final[tuple[Json, ...]] = (5, "a", {}, [5], [{}])
WRONG: Final[tuple[Json, ...]] = (
    *(None, True, 5, -1.5, "", "x", "$", [], {}, [{}], [None], [[]], {"": {}}, {"a": 5}, "\0"),
    *({"$ref": target} for target in _TARGETS),
    *({"type": kind} for kind in _TYPES),
    *({key: other} for key in ("allOf", "enum", "items", "properties") for other in _OTHERS),
    *({key: other} for key in ("required", "discriminator", "not") for other in _OTHERS),
)
"""What stands nowhere in a right document."""
_KEYWORDS: Final = ("allOf", "anyOf", "items", "map", "not", "object", "object", "oneOf", "tuple")


def schema(random: Random, depth: int) -> Json:
    """A schema that may refer to any component, nested at most `depth` deep."""
    if depth == 0 or random.random() < 0.35:
        plain = random.random() < 0.6
        return copy.deepcopy(random.choice(_PLAIN)) if plain else _reference(random)
    result: Json = {}
    for _ in range(random.choice((1, 1, 1, 2))):
        result |= _larger(random, depth - 1)
    if random.random() < 0.15:
        result |= _reference(random)
    if random.random() < 0.15:
        result["title"] = random.choice(_TITLES)
    return result


def _reference(random: Random) -> Json:
    return {"$ref": f"#/components/schemas/{random.choice(_COMPONENTS)}"}


def _larger(random: Random, depth: int) -> Json:
    keyword = random.choice(_KEYWORDS)
    if keyword in ("allOf", "anyOf", "oneOf"):
        return {keyword: [schema(random, depth) for _ in range(random.randint(1, 3))]}
    if keyword == "object":
        return _object(random, depth)
    inner = schema(random, depth)
    return {
        "items": {"type": "array", "items": inner},
        "map": {"type": "object", "additionalProperties": inner},
        "not": {"not": inner},
        "tuple": {"type": "array", "prefixItems": [inner], "items": False},
    }[keyword]


def _object(random: Random, depth: int) -> Json:
    names = random.sample(_PROPERTIES, random.randint(1, 3))
    result: Json = {"type": "object", "properties": {n: schema(random, depth) for n in names}}
    if random.random() < 0.5:
        result["required"] = names[:1]
    if random.random() < 0.2:
        result["additionalProperties"] = random.choice((False, schema(random, depth)))
    if random.random() < 0.3:
        result["properties"]["kind"] = {"enum": [random.choice("xyz")]}
        result["required"] = ["kind"]
    return result


def document(random: Random, *, version: str | None = None) -> Json:
    """A document with one job endpoint, whose components contain one another.

    Args:
        version: Of OpenAPI; either at random if not given.
    """
    job: Json = {
        "type": "object",
        "required": ["id", "status"],
        "properties": {
            "id": {"type": "string"},
            "status": {"type": "string", "enum": [*WORDS]},
            "it": schema(random, 2),
        },
    }
    if random.random() < 0.3:
        job = {random.choice(("allOf", "anyOf", "oneOf")): [job, schema(random, 2)]}
    media: Json = {"schema": job}
    if random.random() < 0.3:
        media["example"] = {"id": "x", "status": "done"}
    operation = {
        "operationId": "getJob",
        "responses": {"200": {"description": "", "content": {"application/json": media}}},
        "x-wait-for-completion": {
            "status": "/status",
            "states": dict(zip(WORDS, ("pending", "running", "succeeded", "failed"), strict=True)),
            **_extension(random),
        },
    }
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    version = version or random.choice(("3.0.3", "3.1.0"))
    components = {name: schema(random, 3) for name in _COMPONENTS}
    if version < "3.1":
        _add_what_json_schema_lacks(random, components)
    return {
        "openapi": version,
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://api.things.test"}],
        "paths": {"/things/{id}": {"parameters": [parameter], "get": operation}},
        "components": {"schemas": components},
    }


def _extension(random: Random) -> Json:
    """What else the extension may say."""
    states = ("pending", "running", "succeeded", "failed", "cancelled")
    result: Json = {"absent": random.choice(states)}
    if random.random() < 0.2:
        result["responses"] = {code: random.choice(states) for code in ("202", "303", "404")}
    if random.random() < 0.2:
        result["failure"] = {random.choice(("when", "unless", "code", "message")): "/it"}
    if random.random() < 0.1:
        result["progress"] = {"value": "/it", "max": random.choice((1, 100))}
    return result


def _add_what_json_schema_lacks(random: Random, components: Json) -> None:
    for place in [*places(components)]:
        part = at(components, place)
        if is_mapping(part) and "type" in part and random.random() < 0.1:
            part["nullable"] = True
        if is_mapping(part) and "oneOf" in part and random.random() < 0.3:
            part["discriminator"] = {"propertyName": random.choice(("kind", "status", "a"))}


def job_schema(data: Json) -> Json:
    """The schema of the job in a document, with all that it refers to."""
    media = data["paths"]["/things/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    return {**media["schema"], "components": data["components"]}


def value(random: Random, whole: Json, part: Json, depth: int = 8) -> Json:
    """A value that a schema may allow, as far as looking at one keyword at a time tells.

    Args:
        whole: Has the components.
        part: The schema.
    """
    if depth == 0 or not is_mapping(part) or not part:
        return random.choice(("a", 1, None, True, [], {}, "2024-05-01", {"a": 1}, ["x"]))
    if "$ref" in part and random.random() < 0.8:
        name = part["$ref"].rpartition("/")[2]
        return value(random, whole, whole["components"]["schemas"][name], depth - 1)
    for key in ("anyOf", "oneOf"):
        if key in part and random.random() < 0.8:
            return value(random, whole, random.choice(part[key]), depth - 1)
    own = _own_value(random, whole, part, depth - 1)
    for inner in part.get("allOf", ()):
        other = value(random, whole, inner, depth - 1)
        own = {**own, **other} if is_mapping(own) and is_mapping(other) else other
    return own


def _own_value(random: Random, whole: Json, part: Json, depth: int) -> Json:
    if "enum" in part or "const" in part:
        return random.choice(part.get("enum") or [part["const"]])
    kinds = part.get("type", "object")
    kind = random.choice(kinds) if is_sequence(kinds) else kinds
    if kind == "array":
        if "prefixItems" in part:
            return [value(random, whole, inner, depth) for inner in part["prefixItems"]]
        inner = part.get("items", {})
        return [value(random, whole, inner, depth) for _ in range(random.randint(0, 2))]
    if kind != "object":
        plain: Json = {"boolean": True, "integer": 5, "null": None, "number": 1.5}
        return "2024-05-01" if "format" in part else plain.get(kind, random.choice(("x", "")))
    result = {
        name: value(random, whole, inner, depth)
        for name, inner in part.get("properties", {}).items()
        if name in part.get("required", ()) or random.random() < 0.6
    }
    others = part.get("additionalProperties", True)
    if others is not False and random.random() < 0.5:
        result.setdefault(random.choice("kab"), value(random, whole, others, depth))
    return result


def places(data: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every value but the document itself."""
    keys: list[str | int] = [*data] if is_mapping(data) else []
    if is_sequence(data):
        keys += range(len(data))
    for key in keys:
        place = (*path, key)
        yield place
        yield from places(at(data, (key,)), place)


def at(data: Json, path: tuple[str | int, ...]) -> Json:
    """The value at a place."""
    for key in path:
        data = data[key]
    return data


def spoil(random: Random, data: Json, others: Sequence[Json] = WRONG) -> None:
    """Put one of others, or something wrong, somewhere, or take something away."""
    listed = [*places(data)]
    if not listed:
        return
    *around, last = random.choice(listed)
    data = at(data, (*around,))
    if random.random() < 0.2:
        del data[last]
    else:
        data[last] = copy.deepcopy(random.choice(others))
