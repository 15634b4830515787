"""What is proposed for a document that knows nothing of waiting."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st
from jobwait_generator.suggest.candidates import suggest
from jobwait_generator.suggest.vocabulary import meanings
from jsonschema import Draft202012Validator

from ..kit.foreign import (
    EDIT,
    ERROR,
    FOREIGN,
    NUMBER,
    TEXT,
    Foreign,
    Json,
    answers,
    document,
    thing,
)

ROOT: Final = Path(__file__).parents[2]
WORDS: Final = "queued running done failed"
LETTERS: Final = {"?": "?", **{s: s[0] for s in ("pending", "running", "succeeded", "failed")}}
THIRD_PARTY: Final = "JOBWAIT_THIRD_PARTY"
TARGET: Final = re.compile(r"\$\.paths\['(?P<path>[^'\\]*)'\]\.(?P<method>[a-z]+)")


def proposed(text: str) -> dict[str, Json]:
    """The extension for each operation of an overlay."""
    found: dict[str, Json] = {}
    for action in yaml.safe_load(text)["actions"]:
        target = TARGET.fullmatch(action["target"])
        if target:
            name = f"{target['method'].upper()} {target['path']}"
            found[name] = action["update"]["x-wait-for-completion"]
    return found


def only(schema: Json, path: str = "/jobs/{id}", **more: Any) -> Json:
    """The extension for a document's only operation."""
    found = proposed(suggest(document((f"GET {path}", answers(schema, **more))), "a.yaml"))
    assert list(found) == [f"GET {path}"]
    return found[f"GET {path}"]


def letters(states: dict[str, str]) -> dict[str, str]:
    return {w: "c" if s == "cancelled" else LETTERS[s] for w, s in states.items()}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_what_a_person_would_say_is_proposed_and_nothing_else(foreign: Foreign) -> None:
    found = proposed(suggest(foreign.data, "a.yaml"))
    assert {name: letters(value["states"]) for name, value in found.items()} == foreign.jobs
    assert not set(foreign.others) & set(found)


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_a_proposal_is_valid_once_every_word_is_decided(
    foreign: Foreign, extension: dict[str, Any]
) -> None:
    validator = _validator(extension)
    for value in proposed(suggest(foreign.data, "a.yaml")).values():
        undecided = [word for word, state in value["states"].items() if state == "?"]
        assert validator.is_valid(value) is not bool(undecided)
        value["states"] |= dict.fromkeys(undecided, "failed")
        validator.validate(value)


def _validator(extension: dict[str, Any]) -> Any:
    return Draft202012Validator(extension)


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_what_is_doubtful_is_valid_once_its_mark_is_taken_away(foreign: Foreign) -> None:
    text = suggest(foreign.data, "a.yaml")
    doubtful = text.partition("# Doubtful; ")[2].partition("\n\n")[0]
    lines = [line.removeprefix("# ") for line in doubtful.split("\n")[1:]]
    actions: list[Json] = yaml.safe_load("\n".join(lines)) or []
    operations = {m and f"{m['method'].upper()} {m['path']}" for m in map(_target, actions)}
    assert not operations & set(proposed(text))
    assert all("x-wait-for-completion" in action["update"] for action in actions)


def _target(action: Json) -> re.Match[str] | None:
    return TARGET.fullmatch(action["target"])


def test_what_is_not_sure_is_marked_with_the_reason() -> None:
    schema = thing("queued mulling done aborted failed", progress=NUMBER, status_message=TEXT)
    text = suggest(document(("GET /jobs/{id}", answers(schema))), "a.yaml")
    for line in (
        "mulling: running  # unsure: read by its ending as still going",
        "aborted: cancelled  # unsure: stopped by somebody, or broken off by a failure?",
        "# unsure: 100 where the progress is a percentage, 1 where it is a fraction",
        "# progress: {value: /progress, max: 100}",
        "# unsure: does it say why a job failed?",
        "message: /status_message",
    ):
        assert line in text


def test_a_status_without_words_is_told_and_not_proposed() -> None:
    text = suggest(document(("GET /jobs/{id}", answers(thing()))), "a.yaml")
    assert yaml.safe_load(text)["actions"] == []
    assert "Found no operation in a.yaml that is surely a job's status." in text
    assert "GET /jobs/{id}: the document lists no words of its status, at /status" in text


def test_words_that_a_description_quotes_are_proposed_as_unsure() -> None:
    status = {"type": "string", "description": "`queued`, `running`, `done` or `failed`"}
    schema = {"type": "object", "properties": {"status": status}}
    text = suggest(document(("GET /jobs/{id}", answers(schema))), "a.yaml")
    assert list(proposed(text)["GET /jobs/{id}"]["states"]) == WORDS.split()
    assert "# unsure: the document lists no words; these are read from its description" in text


