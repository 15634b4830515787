"""The generator as somebody installs it: from wheels, in an empty environment, without a checkout.

A session of its own, `nox -s install`: once is enough for all Pythons.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
UV: Final = shutil.which("uv")
BIN: Final = "Scripts" if os.name == "nt" else "bin"

DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.0.3",
    "info": {"title": "Acme", "version": "1.0.0"},
    "servers": [{"url": "https://api.acme.test"}],
    "paths": {
        "/jobs/{id}": {
            "get": {
                "operationId": "getJob",
                "tags": ["jobs"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {
                    "200": {
                        "description": "The job.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "title": "Job",
                                    "type": "object",
                                    "required": ["status"],
                                    "properties": {
                                        "status": {
                                            "type": "string",
                                            "enum": ["queued", "done", "failed"],
                                        }
                                    },
                                }
                            }
                        },
                    }
                },
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "security": [{"key": []}],
}

USE: Final = """
import acme_client
with acme_client.Client("key") as client:
    print(type(client.jobs).__name__, acme_client.__file__)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that succeeds, in an environment that knows no checkout."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


class Environment:
    """An empty environment, into which wheels of a wheelhouse are installed."""

    def __init__(self, root: Path, wheelhouse: Path) -> None:
        self.root = root
        self._wheelhouse = wheelhouse
        self.python = root / BIN / "python"
        if UV:
            run(UV, "venv", "--quiet", "--python", sys.executable, root, cwd=root.parent)
        else:
            run(sys.executable, "-m", "venv", root, cwd=root.parent)

    def install(self, *requirements: str | Path) -> None:
        """Install what the wheelhouse has from there, and the rest from the registry."""
        start = [UV, "pip", "install", "--quiet", "--python", self.python]
        if not UV:
            start = [self.python, "-m", "pip", "install", "--quiet"]
        words = [word for word in start if word]
        run(*words, "--find-links", self._wheelhouse, *requirements, cwd=self.root)

    def files(self) -> dict[str, bytes]:
        """All that is installed."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
        }


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of the layer and of the generator."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    for source in (ROOT, ROOT / "generator"):
        copy = tmp_path_factory.mktemp("source") / "copy"
        ignored = shutil.ignore_patterns(".*", "__pycache__", "tests", "generated", "dist")
        shutil.copytree(source, copy, ignore=ignored)
        builder = [UV, "build", "--quiet", "--wheel", "--out-dir", folder]
        if not UV:
            builder = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder]
        run(*(word for word in builder if word), copy, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def environment(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with nothing but the generator."""
    environment = Environment(tmp_path_factory.mktemp("empty") / "venv", wheelhouse)
    environment.install("jobwait-generator")
    return environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a vendor's document."""
    (tmp_path / "acme.json").write_text(json.dumps(DOCUMENT))
    return tmp_path


def test_a_wheel_makes_a_package_that_installs_and_imports(
    environment: Environment, wheelhouse: Path, folder: Path
) -> None:
    command = environment.root / BIN / "jobwait-generate"
    before = environment.files()

    proposal = run(command, "suggest", "--spec", "acme.json", cwd=folder)
    (folder / "acme.overlay.yaml").write_text(proposal)
    words = ["--spec", "acme.json", "--overlay", "acme.overlay.yaml", "--name", "acme"]
    output = run(command, "build", *words, "--out", ".", cwd=folder)

    assert output == "acme-client: new\n"
    # Nothing is written beside the package: the environment may be read-only.
    assert environment.files() == before
    assert sorted(path.name for path in folder.iterdir()) == [
        "acme-client",
        "acme.json",
        "acme.overlay.yaml",
    ]
    user = Environment(folder / "user", wheelhouse)
    user.install(folder / "acme-client")
    assert run(user.python, "-c", USE, cwd=folder).startswith("JobsResource ")


def test_a_project_of_ones_own_needs_no_checkout(environment: Environment, folder: Path) -> None:
    module: list[str | Path] = [environment.python, "-m", "jobwait_generator", "--project", "sdks"]
    run(*module, "init", cwd=folder)
    (folder / "acme.overlay.yaml").write_text(
        run(*module, "suggest", "--spec", "acme.json", cwd=folder)
    )
    run(*module, "add", "acme", "--spec", "acme.json", "--overlay", "acme.overlay.yaml", cwd=folder)
    assert run(*module, "check", cwd=folder) == "acme-client: unchanged\n"
    assert (folder / "sdks" / "generated" / "acme-client" / "pyproject.toml").is_file()


def test_the_generator_needs_neither_the_layer_nor_a_package(environment: Environment) -> None:
    code = "from importlib.util import find_spec; print(find_spec('jobwait'))"
    assert run(environment.python, "-c", code, cwd=environment.root) == "None\n"
