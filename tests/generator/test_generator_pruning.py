"""Selecting operations, and cutting a document down to what they reach."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jobwait_generator.document.document import Document, load
from jobwait_generator.document.prune import prune
from jobwait_generator.problems import Problem, RefusedError

from .conftest import ROOT

STATUS: dict[str, Any] = {"x-wait-for-completion": {"status": "/status"}}


def ref(key: str, kind: str = "schemas") -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{key}"}


def answer(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}


def whole(**parts: Any) -> dict[str, Any]:
    """A document with one operation that waits, `GET /jobs/{id}`, and a few others."""
    paths: dict[str, Any] = {
        "/jobs/{id}": {
            "get": {"operationId": "getJob", "tags": ["jobs"], **STATUS, **answer(ref("Job"))},
            "delete": {"operationId": "removeJob", "tags": ["jobs"], **answer(ref("Removed"))},
        },
        "/pets": {"get": {"operationId": "getPets", "tags": ["pets"], **answer(ref("Pet"))}},
    }
    schemas: dict[str, Any] = {key: {"type": "object"} for key in ("Removed", "Pet")}
    schemas["Job"] = {"type": "object", "properties": {"inner": ref("Inner")}}
    schemas["Inner"] = {"type": "object", "properties": {"outer": ref("Job")}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Widgets"},
        "tags": [{"name": "pets"}, {"name": "jobs"}],
        "paths": paths | parts.pop("paths", {}),
        "components": {
            "schemas": schemas | parts.pop("schemas", {}),
            **parts.pop("components", {}),
        },
        **parts,
    }


def pruned(data: Any) -> Document:
    return prune(load("specs/x.json", "x", json.dumps(data, indent=1).encode()))


def problems(data: Any) -> list[Problem]:
    with pytest.raises(RefusedError) as caught:
        pruned(data)
    return caught.value.problems


def kept(document: Document) -> set[str]:
    """Operations and components."""
    operations = {
        f"{method.upper()} {path}"
        for path, item in document.data["paths"].items()
        for method in item
        if method in ("get", "post", "delete")
    }
    components = document.data.get("components", {})
    return operations | {f"{kind}/{key}" for kind, part in components.items() for key in part}


def test_what_the_marked_operation_reaches_is_all_that_is_left() -> None:
    document = pruned(whole(webhooks={}, **{"x-more": 1}))

    assert kept(document) == {"GET /jobs/{id}", "schemas/Job", "schemas/Inner"}
    assert list(document.data) == ["openapi", "info", "tags", "paths", "components"]
    assert document.data["tags"] == [{"name": "jobs"}]
    assert document.problem("/tags/0", "").line == document.source.line("/tags/1")


@pytest.mark.parametrize("name", ["aitronos", "descripio", "docurift", "spideriq"])
def test_pruning_takes_nothing_from_the_documents_that_are_written_here(name: str) -> None:
    path = ROOT / "specs" / f"{name}.yaml"
    document = load(str(path), name, path.read_bytes())

    assert prune(document).data == document.data


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["getPets"], {"GET /pets"}),
        (["pets"], {"GET /pets"}),
        (["jobs"], {"GET /jobs/{id}"}),  # of a tag, what tells a job's status
        (["delete /jobs/{id}"], {"DELETE /jobs/{id}"}),
        (["GET /pets", "getJob"], {"GET /pets", "GET /jobs/{id}"}),
    ],
)
def test_operations_are_selected_by_id_tag_or_path(words: list[str], expected: set[str]) -> None:
    found = kept(pruned(whole(**{"x-operations": words})))

    assert {word for word in found if " " in word} == expected


def test_what_no_operation_is_called_is_told_with_the_nearest_name() -> None:
    (problem,) = problems(whole(**{"x-operations": ["getJobs"]}))

    assert problem.pointer == "/x-operations/0"
    assert problem.message == "no operation is 'getJobs'; the nearest is getJob"


@pytest.mark.parametrize("words", [[], "getJob", None])
def test_an_empty_selection_is_refused(words: Any) -> None:
    (problem,) = problems(whole(**{"x-operations": words}))

    assert "list ids or tags of operations" in problem.message


def test_a_document_that_marks_no_operation_is_refused_with_the_way_to_a_proposal() -> None:
    data = whole()
    del data["paths"]["/jobs/{id}"]["get"]["x-wait-for-completion"]

    (problem,) = problems(data)

    assert problem.pointer == "/paths"
    assert "`suggest` proposes an overlay" in problem.message


def linked(**links: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"status": "/status", **links}
    get = {"operationId": "getJob", "x-wait-for-completion": settings, **answer({})}
    return whole(paths={"/jobs/{id}": {"get": get, "delete": {"operationId": "x", **answer({})}}})


def test_operations_that_the_extension_links_to_are_kept() -> None:
    data = linked(result={"operationId": "getPets"}, cancel={"operation": "DELETE /jobs/{id}"})

    assert kept(pruned(data)) == {
        *("GET /jobs/{id}", "DELETE /jobs/{id}", "GET /pets", "schemas/Pet"),
    }


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ({"operationId": "nothing"}, "no operation is 'nothing'; correct it"),
        ({"operationId": "pets"}, "no operation is 'pets'; correct it"),
        ({"operation": "GET /nothing"}, "no operation is 'GET /nothing'; correct it"),
        ({"operationId": "twice"}, "2 operations are 'twice'; write `operation: GET /a`"),
    ],
)
def test_a_link_that_leads_to_no_one_operation_is_refused(link: Any, message: str) -> None:
    data = linked(result=link)
    data["paths"] |= {f"/{path}": {"get": {"operationId": "twice"}} for path in "ab"}

    (problem,) = problems(data)

    assert problem.pointer.startswith("/paths/~1jobs~1{id}/get/x-wait-for-completion/result/")
    assert problem.message == message


FAULTS: dict[str, Any] = {
    "nowhere": {"$ref": "#/components/schemas/Nothing"},
    "outside": {"$ref": "https://elsewhere.test/x.yaml#/a"},
    "beside": {"$ref": "./other.yaml"},
    "anchor": {"$ref": "#here"},
    "mapping": {"oneOf": [], "discriminator": {"propertyName": "a", "mapping": {"b": "Nothing"}}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_where_it_is_reached_and_nowhere_else(fault: Any) -> None:
    assert "schemas/Pet" not in kept(pruned(whole(schemas={"Pet": fault})))

    (problem,) = problems(whole(schemas={"Inner": {"properties": {"x": fault}}}))

    assert problem.pointer.startswith("/components/schemas/Inner/properties/x/")
    assert problem.line > 1
    assert "correct it" in problem.message or "leads out of this document" in problem.message


def test_a_key_that_stands_twice_is_refused_where_it_is_reached_and_nowhere_else() -> None:
    def text(key: str) -> bytes:
        again = '{"type": "object", "type": "object"}'
        return json.dumps(whole(schemas={key: "AGAIN"})).replace('"AGAIN"', again).encode()

    assert "schemas/Job" in kept(prune(load("x.json", "x", text("Pet"))))
    with pytest.raises(RefusedError, match="/components/schemas/Inner/type  the key stands here"):
        prune(load("x.json", "x", text("Inner")))


def test_what_looks_like_a_reference_and_is_none_is_left_alone() -> None:
    example = {"$ref": "./nothing.yaml"}
    job = {
        "type": "object",
        "properties": {"$ref": {"type": "string"}, "default": ref("Inner"), "example": ref("Pet")},
        "default": example,
        "example": example,
        "enum": [example],
        "examples": [example],
        "x-more": example,
    }

    document = pruned(whole(schemas={"Job": job}))

    assert kept(document) >= {"schemas/Inner", "schemas/Pet"}
    assert document.data["components"]["schemas"]["Job"] == job


def test_components_of_every_kind_are_kept_where_they_are_reached() -> None:
    get = {
        **STATUS,
        "parameters": [ref("Id", "parameters")],
        "requestBody": ref("Body", "requestBodies"),
        "responses": {"200": ref("Ok", "responses"), "4XX": ref("No", "responses")},
        "callbacks": {"x": {"$ref": "#/nothing"}},
    }
    content = {"application/json": {"schema": ref("Job"), "examples": {"a": ref("E", "examples")}}}
    ok = {
        "content": content,
        "headers": {"X-A": ref("A", "headers")},
        "links": {"n": {"$ref": "#/no"}},
    }
    components: dict[str, Any] = {
        "parameters": {"Id": {"schema": ref("Kind")}, "Other": {}},
        "requestBodies": {"Body": {}, "Other": {}},
        "responses": {"Ok": ok, "No": {}, "Other": {}},
        "headers": {"A": {}, "B": {}},
        "examples": {"E": {}},
    }

    document = pruned(
        whole(paths={"/jobs/{id}": {"get": get}}, schemas={"Kind": {}}, components=components)
    )

    assert kept(document) == {
        *("GET /jobs/{id}", "parameters/Id", "requestBodies/Body", "responses/Ok"),
        *("responses/No", "headers/A", "schemas/Job", "schemas/Inner", "schemas/Kind"),
    }
    assert "callbacks" not in document.data["paths"]["/jobs/{id}"]["get"]
    response = document.data["components"]["responses"]["Ok"]
    assert "links" not in response
    assert response["content"]["application/json"]["examples"] == {}


def test_a_discriminator_keeps_what_it_names() -> None:
    mapping = {"a": "#/components/schemas/A", "b": "B"}
    job = {"oneOf": [ref("A")], "discriminator": {"propertyName": "x", "mapping": mapping}}

    assert kept(pruned(whole(schemas={"Job": job, "A": {}, "B": {}}))) == {
        *("GET /jobs/{id}", "schemas/Job", "schemas/A", "schemas/B"),
    }


def test_a_reference_to_another_place_gets_a_component() -> None:
    place = "#/paths/~1pets/get/responses/200/content/application~1json/schema"
    data = whole(schemas={"Job": {"properties": {"a": {"$ref": place}, "b": {"$ref": place}}}})
    data["paths"]["/pets"]["get"] |= answer(
        {"type": "object", "properties": {"inner": ref("Inner")}}
    )

    document = pruned(data)

    schemas = document.data["components"]["schemas"]
    properties = schemas["Job"]["properties"]
    assert properties["a"] == properties["b"] == ref("get_200")
    assert schemas["get_200"]["properties"] == {"inner": ref("Inner")}
    assert "Inner" in schemas
    line = document.source.line(f"{place[1:]}/properties/inner")
    assert document.problem("/components/schemas/get_200/properties/inner", "").line == line > 1


def test_a_path_that_is_a_reference_is_followed() -> None:
    get = {**STATUS, **answer(ref("Job"))}
    item = {"parameters": [{"name": "id"}], "get": get, "post": {}}
    data = whole(
        paths={"/jobs/{id}": ref("Jobs", "pathItems")}, components={"pathItems": {"Jobs": item}}
    )

    document = pruned(data)

    assert kept(document) == {"GET /jobs/{id}", "schemas/Job", "schemas/Inner"}
    assert document.data["paths"]["/jobs/{id}"] == {"parameters": [{"name": "id"}], "get": get}
    line = document.source.line("/components/pathItems/Jobs/get/responses")
    assert document.problem("/paths/~1jobs~1{id}/get/responses", "").line == line > 1


@pytest.mark.parametrize(
    ("shared", "own", "expected"),
    [("a", None, "a"), ("a", ["b", "nothing"], "b"), ("a", [], ""), (None, None, "ab")],
)
def test_security_schemes_are_kept_where_they_are_used_or_nothing_is_said(
    shared: str | None, own: list[str] | None, expected: str
) -> None:
    data = whole(components={"securitySchemes": {"a": {"type": "http"}, "b": {"type": "http"}}})
    none: list[str] = []
    if shared is not None:
        data["security"] = [{shared: none}]
    if own is not None:
        data["paths"]["/jobs/{id}"]["get"]["security"] = [{name: none} for name in own]

    document = pruned(data)

    assert document.data["components"].get("securitySchemes", {}).keys() == {*expected}
    assert ("security" in document.data) == (own is None and shared is not None)


@pytest.mark.parametrize("key", ["allOf", "anyOf", "oneOf", "items"])
def test_references_that_multiply_are_refused(key: str) -> None:
    def many(to: dict[str, str]) -> Any:
        return {"anyOf": [{key: to}] * 10} if key == "items" else {key: [to] * 10}

    schemas: dict[str, Any] = {f"A{i}": many(ref(f"A{i + 1}")) for i in range(10)}

    (problem,) = problems(whole(schemas={"Job": ref("A0"), "A10": {}, **schemas}))

    assert "references multiply here" in problem.message


def test_references_that_lead_on_and_on_are_refused() -> None:
    schemas: dict[str, Any] = {f"A{i}": {"allOf": [ref(f"A{i + 1}")]} for i in range(3_000)}

    (problem,) = problems(whole(schemas={"Job": ref("A0"), **schemas, "A3000": {}}))

    assert "lead on and on" in problem.message


CHAIN: dict[str, Any] = {f"A{i}": {"properties": {"a": ref(f"A{i + 1}")}} for i in range(6_000)}
WIDE: dict[str, Any] = {"A0": {"required": ["a"] * 201_000}}


@pytest.mark.parametrize(
    "schemas",
    [CHAIN, WIDE, {"A0": {"description": "x" * 19_999_000}}],
    ids=["components", "values", "text"],
)
def test_what_is_too_much_for_one_package_is_refused(schemas: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=r"select fewer operations|are more than"):
        pruned(whole(schemas={"A6000": {}, "Job": ref("A0"), **schemas}))


@pytest.mark.parametrize(
    ("version", "pointer", "message"),
    [
        ({"swagger": "2.0"}, "/swagger", "convert it: npx swagger2openapi --outfile new.yaml"),
        ({"openapi": "3.2.0"}, "/openapi", "where nothing is new in it, write `openapi: 3.1.1`"),
        ({"openapi": 3.2}, "/openapi", "where nothing is new in it, write `openapi: 3.1.1`"),
        ({"openapi": "3.1.x"}, "/openapi", "3.0 and 3.1 are supported"),
        ({"openapi": "4.0.0"}, "/openapi", "3.0 and 3.1 are supported"),
        ({}, "/openapi", "3.0 and 3.1 are supported"),
    ],
)
def test_other_versions_of_openapi_are_refused(
    version: dict[str, Any], pointer: str, message: str
) -> None:
    data = whole()
    del data["openapi"]

    (problem,) = problems(data | version)

    assert problem.pointer == pointer
    assert message in problem.message


@pytest.mark.parametrize("version", ["3.0.4", "3.1.2", 3.0, 3.1, "3.0"])
def test_a_version_may_be_shortened(version: str | float) -> None:
    assert kept(pruned(whole(openapi=version)))
