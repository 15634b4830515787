"""Clients: keys, options, ids, retries and errors, over a fake transport."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import traceback
from enum import Enum
from typing import Any
from uuid import UUID

import httpx
import pytest

from jobwait import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BaseClient,
    ClientClosedError,
    ConfigurationError,
    InvalidArgumentError,
    JobOperation,
    JobwaitError,
    NotFoundError,
    Part,
    PermissionDeniedError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
    wait_for_completion,
)

from .kit.widgets import (
    CONFIG,
    GET_JOB,
    ID,
    KEY,
    Async,
    AsyncJobsResource,
    CompletedJob,
    JobsResource,
    RunningJob,
    Script,
    Sync,
    Time,
    UnknownJob,
    answer,
)

Driver = Sync | Async


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Driver:
    made: Driver = request.param()
    return made


@pytest.fixture
def time() -> Time:
    return Time(draw=1.0)


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WIDGETS_API_KEY", raising=False)


def make(credentials: dict[str, str | None] | None = None, **options: Any) -> BaseClient:
    return BaseClient(CONFIG, {"api_key": KEY} if credentials is None else credentials, **options)


def test_a_job_is_typed_by_its_status(driver: Driver, time: Time) -> None:
    assert driver.get(Script(time, answer("completed"))) == CompletedJob(
        id=ID, status="completed", result="done"
    )


def test_the_key_goes_out_in_the_header_of_its_scheme(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"))
    driver.get(script)
    request = script.requests[0]
    assert request.headers["X-API-Key"] == KEY
    assert "authorization" not in request.headers
    assert request.url == f"https://api.widgets.test/v1/jobs/{ID}"
    assert request.headers["user-agent"].startswith("widgets-client/1.0 jobwait/")


def test_a_bearer_token_goes_out_in_its_own_header(time: Time) -> None:
    script = Script(time, answer("pending"))
    http_client = httpx.Client(transport=httpx.MockTransport(script))
    JobsResource(make({"bearer_token": KEY}, http_client=http_client)._calls).get_job(ID)
    assert script.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert "x-api-key" not in script.requests[0].headers


def test_without_a_key_the_error_names_argument_and_variable() -> None:
    with pytest.raises(ConfigurationError, match=r"api_key= or bearer_token=.*WIDGETS_API_KEY"):
        make({})


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, time: Time) -> None:
    monkeypatch.setenv("WIDGETS_API_KEY", "from-environment")
    script = Script(time, answer("pending"))
    http_client = httpx.Client(transport=httpx.MockTransport(script))
    JobsResource(make({}, http_client=http_client)._calls).get_job(ID)
    assert script.requests[0].headers["X-API-Key"] == "from-environment"


def test_two_keys_are_one_too_many() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        make({"api_key": "a", "bearer_token": "b"})


@pytest.mark.parametrize(
    "key", ["", " ", "secret-0\n", "secret-0\r\nX: y", "secret-0\0", "sécret-0"]
)
@pytest.mark.parametrize("source", ["argument", "environment"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str, source: str
) -> None:
    if source == "environment":
        if "\0" in key:
            pytest.skip("no environment holds a NUL")
        monkeypatch.setenv("WIDGETS_API_KEY", key)
    with pytest.raises(ConfigurationError, match="WIDGETS_API_KEY") as caught:
        make({"api_key": key} if source == "argument" else {})
    assert "cret-0" not in "".join(traceback.format_exception(caught.value))


def test_the_key_is_in_no_repr_log_error_or_traceback(
    driver: Driver, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    # Some servers answer with the key that they refuse.
    echo = httpx.Response(401, json={"error": f"unknown key {KEY}"}, headers={"X-Request-Id": "r1"})
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthenticationError) as caught:
        driver.get(Script(time, echo))
    error = caught.value
    client = driver.client(Script(time, echo))
    shown = [
        *(repr(error), str(error), repr(error.body), repr(error.__dict__), caplog.text),
        *(
            repr(client),
            repr(client._calls.prepare(GET_JOB, ID)),
            repr(JobsResource(client._calls)),
        ),
        "".join(traceback.format_exception(error)),
    ]
    assert [text for text in shown if KEY in text] == []
    assert error.body == {"error": "unknown key [redacted]"}


@pytest.mark.parametrize(
    "url",
    [
        *("api.widgets.test", "ftp://host", "https://", "https://user:pw@host", "https://host?a=b"),
        *("https://host#x", "https://ho st", "https://host:port", "", "https://host/\n"),
    ],
)
def test_a_base_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        make(base_url=url)


@pytest.mark.parametrize(
    "url", ["HTTPS://api.widgets.test", "https://api.widgets.test/?", "https://api.widgets.test#"]
)
def test_a_base_url_is_used_in_its_plain_form(driver: Driver, time: Time, url: str) -> None:
    script = Script(time, answer("pending"))
    driver.get(script, base_url=url)
    assert str(script.requests[0].url) == f"https://api.widgets.test/v1/jobs/{ID}"


def test_a_client_that_could_not_be_made_still_has_a_repr() -> None:
    assert repr(BaseClient.__new__(BaseClient)) == "<BaseClient that could not be made>"


@pytest.mark.parametrize(
    "kind", ["escaped", "header", "failure", "mismatch", "no status", "own header"]
)
def test_a_key_that_comes_back_in_another_place_is_not_shown(time: Time, kind: str) -> None:
    key = "ab/cd+0123456789" if kind == "escaped" else KEY
    escaped = json.dumps({"error": key}).replace("/", "\\/")
    job = {"id": ID, "status": "failed", "error": {"code": "x", "message": f"bad {key}"}}
    replies = {
        "escaped": httpx.Response(401, text=escaped),
        "header": httpx.Response(401, headers={"WWW-Authenticate": f"Key {key}"}),
        "failure": httpx.Response(200, json={"data": job}),
        "mismatch": httpx.Response(200, json={"data": {"id": ID, "status": [key]}}),
        "no status": httpx.Response(200, json={"data": key}),
        "own header": httpx.Response(401, json={"error": key}),
    }
    client = BaseClient(
        CONFIG,
        {"api_key": "another-key" if kind == "own header" else key},
        headers={"x-api-key": key} if kind == "own header" else None,
        strict=True,
        http_client=httpx.Client(transport=httpx.MockTransport(Script(time, replies[kind]))),
    )
    with pytest.raises(JobwaitError) as caught:
        wait_for_completion(JobsResource(client._calls), ID)
    shown = {name: value for name, value in caught.value.__dict__.items() if name != "job"}
    assert key not in f"{caught.value} {caught.value!r} {shown}"


def test_the_member_of_a_string_enum_is_the_string(driver: Driver, time: Time) -> None:
    name = Enum("name", {"JOB": "job_7"}, type=str)  # unlike a StrEnum, str() shows its name

    script = Script(time, answer("pending"))
    driver.get(script, name["JOB"])
    assert script.requests[0].url.path == "/v1/jobs/job_7"


def test_a_base_url_may_have_a_path(driver: Driver, time: Time) -> None:
    script = Script(time, answer("pending"))
    driver.get(script, base_url="http://127.0.0.1:8000/widgets/")
    assert str(script.requests[0].url) == f"http://127.0.0.1:8000/widgets/v1/jobs/{ID}"


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "3", True, None, float("inf")])
def test_a_timeout_that_cannot_work_is_refused(timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout"):
        make(timeout=timeout)


@pytest.mark.parametrize("retries", [-1, 1.5, True, "2"])
def test_a_number_of_retries_that_cannot_work_is_refused(retries: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="max_retries"):
        make(max_retries=retries)


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "b\nc"}, {"X A": "b"}, {"": "b"}, {"X-A": "é"}, {"X-A": 5}, {"Content-Length": "5"}],
)
def test_a_header_that_cannot_be_sent_is_refused(headers: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"header|transport"):
        make(headers=headers)


@pytest.mark.parametrize(
    "wrong", [httpx.AsyncClient(), object()], ids=["the other kind", "something else"]
)
def test_an_http_client_of_the_wrong_kind_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"httpx\.Client"):
        make(http_client=wrong)


@pytest.mark.parametrize(
    "job_id",
    ["", " ", ".", "..", "a/b", "../../admin", "a\\b", "a\nb", "a\0b", 5, None, b"x", True],
)
def test_an_id_that_is_none_is_refused_before_anything_is_sent(
    driver: Driver, time: Time, job_id: Any
) -> None:
    script = Script(time, answer("pending"))
    for call in (driver.get, driver.wait):
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            call(script, job_id)
    assert script.requests == []


@pytest.mark.parametrize("job_id", ["a b", "a?b=c", "a#b", "a%2Fb", "é", "..a", "a;b", "a&b"])
def test_an_id_stays_one_segment_of_its_path(driver: Driver, time: Time, job_id: str) -> None:
    script = Script(time, answer("pending"))
    driver.get(script, job_id)
    path = script.requests[0].url.raw_path.decode()
    assert path.startswith("/v1/jobs/")
    assert len(path.split("/")) == 4
    assert not {"?", "#"} & set(path)


@pytest.mark.parametrize(
    ("id_type", "good", "bad"),
    [
        (int, 5, ["5", 5.0, True]),
        (UUID, UUID(int=1), [1, "x", "", b"x"]),
        (UUID, str(UUID(int=1)), [str(UUID(int=1))[:-1]]),
    ],
)
def test_an_id_has_the_type_that_the_document_gives_it(
    time: Time, id_type: Any, good: Any, bad: list[Any]
) -> None:
    operation: Any = JobOperation[Any, Any, Any, Any](
        provider="widgets",
        operation_id="getJob",
        method="GET",
        path="/v1/jobs/{id}",
        parts=(Part("id", "path", id_type),),
        response_type=Any,
        job_attribute="",
        status="/status",
        states={"done": "succeeded"},
        polling=GET_JOB.polling,
    )
    client = make()
    assert client._calls.prepare(operation, good).url.endswith(f"/v1/jobs/{good}")
    for job_id in bad:
        with pytest.raises(InvalidArgumentError, match=id_type.__name__):
            client._calls.prepare(operation, job_id)


STATUS_ERRORS = [
    (400, BadRequestError),
    (401, AuthenticationError),
    (403, PermissionDeniedError),
    (404, NotFoundError),
    (418, APIStatusError),
    (429, RateLimitError),
    (500, ServerError),
    (520, ServerError),
    (302, APIStatusError),
]


@pytest.mark.parametrize(("code", "error"), STATUS_ERRORS)
def test_each_status_has_its_error(
    driver: Driver, time: Time, code: int, error: type[APIStatusError]
) -> None:
    response = httpx.Response(
        code, json={"detail": "why"}, headers={"X-Request-Id": "req_1", "Retry-After": "3"}
    )
    with pytest.raises(error, match=f"{code}.*why") as caught:
        driver.get(Script(time, response), max_retries=0)
    assert type(caught.value) is error
    assert caught.value.status_code == code
    assert caught.value.body == {"detail": "why"}
    assert caught.value.headers["x-request-ID"] == "req_1"
    assert caught.value.request_id == "req_1"
    assert caught.value.retry_after == 3
    assert (caught.value.provider, caught.value.job_id) == ("widgets", ID)


def test_a_redirect_is_not_followed_even_by_a_client_that_follows_them(time: Time) -> None:
    script = Script(time, httpx.Response(307, headers={"Location": "https://evil.test/"}))
    transport = httpx.MockTransport(script)
    client = make(http_client=httpx.Client(transport=transport, follow_redirects=True))
    with pytest.raises(APIStatusError, match=r"307.*redirects are not followed"):
        JobsResource(client._calls).get_job(ID)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://evil.test/a?b=c", "307 Temporary Redirect, to https://evil.test/a?b=c; "),
        (f"/jobs?key={KEY}", "307 Temporary Redirect, to /jobs?key=[redacted]; "),
        ("/" + "a" * 10_000, f"307 Temporary Redirect, to /{'a' * 199}…; "),
        ("", "307 Temporary Redirect; "),
    ],
)
def test_the_error_of_a_redirect_says_where_it_leads(
    driver: Sync, time: Time, location: str, shown: str
) -> None:
    response = httpx.Response(307, headers=[(b"Location", location.encode("latin-1"))])
    with pytest.raises(APIStatusError) as caught:
        driver.get(Script(time, response))
    assert shown in str(caught.value)
    assert KEY not in str(caught.value.headers)


@pytest.mark.parametrize(
    "fault",
    [
        *(httpx.Response(code) for code in (408, 429, 500, 503, 520)),
        *(httpx.ConnectError("no"), httpx.ReadTimeout("slow")),
    ],
    ids=repr,
)
def test_a_request_is_sent_again_where_that_may_help(
    driver: Driver, time: Time, fault: Any
) -> None:
    script = Script(time, fault, fault, answer("completed"))
    assert isinstance(driver.get(script), CompletedJob)
    assert script.times == [0, 0.5, 1.5]


def test_retries_end(driver: Driver, time: Time) -> None:
    script = Script(time, httpx.Response(503))
    with pytest.raises(ServerError):
        driver.get(script, max_retries=3)
    assert len(script.times) == 4


@pytest.mark.parametrize("code", [400, 401, 404, 422])
def test_a_request_that_cannot_succeed_is_sent_once(driver: Driver, time: Time, code: int) -> None:
    script = Script(time, httpx.Response(code))
    with pytest.raises(APIStatusError):
        driver.get(script)
    assert len(script.times) == 1


def test_a_retry_obeys_retry_after(driver: Driver, time: Time) -> None:
    throttled = httpx.Response(429, headers={"Retry-After": "7"})
    script = Script(time, throttled, answer("completed"))
    driver.get(script)
    assert script.times == [0, 7]


def test_a_long_retry_after_is_told_rather_than_slept_through(driver: Driver, time: Time) -> None:
    script = Script(time, httpx.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimitError) as caught:
        driver.get(script)
    assert caught.value.retry_after == 3600
    assert len(script.times) == 1


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ConnectError("Name or service not known"), APIConnectionError),
        (httpx.ReadTimeout("slow"), APITimeoutError),
    ],
)
def test_a_host_that_gives_no_answer_is_named(
    driver: Driver, time: Time, failure: Exception, error: type[APIConnectionError]
) -> None:
    with pytest.raises(error, match=r"https://api\.widgets\.test/v1/jobs/job_1") as caught:
        driver.get(Script(time, failure), max_retries=0)
    assert type(caught.value) is error
    assert caught.value.__cause__ is failure


def test_html_with_status_200_is_a_decode_error(driver: Driver, time: Time) -> None:
    with pytest.raises(ResponseDecodeError, match=r"not JSON.*<h1>Sign in") as caught:
        driver.get(Script(time, httpx.Response(200, html="<h1>Sign in</h1>")))
    assert caught.value.pointer is None


@pytest.mark.parametrize("body", [b'{"data": {"id', b"", b"\xff\xfe", b"[" * 100_000, b"1" * 5_000])
def test_a_body_that_is_not_json_is_a_decode_error(driver: Driver, time: Time, body: bytes) -> None:
    with pytest.raises(ResponseDecodeError):
        driver.get(Script(time, httpx.Response(200, content=body)))


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"id": ID, "status": "completed", "result": None}, "/data/result"),
        ({"id": ID, "status": "completed"}, "/data/result"),
        ({"id": 5, "status": "pending"}, "/data/id"),
        ({"id": ID, "status": None}, "/data/status"),
        ({"id": ID}, "/data/status"),
        ([], "/data"),
        (None, "/data"),
    ],
)
def test_a_strict_client_refuses_what_the_document_does_not_allow_and_names_the_place(
    driver: Driver, time: Time, data: Any, pointer: str
) -> None:
    script = Script(time, httpx.Response(200, json={"data": data}))
    with pytest.raises(ResponseDecodeError, match=f"at {pointer} expected ") as caught:
        driver.get(script, strict=True)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"id": ID, "status": None}, "/data/status"),
        ({"id": ID}, "/data/status"),
        ([], "/data"),
        ("completed", "/data"),
        (None, "/data"),
    ],
)
def test_a_body_without_the_status_that_it_must_have_is_a_decode_error(
    driver: Driver, time: Time, data: Any, pointer: str
) -> None:
    for request in (driver.get, driver.wait):
        with pytest.raises(ResponseDecodeError, match=f"at {pointer} expected ") as caught:
            request(Script(time, httpx.Response(200, json={"data": data})))
        assert caught.value.pointer == pointer


def test_an_unknown_status_becomes_the_unknown_variant(driver: Driver, time: Time) -> None:
    job = driver.get(Script(time, answer("archived", shelf=7)))
    assert isinstance(job, UnknownJob)
    assert (job.status, job.raw_status, job.raw["shelf"]) == ("__unknown__", "archived", 7)


def test_an_unknown_field_is_kept(driver: Driver, time: Time) -> None:
    job = driver.get(Script(time, answer("running", eta=9)))
    assert isinstance(job, RunningJob)
    assert job.additional_properties == {"eta": 9}


def test_a_raw_response_has_status_headers_body_and_the_typed_envelope(time: Time) -> None:
    script = Script(time, answer("completed", headers={"X-Request-Id": "req_9"}))
    raw = JobsResource(Sync().client(script)._calls).with_raw_response.get_job(ID)
    assert raw.status_code == 200
    assert raw.headers["x-request-id"] == "req_9"
    assert raw.parsed.to_dict() == {"data": {"id": ID, "status": "completed", "result": "done"}}
    assert b'"completed"' in raw.body


def test_with_options_leaves_its_parent_as_it_was(time: Time) -> None:
    script = Script(time, answer("pending"))
    client = Sync().client(script, headers={"X-Team": "a"})
    other = client.with_options(timeout=3, max_retries=0, headers={"x-team": "b", "X-New": "c"})
    assert (other.timeout, other.max_retries) == (3, 0)
    assert (client.timeout, client.max_retries) == (30.0, 2)
    for made in (other, client):
        JobsResource(made._calls).get_job(ID)
    assert [request.headers["X-Team"] for request in script.requests] == ["b", "a"]
    assert "x-new" not in script.requests[1].headers


def test_closing_a_derived_client_leaves_its_parent_open(time: Time) -> None:
    client = Sync().client(Script(time, answer("pending")))
    with client.with_options(timeout=3) as other:
        JobsResource(other._calls).get_job(ID)
    with pytest.raises(ClientClosedError):
        JobsResource(other._calls).get_job(ID)
    JobsResource(client._calls).get_job(ID)


def test_closing_a_client_closes_those_derived_from_it(time: Time) -> None:
    client = Sync().client(Script(time, answer("pending")))
    other = client.with_options(timeout=3)
    client.close()
    client.close()
    with pytest.raises(ClientClosedError, match="closed"):
        JobsResource(other._calls).get_job(ID)


def test_an_http_client_that_was_passed_stays_open(time: Time) -> None:
    with httpx.Client(transport=httpx.MockTransport(Script(time, answer("pending")))) as passed:
        with make(http_client=passed) as client:
            JobsResource(client._calls).get_job(ID)
        assert not passed.is_closed
        with pytest.raises(ClientClosedError):
            JobsResource(client._calls).get_job(ID)


def test_an_asynchronous_client_closes_the_same_way(time: Time) -> None:
    async def main() -> None:
        async with Async().async_client(Script(time, answer("pending"))) as client:
            await AsyncJobsResource(client._calls).get_job(ID)
            other = client.with_options(timeout=2)
        for closed in (client, other):
            with pytest.raises(ClientClosedError):
                await AsyncJobsResource(closed._calls).get_job(ID)

    asyncio.run(main())


def test_errors_pickle_with_all_that_they_carry(time: Time) -> None:
    response = httpx.Response(
        429, json={"a": 1}, headers={"Retry-After": "99", "X-Request-Id": "r"}
    )
    with pytest.raises(RateLimitError) as caught:
        Sync().wait(Script(time, answer("running", progress=5), response), timeout=None)
    for twin in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert type(twin) is RateLimitError
        assert str(twin) == str(caught.value)
        assert (twin.status_code, twin.body, twin.retry_after) == (429, {"a": 1}, 99)
        assert (twin.headers["x-request-id"], twin.polls) == ("r", caught.value.polls)
        assert twin.job == RunningJob(id=ID, status="running", progress=5.0)
        assert isinstance(twin, JobwaitError)
