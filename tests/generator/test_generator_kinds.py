"""Schemas of every kind that people write: a package is made of each, and reads what it allows."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, NamedTuple

import pytest

from jobwait import Provider, deviations

from ..kit.packages import Packages
from .test_generator_normal_form import JOB, Json, document, plain, ref

TEXT: Final[Json] = {"type": "string"}
NUMBER: Final[Json] = {"type": "integer"}


def one(**properties: Json) -> Json:
    """An object with properties, each optional."""
    return {"type": "object", "properties": properties}


def any_of(*schemas: Json) -> Json:
    return {"anyOf": [*schemas]}


def all_of(*schemas: Json) -> Json:
    return {"allOf": [*schemas]}


def listed(items: Json) -> Json:
    return {"type": "array", "items": items}


def mapped(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


class Kind(NamedTuple):
    """The schema of a field, components beside it, and values that it allows."""

    schema: Json
    components: dict[str, Json]
    values: tuple[Json, ...]


DAY: Final[Json] = {"type": "string", "format": "date"}
KINDS: Final[dict[str, Kind]] = {
    "a list of numbers or such lists": Kind(
        ref("Nested"),
        {"Nested": listed({"oneOf": [{"type": "number"}, ref("Nested")]})},
        ([1, [2, [3.5]]], []),
    ),
    "a list of lists of itself": Kind(
        any_of(ref("Nested"), listed(TEXT)),
        {"Nested": listed(any_of(ref("Nested"), listed(TEXT)))},
        ([["a"], [[["b"]]]], ["a"]),
    ),
    "two lists that contain each other": Kind(
        ref("Even"),
        {
            "Even": listed(any_of(ref("Odd"), {"type": "boolean"})),
            "Odd": listed(any_of(ref("Even"), NUMBER, listed(NUMBER))),
        },
        ([True, [1, [False], [2]]],),
    ),
    "a map of words or such maps": Kind(
        ref("Tree"), {"Tree": mapped(any_of(TEXT, ref("Tree")))}, ({"a": "b", "c": {"d": "e"}},)
    ),
    "a map of maps or lists of itself": Kind(
        any_of(ref("Tree"), mapped(NUMBER)),
        {"Tree": mapped(any_of(mapped(ref("Tree")), listed(ref("Tree")), mapped(TEXT)))},
        ({"a": {"b": {"c": [{}]}}}, {"a": 1}, {"a": {"b": "c"}}),
    ),
    "any JSON": Kind(
        ref("Json"),
        {
            "Json": any_of(
                *({"type": kind} for kind in ("null", "boolean", "number", "string")),
                listed(ref("Json")),
                mapped(ref("Json")),
            )
        },
        (None, 1.5, [None, {"a": [True]}]),
    ),
    "replies that are comments and more": Kind(
        ref("Comment"),
        {"Comment": one(text=TEXT, replies=listed(all_of(ref("Comment"), one(depth=NUMBER))))},
        ({"text": "x", "replies": [{"text": "y", "depth": 1, "replies": [{"depth": 2}]}]},),
    ),
    "replies whose own replies are described twice": Kind(
        ref("Comment"),
        {
            "Comment": one(replies=listed(all_of(ref("Comment"), ref("Deep")))),
            "Deep": one(replies=listed(all_of(ref("Comment"), one(depth=NUMBER))), level=NUMBER),
        },
        ({"replies": [{"level": 1, "replies": [{"depth": 1, "level": 2}]}]},),
    ),
    "one parent among several, each with more of itself": Kind(
        any_of(all_of(ref("Node"), one(a=ref("Node"))), all_of(ref("Leaf"), one(b=NUMBER))),
        {
            "Node": one(next=any_of(all_of(ref("Node"), one(c=TEXT)), ref("Leaf"))),
            "Leaf": one(node=all_of(ref("Node"), ref("Leaf"))),
        },
        ({"next": {"next": {"c": "x"}}}, {"node": {"node": {}}, "b": 1}),
    ),
    "a union of itself and others": Kind(
        ref("Own"), {"Own": any_of(ref("Own"), TEXT, one(a=ref("Own")))}, ("x", {"a": {"a": "y"}})
    ),
    "a description of itself": Kind(
        ref("Own"), {"Own": all_of(ref("Own"), one(a=TEXT, b=ref("Own")))}, ({"b": {"a": "x"}},)
    ),
    "a named day or any word": Kind(any_of(ref("Day"), TEXT), {"Day": DAY}, ("2024-05-01", "soon")),
    "a day, a time or a named word": Kind(
        any_of(DAY, {"type": "string", "format": "date-time"}, ref("Word")),
        {"Word": TEXT},
        ("2024-05-01", "2024-05-01T00:00:00Z", "soon"),
    ),
    "a named day or one word": Kind(
        any_of(ref("Day"), {"type": "string", "enum": ["never"]}),
        {"Day": DAY},
        ("2024-05-01", "never"),
    ),
    "a named id or a number": Kind(
        any_of(ref("Id"), NUMBER),
        {"Id": any_of({"type": "string", "format": "uuid"}, TEXT)},
        ("550e8400-e29b-41d4-a716-446655440000", "x", 5),
    ),
    "variants, one of which leaves open what the other has": Kind(
        any_of(one(name=TEXT), {**one(id=TEXT), "required": ["id"]}),
        {},
        ({"name": "x", "id": 5}, {"id": "x", "name": 5}, {}),
    ),
    "variants that are closed": Kind(
        any_of(
            {**one(name=TEXT), "additionalProperties": False},
            {**one(id=NUMBER, name=NUMBER), "additionalProperties": False},
        ),
        {},
        ({"name": "x"}, {"id": 5, "name": 5}),
    ),
    "a variant with other properties of one type": Kind(
        any_of({**one(a=TEXT), "additionalProperties": NUMBER}, one(a=TEXT, b=TEXT)),
        {},
        ({"a": "x", "b": 1}, {"b": "x"}),
    ),
    "nothing": Kind({"not": {}}, {}, ()),
    "nothing, or a word": Kind(any_of({"not": {}}, TEXT), {}, ("x",)),
    "a list of nothing": Kind(listed({"not": {}}), {}, ([],)),
    "a map of nothing": Kind(mapped({"not": {}}), {}, ({},)),
    "an object without one property": Kind(one(a=TEXT, b={"not": {}}), {}, ({"a": "x"},)),
    "another name for anything": Kind(
        ref("Value"), {"Value": ref("Anything"), "Anything": {}}, (5, None, [{}])
    ),
    "a list of another name for anything": Kind(
        listed(ref("Value")), {"Value": all_of(ref("Any")), "Any": {"description": "x"}}, ([1, {}],)
    ),
    "another name for anything, and more": Kind(
        all_of(any_of(ref("Value")), any_of(TEXT, NUMBER, listed(TEXT), ref("Day"))),
        {"Value": ref("Anything"), "Anything": {}, "Day": one(a=DAY)},
        ("x", 5, ["x"], {"a": "2024-05-01"}),
    ),
    "another name for anything, or an object": Kind(
        any_of(ref("Value"), one(a=TEXT)),
        {"Value": any_of(ref("True")), "True": True},
        (5, {"a": 1}),
    ),
    "a map of maps in a union": Kind(
        ref("Out"),
        {"Out": any_of(mapped(mapped(one(a=TEXT))), TEXT)},
        ({"m": {"n": {"a": "x"}}}, "x"),
    ),
    "maps of lists of maps in a union in a list": Kind(
        listed(any_of(mapped(listed(mapped(mapped(NUMBER)))), listed(mapped(mapped(TEXT))), TEXT)),
        {},
        ([{"a": [{"b": {"c": 1}}]}, [{"d": {"e": "f"}}], "x"],),
    ),
    "an enum of several kinds": Kind({"enum": ["a", 1, True]}, {}, ("a", 1, True)),
    "an enum of fractions, words and null": Kind({"enum": [1.5, "a", None]}, {}, (1.5, "a", None)),
    "an enum of objects": Kind({"enum": [{"a": 1}, "a"]}, {}, ({"a": 1}, "a")),
    "an enum of truths and numbers": Kind({"enum": [True, 1, 2]}, {}, (True, 1)),
    "words for truths": Kind({"type": "boolean", "enum": ["true"]}, {}, (True, "true")),
    "signs that are no names": Kind(one(**{"+1": NUMBER, "-1": TEXT}), {}, ({"+1": 1, "-1": "x"},)),
    "two spellings of a name": Kind(
        one(createdAt=NUMBER, created_at=TEXT),
        {},
        ({"createdAt": 1, "created_at": "x"},),
    ),
    "two objects with two spellings": Kind(
        any_of(one(aB=NUMBER), one(a_b=TEXT, **{"a-b": NUMBER})), {}, ({"aB": 1, "a_b": "x"},)
    ),
    "names that are none": Kind(
        one(**{"": TEXT, " ": NUMBER, "\u2603": TEXT, "#": NUMBER}), {}, ({"": "x", "#": 1},)
    ),
}


@pytest.fixture(scope="module")
def providers(packages: Packages) -> dict[str, Provider]:
    """The package of each kind."""
    documents: list[Any] = []
    for i, kind in enumerate(KINDS.values()):
        job = {**JOB, "properties": {**JOB["properties"], "it": kind.schema}}
        data = plain(job, openapi="3.1.0", components=kind.components)
        media = data["paths"]["/things/{thing_id}"]["get"]["responses"]["200"]["content"]
        media["application/json"]["example"] = {"id": "x", "status": "done"}  # for the sandbox
        documents.append(document(data, f"kind{i}"))
    return dict(zip(KINDS, packages.write(*documents), strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_a_value_that_a_schema_allows_is_read_as_it_is(
    providers: dict[str, Provider], name: str
) -> None:
    package = providers[name].package
    cls: Any = import_module(f"{package}.models").Job
    for value in KINDS[name].values:
        data = {"id": "x", "status": "done", "it": value}

        job = cls.from_dict(data)

        assert deviations(job) == ()
        assert job.to_dict() == data
    import_module(f"{package}._sandbox_models").Job(id="x", status="done")
