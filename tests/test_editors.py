"""What an editor shows of a package while somebody types, by way of jedi."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import docurift_client
import pytest

jedi: Any = import_module("jedi")  # it ships no types

CLIENT: Final = "from docurift_client import Client\nclient = Client()\n"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A cache of one's own: other processes of the tests would read what is half written."""
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("jedi"))


def completed(text: str) -> set[str]:
    """The names that are offered at the end of a text."""
    return {completion.name for completion in jedi.Script(text).complete()}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from docurift_client import Cl", "Client"),
        ("from docurift_client import Job", "JobFailedError"),
        ("from docurift_client import UN", "UNSET"),
        ("from docurift_client import Comp", "CompletedJob"),
        ("import docurift_client\ndocurift_client.", "__version__"),
        ("from jobwait import as_", "as_completed"),
        ("import jobwait\njobwait.wait", "wait_for_all"),
        (f"{CLIENT}client.", "jobs"),
        (f"{CLIENT}client.jobs.", "wait_for_completion"),
        (f"{CLIENT}client.jobs.with_raw_response.", "get_job"),
        (f"{CLIENT}client.jobs.wait_for_completion('x').", "document_id"),
        (f"{CLIENT}client.jobs.wait_for_completion('x').result.", "confidence"),
        ("from jobwait import as_completed\nas_completed(on_", "on_update="),
    ],
)
def test_a_name_is_completed(text: str, name: str) -> None:
    assert name in completed(text)


def test_all_that_a_package_exports_is_completed() -> None:
    assert set(docurift_client.__all__) <= completed("from docurift_client import ")


def test_a_call_shows_every_keyword_of_many_waits() -> None:
    script = jedi.Script("from jobwait import wait_for_all\nwait_for_all(")
    keywords = {"timeout", "on_update", "schedule", "not_found_grace", "max_in_flight"}
    assert keywords <= {parameter.name for parameter in script.get_signatures()[0].params}
