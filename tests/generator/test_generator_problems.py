"""What a document must be, and how a problem is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jobwait_generator.cli import main
from jobwait_generator.document.pointer import escaped, tokens
from jobwait_generator.document.values import is_sequence, mapping, sequence
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import Problem, RefusedError

from ..kit import recursive
from .conftest import WIDGETS, Edit, Problems, document, edited

GET = "/paths/~1jobs~1{id}/get"
WAIT = f"{GET}/x-wait-for-completion"
SCHEMAS = "/components/schemas"
STATES = "states: {waiting: pending, done: succeeded, broken: failed}"
KEY = "{type: http, scheme: bearer, x-environment-variable: WIDGETS_API_KEY}"
PARAMETER = "{name: id, in: path, required: true, schema: {type: string}}"


@pytest.mark.parametrize(
    ("old", "new", "pointer", "message"),
    [
        pytest.param(
            STATES,
            "states: {waiting: pending, done: succeeded}",
            f"{WAIT}/states",
            'the status word "broken" has no state; say what it means',
            id="a status word without a state",
        ),
        pytest.param(
            STATES,
            "states: {waiting: pending, done: succeeded, broken: failed, lost: failed}",
            f"{WAIT}/states/lost",
            'the status is never "lost"',
            id="a state for a word that is none",
        ),
        pytest.param(
            STATES,
            "states: {waiting: pending, done: failed, broken: failed}",
            f"{WAIT}/states",
            "at least one of them is `succeeded`",
            id="no word that means succeeded",
        ),
        pytest.param(
            STATES,
            "states: {waiting: pending, done: succeded, broken: failed}",
            f"{WAIT}/states/done",
            '"succeded" is none of these; the nearest is `succeeded`, of `pending`, `running`',
            id="a state that does not exist",
        ),
        pytest.param(
            "initial: 1,",
            "initial: -1,",
            f"{WAIT}/polling/initial",
            "Seconds between the first poll and the second",
            id="a figure that breaks the extension's schema",
        ),
        pytest.param(
            "initial: 1,",
            "initial: 9,",
            f"{WAIT}/polling/initial",
            "9 is above maximum, 8; lower it",
            id="a first delay above the longest",
        ),
        pytest.param(
            "status: /data/status\n",
            "status: /data/state\n",
            f"{WAIT}/status",
            'not every 200 body has "/data/state"',
            id="a status pointer to nothing",
        ),
        pytest.param(
            "status: /data/status\n",
            "status: /data/result\n",
            f"{WAIT}/status",
            "not every 200 body has",
            id="a status that only one variant has",
        ),
        pytest.param(
            "value: /data/progress",
            "value: /data/percent",
            f"{WAIT}/progress/value",
            'the 200 body has no "/data/percent"; the nearest is `/data/',
            id="a progress pointer to nothing",
        ),
        pytest.param(
            "code: /data/error/code}",
            "code: /data/error/kode}",
            f"{WAIT}/failure/code",
            'the 200 body has no "/data/error/kode"; the nearest is `/data/error/code`',
            id="a failure pointer to nothing",
        ),
        pytest.param(
            "job: /data\n",
            "job: /date\n",
            f"{WAIT}/job",
            'the 200 body has no "/date"',
            id="a job pointer to nothing",
        ),
        pytest.param(
            PARAMETER,
            "{name: id, in: path, required: true, schema: {type: array, items: {}}}",
            f"{GET}/parameters/0/schema",
            "a job's id is a string, an integer or a UUID",
            id="an id of another type",
        ),
        pytest.param(
            '"404":',
            '"4o4":',
            f"{GET}/responses/4o4",
            "this is no HTTP status",
            id="a status that is none",
        ),
        pytest.param(
            "  - key: []",
            "  - token: []",
            "/security/0",
            "no client can send this; describe a bearer token, or an `apiKey`",
            id="a scheme that is not there",
        ),
        pytest.param(
            "openapi: 3.1.0",
            'swagger: "2.0"',
            "/swagger",
            "Swagger 2.0 is not supported; convert it: npx swagger2openapi",
            id="Swagger 2.0",
        ),
        pytest.param(
            "openapi: 3.1.0", "openapi: 4.0.0", "/openapi", "write `openapi: 3.1.0`", id="OpenAPI 4"
        ),
        pytest.param(
            '{$ref: "#/components/schemas/Kind"}',
            '{$ref: "#/components/schemas/Kinds"}',
            f"{SCHEMAS}/DoneJob/properties/kind/$ref",
            'the reference "#/components/schemas/Kinds" leads nowhere',
            id="a reference to nothing",
        ),
        pytest.param(
            '{$ref: "#/components/schemas/Kind"}',
            '{$ref: "kinds.yaml#/Kind"}',
            f"{SCHEMAS}/DoneJob/properties/kind/$ref",
            "leads out of this document",
            id="a reference to another file",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {type: text}",
            f"{SCHEMAS}/DoneJob/properties/result/type",
            "this is not OpenAPI",
            id="a type that is none",
        ),
        pytest.param(
            "initial: 1,",
            f"initial: 1{'0' * 400},",
            f"{WAIT}/polling/initial",
            "is greater than the maximum",
            id="a figure that no clock has",
        ),
        pytest.param(
            "max: 100",
            f"max: 1{'0' * 400}",
            f"{WAIT}/progress/max",
            "is greater than the maximum",
            id="a progress that no float has",
        ),
        pytest.param(
            "in: path,",
            "in: path, style: matrix,",
            f"{GET}/parameters/0/style",
            "a value is sent as it is; remove `style`",
            id="an id in another style",
        ),
        pytest.param(
            "result: {type: string}",
            'default: {$ref: "#/components/schemas/Kinds"}\n        result: {type: string}',
            f"{SCHEMAS}/DoneJob/properties/default/$ref",
            "leads nowhere",
            id="a reference to nothing below a property called default",
        ),
        pytest.param(
            "https://api.widgets.test",
            "https://api.widgets.test:65536",
            "/servers/0/url",
            "write a whole URL",
            id="a port that is none",
        ),
        pytest.param(
            "https://api.widgets.test",
            "https://api.widgets.test:\u0661",
            "/servers/0/url",
            "write a whole URL",
            id="a port in other digits",
        ),
        pytest.param(
            KEY,
            "{type: apiKey, in: header, name: Host, x-environment-variable: WIDGETS_API_KEY}",
            "/components/securitySchemes/key/name",
            "HTTP itself needs this header",
            id="a key in a header of HTTP's own",
        ),
    ],
)
def test_a_problem_is_told_with_its_line_pointer_and_reason(
    problems: Problems, old: str, new: str, pointer: str, message: str
) -> None:
    found = problems((old, new))

    by_pointer = {problem.pointer: problem for problem in found}
    assert pointer in by_pointer, found
    problem = by_pointer[pointer]
    assert message in problem.message
    assert problem.file == "specs/widgets.yaml"
    # What is missing is told at the nearest place around it.
    shown = edited((old, new)).splitlines()[problem.line - 1]
    keys = [key.replace("~1", "/") for key in pointer.split("/")[1:]]
    assert problem.line == 1 or keys[-1].isdecimal() or any(key in shown for key in keys)


def test_two_keys_in_one_header_are_refused(problems: Problems) -> None:
    one = "{type: apiKey, in: cookie, name: a, x-environment-variable: WIDGETS_API_KEY}"
    other = "other: {type: apiKey, in: cookie, name: b}"

    (problem,) = problems(
        ("  - key: []\n", "  - {key: [], other: []}\n"),
        (f"key: {KEY}", f"key: {one}\n    {other}"),
    )

    assert problem.pointer == "/components/securitySchemes"
    assert problem.message == "two schemes use one header; remove one of them"


def test_documents_that_were_copied_are_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        generate([document(edited()), document(edited(), "other")])

    assert [(p.file, p.pointer) for p in caught.value.problems] == [
        ("specs/other.yaml", "/components/securitySchemes/key/x-environment-variable"),
    ]
    assert "this is also that of specs/widgets.yaml" in caught.value.problems[0].message


def pointers(value: object, pointer: str = "") -> Iterator[str]:
    """The place of everything in a document but the document itself."""
    items = enumerate(sequence(value)) if is_sequence(value) else mapping(value).items()
    for key, item in items:
        place = f"{pointer}/{escaped(str(key))}"
        yield place
        yield from pointers(item, place)


def test_no_document_ends_in_a_traceback() -> None:
    values: list[Any] = [None, 5, True, "x", [], {}, ["x"], {"x": "y"}, [[]], [None], [{}]]
    values += [{"type": []}, {"$ref": "#/components/schemas/Job"}, {"$ref": "#/x"}, "#/paths"]
    whole = document(WIDGETS)
    random = Random(2)
    for pointer in random.sample(list(pointers(whole.data)), 60):
        *path, last = tokens(pointer)
        for value in random.sample(values, 2):
            broken: Any = json.loads(json.dumps(whole.data))
            owner = broken
            for key in path:
                owner = owner[int(key) if isinstance(owner, list) else key]
            owner[int(last) if isinstance(owner, list) else last] = value
            # What is good after all is generated.
            with suppress(RefusedError):
                generate([document(json.dumps(broken))])


def test_a_problem_reads_as_file_line_pointer_message() -> None:
    assert str(Problem("specs/x.yaml", 3, "/a~1b/0", "no; do")) == "specs/x.yaml:3  /a~1b/0  no; do"


EDITS: list[Edit] = [
    (STATES, "states: {waiting: pending, done: succeeded}"),
    ("https://api.widgets.test", "https://api.widgets.test:65536"),
    ("code: /data/error/code}", "code: /data/error/kode}"),
]


def test_all_problems_of_all_documents_are_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    good = WIDGETS.replace("Widgets", "Good").replace("WIDGETS_", "GOOD_")
    (specs / "good.yaml").write_text(good)
    (specs / "bad.yaml").write_text(edited(*EDITS))
    (specs / "worse.yaml").write_text(edited(("job: /data\n", "job: /date\n")))
    (specs / "no-yaml.yaml").write_text("openapi: [3.1.0")

    assert main([], tmp_path) == 1

    told = capsys.readouterr()
    assert not told.out
    *lines, summary = told.err.splitlines()
    assert {text.partition(":")[0] for text in lines} == {
        *("specs/bad.yaml", "specs/no-yaml.yaml", "specs/worse.yaml"),
    }
    assert len(lines) >= len(EDITS) + 2
    assert summary == f"{len(lines)} problems; nothing was written"
    assert not (tmp_path / "generated").exists()


def test_other_tools_than_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    # A process of its own, whose ruff is another: its metadata comes first.
    other = tmp_path / "ruff-0.0.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: ruff\nVersion: 0.0.1\n")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(Path(__file__).parents[2])!r}];"
        "from pathlib import Path; from jobwait_generator.cli import main;"
        f"sys.exit(main([], Path({str(tmp_path)!r})))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert result.returncode == 1
    assert "ruff is 0.0.1, not 0.17.6" in result.stderr
    assert "mend it: python -m pip install" in result.stderr


def test_the_line_is_that_of_the_problem(
    problems: Problems, line_of: Callable[[str, str], int]
) -> None:
    edit = ("progress: {value: /data/progress,", "progress:\n          {value: /data/percent,")

    (problem,) = problems(edit)

    assert problem.line == line_of(edited(edit), "{value: /data/percent")


DRAFT_ALL = """
import sys
from pathlib import Path
from jobwait_generator.document.document import load
from jobwait_generator.pipeline import draft
from jobwait_generator.problems import RefusedError

for path in map(Path, sys.argv[1:]):
    try:
        draft(load(path.name, "acme", path.read_bytes()))
    except RefusedError as error:
        print(error)
"""


def test_a_problem_is_told_in_the_same_words_by_every_process(tmp_path: Path) -> None:
    for number in range(60):
        draw = Random(number)
        data = recursive.document(draw)
        for _ in range(9):
            recursive.spoil(draw, data)
        (tmp_path / f"{number}.json").write_text(json.dumps(data, indent=1))
    files = sorted(map(str, tmp_path.glob("*.json")))
    texts = [
        subprocess.run(
            [sys.executable, "-c", DRAFT_ALL, *files],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0].splitlines() == texts[1].splitlines()
    assert len(texts[0].splitlines()) > 50
    assert b" object at 0x" not in texts[0]
