"""How a job ends where its status word alone does not tell, or is not there."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import RefusedError

from jobwait import (
    APIStatusError,
    Fixed,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    NotFoundError,
    Provider,
    ResponseDecodeError,
    wait_for_completion,
)

from ..kit.packages import Packages
from ..kit.server import Answer, Server
from .test_generator_normal_form import JOB, WAIT, Json, document, plain

STATUS: Final[Json] = {"type": "string", "enum": ["queued", "done", "lost"]}
ERROR: Final[Json] = {"type": "object", "properties": {"message": {"type": "string"}}}


def envelope(required: bool, **data: Json) -> Json:
    """A job that stands in an envelope."""
    job: Json = {"type": "object", "properties": {"status": STATUS}, **data}
    return {"type": "object", "properties": {"data": job}, "required": ["data"] * required}


def waits(**more: Json) -> Json:
    """How to wait for a job in an envelope."""
    return {"job": "/data", "status": "/data/status", "states": WAIT["states"], **more}


def failing(*words: str, **failure: str) -> Json:
    """How to wait where something beside the word tells that a job has failed."""
    states = {"queued": "pending", "done": "succeeded", **dict.fromkeys(words, "failed")}
    return {"status": "/status", "states": states, "failure": failure}


def job(*words: str, **fields: Json) -> Json:
    """A job with one more field."""
    properties = {"status": {"type": "string", "enum": ["queued", "done", *words]}, **fields}
    return {"type": "object", "required": ["status"], "properties": properties}


class Case(NamedTuple):
    """A document, what a server answers, and what becomes of that.

    `ends` are the answers that a wait ends at, each with the exception or None; `goes_on` are those
    that it polls again after.
    """

    data: Json
    ends: tuple[tuple[Answer, type[Exception] | None], ...]
    goes_on: tuple[Answer, ...] = ()


def ok(body: Json) -> Answer:
    return Answer(200, body)


DONE: Final = ok({"data": {"status": "done"}})
FAILED: Final = JobFailedError
EMPTY: Final = (None, False, 0, "", [], {})
HELD: Final = (True, 1, "x", [0], {"code": None}, [[]])

CASES: Final[dict[str, Case]] = {
    "an envelope that may be missing": Case(
        plain(envelope(False), waits()),
        ((DONE, None), (ok({"data": {"status": "lost"}}), FAILED)),
        (ok({}), ok({"data": None}), ok({"data": {}}), ok({"data": {"status": None}})),
    ),
    "an envelope that may be null": Case(
        plain(envelope(True, nullable=True), waits()),
        ((DONE, None),),
        (ok({"data": None}), ok({}), ok({"data": {"status": "lost"}})),
    )._replace(goes_on=(ok({"data": None}), ok({}))),
    "an envelope in an envelope": Case(
        plain(
            {"type": "object", "required": ["a"], "properties": {"a": envelope(False)}},
            {"job": "/a/data", "status": "/a/data/status", "states": WAIT["states"]},
        ),
        ((ok({"a": {"data": {"status": "done"}}}), None),),
        (ok({"a": {}}), ok({"a": {"data": None}}), ok({})),
    ),
    "a body that may be null": Case(
        plain({**JOB, "nullable": True}), ((ok({"id": "x", "status": "done"}), None),), (ok(None),)
    ),
    "an absent envelope that means failure": Case(
        plain(envelope(False), waits(absent="failed")),
        ((DONE, None), (ok({}), FAILED), (ok({"data": None}), FAILED), (ok({"data": {}}), FAILED)),
    ),
    "an absent envelope that means cancellation": Case(
        plain(envelope(False), waits(absent="cancelled")), ((ok({}), JobCancelledError),)
    ),
    "an envelope that is always there": Case(
        plain(envelope(True), waits()), ((DONE, None), (ok({}), ResponseDecodeError))
    ),
    "done with an error": Case(
        plain(
            {"type": "object", "properties": {"done": {"type": "boolean"}, "error": ERROR}},
            {
                "status": "/done",
                "states": {"false": "running", "true": "succeeded"},
                "failure": {"when": "/error", "message": "/error/message"},
            },
        ),
        (
            (ok({"done": True, "error": {"message": "dark"}}), FAILED),
            (ok({"done": False, "error": {"message": "dark"}}), FAILED),
            (ok({"done": True, "error": {}}), None),
            (ok({"done": True}), None),
        ),
        (ok({"done": False}), ok({"done": False, "error": None})),
    ),
    "errors in an error": Case(
        plain(
            job(error={"type": "object", "properties": {"errors": {"type": "array"}}}),
            failing(when="/error/errors"),
        ),
        (
            (ok({"status": "done", "error": {"errors": [{"message": "dark"}]}}), FAILED),
            (ok({"status": "done", "error": {"errors": []}}), None),
            (ok({"status": "done", "error": "dark"}), None),
        ),
    ),
    "anything that holds something": Case(
        plain(job(fault={}), failing(when="/fault")),
        (
            *((ok({"status": "done", "fault": value}), None) for value in EMPTY),
            *((ok({"status": "done", "fault": value}), FAILED) for value in HELD),
            *((ok({"status": "new", "fault": value}), FAILED) for value in HELD),
        ),
    ),
    "success beside a final word": Case(
        plain(job(success={}), failing(unless="/success")),
        (
            *((ok({"status": "done", "success": value}), FAILED) for value in EMPTY),
            *((ok({"status": "done", "success": value}), None) for value in HELD),
            (ok({"status": "done"}), FAILED),
        ),
        (ok({"status": "queued", "success": False}), ok({"status": "new"})),
    ),
    "both, and a word": Case(
        plain(job("lost", e={}, s={}), failing("lost", when="/e", unless="/s")),
        (
            (ok({"status": "done", "e": None, "s": True}), None),
            (ok({"status": "done", "e": 1, "s": True}), FAILED),
            (ok({"status": "done", "e": 0, "s": 0}), FAILED),
            (ok({"status": "lost", "e": None, "s": True}), FAILED),
        ),
    ),
    "a word that means cancelled": Case(
        plain(
            job("stopped", error={}),
            {
                "status": "/status",
                "states": {"queued": "pending", "done": "succeeded", "stopped": "cancelled"},
                "failure": {"when": "/error"},
            },
        ),
        ((ok({"status": "stopped", "error": "by the user"}), JobCancelledError),),
    ),
    "any status code": Case(
        plain(
            {**JOB, "properties": {**JOB["properties"], "error": {}}},
            {
                **WAIT,
                "responses": {
                    "303": "succeeded",
                    "404": "running",
                    "409": "pending",
                    "425": "running",
                    "410": "failed",
                    "503": "running",
                },
                "failure": {"message": "/error"},
            },
        ),
        (
            (ok({"id": "x", "status": "done"}), None),
            (Answer(303, b""), None),
            (Answer(303, b"<p>See there</p>"), None),
            (Answer(410, {"error": "gone"}), FAILED),
            (Answer(410, b"gone"), FAILED),
            (Answer(403, {}), APIStatusError),
        ),
        (Answer(404, {}), Answer(409, b"<p>Wait</p>"), Answer(425, b""), Answer(503, [])),
    ),
    "a status code, whatever the body": Case(
        plain(JOB, {**WAIT, "responses": {"202": "running"}}),
        ((ok({"id": "x", "status": "done"}), None),),
        (Answer(202, b""), Answer(202, b"Accepted"), Answer(202, {"id": "x", "status": "done"})),
    ),
}


@pytest.fixture(scope="module")
def providers(packages: Packages) -> dict[str, Provider]:
    """The package of each case."""
    documents = [document(case.data, f"outcome{i}") for i, case in enumerate(CASES.values())]
    return dict(zip(CASES, packages.write(*documents), strict=True))


def wait(provider: Provider, server: Server, **options: Any) -> Any:
    """Wait for a job of the server."""
    with provider.client("key", base_url=server.url, **options) as client:
        resource = provider.waitables[0].resource(client)
        return wait_for_completion(resource, "x", schedule=Fixed(0.001))


ENDS: Final = [(name, *end) for name, case in CASES.items() for end in case.ends]
GOES_ON: Final = [(name, answer) for name, case in CASES.items() for answer in case.goes_on]


@pytest.mark.parametrize(("name", "answer", "error"), ENDS)
def test_a_wait_ends_as_the_extension_says(
    providers: dict[str, Provider], name: str, answer: Answer, error: type[Exception] | None
) -> None:
    with Server(answer) as server:
        if error is None:
            wait(providers[name], server)
        else:
            with pytest.raises(error):
                wait(providers[name], server)
        assert len(server.requests) == 1


@pytest.mark.parametrize(("name", "answer"), GOES_ON)
@pytest.mark.parametrize("strict", [False, True])
def test_a_wait_goes_on_as_the_extension_says(
    providers: dict[str, Provider], name: str, answer: Answer, strict: bool
) -> None:
    last = next(answer for answer, error in CASES[name].ends if error is None)
    with Server(answer, answer, last) as server:
        wait(providers[name], server, strict=strict)
        assert len(server.requests) == 3


def test_the_reason_of_a_failure_told_elsewhere_is_in_the_error(
    providers: dict[str, Provider],
) -> None:
    with (
        Server(ok({"done": True, "error": {"message": "too dark"}})) as server,
        pytest.raises(JobFailedError) as caught,
    ):
        wait(providers["done with an error"], server)
    assert caught.value.message == "too dark"
    assert caught.value.job.done is True


def test_a_status_code_that_is_an_error_elsewhere_is_one_where_a_job_is_asked_for_once(
    providers: dict[str, Provider],
) -> None:
    provider = providers["any status code"]
    with (
        Server(Answer(404, {})) as server,
        provider.client("key", base_url=server.url) as client,
        pytest.raises(NotFoundError),
    ):
        provider.waitables[0].get(client, "x")


@pytest.mark.parametrize(
    "states",
    [
        {"queued": "pending", "done": "succeeded", "lost": "running"},
        {"queued": "pending", "done": "succeeded", "lost": "succeeded"},
    ],
)
def test_a_reason_for_what_cannot_happen_is_refused(states: Json) -> None:
    wait: Json = {"status": "/status", "states": states, "failure": {"code": "/id"}}
    with pytest.raises(RefusedError) as caught:
        generate([document(plain(JOB, wait))])
    (problem,) = caught.value.problems
    assert problem.pointer.endswith("/x-wait-for-completion/failure")
    assert "with `when` or `unless`" in problem.message

    for entry in ("when", "unless"):
        wait["failure"] = {"code": "/id", entry: "/id"}
        assert generate([document(plain(JOB, wait))])


@pytest.mark.parametrize("entry", ["when", "unless"])
@pytest.mark.parametrize(
    ("pointer", "message"),
    [("/eror", "the nearest is `/error`"), ("error", "it starts with a slash")],
)
def test_a_wrong_pointer_to_what_tells_a_failure_is_refused(
    entry: str, pointer: str, message: str
) -> None:
    data = plain(job("lost", error={}), {**WAIT, "failure": {entry: pointer}})
    with pytest.raises(RefusedError) as caught:
        generate([document(data)])
    (problem,) = caught.value.problems
    assert problem.pointer.endswith(f"/failure/{entry}")
    assert message in problem.message


RESERVED: Final = plain(
    JOB,
    path="/v1/{name}",
    parameters=[
        {
            "name": "name",
            "in": "path",
            "required": True,
            "allowReserved": True,
            "schema": {"type": "string"},
        }
    ],
)


def test_a_reserved_parameter_of_the_path_keeps_its_slashes(packages: Packages) -> None:
    (provider,) = packages.write(document(RESERVED, "reserved"))
    done = ok({"id": "x", "status": "done"})
    with Server(done) as server, provider.client("key", base_url=server.url) as client:
        for name, path in {
            "operations/1": "operations/1",
            "projects/a b/operations/1:2": "projects/a%20b/operations/1:2",
            "a/%2e%2e/b?c#d": "a/%252e%252e/b%3Fc%23d",
        }.items():
            provider.waitables[0].get(client, name)
            assert server.requests[-1].path == f"/v1/{path}"
        for name in ("..", "../x", "a/../b", "a/.", "a\\..\\b", "a/\n"):
            with pytest.raises(InvalidArgumentError, match="dots alone"):
                provider.waitables[0].get(client, name)
        assert len(server.requests) == 3
