"""From a response to the typed value in it, or to the error that it is."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple

from ._decode import Mismatch, decode
from ._errors import STATUS_ERRORS, APIStatusError, ResponseDecodeError, ServerError
from ._messages import Headers, Response
from ._operation import BodyT, ClientConfig, JobOperation, JobT, Operation, State
from ._pointer import is_object, value_at
from ._text import MAX_WORD, is_first, json_text, printable, printable_lines
from ._unset import UNSET

if TYPE_CHECKING:
    from ._redaction import Redactor

MAX_KEPT_TEXT: Final = 4_096
"""Characters of a body in an error: in an outage, each of many waits keeps its last error."""
MAX_KEPT_JSON: Final = 65_536
"""Bytes of a body in an error that nothing is sent again for: that many are kept as JSON."""
MAX_PAUSE: Final = 3600.0
"""Seconds that a server may ask for: longer ones are mistakes, or would be asked for again."""
MAX_REASON: Final = 10_000
"""Characters of the code or the message of a failed job."""


class Sighting(NamedTuple, Generic[JobT]):
    """What one good poll saw."""

    job: JobT
    word: str
    """The status as the provider spells it."""
    state: State | None
    """What the word means; None for one that the document does not know."""
    progress: float | None = None
    """0.0 to 1.0."""
    code: str | None = None
    message: str | None = None
    retryable: bool | None = None
    retry_after: float | None = None
    """Seconds that the provider asks to wait."""

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended."""
        return self.state in ("succeeded", "failed", "cancelled")


