"""Prism plays our documents, and every generated client gets every documented answer from it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Thread
from typing import Any, Protocol, TypeGuard
from uuid import UUID

import attrs
import pytest
import yaml

import jobwait

SPECS = Path(__file__).parents[2] / "specs"
DOCUMENTS = [SPECS / f"{name}.yaml" for name in ("aitronos", "descripio", "docurift", "spideriq")]
"""Those written here: others are taken as they are."""
ERRORS: dict[int, type[jobwait.APIStatusError]] = {
    400: jobwait.BadRequestError,
    401: jobwait.AuthenticationError,
    403: jobwait.PermissionDeniedError,
    404: jobwait.NotFoundError,
    429: jobwait.RateLimitError,
}


@dataclass(frozen=True)
class Answer:
    """One documented answer: the example `name` of the response `status`."""

    provider: str
    status: int
    name: str
    body: Any
    example_id: str | int
    extension: Mapping[str, Any]

    @property
    def job_id(self) -> Any:
        id_type: Any = jobwait.providers()[self.provider].id_type
        return id_type(self.example_id)

    @property
    def state(self) -> str:
        return str(self.extension["states"][self.name])

    def at(self, pointer: str | None) -> Any:
        """What the pointer finds in the body; None where it finds nothing."""
        if pointer is None:
            return None
        value = self.body
        for part in pointer.split("/")[1:]:
            try:
                value = value[part]
            except (KeyError, TypeError):
                return None
        return value


class Ask(Protocol):
    """Calls a function of `client.jobs` with Prism told what to answer."""

    def __call__(self, answer: Answer, call: Callable[[Any], Any], **credentials: str) -> Any: ...


def answers() -> Iterator[Answer]:
    for path in DOCUMENTS:
        (item,) = yaml.safe_load(path.read_text("utf-8"))["paths"].values()
        operation = item["get"]
        for status, response in operation["responses"].items():
            for name, example in response["content"]["application/json"]["examples"].items():
                yield Answer(
                    provider=path.stem,
                    status=int(status),
                    name=name,
                    body=example["value"],
                    example_id=operation["parameters"][0]["example"],
                    extension=operation["x-wait-for-completion"],
                )


ANSWERS = list(answers())
JOBS = [answer for answer in ANSWERS if answer.status == 200]
REFUSALS = [answer for answer in ANSWERS if answer.status != 200]


def each(chosen: list[Answer]) -> pytest.MarkDecorator:
    names = [f"{answer.provider}-{answer.status}-{answer.name}" for answer in chosen]
    return pytest.mark.parametrize("answer", chosen, ids=names)


def in_states(*states: str) -> list[Answer]:
    return [answer for answer in JOBS if answer.state in states]


@pytest.fixture(scope="session")
def prism(programs: Path) -> Iterator[dict[str, str]]:
    """The base URL of each provider as Prism plays it.

    `--errors` makes Prism refuse a request that the document does not allow.
    """
    running: dict[str, subprocess.Popen[str]] = {}
    readers: list[Thread] = []
    try:
        for document in DOCUMENTS:
            running[document.stem] = subprocess.Popen(
                [programs / "prism", "mock", "--errors", "--port=0", document],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        yield {name: _address(process, readers) for name, process in running.items()}
    finally:
        for process in running.values():
            process.terminate()
        for reader in readers:
            reader.join()
        for process in running.values():
            with process:
                process.wait()


def _address(process: subprocess.Popen[str], readers: list[Thread]) -> str:
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"listening on (http://[\d.:]+)", line):
            # Prism logs every request, and stops when nobody reads that.
            readers.append(Thread(target=deque, args=(process.stdout, 0), daemon=True))
            readers[-1].start()
            return found[1]
    pytest.exit(f"Prism does not play the document:\n{said}", returncode=1)


@pytest.fixture(params=["Client", "AsyncClient"])
def ask(request: pytest.FixtureRequest, prism: dict[str, str]) -> Ask:
    """Ask, of either client."""

    def ask(answer: Answer, call: Callable[[Any], Any], **credentials: str) -> Any:
        provider: Any = jobwait.providers()[answer.provider]
        made: dict[str, Any] = {
            **(credentials or {"api_key": "x"}),
            "base_url": prism[answer.provider],
            "max_retries": 0,
        }
        wanted = {"Prefer": f"code={answer.status}, example={answer.name}"}

        async def ask_async() -> Any:
            async with provider.async_client(**made) as client:
                return await call(client.with_options(headers=wanted).jobs)

        if request.param == "AsyncClient":
            return asyncio.run(ask_async())
        with provider.client(**made) as client:
            return call(client.with_options(headers=wanted).jobs)

    return ask


def enums() -> Iterator[tuple[str, str, str]]:
    """Package, class and wire name of every field whose schema is an enum."""
    for path in DOCUMENTS:
        schemas = yaml.safe_load(path.read_text("utf-8"))["components"]["schemas"]
        for title, schema in schemas.items():
            for wire_name, member in schema.get("properties", {}).items():
                if "enum" in schemas.get(member.get("$ref", "").rpartition("/")[2], member):
                    yield f"{path.stem}_client", title, wire_name


ENUMS = set(enums())


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def assert_same(value: Any, raw: Any, pointer: str = "") -> None:
    """Every field of the typed value is in the JSON, and the other way round."""
    if isinstance(value, jobwait.Model):
        fields = {
            field.metadata.get("json", field.name): field.name
            for field in attrs.fields(type(value))
            if field.name != "additional_properties"
        }
        assert raw.keys() <= fields.keys(), pointer
        package = type(value).__module__.partition(".")[0]
        for wire_name, name in fields.items():
            member = getattr(value, name)
            if wire_name in raw:
                is_enum = (package, type(value).__name__, wire_name) in ENUMS
                assert isinstance(member, StrEnum) == is_enum, f"{pointer}/{wire_name}"
                assert_same(member, raw[wire_name], f"{pointer}/{wire_name}")
            else:
                assert member is jobwait.UNSET, f"{pointer}/{wire_name}"
        assert attrs.asdict(value, recurse=False)["additional_properties"] == {}, pointer
    elif is_array(value):
        assert len(value) == len(raw), pointer
        for index, (member, raw_member) in enumerate(zip(value, raw, strict=True)):
            assert_same(member, raw_member, f"{pointer}/{index}")
    elif isinstance(value, datetime):
        assert value.tzinfo is not None, pointer
        assert value == datetime.fromisoformat(raw), pointer
    elif isinstance(value, UUID):
        assert value == UUID(raw), pointer
    else:
        assert value == raw, pointer
        assert isinstance(value, bool) == isinstance(raw, bool), pointer


def instants(value: Any) -> Any:
    """The same JSON with timestamps as instants, which may be written in more than one way."""
    if is_object(value):
        return {name: instants(member) for name, member in value.items()}
    if is_array(value):
        return [instants(member) for member in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.fromisoformat(value)
    return value


@each(JOBS)
def test_every_documented_job_arrives_whole(answer: Answer, ask: Ask) -> None:
    response = ask(answer, lambda jobs: jobs.with_raw_response.get_job(answer.job_id))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    assert json.loads(response.body) == answer.body
    assert_same(response.parsed, answer.body)
    assert instants(response.parsed.to_dict()) == instants(answer.body)


@each(JOBS)
def test_get_job_gives_what_stands_at_the_job_pointer(answer: Answer, ask: Ask) -> None:
    job = ask(answer, lambda jobs: jobs.get_job(answer.job_id))
    assert_same(job, answer.at(answer.extension.get("job", "")))
    assert job.status == answer.name


@each(REFUSALS)
def test_every_documented_error_has_its_type_and_body(answer: Answer, ask: Ask) -> None:
    with pytest.raises(ERRORS[answer.status]) as caught:
        ask(answer, lambda jobs: jobs.get_job(answer.job_id))
    assert type(caught.value) is ERRORS[answer.status]
    assert caught.value.status_code == answer.status
    assert caught.value.body == answer.body
    assert caught.value.retry_after == (5 if answer.status == 429 else None)


@each(in_states("succeeded"))
def test_waiting_returns_the_documented_succeeded_job(answer: Answer, ask: Ask) -> None:
    job = ask(answer, lambda jobs: jobs.wait_for_completion(answer.job_id))
    assert_same(job, answer.at(answer.extension.get("job", "")))


@each(in_states("failed"))
def test_waiting_raises_the_documented_failure(answer: Answer, ask: Ask) -> None:
    with pytest.raises(jobwait.JobFailedError) as caught:
        ask(answer, lambda jobs: jobs.wait_for_completion(answer.job_id))
    failure = answer.extension.get("failure", {})
    assert caught.value.code == answer.at(failure.get("code"))
    assert caught.value.message == answer.at(failure.get("message"))
    assert caught.value.retryable == answer.at(failure.get("retryable"))
    assert caught.value.polls == 1
    assert_same(caught.value.job, answer.at(answer.extension.get("job", "")))


@each(in_states("cancelled"))
def test_waiting_raises_the_documented_cancellation(answer: Answer, ask: Ask) -> None:
    with pytest.raises(jobwait.JobCancelledError) as caught:
        ask(answer, lambda jobs: jobs.wait_for_completion(answer.job_id))
    assert_same(caught.value.job, answer.at(answer.extension.get("job", "")))


@each(in_states("pending", "running"))
def test_waiting_goes_on_at_every_other_documented_status(answer: Answer, ask: Ask) -> None:
    with pytest.raises(jobwait.WaitTimeoutError) as caught:
        ask(answer, lambda jobs: jobs.wait_for_completion(answer.job_id, timeout=0))
    assert caught.value.polls == 1
    assert_same(caught.value.job, answer.at(answer.extension.get("job", "")))


@each([answer for answer in REFUSALS if answer.status in (401, 403)])
def test_a_refusal_ends_the_wait(answer: Answer, ask: Ask) -> None:
    with pytest.raises(ERRORS[answer.status]):
        ask(answer, lambda jobs: jobs.wait_for_completion(answer.job_id))


@each([answer for answer in in_states("succeeded") if answer.provider in ("aitronos", "docurift")])
def test_the_other_documented_credential_is_accepted(answer: Answer, ask: Ask) -> None:
    job = ask(answer, lambda jobs: jobs.get_job(answer.job_id), bearer_token="x")
    assert job.status == answer.name
