"""Any document is refused with a problem, or becomes a package that imports and type-checks."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from jobwait_generator.pipeline import draft
from jobwait_generator.problems import RefusedError

from ..kit import recursive
from ..kit.packages import Packages, check_refusal, strings
from .test_generator_normal_form import document

NAMES: Final = (
    *("id", "_id", "Id", "status", "class", "from", "self", "__init__", "user-id", "user_id", ""),
    *("$ref", "type", "model_config", "date", "UUID", "Any", "field", "1st", "\u00e9", "a b", "x-"),
    *("properties", "anyOf", "None", "list", "str", "Mapping", "json", "copy", "schema"),
)
COMPONENTS: Final = ("Job", "job", "Model", "A.B", "Result", "2nd", "Any", "UnknownJob", "x y")
WORDS: Final = ("queued", "done", "Done", "DONE", "in progress", "in_progress", "", "1", "\u00e9")


def references() -> st.SearchStrategy[Any]:
    """References to components."""
    return st.sampled_from(COMPONENTS).map(lambda name: {"$ref": f"#/components/schemas/{name}"})


def scalars() -> st.SearchStrategy[Any]:
    """Schemas with none in them."""
    kinds = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
    values: st.SearchStrategy[Any] = st.sampled_from([*WORDS, 0, 1, -1, 1.5, True, None, {}, []])
    return st.one_of(
        st.booleans(),
        st.just({}),
        st.fixed_dictionaries({"type": kinds}, optional={"nullable": st.booleans()}),
        st.fixed_dictionaries({"type": st.lists(kinds, max_size=3, unique=True)}),
        st.fixed_dictionaries(
            {"type": st.just("string")},
            optional={"format": st.sampled_from(["date", "date-time", "uuid", "uri", "byte"])},
        ),
        st.fixed_dictionaries(
            {"enum": st.lists(values, max_size=4)},
            optional={"type": kinds, "nullable": st.booleans()},
        ),
        st.fixed_dictionaries({"const": values}),
        references(),
    )


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas with others in them."""
    names = st.sampled_from(NAMES)
    several = st.lists(inner, min_size=1, max_size=3)
    optional: dict[Any, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(["object", "array", "string"]),
        "properties": st.dictionaries(names, inner, max_size=4),
        "required": st.lists(names, max_size=3),
        "additionalProperties": inner,
        "items": inner,
        "allOf": several,
        "oneOf": several,
        "anyOf": several,
        "nullable": st.booleans(),
        "title": st.sampled_from([*NAMES, *COMPONENTS]),
        "description": st.text(max_size=20),
        "discriminator": st.fixed_dictionaries({"propertyName": names}),
        "deprecated": st.booleans(),
        "default": st.none(),
    }
    return st.fixed_dictionaries({}, optional=optional)


EXAMPLES: Final = 25
SCHEMAS: Final = st.recursive(scalars(), larger, max_leaves=8)


@st.composite
def jobs(draw: st.DrawFn) -> Any:
    """Schemas of jobs, most of which have a status."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True))
    status = draw(st.sampled_from([{"enum": words}, {"type": "string", "enum": words}]))
    own = {
        "type": "object",
        "required": draw(st.lists(st.sampled_from(NAMES), max_size=3)),
        "properties": {**draw(st.dictionaries(st.sampled_from(NAMES), SCHEMAS)), "status": status},
    }
    whole = draw(st.sampled_from(["own", "allOf", "oneOf", "any"]))
    if whole == "any":
        return words, draw(SCHEMAS)
    return words, own if whole == "own" else {whole: [own, draw(references())]}


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Documents with one job endpoint."""
    words, job = draw(jobs())
    parameter = st.fixed_dictionaries(
        {
            "name": st.sampled_from([*NAMES, "thing_id"]),
            "in": st.sampled_from(["path", "query", "header", "cookie"]),
        },
        optional={"required": st.booleans(), "schema": SCHEMAS},
    )
    responses = draw(
        st.dictionaries(
            st.sampled_from(["202", "2XX", "4xx", "404", "default"]),
            SCHEMAS.map(lambda schema: {"content": {"application/json": {"schema": schema}}}),
            max_size=2,
        )
    )
    responses["200"] = {"content": {"application/json": {"schema": job}}}
    if draw(st.booleans()):
        responses["200"]["content"]["application/json"]["example"] = {"status": words[0]}
    names = st.sampled_from(
        [*NAMES, *COMPONENTS, "jobs.get", "wait", "models", "Resource", "\U0001f680"]
    )
    operation = {
        "tags": draw(st.lists(names, max_size=2)),
        **({"operationId": draw(names)} if draw(st.booleans()) else {}),
        "parameters": draw(st.lists(parameter, max_size=2)),
        "responses": {key: {"description": "", **value} for key, value in responses.items()},
        "x-wait-for-completion": {
            "status": "/status",
            "states": {word: "failed" if i else "succeeded" for i, word in enumerate(words)},
            "absent": "running",
        },
    }
    return {
        "openapi": draw(st.sampled_from(["3.0.3", "3.1.0"])),
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{thing_id}": {"get": operation}},
        "components": {"schemas": {name: draw(SCHEMAS) for name in COMPONENTS}},
    }


def test_a_document_is_refused_or_becomes_a_package(packages: Packages) -> None:
    made: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(documents())
    def run(data: Any) -> None:
        name = f"fuzz{len(made)}"
        try:
            packages.write(document(data, name))
        except RefusedError as error:
            check_refusal(error, f"specs/{name}.json")
        else:
            made.append(name)
            provider = import_module(f"{name}_client").PROVIDER
            import_module(f"{name}_client.models")
            with provider.client("key", base_url="https://things.test") as client:
                provider.waitables[0].resource(client)

    run()
    assert len(made) > EXAMPLES // 3
    files = strings(packages.root.rglob("*.py"))
    assert list(packages.root.rglob("_sandbox_models.py"))
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(packages.root / ".mypy"),
    ]
    result = subprocess.run([*command, *files], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("first", range(0, 500, 100))
def test_a_recursive_document_is_refused_at_its_place_or_makes_a_package(first: int) -> None:
    for number in range(first, first + 100):
        try:
            draft(document(recursive.document(Random(number)), "recursive"))
        except RefusedError as error:
            check_refusal(error, "specs/recursive.json")


def test_packages_of_recursive_documents_are_code(packages: Packages) -> None:
    documents = [
        document(recursive.document(Random(number)), f"recursive{number}") for number in range(20)
    ]
    for provider in packages.write(*documents):
        import_module(f"{provider.package}.models")
