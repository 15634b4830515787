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
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from jobwait import UNSET, Model, UnknownVariant, Unset
from jobwait._models import Mismatch, decoder

from .widgets import CompletedJob, Job, JobResponse, PendingJob, UnknownJob


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


@pytest.mark.parametrize(
    ("wrong", "pointer", "expected"),
    [
        ({"text": None}, "/text", "a string, got null"),
        ({"text": 5}, "/text", "a string, got the number 5"),
        ({"count": True}, "/count", "an integer, got true"),
        ({"count": 1.5}, "/count", "an integer, got the number 1.5"),
        ({"ratio": "0.5"}, "/ratio", "a number, got '0.5'"),
        ({"ratio": 10**400}, "/ratio", "a number of 64 bits"),
        ({"flag": 1}, "/flag", "true or false"),
        ({"whenAt": "yesterday"}, "/whenAt", "an ISO 8601 date and time"),
        ({"day": 20240127}, "/day", "an ISO 8601 date"),
        ({"id": "x"}, "/id", "a UUID"),
        ({"colour": None}, "/colour", "a string, got null"),
        ({"level": "1"}, "/level", "an integer"),
        ({"kind": "c"}, "/kind", "'a' or 'b', got 'c'"),
        ({"open": []}, "/open", "an object, got an array"),
        ({"counts": {"a/b~c": "x"}}, "/counts/a~1b~0c", "an integer"),
        ({"children": {}}, "/children", "an array, got an object"),
        ({"children": [GOOD, GOOD | {"count": None}]}, "/children/1/count", "an integer"),
        ({"optional": None}, "/optional", "an integer, got null"),
        ({"either": [1]}, "/either", "an integer or a string at /0"),
    ],
)
def test_what_does_not_fit_is_named_by_pointer(
    wrong: dict[str, Any], pointer: str, expected: str
) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        Everything.from_dict(GOOD | wrong)
    assert f"at {pointer!r} " in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_required_field_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ValueError, match=f"'/{missing}' expected a value, got nothing"):
        Everything.from_dict({key: value for key, value in GOOD.items() if key != missing})


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
    with pytest.raises(ValueError, match="status"):
        UnknownJob.from_dict({"status": 5})


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

    assert read({"kind": "folder", "items": []}) == Folder(kind="folder", items=[])
    assert read({"kind": "link"}) == UnknownEntry(raw_kind="link", raw={"kind": "link"})
    assert read("none") == "none"
    assert read([1]) == [1]
    with pytest.raises(Mismatch, match="an object or a string or an array"):
        read(1)


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
def test_no_json_whatever_is_more_than_a_value_error(value: Any, name: str, inner: Any) -> None:
    for data in (value, {"data": value}, {"data": {"id": "1", "status": "completed", name: inner}}):
        try:
            response = JobResponse.from_dict(data)
        except ValueError:
            continue
        assert JobResponse.from_dict(response.to_dict()) == response
