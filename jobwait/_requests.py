"""The requests of a client: prepared, sent with its keys, and sent again where that may help."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from ._auth import MIN_SECRET, Keys, Placed, check_key, identity, place, secrets_in
from ._errors import (
    APIError,
    APIStatusError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    ResponseDecodeError,
    is_transient,
)
from ._flow import Ask, Flow, Secret, SendRequest, Sleep, adrive, drive
from ._ids import id_values, needs_body, result_id
from ._messages import MAX_FILE, AsyncSend, Headers, RawHeaders, Request, Response
from ._operation import BodyT, ClientConfig, Credential, IdT, JobOperation, JobT, Operation
from ._responses import Reader, Sighting
from ._throttle import Throttle, throttle_for
from ._validation import request_timeout

if TYPE_CHECKING:
    from ._schedule import Durations

T = TypeVar("T")

ACCEPT: Final = "application/json"
"""What is wanted where an operation does not say otherwise."""
IN_PATHS: Final = "/:@!$&'()*+,;="
"""What has no other meaning in a path than itself, and `/` between its parts."""
RETRY_BACKOFF: Final = 0.5
"""Seconds before the first retry of a request; doubled for each further one."""
MAX_RETRY_BACKOFF: Final = 8.0
"""Seconds, however many the retries."""
MAX_RETRY_AFTER: Final = 60.0
"""Seconds; a request outside a wait is not held back longer than this, but fails."""


def _random() -> float:
    import random

    return random.random()


async def _sleep(delay: float) -> None:
    import asyncio

    await asyncio.sleep(delay)


class Runtime(NamedTuple):
    """What a client takes from its surroundings, so that tests can give something else."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = _random
    time: Callable[[], float] = time.time
    """Seconds since the epoch."""


class AsyncRuntime(NamedTuple):
    """The same for an asynchronous client."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = _sleep
    random: Callable[[], float] = _random
    time: Callable[[], float] = time.time


SYSTEM: Final = Runtime()
ASYNC_SYSTEM: Final = AsyncRuntime()


class RawResponse(NamedTuple, Generic[BodyT]):
    """A 2xx response with its typed body, the envelope included."""

    status_code: int
    headers: Headers
    body: bytes
    parsed: BodyT

    def json(self) -> Any:
        """The body as decoded JSON, under the provider's own names.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)


class Transport(Protocol):
    """Sends requests in one event loop, until it is closed."""

    async def __call__(self, request: Request, limit: float, /) -> Response: ...
    async def close(self) -> None:
        """Close what it opened."""
        ...


class BlockingTransport(Protocol):
    """Sends requests one at a time, or in an event loop of its caller's own."""

    def __call__(self, request: Request, limit: float, /) -> Response: ...
    def for_loop(self, at_once: int) -> Transport:
        """The same for so many requests at a time."""
        ...


class Lifetime:
    """Whether a client is open; one that shares another's connections ends with it."""

    def __init__(self, parent: Lifetime | None = None) -> None:
        self.parent: Final = parent
        self._closed = False

    @property
    def is_over(self) -> bool:
        """Whether this client, or the one whose connections it shares, was closed."""
        return self._closed or (self.parent is not None and self.parent.is_over)

    def end(self) -> None:
        """Close the client."""
        self._closed = True


class Options(NamedTuple):
    """What every request of a client has in common; its repr hides the headers."""

    config: ClientConfig
    base_url: str
    headers: dict[str, str]
    timeout: float
    """Seconds that one request may take in all."""
    max_retries: int
    lifetime: Lifetime
    keys: Keys
    max_body: int
    """Bytes that the body of a response may have, decompressed."""
    strict: bool
    """Whether a body that the document does not allow is an error."""
    warned: dict[str, object]
    """Deviations and status words that were logged, by all clients of the same connections."""
    limiter: Callable[[], Any] | None = None
    """Asked for a turn before each request."""

    def __repr__(self) -> str:
        return f"<Options for {self.base_url}>"


class _Carried(NamedTuple):
    """The keys of an operation's requests, beside those that every request has."""

    headers: dict[str, str]
    query: str
    functions: tuple[tuple[Credential, Callable[[], Any]], ...]

    def __repr__(self) -> str:
        return f"<Keys in {', '.join(self.headers)}>"


