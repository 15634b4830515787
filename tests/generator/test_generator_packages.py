"""What is in a generated package; each trap of the tools is named where it would show."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from typing import Any

import pytest
from jobwait_generator.emit.text import docstring, markdown, toml
from jobwait_generator.model.names import CLIENT_ATTRIBUTES, ERRORS, RESOURCE_ATTRIBUTES, literal
from jobwait_generator.output.tools import PINS

from .conftest import ROOT, Edit, Generate, document, edited

MODELS = "widgets-client/widgets_client/models.py"
JOBS = "widgets-client/widgets_client/jobs.py"
CLIENT = "widgets-client/widgets_client/_client.py"
RESULT = "result: {type: string}"


def fields_of(files: dict[str, str], cls: str) -> dict[str, str]:
    """The fields of a class."""
    for node in ast.parse(files[MODELS]).body:
        if isinstance(node, ast.ClassDef) and node.name == cls:
            return {
                ast.unparse(item.target): ast.unparse(item.annotation)
                for item in node.body
                if isinstance(item, ast.AnnAssign)
            }
    raise LookupError(cls)


def names(files: dict[str, str]) -> set[str]:
    """The names of the models module."""
    found: set[str] = set()
    for node in ast.parse(files[MODELS]).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            found.add(ast.unparse(node.target))
    return found


@pytest.fixture(scope="module")
def widgets(make: Generate) -> dict[str, str]:
    """The package of the small document."""
    return make()


def test_every_schema_and_nothing_else_has_a_name(widgets: dict[str, str]) -> None:
    schemas = document(edited()).data["components"]["schemas"]

    assert names(widgets) == {*schemas, "UnknownJob"}


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ("{type: string}", "str"),
        ("{type: integer}", "int"),
        ("{type: number}", "float"),
        ("{type: boolean}", "bool"),
        ("{type: string, format: date-time}", "datetime"),
        ("{type: string, format: date}", "date"),
        ("{type: string, format: uuid}", "UUID"),
        ("{type: string, format: binary}", "str"),
        ("{type: string, const: it's}", "str"),  # what is constant today is open
        ("{type: integer, const: 3}", "int"),
        ("{type: number, const: 1.5}", "float"),
        ("{type: string, enum: [only]}", "str"),
        ("{type: boolean, enum: [true]}", "bool"),
        (
            '{anyOf: [{type: integer}, {type: array, items: {type: [integer, "null"]}}]}',
            "int | list[int | None]",
        ),
        ('{type: array, items: {$ref: "#/components/schemas/Job"}}', "list[Job]"),
        ("{anyOf: [{}, {type: string}]}", "Any"),
        ('{type: [string, "null"]}', "str | None"),
        ('{type: ["null", string, integer]}', "str | int | None"),
        ("{type: string, nullable: true}", "str | None"),
        ("{}", "Any"),
        ("{type: object}", "Mapping[str, Any]"),
        ("{type: object, additionalProperties: true}", "Mapping[str, Any]"),
        ("{type: object, additionalProperties: {type: integer}}", "Mapping[str, int]"),
        ('{type: [object, "null"], additionalProperties: true}', "Mapping[str, Any] | None"),
        ("{type: array, items: {type: object}}", "list[Mapping[str, Any]]"),
        ('{type: [array, "null"], items: {type: string}}', "list[str] | None"),
        ('{$ref: "#/components/schemas/Kind"}', "Kind | str"),
        ('{anyOf: [{$ref: "#/components/schemas/Kind"}, {type: "null"}]}', "Kind | str | None"),
        ('{$ref: "#/components/schemas/Failure"}', "Failure"),
        ('{oneOf: [{$ref: "#/components/schemas/Failure"}, {type: "null"}]}', "Failure | None"),
        ('{allOf: [{$ref: "#/components/schemas/Failure"}], description: x}', "Failure"),
        ('{$ref: "#/components/schemas/Job"}', "Job"),
        ('{anyOf: [{$ref: "#/components/schemas/Job"}, {type: "null"}]}', "Job | None"),
        ("{type: string, enum: [a, b]}", "DoneJobResult | str"),
        ('{type: [string, "null"], enum: [a, b, null]}', "DoneJobResult | str | None"),
        ('{type: string, enum: [a, "null"]}', "DoneJobResult | str"),
        ("{type: integer, enum: [1, -2]}", "DoneJobResult | int"),
        ("{type: object, properties: {a: {type: string}}}", "DoneJobResult"),
        ("{type: object, title: The Result, properties: {a: {type: string}}}", "TheResult"),
        ('{type: [object, "null"], title: R, properties: {a: {}}}', "R | None"),
        ("{type: string, default: x}", "str"),
        ("{type: array, items: {type: array, items: {type: number}}}", "list[list[float]]"),
    ],
)
def test_a_schema_has_the_annotation_that_the_layer_decodes(
    make: Generate, schema: str, annotation: str
) -> None:
    files = make((RESULT, f"result: {schema}"))

    assert fields_of(files, "DoneJob")["result"] == ast.unparse(ast.parse(annotation))


def test_a_missing_field_is_unset_and_an_untyped_one_stays_any(make: Generate) -> None:
    files = make((RESULT, f"{RESULT}\n        more: {{}}\n        size: {{type: integer}}"))

    fields = fields_of(files, "DoneJob")
    assert (fields["more"], fields["size"]) == ("Any", "int | None | Unset")
    assert "\n    more: Any = UNSET\n" in files[MODELS]


def test_a_variant_is_told_by_its_literal_status(make: Generate) -> None:
    edits: list[Edit] = [
        # A status that all variants share, and two words for one of them.
        ("status: {type: string, const: broken}", 'status: {$ref: "#/components/schemas/Status"}'),
        (
            '          broken: "#/components/schemas/BrokenJob"\n',
            '          broken: "#/components/schemas/BrokenJob"\n'
            '          lost: "#/components/schemas/BrokenJob"\n',
        ),
        ("broken: failed}", "broken: failed, lost: failed}"),
        ("    Kind: {", "    Status: {type: string, enum: [broken, lost]}\n    Kind: {"),
    ]

    files = make(*edits)

    assert fields_of(files, "BrokenJob")["status"] == "Literal['broken', 'lost']"
    assert "Job: TypeAlias = WaitingJob | DoneJob | BrokenJob | UnknownJob\n" in files[MODELS]


def test_an_unknown_variant_is_named_after_its_discriminator(make: Generate) -> None:
    text = edited().replace("status:", "jobKind:").replace("status]", "jobKind]")
    text = text.replace("[status,", "[jobKind,").replace(
        "propertyName: status", "propertyName: jobKind"
    )
    text = text.replace("        jobKind: /data/status", "        status: /data/jobKind")
    whole: Edit = (edited(), text)

    files = make(whole)

    assert fields_of(files, "UnknownJob") == {
        "__discriminator__": "ClassVar[str]",
        "job_kind": "Literal['__unknown__']",
        "raw_job_kind": "str",
        "raw": "Mapping[str, Any]",
    }
    assert '__discriminator__: ClassVar[str] = "jobKind"' in files[MODELS]


def test_waiting_returns_the_succeeded_variants(make: Generate, widgets: dict[str, str]) -> None:
    assert "JobOperation[str, Envelope, Job, DoneJob](" in widgets[JOBS]

    files = make(
        ("broken: failed}", "broken: succeeded}"),
        ("        failure: {code: /data/error/code}\n", ""),
    )

    assert "JobOperation[str, Envelope, Job, DoneJob | BrokenJob](" in files[JOBS]


def test_names_that_mean_something_else_in_python_get_an_underscore(make: Generate) -> None:
    wires = (
        "from",
        "type",
        "to_dict",
        "additionalProperties",
        "date",
        "__class__",
        "2fa",
        "\uff49\uff44",
    )
    more = "".join(
        f"\n        {json.dumps(w, ensure_ascii=False)}: {{type: string}}" for w in wires
    )

    files = make((RESULT, RESULT + more))

    found = list(fields_of(files, "DoneJob"))[2:-2]
    assert found == [
        *("from_", "type_", "to_dict_", "additional_properties_", "date_", "field_class_"),
        *("field_2fa", "id"),
    ]
    for wire in wires:
        assert f'"json": "{wire}"' in files[MODELS]


def test_unquoted_response_keys_are_read(make: Generate, widgets: dict[str, str]) -> None:
    files = make(('"200":', "200:"), ('"404":', "404:"))

    changed = {name for name in files if files[name] != widgets[name]}
    assert changed == {"widgets-client/generation.lock"}


def test_a_status_that_python_has_no_name_for_is_read(make: Generate) -> None:
    files = make(('"404":', '"520": {description: Odd.}\n        "404":'))

    assert "ServerError: Odd." in files[JOBS]


def test_servers_schemes_and_extensions_reach_the_code(widgets: dict[str, str]) -> None:
    assert 'base_url="https://api.widgets.test"' in widgets[CLIENT]
    assert 'environment_variable="WIDGETS_API_KEY"' in widgets[CLIENT]
    assert 'prefix="Bearer "' in widgets[CLIENT]
    assert 'status="/data/status"' in widgets[JOBS]
    assert "timeout=60.0" in widgets[JOBS]
    assert 'failure_code="/data/error/code"' in widgets[JOBS]


def test_a_second_scheme_is_an_argument_of_its_own(make: Generate) -> None:
    files = make(
        ("security:\n  - key: []", "security:\n  - token: []\n  - key: []"),
        (
            "key: {type: http, scheme: bearer, ",
            "token: {type: http, scheme: bearer}\n"
            "    key: {type: apiKey, in: header, name: X-Key, ",
        ),
    )

    assert (
        'parameter="api_key",\n            header="X-Key",\n            prefix="",' in files[CLIENT]
    )
    assert "bearer_token: Key | None = None," in files[CLIENT]


@pytest.mark.parametrize(
    ("schema", "annotation", "kind"),
    [
        ("{type: integer}", "int", "int"),
        ("{type: string, format: uuid}", "UUID | str", "UUID"),
        ("{type: string, format: date}", "str", "str"),
    ],
)
def test_an_id_has_the_type_of_its_parameter(
    make: Generate, schema: str, annotation: str, kind: str
) -> None:
    files = make(("required: true, schema: {type: string}}", f"required: true, schema: {schema}}}"))

    assert f"def get_job(self, id: {annotation}, *, timeout" in files[JOBS]
    assert f'parts=(jobwait.Part("id", "path", {kind}),),' in files[JOBS]


def test_models_of_both_tools_have_the_same_fields() -> None:
    for package in sorted((ROOT / "generated").iterdir()):
        (module,) = package.glob("*_client")
        ours = ast.parse((module / "models.py").read_text())
        theirs = ast.parse((module / "_sandbox_models.py").read_text())
        assert wires(ours) == wires(theirs), package.name


def wires(tree: ast.Module) -> dict[str, set[str]]:
    """The JSON names of every class's fields."""
    found: dict[str, set[str]] = {}
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or node.name.startswith("Unknown"):
            continue
        fields: set[str] = set()
        for item in node.body:
            if isinstance(item, ast.AnnAssign):
                name = re.search(r"'json': '([^']*)'", ast.unparse(item))
                fields.add(name[1] if name else ast.unparse(item.target))
        fields -= {"additional_properties", "root"}
        if fields:
            found[node.name] = fields
    return found


