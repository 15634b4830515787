"""Bodies: their encodings, their depth, and what errors show of them."""

from __future__ import annotations

import json
import logging
import pickle
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from attrs import field, frozen
from hypothesis import example, given, strategies as st

from jobwait import (
    APIStatusError,
    JobFailedError,
    JobOperation,
    JobwaitError,
    Model,
    NotFoundError,
    ResponseDecodeError,
    ServerError,
    WaitTimeoutError,
    deviations,
    wait_for_completion,
)
from jobwait._decode import MAX_MISMATCHES
from jobwait._messages import Headers, Response
from jobwait._redaction import MAX_SECRETS, Redactor
from jobwait._responses import MAX_KEPT_TEXT, MAX_PAUSE, Reader, retry_after
from jobwait._text import MAX_WARNINGS, printable

from .kit.widgets import (
    CONFIG,
    GET_JOB,
    ID,
    KEY,
    JobsResource,
    Script,
    Sync,
    Time,
    answer,
    get_job_operation,
)

BODY = json.dumps({"data": {"id": "é", "status": "running"}}, ensure_ascii=False)


@pytest.fixture
def time() -> Time:
    return Time()


def read(body: bytes, content_type: str = "application/json", status: int = 200) -> Any:
    headers = Headers([(b"content-type", content_type.encode())])
    reader = Reader(CONFIG, frozenset())
    return reader.read(GET_JOB, Response(status, headers, body))[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_is_read_in_every_encoding_of_unicode(encoding: str) -> None:
    assert read(BODY.encode(encoding)) == json.loads(BODY)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("ISO-8859-1", "latin-1"),
        ('"windows-1252"', "cp1252"),
        ("iso-8859-15", "iso-8859-15"),
        ("iso-8859-1", "utf-8"),  # as servlets say by default
    ],
)
def test_json_is_read_in_the_charset_that_the_response_names(charset: str, encoding: str) -> None:
    content_type = f"application/json; charset={charset}"
    assert read(BODY.encode(encoding), content_type) == json.loads(BODY)


@pytest.mark.parametrize("charset", ["", "utf-8", "punycode", "idna", "zip", "no-such", "\x00"])
def test_what_is_not_in_its_charset_is_not_json(charset: str) -> None:
    with pytest.raises(ResponseDecodeError, match="not JSON"):
        read(BODY.encode("latin-1"), f"application/json; charset={charset}")


def test_a_number_that_python_does_not_read_spoils_no_other_field() -> None:
    data = read(b'{"data": {"id": "1", "status": "running", "n": 7, "seed": ' + b"9" * 5000 + b"}}")
    assert data["data"]["status"] == "running"
    assert data["data"]["n"] == 7


def nested(depth: int, error: Any) -> httpx.Response:
    """A failed job whose error is nested, written without recursion."""
    job = {"id": ID, "status": "failed", "error": error}
    inner = '{"inner": [' * (depth // 2) + "1" + "]}" * (depth // 2)
    return httpx.Response(200, text=json.dumps({"data": job}).replace('"@"', inner))


@pytest.mark.parametrize("depth", [300, 600, 800])
def test_a_failure_nested_deeply_is_a_failure(time: Time, depth: int) -> None:
    for error in ("@", {"code": "OCR", "message": "@"}, {"code": "@", "message": "dark"}):
        with pytest.raises(JobFailedError) as caught:
            Sync().wait(Script(time, nested(depth, error)))
        failure = caught.value
        assert print_safely(failure)
        assert failure.job.to_dict()["status"] == "failed"
        assert deviations(failure.job) == ()
        if isinstance(error, dict) and error["code"] == "OCR":
            assert failure.code == "OCR"
            assert failure.message is not None and failure.message.startswith('{"inner": [')


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("depth", [100_000, 900, 400])
def test_json_of_any_depth_is_no_more_than_an_error(time: Time, depth: int, status: int) -> None:
    body = "[" * depth + "]" * depth
    with pytest.raises((ResponseDecodeError, ServerError)) as caught:
        Sync().get(Script(time, httpx.Response(status, text=body)), max_retries=0)
    assert print_safely(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


ABSENT = get_job_operation(absent="pending")
TOLD = get_job_operation(responses={202: "running"})


@pytest.mark.parametrize("code", [200, 202])
@pytest.mark.parametrize("word", [KEY, "x" * 100_000, "\x1b[2J", b64encode(KEY.encode()).decode()])
def test_a_word_that_the_document_does_not_know_is_shown_as_any_other_of_a_server(
    time: Time, code: int, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "jobwait")
    response = httpx.Response(code, json={"data": {"id": ID, "status": word}})
    resource = JobsResource(Sync().client(Script(time, response))._calls)
    resource.operation = TOLD
    with pytest.raises(WaitTimeoutError) as caught:
        wait_for_completion(resource, ID, timeout=10)
    for text in (str(caught.value), *(record.getMessage() for record in caplog.records)):
        assert word not in text
        assert text.isprintable()
        assert len(text) < 1_000


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"[]", b'{"data": null}', b'{"data": []}', b'{"data": {"id": 5}}']
)
@pytest.mark.parametrize("code", [200, 202])
def test_where_a_job_may_be_absent_it_is_polled_on_whatever_the_body_is(
    time: Time, body: bytes, code: int
) -> None:
    class Resource(JobsResource):
        operation = ABSENT

    script = Script(time, httpx.Response(code, content=body), answer("completed"))
    seen: list[Any] = []
    job = wait_for_completion(Resource(Sync().client(script)._calls), ID, on_update=seen.append)
    assert seen == [job]
    assert len(script.times) == 2


