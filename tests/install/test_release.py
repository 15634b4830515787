"""A release: all distributions, published to an index on loopback and installed from there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
DISTRIBUTIONS: Final = {
    tomllib.loads(path.read_text(encoding="utf-8"))["project"]["name"]
    for pattern in ("", "generator/", "generated/*/", "integrations/*/")
    for path in ROOT.glob(f"{pattern}pyproject.toml")
}
SERVER: Final = """
import sys
import tomllib
from wsgiref.simple_server import WSGIRequestHandler, make_server
import pypiserver

WSGIRequestHandler.log_message = lambda *_: None
user = ("somebody", "a secret")
app = pypiserver.app(
    roots=[sys.argv[1]], disable_fallback=True, authenticate=["update"], password_file="unused",
    auther=lambda *given: given == user,
)
with make_server("127.0.0.1", 0, app) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""
"""An index that takes uploads of one user, none of a file that it has, and prints its port."""


@contextmanager
def index(folder: Path) -> Generator[str]:
    """The address of an index on loopback, which keeps its files in a folder."""
    # A process of its own: the server changes how Python imports.
    command = [sys.executable, "-W", "ignore", "-c", SERVER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}/"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, so that dist/ stays what it is."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "tests")
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("release") / "copy", ignore=ignored))


def release(
    checkout: Path, url: str, *options: str, password: str = "a secret"
) -> subprocess.CompletedProcess[str]:
    """Run the session; the environment has the credentials."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    environment |= {"UV_PUBLISH_USERNAME": "somebody", "UV_PUBLISH_PASSWORD": password}
    return subprocess.run(
        [sys.executable, "-m", "nox", "-s", "release", *options, "--", "--publish-url", url],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
    )


def stored(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The files of an index, and when they were written."""
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}


def test_a_release_is_published_once_and_installs_from_the_index(
    checkout: Path, tmp_path: Path
) -> None:
    with index(tmp_path) as url:
        result = release(checkout, url)
        assert result.returncode == 0, result.stdout + result.stderr
        published = stored(tmp_path)
        assert published.keys() == {path.name for path in (checkout / "dist").glob("*-*")}
        names = {name.partition("-")[0].replace("_", "-") for name in published}
        assert names == DISTRIBUTIONS

        # Everything is built anew, to the same bytes.
        result = release(checkout, url)
        assert result.returncode == 0, result.stdout + result.stderr
        assert stored(tmp_path) == published


def test_what_an_index_refuses_fails_and_no_secret_is_printed(
    checkout: Path, tmp_path: Path
) -> None:
    with index(tmp_path) as url:
        result = release(checkout, url, password="a wrong secret")

    assert result.returncode != 0
    assert not list(tmp_path.iterdir())
    assert "a wrong secret" not in result.stdout + result.stderr


def test_credentials_in_an_address_are_refused(checkout: Path) -> None:
    result = release(checkout, "http://somebody:secret@127.0.0.1:1/", "--no-install")

    assert result.returncode != 0
    assert "put no credentials into an address" in result.stdout + result.stderr
