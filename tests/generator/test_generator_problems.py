"""What a document must be, and how a problem is told."""

from __future__ import annotations

import json
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
            "'succeded' is not one of",
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
            'the 200 body has no "/data/percent"; correct the pointer',
            id="a progress pointer to nothing",
        ),
        pytest.param(
            "code: /data/error/code}",
            "code: /data/error/kode}",
            f"{WAIT}/failure/code",
            'the 200 body has no "/data/error/kode"; correct the pointer',
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
            "      required: [data]\n",
            "",
            f"{WAIT}/job",
            '"data" leads to the job; require it',
            id="a job that may be missing",
        ),
        pytest.param(
            "      operationId: getJob\n",
            "",
            GET,
            "add an `operationId`",
            id="no operationId",
        ),
        pytest.param(
            "operationId: getJob",
            "operationId: waitForCompletion",
            f"{GET}/operationId",
            "wait_for_completion has a meaning; choose another",
            id="a method that exists already",
        ),
        pytest.param(
            "tags: [jobs]",
            "tags: [withOptions]",
            f"{GET}/tags/0",
            "with_options has a meaning; choose another",
            id="a tag that the client has already",
        ),
        pytest.param("      tags: [jobs]\n", "", GET, "add one of `tags`", id="no tag"),
        pytest.param(
            PARAMETER,
            f"{PARAMETER}\n        - {{name: full, in: query, schema: {{type: boolean}}}}",
            f"{GET}/parameters/1",
            "what is optional is never sent; remove it, or add `required: true`",
            id="an optional parameter",
        ),
        pytest.param(
            PARAMETER,
            "{name: id, in: path, required: true, schema: {type: array, items: {}}}",
            f"{GET}/parameters/0/schema",
            "a job's id is a string, an integer or a UUID",
            id="an id of another type",
        ),
        pytest.param(
            "      responses:\n",
            "      requestBody: {content: {}}\n      responses:\n",
            f"{GET}/requestBody",
            "a request has a body of JSON or a form",
            id="a request body",
        ),
        pytest.param(
            '        "200":\n',
            '        "201":\n',
            f"{GET}/responses/200",
            "add a 200 response",
            id="no 200",
        ),
        pytest.param(
            '"404":',
            '"4o4":',
            f"{GET}/responses/4o4",
            "this is no HTTP status",
            id="a status that is none",
        ),
        pytest.param(
            "  securitySchemes:\n    key: " + KEY + "\n",
            "",
            "/components/securitySchemes",
            "add the security scheme",
            id="no security scheme",
        ),
        pytest.param(
            ", x-environment-variable: WIDGETS_API_KEY",
            "",
            "/components/securitySchemes/key",
            "put `x-environment-variable` on exactly one scheme",
            id="no environment variable",
        ),
        pytest.param(
            KEY,
            "{type: oauth2, flows: {}, x-environment-variable: WIDGETS_API_KEY}",
            "/components/securitySchemes/key",
            "use `http` with `bearer`, or `apiKey`",
            id="a scheme that no client of ours knows",
        ),
        pytest.param(
            "  - key: []",
            "  - token: []",
            "/security/0/token",
            'no security scheme is called "token"',
            id="a scheme that is not there",
        ),
        pytest.param(
            "servers:\n  - url: https://api.widgets.test\n",
            "",
            "/servers",
            "add `servers`",
            id="no servers",
        ),
        pytest.param(
            "https://api.widgets.test",
            "https://{region}.widgets.test",
            "/servers/0/url",
            "without variables",
            id="a server with variables",
        ),
        pytest.param(
            "version: 1.0.0",
            "version: 1.0",
            "/info/version",
            "write the package's version",
            id="a version that YAML reads as a number",
        ),
        pytest.param(
            "{title: Widgets, ",
            "{",
            "/info/title",
            "add a title",
            id="no title",
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
            "    Kind: {type: string, enum: [round, square]}",
            '    Kind: {$ref: "#/components/schemas/Kind"}',
            f"{SCHEMAS}/Kind/$ref",
            "leads nowhere",
            id="a reference to itself",
        ),
        pytest.param(
            "    Kind: {type: string, enum: [round, square]}",
            '    Kind: {oneOf: [{$ref: "#/components/schemas/Kind"}, {type: string}]}',
            f"{SCHEMAS}/Kind",
            "contains itself other than through a property",
            id="a union with itself",
        ),
        pytest.param(
            "enum: [round, square]",
            "enum: [round, Round]",
            f"{SCHEMAS}/Kind/enum/1",
            '"Round" cannot be called ROUND; list `x-enum-varnames`',
            id="two words with one name",
        ),
        pytest.param(
            "enum: [round, square]",
            "enum: [round, 2]",
            f"{SCHEMAS}/Kind/enum",
            "list values that are all strings or all integers",
            id="an enum of strings and numbers",
        ),
        pytest.param(
            "        result: {type: string}\n",
            "        result: {type: string}\n        Result: {type: string}\n",
            f"{SCHEMAS}/DoneJob/properties/Result",
            'the property "Result" is called result in Python, as "result" is; rename one',
            id="two properties with one name",
        ),
        pytest.param(
            "    Failure:\n",
            "    failure: {type: object, properties: {a: {type: string}}}\n    Failure:\n",
            f"{SCHEMAS}/Failure",
            "its class Failure is already that of failure; rename it",
            id="two schemas with one name",
        ),
        pytest.param(
            "    Kind: {type: string, enum: [round, square]}",
            "    Kind: {type: string, enum: [round, square]}\n    RateLimitError: {type: string}",
            f"{SCHEMAS}/RateLimitError",
            "already that of the package itself",
            id="a schema called like an export",
        ),
        pytest.param(
            '          broken: "#/components/schemas/BrokenJob"\n',
            "",
            f"{SCHEMAS}/Job/discriminator/mapping",
            "no word leads to BrokenJob; add one to the mapping",
            id="a variant that no word leads to",
        ),
        pytest.param(
            "const: broken",
            "const: lost",
            f"{SCHEMAS}/Job/discriminator/mapping/broken",
            'BrokenJob is never "broken"',
            id="a mapping that the variant denies",
        ),
        pytest.param(
            "      required: [status, error]",
            "      required: [error]",
            f"{SCHEMAS}/BrokenJob/required",
            '"status" tells the variants of a union apart; require it here',
            id="a discriminator that may be missing",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {oneOf: [{$ref: '#/components/schemas/Failure'},"
            " {$ref: '#/components/schemas/Envelope'}]}",
            f"{SCHEMAS}/DoneJob/properties/result",
            "several objects cannot be told apart; add a `discriminator`",
            id="a union of objects without a discriminator",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {type: text}",
            f"{SCHEMAS}/DoneJob/properties/result/type",
            "this is not OpenAPI",
            id="a type that is none",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {type: []}",
            f"{SCHEMAS}/DoneJob/properties/result/type",
            "list at least one type",
            id="no type at all",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {type: array}",
            f"{SCHEMAS}/DoneJob",
            "openapi-python-client cannot read this",
            id="a schema that the parser would drop",
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
            "    get:\n",
            "    $ref: '#/components/schemas/Job'\n    get:\n",
            "/paths/~1jobs~1{id}/$ref",
            '"$ref" is not supported here, only operations',
            id="a path that is a reference",
        ),
        pytest.param(
            "    get:\n",
            "    GET: {}\n    get:\n",
            "/paths/~1jobs~1{id}/GET",
            '"GET" is not supported here, only operations',
            id="a method in capitals",
        ),
        pytest.param(
            "    get:\n",
            "    servers: [{url: https://other.test}]\n    get:\n",
            "/paths/~1jobs~1{id}/servers",
            '"servers" is not supported here',
            id="a server of a path",
        ),
        pytest.param(
            "      tags: [jobs]\n",
            "      tags: [jobs]\n      servers: [{url: https://other.test}]\n",
            f"{GET}/servers",
            "`servers` of one operation is lost; remove it",
            id="a server of an operation",
        ),
        pytest.param(
            "tags: [jobs]",
            "tags: [jobs, more]",
            f"{GET}/tags/1",
            "a second tag is lost; remove it",
            id="a second tag",
        ),
        pytest.param(
            "paths:\n",
            "webhooks: {}\npaths:\n",
            "/webhooks",
            "webhooks are not supported",
            id="a webhook",
        ),
        pytest.param(
            "in: path,",
            "in: path, style: matrix,",
            f"{GET}/parameters/0/style",
            "a value is sent as it is; remove `style`",
            id="an id in another style",
        ),
        pytest.param(
            '        "404":\n',
            '        "202":\n          description: Later.\n'
            '          content: {application/json: {schema: {type: object}}}\n        "404":\n',
            f"{GET}/responses/202",
            "a job comes with 200 only; remove this body",
            id="a job with another status",
        ),
        pytest.param(
            "tags: [jobs]",
            "tags: [raw]",
            f"{GET}/tags/0",
            "raw has a meaning; choose another",
            id="a tag whose class the layer has",
        ),
        pytest.param(
            "operationId: getJob",
            "operationId: uuid",
            f"{GET}/operationId",
            "uuid has a meaning; choose another",
            id="a method whose constant is an import",
        ),
        pytest.param(
            "required: [code]",
            "required: [kode]",
            f"{SCHEMAS}/Failure/required/0",
            'there is no property "kode" here',
            id="half a rename",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {allOf: [{type: string}, {type: string, maxLength: 5}]}",
            f"{SCHEMAS}/DoneJob/properties/result/allOf/1",
            "`allOf` joins objects that have `properties`",
            id="parts that are no objects",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {anyOf: [{type: string}], oneOf: [{type: string}]}",
            f"{SCHEMAS}/DoneJob/properties/result/oneOf",
            "stands beside `anyOf`; use one of the two",
            id="a union beside a union",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {properties: {a: {}}, anyOf: [{type: object}]}",
            f"{SCHEMAS}/DoneJob/properties/result/anyOf",
            "stands beside `properties`; use one of the two",
            id="a union beside properties",
        ),
        pytest.param(
            "result: {type: string}",
            "result: {type: string, properties: {a: {}}}",
            f"{SCHEMAS}/DoneJob/properties/result/type",
            "what has `properties` is an object",
            id="a word with properties",
        ),
        pytest.param(
            '{$ref: "#/components/schemas/Kind"}',
            '{$ref: "#/components/schemas/Kind", nullable: true}',
            f"{SCHEMAS}/DoneJob/properties/kind/nullable",
            'beside a `$ref` "nullable" is lost; write an `anyOf` of both',
            id="null beside a reference",
        ),
        pytest.param(
            "result: {type: string}",
            'default: {$ref: "#/components/schemas/Kinds"}\n        result: {type: string}',
            f"{SCHEMAS}/DoneJob/properties/default/$ref",
            "leads nowhere",
            id="a reference to nothing below a property called default",
        ),
        pytest.param(
            "    Kind: {type: string, enum: [round, square]}",
            "    Kind: {type: string, enum: [round, square]}\n"
            '    Tree: {type: object, additionalProperties: {$ref: "#/components/schemas/Tree"}}',
            f"{SCHEMAS}/Tree",
            "contains itself other than through a property",
            id="a map of itself",
        ),
        pytest.param(
            "    Kind: {type: string, enum: [round, square]}",
            "    Kind: {type: string, enum: [round, square]}\n    a.b: {type: string}",
            f"{SCHEMAS}/a.b",
            "a component's key has letters, digits, `_` and `-` only",
            id="a key with a dot",
        ),
        pytest.param(
            "enum: [round, square]",
            'enum: [\ufb01, "fi"]',
            f"{SCHEMAS}/Kind/enum/1",
            '"fi" cannot be called FI',
            id="two words that Python reads as one",
        ),
        pytest.param(
            "    Kind: {type: string, enum: [round, square]}",
            "    Kind: {type: string, enum: [round, square]}\n"
            '    Other:\n      oneOf: [{$ref: "#/components/schemas/DoneJob"},'
            ' {$ref: "#/components/schemas/BrokenJob"}]\n'
            "      discriminator: {propertyName: status}",
            f"{SCHEMAS}/Other",
            '"DoneJob" is a variant of /components/schemas/Job; give each union variants of its',
            id="two unions with one variant",
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
            "version: 1.0.0",
            "version: 1.0.\u0661",
            "/info/version",
            "write the package's version",
            id="a version in other digits",
        ),
        pytest.param(
            KEY,
            "{type: apiKey, in: header, name: Host, x-environment-variable: WIDGETS_API_KEY}",
            "/components/securitySchemes/key/name",
            "HTTP itself needs this header",
            id="a key in a header of HTTP's own",
        ),
        pytest.param(
            "  /jobs/{id}:\n",
            "  /jobs/{id}/{part}:\n",
            "/paths/~1jobs~1{id}~1{part}/get/parameters",
            "describe the path's parameters (id, part) and no other ones",
            id="a path parameter that is not described",
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


def test_a_discriminator_called_raw_is_refused(problems: Problems) -> None:
    text = edited().replace("status", "raw_status").replace("raw_status: /data/", "status: /data/")

    assert (f"{SCHEMAS}/Job/discriminator/propertyName", "raw_status is taken in the class") in [
        (problem.pointer, problem.message[:32]) for problem in problems((edited(), text))
    ]


def test_a_union_of_one_is_refused(problems: Problems) -> None:
    union = '{$ref: "#/components/schemas/Failure"}'
    union = f"{{oneOf: [{union}], discriminator: {{propertyName: code}}}}"
    old = 'error: {$ref: "#/components/schemas/Failure"}'

    found = problems((old, f"error: {union}"), ("code: {type: string}", "code: {const: x}"))

    assert [problem.message for problem in found] == [
        "a union has two variants or more; use the one without it"
    ]


def test_two_keys_in_one_header_are_refused(problems: Problems) -> None:
    other = "other: {type: apiKey, in: header, name: authorization}"

    (problem,) = problems(
        ("security:\n  - key: []\n", ""), (f"key: {KEY}", f"key: {KEY}\n    {other}")
    )

    assert problem.pointer == "/components/securitySchemes"
    assert problem.message == "two schemes use one header; remove one of them"


def test_documents_that_were_copied_are_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        generate([document(edited()), document(edited(), "other")])

    assert [(p.file, p.pointer) for p in caught.value.problems] == [
        ("specs/other.yaml", "/components/securitySchemes/key/x-environment-variable"),
        ("specs/other.yaml", "/info/title"),
    ]
    assert "this is also that of specs/widgets.yaml" in caught.value.problems[1].message


def test_two_operations_under_one_tag_are_refused(problems: Problems) -> None:
    again = edited().partition("paths:\n")[2].partition("components:\n")[0]
    again = again.replace("/jobs/{id}", "/tasks/{id}")

    (problem,) = problems(("components:\n", f"{again}components:\n"))

    assert problem.pointer == "/paths/~1tasks~1{id}/get/tags/0"
    assert '"jobs" is that of /paths/~1jobs~1{id}/get; give it another' in problem.message


@pytest.mark.parametrize(
    "name",
    [
        *("Schedule", "RawResponse", "JobsResource", "AsyncJobsResourceWithRawResponse"),
        *("BaseModel", "Field", "Annotated", "None", "Warning", "AsyncClient"),
    ],
)
def test_a_schema_called_like_a_name_of_the_package_is_refused(
    problems: Problems, name: str
) -> None:
    (problem,) = problems((edited(), edited().replace("Failure", name)))

    assert problem.pointer == f"{SCHEMAS}/{name}"
    assert "is already that of the package itself; rename it" in problem.message


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
    for pointer in random.sample(list(pointers(whole.data)), 100):
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
    ("https://api.widgets.test", "ftp://api.widgets.test"),
    ("const: broken", "const: lost"),
]


def test_all_problems_of_all_documents_are_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    good = WIDGETS.replace("Widgets", "Good").replace("WIDGETS_", "GOOD_")
    (specs / "good.yaml").write_text(good)
    (specs / "bad.yaml").write_text(edited(*EDITS))
    (specs / "worse.yaml").write_text(edited(("tags: [jobs]", "tags: []")))
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
