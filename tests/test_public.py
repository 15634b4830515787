"""What the layer promises to the outside: its names, its error tree, its imports."""

from __future__ import annotations

import ast
import logging
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import jobwait

ROOT = Path(__file__).parent.parent

PUBLIC = """
APIConnectionError APIError APIStatusError APITimeoutError Adaptive Advanced AsyncBaseClient
AsyncHTTPClient AsyncKey AsyncLimiter AsyncRawResource AsyncResource AuthenticationError
BadRequestError BaseClient Checkpoint CheckpointError ClientClosedError ClientConfig ClientSession
ConfigurationError Credential Deviation Durations Exponential Fixed HTTPClient Headers
InvalidArgumentError JobCancelledError JobFailedError JobOperation JobwaitError Key Limiter
Model NotFoundError Operation Outcome Part PermissionDeniedError Poll PollEvent Polling Provider
RateLimitError RawResource RawResponse Resource ResponseDecodeError Schedule ServerError
Succeeded UNSET UnknownVariant Unset Unsuccessful Wait WaitError WaitErrors WaitOptions
WaitTimeoutError Waitable __version__ advance as_completed async_advance async_as_completed
async_wait_for_all deviations on_poll providers wait_for_all wait_for_completion
"""


def test_the_public_names_are_these() -> None:
    names = dir(jobwait)
    assert names == PUBLIC.split()
    for name in names:
        assert getattr(jobwait, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = import_module("jobwait").no_such_name


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("ConfigurationError", ["JobwaitError", "ValueError"]),
        ("InvalidArgumentError", ["JobwaitError", "ValueError"]),
        ("ClientClosedError", ["JobwaitError"]),
        ("CheckpointError", ["JobwaitError"]),
        ("APIError", ["JobwaitError"]),
        ("APIConnectionError", ["APIError"]),
        ("APITimeoutError", ["APIConnectionError", "TimeoutError"]),
        ("APIStatusError", ["APIError"]),
        ("BadRequestError", ["APIStatusError"]),
        ("AuthenticationError", ["APIStatusError"]),
        ("PermissionDeniedError", ["APIStatusError"]),
        ("NotFoundError", ["APIStatusError"]),
        ("RateLimitError", ["APIStatusError"]),
        ("ServerError", ["APIStatusError"]),
        ("ResponseDecodeError", ["APIError"]),
        ("WaitError", ["JobwaitError"]),
        ("JobFailedError", ["WaitError"]),
        ("JobCancelledError", ["WaitError"]),
        ("WaitTimeoutError", ["WaitError", "TimeoutError"]),
    ],
)
def test_the_error_tree_is_this(name: str, bases: list[str]) -> None:
    public = [
        next(cls.__name__ for cls in base.__mro__ if not cls.__name__.startswith("_"))
        for base in getattr(jobwait, name).__bases__
    ]
    assert public == bases


def test_importing_jobwait_loads_nothing() -> None:
    code = "import sys; was = set(sys.modules); import jobwait; print(*set(sys.modules) - was)"
    command = [sys.executable, "-I", "-c", code]
    loaded = subprocess.check_output(command, text=True).split()
    assert set(loaded) - {"__future__"} == {"jobwait"}


def imports(folder: str) -> dict[str, set[str]]:
    """The top-level packages that each module of a folder imports."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        names = found.setdefault(str(path.relative_to(ROOT)), set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.split(".")[0])
    return found


def test_imports_go_one_way() -> None:
    clients = {path.name for path in (ROOT / "generated").glob("*/*_client")}
    assert len(clients) >= 4
    for names in imports("jobwait").values():
        assert not names & (clients | {"jobwait_generator", "attrs"})
    for names in imports("generator").values():
        assert not names & (clients | {"jobwait", "httpx"})
    for module, names in imports("generated").items():
        allowed = {"__future__", "attrs", "jobwait", *sys.stdlib_module_names}
        allowed |= {"pydantic"} if module.endswith("_sandbox_models.py") else set()
        assert names <= allowed


def test_one_module_imports_httpx() -> None:
    libraries = {"httpx", "httpx2", "httpcore", "aiohttp"}
    found = imports("jobwait")
    assert {name for name in found if found[name] & libraries} == {"jobwait/_transport.py"}


def test_only_the_command_imports_what_its_extra_brings() -> None:
    found = {name for name, names in imports("jobwait").items() if names & {"typer", "rich"}}
    assert found
    assert all(name.startswith("jobwait/cli/") for name in found)


def test_the_core_does_not_know_the_sandbox() -> None:
    for path in (ROOT / "jobwait").glob("*.py"):
        assert "jobwait.sandbox" not in path.read_text(encoding="utf-8").replace(
            "`jobwait.sandbox`", ""
        )


def test_nothing_is_logged_unless_somebody_asks() -> None:
    assert logging.getLogger("jobwait").level == logging.NOTSET


def test_every_distribution_says_who_made_it_and_under_which_licence() -> None:
    paths = [
        ROOT / "pyproject.toml",
        *ROOT.glob("generated/*/pyproject.toml"),
        *ROOT.glob("generator/pyproject.toml"),
    ]
    assert len(paths) >= 5
    for path in paths:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        assert project["license"] == "MIT"
        assert project["license-files"] == ["LICENSE"]
        assert project["authors"] == [{"name": "the jobwait authors"}]
        assert project["keywords"] and project["classifiers"]
        assert path.with_name("LICENSE").read_text() == (ROOT / "LICENSE").read_text()
