"""`diff` and `release`, and what is said of a package that is made anew."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from jobwait_generator.cli import main

from .conftest import ROOT, WIDGETS

RETYPED: Final = ("result: {type: string}", "result: {type: integer}")
SLOWER: Final = ("initial: 1", "initial: 2")
FURTHER: Final = ("kind: {$ref", "colour: {type: string}\n        kind: {$ref")
WORDS: Final = ("title: Widgets", "title: Widgets and more")
OVERLAY: Final = """\
overlay: 1.0.0
info: {title: Waiting, version: 1.0.0}
actions:
  - target: $.paths['/jobs/{id}'].get
    update:
      x-wait-for-completion:
        job: /data
        status: /data/status
        states: {waiting: pending, done: succeeded, broken: failed}
"""
BARE: Final = re.sub(r"      x-wait-for-completion:\n(        .*\n)+", "", WIDGETS)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a project of one package, which was never released."""
    root = tmp_path_factory.mktemp("committed")
    (root / "specs").mkdir()
    (root / "specs" / "widgets.yaml").write_text(WIDGETS)
    assert main([], root) == 0
    git(root, "init", "--quiet")
    commit(root)
    return root


@pytest.fixture
def repository(committed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(committed, tmp_path / "repository"))


def git(root: Path, *arguments: str) -> None:
    who = (
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.com",
        "-c",
        "commit.gpgsign=false",
    )
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change something")


def edit(root: Path, *edits: tuple[str, str]) -> Path:
    path = root / "specs" / "widgets.yaml"
    text = path.read_text()
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    return path


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def text_of(root: Path, name: str) -> str:
    return (root / name).read_text()


def test_making_a_package_anew_says_what_it_means_for_users(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository, RETYPED, SLOWER)

    assert main([], repository) == 0

    first, *changes = capsys.readouterr().out.splitlines()
    assert first == "widgets-client: 5 changed"
    assert changes == [
        "  breaking    specs/widgets.yaml:60  /components/schemas/DoneJob/properties/result  "
        "DoneJob.result: is `int`, was `str`",
        "  notable     specs/widgets.yaml:28  "
        "/paths/~1jobs~1{id}/get/x-wait-for-completion/polling/initial  "
        "client.jobs.wait_for_completion: initial is 2 s, was 1 s (GET /jobs/{id})",
    ]


def test_what_is_removed_stands_where_it_stood_though_the_document_is_overwritten(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository, ('\n        kind: {$ref: "#/components/schemas/Kind"}', ""))

    assert main(["--json"], repository) == 0

    (change,) = [change for change in objects(capsys) if change["name"] == "DoneJob.kind"]
    assert change["file"] == "specs/widgets.yaml"
    assert change["pointer"] == "/components/schemas/DoneJob/properties/kind"
    assert (change["severity"], change["package"]) == ("breaking", "widgets-client")


def test_other_words_in_a_document_are_no_change_for_users(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository, WORDS)

    assert main([], repository) == 0

    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_package_that_somebody_broke_is_made_anew_without_a_word(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = repository / "generated" / "widgets-client" / "widgets_client" / "models.py"
    models.write_text("class :")

    assert main([], repository) == 0

    assert capsys.readouterr().out == "widgets-client: 1 changed\n"


SIDES: Final = [
    ("HEAD", None),
    ("HEAD", "widgets"),
    ("HEAD", "HEAD:widgets"),
    ("HEAD:widgets", "specs/widgets.yaml"),
    ("HEAD", "."),
    ("generated/widgets-client", "widgets-client"),
    ("old.yaml", "specs/widgets.yaml"),
    ("old.yaml", "widgets"),
]
"""Ways to name what was, and what is."""


@pytest.mark.parametrize(("old", "new"), SIDES)
def test_documents_packages_projects_and_revisions_can_be_compared(
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str | None,
) -> None:
    shutil.copy(edit(repository), repository / "old.yaml")
    edit(repository, RETYPED)
    monkeypatch.chdir(repository)

    assert main(["diff", old, *([new] if new else []), "--json"], repository) == 0

    names = [change["name"] for change in objects(capsys)]
    assert names == ([] if new == "HEAD:widgets" else ["DoneJob.result"])


def test_diff_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(repository, RETYPED)
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}

    assert main(["diff", "HEAD"], repository) == 0

    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before
    assert capsys.readouterr().out.startswith("widgets-client: 1 change: 1 breaking\n")


@pytest.mark.parametrize(
    ("edits", "severity", "code"),
    [
        ([RETYPED], "breaking", 1),
        ([RETYPED], "compatible", 1),
        ([SLOWER], "breaking", 0),
        ([SLOWER], "notable", 1),
        ([FURTHER], "notable", 0),
        ([FURTHER], "compatible", 1),
        ([WORDS], "compatible", 0),
    ],
)
def test_a_severity_from_which_on_it_fails(
    repository: Path, edits: list[tuple[str, str]], severity: str, code: int
) -> None:
    edit(repository, *edits)

    assert main(["diff", "HEAD", "--fail-on", severity], repository) == code


