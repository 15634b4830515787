"""Redocly accepts our documents as strictly as it can, examples included."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

SPECS = Path(__file__).parents[2] / "specs"
DOCUMENTS = [SPECS / f"{name}.yaml" for name in ("aitronos", "descripio", "docurift", "spideriq")]
"""Those written here: others are taken as they are."""

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[path.stem for path in DOCUMENTS]
)


def lint(programs: Path, document: Path) -> subprocess.CompletedProcess[str]:
    config = Path(__file__).with_name("redocly.yaml")
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run(
        [programs / "redocly", "lint", "--lint-config=error", f"--config={config}", document],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=False,
    )


@each_document
def test_the_linter_accepts_the_document(programs: Path, document: Path) -> None:
    done = lint(programs, document)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("progress: 45", "progress: 145", "no-invalid-media-type-examples"),
        (
            "progress: 45",
            "progress: 45\n                      speed: 3",
            "no-invalid-media-type-examples",
        ),
        ("summary: Get a document processing job", "x-summary: none", "operation-summary"),
    ],
)
def test_the_linter_sees_what_is_wrong(
    programs: Path, tmp_path: Path, right: str, wrong: str, rule: str
) -> None:
    text = (SPECS / "docurift.yaml").read_text("utf-8")
    assert right in text
    document = tmp_path / "docurift.yaml"
    document.write_text(text.replace(right, wrong), "utf-8")
    done = lint(programs, document)
    assert done.returncode == 1
    assert rule in done.stdout + done.stderr


@each_document
def test_every_status_word_has_an_example(document: Path) -> None:
    contents: dict[str, Any] = yaml.safe_load(document.read_text("utf-8"))
    (item,) = contents["paths"].values()
    examples = item["get"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert list(examples) == list(item["get"]["x-wait-for-completion"]["states"])


@each_document
def test_every_error_has_an_example(document: Path) -> None:
    contents: dict[str, Any] = yaml.safe_load(document.read_text("utf-8"))
    (item,) = contents["paths"].values()
    responses: dict[str, Any] = item["get"]["responses"]
    assert {"401", "404", "429"} <= responses.keys()
    assert all(
        response["content"]["application/json"]["examples"] for response in responses.values()
    )