class Polled(NamedTuple, Generic[JobT]):
    """One poll of a wait."""

    result: Sighting[JobT] | APIError
    """What it saw, or why it saw nothing."""
    began: float
    ended: float


class SharedCalls:
    """What the requests of both clients share: all but sending."""

    def __init__(self, options: Options, runtime: Runtime | AsyncRuntime) -> None:
        self.options: Options = options
        self._runtime: Final = runtime
        self.clock: Final = runtime.clock
        self.time: Final = runtime.time
        self._random: Final = runtime.random
        keys = options.keys
        secrets = secrets_in(options.config, options.headers | keys.fixed.query)
        for _, placed in keys.limited:
            secrets |= secrets_in(options.config, placed.headers | placed.query)
        self._secrets = _long(secrets)
        self.reader: Reader = Reader(
            options.config, self._secrets, strict=options.strict, warned=options.warned
        )
        url = urlsplit(options.base_url)
        port = url.port or (443 if url.scheme == "https" else 80)
        origin = (url.scheme, url.hostname, port)
        functions = frozenset(identity(function) for _, function in keys.functions)
        self.throttle: Throttle = throttle_for(runtime.clock, origin, secrets | functions)
        """Shared with all that asks the same host with the same key."""
        self._headers = _raw({"Host": url.netloc} | options.headers)
        self._query = urlencode(keys.fixed.query)
        self._carried: dict[str, _Carried] = {}
        self._durations: dict[str, Durations] = {}

    def replace(self, options: Options) -> Self:
        """The same over the same connections, with other options."""
        from copy import copy

        calls = copy(self)
        SharedCalls.__init__(calls, options, self._runtime)
        return calls

    def durations(self, operation: JobOperation[Any, Any, Any, Any]) -> Durations:
        """How long this client's jobs took so far, as those who waited for many saw it."""
        from ._schedule import Durations

        return self._durations.setdefault(operation.path, Durations())

    def prepare(self, operation: Operation[IdT, Any], job_id: IdT) -> Request:
        """The request for one job's status, to be sent as often as is needed.

        Raises:
            InvalidArgumentError: The id is not one.
            ConfigurationError: The client has no key for this operation.
        """
        values = iter(id_values(operation, job_id))
        carried = self._carried.get(operation.name) or self._carry(operation.name)
        path: dict[str, str] = {}
        query: dict[str, str | int] = {}
        fields: dict[str, str | int] = {}
        headers = carried.headers.copy()
        for part in operation.parts:
            value = next(values) if part.constant is None else part.constant
            if part.location == "path":
                path[part.name] = quote(str(value), safe=IN_PATHS if part.allow_reserved else "")
            elif part.location == "query":
                query[part.name] = value
            elif part.location == "body":
                fields[part.name] = value
            else:
                headers[part.name] = str(value)
        target = operation.path
        for name, text in path.items():  # in which braces are quoted
            target = target.replace(f"{{{name}}}", text)
        url = self.options.base_url + target
        if query:
            url += f"?{urlencode(query)}"
        body = b""
        if fields and operation.body_format == "json":
            headers["Content-Type"] = "application/json"
            body = json.dumps(fields).encode()
        elif fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields).encode()
        return Request(
            operation.method,
            url,
            self._headers_with(headers) if headers else self._headers,
            body,
            carried.query,
            max_body=MAX_FILE if operation.response_type is bytes else self.options.max_body,
            secrets=self._secrets,
            functions=carried.functions,
        )

    def _carry(self, operation: str) -> _Carried:
        """Keep the keys that requests of an operation carry, and return them.

        Raises:
            ConfigurationError: The client has no key for this operation.
        """
        keys = self.options.keys
        check_key(self.options.config, keys, operation)
        limited = keys.of(operation)
        self._carried[operation] = _Carried(
            limited.headers,
            "&".join(filter(None, [self._query, urlencode(limited.query)])),
            tuple(one for one in keys.functions if one[0].is_for(operation)),
        )
        return self._carried[operation]

    def _headers_with(self, more: dict[str, str]) -> RawHeaders:
        """Those of every request, and others where the user has set none of that name."""
        own = {
            name: value
            for name, value in self.options.headers.items()
            if not (value == ACCEPT and name.lower() in map(str.lower, more))
        }
        names = {name.lower() for name in own}
        added = {name: value for name, value in more.items() if name.lower() not in names}
        return [*self._headers[:1], *_raw(own | added)]

    def check_open(self) -> None:
        """Check that the client is open.

        Raises:
            ClientClosedError: The client is closed.
        """
        if self.options.lifetime.is_over:
            title = self.options.config.title
            raise ClientClosedError(f"the client of {title} is closed: make another one")

    def poll(
        self, operation: JobOperation[Any, Any, JobT, Any], request: Request, limit: float
    ) -> Flow[Polled[JobT] | float]:
        """Poll once, or return the seconds until the limiter allows it."""
        self.check_open()
        result: Sighting[JobT] | APIError
        asked = began = self.clock()
        try:
            if self.options.limiter is not None:
                delay = yield from self._ask_limiter(limit)
                if delay > 0:
                    return delay
                began = self.clock()
            response = yield from self._send(request, limit - (began - asked))
            result = self.reader.sighting(operation, response)
        except APIError as error:
            # Its frames hold the request, and the request the key.
            result = error.with_traceback(None)
        polled = Polled(result, began, self.clock())
        self.throttle.learn(*polled)
        return polled

    def call(
        self, operation: Operation[IdT, BodyT], job_id: IdT, timeout: float | None
    ) -> Flow[RawResponse[BodyT]]:
        """Send a request, and again where that may help.

        Args:
            timeout: Seconds for each try; those of the client's options if None.
        """
        limit = self.options.timeout if timeout is None else request_timeout(timeout)
        request = self.prepare(operation, job_id)
        retries = 0
        while True:
            self.check_open()
            try:
                if self.options.limiter is not None:
                    yield from self._take_turn(limit)
                response = yield from self._send(request, limit)
                return RawResponse(*response, self.reader.read(operation, response)[1])
            except APIError as error:
                delay = self._retry_delay(error, job_id, retries)
            yield Sleep(delay)
            retries += 1

    def job(
        self, operation: JobOperation[IdT, Any, JobT, Any], job_id: IdT, timeout: float | None
    ) -> Flow[JobT]:
        """The typed job; as `call`."""
        return operation.job_of((yield from self.call(operation, job_id, timeout)).parsed)

    def body(self, operation: Operation[IdT, BodyT], id: IdT, timeout: float | None) -> Flow[BodyT]:
        """The typed body; as `call`."""
        return (yield from self.call(operation, id, timeout)).parsed

    def result(
        self,
        status: JobOperation[IdT, Any, Any, Any],
        operation: Operation[Any, BodyT],
        job_id: IdT,
        timeout: float | None,
    ) -> Flow[BodyT]:
        """The result of a job, whose id may stand in the body that tells its status."""
        body = None
        if needs_body(operation):
            body = yield from self.body(status, job_id, timeout)
        return (yield from self.body(operation, result_id(operation, job_id, body), timeout))

    def call_once(self, operation: Operation[IdT, Any], job_id: IdT, limit: float) -> Flow[None]:
        """Send a request within so many seconds in all, and only once."""
        deadline = self.clock() + limit
        yield from self._take_turn(limit, limit)
        left = deadline - self.clock()
        response = yield from self._send(self.prepare(operation, job_id), left)
        self.reader.read(operation, response)

    def _take_turn(self, limit: float, longest: float = MAX_RETRY_AFTER) -> Flow[None]:
        """Wait until the limiter allows a request, which a caller who waits for it can bear.

        Args:
            limit: Seconds for an answer of the limiter.
            longest: Seconds until it allows one.

        Raises:
            APIError: It allows none in time, or does not answer.
        """
        waited = 0.0
        while (delay := (yield from self._ask_limiter(limit))) > 0:
            waited += delay
            if waited >= longest:
                raise APITimeoutError(f"limiter= allowed no request within {longest:g} s")
            yield Sleep(delay)

    def _ask_limiter(self, limit: float) -> Flow[float]:
        """Seconds until a request may be sent; 0 if now.

        Raises:
            APIError: The limiter did not answer.
            ConfigurationError: Its answer is no number of seconds.
        """
        if self.options.limiter is None:
            return 0.0
        answer: Secret | APIError = yield Ask("limiter", self.options.limiter, limit, "delay")
        if isinstance(answer, APIError):
            raise answer
        delay: Any = answer.value
        if isinstance(delay, bool) or not isinstance(delay, (int, float)) or not delay < math.inf:
            raise ConfigurationError(
                f"limiter= returned {delay!r:.60}: it returns the seconds until a request may be "
                "sent, and 0 if it may be now"
            )
        return float(delay)

    def _send(self, request: Request, limit: float) -> Flow[Response]:
        if not request.functions:
            result: Response | APIError = yield SendRequest(request, limit)
        else:
            deadline = self.clock() + limit
            result = yield from self._send_with_new_keys(request, deadline)
            if isinstance(result, Response) and result.status_code == 401:
                # The key may have expired between the function's answer and the provider's.
                yield from self._take_turn(max(deadline - self.clock(), 0.0))
                result = yield from self._send_with_new_keys(request, deadline)
        if isinstance(result, APIError):
            raise result
        return result

    def _send_with_new_keys(self, request: Request, deadline: float) -> Flow[Response | APIError]:
        config, placed = self.options.config, Placed({}, {})
        for credential, function in request.functions:
            name = credential.parameter
            answer: Secret | APIError
            answer = yield Ask(name, function, max(deadline - self.clock(), 0.0), "key")
            if isinstance(answer, APIError):
                raise answer
            place(config, credential, answer.value, f"{name}=, from its function,", placed)
        secrets = _long(secrets_in(config, placed.headers | placed.query))
        for secret in secrets:
            self.reader.add_secret(secret)
        keyed = Request(
            request.method,
            request.url,
            [*request.headers, *_raw(placed.headers)],
            request.body,
            "&".join(filter(None, [request.query, urlencode(placed.query)])),
            max_body=request.max_body,
            secrets=request.secrets | secrets,
        )
        result: Response | APIError
        result = yield SendRequest(keyed, max(deadline - self.clock(), 0.0))
        return result

    def _retry_delay(self, error: APIError, job_id: Any, retries: int) -> float:
        """Seconds before the next try.

        Raises:
            APIError: `error`, where a retry is of no use.
        """
        error.provider, error.job_id = self.options.config.provider, job_id
        hint = error.retry_after if isinstance(error, APIStatusError) else None
        retryable = is_transient(error) and not isinstance(error, ResponseDecodeError)
        if not retryable or retries >= self.options.max_retries or (hint or 0.0) > MAX_RETRY_AFTER:
            raise error
        backoff = min(RETRY_BACKOFF * 2.0**retries, MAX_RETRY_BACKOFF) * (1 + self._random()) / 2
        return max(backoff, hint or 0.0)


def _long(secrets: frozenset[str]) -> frozenset[str]:
    return frozenset(secret for secret in secrets if len(secret) >= MIN_SECRET)


def _raw(headers: dict[str, str]) -> RawHeaders:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]


class Calls(SharedCalls):
    """The requests of a blocking client."""

    def __init__(self, options: Options, transport: BlockingTransport, runtime: Runtime) -> None:
        super().__init__(options, runtime)
        self.runtime: Final = runtime
        self.transport: Final = transport

    def for_loop(self, send: AsyncSend) -> AsyncCalls:
        """The same in an event loop."""
        clock, _, random, time = self.runtime
        return AsyncCalls(self.options, send, AsyncRuntime(clock, random=random, time=time))

    def run(self, flow: Flow[T]) -> T:
        """Do what a flow says."""
        return drive(flow, self.transport, self.runtime.sleep)


class AsyncCalls(SharedCalls):
    """The requests of an asynchronous client."""

    def __init__(self, options: Options, send: AsyncSend, runtime: AsyncRuntime) -> None:
        super().__init__(options, runtime)
        self.runtime: Final = runtime
        self.transport: Final = send

    def run(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        """Do what a flow says."""
        return adrive(flow, self.transport, self.runtime.sleep)
