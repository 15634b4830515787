"""A document with code in it can fail the generator, but never run."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jobwait_generator.cli import main
from jobwait_generator.document.document import load
from jobwait_generator.emit.ruff import FormatError, verify
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import RefusedError

from .conftest import ROOT, document, edited

MARK: Final = "pwned"
"""Stands in every payload, so that it can be looked for."""

PAYLOADS: Final = (
    "{call}",
    '"""\n{call}\n"""',
    "'''\n{call}\n'''",
    '\\"""\n{call}\n"""',
    '\\\\"""; {call} #',
    '"); {call}; ("',
    "'); {call}; ('",
    "\n{call}\n",
    "\r{call}\r",
    "\u2028{call}\u2029",
    "\x0c{call}",
    "{{{{ {call} }}}}",
    "{{% if {call} %}}{{% endif %}}",
    "{{# #}}{{{{ ''.__class__.__mro__[1].__subclasses__() }}}} {call}",
    "# -*- coding: utf-7 -*-\n+AAo-{call}",
    "x] = {call} #",
    "x: int = {call}",
    "\\N{{BULLET}} \\x41 \\",
    "{call}\\",
    '{call}"',
    "`{call}`| <script>{call}</script>",
    "\u202e{call}",
    "```\n{call}\n```",
    '"""  # {call}',
)


def payloads(directory: Path) -> list[str]:
    call = f"open({str(directory / MARK)!r}, 'w').close()"
    return [payload.format(call=call) for payload in PAYLOADS]


def everywhere(payload: str, number: int) -> str:
    """The small document with a payload in every place that takes any text."""
    data: dict[str, Any] = yaml.safe_load(edited())
    operation = data["paths"]["/jobs/{id}"]["get"]
    schemas = data["components"]["schemas"]
    scheme = data["components"]["securitySchemes"].pop("key")

    scheme["x-environment-variable"] += f"_{number}"
    data["info"] |= {"title": payload, "version": payload, "description": payload}
    data["tags"] = [{"name": f"jobs {payload}", "description": payload}]
    data["servers"][0]["description"] = payload
    data["security"] = [{payload: []}]
    data["components"]["securitySchemes"][payload] = {**scheme, "description": payload}
    operation["tags"] = [f"jobs {payload}"]
    operation["operationId"] = f"get {payload}"
    operation |= {"summary": payload, "description": payload}
    operation["parameters"][0] |= {"description": payload, "example": payload}
    operation["responses"]["404"] |= {"description": payload, "x-assumed": True}
    content = operation["responses"]["200"]["content"]["application/json"]
    content["example"] = {"data": payload}

    schemas["Kind"] |= {"enum": [payload, "round"], "x-enum-varnames": ["A", "B"]}
    done = schemas["DoneJob"]["properties"]
    done |= {
        payload: {"type": "string"},
        "fixed": {"type": "string", "const": payload},
        "other": {"type": "string", "default": payload, "pattern": payload, "format": payload},
        "inline": {"type": "object", "properties": {payload: {"enum": [f"{payload}a", "b"]}}},
        "loose": {"type": "object", "additionalProperties": {"const": payload}},
    }
    wire = f"status {payload}"
    for name in ("WaitingJob", "DoneJob", "BrokenJob"):
        schemas[name]["required"] = [wire, *schemas[name]["required"][1:]]
        schemas[name]["properties"][wire] = schemas[name]["properties"].pop("status")
    done[wire]["const"] = payload
    schemas["Job"]["discriminator"] = {
        "propertyName": wire,
        "mapping": {
            "waiting": "#/components/schemas/WaitingJob",
            payload: "#/components/schemas/DoneJob",
            "broken": "#/components/schemas/BrokenJob",
        },
    }
    for schema in schemas.values():
        schema |= {"title": payload, "description": payload, "example": payload}
        for inner in schema.get("properties", {}).values():
            inner |= {"title": payload, "description": payload, "example": payload}
    wait = operation["x-wait-for-completion"]
    wait["status"] = "/data/" + wire.replace("~", "~0").replace("/", "~1")
    wait["states"] = {"waiting": "pending", payload: "succeeded", "broken": "failed"}
    # JSON is YAML, and hides nothing from its reader.
    return json.dumps(data)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of all payloads."""
    root = tmp_path_factory.mktemp("hostile")
    documents = [
        document(everywhere(payload, i), f"hostile{i}") for i, payload in enumerate(payloads(root))
    ]
    for name, text in generate(documents).items():
        path = root / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def test_a_payload_is_never_more_than_a_string_or_a_name(directory: Path) -> None:
    modules = list(directory.rglob("*.py"))

    assert len(modules) == 7 * len(PAYLOADS)
    for path in modules:
        for node in ast.walk(ast.parse(path.read_bytes())):
            name = getattr(node, "id", getattr(node, "attr", ""))
            assert name not in ("open", "close", "__class__", "__subclasses__"), path


def test_generating_and_importing_runs_no_payload(directory: Path) -> None:
    code = """