def test_a_body_that_may_lack_the_status_is_marked() -> None:
    variants: list[Json] = [thing("queued running"), thing("done failed"), {"type": "object"}]
    schema: Json = {"oneOf": variants}
    assert only(schema)["absent"] == "running"
    operation = answers(thing(WORDS))
    operation["responses"] |= answers({"type": "object"}, code="202")["responses"]
    found = proposed(suggest(document(("GET /jobs/{id}", operation)), "a.yaml"))
    assert found["GET /jobs/{id}"]["absent"] == "running"
    assert found["GET /jobs/{id}"]["responses"] == {"202": "running"}


def test_status_codes_are_proposed_where_no_body_has_a_status() -> None:
    operation = answers({"properties": {"rows": TEXT}}, summary="Poll a report")
    operation["responses"]["202"] = {"description": ""}
    text = suggest(document(("GET /reports/{id}", operation)), "a.yaml")
    codes = {"200": "succeeded", "202": "running"}
    assert proposed(text) == {"GET /reports/{id}": {"responses": codes}}
    assert "# unsure: no member of its bodies is a status" in text


def test_what_cancels_a_job_is_linked_and_its_other_operations_are_told() -> None:
    operations = ("GET /jobs", "GET /jobs/{id}/result", "POST /jobs/{id}/cancel")
    job = ("GET /jobs/{id}", answers(thing(WORDS)))
    text = suggest(document(job, *((name, EDIT) for name in operations)), "a.yaml")
    links = {key: proposed(text)["GET /jobs/{id}"].get(key) for key in ("cancel", "list", "result")}
    assert links == {
        "cancel": {"operation": "POST /jobs/{id}/cancel"},
        "list": None,
        "result": None,
    }
    assert '# list: {operation: "GET /jobs"}' in text
    assert '# result: {operation: "GET /jobs/{id}/result"}' in text


@pytest.mark.parametrize(
    ("word", "letter"),
    [
        ("IN_QUEUE", "p"),
        ("Not Started", "p"),
        ("awaiting-upload", "p"),
        ("inProgress", "r"),
        ("re-indexing", "r"),
        ("CANCEL_REQUESTED", "r"),
        ("Completed Successfully", "s"),
        ("OK", "s"),
        ("timedOut", "f"),
        ("TIMED-OUT", "f"),
        ("Task not found", "f"),
        ("error_converting", "f"),
        ("Content Moderated", "f"),
        ("canceled", "c"),
        ("Aborted", "c"),
        ("unknown", "?"),
        ("not_completed", "?"),
        ("partially verified or rejected", "f"),
        ("purple", "?"),
        ("", "?"),
        ("¡!", "?"),
    ],
)
def test_a_word_means_the_same_however_it_is_spelled(word: str, letter: str) -> None:
    state = meanings([word])[word].state or "?"
    assert letters({word: state}) == {word: letter}


@pytest.mark.parametrize(
    ("words", "word", "letter"),
    [
        ("pending ready failed", "ready", "s"),
        ("ready running succeeded failed", "ready", "p"),
        ("queued transcribed failed", "transcribed", "s"),
        ("queued transcribed completed failed", "transcribed", "?"),
        ("uploaded transcribed failed", "uploaded", "?"),
        ("waiting active completed", "active", "r"),
        ("active inactive", "active", "?"),
        ("STATE_QUEUED STATE_DONE", "STATE_DONE", "s"),
        ("text_success success", "text_success", "?"),
        ("dreaming dreamed failed", "dreamed", "s"),
    ],
)
def test_a_word_is_judged_with_the_others(words: str, word: str, letter: str) -> None:
    state = meanings(words.split())[word].state or "?"
    assert letters({word: state}) == {word: letter}


@pytest.mark.parametrize(
    ("name", "schema", "maximum"),
    [
        ("progress", {"type": "number", "maximum": 100}, 100),
        ("progress", {"type": "number", "maximum": 1}, 1),
        ("progress", {"type": "integer", "description": "In percent."}, 100),
        ("progress", {"type": "number", "description": "From 0 to 1."}, 1),
        ("progress", {"type": ["number", "null"], "example": 0.4}, 1),
        ("progress", {"anyOf": [{"type": "number", "example": 42}, {"type": "null"}]}, 100),
        ("percentComplete", {"type": "number"}, 100),
        ("fraction_completed", {"type": "number"}, 1),
        ("progress", {"type": "number"}, None),
        ("progress", {"type": "string"}, None),
    ],
)
def test_the_scale_of_progress_is_what_the_document_tells(
    name: str, schema: Json, maximum: int | None
) -> None:
    expected = {"value": f"/{name}", "max": maximum} if maximum else None
    assert only(thing(WORDS, **{name: schema})).get("progress") == expected


