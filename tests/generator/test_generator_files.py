"""Writing, checking, and the same bytes everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jobwait_generator.cli import main
from jobwait_generator.document.document import COMMAND, SCHEMA

from .conftest import ROOT, WIDGETS

PACKAGES = [path.name.removesuffix("-client") for path in (ROOT / "generated").iterdir()]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose one package has been written."""
    root = tmp_path_factory.mktemp("repository")
    (root / "specs").mkdir()
    (root / "specs" / "widgets.yaml").write_text(WIDGETS)
    assert main([], root) == 0
    return root


@pytest.fixture
def repository(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(written, tmp_path / "repository"))


def generated(root: Path) -> dict[str, bytes]:
    directory = root / "generated"
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_check_names_each_file_that_is_not_as_written(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = repository / "generated" / "widgets-client"
    with (package / "pyproject.toml").open("a") as file:
        file.write("# mine\n")
    (package / "README.md").unlink()
    (package / "widgets_client" / "mine.py").write_text("")
    (package / "widgets_client" / "models.py").write_text("")
    (repository / "generated" / "gone-client").mkdir()
    (repository / "generated" / "gone-client" / "README.md").write_text("# gone\n")
    before = generated(repository)

    assert main(["check"], repository) == 1

    assert capsys.readouterr().out.splitlines() == [
        "generated/gone-client/README.md: extra",
        "generated/widgets-client/README.md: missing",
        "generated/widgets-client/pyproject.toml: edited",
        "generated/widgets-client/widgets_client/mine.py: extra",
        "generated/widgets-client/widgets_client/models.py: emptied",
        f"mend it: {COMMAND}",
    ]
    assert generated(repository) == before


def test_writing_mends_what_check_finds(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = generated(repository)
    package = repository / "generated" / "widgets-client"
    (package / "README.md").unlink()
    (package / "widgets_client" / "models.py").write_text("")
    (package / "empty" / "deeper").mkdir(parents=True)

    assert main([], repository) == 0

    assert capsys.readouterr().out.startswith("widgets-client: 2 changed\n")
    assert generated(repository) == good
    assert not (package / "empty").exists()
    assert main(["check"], repository) == 0
    assert capsys.readouterr().out == "widgets-client: unchanged\n"


def test_a_document_that_changed_changes_its_package(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = repository / "specs" / "widgets.yaml"
    spec.write_text(WIDGETS.replace("enum: [round, square]", "enum: [round, square, flat]"))

    assert main(["check"], repository) == 1

    assert capsys.readouterr().out.splitlines()[:-1] == [
        "generated/widgets-client/generation.lock: edited",
        "generated/widgets-client/widgets_client/models.py: edited",
        "generated/widgets-client/widgets_client/openapi.json: edited",
    ]


def test_what_a_build_leaves_behind_is_no_difference(repository: Path) -> None:
    package = repository / "generated" / "widgets-client"
    for folder in ("dist", "widgets_client/__pycache__"):
        (package / folder).mkdir()
        (package / folder / "x").write_text("")

    assert main(["check"], repository) == 0


def test_what_a_build_leaves_is_looked_for_below_a_package_only(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = repository / "generated" / "widgets-client" / "widgets_client" / "build"
    hidden.mkdir()
    (hidden / "mine.py").write_text("")

    assert main(["check"], repository) == 1

    first = capsys.readouterr().out.splitlines()[0]
    assert first == "generated/widgets-client/widgets_client/build/mine.py: extra"


def test_a_package_says_whether_it_is_new_or_removed(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = repository / "specs"
    (specs / "widgets.yaml").rename(specs / "gadgets.yaml")

    assert main([], repository) == 0

    assert capsys.readouterr().out == "gadgets-client: new\nwidgets-client: removed\n"


@pytest.mark.parametrize("ending", ["yml", "json"])
def test_a_document_may_be_yml_or_json(
    repository: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    good = generated(repository)
    spec = repository / "specs" / "widgets.yaml"
    spec.with_suffix(f".{ending}").write_text(json.dumps(yaml.safe_load(spec.read_text())))
    spec.unlink()

    assert main([], repository) == 0

    assert capsys.readouterr().out == "widgets-client: 9 changed\n"
    models = "widgets-client/widgets_client/models.py"
    header, _, rest = generated(repository)[models].partition(b"\n")
    assert header == f"# Generated from specs/widgets.{ending} by".encode() + (
        b" `jobwait-generate`; edits are lost."
    )
    assert rest == good[models].partition(b"\n")[2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("widgets.json", "specs/widgets.json is the document of widgets; remove one"),
        ("other.overlay.yaml", "there is no document called other; call it as its document is"),
    ],
)
def test_a_file_that_belongs_to_no_package_of_its_own_is_a_problem(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (repository / "specs" / name).write_text("{}")

    assert main([], repository) == 1

    assert message in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"{}", None])
def test_the_published_schema_of_the_extension_is_a_copy(
    repository: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    copy = repository / "specs" / SCHEMA.name
    assert copy.read_bytes() == SCHEMA.read_bytes()
    if content is None:
        copy.unlink()
    else:
        copy.write_bytes(content)

    assert main(["check"], repository) == 1
    kind = "missing" if content is None else "edited"
    assert capsys.readouterr().out.splitlines()[0] == f"specs/{SCHEMA.name}: {kind}"

    assert main([], repository) == 0
    assert copy.read_bytes() == SCHEMA.read_bytes()
    assert main(["check"], repository) == 0


@pytest.mark.parametrize(
    "place",
    ["specs/x.yaml", "generated/widgets-client/README.md", "generated/widgets-client", "generated"],
)
@pytest.mark.parametrize("folder", [True, False])
def test_a_thing_of_the_wrong_kind_is_told_in_a_line_or_replaced(
    repository: Path, capsys: pytest.CaptureFixture[str], place: str, folder: bool
) -> None:
    path = repository / place
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if folder:
        path.mkdir()
    else:
        path.write_text("")

    code = main([], repository)

    told = capsys.readouterr()
    assert code == 0 or len(told.err.splitlines()) <= 2
    assert code == 1 or main(["check"], repository) == 0


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout in another place, with the settings of somebody else around it."""
    root = tmp_path_factory.mktemp("some where") / "élan"
    for folder in ("generator", "specs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    settings = "[tool.ruff]\nline-length = 40\n[tool.ruff.lint]\nselect = []\n"
    settings += "[tool.datamodel-codegen]\nuse-title-as-name = true\nsnake-case-field = true\n"
    (root / "pyproject.toml").write_text(settings)
    (root / ".ruff.toml").write_text("line-length = 40\n")
    yield root


def test_the_same_documents_give_the_committed_bytes_everywhere(elsewhere: Path) -> None:
    shutil.rmtree(elsewhere / "generated", ignore_errors=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(elsewhere / "generator"),
        "PYTHONHASHSEED": "4711",
        "PYTHONDONTWRITEBYTECODE": "1",
        "RUFF_LINE_LENGTH": "40",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
    }

    result = subprocess.run(
        [sys.executable, "-m", "jobwait_generator"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert result.returncode == 0, result.stderr
    assert {line.partition(":")[0] for line in result.stdout.splitlines()} == {
        f"{name}-client" for name in PACKAGES
    }
    here, there = generated(ROOT), generated(elsewhere)
    assert [name for name in here | there if here.get(name) != there.get(name)] == []
    assert not list(elsewhere.rglob(".ruff_cache"))


def test_generator_imports_neither_the_layer_nor_a_package() -> None:
    code = (
        "import sys, jobwait_generator.pipeline, jobwait_generator.cli;"
        "print([m for m in sys.modules if m.partition('.')[0] in"
        f" {['jobwait', *(f'{name}_client' for name in PACKAGES)]}])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