import importlib, pathlib, sys
for package in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    sys.path.insert(0, str(package))
    for module in package.rglob("*.py"):
        name = ".".join(module.relative_to(package).with_suffix("").parts)
        importlib.import_module(name.removesuffix(".__init__"))
print(sum("hostile" in name for name in sys.modules))
"""
    result = subprocess.run(
        [sys.executable, "-c", code, str(directory / "packages")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator")},
    )

    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == 7 * len(PAYLOADS)
    assert not (directory / MARK).exists()


def test_nothing_but_a_package_is_written(directory: Path) -> None:
    for i in range(len(PAYLOADS)):
        package = directory / "packages" / f"hostile{i}-client"
        names = sorted(
            path.relative_to(package).parts[-1]
            for path in package.rglob("*.*")
            if path.suffix != ".pyc"
        )
        (module,) = (name for name in names if name.startswith("jobs"))
        assert module.removesuffix(".py").isidentifier()
        names.remove(module)
        assert names == [
            *("README.md", "__init__.py", "_client.py", "_errors.py", "_provider.py"),
            *(
                "_sandbox_models.py",
                "generation.lock",
                "models.py",
                "openapi.json",
                "py.typed",
                "pyproject.toml",
            ),
        ]


def test_the_metadata_has_no_more_keys_than_it_should(directory: Path) -> None:
    for path in directory.rglob("pyproject.toml"):
        data = tomllib.loads(path.read_text())
        assert data.keys() == {"build-system", "project", "tool"}
        assert data["build-system"]["build-backend"] == "hatchling.build"
        assert data["project"]["dependencies"] == ["attrs>=24.2", "jobwait>=0.2,<1"]


def test_a_readme_has_no_markup_of_a_document(directory: Path) -> None:
    for path in directory.rglob("README.md"):
        text = path.read_text()
        assert text.count("\n```") == 6
        outside = re.sub(r"```.*?\n```", "", text, flags=re.DOTALL)
        assert not re.search(r"(?<!\\)[<`]script", re.sub(r"`[^`\n]*`", "", outside))


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if "call" in p])
@pytest.mark.parametrize(
    ("old", "place"),
    [
        ('"WIDGETS_API_KEY"', "the variable's name"),
        ('"Kind":', "a schema's name"),
        ('"/jobs/{id}"', "the path"),
        ('"bearer"', "the scheme"),
    ],
)
def test_a_payload_where_no_text_belongs_is_refused(
    tmp_path: Path, payload: str, old: str, place: str
) -> None:
    text = json.dumps(yaml.safe_load(edited()))
    call = f"open({str(tmp_path / MARK)!r}, 'w').close()"
    new = json.dumps(payload.format(call=call)) + ":" * old.endswith(":")
    assert old in text, place

    with pytest.raises(RefusedError):
        generate([document(text.replace(old, new))])

    assert not (tmp_path / MARK).exists()


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if "call" in p])
def test_a_payload_that_is_no_server_is_left_out(payload: str) -> None:
    text = json.dumps(yaml.safe_load(edited()))

    new = json.dumps(payload.format(call=f"open({MARK!r}, 'w').close()"))

    files = generate([document(text.replace('"https://api.widgets.test"', new))])

    assert not [name for name, content in files.items() if MARK in content]


def test_a_file_of_another_name_than_a_provider_is_refused() -> None:
    for name in ("../escape", "a/b", "A", "a b", "-a", ""):
        with pytest.raises(RefusedError, match="name the file after the provider"):
            generate([document(edited(), name)])


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "from os import system",
        "x = eval('1')",
        "class A:\n    x = open('f')",
        "@run\nclass A: ...\n\nrun()",
        "def f(x=print()): ...",
    ],
)
def test_code_that_does_more_than_declare_is_an_error(code: str) -> None:
    with pytest.raises(FormatError, match="which is not on the allow-list"):
        verify("x.py", code)


def test_wrong_code_names_the_document_and_is_told_as_a_fault_of_the_generator() -> None:
    # No file can be called that; it stands for a place that was forgotten.
    wrong = load("specs/widgets.yaml\nprint()  #", "widgets", edited().encode())

    with pytest.raises(FormatError, match=r"^specs/widgets\.yaml") as caught:
        generate([wrong])

    assert "that is its fault, not the document's" in str(caught.value)
    assert "ruff check failed" in str(caught.value)


START: Final = b"""openapi: 3.1.0
x-operations: [getJob]
components:
  schemas:
    Job: {}