@pytest.mark.parametrize(
    ("members", "failure"),
    [
        ({"error": TEXT}, {"message": "/error"}),
        ({"error": ERROR}, {"code": "/error/code", "message": "/error/message"}),
        (
            {"error": {"oneOf": [{"type": "null"}, ERROR]}},
            {"code": "/error/code", "message": "/error/message"},
        ),
        (
            {"errorCode": TEXT, "errorMessage": TEXT},
            {"code": "/errorCode", "message": "/errorMessage"},
        ),
        (
            {"failure": {"type": "string", "enum": ["a", "b"]}, "failure_detail": TEXT},
            {"code": "/failure", "message": "/failure_detail"},
        ),
        ({"retryable": {"type": "boolean"}}, {"retryable": "/retryable"}),
        ({"error": {"type": "boolean"}}, None),
        ({"message": TEXT}, None),
    ],
)
def test_the_reason_of_a_failure_is_found(members: Json, failure: Json | None) -> None:
    assert only(thing(WORDS, **members)).get("failure") == failure


def test_the_job_is_the_nearest_object_with_an_id() -> None:
    job = thing(WORDS)
    bare: Json = {"type": "object", "properties": {"status": job["properties"]["status"]}}
    for body, pointer in (
        (job, None),
        (_around(data=job), "/data"),
        (_around(data=_around(job=job)), "/data/job"),
        (_around(id=TEXT, data=bare), None),
        (_around(trace_id=TEXT, data=bare), "/data"),
        (_around(data=_around(id=TEXT, attributes=bare)), "/data"),
        ({"allOf": [{"properties": {"data": job}}, {"required": ["data"]}]}, "/data"),
    ):
        assert only(body).get("job") == pointer


def test_a_job_that_a_body_may_lack_is_marked() -> None:
    for body in (
        {"properties": {"data": thing(WORDS)}},
        _around(data={**thing(WORDS), "nullable": True}),
        {"anyOf": [_around(data=thing(WORDS)), {"properties": {"data": thing(WORDS)}}]},
    ):
        assert "job" not in only(body)
        text = suggest(document(("GET /jobs/{id}", answers(body))), "a.yaml")
        assert "# job: /data" in text


def _around(**members: Json) -> Json:
    return {"type": "object", "required": [*members], "properties": members}


def test_a_status_in_bodies_of_200_and_202_has_the_words_of_both() -> None:
    operation = answers(thing("done failed"))
    operation["responses"] |= answers(thing("queued"), code="202")["responses"]
    found = proposed(suggest(document(("GET /things/{id}", operation)), "a.yaml"))
    assert found["GET /things/{id}"]["states"] == {
        "done": "succeeded",
        "failed": "failed",
        "queued": "pending",
    }


def test_one_job_is_proposed_once_and_its_other_ways_are_told() -> None:
    text = suggest(FOREIGN["many ways to one job"].data, "a.yaml")
    assert "# The same job by other ways: GET /users/{user}/tasks/{id}" in text


def test_a_job_at_another_server_is_doubtful() -> None:
    here = ("GET /a/jobs/{id}", answers(thing(WORDS)))
    there = ("GET /there/jobs/{id}", answers(thing(WORDS), servers=[{"url": "https://b.test"}]))
    text = suggest(document(here, there), "a.yaml")
    assert list(proposed(text)) == ["GET /a/jobs/{id}"]
    assert "# unsure: its server is another, and a client has one" in text


HOSTILE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40) | st.sampled_from(
    [
        "done\nactions: []",
        "'] # $..*",
        '"\\',
        "\u2028- target: $",
        "*a &b !!python/object:os.system",
        "null",
        "? x",
        "\x00\x85\ufeff",
        "{a: b}",
        "no",
        "1_000",
        "\U0001f600",
    ]
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_string_of_a_document_is_more_than_a_string(word: str, name: str, told: str) -> None:
    path = "/jobs/" + name.replace("{", "").replace("}", "") + "/{id}"
    status: Json = {"type": "string", "enum": [*WORDS.split(), word]}
    schema: Json = {"properties": {"data": {"properties": {f"{name}_status": status, "id": TEXT}}}}
    data = document(("GET /a/{id}", answers(schema, summary=told, description="poll " + told)))
    data["paths"][path] = data["paths"].pop("/a/{id}")
    data["info"]["title"] = told
    overlay = yaml.safe_load(suggest(data, told))
    assert list(overlay) == ["overlay", "info", "actions"]
    assert all(list(action) == ["target", "update"] for action in overlay["actions"])
    for action in overlay["actions"]:
        assert list(action["update"]) == ["x-wait-for-completion"]
        assert set(action["update"]["x-wait-for-completion"]["states"]) == {*WORDS.split(), word}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("properties", "status", "enum", "oneOf", "allOf", "$ref", "const", "id"),
                    *("discriminator", "mapping", "propertyName", "items", "type", "schema"),
                    *("200", "content", "application/json", "responses", "parameters", "headers"),
                ]
            ),
            inner | st.sampled_from(["#/components/schemas/A", "#/paths", "#", "a.yaml#/b"]),
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JUNK, JUNK, JUNK)
def test_whatever_a_document_holds_a_valid_overlay_comes_of_it(a: Any, b: Any, c: Any) -> None:
    data = document(("GET /jobs/{id}", answers({"$ref": "#/components/schemas/A"})))
    data["components"] = {"schemas": {"A": a}}
    data["paths"]["/a/{id}"] = {"get": b, "parameters": c, "post": {"responses": a}}
    data["paths"]["/b"] = c
    assert isinstance(yaml.safe_load(suggest(data, "a.yaml"))["actions"], list)


