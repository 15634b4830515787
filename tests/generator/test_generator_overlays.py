"""Overlays, on the examples of the standard and on what it forbids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jobwait_generator.document.document import Document, load
from jobwait_generator.document.overlay import apply, with_operations
from jobwait_generator.document.source import Source
from jobwait_generator.problems import Problem, RefusedError

HEAD = "overlay: 1.1.0\ninfo: {title: Test, version: 1.0.0}\n"


def overlaid(data: Any, actions: str, head: str = HEAD) -> Document:
    """A document with the actions done; they begin in line 4."""
    document = load("specs/x.yaml", "x", json.dumps(data).encode())
    return apply(document, Source("specs/x.overlay.yaml", f"{head}actions:\n{actions}".encode()))


def problems(data: Any, actions: str, head: str = HEAD) -> list[Problem]:
    with pytest.raises(RefusedError) as caught:
        overlaid(data, actions, head)
    return caught.value.problems


def test_one_action_may_mirror_the_whole_document() -> None:
    data: Any = {
        "info": {"title": "Pets"},
        "paths": {"/": {"get": {"summary": "old"}}, "/pets": {"get": {"responses": {}}}},
    }
    actions = """\
- target: '$'
  update:
    info: {x-overlay-applied: structured-overlay}
    paths:
      /: {summary: The root resource, get: {summary: Retrieve it, x-rate-limit: 100}}
      /pets: {get: {summary: Retrieve a list of pets}}
    components:
    tags:
"""

    assert overlaid(data, actions).data == {
        "info": {"title": "Pets", "x-overlay-applied": "structured-overlay"},
        "paths": {
            "/": {
                "get": {"summary": "Retrieve it", "x-rate-limit": 100},
                "summary": "The root resource",
            },
            "/pets": {"get": {"responses": {}, "summary": "Retrieve a list of pets"}},
        },
        "components": None,
        "tags": None,
    }


def test_actions_may_aim_at_single_values() -> None:
    data = {"paths": {"/foo": {"get": {"description": "a"}}, "/bar": {"get": {"description": 1}}}}
    actions = """\
- {target: "$.paths['/foo'].get.description", update: new}
- {target: "$.paths['/bar'].get.description", update: newer}
- {target: "$.paths['/bar']", update: {post: {x-safe: false}}}
"""

    assert overlaid(data, actions).data["paths"] == {
        "/foo": {"get": {"description": "new"}},
        "/bar": {"get": {"description": "newer"}, "post": {"x-safe": False}},
    }


def test_one_action_may_change_many_places() -> None:
    name = {"name": "filter", "in": "query", "schema": {"type": "string"}}
    data = {
        "paths": {
            "/a": {"get": {"parameters": [name, {"name": "filter", "in": "header"}]}},
            "/b": {"get": {"parameters": [name]}, "post": {}},
        }
    }
    actions = """\
- {target: "$.paths.*.get", update: {x-safe: true}}
- target: $.paths.*.get.parameters[?@.name=='filter' && @.in=='query']
  update: {schema: {$ref: "#/components/schemas/filterSchema"}}
"""

    paths = overlaid(data, actions).data["paths"]

    schema = {"type": "string", "$ref": "#/components/schemas/filterSchema"}
    assert paths["/a"]["get"]["x-safe"] is paths["/b"]["get"]["x-safe"] is True
    assert paths["/a"]["get"]["parameters"][0]["schema"] == schema
    assert paths["/a"]["get"]["parameters"][1] == {"name": "filter", "in": "header"}
    assert paths["/b"] == {
        "get": {"parameters": [{**name, "schema": schema}], "x-safe": True},
        "post": {},
    }


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_an_item_is_appended_and_the_items_of_a_list_are_too(version: str) -> None:
    data = {"tags": ["a"], "servers": [{"url": "/"}]}
    actions = """\