paths:
  /jobs/{id}:
    get:
      operationId: getJob
      responses: {"200": {content: {application/json: {schema: {$ref: "#/components/schemas/J0"}}}}}
"""


def schemas(*parts: str) -> bytes:
    """A document that reaches these schemas, `J0` and so on."""
    lines = "".join(f"    J{i}: {part}\n" for i, part in enumerate(parts)).encode()
    return START.replace(b"    Job: {}\n", lines)


def to(number: int) -> str:
    return f'{{$ref: "#/components/schemas/J{number}"}}'


LAUGHS: Final = "".join(f"  l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 10))


DOCUMENTS: Final[list[tuple[bytes, str]]] = [
    (b"a: " + b"x" * 50_000_000, "50000003 bytes are more than the 20000000 that are read"),
    (b'{"a": "' + b"x" * 50_000_000 + b'"}', "bytes are more than the 20000000 that are read"),
    (START + b"x-deep: " + b"[" * 10_000, "nesting make this too large"),
    (START + b"x-deep: " + b"[" * 10_000 + b"]" * 10_000, "nesting make this too large"),
    (b'{"a": ' * 10_000 + b"1" + b"}" * 10_000, "nesting make this too large"),
    (START + f"x-lol:\n  l0: &l0 [x]\n{LAUGHS}".encode(), "aliases or nesting make this too"),
    (START + b"x-self: &self [*self]", "aliases or nesting make this too"),
    (schemas(*(f"{{anyOf: [{to(i + 1)}, {to(i + 1)}]}}" for i in range(40)), "{}"), "multiply"),
    (schemas(*(f"{{allOf: [{to(i + 1)}]}}" for i in range(3_000)), "{}"), "lead on and on"),
    (schemas(to(0)), ""),
    (schemas(f"{{allOf: [{to(0)}]}}"), ""),
    (schemas(f"{{items: {to(0)}}}"), ""),
    (schemas(f"{{not: {to(1)}}}", f"{{properties: {{a: {to(0)}}}}}"), ""),
    (START.replace(b"getJob]", b"getJob, ../../x, '${{x}}']"), "no operation is '../../x'"),
    (b"\x00" * 1_000, "this is not YAML in UTF-8"),
    (b"\xff\xfe" + "a: 1".encode("utf-16-le"), "3.0 and 3.1 are supported"),
    (
        schemas('{properties: {"\\e[2J\\n": &a !!python/name:os.system {}}}'),
        "YAML tags are not supported",
    ),
]

QUERIES: Final = [
    *("$" + "." * 900, "$" + ".a" * 450, "$[" * 450, "$" + "[?@" * 300, "$" + "..*" * 300),
    *(
        "$..*..*..*..*",
        "$[?match(@, '(a*)*b')]",
        "$[?$..*[?$..*]].*",
        "$[-9223372036854775808]",
    ),
]

LIMITED: Final = """
import contextlib, io, json, pathlib, resource, sys
from jobwait_generator.cli import main

