"""What folders and files are called: once a client, and on every system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jobwait_generator.cli import main

from .conftest import WIDGETS


def build(root: Path, tag: str = "jobs", name: str = "acme") -> list[str]:
    """The names of the files of a package with this tag."""
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    data["paths"]["/jobs/{id}"]["get"]["tags"] = [tag]
    (root / "a.json").write_text(json.dumps(data))
    spec = ["--spec", str(root / "a.json"), "--name", name, "--out", str(root / "out")]
    assert main(["build", *spec], root) == 0
    out = root / "out"
    return [path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["acme", "acme-client"])
def test_a_package_is_called_a_client_once(tmp_path: Path, name: str) -> None:
    files = build(tmp_path, name=name)
    assert {name.split("/")[0] for name in files} == {"acme-client"}
    assert "acme-client/acme_client/models.py" in files


def test_a_document_may_be_called_as_its_package_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "acme-client.yaml").write_text(WIDGETS)
    assert main([], tmp_path) == 0
    assert [path.name for path in (tmp_path / "generated").iterdir()] == ["acme-client"]

    (tmp_path / "specs" / "acme.yaml").write_text(WIDGETS)
    assert main([], tmp_path) == 1
    assert "specs/acme-client.yaml is the document of acme; remove one" in capsys.readouterr().err


@pytest.mark.parametrize("tag", ["aux", "CON", "nul", "Prn", "com1", "LPT9", "lpt0"])
def test_no_file_is_called_as_a_device_of_windows(tmp_path: Path, tag: str) -> None:
    names = {Path(name).stem.lower() for name in build(tmp_path, tag)}
    assert tag.lower() not in names
    assert f"{tag.lower()}_jobs" in names


@pytest.mark.parametrize("tag", ["x" * 300, "a b " * 100, "語" * 80])
def test_no_file_has_a_name_too_long_for_windows(tmp_path: Path, tag: str) -> None:
    assert max(map(len, build(tmp_path, tag))) < 120


@pytest.mark.parametrize("name", ["a" * 61, "aux", "con-client", "lpt1", "Acme", "-a", "client-"])
def test_a_provider_whose_files_some_system_cannot_have_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "a.yaml").write_text(WIDGETS)
    arguments = ["build", "--spec", str(tmp_path / "a.yaml"), "--out", str(tmp_path)]
    assert main([*arguments, f"--name={name}"], tmp_path) == 1
    assert "a provider's name is in lower case" in capsys.readouterr().err