- {target: $.tags, update: b}
- {target: $.tags, update: [c, d]}
- {target: $.servers, update: {url: /v1}}
- {target: $, update: {tags: [e]}}
"""

    assert overlaid(data, actions, HEAD.replace("1.1.0", version)).data == {
        "tags": ["a", "b", "c", "d", "e"],
        "servers": [{"url": "/"}, {"url": "/v1"}],
    }


def test_items_are_removed_whichever_they_are() -> None:
    data = {
        "paths": {
            "/a": {"get": {"tags": ["dummy", "x", "dummy"], "parameters": [{"name": "dummy"}]}},
            "/b": {"get": {"tags": ["y"], "parameters": [{"name": "a"}, {"name": "dummy"}]}},
        }
    }
    actions = """\
- {target: "$.paths.*.get.parameters[?@.name == 'dummy']", remove: true}
- {target: "$.paths.*.get.tags[?@ == 'dummy']", remove: true}
"""

    assert overlaid(data, actions).data["paths"] == {
        "/a": {"get": {"tags": ["x"], "parameters": []}},
        "/b": {"get": {"tags": ["y"], "parameters": [{"name": "a"}]}},
    }


def test_a_removal_takes_what_is_in_it_along_and_comes_before_an_update() -> None:
    data = {"paths": {"/a": {"x": {"x": 1}}, "/b": {"x": 2}}}

    assert overlaid(data, "- {target: $.paths..x, remove: true, update: {y: 1}}\n").data == {
        "paths": {"/a": {}, "/b": {}}
    }


def test_traits_are_given_to_what_asks_for_them() -> None:
    data: Any = {
        "paths": {
            "/items": {"get": {"x-oai-traits": ["paged"]}},
            "/sub": {"get": {"x-oai-traits": ["paged"], "parameters": [{"name": "id"}]}},
            "/other": {"get": {"responses": {}}},
        }
    }
    actions = """\
- target: $.paths[?(@.get['x-oai-traits'][?(@ == 'paged')])].get
  update: {parameters: [{name: top}, {name: skip}]}
"""

    paths = overlaid(data, actions).data["paths"]

    added = [{"name": "top"}, {"name": "skip"}]
    assert paths["/items"]["get"]["parameters"] == added
    assert paths["/sub"]["get"]["parameters"] == [{"name": "id"}, *added]
    assert paths["/other"] == {"get": {"responses": {}}}


ITEMS = {"get": {"responses": {"200": {"description": "OK"}}}}
SOME = {"delete": {"responses": {"200": {"description": "OK"}}}}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (
            """- {target: '$.paths["/some-items"]', copy: '$.paths["/items"]'}""",
            {"/items": ITEMS, "/some-items": {**SOME, **ITEMS}},
        ),
        (
            """\
- {target: $.paths, update: {/other-items: {}}}
- {target: '$.paths["/other-items"]', copy: '$.paths["/items"]'}
""",
            {"/items": ITEMS, "/some-items": SOME, "/other-items": ITEMS},
        ),
        (
            """\
- {target: $.paths, update: {/new-items: {}}}
- {target: '$.paths["/new-items"]', copy: '$.paths["/items"]'}
- {target: '$.paths["/items"]', remove: true}
""",
            {"/new-items": ITEMS, "/some-items": SOME},
        ),
    ],
    ids=["copy", "ensure and copy", "move"],
)
def test_a_part_is_copied(actions: str, expected: Any) -> None:
    data = {"paths": {"/items": ITEMS, "/some-items": SOME}}

    assert overlaid(data, actions).data["paths"] == expected


def test_a_list_is_replaced_by_removing_it_first() -> None:
    actions = """\
