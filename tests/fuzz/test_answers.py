"""Answers to every installed package: a job, or an error of jobwait, on both drivers the same."""

from __future__ import annotations

import codecs
import copy
import json
import logging
import pickle
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from jobwait import (
    APIStatusError,
    JobwaitError,
    Model,
    Outcome,
    Provider,
    Waitable,
    async_as_completed,
    deviations,
    providers,
    wait_for_completion,
)
from jobwait._requests import AsyncCalls, AsyncRuntime, Calls, Runtime

from ..kit.fleet import run
from ..kit.recursive import WRONG, spoil, value
from ..kit.widgets import Time
from .conftest import Cases

Json: TypeAlias = Any

URL: Final = "https://api.fuzz.test"
MANY: Final = 5
MOST: Final = 20_000
"""Characters of a message."""
KEY: Final = "s3cret+key/with=signs"
FORMS: Final = (
    *(KEY, quote(KEY), quote(KEY, safe=""), KEY.replace("/", "\\/")),
    *("".join(f"\\u{ord(char):04X}" for char in KEY), b64encode(f"user:{KEY}".encode()).decode()),
)
"""How servers spell a key that they have got."""
CODES: Final = (*[200] * 12, 202, 204, 206, 302, 303, 400, 401, 404, 409, 425, 429, 500, 503, 520)
HEADERS: Final = (
    *(("retry-after", text) for text in ("0", "1", "2.5", "-1", "1e9", "9" * 400, "soon", "")),
    *(("retry-after", f"Fri, 31 Dec {year} 23:59:59 GMT") for year in (1969, 2024, 9999, 99999)),
    *(
        ("retry-after-ms", "1500"),
        ("date", "yesterday"),
        ("location", "/jobs/5"),
        ("location", KEY),
    ),
    *(("content-type", f"application/json; charset={name}") for name in ("utf-16", "zip", "\\")),
    *(("content-encoding", name) for name in ("gzip", "br", "deflate", "identity", "x")),
    *(("x-request-id", "\x1b[2J"), ("x-request-id", "a" * 5_000), ("set-cookie", "a=b")),
)
TEXTS: Final = (
    *("", "\0", "\x1b]0;a\x07", "a\r\nb", "\u2028", "\ud800", "\u202e", "a" * 100_000, *FORMS),
)
DEEP: Final = "deep"
"""Stands for a value that is nested deeply."""
NUMBERS: Final = (-1, 0, 1.5, 10**400, float("inf"), float("nan"), -(2**63), 1e-320)
FAILURES: Final = (
    *(
        httpx.ConnectError("a"),
        httpx.ReadTimeout("a"),
        httpx.ReadError("a"),
        httpx.PoolTimeout("a"),
    ),
    *(httpx.RemoteProtocolError("a"), httpx.LocalProtocolError("a"), httpx.ProxyError("a")),
)


class Answer(NamedTuple):
    """What comes of one request."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    failure: Exception | None

    def __call__(self) -> httpx.Response:
        if self.failure is not None:
            raise self.failure
        headers = [(name.encode(), text.encode("latin-1")) for name, text in self.headers]
        return httpx.Response(self.status, headers=headers, stream=httpx.ByteStream(self.body))


def bodies(provider: Provider, waitable: Waitable) -> list[Json]:
    """The examples of a package's document, and an empty body."""
    method, path = waitable.operation.split(" ")
    response = provider.document["paths"][path][method.lower()]["responses"]["200"]
    media = response["content"]["application/json"]
    named = [example["value"] for example in media.get("examples", {}).values()]
    return [*named, media.get("example", {})]


def written(random: Random, body: Json) -> bytes:
    """A body as a server may write it."""
    text = json.dumps(body, ensure_ascii=random.random() < 0.5)
    levels = random.choice((50, 300, 900, 100_000))
    start, end = random.choice((("[", "]"), ('{"a":', "}")))
    text = text.replace(json.dumps(DEEP), start * levels + "1" + end * levels)
    raw = text.encode("utf-8", "surrogatepass")
    draw = random.random()
    if draw < 0.8:
        return raw
    if draw < 0.85:
        return raw[: random.randrange(len(raw) + 1)]
    if draw < 0.9:
        return codecs.BOM_UTF8 + raw
    if draw < 0.95:
        return text.encode("utf-16", "surrogatepass")
    return random.choice((b"", b"<html>" + KEY.encode(), b"\xff" * 50, b"9" * 5_000, b"{}" * 9))


def answer(random: Random, provider: Provider, examples: list[Json]) -> Answer:
    """Anything; about half are as the document says."""
    schemas = provider.document["components"]["schemas"]
    body = copy.deepcopy(random.choice(examples))
    if schemas and random.random() < 0.1:
        name = random.choice([*schemas])
        body = value(random, provider.document, schemas[name])
    is_odd = random.random() < 0.5
    for _ in range(random.randint(1, 3) if is_odd else 0):
        kind: tuple[Json, ...] = random.choice((TEXTS, NUMBERS, WRONG, (DEEP,)))
        spoil(random, body, kind)
    headers = [random.choice(HEADERS) for _ in range(random.choice((0, 1, 3)) if is_odd else 0)]
    failure = random.choice(FAILURES) if random.random() < 0.05 else None
    code = random.choice(CODES) if is_odd else 200
    return Answer(
        code, headers, written(random, body) if is_odd else json.dumps(body).encode(), failure
    )