class Reader:
    """Reads the responses of one provider; what it says of them never shows a key.

    What a wait depends on is read from the JSON; the typed job is read as far as it fits.

    Args:
        secrets: The keys that requests carry: some servers answer with what they got.
        strict: Whether a body that the document does not allow is an error.
        warned: What the log has a warning about; clients may share it.
    """

    def __init__(
        self,
        config: ClientConfig,
        secrets: frozenset[str],
        *,
        strict: bool = False,
        warned: dict[str, object] | None = None,
    ) -> None:
        self._config: Final = config
        self._secrets: Final = secrets
        self._strict: Final = strict
        self._warned: Final[dict[str, object]] = {} if warned is None else warned

    def add_secret(self, secret: str) -> None:
        """Redact another key too from now on."""
        self._redactor.add(secret)

    def read(self, operation: Operation[Any, BodyT], response: Response) -> tuple[Any, BodyT]:
        """The decoded JSON of a response, and the typed body.

        Raises:
            APIStatusError: The status is not 2xx.
            ResponseDecodeError: The body is not JSON, or has no status where there must be one; if
                strict, it is not what the document says.
        """
        data, body, mismatches = self._decode(operation, response)
        if mismatches:
            lacking = _lacking_status(operation, response.status_code, data, mismatches)
            if lacking is not None:
                raise self._mismatch_error(operation, response, data, lacking)
            self._report(operation, response, data, mismatches)
        return data, body

    def sighting(
        self, operation: JobOperation[Any, Any, JobT, Any], response: Response
    ) -> Sighting[JobT]:
        """What a response says of its job.

        Raises:
            APIError: As `read`, but for a job that may be absent, and for what a status code says.
        """
        nothing: Any = None
        is_decided = operation.is_decided_by(response.status_code)
        if is_decided and not 200 <= response.status_code < 300:
            # The body may tell why, but is no job.
            data, body, mismatches = _json_or_none(response), nothing, list[Mismatch]()
        else:
            data, body, mismatches = self._decode(operation, response)
        word, state = operation.state_of(response.status_code, data)
        hint = retry_after(response.headers)
        if mismatches and not (is_decided and data is None):
            lacking = _lacking_status(operation, response.status_code, data, mismatches)
            if lacking is not None and operation.may_be_absent:
                return Sighting(nothing, word, state, retry_after=hint)
            if lacking is not None:
                raise self._mismatch_error(operation, response, data, lacking)
            self._report(operation, response, data, mismatches)
        job = operation.job_of(body)
        missing: Any = job
        if missing is UNSET:
            job = nothing
        progress = _fraction(value_at(operation.progress, data), operation.progress_max)
        if word not in operation.states:  # a status code may tell the state, whatever the word
            word = self._redactor.beginning(word, MAX_WORD)
        if state not in ("failed", "cancelled"):
            return Sighting(job, word, state, progress, retry_after=hint)
        code, message = _reason(operation, data)
        retryable = value_at(operation.failure_retryable, data)
        return Sighting(
            job,
            word,
            state,
            progress,
            code=self._words(code),
            message=self._words(message),
            retryable=retryable if isinstance(retryable, bool) else None,
        )

    @cached_property
    def _redactor(self) -> Redactor:
        # Most clients never meet an error.
        from ._redaction import Redactor

        return Redactor(self._secrets)

    def _decode(
        self, operation: Operation[Any, BodyT], response: Response
    ) -> tuple[Any, BodyT, list[Mismatch]]:
        if not 200 <= response.status_code < 300:
            raise self._status_error(operation, response)
        if operation.response_type is bytes:
            content: Any = response.body
            return content, content, []
        data: Any = None
        if response.body or not operation.may_be_empty(response.status_code):
            fault = None
            try:
                data = _parsed(response)
            except ValueError:
                fault = "that is not JSON"
            except RecursionError:
                fault = "that is nested too deeply"
            # Not where it is handled: its context would be an error that has the whole body.
            if fault is not None and not operation.is_decided_by(response.status_code):
                raise self._no_json(operation, response, fault)
        body, mismatches = decode(operation.decoder, data)
        return data, body, mismatches

    def _no_json(
        self, operation: Operation[Any, Any], response: Response, fault: str
    ) -> ResponseDecodeError:
        return ResponseDecodeError(
            f"{self._answered(operation)} with {response.status_code} and a body {fault}: "
            f"{self._excerpt(response)}; check base_url, and any proxy before it",
            pointer=None,
            expected="JSON",
            body=self._kept(response, MAX_KEPT_TEXT).encode("utf-8", "replace"),
        )

    def _report(
        self,
        operation: Operation[Any, Any],
        response: Response,
        data: Any,
        mismatches: list[Mismatch],
    ) -> None:
        """Log what does not fit, once for each place; raise it if strict."""
        if self._strict:
            raise self._mismatch_error(operation, response, data, mismatches[0])
        for mismatch in mismatches:
            pointer = mismatch.general_pointer
            if not is_first(self._warned, pointer):
                continue
            import logging

            logging.getLogger("jobwait").warning(
                "%s: %s; it is kept as it came, and jobwait.deviations(job) lists it",
                self._config.provider,
                self._not_allowed(operation, data, mismatch, pointer),
            )

    def _mismatch_error(
        self, operation: Operation[Any, Any], response: Response, data: Any, mismatch: Mismatch
    ) -> ResponseDecodeError:
        return ResponseDecodeError(
            f"{self._not_allowed(operation, data, mismatch, mismatch.pointer)}; "
            "check base_url, or look for a newer version of this package",
            pointer=self._redactor.text(mismatch.pointer),
            expected=mismatch.expected,
            body=self._kept(response, MAX_KEPT_JSON).encode("utf-8", "replace"),
        )

    def _not_allowed(
        self, operation: Operation[Any, Any], data: Any, mismatch: Mismatch, pointer: str
    ) -> str:
        found = mismatch.found
        value = value_at(mismatch.parts, data)
        if isinstance(value, str):
            # Redacted before it is cut, so that no part of a key is left.
            found = repr(printable(self._redactor.beginning(value, MAX_KEPT_TEXT), 40))
        return (
            f"{self._answered(operation)} with a body that its document does not allow: at "
            f"{printable(self._redactor.text(pointer)) or '/'} expected "
            f"{printable(mismatch.expected)}, got {found}"
        )

    def _answered(self, operation: Operation[Any, Any]) -> str:
        return f"{self._config.title} answered {operation.operation_id}"

    def _status_error(self, operation: Operation[Any, Any], response: Response) -> APIStatusError:
        from http import HTTPStatus

        status = response.status_code
        remembered = status in (408, 429) or status >= 500
        try:
            if len(response.body) > (MAX_KEPT_TEXT if remembered else MAX_KEPT_JSON):
                raise ValueError
            body: Any = self._redactor.json(_parsed(response))
        except (ValueError, RecursionError):
            body = self._kept(response, MAX_KEPT_TEXT)
        headers = Headers(
            [
                (name.encode(), self._redactor.text(value).encode("latin-1"))
                for name, value in response.headers.items()
            ]
        )
        try:
            phrase = f"{status} {HTTPStatus(status).phrase}"
        except ValueError:
            phrase = str(status)
        message = f"{self._answered(operation)} with {phrase}"
        if 300 <= status < 400 and (location := headers.get("location")):
            message += f", to {printable(location)}"
        if response.body.strip():
            message += f": {self._excerpt(response)}"
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

    def _words(self, reason: str | None) -> str | None:
        """A provider's own words, fit to be shown."""
        if reason is None:
            return None
        return printable_lines(self._redactor.beginning(reason, MAX_REASON), MAX_REASON + 1)

    def _kept(self, response: Response, limit: int) -> str:
        """The beginning of a body."""
        # No character takes more than four bytes.
        text = response.body[: 8 * limit].decode(_encoding(response), "replace")
        return self._redactor.beginning(text, limit)

    def _excerpt(self, response: Response) -> str:
        return printable(self._kept(response, MAX_KEPT_TEXT))


