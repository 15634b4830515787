"""Decoding: annotations are the schema, and what is unknown never breaks a caller."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Literal, TypeAlias
from uuid import UUID

import pytest
from attrs import evolve, field, frozen
from hypothesis import given, strategies as st

from jobwait import UNSET, Deviation, Model, UnknownVariant, Unset, deviations
from jobwait._decode import LEVELS, Mismatch, decode, decoder

from .kit.widgets import CompletedJob, Job, JobResponse, PendingJob, UnknownJob


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Level(IntEnum):
    LOW = 1


@frozen(kw_only=True)
class Everything(Model):
    text: str
    count: int
    ratio: float
    flag: bool
    when: datetime = field(metadata={"json": "whenAt"})
    day: date
    id: UUID
    colour: Colour | str
    level: Level | int
    kind: Literal["a", "b"]
    anything: Any
    open: Mapping[str, Any]
    counts: Mapping[str, int]
    children: list[Everything]
    nullable: str | None
    either: int | list[str]
    optional: int | Unset = UNSET
    both: str | Unset | None = UNSET
    days: list[date] | Unset = UNSET
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


GOOD: dict[str, Any] = {
    "text": "t",
    "count": 3,
    "ratio": 0.5,
    "flag": True,
    "whenAt": "2024-01-27T10:30:00Z",
    "day": "2024-01-27",
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "colour": "red",
    "level": 1,
    "kind": "b",
    "anything": [1, {"x": None}],
    "open": {"x": [1]},
    "counts": {"n": 1},
    "children": [],
    "nullable": None,
    "either": ["x"],
}


def test_every_annotation_is_decoded_to_its_type() -> None:
    got = Everything.from_dict(GOOD | {"children": [GOOD]})
    assert got.when == datetime(2024, 1, 27, 10, 30, tzinfo=UTC)
    assert got.day == date(2024, 1, 27)
    assert got.id == UUID("550e8400-e29b-41d4-a716-446655440000")
    assert got.colour is Colour.RED
    assert got.level is Level.LOW
    assert got.children == [Everything.from_dict(GOOD)]
    assert got.optional is UNSET
    assert got.both is UNSET
    assert got.nullable is None


def test_to_dict_gives_back_what_came() -> None:
    full = GOOD | {"children": [GOOD], "optional": 4, "both": None, "new": {"deep": [1]}}
    assert Everything.from_dict(full).to_dict() == full
    assert Everything.from_dict(GOOD).to_dict() == GOOD


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"text": None}, "/text", "a string, got null"),
    ({"text": 5}, "/text", "a string, got the number 5"),
    ({"count": True}, "/count", "an integer, got true"),
    ({"count": 1.5}, "/count", "an integer, got the number 1.5"),
    ({"ratio": "0.5"}, "/ratio", "a number, got '0.5'"),
    ({"ratio": 10**400}, "/ratio", "a number of 64 bits"),
    ({"flag": 1}, "/flag", "true or false"),
    ({"whenAt": "yesterday"}, "/whenAt", "an ISO 8601 date and time"),
    ({"whenAt": "2024-01-00T10:30:00Z"}, "/whenAt", "an ISO 8601 date and time"),
    ({"whenAt": ""}, "/whenAt", "an ISO 8601 date and time"),
    ({"day": 20240127}, "/day", "an ISO 8601 date"),
    ({"id": "x"}, "/id", "a UUID"),
    ({"colour": None}, "/colour", "a string, got null"),
    ({"colour": ["red"]}, "/colour", "a string, got an array"),
    ({"level": "1"}, "/level", "an integer"),
    ({"kind": "c"}, "/kind", "'a' or 'b', got 'c'"),
    ({"kind": {}}, "/kind", "'a' or 'b', got an object"),
    ({"open": []}, "/open", "an object, got an array"),
    ({"counts": {"a/b~c": "x"}}, "/counts/a~1b~0c", "an integer"),
    ({"children": {}}, "/children", "an array, got an object"),
    ({"children": [GOOD, GOOD | {"count": None}]}, "/children/1/count", "an integer"),
    ({"children": [GOOD, None]}, "/children/1", "an object, got null"),
    ({"optional": None}, "/optional", "an integer, got null"),
    ({"either": {}}, "/either", "an integer or an array, got an object"),
    ({"either": ["x", 1]}, "/either/1", "a string, got the number 1"),
]


@pytest.mark.parametrize(("wrong", "pointer", "expected"), WRONG)
def test_what_does_not_fit_is_kept_as_it_came_and_named_by_pointer(
    wrong: dict[str, Any], pointer: str, expected: str
) -> None:
    model = Everything.from_dict(GOOD | wrong)
    (deviation,) = deviations(model)
    assert deviation.pointer == pointer
    assert expected in f"{deviation.expected}, got {deviation.found}"
    assert model.to_dict() == GOOD | wrong
    assert Everything.from_dict(model.to_dict()) == model
    assert deviations(pickle.loads(pickle.dumps(model))) == (deviation,)
    assert pickle.loads(pickle.dumps(model)) == copy.deepcopy(model) == model


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("whenAt", "2024-01-27T10:30:00.000Z"),
        ("whenAt", "2024-01-27T10:30:00.123456789Z"),
        ("whenAt", "2024-01-27T10:30:00+00:00"),
        ("whenAt", "2024-01-27 10:30:00Z"),
        ("whenAt", "20240127T103000Z"),
        ("whenAt", "2024-01-27"),
        ("day", "20240127"),
        ("id", "550E8400-E29B-41D4-A716-446655440000"),
        ("id", "{550e8400-e29b-41d4-a716-446655440000}"),
        ("days", ["20240127", "2024-01-28"]),
    ],
)
def test_a_text_that_its_value_would_not_give_back_is_given_back_as_it_came(
    name: str, text: Any
) -> None:
    data = GOOD | {name: text}
    model = Everything.from_dict(data)
    assert deviations(model) == ()
    for twin in (model, copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.to_dict() == data
        assert twin == model
    later = evolve(model, when=datetime(2025, 1, 1, tzinfo=UTC), day=date(2025, 1, 1), days=[])
    assert later.to_dict()["whenAt"] == "2025-01-01T00:00:00Z"
    assert later.to_dict()["day"] == "2025-01-01"


def test_what_fits_beside_what_does_not_is_typed_all_the_same() -> None:
    wrong = GOOD | {"flag": None, "children": [GOOD | {"day": 0}, 5], "counts": {"a": 1, "b": "2"}}
    model = Everything.from_dict(wrong)
    assert model.when == datetime(2024, 1, 27, 10, 30, tzinfo=UTC)
    assert model.children[0].colour is Colour.RED
    assert model.counts == {"a": 1, "b": "2"}
    pointers = [deviation.pointer for deviation in deviations(model)]
    assert pointers == ["/flag", "/counts/b", "/children/0/day", "/children/1"]


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_required_field_that_is_missing_is_unset_and_named(missing: str) -> None:
    data = {key: value for key, value in GOOD.items() if key != missing}
    model = Everything.from_dict(data)
    assert deviations(model) == (Deviation(f"/{missing}", "a value", "nothing"),)
    assert getattr(model, "when" if missing == "whenAt" else missing) is UNSET
    assert model.to_dict() == data


def test_a_job_as_the_document_says_has_no_deviations() -> None:
    assert deviations(Everything.from_dict(GOOD)) == ()
    assert deviations(UnknownJob.from_dict({"status": "archived"})) == ()
    assert deviations(None) == deviations({"status": 5}) == ()


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_a_model_is_an_object(data: Any) -> None:
    with pytest.raises(ValueError, match="expected an object, got "):
        Everything.from_dict(data)


@frozen(kw_only=True)
class Cat(Model):
    name: str
    lives: int
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class Dog(Model):
    name: str
    tricks: list[str]
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@pytest.mark.parametrize(
    ("value", "kind", "pointers"),
    [
        ({"name": "x", "tricks": "sit"}, Dog, ["/tricks"]),
        ({"lives": 9}, Cat, ["/name"]),
        ({"lives": "9"}, Dog, ["/name", "/tricks"]),  # the first of those that fit alike
        ([1, "x"], list, ["/0"]),
        (5, int, [""]),
        ("soon", str, [""]),
    ],
)
def test_of_a_union_the_member_of_the_right_kind_that_fits_best_is_taken(
    value: Any, kind: type, pointers: list[str]
) -> None:
    got, mismatches = decode(decoder(Dog | Cat | list[str] | date), value)
    assert type(got) is kind
    assert [mismatch.pointer for mismatch in mismatches] == pointers


def test_a_member_that_an_enum_does_not_know_stays_a_plain_value() -> None:
    got = Everything.from_dict(GOOD | {"colour": "mauve", "level": 9})
    assert (type(got.colour), got.colour) == (str, "mauve")
    assert (type(got.level), got.level) == (int, 9)


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    assert Everything.from_dict(GOOD | {"count": 3.0, "ratio": 1}).count == 3


def test_models_pickle_and_copy() -> None:
    job = JobResponse.from_dict({"data": {"status": "archived", "x": 1}})
    for model in (Everything.from_dict(GOOD), job):
        assert pickle.loads(pickle.dumps(model)) == model
        assert copy.deepcopy(model) == model


def test_an_attribute_of_what_was_not_sent_says_so() -> None:
    job = JobResponse.from_dict({"data": {"id": "1", "status": "completed"}}).data
    assert isinstance(job, CompletedJob)
    result: Any = job.result
    with pytest.raises(AttributeError, match=r"no attribute 'text': the provider did not send"):
        _ = result.text
    assert not hasattr(UNSET, "text")


def test_unset_is_one_falsy_thing_even_after_copy_and_pickle() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    for twin in (copy.copy(UNSET), copy.deepcopy(UNSET), pickle.loads(pickle.dumps(UNSET))):
        assert twin is UNSET


def test_the_unknown_variant_keeps_all() -> None:
    raw = {"status": "archived", "shelf": 7}
    response = JobResponse.from_dict({"data": raw})
    assert response.data == UnknownJob(raw_status="archived", raw=raw)
    assert response.to_dict() == {"data": raw}
    assert UnknownJob.from_dict(raw) == response.data


@pytest.mark.parametrize(
    ("status", "word"), [(5, "5"), (None, "null"), (True, "true"), (["x"], '["x"]'), (UNSET, "")]
)
def test_without_a_word_that_tells_variants_apart_it_is_the_unknown_one(
    status: Any, word: str
) -> None:
    raw = {"id": "1"} if status is UNSET else {"id": "1", "status": status}
    response = JobResponse.from_dict({"data": raw})
    assert response.data == UnknownJob.from_dict(raw) == UnknownJob(raw_status=word, raw=raw)
    assert response.to_dict() == {"data": raw}
    assert [deviation.pointer for deviation in deviations(response.data)] == ["/status"]


@frozen(kw_only=True)
class Folder(Model):
    kind: Literal["folder"]
    items: list[Entry]
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(kw_only=True)
class UnknownEntry(UnknownVariant):
    __discriminator__: ClassVar[str] = "kind"
    kind: Literal["__unknown__"] = "__unknown__"
    raw_kind: str
    raw: Mapping[str, Any]


Entry: TypeAlias = Folder | UnknownEntry


def test_a_union_may_contain_itself() -> None:
    data: dict[str, Any] = {
        "kind": "folder",
        "items": [{"kind": "folder", "items": []}, {"kind": "link"}],
    }
    inner, link = Folder.from_dict(data).items
    assert inner == Folder(kind="folder", items=[])
    assert link == UnknownEntry(raw_kind="link", raw={"kind": "link"})


def test_a_union_may_stand_beside_other_types() -> None:
    read = decoder(Folder | UnknownEntry | str | list[int])

    assert read({"kind": "folder", "items": []}, None) == Folder(kind="folder", items=[])
    assert read({"kind": "link"}, None) == UnknownEntry(raw_kind="link", raw={"kind": "link"})
    assert read("none", None) == "none"
    assert read([1], None) == [1]
    with pytest.raises(Mismatch, match="an object or a string or an array"):
        read(1, None)


@pytest.mark.parametrize("depth", [300, 3_000])
def test_a_model_within_itself_is_typed_to_a_depth_and_then_kept_as_it_came(depth: int) -> None:
    data: dict[str, Any] = GOOD
    for _ in range(depth):
        data = GOOD | {"children": [data]}
    model = Everything.from_dict(data)

    inner: Any = model
    levels = 1
    while inner.children and isinstance(inner.children[0], Everything):
        inner, levels = inner.children[0], levels + 1
    if levels == depth + 1:  # this Python's stack holds all of it
        assert deviations(model) == ()
    else:
        assert levels in LEVELS
        (deviation,) = deviations(model)
        assert deviation == Deviation(
            "/children/0" * levels, "fewer objects within each other", "an object"
        )
    written = model.to_dict()
    for _ in range(depth):
        (written,) = written["children"]
    assert written == GOOD


def test_what_has_no_type_may_be_nested_as_deeply_as_it_likes() -> None:
    data: Any = []
    for _ in range(3_000):
        data = {"x": [data]}
    model = Everything.from_dict(GOOD | {"anything": data, "open": data, "new": data})
    assert deviations(model) == ()
    written = model.to_dict()["new"]
    for _ in range(3_000):
        (written,) = written["x"]
    assert written == []


def classify(job: Job) -> str:
    match job.status:
        case "completed":
            return "done"
        case "__unknown__":
            return "unknown"
        case _:
            return "not yet"


def test_match_on_status_tells_variants_apart() -> None:
    assert classify(CompletedJob(id="1", status="completed", result="x")) == "done"
    assert classify(PendingJob(id="1", status="pending")) == "not yet"
    assert classify(UnknownJob(raw_status="completed", raw={})) == "unknown"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["status", "id", "result", "progress", "error"]), json_values)
def test_any_json_is_read_as_far_as_it_fits(value: Any, name: str, inner: Any) -> None:
    for data in ({"data": value}, {"data": {"id": "1", "status": "completed", name: inner}}):
        response = JobResponse.from_dict(data)
        assert response.to_dict() == data
        assert JobResponse.from_dict(response.to_dict()) == response
        assert pickle.loads(pickle.dumps(response)) == response
        assert isinstance(deviations(response), tuple)