KEYS = ["ab/cd+0123456789==", "sk-live_0123456789abcdefghij", 'q"0<>&#123;\\45']
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON, slashes": lambda key: json.dumps(key).replace("/", "\\/"),
    "JSON, all": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "JSON, capitals": lambda key: "".join(f"\\u{ord(char):04X}" for char in key),
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "URL": lambda key: quote(key, safe=""),
    "URL, small": lambda key: quote(key, safe="").lower() if key.islower() else quote(key),
    "URL, all": lambda key: "".join(f"%{ord(char):02x}" for char in key),
    "URL, twice": lambda key: quote(quote(key, safe=""), safe=""),
    "HTML": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "HTML, hexadecimal": lambda key: "".join(f"&#x{ord(char):x};" for char in key),
    "base64": lambda key: b64encode(key.encode()).decode(),
    "basic": lambda key: b64encode(f"user:{key}".encode()).decode(),
    "basic, in the middle": lambda key: b64encode(f"me:{key}!".encode()).decode(),
    "basic, URL-safe": lambda key: (
        b64encode(f"u:{key}".encode()).decode().replace("+", "-").replace("/", "_")
    ),
    "basic, in a URL": lambda key: quote(b64encode(f"usr:{key}".encode()).decode(), safe=""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_redacted_in_any_spelling(key: str, spelling: str) -> None:
    spelled = SPELLINGS[spelling](key)
    redacted = Redactor([key]).text(f"bad key {spelled} here")
    assert spelled.strip('"\\') not in redacted
    assert "[redacted]" in redacted
    assert redacted.startswith("bad key ")
    assert redacted.endswith(" here")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "place", ["text", "JSON", "key", "header", "message", "status", "long status", "side"]
)
def test_a_key_that_comes_back_in_any_spelling_is_in_no_error_and_no_log(
    time: Time, spelling: str, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = KEYS[0]
    spelled = SPELLINGS[spelling](key)
    job = {"id": ID, "status": "failed", "error": {"code": spelled, "message": spelled}}
    replies = {
        "text": httpx.Response(401, text=f"<p>{spelled}</p>"),
        "JSON": httpx.Response(401, json={"error": [spelled]}),
        "key": httpx.Response(401, json={spelled: 1}),
        "header": httpx.Response(401, headers={"X-Echo": spelled}),
        "message": httpx.Response(200, json={"data": job}),
        "status": httpx.Response(200, json={"data": {"id": ID, "status": spelled}}),
        "long status": httpx.Response(
            200, json={"data": {"id": ID, "status": [f"{'x' * 90}{spelled}"]}}
        ),
        "side": httpx.Response(200, json={"data": {"id": {spelled: 1}, "status": "lost"}}),
    }
    client = Sync().client(Script(time, replies[place]))
    client._calls.reader.add_secret(key)
    with pytest.raises(JobwaitError) as caught:
        wait_for_completion(JobsResource(client._calls), ID, timeout=1)
    attributes = {name: value for name, value in vars(caught.value).items() if name != "job"}
    shown = f"{caught.value} {caught.value!r} {attributes} {caplog.text}"
    for hidden in (spelled.strip('"\\'), key):
        assert hidden not in shown
        assert hidden[:10] not in shown


@given(st.text(alphabet="ab%\\u0&#;+/", max_size=80), st.integers(1, 60))
@example("0123456789" * 8, 12)
def test_a_cut_leaves_no_part_of_a_key(around: str, limit: int) -> None:
    key = "k3y-0123456789-s3cret"
    shown = Redactor([key]).beginning(f"{around}{key}{around}", limit)
    assert len(shown) <= limit + 1
    assert not any(key[:length] in shown for length in range(6, len(key)))


def test_keys_that_change_are_remembered_up_to_a_number() -> None:
    redactor = Redactor(["first-secret"])
    for number in range(MAX_SECRETS + 1):
        redactor.add(f"secret-{number:04}")
    assert redactor.text("secret-0050") == "[redacted]"
    assert redactor.text("first-secret short") == "first-secret short"
    redactor.add("short")
    assert redactor.text("short") == "short"


HOSTILE = "\x1b[31mred\r\n2026-01-01 ERROR forged\u2028\u202e\ud83d\x00\x9b5n" + "x" * 100_000


def print_safely(error: JobwaitError) -> bool:
    """Whether an error can be printed anywhere, on one line of bounded length."""
    text = str(error)
    return text.isprintable() and len(text) < 1_000 and bool(text.encode()) and bool(repr(error))


@pytest.mark.parametrize("place", ["text", "JSON", "code", "message", "status", "side", "key"])
def test_what_a_server_says_is_shown_on_one_printable_line(
    time: Time, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    failed = {"id": ID, "status": "failed"}
    bodies = {
        "JSON": {"error": HOSTILE},
        "code": {"data": failed | {"error": {"code": HOSTILE}}},
        "message": {"data": failed | {"error": HOSTILE}},
        "status": {"data": {"id": ID, "status": HOSTILE}},
        "side": {"data": {"id": [HOSTILE], "status": [HOSTILE]}},
        "key": {"data": {"id": {HOSTILE: HOSTILE}, "status": {HOSTILE: 1}}},
    }
    reply = httpx.Response(404, content=HOSTILE.encode("utf-8", "surrogatepass"))
    if place != "text":
        code = 404 if place == "JSON" else 200
        reply = httpx.Response(code, content=json.dumps(bodies[place]).encode())
    with pytest.raises((NotFoundError, JobFailedError, WaitTimeoutError)) as caught:
        Sync().wait(Script(time, reply), timeout=1)
    assert print_safely(caught.value)
    for record in caplog.records:
        assert record.name == "jobwait"
        assert record.getMessage().isprintable()
        assert len(record.getMessage()) < 1_000
    assert bool(caplog.records) == (place in ("status", "side", "key"))


def test_a_reason_keeps_its_lines_and_nothing_that_a_terminal_obeys(time: Time) -> None:
    error = {"code": "E\x1b[0m", "message": "line 1\n\tline 2 \x1b[31m \ud83d é"}
    reply = httpx.Response(200, text=json.dumps({"data": {"status": "failed", "error": error}}))
    with pytest.raises(JobFailedError) as caught:
        Sync().wait(Script(time, reply))
    assert caught.value.code == "E\\x1b[0m"
    assert caught.value.message == "line 1\n\tline 2 \\x1b[31m \\ud83d é"
    assert caught.value.job.error == error


@given(st.text(alphabet=st.characters()), st.integers(1, 50))
def test_what_is_printable_is_one_bounded_line(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    shown.encode()
    assert len(shown) <= 10 * (limit + 1)


@pytest.mark.parametrize("kind", ["html", "json"])
def test_an_error_that_a_wait_remembers_keeps_the_beginning_of_a_body(
    time: Time, kind: str
) -> None:
    page = "<p>Service unavailable</p>" * 10_000
    reply = httpx.Response(503, text=page if kind == "html" else json.dumps([page] * 3))
    with pytest.raises(WaitTimeoutError) as caught:
        Sync().wait(Script(time, answer("running"), reply), timeout=20)
    error = caught.value.last_error
    assert isinstance(error, APIStatusError)
    assert error.body.strip('["').startswith("<p>Service unavailable</p>")
    assert len(error.body) <= MAX_KEPT_TEXT + 1
    assert len(pickle.dumps(error)) < 2 * MAX_KEPT_TEXT


def test_an_error_that_ends_a_request_keeps_its_json(time: Time) -> None:
    body = {"errors": [f"field {number} is wrong" for number in range(500)]}
    with pytest.raises(NotFoundError) as caught:
        Sync().get(Script(time, httpx.Response(404, json=body)))
    assert caught.value.body == body


@frozen(kw_only=True)
class Tree(Model):
    a: int
    b: int
    c: int
    branches: Mapping[str, Tree]
    leaves: list[int]
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any])


TREE: Final = JobOperation[str, Tree, Tree, Tree](
    provider="trees",
    operation_id="getTree",
    method="GET",
    path="/trees/{id}",
    parts=GET_JOB.parts,
    response_type=Tree,
    job_attribute="",
    status="/status",
    states={"done": "succeeded"},
    polling=GET_JOB.polling,
)


def warned(body: Any, caplog: pytest.LogCaptureFixture) -> list[str]:
    reader = Reader(CONFIG, frozenset())
    for _ in range(2):
        seen = reader.sighting(TREE, Response(200, Headers([]), json.dumps(body).encode()))
        assert seen.job.to_dict() == body
    return [record.getMessage() for record in caplog.records]


def test_indices_and_keys_of_maps_make_no_warnings_of_their_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    good: dict[str, Any] = {"a": 1, "b": 2, "c": 3, "branches": {}, "leaves": []}
    branches = {f"key {number}": good | {"c": "3"} for number in range(300)}
    body = good | {"status": "done", "branches": branches, "leaves": ["x"] * 300}
    told = warned(body, caplog)
    assert len(told) == 2
    assert "at /branches/*/c expected an integer, got '3'" in told[0]
    assert "at /leaves/* expected an integer, got 'x'" in told[1]


def test_warnings_of_a_client_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    body: dict[str, Any] = {"status": "done"}
    for _ in range(80):
        body = {"status": "done", "branches": {"x": body}}
    assert len(warned(body, caplog)) == MAX_WARNINGS


def test_deviations_are_bounded() -> None:
    good: dict[str, Any] = {"a": 1, "b": 2, "c": 3, "branches": {}}
    tree = Tree.from_dict(good | {"leaves": [None] * 100_000})
    assert len(deviations(tree)) == MAX_MISMATCHES
    assert len(tree.leaves) == 100_000


NOW: Final = "Fri, 02 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20),
        ({"retry-after": " 20.5 "}, 20.5),
        ({"retry-after": "20, 30"}, 20),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "9" * 30}, MAX_PAUSE),
        ({"retry-after": "86400"}, MAX_PAUSE),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500.5", "retry-after": "9"}, 1.5005),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after-ms": "-1"}, None),
        ({"retry-after-ms": "9" * 30}, MAX_PAUSE),
        ({"retry-after": "Fri, 02 Jan 2026 00:00:07 GMT", "date": NOW}, 7),
        ({"retry-after": "Friday, 02-Jan-26 00:00:07 GMT", "date": NOW}, 7),
        ({"retry-after": "Fri Jan  2 00:00:07 2026", "date": NOW}, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT", "date": NOW}, 0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": NOW}, MAX_PAUSE),
        ({"retry-after": "Fri, 31 Dec 10000 23:59:59 GMT", "date": NOW}, None),
        ({"retry-after": "Fri, 31 Dec 99999999999 23:59:59 GMT", "date": NOW}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359", "date": NOW}, 0),
        *(({"retry-after": text}, None) for text in ("", "-5", "1e3", "inf", "nan", "0x10", "٣")),
    ],
)
def test_a_hint_is_a_bounded_number_or_none(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


WORDS = st.lists(
    st.sampled_from(["Mon,", "Jan", "31", "-1", "10000", "12:00:00", "GMT", "+9999", ",", "e", ":"])
).map(" ".join)


@given(WORDS | st.text(), WORDS | st.text(), WORDS)
def test_no_hint_raises(text: str, date: str, milliseconds: str) -> None:
    headers = {"retry-after": text, "date": date, "retry-after-ms": milliseconds}
    seconds = retry_after(headers)
    assert seconds is None or 0 <= seconds <= MAX_PAUSE
