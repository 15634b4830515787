"""Real documents of third parties: their packages wait as `polling.yaml` says.

The documents are not ours to keep. The environment variable `JOBWAIT_THIRD_PARTY` names the folder
that holds them; the overlays that describe how to wait are in `third_party/`.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest
import yaml

from jobwait import (
    Fixed,
    JobCancelledError,
    JobFailedError,
    Provider,
    Waitable,
    wait_for_completion,
)

from ..kit.packages import Packages, strings
from ..kit.server import Answer, Server

FOLDER: Final = Path(os.environ.get("JOBWAIT_THIRD_PARTY", "") or "nowhere")
OVERLAYS: Final = Path(__file__).parent / "third_party"
CANCELLED: Final = {"canceled", "aborted"}
"""Words that `polling.yaml` counts among the failures."""

pytestmark = pytest.mark.skipif(
    not (FOLDER / "polling.yaml").is_file(),
    reason="JOBWAIT_THIRD_PARTY names no folder with third parties' documents",
)


class Target(NamedTuple):
    """A status operation, and what its words mean."""

    name: str
    file: str
    operation: str
    meanings: dict[str, str]


def targets() -> list[Target]:
    """What `polling.yaml` lists."""
    if not (FOLDER / "polling.yaml").is_file():
        return []
    listed: Any = yaml.safe_load((FOLDER / "polling.yaml").read_text())
    return [
        Target(
            name,
            entry["spec"],
            entry["status_op"].partition("  #")[0].strip(),
            {
                word: "cancelled" if word in CANCELLED else meaning
                for meaning in ("success", "failure", "pending")
                for word in entry[meaning]
            },
        )
        for name, entry in listed.items()
    ]


def samples() -> list[Any]:
    """Every sample of every target."""
    return [
        pytest.param(target, sample, id=f"{target.name}{kind}-{sample['state']}")
        for target in targets()
        for kind in ("", ".nulls")
        for sample in json.loads((FOLDER / "samples" / f"{target.name}{kind}.json").read_text())[
            "samples"
        ]
    ]


@pytest.fixture(scope="module")
def providers(packages: Packages) -> dict[str, Provider]:
    """The generated package of every document, by the document's file."""
    files = dict.fromkeys(target.file for target in targets())
    return {
        file: packages.add(FOLDER / file, OVERLAYS / f"{Path(file).stem}.overlay.yaml")
        for file in files
    }


def waitable(provider: Provider, operation: str) -> Waitable:
    """The waitable of an operation."""
    (found,) = (item for item in provider.waitables if item.operation == operation)
    return found


def job_id(found: Waitable) -> Any:
    """An id of the types that an operation wants."""
    examples: dict[Any, Any] = {str: "x", int: 1, UUID: UUID(int=1)}
    parts = tuple(examples[kind] for kind in found.id_types)
    return parts[0] if len(parts) == 1 else parts


@pytest.mark.parametrize(("target", "sample"), samples())
def test_a_sample_becomes_a_job_and_waiting_ends_as_its_word_says(
    providers: dict[str, Provider], target: Target, sample: dict[str, Any]
) -> None:
    provider = providers[target.file]
    found = waitable(provider, target.operation)
    word = sample["state"]
    answer = Answer(sample["http"], sample["body"])
    options: Any = {"schedule": Fixed(0.001)}
    with Server(answer) as server, provider.client("key", base_url=server.url) as client:
        job = found.get(client, job_id(found))

        assert job.status == word
        assert type(job).__module__ == f"{provider.package}.models"

        def wait() -> Any:
            return wait_for_completion(found.resource(client), job_id(found), **options)

        match target.meanings[word]:
            case "success":
                assert wait() == job
            case "failure":
                with pytest.raises(JobFailedError) as failed:
                    wait()
                assert failed.value.job == job
            case "cancelled":
                with pytest.raises(JobCancelledError) as cancelled:
                    wait()
                assert cancelled.value.job == job
            case _:
                goes_on(provider, found, target, answer)


def goes_on(provider: Provider, found: Waitable, target: Target, pending: Answer) -> None:
    """A wait that sees this polls again, and returns the job once it has succeeded."""
    done = next(word for word, meaning in target.meanings.items() if meaning == "success")
    text = (FOLDER / "samples" / f"{target.name}.json").read_text()
    (last,) = (s for s in json.loads(text)["samples"] if s["state"] == done)
    answers = [pending, pending, Answer(last["http"], last["body"])]

    async def main(url: str) -> Any:
        async with provider.async_client("key", base_url=url) as client:
            resource: Any = found.resource(client)
            return await wait_for_completion(resource, job_id(found), schedule=Fixed(0.001))

    with Server(*answers) as server:
        job = asyncio.run(main(server.url))

        assert len(server.requests) == 3
    assert job.status == done


def test_every_status_operation_is_listed(providers: dict[str, Provider]) -> None:
    counts = {file: len(provider.waitables) for file, provider in providers.items()}

    assert counts["deepl.yaml"] == 2
    assert counts["revai.yaml"] == 4
    assert counts["hetzner.json"] == 3


def test_each_part_of_a_request_goes_where_it_belongs(providers: dict[str, Provider]) -> None:
    answer = Answer(200, {"id": "x", "status": "Ready"})
    with Server(answer) as server:
        provider = providers["bfl.json"]
        with provider.client("key", base_url=server.url) as client:
            provider.waitables[0].get(client, "a b/c")
        (request,) = server.requests
    assert (request.path, request.headers["x-key"]) == ("/v1/get_result?id=a+b%2Fc", "key")

    with Server(Answer(200, {"document_id": "x", "status": "done"})) as server:
        provider = providers["deepl.yaml"]
        found = waitable(provider, "POST /v2/document/{document_id}")
        with provider.client("key", base_url=server.url) as client:
            found.get(client, ("ID", "KEY"))
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v2/document/ID")
    assert json.loads(request.body) == {"document_key": "KEY"}
    assert request.headers["authorization"] == "DeepL-Auth-Key key"


def test_a_document_without_a_server_needs_a_base_url(providers: dict[str, Provider]) -> None:
    provider = providers["meilisearch.json"]
    client: Any = provider.client

    with pytest.raises(ValueError, match="names no server: pass base_url="):
        client("key")


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir"],
        [sys.executable, "-m", "pyright", "--project"],
    ],
    ids=["mypy", "pyright"],
)
def test_the_packages_are_typed(
    packages: Packages, providers: dict[str, Provider], tmp_path: Path, command: list[str]
) -> None:
    config = {"typeCheckingMode": "strict", "include": [str(packages.root)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    files = strings(packages.root.rglob("*.py")) if "mypy" in command else []

    result = subprocess.run([*command, str(tmp_path), *files], capture_output=True, text=True)

    assert result.returncode == 0, result.stdout
