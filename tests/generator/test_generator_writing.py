"""What is written, whole or not at all, and what is never overwritten or removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest
from jobwait_generator.cli import main
from jobwait_generator.output.folders import write_package

from .conftest import WIDGETS

NEW: Final = {"README.md": "new", "acme_client/models.py": "new", "generation.lock": "new"}
OLD: Final = dict.fromkeys(NEW, "old")
CHANGED: Final = WIDGETS.replace("enum: [round, square]", "enum: [round, square, flat]")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose one package has been written."""
    root = tmp_path_factory.mktemp("project")
    (root / "specs").mkdir()
    (root / "specs" / "widgets.yaml").write_text(WIDGETS)
    assert main([], root) == 0
    return root


@pytest.fixture
def project(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(written, tmp_path / "project"))


def texts(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_text()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def commands(project: Path) -> dict[str, list[str]]:
    """Each way to write the package of the project's document, which has changed."""
    spec = project.parent / "widgets.yaml"
    spec.write_text(CHANGED)
    shutil.copyfile(spec, project / "specs" / "widgets.yaml")
    out = ["--out", str(project / "generated")]
    return {
        "all": [],
        "force": ["--force"],
        "build": ["build", "--spec", str(spec), "--name", "widgets", *out],
        "add": ["add", "widgets", "--spec", str(spec)],
    }


def run(project: Path, command: str) -> int:
    arguments = commands(project)[command]
    if command == "add":
        (project / "specs" / "widgets.yaml").unlink()
    return main(arguments, project)


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("all", "notes.txt"),
        ("force", "widgets_client/mine.py"),
        ("build", "tests/test_mine.py"),
        ("add", "notes.txt"),
    ],
)
def test_what_the_generator_did_not_write_is_never_removed(
    project: Path, capsys: pytest.CaptureFixture[str], command: str, place: str
) -> None:
    mine = project / "generated" / "widgets-client" / place
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    before = texts(project / "generated")

    assert run(project, command) == 1

    message = f"{place}: the generator did not write this, and would remove it; move it away\n"
    assert capsys.readouterr().err.endswith(message)
    assert texts(project / "generated") == before