def test_the_examples_of_a_readme_are_python(make: Generate) -> None:
    for schema in ("{type: string}", "{type: integer}", "{type: string, format: uuid}"):
        readme = make(("schema: {type: string}}\n", f"schema: {schema}}}\n"))[
            "widgets-client/README.md"
        ]
        examples = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
        assert len(examples) == 2
        for example in examples:
            compile(example, "README.md", "exec")


def test_an_example_is_an_id(make: Generate) -> None:
    old = "schema: {type: string}}\n"

    for given, used in (
        ("nope", "00000000-0000-0000-0000-000000000000"),
        (f"{'1' * 8}-1111-1111-1111-{'1' * 12}", f"{'1' * 8}-1111-1111-1111-{'1' * 12}"),
    ):
        files = make((old, f'schema: {{type: string, format: uuid}}, example: "{given}"}}\n'))
        assert f'"{used}"' in files["widgets-client/README.md"]


def test_a_readme_tells_of_unknown_words(widgets: dict[str, str]) -> None:
    row = '| any other word | polled on | `UnknownJob` | `status` is `"__unknown__"`, `raw_status`'

    assert row in widgets["widgets-client/README.md"]


def test_a_union_stands_before_the_names_for_it(make: Generate) -> None:
    files = make(
        (
            "    Envelope:\n",
            '    A: {anyOf: [{$ref: "#/components/schemas/Job"}, {type: string}]}\n    Envelope:\n',
        ),
        (RESULT, f"{RESULT}\n        more: {{$ref: '#/components/schemas/A'}}"),
    )

    lines = files[MODELS].splitlines()
    assert lines.index("A: TypeAlias = Job | str") > next(
        i for i, line in enumerate(lines) if line.startswith("Job: TypeAlias")
    )


