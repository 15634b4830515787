"""What is read bounds what is done: nothing small takes all of the memory, or minutes."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
import yaml
from jobwait_generator.document.document import Document, load
from jobwait_generator.document.limits import MAX_ADDED, MAX_WORK, has_pattern, size, visits
from jobwait_generator.document.overlay import apply
from jobwait_generator.document.source import Source
from jobwait_generator.model.names import unique
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import Problem, RefusedError
from jobwait_generator.suggest.candidates import suggest

from ..kit.foreign import answers, document as foreign, thing
from .conftest import WIDGETS


def widgets(**changes: Any) -> Document:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    data |= changes
    return load("a.json", "widgets", json.dumps(data).encode())


def refused(document: Document) -> list[Problem]:
    with pytest.raises(RefusedError) as caught:
        generate([document])
    return caught.value.problems


def overlaid(*actions: Any, document: Document | None = None) -> list[Problem]:
    overlay = {"overlay": "1.1.0", "info": {"title": "a", "version": "1"}, "actions": actions}
    with pytest.raises(RefusedError) as caught:
        apply(document or widgets(), Source("o.json", json.dumps(overlay).encode()))
    return caught.value.problems


def test_defaults_of_server_variables_are_not_read_for_variables() -> None:
    names = [f"v{i}" for i in range(61)]
    variables = {name: {"default": f"{{{following}}}" * 2} for name, following in pairwise(names)}
    variables["v60"] = {"default": "a"}
    url = "https://{v0}.test"
    files = generate([widgets(servers=[{"url": url, "variables": variables}])])
    document = json.loads(files["widgets-client/widgets_client/openapi.json"])
    assert "servers" not in document or document["servers"] == []


def test_many_names_that_are_one_in_python_are_numbered_at_once() -> None:
    names = unique(["a"] * 20_000 + ["a_2", "b"])
    assert names[:3] == ["a", "a_2", "a_3"]
    assert len(set(names)) == 20_002


def test_an_object_with_too_many_properties_is_refused() -> None:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    properties = {f"p{i}": {"type": "string"} for i in range(2_001)}
    data["components"]["schemas"]["Failure"]["properties"] |= properties
    (problem,) = refused(widgets(components=data["components"]))
    assert "2002 properties are more than 2000" in problem.message


def test_descriptions_that_mean_too_many_properties_together_are_refused() -> None:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    parts: list[Any] = [
        {"properties": {f"p{i}": {} for i in range(first, first + 100)}}
        for first in range(0, 10_000, 100)
    ]
    data["components"]["schemas"]["Failure"] = {"type": "object", "allOf": parts}
    (problem,) = refused(widgets(components=data["components"]))
    assert problem.message == "this means too many properties; describe less, or flatter"
    assert problem.pointer == "/components/schemas/Failure/allOf/20"


def test_what_is_put_together_over_and_over_again_is_refused() -> None:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    parts: list[Any] = [{"properties": {f"p{i}": {}}} for i in range(1_900)]
    data["components"]["schemas"]["Failure"] = {"type": "object", "allOf": parts}
    (problem,) = refused(widgets(components=data["components"]))
    assert problem.message == "this means too many schemas; describe less, or flatter"
    assert problem.pointer.startswith("/components/schemas/Failure")


def test_four_thousand_words_of_one_name_are_numbered() -> None:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    words = ["-" * (i % 150 + 1) + "a" + "-" * (i // 150) for i in range(4_000)]
    data["components"]["schemas"]["Kind"]["enum"] = words
    files = generate([widgets(components=data["components"])])
    assert "A_4000 = " in files["widgets-client/widgets_client/models.py"]


def test_too_many_operations_are_refused() -> None:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    item = data["paths"]["/jobs/{id}"]
    (problem,) = refused(widgets(paths={f"/jobs{i}/{{id}}": item for i in range(1_001)}))
    assert problem.pointer == "/paths"
    assert problem.message == "1001 operations are more than 1000; select fewer"


def test_an_enum_with_too_many_words_is_refused() -> None:
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    data["components"]["schemas"]["Kind"]["enum"] = [f"w{i}" for i in range(5_001)]
    (problem,) = refused(widgets(components=data["components"]))
    assert "5001 words are more than 5000" in problem.message


def test_an_overlay_that_copies_the_document_into_itself_is_refused() -> None:
    empty: list[Any] = [{"target": "$", "update": {f"x-{i}": {}}} for i in range(60)]
    copies = [{"target": f"$['x-{i}']", "copy": "$"} for i in range(60)]
    (problem,) = overlaid(*empty, *copies)
    assert problem.message == f"the overlay adds more than {MAX_ADDED} values; add fewer"


def test_an_overlay_that_adds_much_in_many_places_is_refused() -> None:
    large = {f"x-{i}": i for i in range(10_000)}
    (problem,) = overlaid(
        {"target": "$.components.schemas.*", "update": {"x-a": large}},
        {"target": "$.components.schemas.*", "update": {"x-b": large}},
        {"target": "$.components.schemas.*", "update": {"x-c": large}},
        {"target": "$.components.schemas.*", "update": {"x-d": large}},
    )
    assert problem.pointer.endswith("/update")


@pytest.mark.parametrize(
    ("query", "values", "is_too_much"),
    [
        ("$.paths['/jobs/{id}'].get", 1_000_000, False),
        ("$..['x-a']", 1_000_000, False),
        ("$.paths[?@.get.tags[0] == $.tags[0].name]", 1_000_000, False),
        ("$..*[?$..*]", 10_000, True),
        ("$..a..b..c", 10_000, True),
        ("$['..']['$$$']", 1_000_000, False),
    ],
)
def test_a_query_does_not_look_at_everything_for_everything(
    query: str, values: int, is_too_much: bool
) -> None:
    assert (visits(query, [0] * values) > MAX_WORK) is is_too_much


@pytest.mark.parametrize(
    ("query", "is_pattern"),
    [
        ("$.info[?match(@, '(a|aa)*[b-z]')]", True),
        ("$..[?search (@.title, $.info.title)]", True),
        ("$.info[?(length(@) > 5 && match(@, 'a'))]", True),
        ("$.info['match(']", False),
        ("$.match[?@.search == 5]", False),
    ],
)
def test_a_pattern_in_a_query_is_refused(query: str, is_pattern: bool) -> None:
    assert has_pattern(query) is is_pattern
    (problem, *_) = overlaid({"target": query, "update": {}})
    assert ("may take for ever" in problem.message) is is_pattern


def test_all_actions_of_an_overlay_together_are_bounded() -> None:
    actions = [{"target": "$.info[*]", "update": str(i)} for i in range(200)]
    problem = overlaid(*actions, document=widgets(**{"x-text": "a" * 19_000_000}))[-1]
    assert problem.message.startswith("up to here, the actions look at too much")


def test_the_levels_of_a_document_are_counted_after_its_overlay() -> None:
    actions: list[Any] = [{"target": "$", "update": {"x": {}}}]
    actions += [{"target": "$" + ".x" * i, "update": {"x": {}}} for i in range(1, 200)]
    problem, *_ = overlaid(*actions)
    assert problem.message == "the document has more than 100 levels with this; add fewer"
    assert problem.pointer == "/actions/99/update"


def test_as_many_removals_or_additions_as_there_are_places_take_one_pass_each() -> None:
    items = {"x-a": [{"a": i} for i in range(15_000)]}
    overlay = {
        "overlay": "1.1.0",
        "info": {"title": "a", "version": "1"},
        "actions": [
            {"target": "$", "update": items},
            {"target": "$['x-a'][?@.a > 5]", "update": {"b": 1}},
            {"target": "$['x-a'][?@.a > 7]", "remove": True},
        ],
    }
    document = apply(widgets(), Source("o.json", json.dumps(overlay).encode()))
    assert document.data["x-a"][5:] == [{"a": 5}, {"a": 6, "b": 1}, {"a": 7, "b": 1}]


def test_counting_stops_at_the_limit() -> None:
    shared: Any = {}
    for _ in range(100):
        shared = {"a": shared, "b": shared}
    assert 1_000 < size(shared, 1_000).values < 1_010


def test_of_very_many_jobs_the_best_are_proposed() -> None:
    schemas = {f"Job{i}": thing("queued running done failed") for i in range(100)}
    operations = [
        (f"GET /jobs{i}/{{id}}", answers({"$ref": f"#/components/schemas/Job{i}"}))
        for i in range(100)
    ]
    text = suggest(foreign(*operations, schemas=schemas), "a.json")
    assert len(yaml.safe_load(text)["actions"]) == 30
    assert "#   # unsure: there are many; a package may be of some of them" in text
