"""What a job says of itself while it walks through its states."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from jobwait import providers
from jobwait.sandbox import Outcome, Sandbox, SandboxError

if TYPE_CHECKING:
    from .conftest import Clock, Web

PROVIDERS = providers()


def operation(provider: str) -> Any:
    """The one status operation of a document."""
    [found] = [
        operation
        for item in PROVIDERS[provider].document["paths"].values()
        for operation in item.values()
        if "x-wait-for-completion" in operation
    ]
    return found


def extension(provider: str) -> Any:
    return operation(provider)["x-wait-for-completion"]


def at(body: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        body = body[part]
    return body


def state(provider: str, body: Any) -> str:
    """What the status word of a body means, by the provider's document."""
    meaning: str = extension(provider)["states"][at(body, extension(provider)["status"])]
    return meaning


def ends() -> list[tuple[str, Outcome]]:
    outcomes: tuple[Outcome, ...] = ("succeeded", "failed", "cancelled")
    return [
        (name, outcome)
        for name in PROVIDERS
        for outcome in outcomes
        if outcome in extension(name)["states"].values()
    ]


def test_there_are_providers_to_play() -> None:
    assert PROVIDERS


@pytest.mark.parametrize(("provider", "outcome"), ends())
def test_a_job_is_pending_then_running_then_ends_as_it_was_told(
    sandbox: Sandbox, clock: Clock, web: Web, provider: str, outcome: Outcome
) -> None:
    job = sandbox.create_job(provider, seconds=10, outcome=outcome)
    seen: list[str] = []
    for seconds in (0, 1.9, 0.2, 7.8, 0.2, 1000):
        clock.advance(seconds)
        answer = web.get(job.url)
        assert answer.status == 200, answer.body
        seen.append(state(provider, answer.json()))
    assert seen == ["pending", "pending", "running", "running", outcome, outcome]
    assert [entry.state for entry in sandbox.log(job)] == seen


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_job_of_no_seconds_has_ended_at_its_first_poll(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    job = sandbox.create_job(provider, seconds=0)
    assert state(provider, web.get(job.url).json()) == "succeeded"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_job_of_the_documents_example_has_succeeded(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    [parameter] = operation(provider)["parameters"]
    [path] = PROVIDERS[provider].document["paths"]
    path = path.replace("{" + parameter["name"] + "}", str(parameter["example"]))
    assert state(provider, web.get(sandbox.url(provider) + path).json()) == "succeeded"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_ids_differ_and_are_of_the_documents_type(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    jobs = [sandbox.create_job(provider) for _ in range(3)]
    assert len({job.id for job in jobs}) == 3
    assert {type(job.id) for job in jobs} == {PROVIDERS[provider].id_type}
    for job in jobs:
        wire = str(job.id) if isinstance(job.id, UUID) else job.id
        body = web.get(job.url).json()
        assert (
            wire in at(body, operation(provider)["x-wait-for-completion"].get("job", "")).values()
        )


@pytest.mark.parametrize(
    ("provider", "outcome"), [end for end in ends() if "progress" in extension(end[0])]
)
def test_progress_rises_to_where_the_job_ends(
    sandbox: Sandbox, clock: Clock, web: Web, provider: str, outcome: Outcome
) -> None:
    progress = extension(provider)["progress"]
    job = sandbox.create_job(provider, seconds=10, outcome=outcome)
    seen: list[float] = []
    for _ in range(12):
        seen.append(at(web.get(job.url).json(), progress["value"]))
        clock.advance(1)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert len(set(seen)) == 9
    if outcome == "succeeded":
        assert seen[-1] == progress["max"]


@pytest.mark.parametrize(("provider", "outcome"), ends())
def test_times_tell_when_the_job_began_and_last_changed(
    sandbox: Sandbox, clock: Clock, web: Web, provider: str, outcome: Outcome
) -> None:
    job = sandbox.create_job(provider, seconds=100, outcome=outcome)

    def times() -> list[datetime]:
        fields = at(
            web.get(job.url).json(), operation(provider)["x-wait-for-completion"].get("job", "")
        )
        return [
            datetime.fromisoformat(value)
            for name, value in fields.items()
            if value is not None and name.lower().rstrip("_").endswith("at")
        ]

    began = min(times())
    assert set(times()) == {began}
    clock.advance(50)
    assert min(times()) == began
    assert max(times()) in {began, began + timedelta(seconds=20)}
    clock.advance(500)
    assert min(times()) == began
    assert max(times()) in {began, began + timedelta(seconds=100)}


def test_an_outcome_that_the_document_does_not_know_is_refused(sandbox: Sandbox) -> None:
    possible = set(ends())
    for provider in PROVIDERS:
        if (provider, "cancelled") not in possible:
            with pytest.raises(SandboxError, match=r"cannot end as 'cancelled'.*succeeded, failed"):
                sandbox.create_job(provider, outcome="cancelled")


def test_a_provider_that_is_not_installed_is_refused_and_the_others_are_named(
    sandbox: Sandbox,
) -> None:
    with pytest.raises(SandboxError, match=f"'nobody'.*{', '.join(PROVIDERS)}"):
        sandbox.create_job("nobody")
    with pytest.raises(SandboxError, match="'nobody'"):
        sandbox.url("nobody")


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_seconds_that_are_no_duration_are_refused(sandbox: Sandbox, seconds: float) -> None:
    with pytest.raises(SandboxError, match="seconds"):
        sandbox.create_job(next(iter(PROVIDERS)), seconds=seconds)