def test_what_is_deprecated_says_so(make: Generate) -> None:
    files = make((RESULT, "result: {type: string, deprecated: true, description: Old}"))

    assert '"""Old. Deprecated."""' in files[MODELS]


def test_a_key_may_stand_in_any_header(make: Generate) -> None:
    files = make(("type: http, scheme: bearer", "type: apiKey, in: header, name: X_API_KEY"))

    assert 'header="X_API_KEY"' in files[CLIENT]


def test_no_attribute_of_the_layer_can_be_hidden() -> None:
    import jobwait

    for names, classes in (
        (CLIENT_ATTRIBUTES, (jobwait.BaseClient, jobwait.AsyncBaseClient)),
        (RESOURCE_ATTRIBUTES, (jobwait.Resource, jobwait.AsyncResource)),
    ):
        public = {n for cls in classes for n in [*dir(cls), *cls.__annotations__] if n[0] != "_"}
        assert public <= names


def test_errors_are_those_of_the_layer() -> None:
    from jobwait import _errors

    layer = {name for name, value in vars(_errors).items() if isinstance(value, type)}
    layer.remove("CheckpointError")  # of no provider
    assert set(ERRORS) == {name for name in layer if name.endswith("Error") and name[0] != "_"}


def test_every_package_names_its_provider_and_its_source() -> None:
    for package in sorted((ROOT / "generated").iterdir()):
        name = package.name.removesuffix("-client")
        data = tomllib.loads((package / "pyproject.toml").read_text())
        assert data["project"]["name"] == package.name
        assert data["project"]["entry-points"]["jobwait.providers"] == {
            name: f"{name}_client:PROVIDER"
        }
        lock: dict[str, Any] = json.loads((package / "generation.lock").read_text())
        file = lock["document"]["file"]
        assert file.startswith(f"specs/{name}.")
        assert lock["tools"] == PINS
        for path in package.rglob("*.py"):
            header = path.read_text().partition("\n")[0]
            assert header.startswith(f"# Generated from {file} ")
            assert header.endswith("by `jobwait-generate`; edits are lost.")


