"""Recursive documents, and wrong ones: each is refused with its place, or a package reads it."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

import yaml
from jobwait_generator.document.document import load
from jobwait_generator.document.values import is_mapping
from jobwait_generator.problems import RefusedError
from jobwait_generator.suggest.candidates import suggest
from jsonschema import Draft202012Validator

from jobwait import Provider
from jobwait._decode import decode
from jobwait._encode import encode

from ..kit.packages import Packages, check_refusal
from ..kit.recursive import document, job_schema, spoil, value
from .conftest import Cases
from .test_answers import check_waits, made_up

Json: TypeAlias = Any

VALUES: Final = 20
"""That each package reads."""


def is_endless(whole: Json) -> bool:
    """Whether a schema is itself without a value between: no validator comes to an end with it."""
    components = whole["components"]["schemas"]

    def visit(part: Json, seen: frozenset[str]) -> bool:
        if not is_mapping(part):
            return False
        inner = [item for key in ("allOf", "anyOf", "oneOf") for item in part.get(key, ())]
        inner += [part["not"]] if "not" in part else []
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            if name in seen or visit(components[name], seen | {name}):
                return True
        return any(visit(item, seen) for item in inner)

    return any(visit(part, frozenset({name})) for name, part in components.items())


def check_values(random: Random, data: Json, provider: Provider) -> None:
    """A package reads what the schema of its job allows, all of it and as it came."""
    whole = job_schema(data)
    if data["openapi"] < "3.1" or is_endless(whole):
        return
    validator: Any = Draft202012Validator(whole)
    with provider.client("key") as client:
        operation = provider.waitables[0].resource(client).operation
    for _ in range(VALUES):
        read = value(random, whole, whole)
        if not is_mapping(read) or not validator.is_valid(read):
            continue
        job, mismatches = decode(operation.decoder, read)
        # To the validator, a format is but a word.
        odd = [one for one in mismatches if "ISO 8601" not in one.expected]
        assert not odd, (read, odd)
        assert encode(job) == read


def test_a_document_is_refused_or_its_package_reads_what_it_allows(
    cases: Cases, tmp_path: Path
) -> None:
    def check(number: int, random: Random) -> None:
        name = f"fuzz{number}"
        data = document(random)
        right = random.random() < 0.5
        for _ in range(0 if right else random.randint(1, 3)):
            spoil(random, data)
        packages = Packages(tmp_path / name)
        packages.root.mkdir()
        try:
            (provider,) = packages.write(load("a.json", name, json.dumps(data, indent=1).encode()))
        except RefusedError as error:
            check_refusal(error, "a.json")
        else:
            if right:
                check_values(random, data, provider)
                whole = job_schema(data)
                examples = [value(random, whole, whole) for _ in range(5)]
                answers = made_up(random, provider, examples)
                check_waits(random, provider, provider.waitables[0], answers)
        finally:
            packages.forget()
            shutil.rmtree(packages.root)

    cases.run(check)


def test_a_proposal_for_any_document_is_an_overlay(cases: Cases) -> None:
    def check(number: int, random: Random) -> None:
        data = document(random)
        del data["paths"]["/things/{id}"]["get"]["x-wait-for-completion"]
        for path, method in (("/things/{id}/cancel", "post"), ("/things", "get")):
            data["paths"][path] = {method: copy.deepcopy(data["paths"]["/things/{id}"]["get"])}
        for _ in range(random.randint(0, 4)):
            spoil(random, data)
        text = suggest(load("a.json", "", json.dumps(data).encode()).data, "a.json")
        proposed = yaml.safe_load(text)
        assert proposed["overlay"] == "1.0.0"
        assert isinstance(proposed["actions"], list)

    cases.run(check)
