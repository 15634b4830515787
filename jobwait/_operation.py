"""What a generated package says of its provider: data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from ._decode import Decoder, decoder
from ._errors import JobCancelledError, JobFailedError, WaitTimeoutError
from ._models import Model
from ._pointer import parse_pointer, value_at
from ._text import status_word
from ._unset import UNSET

if TYPE_CHECKING:
    from uuid import UUID

Id: TypeAlias = "str | int | UUID | tuple[str | int | UUID, ...]"
"""The id of a job; a tuple where it has several parts."""
IdT = TypeVar("IdT", bound=Id)
BodyT = TypeVar("BodyT")
JobT = TypeVar("JobT")
# Covariant, so that the jobs of several providers are jobs of either.
DoneT = TypeVar("DoneT", covariant=True)

State: TypeAlias = Literal["pending", "running", "succeeded", "failed", "cancelled"]


class Credential(NamedTuple):
    """One way to prove who is calling."""

    parameter: str
    """The client's argument, as in `api_key`."""
    header: str
    """The header, or the query's parameter, that holds the key."""
    prefix: str
    """What stands before the key in the header, as in `Bearer `."""
    environment_variable: str | None
    """Where the key comes from if no argument gives one."""
    in_query: bool = False
    is_basic: bool = False
    """Whether the key is `user:password`, which is sent in base64."""
    operations: tuple[str, ...] = ()
    """The only ones that it is for, as in `GET /v1/jobs/{id}`; none: all."""

    def is_for(self, operation: str) -> bool:
        """Whether requests of an operation may carry it."""
        return not self.operations or operation in self.operations

    def meets(self, other: Credential) -> bool:
        """Whether an operation could be sent with either."""
        names = self.operations or other.operations
        return not names or any(self.is_for(name) and other.is_for(name) for name in names)


class ClientConfig(NamedTuple):
    """A provider as its clients need it."""

    provider: str
    title: str
    base_url: str
    """The origin that the document names; empty where it names none."""
    user_agent: str
    credentials: tuple[Credential, ...]
    key_required: bool = True
    """Whether there is no request without one of the credentials."""
    keys_together: bool = False
    """Whether one request carries all credentials that are given, and not one of them."""


class Polling(NamedTuple):
    """The provider's recommended polling, in seconds."""

    initial: float
    """The first delay, and the shortest ever."""
    multiplier: float
    maximum: float
    timeout: float
    """Of a whole wait."""
    not_found_grace: float = 0.0
    """How long a 404 before the first sighting may mean that the job is not there yet."""


class WaitErrors(NamedTuple):
    """The errors of waits; a package has its own, whose `job` has the type of its jobs."""

    failed: type[JobFailedError] = JobFailedError
    cancelled: type[JobCancelledError] = JobCancelledError
    timeout: type[WaitTimeoutError] = WaitTimeoutError


class Part(NamedTuple):
    """A value that a request is made with: of the id, or always the same."""

    name: str
    location: Literal["path", "query", "header", "body"]
    kind: type[str] | type[int] | type[UUID]
    constant: str | int | None = None
    """What it always is; None where it is part of the id."""
    allow_reserved: bool = False
    """Whether its slashes, and what else a path may have, are sent as they are."""


class Operation(Generic[IdT, BodyT]):
    """A request, and what it is answered with.

    The type parameters are the id, which is a tuple where it has several parts, and the body.
    """

    __slots__ = (
        *("_decoder", "body_format", "id_parts", "method", "operation_id", "parts", "path"),
        *("provider", "response_type", "sources"),
    )

    def __init__(
        self,
        *,
        provider: str,
        operation_id: str,
        method: str,
        path: str,
        parts: tuple[Part, ...],
        response_type: Any,
        body_format: Literal["json", "form"] = "json",
        sources: tuple[int | str, ...] = (),
    ) -> None:
        """Describe an operation.

        Args:
            path: A template with the names of parts in braces.
            parts: What requests are made with, in the order of the id.
            response_type: The annotation of the body; bytes are taken as they come.
            body_format: How a request's body is written, where a part belongs there.
            sources: Where each part of the id comes from, if not from the caller: a position in
                the id of a job, or a JSON Pointer into the body that tells its status.
        """
        self.provider: Final = provider
        self.operation_id: Final = operation_id
        self.method: Final = method
        self.path: Final = path
        self.parts: Final = parts
        self.id_parts: Final = tuple(part for part in parts if part.constant is None)
        self.response_type: Final[Any] = response_type
        self.body_format: Final = body_format
        self.sources: Final = sources
        self._decoder: Decoder | None = None

    @property
    def decoder(self) -> Decoder:
        """Turns the JSON of the body into the `response_type`."""
        # Made when it is used: a package may have many operations.
        if self._decoder is None:
            self._decoder = decoder(self.response_type)
        return self._decoder

    @property
    def name(self) -> str:
        """As in `GET /v1/jobs/{id}`."""
        return f"{self.method} {self.path}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.provider} {self.name}>"

    def may_be_empty(self, status_code: int) -> bool:
        """Whether there need not be a body."""
        return False

    def is_decided_by(self, status_code: int) -> bool:
        """Whether a status code says all, whatever the body is."""
        return False