class Script:
    """Gives each job the next of its answers, the last one for ever."""

    def __init__(self, answers: list[Answer]) -> None:
        self._answers = answers
        self._polls: dict[str, int] = {}
        self.polls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        key = str(request.url)
        number = self._polls[key] = self._polls.get(key, -1) + 1
        self.polls += 1
        # Each job begins somewhere else.
        first = len(self._polls) - 1 if len(self._polls) > 1 else 0
        return self._answers[min(number + first, len(self._answers) - 1)]()


def ids(waitable: Waitable, count: int) -> list[Any]:
    plain: dict[type, Callable[[int], Any]] = {int: int, str: lambda i: f"job_{i}", UUID: _uuid}
    made = [[plain[kind](i) for kind in waitable.id_types] for i in range(1, count + 1)]
    return [tuple(one) if len(one) > 1 else one[0] for one in made]


def _uuid(number: int) -> UUID:
    return UUID(int=number)


def blocking(provider: Provider, waitable: Waitable, script: Script, **options: Any) -> Any:
    """What a blocking wait returns or raises."""
    time = Time()
    with httpx.Client(transport=httpx.MockTransport(script)) as http_client:
        client = provider.client(KEY, base_url=URL, http_client=http_client)
        runtime = Runtime(time.clock, time.sleep, time.random, time.time)
        calls = Calls(client._calls.options, client._transport, runtime)
        resource = type(waitable.resource(client))(calls)
        try:
            return wait_for_completion(resource, ids(waitable, 1)[0], **options)
        except JobwaitError as error:
            return error


def on_loop(provider: Provider, waitable: Waitable, script: Script, **options: Any) -> Any:
    """The same, awaited."""
    time = Time()

    async def main() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(script)) as http_client:
            resource = async_resource(provider, waitable, http_client, time)
            try:
                return await wait_for_completion(resource, ids(waitable, 1)[0], **options)
            except JobwaitError as error:
                return error

    return run(time, main())


def of_many(
    provider: Provider, waitable: Waitable, script: Script, **options: Any
) -> list[Outcome[Any]]:
    """How each of several waits ended."""
    time = Time()

    async def main() -> list[Outcome[Any]]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(script)) as http_client:
            resource = async_resource(provider, waitable, http_client, time)
            many = ids(waitable, MANY)
            return [one async for one in async_as_completed(resource, many, **options)]

    return run(time, main())


def async_resource(
    provider: Provider, waitable: Waitable, http_client: httpx.AsyncClient, time: Time
) -> Any:
    client = provider.async_client(KEY, base_url=URL, http_client=http_client)
    runtime = AsyncRuntime(time.clock, time.async_sleep, time.random, time.time)
    calls = AsyncCalls(client._calls.options, client._transport, runtime)
    return type(waitable.resource(client))(calls)


def check_shown(text: str) -> None:
    """It can be printed, is not endless, and shows no key."""
    assert all(line.isprintable() for line in text.replace("\t", " ").split("\n")), ascii(text)
    assert len(text) < MOST
    check_secret(text)


def check_secret(text: str) -> None:
    """It shows no key."""
    for form in FORMS:
        assert form not in text


def pickled(value: Any) -> Any:
    """A value as another process gets it; as it is where it is nested too deeply for pickle."""
    try:
        return pickle.loads(pickle.dumps(value))
    except RecursionError:
        return value


def check_result(result: Any) -> None:
    """An error that can be shown and sent elsewhere, or a job that can."""
    if isinstance(result, JobwaitError):
        check_shown(str(result))
        check_shown(repr(result))
        again = pickled(result)
        assert str(again) == str(result)
        assert type(again) is type(result)
        if isinstance(result, APIStatusError):
            check_secret(str(result.body))
            check_secret(str(result.headers))
        result = result.job
    for one in deviations(result):
        assert str(one).isprintable()
    if isinstance(result, Model):
        assert type(pickled(result)) is type(result)
        json.dumps(result.to_dict())


def made_up(random: Random, provider: Provider, examples: list[Json]) -> list[Answer]:
    """Several answers."""
    return [answer(random, provider, examples) for _ in range(random.randint(1, 12))]


def check_waits(
    random: Random, provider: Provider, waitable: Waitable, answers: list[Answer]
) -> None:
    """Waits end, blocking and on a loop alike, and each of many for itself."""
    options: dict[str, Any] = {
        "timeout": random.choice((0, 1, 30, 500)),
        "on_update": deviations,
    }
    results = [wait(provider, waitable, Script(answers), **options) for wait in (blocking, on_loop)]
    assert type(results[0]) is type(results[1])
    assert str(results[0]) == str(results[1])
    outcomes = of_many(provider, waitable, Script(answers), **options)
    assert sorted(str(one.job_id) for one in outcomes) == sorted(map(str, ids(waitable, MANY)))
    for one in outcomes:
        json.dumps(one.to_dict())
        check_result(one.job if one.error is None else one.error)
    for result in results:
        check_result(result)


def test_a_wait_ends_in_a_job_or_in_an_error_of_jobwait(
    cases: Cases, caplog: pytest.LogCaptureFixture
) -> None:
    waitables = [(p, waitable) for p in providers().values() for waitable in p.waitables]
    assert waitables
    caplog.set_level(logging.DEBUG, "jobwait")

    def check(number: int, random: Random) -> None:
        provider, waitable = random.choice(waitables)
        answers = made_up(random, provider, bodies(provider, waitable))
        caplog.clear()
        check_waits(random, provider, waitable, answers)
        for record in caplog.records:
            check_shown(record.getMessage())

    cases.run(check)
