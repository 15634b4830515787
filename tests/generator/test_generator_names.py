"""Names in Python: readable, told apart, and those that the document's author would have chosen."""

from __future__ import annotations

import re

import pytest
from jobwait_generator.model.names import class_name, field_names, identifier, members
from jobwait_generator.pipeline import generate

from .test_generator_normal_form import JOB, WAIT, Json, document, plain, ref


def classes(job: Json, wait: Json = WAIT, **components: Json) -> list[str]:
    """The classes and aliases of the models, sorted."""
    files = generate([document(plain(job, wait, components=components))])
    models = files["things-client/things_client/models.py"]
    return sorted(re.findall(r"^(?:class )?(\w+)(?:\(|: TypeAlias)", models, re.MULTILINE))


def variant(word: str) -> Json:
    """A job with one word for its status."""
    return {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string", "enum": [word]}},
    }


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("alpha1", "alpha1"),
        ("sha256", "sha256"),
        ("b64_json", "b64_json"),
        ("oauth2Token", "oauth2_token"),
        ("userID", "user_id"),
        ("userIDs", "user_ids"),
        ("imageURLs", "image_urls"),
        ("HTTPServer", "http_server"),
        ("GPUsUsed", "gpus_used"),
        ("AStarted", "a_started"),
        ("kebab-case.name", "kebab_case_name"),
        ("+1", "plus_1"),
    ],
)
def test_words_and_numbers_of_a_name_stay_together(wire: str, name: str) -> None:
    assert identifier(wire) == name


def test_the_property_that_is_called_most_like_its_attribute_keeps_the_name() -> None:
    names = field_names(["@type", "type", "Type", "createdAt", "created_at"])
    assert names == {
        "@type": "type_2",
        "type": "type_",
        "Type": "type_3",
        "createdAt": "created_at_2",
        "created_at": "created_at",
    }


def test_a_member_is_called_as_its_word_is() -> None:
    words = ["CANCELLED", "inProgress", "1920x1080", "2.5", "-1", "", "gpt-4o", "\u2713"]
    assert members(words, []) == [
        *("CANCELLED", "IN_PROGRESS", "VALUE_1920X1080", "VALUE_2_5", "MINUS_1", "VALUE_5"),
        *("GPT_4O", "VALUE_7"),
    ]


def test_a_variant_without_a_name_is_called_after_its_word() -> None:
    wait = {
        "status": "/status",
        "states": {"QUEUED": "pending", "DONE": "succeeded", "CANCELLED": "cancelled"},
    }
    job = {"oneOf": [variant(word) for word in wait["states"]]}
    names = ["CancelledJob", "DoneJob", "Job", "QueuedJob", "UnknownJob"]
    assert classes(job, wait) == names
    operation = classes(ref("Operation"), wait, Operation=job)
    assert operation == sorted(name.replace("Job", "Operation") for name in names)


def test_a_component_keeps_its_name_whatever_contains_it() -> None:
    for job in (ref("Operation"), {**JOB, "title": "Operation"}, {"allOf": [ref("Operation")]}):
        assert classes(job, Operation={**JOB, "nullable": True})[:1] == ["Operation"]


def test_two_components_of_one_name_are_told_apart_by_a_word() -> None:
    properties = {**JOB["properties"], "other": ref("operation")}
    names = classes(ref("Operation"), Operation={**JOB, "properties": properties}, operation=JOB)
    assert [name for name in names if not name.endswith("Status")] == ["Operation", "OperationData"]


def test_class_names_are_their_own() -> None:
    for name in ("userIDs", "HTTPServer", "a_b", "OAuth2", "IDs", "job v2"):
        assert class_name(class_name(name)) == class_name(name)
