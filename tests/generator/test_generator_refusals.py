"""What a refusal says beyond what is wrong: what is nearest, what is allowed, and where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from jobwait_generator.cli import main
from jobwait_generator.problems import Problem

from .conftest import WIDGETS

HEAD = "overlay: 1.1.0\ninfo: {title: Test, version: 1.0.0}\n"

Refused = Callable[[str, str], str]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """What `build` prints of a document and an overlay."""

    def run(document: str, overlay: str) -> str:
        (tmp_path / "a.yaml").write_text(document)
        (tmp_path / "o.yaml").write_text(overlay)
        files = ["--spec", str(tmp_path / "a.yaml"), "--overlay", str(tmp_path / "o.yaml")]
        assert main(["build", *files, "--name", "a", "--out", str(tmp_path)], tmp_path) == 1
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("$.paths['/job/{id}'].get", "`$.paths` has no `/job/{id}`: the nearest is `/jobs/{id}`"),
        ("$.paths['/jobs/{id}'].post", "`$.paths['/jobs/{id}']` has no `post`: there is `get`"),
        ("$.compnents.schemas", "`$` has no `compnents`: the nearest is `components`, of"),
        ('$["info"].titel', '`$["info"]` has no `titel`: the nearest is `title`'),
        ("$.openapi.x", "`$.openapi` has no parts with names"),
        ("$..nowhere", "nothing in the document is there; correct it; or remove the action"),
    ],
)
def test_a_target_that_selects_nothing_is_told_what_is_nearest(
    refused: Refused, target: str, message: str
) -> None:
    overlay = f"{HEAD}actions:\n  - target: {target!r}\n    update: {{}}\n"
    assert "o.yaml:4  /actions/0/target  nothing in the document is there; " in (
        refused(WIDGETS, overlay)
    )
    assert message in refused(WIDGETS, overlay)


def test_a_mistyped_key_of_an_overlay_is_told_the_nearest_and_the_allowed_ones(
    refused: Refused,
) -> None:
    text = refused(WIDGETS, f"{HEAD}actoins: []\n")
    assert "the nearest is `actions`, of `actions`, `extends`, `info`, `overlay`" in text


def test_an_overlay_that_is_no_mapping_is_told_what_it_begins_with(refused: Refused) -> None:
    assert "begin it with `overlay: 1.1.0`" in refused(WIDGETS, "- target: $\n")


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (
            "states: {",
            "sates: {",
            "/sates",
            "there is no such entry; the nearest is `states`, of `job`, `status`, `states`",
        ),
        (
            "value: /data/progress",
            "valeu: /data/progress",
            "/progress/valeu",
            "`value`, of `value`",
        ),
        ("status: /data/status", "status: data/status", "/status", "it starts with a slash"),
        ("max: 100", "max: all", "/progress/max", '"all" is not a number; expected here: '),
        ("failure: {", "failure: [] # {", "/failure", "[] is not a mapping; expected here: "),
        (
            "job: /data",
            "responses: {Found: running}\n        job: /data",
            "/responses/Found",
            '"Found": Not a status code: it has three digits, from 200 to 599.',
        ),
        (
            "states: {waiting: pending",
            "states: {waiting: Pending",
            "/states/waiting",
            '"Pending" is none of these; the nearest is `pending`, of `pending`, `running`, ',
        ),
        (
            "job: /data",
            "cancel: {operation: 'GET /job/{id}'}\n        job: /data",
            "/cancel/operation",
            "no operation is 'GET /job/{id}'; the nearest is GET /jobs/{id}",
        ),
    ],
)
def test_a_mistyped_entry_of_the_extension_is_told_what_is_right(
    refused: Refused, old: str, new: str, place: str, message: str
) -> None:
    assert old in WIDGETS
    lines = refused(WIDGETS.replace(old, new, 1), f"{HEAD}actions: [{{target: $, update: {{}}}}]\n")
    (line,) = (line for line in lines.splitlines() if f"x-wait-for-completion{place}  " in line)
    assert message in line
    assert "does not match" not in lines


def test_what_follows_from_a_wrong_word_is_not_told_beside_it(refused: Refused) -> None:
    document = WIDGETS.replace("done: succeeded", "done: Succeeded")
    assert refused(document, f"{HEAD}actions: [{{target: $, update: {{}}}}]\n").count("\n") == 2


@pytest.mark.parametrize(
    ("pointer", "nearest"),
    [
        ("/data/state", "/data/status"),
        ("/status", "/data/status"),
        ("/dta/status", "/data/status"),
    ],
)
def test_a_wrong_status_pointer_is_one_problem_with_the_nearest_property(
    refused: Refused, pointer: str, nearest: str
) -> None:
    document = WIDGETS.replace("status: /data/status", f"status: {pointer}")
    lines = refused(document, f"{HEAD}actions: [{{target: $, update: {{}}}}]\n").splitlines()
    assert len(lines) == 2
    assert f'"{pointer}"; the nearest is `{nearest}`' in lines[0]


def test_a_path_is_printed_as_a_person_writes_it() -> None:
    problem = Problem("a.yaml", 3, "/paths/~1jobs~1{id}/get/responses/200", "this is wrong")
    assert str(problem) == (
        "a.yaml:3  /paths/~1jobs~1{id}/get/responses/200  this is wrong (GET /jobs/{id})"
    )
    assert str(problem._replace(pointer="/paths/~1jobs")).endswith("  this is wrong (/jobs)")
    assert str(problem._replace(pointer="/info")) == "a.yaml:3  /info  this is wrong"
