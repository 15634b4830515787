"""From a response to the typed value in it, or to the error that it is."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from ._errors import STATUS_ERRORS, APIStatusError, ResponseDecodeError, ServerError
from ._messages import Headers, Response
from ._models import Mismatch, decoder, is_array, is_object
from ._operation import BodyT, ClientConfig, JobOperation, JobT, Operation, value_at
from ._waiter import Sighting

MIN_SECRET: Final = 6
"""Characters; what is shorter is no secret, and is part of ordinary words."""


MAX_PAUSE: Final = 3600.0
"""Seconds that a server may ask for: longer ones are mistakes, or would be asked for again."""
_NUMBER: Final = re.compile(r"\s*(\d{1,300}(?:\.\d*)?|\.\d+)\s*(?:,|$)", re.ASCII)


class Reader:
    """Reads the responses of one provider; what it says of them never shows a key.

    Args:
        secrets: The keys that requests carry: some servers answer with what they got.
    """

    def __init__(self, config: ClientConfig, secrets: frozenset[str]) -> None:
        self._config: Final = config
        self._secrets = frozenset(word for word in secrets if len(word) >= MIN_SECRET)

    def add_secrets(self, secrets: set[str]) -> None:
        """Hide further keys."""
        self._secrets |= frozenset(word for word in secrets if len(word) >= MIN_SECRET)

    def read(self, operation: Operation[Any, BodyT], response: Response) -> tuple[Any, BodyT]:
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
        try:
            data, body = self.read(operation, response)
        except ResponseDecodeError as error:
            if error.pointer is None or operation.absent not in ("pending", "running"):
                raise
            data = json.loads(response.body)
            if value_at(operation.status, data) is not None:
                raise
            # There is no job yet, where one may be missing.
            nothing: Any = None
            return Sighting(
                nothing, "", operation.absent, retry_after=retry_after(response.headers)
            )
        word, state = operation.state_of(response.status_code, data)
        progress = _fraction(value_at(operation.progress, data), operation.progress_max)
        hint = retry_after(response.headers)
        job = operation.job_of(body)
        if state not in ("failed", "cancelled"):
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

    def _decode(self, operation: Operation[Any, BodyT], response: Response) -> tuple[Any, BodyT]:
        if operation.response_type is bytes:
            content: Any = response.body
            return content, content
        what = f"{self._config.title} answered {operation.operation_id}"
        try:
            empty = not response.body and operation.may_be_empty(response.status_code)
            data: Any = None if empty else json.loads(response.body)
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
                "check base_url, or look for a newer version of this package",
                pointer=mismatch.pointer,
                expected=mismatch.expected,
                body=self._redacted(response.body.decode("latin-1")).encode("latin-1"),
            ) from None
        return data, typed

    def _status_error(self, operation: Operation[Any, Any], response: Response) -> APIStatusError:
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
        message = f"{self._config.title} answered {operation.operation_id} with {phrase}"
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
                for credential in self._config.credentials
                if credential.environment_variable
            ]
            return f"check the key ({' or '.join(['api_key', *variables])})"
        if status in _ADVICE:
            return _ADVICE[status]
        if 300 <= status < 400:
            return "redirects are not followed, so that no key goes astray: check base_url"
        return "try later" if status >= 500 else "see the provider's documentation"

    def _redacted(self, value: Any) -> Any:
        """`value`, decoded JSON or text, without a key."""
        if isinstance(value, str):
            for secret in self._secrets:
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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait, an hour at most.

    None where it does not ask, or what it asks for makes no sense.
    """
    # A header that was sent twice is joined by a comma, which a date has too.
    milliseconds = _NUMBER.match(headers.get("retry-after-ms", ""))
    if milliseconds:
        return min(float(milliseconds[1]) / 1000, MAX_PAUSE)
    text = headers.get("retry-after", "")
    number = _NUMBER.match(text)
    if number:
        return min(float(number[1]), MAX_PAUSE)
    until = _timestamp(text)
    if until is None:
        return None
    # The server's own clock, where it tells it, so that ours may be wrong.
    now = _timestamp(headers.get("date", ""))
    return min(max(0.0, until - (time.time() if now is None else now)), MAX_PAUSE)


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
    404: "check the job id, that the job is the key's own and not too old, and base_url",
    408: "try later",
    429: "poll less often, or from fewer places",
}


def _fraction(value: Any, maximum: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return float(min(max(value, 0), maximum)) / maximum


def _text(value: Any) -> str | None:
    # A provider may give an object where its documentation leaves the shape open.
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
