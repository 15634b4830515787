"""`add`, `build` and `suggest`, and what is not made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jobwait_generator.cli import main
from jobwait_generator.output.tools import PINS

from .conftest import ROOT, WIDGETS

OVERLAY = """\
overlay: 1.0.0
info: {title: Waiting for gadgets, version: 1.0.0}
actions:
  - target: $.paths['/jobs/{id}'].get
    update:
      x-wait-for-completion:
        job: /data
        status: /data/status
        states: {waiting: pending, done: succeeded, broken: failed}
"""


def foreign() -> dict[str, Any]:
    """The small document as somebody else would have written it, with faults in other places."""
    data: dict[str, Any] = yaml.safe_load(WIDGETS)
    del data["paths"]["/jobs/{id}"]["get"]["x-wait-for-completion"]
    data["info"]["title"] = "Gadgets"
    data["components"]["securitySchemes"]["key"]["x-environment-variable"] = "GADGETS_API_KEY"
    schema = {"$ref": "https://elsewhere.test/pet.yaml"}
    content = {"application/json": {"schema": schema}}
    data["paths"]["/pets"] = {"get": {"responses": {"200": {"content": content}}}}
    data["components"]["schemas"]["Wrong"] = {"type": [], "properties": 7}
    return data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two packages, one of them of another's document."""
    root = tmp_path_factory.mktemp("repository")
    (root / "specs").mkdir()
    (root / "specs" / "widgets.yaml").write_text(WIDGETS)
    given = root / "given"
    given.mkdir()
    (given / "openapi.json").write_text(json.dumps(foreign(), indent=2))
    (given / "waiting.yaml").write_text(OVERLAY)
    assert main([], root) == 0
    files = ["--spec", str(given / "openapi.json"), "--overlay", str(given / "waiting.yaml")]
    assert main(["add", "gadgets", *files], root) == 0
    return root


@pytest.fixture
def repository(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(written, tmp_path / "repository"))


