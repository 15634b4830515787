"""Overlays: each is refused with its place, or what it makes is refused or a package."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any, Final, TypeAlias

from jobwait_generator.document.document import load
from jobwait_generator.document.keys import with_own_keys
from jobwait_generator.document.overlay import apply
from jobwait_generator.document.source import Source
from jobwait_generator.document.undecided import decided
from jobwait_generator.document.values import is_mapping
from jobwait_generator.pipeline import draft
from jobwait_generator.problems import RefusedError

from ..kit.packages import check_refusal
from ..kit.recursive import WRONG, at, document, places, schema
from .conftest import Cases

Json: TypeAlias = Any

STEPS: Final = (
    *(
        "..*",
        "..[?@.type]",
        "..['$ref']",
        ".*",
        "[*]",
        "[0]",
        "[-1]",
        "[::2]",
        "[?@ == 'a']",
        "..a",
    ),
    *("[?@.type == $..type]", "[?count(@.*) > 1]", "[?length(@) > 2]", "[?match(@, '(a*)*b')]"),
    *("..a", "[", ".", "..", "[?", "['a", "[9999999999999999999]", "[?@.a == $..*..*]"),
)


def query(random: Random, path: tuple[str | int, ...], *, odd: bool) -> str:
    """Where something stands, or may."""
    text = "$" + "".join(f"[{json.dumps(key)}]" for key in path)
    for _ in range(random.randint(1, 2) if odd else 0):
        text = text[: random.randint(1, len(text))] if random.random() < 0.1 else text
        text += random.choice(STEPS)
    return text


def action(random: Random, data: Json, *, odd: bool) -> Json:
    """An action that fits the document, or one that is as odd as it can be."""
    path = random.choice([(), *places(data)])
    old = at(data, path)
    result: Json = {"target": query(random, path, odd=odd)}
    draw = random.random()
    if draw < 0.1:
        result["remove"] = True
    elif draw < 0.5:
        alike = [other for other in places(data) if type(at(data, other)) is type(old)]
        result["copy"] = query(random, random.choice([path, *alike]), odd=odd)
    elif odd:
        result["update"] = copy.deepcopy(random.choice(WRONG))
    else:
        result["update"] = schema(random, 2) if is_mapping(old) else copy.deepcopy(old)
    if odd and random.random() < 0.3:
        result[random.choice(("targe", "description", "x-a", "update", "remove"))] = {}
    return result


def overlay(random: Random, data: Json) -> Json:
    is_odd = random.random() < 0.3
    result: Json = {
        "overlay": "1.1.0",
        "info": {"title": "a", "version": "1"},
        "actions": [
            action(random, data, odd=is_odd and random.random() < 0.5)
            for _ in range(random.randint(1, 6))
        ],
    }
    if is_odd and random.random() < 0.3:
        result[random.choice(("overlay", "info", "actions", "extends", "x-a", "y"))] = None
    return result


def test_an_overlay_is_refused_or_what_it_makes_is_read(cases: Cases) -> None:
    def check(number: int, random: Random) -> None:
        data = document(random)
        text = json.dumps(overlay(random, data), indent=1)
        original = load("a.json", "fuzz", json.dumps(data, indent=1).encode())
        try:
            applied = apply(original, Source("o.json", text.encode()))
            applied, undecided = decided(with_own_keys(applied))
            draft(applied)
        except RefusedError as error:
            for problem in error.problems:
                assert problem.file in ("a.json", "o.json")
                check_refusal(RefusedError([problem]), problem.file)
        else:
            assert not undecided

    cases.run(check)