def _circle() -> Json:
    schemas: Json = {
        "A": {"allOf": [{"$ref": "#/components/schemas/B"}], "properties": {}},
        "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, thing(WORDS)]},
        "C": {"$ref": "#/components/schemas/C"},
    }
    for name in schemas:
        schemas["A"]["properties"][name] = {"$ref": f"#/components/schemas/{name}"}
    return document(
        ("GET /jobs/{id}", answers({"$ref": "#/components/schemas/A"})), schemas=schemas
    )


def _deep() -> Json:
    schema = thing(WORDS)
    for _ in range(10_000):
        schema = {"allOf": [schema]}
    return document(("GET /jobs/{id}", answers(schema)))


def _own_part() -> Json:
    schema = thing(WORDS)
    schema["oneOf"] = [schema, schema]
    schema["properties"]["again"] = schema
    return document(("GET /jobs/{id}", answers(schema)))


def _wide() -> Json:
    schemas: Json = {f"S{i}": {"properties": {}} for i in range(300)}
    for schema in schemas.values():
        schema["properties"] = {f"p{n}": {"$ref": f"#/components/schemas/{n}"} for n in schemas}
    operations = [
        (f"GET /a{i}/{{id}}", answers({"allOf": [{"$ref": f"#/components/schemas/S{i % 300}"}]}))
        for i in range(1000)
    ]
    return document(*operations, schemas=schemas)


@pytest.mark.parametrize("make", [_circle, _deep, _own_part])
def test_a_document_without_an_end_is_read_to_one(make: Callable[[], Json]) -> None:
    assert "overlay: 1.0.0" in suggest(make(), "a.yaml")


def test_what_was_too_large_to_be_looked_at_is_told() -> None:
    assert "# unsure: too large; " in suggest(_wide(), "a.yaml")


def test_a_reference_to_another_file_is_told() -> None:
    data = document(("GET /jobs/{id}", answers({"$ref": "jobs.yaml#/Job"})))
    assert "# unsure: references to other files were not followed: jobs.yaml#/Job" in suggest(
        data, "a.yaml"
    )


def test_the_same_document_has_the_same_proposal_in_every_process() -> None:
    code = (
        "from tests.kit.foreign import FOREIGN\n"
        "from jobwait_generator.suggest.candidates import suggest\n"
        "print(*(suggest(foreign.data, 'a.yaml') for foreign in FOREIGN.values()))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


JOBS_TOO: Final = {
    "replicate.json": {"GET /trainings/{training_id}"},
    "revai.yaml": {
        f"GET /{kind}/v1/jobs/{{id}}"
        for kind in ("languageid", "sentiment_analysis", "topic_extraction")
    },
}
"""Status operations of third parties' documents that their list of semantics leaves out."""


def test_third_parties_jobs_are_proposed_with_the_meanings_a_person_found() -> None:
    folder = os.environ.get(THIRD_PARTY)
    if not folder:
        pytest.skip(f"{THIRD_PARTY} does not name a folder with third parties' documents")
    truth: Json = yaml.safe_load((Path(folder) / "polling.yaml").read_text())
    expected: dict[str, set[str]] = {file: set(names) for file, names in JOBS_TOO.items()}
    overlays = {
        row["spec"]: proposed(suggest(_read(Path(folder) / row["spec"]), row["spec"]))
        for row in truth.values()
    }
    for row in truth.values():
        expected.setdefault(row["spec"], set()).add(row["status_op"])
        value = overlays[row["spec"]][row["status_op"]]
        assert value["status"].replace("/", ".") == row["status"].removeprefix("$")
        means: dict[str, set[str]] = {"success": set(), "failure": set(), "pending": set()}
        for word, state in value["states"].items():
            kinds = {"pending": "pending", "running": "pending", "succeeded": "success"}
            means[kinds.get(state, "failure")].add(word)
        assert means == {kind: set(row[kind]) for kind in means}
    assert {file: set(found) for file, found in overlays.items()} == expected


def _read(file: Path) -> Json:
    found: Json = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found