@pytest.mark.parametrize("command", ["build", "add"])
def test_a_folder_without_a_lock_is_no_generated_package(
    project: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (project / "generated" / "widgets-client" / "generation.lock").unlink()
    before = texts(project / "generated")

    assert run(project, command) == 1

    assert "this is no generated package; move it away" in capsys.readouterr().err
    assert texts(project / "generated") == before
    assert (project / "specs" / "widgets.yaml").exists() is (command == "build")


@pytest.mark.parametrize("place", ["more", "tools/more.txt", "gone-client/README.md"])
def test_what_is_no_package_is_not_removed_with_those_that_are(
    project: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    mine = project / "generated" / place
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")

    assert main([], project) == 1

    assert "move it away" in capsys.readouterr().err
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("command", ["all", "build", "add"])
def test_what_other_tools_left_in_a_package_stays(project: Path, command: str) -> None:
    package = project / "generated" / "widgets-client"
    for place in (".git/HEAD", "dist/x.whl", "widgets_client.egg-info/PKG-INFO"):
        (package / place).parent.mkdir()
        (package / place).write_text(place)

    assert run(project, command) == 0

    assert "flat" in (package / "widgets_client" / "models.py").read_text()
    for place in (".git/HEAD", "dist/x.whl", "widgets_client.egg-info/PKG-INFO"):
        assert (package / place).read_text() == place
    assert main(["check"], project) == (command == "build")


@pytest.mark.parametrize("command", ["all", "build", "add"])
@pytest.mark.parametrize("place", ["", "widgets_client", "README.md", "mine"])
def test_nothing_is_written_through_a_symlink(
    project: Path, tmp_path: Path, command: str, place: str
) -> None:
    path, outside = project / "generated" / "widgets-client" / place, tmp_path / "outside"
    if path.exists():
        path.rename(outside)
    else:
        outside.write_text("mine")
    path.symlink_to(outside)
    before = outside.read_text() if outside.is_file() else texts(outside)

    code = run(project, command)

    assert (outside.read_text() if outside.is_file() else texts(outside)) == before
    # A link in the place of a file is replaced; one to a folder might be meant.
    assert code == (place != "README.md")
    assert path.is_symlink() is (place != "README.md")


def test_a_symlink_instead_of_the_folder_of_all_packages_is_refused(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "generated").rename(tmp_path / "outside")
    (project / "generated").symlink_to(tmp_path / "outside")
    before = texts(tmp_path / "outside")

    assert run(project, "all") == 1

    assert "generated: this is no folder; move it away" in capsys.readouterr().err
    assert texts(tmp_path / "outside") == before


LIMITED: Final = """
import resource
from pathlib import Path
from jobwait_generator.output.folders import write_package
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_package(Path({root!r}), "acme-client", {files!r})
"""


@pytest.mark.parametrize("exists", [True, False])
def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, exists: bool) -> None:
    if exists:
        write_package(tmp_path, "acme-client", OLD)
    before = texts(tmp_path)
    code = LIMITED.format(root=str(tmp_path), files={**NEW, "z.py": "x" * 2000})

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert "File too large" in result.stderr
    assert texts(tmp_path) == before
    assert not list(tmp_path.glob(".*"))


KILLED: Final = """
import os, signal, sys
from pathlib import Path
from jobwait_generator.output.folders import write_package

calls = 0
def count(event, arguments):
    global calls
    if event in ("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "shutil.rmtree"):
        calls += 1
        if calls > {calls}:
            os.kill(os.getpid(), signal.SIGKILL)
root = Path({root!r})
sys.addaudithook(count)
write_package(root, "acme-client", {files!r})
"""


def killed(root: Path, calls: int) -> bool:
    """Whether writing was killed, before the system call of this number that changes something."""
    code = KILLED.format(calls=calls, root=str(root), files=NEW)
    return subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL


@pytest.mark.parametrize("exists", [True, False])
def test_a_killed_run_leaves_the_old_package_or_the_new_one(tmp_path: Path, exists: bool) -> None:
    package = tmp_path / "acme-client"
    calls = 0
    ran = True
    while ran:
        shutil.rmtree(package, ignore_errors=True)
        if exists:
            write_package(tmp_path, "acme-client", OLD)
            (package / ".git").mkdir()
        ran = killed(tmp_path, calls)
        calls += 1
        left = texts(package) if package.exists() else None
        assert left in (NEW, OLD if exists else None, None)

        write_package(tmp_path, "acme-client", NEW)

        assert texts(package) == NEW
        assert (package / ".git").is_dir() is exists
        assert not list(tmp_path.glob(".*.old"))
    assert calls > 5
    assert list(tmp_path.glob(".*.new"))


def test_what_a_killed_run_left_is_removed_once_nobody_can_be_writing_it(tmp_path: Path) -> None:
    for name, age in (("dead", 3600), ("alive", 0)):
        folder = tmp_path / f".acme-client.{name}.new"
        folder.mkdir()
        os.utime(folder, times=(time.time() - age, time.time() - age))

    write_package(tmp_path, "acme-client", NEW)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".acme-client.alive.new", "acme-client"]


def test_two_runs_at_once_leave_one_whole_package(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from jobwait_generator.output.folders import"
    code += " write_package; [write_package(Path(sys.argv[1]), 'acme-client', {f'{i}.py':"
    code += " sys.argv[2] for i in range(50)}) for _ in range(20)]"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), text], stderr=subprocess.DEVNULL
        )
        for text in "ab"
    ]
    for process in runs:
        process.wait()

    write_package(tmp_path, "acme-client", NEW)
    assert texts(tmp_path / "acme-client") == NEW