resource.setrlimit(resource.RLIMIT_CPU, (100, 100))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
for case in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(case.name, file=sys.stderr)
    arguments = [f"--{path.stem}={path}" for path in case.iterdir()]
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        code = main(["build", "--name=x", f"--out={case}", *arguments], pathlib.Path(sys.argv[2]))
    print(json.dumps([case.name, code, errors.getvalue(), len(list(case.iterdir()))]))
"""
"""Builds one package after the other, in a bounded time and memory for all of them."""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, int]]:
    """The code, the errors and the files in the folder, of every hostile document and query."""
    root = tmp_path_factory.mktemp("refused")
    for i, (content, _) in enumerate(DOCUMENTS):
        (root / f"document{i}").mkdir()
        (root / f"document{i}" / "spec.yaml").write_bytes(content)
    nested: Any = {"x": ["a" * 100, *({"a": {"a": {"a": [[[[1]]]]}}} for _ in range(30))]}
    for i, query in enumerate(QUERIES):
        (root / f"query{i}").mkdir()
        (root / f"query{i}" / "spec.yaml").write_text(json.dumps(nested))
        overlay: dict[str, Any] = {"overlay": "1.1.0", "info": {"title": "x", "version": "x"}}
        overlay |= {"actions": [{"target": query, "update": {}}]}
        (root / f"query{i}" / "overlay.json").write_text(json.dumps(overlay))

    result = subprocess.run(
        [sys.executable, "-c", LIMITED, str(root), str(ROOT)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator")},
    )

    assert result.returncode == 0, result.stderr
    return {name: (*rest,) for name, *rest in map(json.loads, result.stdout.splitlines())}


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_a_document_that_takes_all_time_memory_or_stack_is_refused_in_a_line(
    refused: dict[str, tuple[int, str, int]], number: int
) -> None:
    code, error, files = refused[f"document{number}"]

    assert (code, files) == (1, 1)
    *problems, summary = error.splitlines()
    assert summary.endswith("; nothing was written")
    assert all(re.match(r"[^ ]+/spec\.yaml:[0-9]+  /.*  .*", problem) for problem in problems)
    assert DOCUMENTS[number][1] in error
    assert error.replace("\n", "").isprintable()


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_query_that_takes_all_time_memory_or_stack_is_refused(
    refused: dict[str, tuple[int, str, int]], number: int
) -> None:
    code, error, files = refused[f"query{number}"]

    assert (code, files) == (1, 2)
    assert re.fullmatch(r"/.*/(spec|overlay)\.(yaml|json):1  /.*  .*\n1 problem; .*\n", error)


def test_names_of_files_are_data_too(tmp_path: Path) -> None:
    name = f"a`--><script>'\"{{{{ 7 * 7 }}}}\nimport {MARK} # -*- coding: utf-7 -*-.yaml"
    (tmp_path / name).write_text(edited())
    arguments = ["build", f"--spec={tmp_path / name}", "--name=x", f"--out={tmp_path / 'out'}"]

    assert main(arguments, ROOT) == 0

    for path in (tmp_path / "out").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            assert getattr(node, "name", "") != MARK
    readme = (tmp_path / "out" / "x-client" / "README.md").read_text()
    assert "<script" not in re.sub(r"`[^`\n]*`", "", readme.partition("-->")[2])