def _lacking_status(
    operation: Operation[Any, Any], code: int, data: Any, mismatches: list[Mismatch]
) -> Mismatch | None:
    """Why there is no status where there must be one, or None."""
    if (
        not isinstance(operation, JobOperation)
        or operation.status is None
        or code in operation.responses
        or value_at(operation.status, data) is not None
    ):
        return None
    # The document requires it if it, or something around it, does not fit.
    status = operation.status
    return next((one for one in mismatches if status[: len(one.path)] == one.parts), None)


def _reason(
    operation: JobOperation[Any, Any, Any, Any], data: Any
) -> tuple[str | None, str | None]:
    """The code and the message of a job that did not succeed."""
    code = value_at(operation.failure_code, data)
    message = value_at(operation.failure_message, data)
    for pointer in (operation.failure_message, operation.failure_code):
        if message is None and pointer is not None:
            message = _in_place_of(pointer, data, operation.status, has_code=code is not None)
    return _text(code), _text(message)


def _in_place_of(
    pointer: tuple[str, ...], data: Any, status: tuple[str, ...] | None, *, has_code: bool
) -> Any:
    """What stands where a reason is looked for, and has another shape: a string for an object."""
    for length in range(len(pointer) - 1, 0, -1):
        value = value_at(pointer[:length], data)
        if value is None:
            continue
        if is_object(value):
            # One around the status is the job, and no reason.
            is_job = status is None or status[:length] == pointer[:length]
            return None if is_job or has_code or not any(value.values()) else value
        return None if isinstance(value, bool) or not value else value
    return None


def _parsed(response: Response) -> Any:
    """The body as decoded JSON.

    Raises:
        ValueError: The body is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return json.loads(response.body.decode())
    except ValueError:
        pass  # most bodies need no more care
    try:
        return json.loads(response.body)  # in UTF-8, -16 or -32, with or without a BOM
    except UnicodeDecodeError:
        return json.loads(response.body.decode(_encoding(response)))
    except json.JSONDecodeError:
        raise
    except ValueError:
        # An integer of more digits than Python reads, which need not be the status.
        return json.loads(response.body, parse_int=_integer)


def _json_or_none(response: Response) -> Any:
    try:
        return _parsed(response)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _encoding(response: Response) -> str:
    """The encoding of a body, if it is none of those that JSON is written in."""
    import codecs

    if response.body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    content_type = response.headers.get("content-type", "")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    try:
        name = codecs.lookup(charset[1]).name if charset else ""
    except LookupError:
        name = ""
    # Not Python's other codecs, some of which take very long.
    return name if re.match("ascii|big5|cp|euc|gb|iso|koi8|shift|utf-(16|32)", name) else "utf-8"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait, an hour at most.

    None where it does not ask, or what it asks for makes no sense.
    """
    # A header that was sent twice is joined by a comma, which a date has too.
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return min(milliseconds / 1000, MAX_PAUSE)
    text = headers.get("retry-after", "")
    number = _number(text)
    if number is not None:
        return min(number, MAX_PAUSE)
    until = _timestamp(text) if text else None
    if until is None:
        return None
    # The server's own clock, where it tells it, so that ours may be wrong.
    now = _timestamp(headers.get("date", ""))
    return min(max(0.0, until - (time.time() if now is None else now)), MAX_PAUSE)


def _number(text: str) -> float | None:
    number = text.partition(",")[0].strip()
    is_one = number.isascii() and number.replace(".", "", 1).isdigit() and len(number) <= 300
    return float(number) if is_one else None


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
    407: "check HTTP_PROXY, the proxy's user and password in it included",
    408: "try later",
    429: "poll less often, or from fewer places",
}


def _fraction(value: Any, maximum: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return float(min(max(value, 0), maximum)) / maximum


def _text(value: Any) -> str | None:
    # A provider may give an object where its documentation leaves the shape open.
    return value if value is None or isinstance(value, str) else json_text(value)
