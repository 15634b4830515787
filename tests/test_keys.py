"""Keys that a function returns: asked for at each request, and once more after a 401."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import httpx
import pytest

from jobwait import (
    APIConnectionError,
    APITimeoutError,
    AsyncBaseClient,
    AuthenticationError,
    BaseClient,
    ConfigurationError,
    as_completed,
    async_wait_for_all,
)

from .kit.widgets import (
    CONFIG,
    ID,
    KEY,
    Async,
    AsyncJobsResource,
    CompletedJob,
    JobsResource,
    Script,
    Sync,
    Time,
    answer,
)
from .kit.wire import Wire, whole

DONE: Final = answer("completed")
REFUSED: Final = httpx.Response(401, json={})


@pytest.fixture(params=[Sync, Async])
def driver(request: pytest.FixtureRequest) -> Sync:
    made: Sync = request.param()
    return made


@pytest.fixture
def time() -> Time:
    return Time()


def with_key(driver: Sync, key: Any) -> Sync:
    """A driver whose clients have this key."""
    driver.credentials = {"api_key": key}
    return driver


def keys_of(script: Script) -> list[str | None]:
    return [request.headers.get("X-API-Key") for request in script.requests]


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"key-number-{next(numbers)}"


async def key_later() -> str:
    await asyncio.sleep(0)
    return KEY


class CalledLater:
    """What is called is a coroutine function, though the object is none."""

    async def __call__(self) -> str:
        return await key_later()


def test_a_function_is_asked_for_each_poll(driver: Sync, time: Time) -> None:
    script = Script(time, answer("pending"), answer("running"), DONE)
    with_key(driver, numbered()).wait(script)
    assert keys_of(script) == ["key-number-1", "key-number-2", "key-number-3"]


def test_a_function_is_asked_again_for_a_retry(driver: Sync, time: Time) -> None:
    script = Script(time, httpx.Response(503), DONE)
    with_key(driver, numbered()).get(script)
    assert keys_of(script) == ["key-number-1", "key-number-2"]


@pytest.mark.parametrize(
    "key",
    [
        key_later,
        functools.partial(key_later),
        CalledLater(),
        lambda: key_later(),
        lambda: asyncio.sleep(0, KEY),
    ],
    ids=["coroutine function", "partial", "object", "function of a coroutine", "lambda"],
)
def test_an_asynchronous_client_takes_a_coroutine_function(key: Any, time: Time) -> None:
    script = Script(time, DONE)
    with_key(Async(), key).get(script)
    assert keys_of(script) == [KEY]


@pytest.mark.parametrize("key", [key_later, CalledLater(), lambda: key_later()])
def test_a_blocking_client_refuses_a_coroutine_function(key: Any, time: Time) -> None:
    script = Script(time, DONE)
    with pytest.raises(ConfigurationError, match=r"api_key .* only an AsyncClient can call"):
        with_key(Sync(), key).get(script)
    assert not script.requests


def test_a_refused_key_is_asked_for_once_more(driver: Sync, time: Time) -> None:
    script = Script(time, answer("pending"), REFUSED, DONE)
    assert isinstance(with_key(driver, numbered()).wait(script), CompletedJob)
    assert keys_of(script) == ["key-number-1", "key-number-2", "key-number-3"]
    assert script.times[1] == script.times[2]


def test_a_key_that_is_refused_twice_ends_a_wait(driver: Sync, time: Time) -> None:
    script = Script(time, REFUSED)
    with pytest.raises(AuthenticationError):
        with_key(driver, numbered()).wait(script)
    assert keys_of(script) == ["key-number-1", "key-number-2"]


def test_a_fixed_key_that_is_refused_is_not_sent_again(driver: Sync, time: Time) -> None:
    script = Script(time, REFUSED)
    with pytest.raises(AuthenticationError):
        driver.wait(script)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (None, "is of type NoneType, not str"),
        (b"bytes", "is of type bytes, not str"),
        ("", "is empty"),
        ("a\nb", "has a character that no header can carry"),
        (" key", "begins or ends with white space"),
    ],
)
def test_what_is_no_key_ends_a_wait_and_names_the_argument(
    driver: Sync, time: Time, key: Any, text: str
) -> None:
    script = Script(time, DONE)
    with pytest.raises(ConfigurationError, match=f"api_key=, from its function, {text}"):
        with_key(driver, lambda: key).wait(script)
    assert not script.requests


class Boom(Exception):
    pass


@pytest.mark.parametrize("error", [Boom("no vault"), StopIteration(), TimeoutError()])
def test_a_function_that_raises_does_not_end_a_wait(
    driver: Sync, time: Time, error: Exception
) -> None:
    results: Iterator[Any] = iter([KEY, error, KEY])

    def key() -> str:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return str(result)

    script = Script(time, answer("pending"), DONE)
    assert isinstance(with_key(driver, key).wait(script), CompletedJob)
    assert keys_of(script) == [KEY, KEY]


def test_the_error_of_a_function_names_it_and_has_its_cause(driver: Sync, time: Time) -> None:
    def key() -> str:
        raise Boom("no vault")

    text = "the function api_key= returned no key, but raised Boom"
    with pytest.raises(APIConnectionError, match=text) as caught:
        with_key(driver, key).get(Script(time, DONE), max_retries=0)
    assert isinstance(caught.value.__cause__, Boom)


@pytest.fixture
def stuck() -> Iterator[Callable[[], str]]:
    """A function that does not return before the test ends."""
    over = threading.Event()

    def key() -> str:
        over.wait()
        return KEY

    yield key
    over.set()


def test_a_function_that_hangs_ends_with_the_limit(
    driver: Sync, time: Time, stuck: Callable[[], str]
) -> None:
    script = Script(time, DONE)
    text = r"the function api_key= returned no key within 0\.05 s"
    with pytest.raises(APITimeoutError, match=text):
        with_key(driver, stuck).get(script, timeout=0.05, max_retries=0)
    assert not script.requests


def test_a_coroutine_function_that_hangs_ends_with_the_limit(time: Time) -> None:
    async def key() -> str:
        await asyncio.Event().wait()
        return KEY

    with pytest.raises(APITimeoutError, match="returned no key within"):
        with_key(Async(), key).get(Script(time, DONE), timeout=0.05, max_retries=0)


def test_functions_that_hang_hold_up_no_other_wait(stuck: Callable[[], str]) -> None:
    async def main() -> None:
        async with (
            AsyncBaseClient(CONFIG, {"api_key": stuck}, base_url=wire.url) as slow,
            AsyncBaseClient(CONFIG, {"api_key": lambda: KEY}, base_url=wire.url) as fast,
        ):
            waits = [
                asyncio.create_task(AsyncJobsResource(slow._calls).get_job(ID)) for _ in range(50)
            ]
            await asyncio.sleep(0)
            url = wire.url.replace("127.0.0.1", "localhost")  # to be looked up
            async with AsyncBaseClient(CONFIG, {"api_key": KEY}, base_url=url) as other:
                await AsyncJobsResource(other._calls).get_job(ID)
            jobs = AsyncJobsResource(fast._calls)
            outcomes = await async_wait_for_all(jobs, [f"job_{number}" for number in range(50)])
            assert [outcome.error for outcome in outcomes] == [None] * 50
            assert not any(wait.done() for wait in waits)
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    with Wire(whole()) as wire:
        asyncio.run(main())


def test_functions_that_hang_hold_up_no_other_job_of_a_blocking_call() -> None:
    go, asked = threading.Event(), count()

    def key() -> str:
        if next(asked) < 20:
            go.wait()
        return KEY

    with (
        Wire(whole()) as wire,
        BaseClient(CONFIG, {"api_key": key}, base_url=wire.url) as client,
    ):
        outcomes = as_completed(JobsResource(client._calls), [f"job_{n}" for n in range(40)])
        first = [next(outcomes) for _ in range(20)]
        go.set()
        rest = list(outcomes)
    assert [outcome.error for outcome in [*first, *rest]] == [None] * 40


def test_threads_that_wait_share_a_function() -> None:
    with (
        Wire(whole()) as wire,
        BaseClient(CONFIG, {"api_key": numbered()}, base_url=wire.url) as client,
    ):
        jobs = JobsResource(client._calls)
        threads = [threading.Thread(target=jobs.get_job, args=(ID,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sent = {line for request in wire.requests for line in request.split(b"\r\n") if b"key-" in line}
    assert len(sent) == 8


@dataclass
class Vault:
    """An object without a hash."""

    name: str

    def __call__(self) -> str:
        return KEY

    def key(self) -> str:
        return KEY


def test_clients_with_one_function_share_a_throttle() -> None:
    vault = Vault("a")
    for key in (numbered(), vault, vault.key, functools.partial(vault)):
        one, two, other = (
            BaseClient(CONFIG, {"api_key": key})._calls.throttle for key in (key, key, lambda: KEY)
        )
        assert one is two
        assert one is not other
    one, two = (BaseClient(CONFIG, {"api_key": Vault("a")})._calls.throttle for _ in range(2))
    assert one is not two
    assert (
        BaseClient(CONFIG, {"api_key": vault.key})._calls.throttle
        is BaseClient(CONFIG, {"api_key": vault.key})._calls.throttle
    )


def test_every_credential_takes_a_function(driver: Sync, time: Time) -> None:
    script = Script(time, DONE)
    driver.credentials = {"bearer_token": lambda: KEY}
    driver.get(script)
    assert script.requests[0].headers["Authorization"] == f"Bearer {KEY}"


def test_the_variables_of_the_caller_are_those_of_a_function() -> None:
    tenant: ContextVar[str] = ContextVar("tenant")
    with (
        Wire(whole()) as wire,
        BaseClient(CONFIG, {"api_key": lambda: tenant.get()}, base_url=wire.url) as client,
    ):
        tenant.set("key-of-a-tenant")
        JobsResource(client._calls).get_job(ID)
    assert b"key-of-a-tenant" in wire.requests[0]
