"""The clients and resources that generated packages derive theirs from."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Self
from urllib.parse import quote, urlsplit

from ._errors import (
    STATUS_ERRORS,
    APIError,
    APIStatusError,
    ClientClosedError,
    ConfigurationError,
    InvalidArgumentError,
    ResponseDecodeError,
    ServerError,
)
from ._machine import LONGEST, Sighting, is_transient, seconds
from ._models import UNSET, Mismatch, Unset, decoder, is_array, is_object
from ._operation import (
    BodyT,
    ClientConfig,
    DoneT,
    IdT,
    JobOperation,
    JobT,
    value_at,
)
from ._transport import (
    AsyncSend,
    Headers,
    RawHeaders,
    Request,
    Response,
    Send,
    async_transport,
    sync_transport,
)
from ._version import __version__

if TYPE_CHECKING:
    from ._transport import AsyncHTTPClient, HTTPClient

RETRY_BACKOFF: Final = 0.5
"""Seconds before the first retry of a request; doubled for each further one."""
MAX_RETRY_BACKOFF: Final = 8.0
"""Seconds, however many the retries."""
MAX_RETRY_AFTER: Final = 60.0
"""Seconds; a request outside a wait is not held back longer than this, but fails."""
MIN_SECRET: Final = 6
"""Characters."""


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


class AsyncRuntime(NamedTuple):
    """The same for an asynchronous client."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = _sleep
    random: Callable[[], float] = _random


SYSTEM: Final = Runtime()
ASYNC_SYSTEM: Final = AsyncRuntime()


class RawResponse(NamedTuple, Generic[BodyT]):
    """A 2xx response with its typed body, the envelope included."""

    status_code: int
    headers: Headers
    body: bytes
    parsed: BodyT


