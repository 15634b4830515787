"""Every error that a user of a client can meet.

JobwaitError
├── ConfigurationError (also ValueError)
├── InvalidArgumentError (also ValueError)
├── ClientClosedError
├── CheckpointError
├── APIError
│   ├── APIConnectionError
│   │   └── APITimeoutError (also TimeoutError)
│   ├── APIStatusError
│   │   ├── BadRequestError
│   │   ├── AuthenticationError
│   │   ├── PermissionDeniedError
│   │   ├── NotFoundError
│   │   ├── RateLimitError
│   │   └── ServerError
│   └── ResponseDecodeError
└── WaitError
    ├── JobFailedError
    ├── JobCancelledError
    └── WaitTimeoutError (also TimeoutError)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


class JobwaitError(Exception):
    """The base of every error raised by jobwait and by the packages built on it.

    All errors pickle. What is not known where an error arises is None (0 for counts).
    """

    provider: str | None = None
    """The provider's name, as in `docurift`."""
    job_id: str | int | UUID | None = None
    """The job asked for."""
    job: Any = None
    """The last typed job that the wait saw."""
    polls: int = 0
    """Status requests that the wait had sent."""
    elapsed: float = 0.0
    """Seconds since the wait began."""
    last_error: APIError | None = None
    """The last request of the wait that gave no answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __str__(self) -> str:
        context = [] if self.provider is None else [self.provider]
        if self.job_id is not None:
            context.append(f"job {str(self.job_id)!r}")
        if self.polls:
            noun = "poll" if self.polls == 1 else "polls"
            context.append(f"{self.polls} {noun} in {self.elapsed:.1f} s")
        message: str = self.args[0]
        return f"{message} [{', '.join(context)}]" if context else message

    def __reduce__(self) -> tuple[Any, ...]:
        return restore_error, (type(self), self.args, self.__dict__)


def restore_error(
    cls: type[JobwaitError], args: tuple[str, ...], attributes: dict[str, Any]
) -> JobwaitError:
    """The error of a class with these arguments and attributes, as it was before it was stored."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class ConfigurationError(JobwaitError, ValueError):
    """The client cannot be made, or cannot send: no key, or one that no header can carry."""


class InvalidArgumentError(JobwaitError, ValueError):
    """An argument can never work, such as an id that is not one; nothing was sent."""


class ClientClosedError(JobwaitError):
    """The client was closed before the call."""


class CheckpointError(JobwaitError):
    """A file of waits cannot be opened, read or written; what was written before is kept."""


class APIError(JobwaitError):
    """A request did not give an answer."""


class APIConnectionError(APIError):
    """The provider could not be reached, or the connection broke before the answer was whole."""

    is_permanent: bool = False
    """Whether the same request cannot get an answer later either: a certificate that does not
    verify, a proxy that refuses."""
    has_begun: bool = False
    """Whether the provider's host had begun to answer."""


class APITimeoutError(APIConnectionError, TimeoutError):
    """The answer was not complete within the time that the request had in all."""


class APIStatusError(APIError):
    """The provider answered with a status other than 2xx."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int = 0,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code: Final = status_code
        self.body: Final[Any] = body
        """The decoded JSON, without keys; of a text, or a long body, the first 4,096 characters."""
        self.headers: Final[Mapping[str, str]] = {} if headers is None else headers
        """Of the response; names are case-insensitive."""
        self.request_id: Final = request_id
        self.retry_after: Final = retry_after
        """Seconds that the provider asks to wait; None where it does not say."""


class BadRequestError(APIStatusError):
    """400: the provider cannot read the request."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, unknown or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such job, or it belongs to somebody else."""


class RateLimitError(APIStatusError):
    """429: too many requests."""


class ServerError(APIStatusError):
    """500 and above: the provider, or a proxy before it, failed."""


class ResponseDecodeError(APIError):
    """The provider answered 2xx with a body that is not JSON, or without the status of the job.

    To a client that is `strict`: with one that is not as the document says.
    """

    def __init__(
        self, message: str, *, pointer: str | None = None, expected: str = "", body: bytes = b""
    ) -> None:
        super().__init__(message)
        self.pointer: Final = pointer
        """JSON Pointer to what does not fit; None where the body is not JSON at all."""
        self.expected: Final = expected
        self.body: Final = body
        """The beginning of the body in UTF-8, without keys."""


class WaitError(JobwaitError):
    """The wait ended without a succeeded job."""


class _EndedJobError(WaitError):
    def __init__(
        self,
        message: str,
        code: str | None = None,
        reason: str | None = None,
        retryable: bool | None = None,
    ) -> None:
        # Some queues keep the arguments of an exception alone.
        Exception.__init__(self, message, code, reason, retryable)
        self.code: Final = code
        """The provider's code for the reason; None where it gives none."""
        self.message: Final = reason
        """The provider's own words; None where it gives none."""
        self.retryable: Final = retryable
        """Whether the provider says that another try may succeed; None where it does not say."""


class JobFailedError(_EndedJobError):
    """The provider says that the job failed; `code`, `message` and `retryable` tell why."""


class JobCancelledError(_EndedJobError):
    """The provider says that the job was cancelled; `code` and `message` where it tells why."""


class WaitTimeoutError(WaitError, TimeoutError):
    """The job did not end within the timeout of the wait; it may still be running."""


STATUS_ERRORS: Final[Mapping[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}

for _error in list(globals().values()):
    if isinstance(_error, type) and issubclass(_error, JobwaitError):
        # Where users import it from, and so what a traceback names.
        _error.__module__ = "jobwait"


def is_transient(error: APIError) -> bool:
    """Whether the same request may get an answer a little later."""
    if isinstance(error, APIStatusError):
        return error.status_code in (408, 429) or error.status_code >= 500
    if isinstance(error, ResponseDecodeError):
        return error.pointer is None
    return isinstance(error, APIConnectionError) and not error.is_permanent
