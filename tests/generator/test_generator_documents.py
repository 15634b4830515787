"""Reading documents: YAML and JSON, with the line of everything that is wrong in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jobwait_generator.document.document import load
from jobwait_generator.document.prune import prune
from jobwait_generator.document.source import BYTES, Source
from jobwait_generator.problems import Problem, RefusedError

from .conftest import document, edited


def source(text: str, file: str = "specs/x.yaml") -> Source:
    return Source(file, text.encode(errors="surrogateescape"))


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("openapi: [3.1.0\n", 2, "this is not valid YAML"),
        ('a: 1\nb: "\\ud83d\\ude00"\n', 2, "; write the character itself"),
        ('a: 1\nb: "\\q"\n', 2, "; correct it"),
        ("ä: ü\nb: " + "[" * 2_000, 2, "too large"),
        ("- openapi\n", 1, "the document is not a mapping"),
        ("", 1, "the document is not a mapping"),
        ("a: &a [*a]\n", 1, "write it out"),
        ("a: 1\nb: *nothing\n", 2, "found undefined alias 'nothing'; correct it"),
        ("a: 1\n---\nb: 1\n", 2, "another document"),
        ("a: \udcff", 1, "this is not YAML in UTF-8"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, where: int, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        source(text)

    (problem,) = caught.value.problems
    assert problem.line == where
    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('{"a": 1,\n "b" 2}', 2, "this is not valid JSON: expecting ':' delimiter"),
        ("a: 1", 1, "this is not valid JSON"),
        ("[1]", 1, "the document is not a mapping"),
        ("", 1, "this is not valid JSON"),
        ('{"a": "\udcff"}', 1, "this is not JSON in UTF-8"),
        ('{"a": ' * 10_000, 1, "too large"),
        ('{"a": ' * 10_000 + "1" + "}" * 10_000, 1, "too large"),
        ('{"a": ' * 200 + "1" + "}" * 200, 1, "too large"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(text: str, where: int, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        source(text, "specs/x.json")

    (problem,) = caught.value.problems
    assert problem.line == where
    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "file", "expected"),
    [
        ("a: {}\nb: 1\na: 2\n", "x.yaml", (3, "/a", "the key stands here twice, first in line 1")),
        ('{"a": {},\n"a": 2}', "x.json", (2, "/a", "the key stands here twice, first in line 1")),
        ('{"a": {},\n"a": 2}', "x.yaml", (2, "/a", "the key stands here twice, first in line 1")),
        ("a: 1\nb: !!python/object/apply:os.getcwd []\n", "x.yaml", (2, "/b", "YAML tags are")),
        ("a:\n  !!python/name:os.system b: 1\n", "x.yaml", (2, "/a", "YAML tags are")),
        ("a: &a [1]\nb:\n  <<: *a\n", "x.yaml", (3, "/b", "`<<` merges mappings only")),
        ("a:\n- .nan\n", "x.yaml", (2, "/a/0", "JSON has no such number")),
        ('{"a": [1,\n1e999]}', "x.json", (2, "/a/1", "JSON has no such number")),
        ('{"a": [1,\nNaN]}', "x.json", (2, "/a/1", "JSON has no such number")),
        ("? [a]\n: 1\n", "x.yaml", (1, "", "a key is not a plain word")),
        ('{"a": "\\ud83d"}', "x.json", (1, "/a", "half a surrogate pair is no character")),
        ("a: {" + "x" * 201 + ": 1}", "x.yaml", (1, f"/a/{'x' * 201}", "more than 200")),
        ('{"' + "x" * 201 + '": 1}', "x.json", (1, f"/{'x' * 201}", "more than 200")),
    ],
)
def test_what_is_wrong_in_one_place_is_noted_with_it(
    text: str, file: str, expected: tuple[int, str, str]
) -> None:
    (fault,) = source(text, file).faults

    line, pointer, message = expected
    assert (fault.file, fault.line, fault.pointer) == (file, line, pointer)
    assert message in fault.message


def test_a_document_written_for_this_generator_is_refused_for_each_of_them() -> None:
    text = edited(("Kind: {type", "Kind: {type: string, type"))

    with pytest.raises(RefusedError, match="the key stands here twice"):
        prune(document(text))


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 200_000, "- " * 50_000, "a: {" * 10_000),
        "a: &a [" + "x, " * 1_000 + "]\nb: [" + "*a, " * 1_000 + "]",
        "a: &a " + "x" * 500_000 + "\nb: [" + "*a, " * 1000 + "]",
        "a: &a {? " + "x" * 500_000 + " : 1}\nb: [" + "*a, " * 1000 + "]",
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200)),
        "a: " + "x" * (BYTES + 1),
    ],
    ids=range(8),
)
def test_what_would_take_all_memory_or_stack_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match=r"too large|are more than the"):
        source(text)


@pytest.mark.parametrize("file", ["x.yaml", "x.json"])
def test_what_is_wrong_all_over_is_refused_at_once(file: str) -> None:
    with pytest.raises(RefusedError, match="more than 1000 places are wrong"):
        source("{" + '"a": 1,\n' * 2_000 + '"b": 1}', file)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]

    with pytest.raises(RefusedError, match="too large"):
        source("\n".join(lines))


def test_yaml_is_read_in_the_core_schema_of_yaml_1_2() -> None:
    text = """\
