"""What third parties write, each in a small document of its own, and what a package makes of it."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pytest
from jobwait_generator.document.document import Document, load, operations
from jobwait_generator.document.prune import prune
from jobwait_generator.normalise.document import normalise
from jobwait_generator.pipeline import generate

from .conftest import ROOT

Json: TypeAlias = Any
Plain: TypeAlias = Callable[..., dict[str, str]]

WAIT: Final[Json] = {
    "status": "/status",
    "states": {"queued": "pending", "done": "succeeded", "lost": "failed"},
}
JOB: Final[Json] = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["queued", "done", "lost"]},
    },
}


def plain(job: Json, wait: Json = WAIT, *, components: Json = None, **operation: Json) -> Json:
    """A document as a vendor publishes it, with one job endpoint."""
    return {
        "openapi": operation.pop("openapi", "3.0.3"),
        "info": {"title": "Things API", "version": "v2.1 (beta)"},
        "servers": [{"url": "https://api.things.test/v2/"}],
        "paths": {
            operation.pop("path", "/things/{thing_id}"): {
                operation.pop("method", "get"): {
                    "responses": {
                        "200": {"description": "", "content": {"application/json": {"schema": job}}}
                    },
                    "x-wait-for-completion": wait,
                    **operation,
                }
            }
        },
        "components": {"schemas": components or {}},
    }


def document(data: Json, name: str = "things") -> Document:
    """The document as it is read from a file."""
    return load(f"specs/{name}.json", name, json.dumps(data).encode())


@pytest.fixture(scope="module")
def made() -> Plain:
    """The files of the package of a document."""

    def run(data: Json) -> dict[str, str]:
        return generate([document(data)])

    return run


def with_field(schema: Json, *, required: bool = True) -> Json:
    """The job with one more field, called `it`."""
    job = copy.deepcopy(JOB)
    job["properties"]["it"] = schema
    if required:
        job["required"] = [*job["required"], "it"]
    return job


def fields_of(files: dict[str, str], cls: str = "Job") -> dict[str, str]:
    """The fields of a class of the models."""
    tree = ast.parse(files["things-client/things_client/models.py"])
    (node,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls)
    return {
        ast.unparse(item.target): ast.unparse(item.annotation)
        for item in node.body
        if isinstance(item, ast.AnnAssign)
    }


COMPONENTS: Final[Json] = {
    "Named": {"type": "object", "properties": {"a": {"type": "string"}}},
    "Other": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}},
    "Word": {"type": "string", "enum": ["x", "y"]},
    "OrNull": {"type": "object", "nullable": True, "properties": {"a": {"type": "string"}}},
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": ["cat"]}, "lives": {"type": "integer"}},
    },
    "Dog": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": ["dog"]}},
    },
    "Tree": {
        "type": "object",
        "required": ["children"],
        "properties": {
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
        },
    },
    "Value": {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"$ref": "#/components/schemas/Value"}},
            {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Value"}},
        ]
    },
    "A.B-c d": {"type": "object", "properties": {"a": {"type": "string"}}},
    "Client": {"type": "object", "properties": {"a": {"type": "string"}}},
}


def ref(name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: Final = [
    pytest.param(True, "Any", id="a schema that is true"),
    pytest.param({}, "Any", id="an empty schema"),
    pytest.param({"description": "Text."}, "Any", id="a schema of words only"),
    pytest.param({"type": "string", "nullable": True}, "str | None", id="nullable"),
    pytest.param({"type": ["string", "null"]}, "str | None", id="a type of null"),
    pytest.param({"type": "null"}, "None", id="null"),
    pytest.param({"enum": [None]}, "None", id="an enum of null"),
    pytest.param({"nullable": True}, "Any", id="nullable and nothing else"),
    pytest.param(
        {"nullable": True, "allOf": [ref("Named")]}, "Named | None", id="nullable beside allOf"
    ),
    pytest.param(
        {"allOf": [ref("Named"), {"nullable": True}]}, "Named | None", id="nullable in allOf"
    ),
    pytest.param({**ref("Named"), "nullable": True}, "Named | None", id="nullable beside $ref"),
    pytest.param(
        {"oneOf": [ref("Named")], "nullable": True}, "Named | None", id="nullable beside oneOf"
    ),
    pytest.param({"anyOf": [ref("Named"), {"type": "null"}]}, "Named | None", id="anyOf with null"),
    pytest.param(ref("OrNull"), "OrNull | None", id="a component that may be null"),
    pytest.param(
        {"type": "array", "items": ref("OrNull")}, "list[OrNull | None]", id="a list of those"
    ),
    pytest.param(
        {"type": "string", "enum": ["a", "b"], "nullable": True},
        "{0} | str | None",
        id="nullable on an enum without null",
    ),
    pytest.param(
        {"type": "string", "enum": ["a", "b", None], "nullable": True},
        "{0} | str | None",
        id="an enum with null",
    ),
    pytest.param({"type": "string", "enum": ["a"]}, "str", id="an enum of one word"),
    pytest.param({"const": "a"}, "str", id="a constant"),
    pytest.param({"const": 1}, "int", id="a constant number"),
    pytest.param({"const": True}, "bool", id="a constant boolean"),
    pytest.param({"const": {"a": 1}}, "Any", id="a constant object"),
    pytest.param({"enum": [1, 2]}, "{0} | int", id="an enum of numbers"),
    pytest.param({"enum": [1.5, 2]}, "float", id="an enum of fractions"),
    pytest.param({"enum": ["a", "b", 1, 2]}, "str | int", id="an enum of words and numbers"),
    pytest.param({"enum": [True, False]}, "bool", id="an enum of booleans"),
    pytest.param({"type": "string", "enum": [1, 2]}, "{0} | str", id="words without quotes"),
    pytest.param({"enum": []}, "Any", id="an empty enum"),
    pytest.param(
        {"type": "string", "enum": ["in use", "In Use", "IN_USE", ""]},
        "{0} | str",
        id="words that collide",
    ),
    pytest.param({"type": "array"}, "list[Any]", id="an array of anything"),
    pytest.param({"type": "array", "items": True}, "list[Any]", id="items that are true"),
    pytest.param(
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
        "list[str | int]",
        id="a tuple",
    ),
    pytest.param(
        {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
        "list[str]",
        id="a closed tuple",
    ),
    pytest.param(
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        "list[str | int]",
        id="a tuple and what follows it",
    ),
    pytest.param(
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {}},
        "list[Any]",
        id="a tuple and anything",
    ),
    pytest.param({"items": {"type": "string"}}, "list[str]", id="an array without a type"),
    pytest.param({"type": "object"}, "Mapping[str, Any]", id="an object of anything"),
    pytest.param(
        {"type": "object", "properties": {}}, "Mapping[str, Any]", id="an object of nothing"
    ),
    pytest.param({"additionalProperties": {"type": "integer"}}, "Mapping[str, int]", id="a map"),
    pytest.param(
        {"patternProperties": {"^x": {"type": "integer"}}}, "Mapping[str, Any]", id="patterns"
    ),
    pytest.param(
        {"type": ["object", "array"], "items": {}}, "Mapping[str, Any] | list[Any]", id="types"
    ),
    pytest.param({"type": ["string", "integer", "null"]}, "str | int | None", id="several types"),
    pytest.param({"type": "string", "format": "date-time"}, "datetime", id="a time"),
    pytest.param({"type": "string", "format": "byte"}, "str", id="bytes"),
    pytest.param({"type": "integer", "format": "int64"}, "int", id="a long number"),
    pytest.param({"type": "string", "format": "uuid", "pattern": "^(?<x>"}, "UUID", id="a pattern"),
    pytest.param(
        {"anyOf": [{"type": "string"}, {"enum": ["a", "b"]}]}, "{0} | str", id="an open enum"
    ),
    pytest.param(
        {"anyOf": [{"type": "string"}, {"const": "hidden"}]}, "str", id="a word among words"
    ),
    pytest.param({"anyOf": [{}, {"type": "string"}]}, "Any", id="anything or more"),
    pytest.param(
        {"anyOf": [{"type": "string"}, {"type": "string", "format": "uuid"}]},
        "str",
        id="a string or a special one",
    ),
    pytest.param(
        {"oneOf": [{"type": "integer"}, {"type": "number"}]}, "float", id="two kinds of numbers"
    ),
    pytest.param(
        {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
        "list[str] | str",
        id="one or many",
    ),
    pytest.param(ref("Word"), "Word | str", id="a named enum"),
    pytest.param({"allOf": [ref("Word")]}, "Word | str", id="allOf around an enum"),
    pytest.param({"allOf": [{"type": "string"}, {"maxLength": 3}]}, "str", id="allOf of scalars"),
    pytest.param({"allOf": [{"type": "string"}, {"type": "integer"}]}, "Any", id="a contradiction"),
    pytest.param(
        {"type": "object", "oneOf": [ref("Cat"), ref("Dog")]},
        "{0}",
        id="a union beside a type",
    ),
    pytest.param({"oneOf": [ref("Named"), ref("Other")]}, "{0}", id="an overlapping union"),
    pytest.param(
        {"oneOf": [ref("Named"), {"type": "string"}]}, "Named | str", id="an object or a word"
    ),
    pytest.param(ref("Tree"), "Tree", id="a tree"),
    pytest.param(ref("Value"), "str | list[Any] | Mapping[str, Any]", id="a value of itself"),
    pytest.param(ref("A.B-c d"), "ABCD", id="a name that is none"),
    pytest.param(ref("Client"), "ClientData", id="a name of the package"),
    pytest.param({"not": {"type": "string"}}, "Any", id="a negation"),
    pytest.param(
        {"allOf": [{"type": "number"}, {"type": "integer"}]}, "int", id="a number that is whole"
    ),
    pytest.param(
        {"allOf": [{"enum": ["a", "b", "c"]}, {"enum": ["b", "c", "d"]}]},
        "{0} | str",
        id="words of two lists",
    ),
    pytest.param({"allOf": [{"type": "string"}, {"type": "integer"}]}, "Any", id="a contradiction"),
    pytest.param(
        {"allOf": [{"type": "array", "items": ref("Named")}, {"type": "array"}]},
        "list[Named]",
        id="a list of two descriptions",
    ),
    pytest.param(
        {"anyOf": [{"type": "array", "items": {"type": kind}} for kind in ("string", "integer")]},
        "list[str | int]",
        id="several lists",
    ),
    pytest.param(
        {"anyOf": [{"additionalProperties": {"type": kind}} for kind in ("string", "integer")]},
        "Mapping[str, str | int]",
        id="several maps",
    ),
    pytest.param({"anyOf": [True, ref("Named")]}, "Any", id="an object or anything"),
    pytest.param({"if": {}, "then": {"type": "string"}, "type": "string"}, "str", id="a condition"),
    pytest.param({**ref("Named"), "description": "This."}, "Named", id="words beside $ref"),
    pytest.param(
        {**ref("Named"), "type": "object", "example": {}}, "Named", id="a type beside $ref"
    ),
]
"""Schemas, and the annotations that they become; {0} is a class of the field's own."""


