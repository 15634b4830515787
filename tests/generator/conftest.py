"""A small document, and the generator run on variations of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from jobwait_generator.document.document import SCHEMA, Document, load
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import Problem, RefusedError

from ..kit.packages import Packages

ROOT: Final = Path(__file__).parents[2]

Edit: TypeAlias = tuple[str, str]
Problems: TypeAlias = Callable[..., list[Problem]]
Generate: TypeAlias = Callable[..., dict[str, str]]

WIDGETS: Final = """\
openapi: 3.1.0
info: {title: Widgets, version: 1.0.0}
servers:
  - url: https://api.widgets.test
security:
  - key: []
paths:
  /jobs/{id}:
    get:
      operationId: getJob
      tags: [jobs]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "200":
          description: The job.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Envelope"}
        "404":
          description: No such job.
      x-wait-for-completion:
        job: /data
        status: /data/status
        states: {waiting: pending, done: succeeded, broken: failed}
        progress: {value: /data/progress, max: 100}
        failure: {code: /data/error/code}
        polling: {initial: 1, multiplier: 2, maximum: 8, timeout: 60}
components:
  securitySchemes:
    key: {type: http, scheme: bearer, x-environment-variable: WIDGETS_API_KEY}
  schemas:
    Envelope:
      type: object
      required: [data]
      properties:
        data: {$ref: "#/components/schemas/Job"}
    Job:
      oneOf:
        - $ref: "#/components/schemas/WaitingJob"
        - $ref: "#/components/schemas/DoneJob"
        - $ref: "#/components/schemas/BrokenJob"
      discriminator:
        propertyName: status
        mapping:
          waiting: "#/components/schemas/WaitingJob"
          done: "#/components/schemas/DoneJob"
          broken: "#/components/schemas/BrokenJob"
    WaitingJob:
      type: object
      required: [status]
      properties:
        status: {type: string, const: waiting}
        progress: {type: number}
    DoneJob:
      type: object
      required: [status, result]
      properties:
        status: {type: string, const: done}
        result: {type: string}
        kind: {$ref: "#/components/schemas/Kind"}
    BrokenJob:
      type: object
      required: [status, error]
      properties:
        status: {type: string, const: broken}
        error: {$ref: "#/components/schemas/Failure"}
    Failure:
      type: object
      required: [code]
      properties:
        code: {type: string}
    Kind: {type: string, enum: [round, square]}
"""


def edited(*edits: Edit) -> str:
    """The small document with each of `edits` made once."""
    text = WIDGETS
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the document"
        text = text.replace(old, new)
    return text


def document(text: str, name: str = "widgets") -> Document:
    """A document as it is read from a file."""
    return load(f"specs/{name}.yaml", name, text.encode())


@pytest.fixture(scope="session")
def extension() -> dict[str, Any]:
    """The JSON Schema of `x-wait-for-completion`."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_bytes())
    return schema


@pytest.fixture(scope="session")
def make() -> Generate:
    """Generate the package of the small document, edited."""
    return lambda *edits: generate([document(edited(*edits))])


@pytest.fixture(scope="session")
def problems() -> Problems:
    """The problems of the small document, edited."""

    def run(*edits: Edit) -> list[Problem]:
        with pytest.raises(RefusedError) as caught:
            generate([document(edited(*edits))])
        return caught.value.problems

    return run


@pytest.fixture(scope="session")
def line_of() -> Callable[[str, str], int]:
    """The line of the first occurrence of a snippet."""
    return lambda text, snippet: text[: text.index(snippet)].count("\n") + 1


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packages]:
    """A folder for packages."""
    packages = Packages(tmp_path_factory.mktemp("packages"))
    yield packages
    packages.forget()