def test_documents_are_compared_with_the_overlay_of_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {
        "old.yaml": BARE,
        "new.yaml": BARE,
        "one.yaml": OVERLAY,
        "two.yaml": OVERLAY.replace("failed", "cancelled"),
    }.items():
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in ("old.yaml", "new.yaml")]
    one, two = (["--overlay", str(tmp_path / name)] for name in ("one.yaml", "two.yaml"))

    assert main(["diff", *files, *one], tmp_path) == 0
    assert capsys.readouterr().out == "new-client: no change for users\n"

    assert main(["diff", *files, *one, *two, "--json"], tmp_path) == 0
    assert [change["kind"] for change in objects(capsys)] == ["status"]

    # That beside a document is its own.
    (tmp_path / "old.overlay.yaml").write_text(OVERLAY)
    (tmp_path / "new.overlay.yaml").write_text(OVERLAY.replace("pending", "running"))
    assert main(["diff", *files, "--json"], tmp_path) == 0
    assert [change["severity"] for change in objects(capsys)] == ["notable"]


def test_a_document_that_no_package_can_be_made_of_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.yaml").write_text(BARE)
    (tmp_path / "new.yaml").write_text(WIDGETS)

    files = [str(tmp_path / name) for name in ("old.yaml", "new.yaml")]
    assert main(["diff", *files], tmp_path) == 1

    assert "x-wait-for-completion" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "nothing: this is no file, no folder"),
        (["HEAD", "specs"], "specs: this is no file, no folder"),
        (["HEAD:gadgets"], "HEAD: there is no provider gadgets"),
        (["HEAD", "--provider", "gadgets"], "has gadgets"),
        (["HEAD", "--provider", "../x"], "no provider can be called that"),
        (["--output=x"], "No such option"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line_with_exit_code_2(
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(repository)

    assert main(["diff", *arguments], repository) == 2

    assert message in capsys.readouterr().err


def test_a_provider_that_is_new_or_gone_is_a_change(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = repository / "specs"
    (specs / "widgets.yaml").rename(specs / "gadgets.yaml")

    assert main(["diff", "HEAD", "--json"], repository) == 0

    found = {(change["name"], change["severity"]) for change in objects(capsys)}
    assert found == {("widgets_client", "breaking"), ("gadgets_client", "compatible")}


def test_a_version_stands_beside_the_document(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository, ("version: 1.0.0", "version: 2024-10-01-beta"))
    (repository / "specs" / "widgets.version").write_text("1.4.0\n")

    assert main([], repository) == 0

    package = repository / "generated" / "widgets-client"
    assert 'version = "1.4.0"' in text_of(package, "pyproject.toml")
    assert 'api_version="2024-10-01-beta"' in text_of(package, "widgets_client/_provider.py")
    lock = json.loads(text_of(package, "generation.lock"))
    assert lock["version"]["file"] == "specs/widgets.version"
    capsys.readouterr()

    (repository / "specs" / "widgets.version").write_text("2024-10-01")
    assert main([], repository) == 1
    assert capsys.readouterr().err.startswith(
        "specs/widgets.version:1  /  a version is three numbers, such as `1.4.0`"
    )


def released(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["release", "widgets", *arguments], root) == 0
    return capsys.readouterr().out


def test_a_release_writes_the_version_the_changelog_and_the_package(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proposal = "widgets-client: not released yet; 0.1.0 is the first version"
    assert released(repository, capsys).startswith(proposal)
    assert not (repository / "specs" / "widgets.version").exists()

    assert "specs/widgets.version: written" in released(repository, capsys, "--yes")
    assert text_of(repository, "specs/widgets.version") == "0.1.0\n"
    assert "First release." in text_of(repository, "specs/widgets.changelog.md")
    assert "commit and publish it" in released(repository, capsys, "--yes")
    commit(repository)
    assert released(repository, capsys) == "widgets-client: nothing has changed since 0.1.0\n"

    edit(repository, RETYPED, SLOWER)
    assert "0.1.0 → 0.2.0 (2 changes: 1 breaking, 1 notable)" in released(repository, capsys)
    released(repository, capsys, "--yes")

    changelog = text_of(repository, "specs/widgets.changelog.md")
    section = changelog[changelog.index("## [Unreleased]") : changelog.index("## [0.1.0]")]
    assert re.sub(r"\d{4}-\d\d-\d\d", "DATE", section) == (
        "## [Unreleased]\n\n## [0.2.0] - DATE\n\n### Changed\n\n"
        "- **Breaking:** `DoneJob.result`: is `int`, was `str`.\n"
        "- `client.jobs.wait_for_completion`: initial is 2 s, was 1 s.\n\n"
    )
    package = repository / "generated" / "widgets-client"
    header, _, rest = text_of(package, "CHANGELOG.md").partition("\n")
    assert rest == changelog
    assert header.startswith("<!-- Generated from specs/widgets.changelog.md by")
    assert 'version = "0.2.0"' in text_of(package, "pyproject.toml")
    assert main(["check"], repository) == 0


@pytest.mark.parametrize(
    ("version", "edits", "proposed"),
    [
        ("0.1.0", [RETYPED], "0.2.0"),
        ("0.1.3", [FURTHER], "0.1.4"),
        ("0.1.3", [WORDS], "0.1.4"),
        ("1.4.2", [RETYPED], "2.0.0"),
        ("1.4.2", [SLOWER], "1.5.0"),
        ("1.4.2", [FURTHER], "1.5.0"),
        ("1.4.2", [WORDS], "1.4.3"),
    ],
)
def test_the_bump_is_what_the_changes_ask_for(
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    version: str,
    edits: list[tuple[str, str]],
    proposed: str,
) -> None:
    (repository / "specs" / "widgets.version").write_text(version)
    released(repository, capsys, "--yes")
    commit(repository)
    edit(repository, *edits)

    assert f"widgets-client: {version} → {proposed} (" in released(repository, capsys)


def test_a_person_may_choose_a_higher_version_and_none_that_is_too_low(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released(repository, capsys, "--yes")
    commit(repository)
    edit(repository, RETYPED)

    (repository / "specs" / "widgets.version").write_text("1.0.0")
    assert "0.1.0 → 1.0.0" in released(repository, capsys)

    (repository / "specs" / "widgets.version").write_text("0.1.1")
    assert main(["release", "widgets"], repository) == 1
    assert "0.1.1 is too low for what has changed since 0.1.0; write 0.2.0" in (
        capsys.readouterr().err
    )


def test_what_somebody_wrote_into_the_changelog_goes_along(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released(repository, capsys, "--yes")
    commit(repository)
    path = repository / "specs" / "widgets.changelog.md"
    entry = "## [Unreleased]\n\n### Fixed\n\n- A thing.\n\n### Changed\n\n- Another.\n"
    path.write_text(path.read_text().replace("## [Unreleased]\n", entry))
    edit(repository, RETYPED)

    released(repository, capsys, "--yes")

    section = path.read_text().partition("## [0.2.0]")[2].partition("## [0.1.0]")[0]
    assert section.partition("\n\n")[2] == (
        "### Changed\n\n- Another.\n- **Breaking:** `DoneJob.result`: is `int`, was `str`.\n\n"
        "### Fixed\n\n- A thing.\n\n"
    )


def test_without_git_somebody_says_what_was_released(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released(repository, capsys, "--yes")
    old = shutil.copytree(
        repository / "generated" / "widgets-client", tmp_path / "widgets_client-0.1.0"
    )
    shutil.rmtree(repository / ".git")
    edit(repository, RETYPED)

    assert main(["release", "widgets"], repository) == 2
    assert "name what was released last: --since FOLDER" in capsys.readouterr().err

    assert "0.1.0 → 0.2.0" in released(repository, capsys, "--since", str(old))
    assert main(["diff", str(old), str(repository / "specs" / "widgets.yaml")], tmp_path) == 0
    assert capsys.readouterr().out.startswith("widgets-client: 1 change: 1 breaking\n")


def test_build_says_what_the_package_means_for_users_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "widgets.yaml").write_text(WIDGETS)
    spec = str(tmp_path / "specs" / "widgets.yaml")
    command = ["build", "--spec", spec, "--name", "widgets", "--out", str(tmp_path)]
    assert main([*command, "--package-version", "3.0.0"], tmp_path) == 0
    assert capsys.readouterr().out == "widgets-client: new\n"
    assert 'version = "3.0.0"' in text_of(tmp_path, "widgets-client/pyproject.toml")
    edit(tmp_path, RETYPED)

    assert main([*command, "--json"], tmp_path) == 0

    assert [change["name"] for change in objects(capsys)] == ["DoneJob.result"]


@pytest.mark.parametrize("package", sorted((ROOT / "generated").iterdir()), ids=lambda p: p.name)
def test_a_package_is_what_its_document_says(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = package.name.removesuffix("-client")
    document = str(ROOT / "specs" / f"{name}.yaml")

    # What users see is read from formatted files here, and from none there.
    assert main(["diff", str(package), document, "--json"], ROOT) == 0

    assert objects(capsys) == []