@pytest.fixture(scope="module")
def fields() -> dict[str, str]:
    """The fields of a job that has one for each of `SCHEMAS`."""
    job = copy.deepcopy(JOB)
    for i, row in enumerate(SCHEMAS):
        job["properties"][f"it{i}"] = row.values[0]
        job["required"].append(f"it{i}")
    data = plain(job, components=COMPONENTS)
    return fields_of(generate([document(data)]))


@pytest.mark.parametrize(
    ("number", "annotation"),
    [
        pytest.param(i, str(row.values[1]).format(f"JobIt{i}"), id=str(row.id))
        for i, row in enumerate(SCHEMAS)
    ],
)
def test_a_schema_says_no_more_than_a_server_sends(
    fields: dict[str, str], number: int, annotation: str
) -> None:
    assert fields[f"it{number}"] == annotation


def test_what_is_optional_may_be_null_too(made: Plain) -> None:
    files = made(plain(with_field({"type": "integer"}, required=False)))

    assert fields_of(files)["it"] == "int | None | Unset"


@pytest.mark.parametrize("name", ["aitronos", "descripio", "docurift", "spideriq"])
def test_the_responses_of_our_documents_keep_their_examples_and_headers(name: str) -> None:
    path = ROOT / "specs" / f"{name}.yaml"
    raw = load(str(path), name, path.read_bytes())
    normal, problems = normalise(prune(raw))
    assert not problems

    counted = 0
    for operation in operations(raw):
        for status, response in operation.value["responses"].items():
            kept = normal.at(f"{operation.pointer}/responses/{status}")
            pointer = f"{operation.pointer}/responses/{status}/headers"
            headers = {
                key: raw.follow(f"{pointer}/{key}")[0] for key in response.get("headers", {})
            }
            kept_headers = kept.get("headers", {})
            assert kept_headers.keys() == headers.keys()
            for key, header in headers.items():
                for entry in ("description", "example"):
                    assert kept_headers[key][entry] == header[entry]
            content = response["content"]["application/json"]
            for key in ("example", "examples"):
                assert kept["content"]["application/json"].get(key) == content.get(key)
                counted += key in content
    assert counted >= 4


def test_the_bounds_of_a_number_stay(made: Plain) -> None:
    bounded = {"type": "number", "minimum": 0, "maximum": 100, "description": "So far."}

    files = made(plain(with_field(bounded)))

    schema = json.loads(files["things-client/things_client/openapi.json"])["components"]["schemas"]
    assert schema["Job"]["properties"]["it"] == bounded