200: x
no: off
on: y
date: 2024-01-15
time: 12:30
version: 1.0.0
numbers: [1, -2, 1.5, 1e3, 0.0, 010, 0o17, 0x1F, 1_000]
nothing: [~, null,]
yes: [true, False]
quoted: ['1', "null", !!str 1]
"""

    assert source(text).data == {
        "200": "x",
        "no": "off",
        "on": "y",
        "date": "2024-01-15",
        "time": "12:30",
        "version": "1.0.0",
        "numbers": [1, -2, 1.5, 1000.0, 0.0, 10, 15, 31, "1_000"],
        "nothing": [None, None],
        "yes": [True, False],
        "quoted": ["1", "null", "1"],
    }


def test_merge_keys_are_merged() -> None:
    text = """\
a: &a {x: 1, y: 2}
b: &b {y: 3, z: 4}
c: {<<: *a, y: 9}
d: {<<: [*a, *b], w: 0}
e: {"<<": 1}
"""

    data = source(text).data

    assert data["c"] == {"x": 1, "y": 9}
    assert data["d"] == {"x": 1, "y": 2, "z": 4, "w": 0}
    assert data["e"] == {"<<": 1}


def test_an_alias_has_the_lines_of_its_anchor() -> None:
    read = source("a: &a\n  x:\n    y: 1\nb: *a\n")

    assert [read.line(pointer) for pointer in ("/b", "/b/x", "/b/x/y", "/b/q")] == [4, 2, 3, 4]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("file", ["x.json", "x.yaml"])
def test_json_and_yaml_give_the_same_data_and_lines(indent: int | None, file: str) -> None:
    nested: dict[str, Any] = {"b/c": [1, {"d~": 'x"{'}], "e": []}
    data: dict[str, Any] = {"a": nested, "": None, "f": [[], {}, "g\n,:é"]}
    text = json.dumps(data, indent=indent)

    read = source(text, file)

    assert read.data == data
    assert not read.faults
    for pointer, snippet in (("/a/b~1c/1/d~0", "d~"), ("/f/2", "g"), ("/f/9", "f")):
        expected = text[: text.index(f'"{snippet}')].count("\n") + 1
        assert read.line(pointer) == expected


def test_a_document_is_told_apart_from_its_label() -> None:
    read = load("/somewhere/x.json", "x", b"{}", "specs/x.json")

    assert read.problem("/a", "no") == Problem("/somewhere/x.json", 1, "/a", "no")
    assert read.header == "Generated from specs/x.json by `jobwait-generate`; edits are lost."