- {target: $.servers, remove: true}
- {target: $, update: {servers: [{url: "http://new.test"}]}}
"""

    assert overlaid({"servers": [{"url": "/a"}, {"url": "/b"}]}, actions).data == {
        "servers": [{"url": "http://new.test"}]
    }


def test_an_action_that_does_nothing_is_allowed_and_extensions_are() -> None:
    actions = "- {target: $, description: Only said., x-mine: {}}\nx-more: 1\n"

    assert overlaid({"a": 1}, actions, f"extends: ./x.yaml\n{HEAD}").data == {"a": 1}


@pytest.mark.parametrize(
    ("actions", "line", "pointer", "message"),
    [
        ("- {target: $, remove: maybe}", 4, "/actions/0/remove", "write `remove: true`"),
        ("- {target: 100}", 4, "/actions/0/target", "write a JSONPath, which begins with `$`"),
        ("- {target: info.title, update: x}", 4, "/actions/0/target", "write a JSONPath, which"),
        ("- {target: $, description: 10}", 4, "/actions/0/description", "a description is a text"),
        ("- {target: $, copy: 100}", 4, "/actions/0/copy", "write a JSONPath, which begins"),
        ("- {target: $, copy: $.a, update: {}}", 4, "/actions/0/copy", "stands beside `update`"),
        ("- {target: $, move: $.a}", 4, "/actions/0/move", "an overlay has no such key here"),
        ("- {update: x}", 4, "/actions/0/target", "write a JSONPath, which begins with `$`"),
        ("- 123", 4, "/actions/0/target", "write a JSONPath, which begins with `$`"),
        ("  {}", 3, "/actions", "list at least one action"),
        ("- {target: $}\n- {target: $}", 5, "/actions/1", "this action stands here twice"),
        ("- {target: $}\nnonsense: 1", 5, "/nonsense", "an overlay has no such key here"),
        ("- {target: $}\nextends: {}", 5, "/extends", "write the address of a document"),
        ("- {target: $.a +}", 4, "/actions/0/target", "this is no JSONPath of RFC 9535: "),
        ("- {target: '$.~a'}", 4, "/actions/0/target", "this is no JSONPath of RFC 9535: "),
        (f"- {{target: $.{'a' * 1000}}}", 4, "/actions/0/target", "has at most 1000 characters"),
        ("- {target: $.b, update: 1}", 4, "/actions/0/target", "nothing in the document is there"),
        ("-\n  target: $.b\n  remove: true", 5, "/actions/0/target", "nothing in the document is"),
        ("- {target: $, copy: $.b}", 4, "/actions/0/copy", "nothing in the document is there"),
        ("- {target: $.a, copy: $.a.*}", 4, "/actions/0/copy", "this selects 3 values; select the"),
        ("- {target: $, remove: true}", 4, "/actions/0/target", "the document itself cannot be"),
        ("- {target: $.a.*, update: {}}", 4, "/actions/0/update", "the target selects a list and"),
        ("- {target: $.a.l, copy: $.a.p}", 4, "/actions/0/copy", ""),
        ("- {target: $.a.p, update: []}", 4, "/actions/0/update", "a list cannot be merged into a"),
        (
            "- target: $\n  update:\n    a:\n      l: {}",
            7,
            "/actions/0/update/a/l",
            "a mapping cannot be merged into a list, at /a/l of the document; correct it",
        ),
    ],
)
def test_what_an_overlay_cannot_do_is_told_with_its_own_line(
    actions: str, line: int, pointer: str, message: str
) -> None:
    data: Any = {"a": {"l": [], "m": {}, "p": 1}}
    if not message:
        assert overlaid(data, actions).data["a"]["l"] == [1]
        return

    (problem,) = problems(data, actions)

    assert (problem.file, problem.line) == ("specs/x.overlay.yaml", line)
    assert problem.pointer == pointer
    assert message in problem.message


@pytest.mark.parametrize(
    ("head", "pointer", "message"),
    [
        (HEAD.replace("1.1.0", "2.0.0"), "/overlay", "write `overlay: 1.1.0`; 1.0 and 1.1"),
        (HEAD.replace("1.1.0", "'1.1'"), "/overlay", "write `overlay: 1.1.0`; 1.0 and 1.1"),
        (HEAD.replace("title: Test, ", ""), "/info/title", "add a title, in quotes"),
        (HEAD.replace("version: 1.0.0", "version: false"), "/info/version", "add a version"),
        (HEAD.replace("title: ", "description: 1, title: "), "/info/description", "is a text"),
        (HEAD.replace("title: ", "licence: 1, title: "), "/info/licence", "no such key"),
    ],
)
def test_what_is_no_overlay_is_told(head: str, pointer: str, message: str) -> None:
    (problem,) = problems({}, "- {target: $}", head)

    assert problem.pointer == pointer
    assert message in problem.message


def test_overlay_1_0_has_no_copy() -> None:
    (problem,) = problems({}, "- {target: $, copy: $}", HEAD.replace("1.1.0", "1.0.0"))

    assert "`copy` came with Overlay 1.1; write `overlay: 1.1.0`" in problem.message


def test_all_actions_that_find_nothing_are_told() -> None:
    found = problems({}, "- {target: $.a, remove: true}\n- {target: $.b, remove: true}\n")

    assert [problem.line for problem in found] == [4, 5]


def test_a_problem_in_the_result_points_to_the_file_that_it_came_from() -> None:
    data = {"a": {"list": [{"v": 0}, {"v": 1}, {"v": 2}], "old": {"k": 1}}}
    actions = """\