@pytest.mark.parametrize(
    "text",
    [
        *('"""', '""""', 'ends with "', "ends with \\", "\\", "\\N{DASH}", "a\nb", "\x00\x1b[0m"),
        *("x" * 300, "quotes " * 40 + '"""', "\u2028", "é ☃", '"'),
    ],
)
def test_any_text_becomes_a_string_and_nothing_else(text: str) -> None:
    for code in (docstring(text, 0), literal(text)):
        (statement,) = ast.parse(code).body
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Constant)
    assert ast.literal_eval(literal(text)) == text
    assert tomllib.loads(f"a = {toml(text)}").keys() == {"a"}
    assert "\n" not in markdown(text)


def test_a_readme_says_ids_figures_sources_and_what_is_assumed(make: Generate) -> None:
    readme = make(
        ("polling: {initial: 1,", "polling: {x-assumed: true, initial: 1,"),
        ("schema: {type: string}}\n", "schema: {type: string}, description: Of a widget.}\n"),
    )["widgets-client/README.md"]

    assert "| `id` | `str` | Of a widget. |" in readme
    assert "| shortest delay | 1 s | no two polls of a job are closer; assumed |" in readme
    assert "| timeout | 60 s | then `WaitTimeoutError`; assumed |" in readme
    assert "| the job fails | `JobFailedError`" in readme
    assert "From `specs/widgets.yaml`" in readme
    assert "| `/paths/~1jobs~1{id}/get/x-wait-for-completion/polling` |" in readme


def test_a_readme_of_a_document_that_assumes_nothing_says_nothing_of_it(
    widgets: dict[str, str],
) -> None:
    assert "assumed" not in widgets["widgets-client/README.md"]


def test_the_first_sentence_of_a_long_text_is_a_summary() -> None:
    text = f"A job. {'It is said at length. ' * 6}"

    assert docstring(text).startswith('"""A job.\n\n    It is said at length. It is')
    assert docstring("A job. It is short.") == '"""A job. It is short."""'