_ERRORS: Final = WaitErrors()


class JobOperation(Operation[IdT, BodyT], Generic[IdT, BodyT, JobT, DoneT]):
    """An operation that tells a job's status, and how to wait for that job.

    The type parameters are the id, the 200 body, the job in it, and the job once succeeded.
    """

    __slots__ = (
        *("absent", "cancel", "errors", "failure_code", "failure_message", "failure_retryable"),
        *("failure_unless", "failure_when", "job_attributes", "job_required", "polling"),
        *("progress", "progress_max", "responses", "states", "status"),
    )

    def __init__(
        self,
        *,
        provider: str,
        operation_id: str,
        method: str,
        path: str,
        parts: tuple[Part, ...],
        response_type: Any,
        job_attribute: str,
        status: str | None,
        states: Mapping[str, State],
        polling: Polling,
        body_format: Literal["json", "form"] = "json",
        absent: State | None = None,
        responses: Mapping[int, State] | None = None,
        cancel: Operation[IdT, Any] | None = None,
        progress: str | None = None,
        progress_max: float = 1.0,
        failure_code: str | None = None,
        failure_message: str | None = None,
        failure_retryable: str | None = None,
        failure_when: str | None = None,
        failure_unless: str | None = None,
        job_required: bool = True,
        errors: WaitErrors = _ERRORS,
    ) -> None:
        """Describe an operation that tells the status of a job.

        Args:
            path: As in `Operation`; so are `parts` and `body_format`.
            response_type: The annotation of the 200 body.
            job_attribute: Dotted path of attributes from the body to the job; empty: the body.
            status: JSON Pointer to the status word; so are `progress` and the `failure_...`.
            states: What each status word means.
            absent: What a body without a status means; unknown if not given.
            responses: What a status code means, whatever the body says.
            cancel: The operation that ends a job before its time.
            progress_max: The progress of a job that is done.
            failure_when: A job has failed once this holds anything.
            failure_unless: A job whose status means that it succeeded has failed if this does not.
            job_required: Whether a body without a job is an error, and not one to poll again.
            errors: What waits for the job raise.
        """
        super().__init__(
            provider=provider,
            operation_id=operation_id,
            method=method,
            path=path,
            parts=parts,
            response_type=response_type,
            body_format=body_format,
        )
        self.job_attributes: Final = tuple(job_attribute.split(".")) if job_attribute else ()
        self.states: Final = states
        self.absent: Final[State | None] = absent
        self.responses: Final[Mapping[int, State]] = responses or {}
        self.cancel: Final = cancel
        self.errors: Final = errors
        self.polling: Final = polling
        self.status: Final = _parts(status)
        self.progress: Final = _parts(progress)
        self.progress_max: Final = progress_max
        self.failure_code: Final = _parts(failure_code)
        self.failure_message: Final = _parts(failure_message)
        self.failure_retryable: Final = _parts(failure_retryable)
        self.failure_when: Final = _parts(failure_when)
        self.failure_unless: Final = _parts(failure_unless)
        self.job_required: Final = job_required

    def may_be_empty(self, status_code: int) -> bool:
        """As in `Operation`: where the status code says all, or where there may be no job yet."""
        return self.is_decided_by(status_code) or self.may_be_absent

    def is_decided_by(self, status_code: int) -> bool:
        """As in `Operation`."""
        return status_code in self.responses

    @property
    def may_be_absent(self) -> bool:
        """Whether there may be no job yet; `absent` may say so whatever the document requires."""
        return not self.job_required or self.absent in ("pending", "running")

    def state_of(self, status_code: int, data: Any) -> tuple[str, State | None]:
        """The status word of decoded JSON, and what it means; None where nobody says."""
        status = value_at(self.status, data)
        if status is None:
            word, state = "", self.absent
        else:
            word = status_word(status)
            state = self.states.get(word)
            if state is not None:
                # One string for all polls that see it: waits remember it, for thousands of jobs.
                word = intern(word)
        meaning = self.responses.get(status_code)
        if meaning is not None:
            return word, meaning
        # What was cancelled often tells why in the same place.
        if state != "cancelled" and (
            value_at(self.failure_when, data)
            or (
                state == "succeeded"
                and self.failure_unless is not None
                and not value_at(self.failure_unless, data)
            )
        ):
            state = "failed"
        return word, state

    def job_of(self, body: BodyT) -> JobT:
        """The job in a typed 200 body; `UNSET` or None where there is none."""
        value: Any = body
        for name in self.job_attributes:
            # What the document takes for an object may be anything, and is then kept as it came.
            value = getattr(value, name) if isinstance(value, Model) else UNSET
        job: JobT = value
        return job

    def done(self, job: JobT) -> DoneT:
        """The job under its narrower type: the document's states say that it has succeeded."""
        succeeded: Any = job
        done: DoneT = succeeded
        return done


def _parts(pointer: str | None) -> tuple[str, ...] | None:
    return None if pointer is None else parse_pointer(pointer)