- target: $.a
  update:
    new:
      deep: 1
    list:
      - v: 3
- target: $.a.list[0]
  remove: true
- target: $.a.list[0]
  update:
    w: 1
- {target: $, update: {copied: {}}}
- {target: $.copied, copy: $.a}
"""

    document = overlaid(data, actions)

    def told(pointer: str) -> tuple[str, int, str]:
        source, place = document.origin(pointer)
        return source.file, document.problem(pointer, "").line, place

    assert document.at("/a/list/2/v") == 3
    for start in ("/a", "/copied"):
        assert told(f"{start}/old/k") == ("specs/x.yaml", 1, "/a/old/k")
        assert told(f"{start}/list/0/v") == ("specs/x.yaml", 1, "/a/list/1/v")
        overlay = "specs/x.overlay.yaml"
        assert told(f"{start}/new/deep") == (overlay, 7, "/actions/0/update/new/deep")
        assert told(f"{start}/list/2/v") == (overlay, 9, "/actions/0/update/list/0/v")
        assert told(f"{start}/list/0/w") == (overlay, 14, "/actions/2/update/w")


def test_a_document_is_never_changed_in_place() -> None:
    before = load("specs/x.yaml", "x", b"a: &a {v: [1]}\nb: *a\n")
    actions = b"actions: [{target: $.a.v, update: 2}, {target: $.a, update: {w: 1}}]"

    after = apply(before, Source("o.yaml", HEAD.encode() + actions))

    assert before.data == {"a": {"v": [1]}, "b": {"v": [1]}}
    assert after.data == {"a": {"v": [1, 2], "w": 1}, "b": {"v": [1]}}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("o.yaml", None),
        ("o.yaml", f"{HEAD}actions:\n  # why\n  - target: $.info\n    update: {{}}\nx-last: 1\n"),
        ("o.yaml", f"{HEAD}actions:\n- target: $.info\n  update: {{}}\n"),
        ("o.json", json.dumps({"overlay": "1.0.0", "info": {}, "actions": [{"target": "$.info"}]})),
    ],
    ids=["new", "indented", "not indented", "JSON"],
)
def test_operations_are_written_into_an_overlay_as_an_action(
    file: str, content: str | None
) -> None:
    words = ["getJob", "GET /a\"b'"]

    text = with_operations(file, content.encode() if content else None, words).decode()

    actions = Source(file, text.encode()).data["actions"]
    assert actions[0] == {"target": "$", "update": {"x-operations": words}}
    assert [action["target"] for action in actions[1:]] == (["$.info"] if content else [])
    assert "# why" in text or "# why" not in (content or "")


def test_an_overlay_that_no_action_can_be_put_into_is_refused_with_the_action() -> None:
    with pytest.raises(RefusedError, match="add this action to it") as caught:
        with_operations("o.yaml", f"{HEAD}actions: [{{target: $}}]".encode(), ["getJob"])

    assert caught.value.problems[0].line == 3