def files_in(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def read_lock(package: Path) -> Any:
    return json.loads((package / "generation.lock").read_bytes())


def test_add_takes_the_files_and_makes_the_package_as_if_they_had_been_there(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, given = written / "specs", written / "given"
    assert (specs / "gadgets.json").read_bytes() == (given / "openapi.json").read_bytes()
    assert (specs / "gadgets.overlay.yaml").read_bytes() == (given / "waiting.yaml").read_bytes()

    assert main(["check"], written) == 0

    assert capsys.readouterr().out == "gadgets-client: unchanged\nwidgets-client: unchanged\n"


def test_every_file_names_all_that_it_was_made_of(written: Path) -> None:
    package = written / "generated" / "gadgets-client"
    made = "Generated from specs/gadgets.json and specs/gadgets.overlay.yaml by"

    others = {"LICENSE", "generation.lock", "openapi.json", "py.typed"}
    for path in package.rglob("*"):
        if path.is_file() and path.name not in others:
            assert made in path.read_text().partition("\n")[0]
    lock = read_lock(package)
    assert lock["document"]["file"] == "specs/gadgets.json"
    assert lock["overlay"]["file"] == "specs/gadgets.overlay.yaml"
    assert lock["command"] == "jobwait-generate"
    assert lock["files"].keys() | {"generation.lock"} == files_in(package).keys()


def test_the_package_holds_what_was_selected_and_no_more(written: Path) -> None:
    package = written / "generated" / "gadgets-client" / "gadgets_client"
    document = json.loads((package / "openapi.json").read_bytes())

    assert list(document["paths"]) == ["/jobs/{id}"]
    assert "Wrong" not in document["components"]["schemas"]


def test_build_makes_the_same_package_outside_of_the_repository(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, out = repository / "given", tmp_path / "out"
    (out / "beside").mkdir(parents=True)
    (out / "beside" / "mine.txt").write_text("mine")
    before = files_in(repository)
    arguments = ["build", "--spec", str(given / "openapi.json"), "--name", "gadgets"]
    arguments += ["--overlay", str(given / "waiting.yaml"), "--out", str(out)]

    assert main(arguments, repository) == 0
    assert main(arguments, repository) == 0

    assert capsys.readouterr().out == "gadgets-client: new\ngadgets-client: unchanged\n"
    assert files_in(repository) == before
    inside, outside = repository / "generated" / "gadgets-client", out / "gadgets-client"
    command = (
        "`jobwait-generate build --spec openapi.json --overlay waiting.yaml --name gadgets --out .`"
    )
    for path, content in files_in(inside).items():
        if path != "generation.lock":
            text = content.decode()
            text = text.replace("specs/gadgets.json", "openapi.json")
            text = text.replace("specs/gadgets.overlay.yaml", "waiting.yaml")
            text = text.replace("./generated/gadgets", "path/to/gadgets")
            text = text.replace("`jobwait-generate`; edits", f"{command}; edits")
            assert (outside / path).read_text() == text
    assert files_in(out / "beside") == {"mine.txt": b"mine"}


def test_the_same_files_give_the_same_bytes_in_any_place(repository: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "some where/élan"
    commands: list[list[str]] = []
    for place in (here, there):
        shutil.copytree(repository / "given", place)
        command = ["build", "--name", "gadgets", "--spec", str(place / "openapi.json")]
        command += ["--overlay", str(place / "waiting.yaml"), "--out", str(place)]
        commands.append(command)

    assert main(commands[0], repository) == 0
    command = [sys.executable, "-m", "jobwait_generator", *commands[1]]
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

    assert files_in(here / "gadgets-client") == files_in(there / "gadgets-client")


def test_build_mends_its_package_and_nothing_that_is_none(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["build", "--spec", str(repository / "specs" / "widgets.yaml")]
    arguments += ["--name", "gizmos", "--out", str(tmp_path)]
    assert main(arguments, repository) == 0
    (tmp_path / "gizmos-client" / "README.md").write_text("mine")

    assert main(arguments, repository) == 0
    assert capsys.readouterr().out == "gizmos-client: new\ngizmos-client: 1 changed\n"

    (tmp_path / "gizmos-client" / "generation.lock").unlink()
    assert main(arguments, repository) == 1
    assert "this is no generated package; move it away" in capsys.readouterr().err


@pytest.mark.parametrize(
    "overlay", [None, OVERLAY], ids=["with the document's extension", "with an overlay's"]
)
def test_the_operations_that_add_was_given_stay_selected(
    repository: Path, tmp_path: Path, overlay: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    data = foreign()
    data["info"]["title"] = "Gizmos"
    data["components"]["securitySchemes"]["key"]["x-environment-variable"] = "GIZMOS_API_KEY"
    if overlay is None:
        data["paths"]["/jobs/{id}"]["get"]["x-wait-for-completion"] = yaml.safe_load(OVERLAY)[
            "actions"
        ][0]["update"]["x-wait-for-completion"]
    else:
        (tmp_path / "o.yaml").write_text(overlay)
    data["paths"]["/other/{id}"] = json.loads(json.dumps(data["paths"]["/jobs/{id}"]))
    data["paths"]["/other/{id}"]["get"]["operationId"] = "other"
    (tmp_path / "gizmos.json").write_text(json.dumps(data))
    arguments = ["add", "gizmos", "--spec", str(tmp_path / "gizmos.json")]
    arguments += ["--overlay", str(tmp_path / "o.yaml")] if overlay else []

    assert main([*arguments, "--operations", "GET /jobs/{id}"], repository) == 0

    assert main(["check"], repository) == 0
    package = repository / "generated" / "gizmos-client" / "gizmos_client"
    assert list(json.loads((package / "openapi.json").read_bytes())["paths"]) == ["/jobs/{id}"]


@pytest.mark.parametrize(
    "name", ["../escape", "/tmp/x", "a/b", "A", "a b", "-a", "a--b", "a.b", "", ".", "a\nb"]
)
@pytest.mark.parametrize("command", ["add", "build"])
def test_a_name_that_no_package_can_have_is_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str, command: str
) -> None:
    before = files_in(repository.parent)
    spec = ["--spec", str(repository / "specs" / "widgets.yaml")]
    arguments = {"add": ["add", *spec, "--", name], "build": ["build", *spec, f"--name={name}"]}
    out = ["--out", str(repository)] if command == "build" else []

    assert main([*arguments[command], *out], repository) == 1

    assert "a provider's name is in lower case" in capsys.readouterr().err
    assert files_in(repository.parent) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "gadgets", "--spec", "specs/widgets.yaml"], "there is a provider of this name"),
        (["add", "gizmos", "--spec", "nothing.yaml"], "nothing.yaml: No such file or directory"),
        (["add", "gizmos", "--spec", "given/waiting.yaml"], "given/waiting.yaml:1  /openapi  "),
        (
            ["add", "gizmos", "--spec", "given/openapi.json"],
            "given/openapi.json:17  /paths  no operation says when its job is done",
        ),
        (
            ["add", "gizmos", "--spec", "given/openapi.json", "--overlay", "specs/widgets.yaml"],
            "specs/widgets.yaml:1  /overlay  write `overlay: 1.1.0`",
        ),
        (
            ["add", "gizmos", "--spec", "given/openapi.json", "--operations", "getJbo"],
            "no operation is 'getJbo'; the nearest is getJob",
        ),
        (["suggest", "--spec", "given"], "given: Is a directory"),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(repository)
    before = files_in(repository)

    assert main(arguments, repository) == 1

    assert message in capsys.readouterr().err
    assert files_in(repository) == before


def test_two_packages_may_be_made_of_one_document(repository: Path) -> None:
    files = ["--spec", str(repository / "given" / "openapi.json")]
    files += ["--overlay", str(repository / "given" / "waiting.yaml")]
    data = json.loads((repository / "given" / "openapi.json").read_bytes())
    del data["components"]["securitySchemes"]["key"]["x-environment-variable"]
    (repository / "given" / "openapi.json").write_text(json.dumps(data))

    assert main(["add", "first", *files], repository) == 0
    assert main(["add", "second", *files], repository) == 0


def test_suggest_prints_an_overlay(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", "--spec", str(repository / "given" / "openapi.json")], repository) == 0

    (action,) = yaml.safe_load(capsys.readouterr().out)["actions"]
    assert action["target"] == "$.paths['/jobs/{id}'].get"


def test_suggest_tells_by_its_exit_code_that_it_found_nothing(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = foreign()
    del data["paths"]["/jobs/{id}"]
    (tmp_path / "a.json").write_text(json.dumps(data))

    assert main(["suggest", "--spec", str(tmp_path / "a.json")], repository) == 1

    assert yaml.safe_load(capsys.readouterr().out)["actions"] == []


def test_suggest_refuses_what_could_not_be_generated(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text('{"swagger": "2.0", "paths": {}}')

    assert main(["suggest", "--spec", str(tmp_path / "a.json")], repository) == 1

    assert "/swagger  Swagger 2.0 is not supported; convert it" in capsys.readouterr().err


def run(root: Path, *arguments: str) -> tuple[int, str, set[str]]:
    """The exit code and output of a process of its own, and which slow modules it imported."""
    code = (
        "import sys; from pathlib import Path; from jobwait_generator.cli import main;"
        f"code = main({list(arguments)!r}, Path({str(root)!r}));"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr); sys.exit(code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator")},
    )
    slow = {"openapi_python_client", "datamodel_code_generator", "jsonschema", "jinja2", "attrs"}
    return result.returncode, result.stdout, slow & {*result.stderr.split()}


def test_what_is_up_to_date_is_not_made_again(repository: Path) -> None:
    code, told, imported = run(repository)

    assert (code, told) == (0, "gadgets-client: unchanged\nwidgets-client: unchanged\n")
    assert not imported


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("specs/gadgets.overlay.yaml", "gadgets-client: 1 changed\nwidgets-client: unchanged\n"),
        ("specs/widgets.yaml", "gadgets-client: unchanged\nwidgets-client: 1 changed\n"),
        ("generated/gadgets-client/README.md", "gadgets-client: 1 changed\nwidgets-client: unch"),
        (
            "generated/widgets-client/generation.lock",
            "gadgets-client: unchanged\nwidgets-client: 1",
        ),
    ],
)
def test_what_is_not_up_to_date_is_made_again_and_no_more(
    repository: Path, capsys: pytest.CaptureFixture[str], place: str, told: str
) -> None:
    with (repository / place).open("a") as file:
        file.write("# more\n")

    assert main([], repository) == 0
    assert capsys.readouterr().out.startswith(told)
    assert main(["check"], repository) == 0


def test_what_its_digests_hide_is_found_by_check_and_mended_by_force(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = repository / "generated" / "widgets-client"
    lock = read_lock(package)
    shutil.copyfile(package / "pyproject.toml", package / "README.md")
    lock["files"]["README.md"] = lock["files"]["pyproject.toml"]
    (package / "generation.lock").write_text(json.dumps(lock, indent=2) + "\n")

    assert main([], repository) == 0
    assert main(["check"], repository) == 1
    assert capsys.readouterr().out.endswith("mend it: jobwait-generate --force\n")
    assert main(["--force"], repository) == 0
    assert main(["check"], repository) == 0


def test_one_environment_variable_is_for_one_package(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variable = "{target: $.components.securitySchemes.key, update: {x-environment-variable: W_KEY}}"
    overlay = OVERLAY.partition("  - ")[0] + f"  - {variable}\n"
    for name in ("widgets", "gizmos"):
        (repository / "specs" / f"{name}.yaml").write_text(WIDGETS)
        (repository / "specs" / f"{name}.overlay.yaml").write_text(overlay)

    assert main([], repository) == 1

    text = capsys.readouterr().err
    assert "x-environment-variable  this is also that of specs/" in text
    assert "1 problem; nothing was written" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["--force"],
        ["suggest", "--spec=specs/docurift.yaml"],
        ["add", "acme", "--spec=specs/docurift.yaml"],
        ["build", "--name=acme", "--spec=specs/docurift.yaml", "--out=nowhere"],
    ],
)
def test_with_other_tools_than_the_pinned_ones_nothing_is_made(
    tmp_path: Path, arguments: list[str]
) -> None:
    metadata = tmp_path / "ruff-0.1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: ruff\nVersion: 0.1.0\n")
    result = subprocess.run(
        [sys.executable, "-m", "jobwait_generator", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'generator'}"},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert result.stderr.startswith(f"ruff is 0.1.0, not {PINS['ruff']}\n")
    assert "mend it: python -m pip install " in result.stderr
    assert not (ROOT / "nowhere").exists()


def test_the_distribution_requires_exactly_the_tools_that_are_checked() -> None:
    project = tomllib.loads((ROOT / "generator" / "pyproject.toml").read_text())["project"]
    required = dict(text.split("==") for text in project["dependencies"])
    assert required.keys() - PINS.keys() == {"griffelib", "typer"}
    assert {name: required[name] for name in PINS} == PINS
