"""The installed packages against the sandbox, over real HTTP."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distribution, files, requires
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import jobwait
from jobwait import (
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    Fixed,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    NotFoundError,
    Provider,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
    WaitTimeoutError,
    wait_for_completion,
)
from jobwait.sandbox import Fault, Sandbox

NAMES = ["aitronos", "descripio", "docurift", "spideriq"]
FAST = Fixed(0.02)


class Sync:
    """Calls with the blocking client of a provider."""

    def get(self, provider: Provider, sandbox: Sandbox, job_id: Any, **options: Any) -> Any:
        with self._client(provider.client, provider, sandbox, **options) as client:
            return client.jobs.get_job(job_id)

    def wait(self, provider: Provider, sandbox: Sandbox, job_id: Any, **options: Any) -> Any:
        with self._client(provider.client, provider, sandbox) as client:
            return client.jobs.wait_for_completion(job_id, schedule=FAST, **options)

    def _client(
        self,
        cls: Any,
        provider: Provider,
        sandbox: Sandbox,
        api_key: str | None = None,
        **more: Any,
    ) -> Any:
        return cls(api_key or sandbox.api_key, base_url=sandbox.url(provider.name), **more)


class Async(Sync):
    """Calls with the asynchronous one."""

    def get(self, provider: Provider, sandbox: Sandbox, job_id: Any, **options: Any) -> Any:
        async def main() -> Any:
            async with self._client(provider.async_client, provider, sandbox, **options) as client:
                return await client.jobs.get_job(job_id)

        return asyncio.run(main())

    def wait(self, provider: Provider, sandbox: Sandbox, job_id: Any, **options: Any) -> Any:
        async def main() -> Any:
            async with self._client(provider.async_client, provider, sandbox) as client:
                return await client.jobs.wait_for_completion(job_id, schedule=FAST, **options)

        return asyncio.run(main())


@pytest.fixture(params=[Sync, Async])
def caller(request: pytest.FixtureRequest) -> Sync:
    made: Sync = request.param()
    return made


@pytest.fixture(params=NAMES)
def provider(request: pytest.FixtureRequest) -> Provider:
    return jobwait.providers()[request.param]


def test_the_installed_wheels_are_what_is_tested() -> None:
    assert set(NAMES) <= set(jobwait.providers())
    for name in ["jobwait", *(f"{name}_client" for name in NAMES)]:
        folder = Path(import_module(name).__file__ or "").parent.parent
        assert folder == Path(str(distribution(name).locate_file("")))


def test_a_package_requires_attrs_and_this_layer_alone(provider: Provider) -> None:
    assert required(f"{provider.name}-client") == {"attrs", "jobwait"}


def test_jobwait_requires_httpx_and_sniffio_alone() -> None:
    assert required("jobwait") == {"httpx", "sniffio"}


def required(name: str) -> set[str]:
    """The distributions that one cannot be without."""
    entries = [entry for entry in requires(name) or [] if "extra ==" not in entry]
    return {entry.partition("<")[0].partition(">")[0] for entry in entries}


def test_a_package_ships_its_types_and_its_document(provider: Provider) -> None:
    names = {str(path) for path in files(f"{provider.name}-client") or []}
    assert {f"{provider.package}/{name}" for name in ("py.typed", "openapi.json")} <= names
    assert provider.document["info"]["title"] == provider.title


def test_waiting_returns_the_succeeded_job(
    caller: Sync, provider: Provider, job_sandbox: Sandbox
) -> None:
    job = job_sandbox.create_job(provider.name, seconds=0.2)
    seen: list[Any] = []
    done = caller.wait(provider, job_sandbox, job.id, on_update=seen.append)
    assert done == seen[-1] == caller.get(provider, job_sandbox, job.id)
    assert len(seen) == len(job_sandbox.log(job)) - 1  # the last line of the log is get_job
    assert pickle.loads(pickle.dumps(done)) == done


def test_waiting_on_a_failed_job_raises(
    caller: Sync, provider: Provider, job_sandbox: Sandbox
) -> None:
    job = job_sandbox.create_job(provider.name, seconds=0.1, outcome="failed")
    with pytest.raises(JobFailedError) as caught:
        caller.wait(provider, job_sandbox, job.id)
    assert caught.value.provider == provider.name
    assert caught.value.job_id == job.id
    assert caught.value.job.status == "failed"
    assert caught.value.polls == len(job_sandbox.log(job))


@pytest.mark.parametrize("name", ["aitronos", "spideriq"])
def test_waiting_on_a_cancelled_job_raises(caller: Sync, name: str, job_sandbox: Sandbox) -> None:
    job = job_sandbox.create_job(name, seconds=0.1, outcome="cancelled")
    with pytest.raises(JobCancelledError):
        caller.wait(jobwait.providers()[name], job_sandbox, job.id)


def test_a_failed_document_tells_code_message_and_whether_to_try_again(
    caller: Sync, job_sandbox: Sandbox
) -> None:
    job = job_sandbox.create_job("docurift", seconds=0, outcome="failed")
    with pytest.raises(JobFailedError, match="OCR_FAILED") as caught:
        caller.wait(jobwait.providers()["docurift"], job_sandbox, job.id)
    assert (caught.value.code, caught.value.retryable) == ("OCR_FAILED", True)


def test_a_wrong_key_is_an_authentication_error(
    caller: Sync, provider: Provider, job_sandbox: Sandbox
) -> None:
    job = job_sandbox.create_job(provider.name)
    with pytest.raises(AuthenticationError) as caught:
        caller.get(provider, job_sandbox, job.id, api_key="wrong-key")
    assert caught.value.status_code == 401
    assert "wrong-key" not in f"{caught.value} {caught.value.__dict__}"


UNKNOWN = {str: "job_nobody_knows", int: 10**9, UUID: UUID(int=9)}


def test_an_unknown_job_is_a_not_found_error(
    caller: Sync, provider: Provider, job_sandbox: Sandbox
) -> None:
    with pytest.raises(NotFoundError):
        caller.get(provider, job_sandbox, UNKNOWN[provider.id_type])


@pytest.mark.parametrize("wrong", [5, "x", "..", "a/b", "", None, 1.5, b"x"])
def test_an_id_of_another_type_is_refused_before_anything_is_sent(
    caller: Sync, provider: Provider, job_sandbox: Sandbox, wrong: Any
) -> None:
    if type(wrong) is provider.id_type and wrong not in ("..", "a/b", ""):
        pytest.skip("this is an id")
    before = len(job_sandbox.log())
    for call in (caller.get, caller.wait):
        with pytest.raises(InvalidArgumentError):
            call(provider, job_sandbox, wrong)
    assert len(job_sandbox.log()) == before


RIDDEN_OUT: list[Any] = [
    "rate_limit",
    "rate_limit_date",
    "server_error",
    "status_520",
    "reset",
    "truncated_body",
    "truncated_json",
    "html",
    "unknown_status",
    "unknown_field",
]


@pytest.mark.parametrize(("kind", "name"), list(zip(RIDDEN_OUT, cycle(NAMES), strict=False)))
def test_a_wait_rides_out_a_fault(caller: Sync, job_sandbox: Sandbox, kind: Any, name: str) -> None:
    provider = jobwait.providers()[name]
    fault = Fault(kind, polls=(1,), retry_after=0 if kind.startswith("rate") else None)
    job = job_sandbox.create_job(name, seconds=0, faults=[fault])
    assert caller.wait(provider, job_sandbox, job.id).status == "completed"
    assert job_sandbox.log(job)[0].fault == kind


@pytest.mark.parametrize(
    ("kind", "name"), list(zip(["black_hole", "drip_body", "drip_headers"], NAMES, strict=False))
)
def test_a_poll_without_an_end_is_cut_at_the_deadline(
    caller: Sync, job_sandbox: Sandbox, kind: Any, name: str
) -> None:
    provider = jobwait.providers()[name]
    job = job_sandbox.create_job(name, seconds=0, faults=[Fault(kind)])
    with pytest.raises(WaitTimeoutError) as caught:
        caller.wait(provider, job_sandbox, job.id, timeout=0.5)
    assert isinstance(caught.value.last_error, APITimeoutError)


def test_a_job_that_is_not_there_yet_is_waited_for(
    caller: Sync, provider: Provider, job_sandbox: Sandbox
) -> None:
    late = [Fault("not_found", until=0.2)]
    job = job_sandbox.create_job(provider.name, seconds=0.1, faults=late)
    done = caller.wait(provider, job_sandbox, job.id, not_found_grace=10)
    assert done.status == "completed"


ANSWERS: list[tuple[Any, type[Exception]]] = [
    ("rate_limit", RateLimitError),
    ("server_error", ServerError),
    ("status_520", ServerError),
    ("html", ResponseDecodeError),
    ("truncated_json", ResponseDecodeError),
]


@pytest.mark.parametrize(("kind", "error"), ANSWERS)
def test_a_single_request_ends_in_the_error_of_its_fault(
    caller: Sync, provider: Provider, job_sandbox: Sandbox, kind: Any, error: type[Exception]
) -> None:
    job = job_sandbox.create_job(provider.name, seconds=0, faults=[Fault(kind)])
    with pytest.raises(error) as caught:
        caller.get(provider, job_sandbox, job.id, max_retries=0)
    if isinstance(caught.value, APIStatusError):
        assert str(caught.value.status_code) in str(caught.value)


def test_a_null_field_is_an_error_of_a_strict_client_alone(
    caller: Sync, provider: Provider, job_sandbox: Sandbox
) -> None:
    job = job_sandbox.create_job(provider.name, seconds=0, faults=[Fault("null_field")])
    (deviation,) = jobwait.deviations(caller.get(provider, job_sandbox, job.id))
    assert deviation.found == "null"
    with pytest.raises(ResponseDecodeError) as caught:
        caller.get(provider, job_sandbox, job.id, strict=True)
    assert (caught.value.pointer or "").endswith(deviation.pointer)


def test_a_number_of_another_size_is_the_providers_400(job_sandbox: Sandbox) -> None:
    made: Any = jobwait.providers()["descripio"].client
    with (
        made(job_sandbox.api_key, base_url=job_sandbox.url("descripio")) as client,
        pytest.raises((BadRequestError, NotFoundError)),
    ):
        client.jobs.get_job(-1)


def test_one_generic_function_waits_for_any_provider(job_sandbox: Sandbox) -> None:
    async def wait(provider: Provider) -> Any:
        make: Any = provider.async_client
        job = job_sandbox.create_job(provider.name, seconds=0.1)
        async with make(job_sandbox.api_key, base_url=job_sandbox.url(provider.name)) as client:
            return await wait_for_completion(client.jobs, job.id, schedule=FAST)

    async def main() -> list[Any]:
        return await asyncio.gather(*map(wait, jobwait.providers().values()))

    assert [job.status for job in asyncio.run(main())] == ["completed"] * len(jobwait.providers())


LAZY = """
import sys
import {package}
assert not {{"attrs", "httpx", "httpcore", "asyncio", "ssl"}} & set(sys.modules)
assert {{name for name in sys.modules if "jobwait" in name}} == {{"jobwait", "jobwait._version"}}
from {package} import Client
assert not {{"attrs", "httpx", "httpcore", "asyncio"}} & set(sys.modules)
client = Client("key")
assert "attrs" not in sys.modules
client.jobs
assert "attrs" in sys.modules
"""


def test_nothing_is_loaded_before_it_is_used(provider: Provider) -> None:
    code = LAZY.format(package=provider.package)
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_everything_public_can_be_imported_from_the_root(provider: Provider) -> None:
    package = import_module(provider.package)
    models = import_module(f"{provider.package}.models")
    errors = {
        name
        for name, value in vars(sys.modules["jobwait._errors"]).items()
        if isinstance(value, type)
        and issubclass(value, jobwait.JobwaitError)
        and not name.startswith("_")
    } - {"CheckpointError"}  # of no provider
    assert package.__all__ == sorted(package.__all__)
    assert errors | {"Client", "AsyncClient", "PROVIDER", "UNSET", "Unset"} <= set(package.__all__)
    assert {"Job", *(name for name in vars(models) if name.endswith("Job"))} <= set(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name