class _Client:
    """What both clients share: configuration, and the way from a response to a value."""

    base_url: str = ""
    """The URL before the operations' paths, without a slash at its end."""

    def __init__(
        self,
        config: ClientConfig,
        credentials: Mapping[str, str | None],
        *,
        base_url: str | None,
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
    ) -> None:
        self.config: Final = config
        self.base_url = _base_url(config, base_url)
        self.timeout: float = _timeout(timeout)
        """Seconds that one request may take in all."""
        self.max_retries: int = _max_retries(max_retries)
        self._headers: dict[str, str] = {
            "Host": urlsplit(self.base_url).netloc,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"{config.user_agent} jobwait/{__version__}",
        }
        self._secrets: frozenset[str] = frozenset()
        self._add_headers(_credential(config, credentials))
        self._add_headers(headers)
        self._closed = False
        self._parent: Self | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.config.title} at {self.base_url}>"

    def with_options(
        self,
        *,
        timeout: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client with other options over the same connections; this one does not change.

        Args:
            timeout: Seconds that one request may take in all.
            max_retries: Of a request outside a wait.
            headers: Added to those of this client, or in their place.
        """
        from copy import copy

        client = copy(self)
        client._parent = self
        client._headers = dict(self._headers)
        client._add_headers(headers)
        if timeout is not UNSET:
            client.timeout = _timeout(timeout)
        if max_retries is not UNSET:
            client.max_retries = _max_retries(max_retries)
        return client

    @property
    def is_closed(self) -> bool:
        """Whether this client, or the one whose connections it shares, was closed."""
        return self._closed or (self._parent is not None and self._parent.is_closed)

    def prepare(self, operation: JobOperation[IdT, Any, Any, Any], job_id: IdT) -> Request:
        """The request for one job's status, to be sent once or many times.

        Raises:
            InvalidArgumentError: The id is not one.
        """
        segment = quote(_id_text(operation, job_id), safe="")
        path = re.sub(r"\{[^}]*\}", lambda _: segment, operation.path)
        raw: RawHeaders = [
            (name.encode("ascii"), value.encode("ascii")) for name, value in self._headers.items()
        ]
        return Request(operation.method, self.base_url + path, raw)

    def read(
        self, operation: JobOperation[Any, BodyT, Any, Any], response: Response
    ) -> tuple[Any, BodyT]:
        """The decoded JSON of a response, and the typed body.

        Raises:
            APIStatusError: The status is not 2xx.
            ResponseDecodeError: The body is not what the document promises.
        """
        if not 200 <= response.status_code < 300:
            raise self._status_error(operation, response)
        return self._decode(operation, response)

    def sighting(
        self, operation: JobOperation[Any, Any, JobT, Any], response: Response
    ) -> Sighting[JobT]:
        """What a response says of its job.

        Raises:
            APIError: As `read`.
        """
        data, body = self.read(operation, response)
        word = str(value_at(operation.status, data))
        state = operation.states.get(word)
        progress = _fraction(value_at(operation.progress, data), operation.progress_max)
        hint = retry_after(response.headers)
        job = operation.job_of(body)
        if state != "failed":
            return Sighting(job, word, state, progress, retry_after=hint)
        retryable = value_at(operation.failure_retryable, data)
        return Sighting(
            job,
            word,
            state,
            progress,
            code=_text(self._redacted(value_at(operation.failure_code, data))),
            message=_text(self._redacted(value_at(operation.failure_message, data))),
            retryable=retryable if isinstance(retryable, bool) else None,
        )

    def _decode(
        self, operation: JobOperation[Any, BodyT, Any, Any], response: Response
    ) -> tuple[Any, BodyT]:
        what = f"{self.config.title} answered {operation.operation_id}"
        try:
            data: Any = json.loads(response.body)
        except (ValueError, RecursionError):
            raise ResponseDecodeError(
                f"{what} with {response.status_code} and a body that is not JSON: "
                f"{self._excerpt(response.body)}; check base_url, and any proxy before it",
                pointer=None,
                expected="JSON",
                body=self._redacted(response.body.decode("latin-1")).encode("latin-1"),
            ) from None
        try:
            typed: BodyT = decoder(operation.response_type)(data)
        except Mismatch as mismatch:
            raise ResponseDecodeError(
                f"{what} with a body that its document does not allow: at "
                f"{mismatch.pointer or '/'} expected {mismatch.expected}, "
                f"got {self._redacted(mismatch.found)}; "
                "look for a newer version of this package; the error's `body` has all of it",
                pointer=mismatch.pointer,
                expected=mismatch.expected,
                body=self._redacted(response.body.decode("latin-1")).encode("latin-1"),
            ) from None
        return data, typed

    def _status_error(
        self, operation: JobOperation[Any, Any, Any, Any], response: Response
    ) -> APIStatusError:
        from http import HTTPStatus

        status = response.status_code
        try:
            body: Any = self._redacted(json.loads(response.body))
        except (ValueError, RecursionError):
            body = self._redacted(response.body.decode("utf-8", "replace"))
        headers = Headers(
            [
                (name.encode(), self._redacted(value).encode())
                for name, value in response.headers.items()
            ]
        )
        try:
            phrase = f"{status} {HTTPStatus(status).phrase}"
        except ValueError:
            phrase = str(status)
        message = f"{self.config.title} answered {operation.operation_id} with {phrase}"
        if response.body.strip():
            message += f": {self._excerpt(response.body)}"
        cls = STATUS_ERRORS.get(status, ServerError if status >= 500 else APIStatusError)
        return cls(
            f"{message}; {self._advice(status)}",
            status_code=status,
            body=body,
            headers=headers,
            request_id=headers.get("x-request-id") or headers.get("request-id"),
            retry_after=retry_after(headers),
        )

    def _advice(self, status: int) -> str:
        if status == 401:
            variables = [
                credential.environment_variable
                for credential in self.config.credentials
                if credential.environment_variable
            ]
            return f"check the key ({' or '.join(['api_key', *variables])})"
        if status in _ADVICE:
            return _ADVICE[status]
        if 300 <= status < 400:
            return "redirects are not followed, so that no key goes astray: check base_url"
        return "try later" if status >= 500 else "see the provider's documentation"

    def _redacted(self, value: Any) -> Any:
        """`value`, decoded JSON or text, without a key: some servers answer with what they got."""
        if isinstance(value, str):
            for secret in self._secrets:
                # A shorter one is no secret, and is part of ordinary words.
                if len(secret) >= MIN_SECRET:
                    value = value.replace(secret, "[redacted]")
            return value
        if is_array(value):
            return [self._redacted(item) for item in value]
        if is_object(value):
            return {self._redacted(key): self._redacted(item) for key, item in value.items()}
        return value

    def _excerpt(self, body: bytes) -> str:
        text = " ".join(self._redacted(body[:4096].decode("utf-8", "replace")).split())
        return text if len(text) <= 200 else f"{text[:200]}…"

    def _add_headers(self, headers: Mapping[Any, Any] | None) -> None:
        for name, value in (headers or {}).items():
            if not isinstance(name, str) or not _TOKEN.fullmatch(name):
                raise ConfigurationError(f"{name!r} is not the name of a header")
            if name.lower() in ("content-length", "transfer-encoding"):
                raise ConfigurationError(f"{name} is for the transport to set")
            if not _sendable(value):
                raise ConfigurationError(
                    f"the value for the header {name} has characters that no header can carry"
                )
            for known in [known for known in self._headers if known.lower() == name.lower()]:
                del self._headers[known]
            self._headers[name] = value
            for credential in self.config.credentials:
                if credential.header.lower() == name.lower():
                    self._secrets |= {value.removeprefix(credential.prefix)}

    def _check_open(self) -> None:
        if self.is_closed:
            raise ClientClosedError(f"{self!r} is closed: make another, or close it later")

    def _retry_delay(self, error: APIError, retries: int, draw: float) -> float:
        """Seconds before the next try of a request outside a wait.

        Raises:
            APIError: `error`, where a retry is of no use.
        """
        hint = error.retry_after if isinstance(error, APIStatusError) else None
        retryable = is_transient(error) and not isinstance(error, ResponseDecodeError)
        if not retryable or retries >= self.max_retries or (hint or 0.0) > MAX_RETRY_AFTER:
            raise error
        backoff = min(RETRY_BACKOFF * 2.0**retries, MAX_RETRY_BACKOFF) * (1 + draw) / 2
        return max(backoff, hint or 0.0)


class BaseClient(_Client):
    """The blocking client; threads may share one."""

    def __init__(
        self,
        config: ClientConfig,
        credentials: Mapping[str, str | None],
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http_client: HTTPClient | None = None,
        runtime: Runtime = SYSTEM,
    ) -> None:
        super().__init__(
            config,
            credentials,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
        )
        self.runtime: Final = runtime
        self._transport = sync_transport(self.base_url, http_client)

    def close(self) -> None:
        """Close the connections, unless they are another client's; further calls raise.

        A client passed as `http_client`, or whose `with_options` made this one, stays open.
        """
        self._closed = True
        if self._parent is None:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, request: Request, limit: float) -> Response:
        """Send a prepared request once."""
        self._check_open()
        send: Send = self._transport
        return send(request, limit)

    def poll(
        self, operation: JobOperation[Any, Any, JobT, Any], request: Request, limit: float
    ) -> Sighting[JobT] | APIError:
        """One poll of a wait: what it saw, or why it saw nothing."""
        try:
            return self.sighting(operation, self.send(request, limit))
        except APIError as error:
            return error

    def call(
        self, operation: JobOperation[IdT, BodyT, Any, Any], job_id: IdT, timeout: float | None
    ) -> RawResponse[BodyT]:
        """Send a request, and again where that may help."""
        limit = self.timeout if timeout is None else _timeout(timeout)
        request = self.prepare(operation, job_id)
        retries = 0
        while True:
            try:
                response = self.send(request, limit)
                return RawResponse(*response, self.read(operation, response)[1])
            except APIError as error:
                error.provider, error.job_id = self.config.provider, job_id
                delay = self._retry_delay(error, retries, self.runtime.random())
            self.runtime.sleep(delay)
            retries += 1


class AsyncBaseClient(_Client):
    """The asynchronous client, for asyncio."""

    def __init__(
        self,
        config: ClientConfig,
        credentials: Mapping[str, str | None],
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http_client: AsyncHTTPClient | None = None,
        runtime: AsyncRuntime = ASYNC_SYSTEM,
    ) -> None:
        super().__init__(
            config,
            credentials,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
        )
        self.runtime: Final = runtime
        self._transport = async_transport(self.base_url, http_client)

    async def aclose(self) -> None:
        """Close the connections, unless they are another client's; as `BaseClient.close`."""
        self._closed = True
        if self._parent is None:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def send(self, request: Request, limit: float) -> Response:
        """Send a prepared request once."""
        self._check_open()
        send: AsyncSend = self._transport
        return await send(request, limit)

    async def poll(
        self, operation: JobOperation[Any, Any, JobT, Any], request: Request, limit: float
    ) -> Sighting[JobT] | APIError:
        """One poll of a wait: what it saw, or why it saw nothing."""
        try:
            return self.sighting(operation, await self.send(request, limit))
        except APIError as error:
            return error

    async def call(
        self, operation: JobOperation[IdT, BodyT, Any, Any], job_id: IdT, timeout: float | None
    ) -> RawResponse[BodyT]:
        """Send a request, and again where that may help."""
        limit = self.timeout if timeout is None else _timeout(timeout)
        request = self.prepare(operation, job_id)
        retries = 0
        while True:
            try:
                response = await self.send(request, limit)
                return RawResponse(*response, self.read(operation, response)[1])
            except APIError as error:
                error.provider, error.job_id = self.config.provider, job_id
                delay = self._retry_delay(error, retries, self.runtime.random())
            await self.runtime.sleep(delay)
            retries += 1


class _Resource(Generic[IdT, JobT, DoneT]):
    operation: JobOperation[IdT, Any, JobT, DoneT]
    """What `wait_for_completion` waits on."""


class Resource(_Resource[IdT, JobT, DoneT]):
    """The operations of one tag, blocking."""

    def __init__(self, client: BaseClient) -> None:
        self.client: Final = client

    def _get_job(
        self,
        operation: JobOperation[IdT, Any, JobT, Any],
        job_id: IdT,
        timeout: float | None,
    ) -> JobT:
        return operation.job_of(self.client.call(operation, job_id, timeout).parsed)


class AsyncResource(_Resource[IdT, JobT, DoneT]):
    """The operations of one tag, for asyncio."""

    def __init__(self, client: AsyncBaseClient) -> None:
        self.client: Final = client

    async def _get_job(
        self,
        operation: JobOperation[IdT, Any, JobT, Any],
        job_id: IdT,
        timeout: float | None,
    ) -> JobT:
        return operation.job_of((await self.client.call(operation, job_id, timeout)).parsed)


class RawResource:
    """The same operations, blocking, each with the whole response."""

    def __init__(self, client: BaseClient) -> None:
        self.client: Final = client

    def _get_raw(
        self,
        operation: JobOperation[IdT, BodyT, Any, Any],
        job_id: IdT,
        timeout: float | None,
    ) -> RawResponse[BodyT]:
        return self.client.call(operation, job_id, timeout)


class AsyncRawResource:
    """The same operations, for asyncio, each with the whole response."""

    def __init__(self, client: AsyncBaseClient) -> None:
        self.client: Final = client

    async def _get_raw(
        self,
        operation: JobOperation[IdT, BodyT, Any, Any],
        job_id: IdT,
        timeout: float | None,
    ) -> RawResponse[BodyT]:
        return await self.client.call(operation, job_id, timeout)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait; None where it does not ask, or cannot be understood."""
    text = headers.get("retry-after", "").strip()
    # A header that was sent twice is joined by a comma, which a date has too.
    number = re.match(r"\d+(\.\d+)?(?=\s*(,|$))", text)
    if number:
        return min(float(number[0]), LONGEST)
    until = _timestamp(text)
    if until is None:
        return None
    # The server's own clock, where it tells it, so that ours may be wrong.
    now = _timestamp(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _timestamp(date: str) -> float | None:
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        # HTTP dates are in UTC even where their form has no room to say so.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


_ADVICE: Final = {
    400: "check the job id",
    403: "this key may not see this job",
    404: "check the job id, and that the job is the key's own and not too old",
    408: "try later",
    429: "poll less often, or from fewer places",
}

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _sendable(value: object) -> bool:
    # Visible ASCII with single spaces inside: RFC 9110, section 5.5, less its obsolete parts.
    return isinstance(value, str) and re.fullmatch(r"[!-~]+([ \t]+[!-~]+)*", value) is not None


def _fraction(value: Any, maximum: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return float(min(max(value, 0), maximum)) / maximum


def _text(value: Any) -> str | None:
    # A provider may give an object where its documentation leaves the shape open.
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _timeout(value: float) -> float:
    if seconds("timeout", value) == 0:
        raise InvalidArgumentError("timeout is the time that a request may take, so more than 0")
    return float(value)


def _max_retries(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidArgumentError(f"max_retries is a whole number, 0 or more, not {value!r}")
    return value


def _base_url(config: ClientConfig, given: object) -> str:
    text = config.base_url if given is None else str(given)
    try:
        parts = urlsplit(text)
        # Written anew, a URL has its scheme in lower case, and no `?` or `#` without what follows.
        url = parts.geturl().rstrip("/?#")
        host = (parts.hostname or "").encode("idna")
        valid = (
            parts.scheme in ("http", "https")
            and bool(host)
            and parts.port != 0
            and not (parts.query or parts.fragment or "@" in parts.netloc)
            and re.fullmatch(r"[!-~]+", text) is not None
        )
    except ValueError:
        valid, url = False, ""
    if not valid:
        raise ConfigurationError(
            "base_url is like https://host, https://host:port or https://host/prefix, in ASCII, "
            "without a user, a query or a fragment"
        )
    return url


def _credential(config: ClientConfig, given: Mapping[str, Any]) -> dict[str, str]:
    """The header that carries the key; an error never shows it."""
    chosen = [
        (credential, key, credential.parameter)
        for credential in config.credentials
        if (key := given.get(credential.parameter)) is not None
    ]
    names = " or ".join(f"{credential.parameter}=" for credential in config.credentials)
    if len(chosen) > 1:
        raise ConfigurationError(f"give {names}, not both")
    variables = [
        (credential, variable)
        for credential in config.credentials
        if (variable := credential.environment_variable) is not None
    ]
    if not chosen:
        chosen = [
            (credential, key, variable)
            for credential, variable in variables
            if (key := os.environ.get(variable)) is not None
        ]
    where = f"pass {names} or set {' or '.join(variable for _, variable in variables)}"
    if not chosen:
        raise ConfigurationError(f"no key for {config.title}: {where}")
    credential, key, source = chosen[0]
    if not _sendable(key):
        empty = isinstance(key, str) and not key.strip()
        fault = "is empty" if empty else "has characters that no header can carry"
        raise ConfigurationError(
            f"the key for {config.title} in {source} {fault} (a line break at its end?): {where}"
        )
    return {credential.header: credential.prefix + key}


def _id_text(operation: JobOperation[IdT, Any, Any, Any], job_id: IdT) -> str:
    wanted: type[Any] = operation.id_type
    if not isinstance(job_id, wanted) or isinstance(job_id, bool):
        hint = (
            f": use UUID({job_id!r})"
            if wanted.__name__ == "UUID" and isinstance(job_id, str)
            else ""
        )
        raise _bad_id(
            operation, job_id, f"is a {wanted.__name__}, not a {type(job_id).__name__}{hint}"
        )
    try:
        # A string is its own text, also where it is the member of an enum.
        text = str.__str__(job_id) if isinstance(job_id, str) else str(job_id)
    except ValueError:
        raise _bad_id(operation, job_id, "is a number of fewer digits") from None
    if not text.strip():
        raise _bad_id(operation, job_id, "is not empty")
    if text in (".", "..") or "/" in text or "\\" in text or not text.isprintable():
        raise _bad_id(
            operation, job_id, f"has no slash, dots alone or control characters, as {text!r} has"
        )
    return text


def _bad_id(operation: JobOperation[Any, Any, Any, Any], job_id: Any, rule: str) -> Exception:
    error = InvalidArgumentError(f"an id for {operation.operation_id} {rule}; nothing was sent")
    error.provider = operation.provider
    return error
