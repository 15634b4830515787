"""What a generated package says of its provider: data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from ._models import is_array, is_object

if TYPE_CHECKING:
    from uuid import UUID

IdT = TypeVar("IdT", bound="str | int | UUID")
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
    prefix: str
    """What stands before the key in the header, as in `Bearer `."""
    environment_variable: str | None
    """Where the key comes from if no argument gives one."""


class ClientConfig(NamedTuple):
    """A provider as its clients need it."""

    provider: str
    title: str
    base_url: str
    """The origin that the document names."""
    user_agent: str
    credentials: tuple[Credential, ...]


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


class JobOperation(Generic[IdT, BodyT, JobT, DoneT]):
    """An operation that tells a job's status, and how to wait for that job.

    The type parameters are the id, the 200 body, the job in it, and the job once succeeded.
    """

    __slots__ = (
        "failure_code",
        "failure_message",
        "failure_retryable",
        "id_type",
        "job_attributes",
        "method",
        "operation_id",
        "path",
        "polling",
        "progress",
        "progress_max",
        "provider",
        "response_type",
        "states",
        "status",
    )

    def __init__(
        self,
        *,
        provider: str,
        operation_id: str,
        method: str,
        path: str,
        id_type: type[IdT],
        response_type: Any,
        job_attribute: str,
        status: str,
        states: Mapping[str, State],
        polling: Polling,
        progress: str | None = None,
        progress_max: float = 1.0,
        failure_code: str | None = None,
        failure_message: str | None = None,
        failure_retryable: str | None = None,
    ) -> None:
        """
        Args:
            path: A template with one parameter in braces.
            response_type: The annotation of the 200 body.
            job_attribute: Dotted path of attributes from the body to the job; empty: the body.
            status: JSON Pointer to the status word; so are `progress` and the `failure_...`.
            states: What each status word means.
            progress_max: The progress of a job that is done.
        """
        self.provider: Final = provider
        self.operation_id: Final = operation_id
        self.method: Final = method
        self.path: Final = path
        self.id_type: Final = id_type
        self.response_type: Final[Any] = response_type
        self.job_attributes: Final = tuple(job_attribute.split(".")) if job_attribute else ()
        self.states: Final = states
        self.polling: Final = polling
        self.status: Final = _parts(status)
        self.progress: Final = _parts(progress)
        self.progress_max: Final = progress_max
        self.failure_code: Final = _parts(failure_code)
        self.failure_message: Final = _parts(failure_message)
        self.failure_retryable: Final = _parts(failure_retryable)

    def __repr__(self) -> str:
        return f"<JobOperation {self.provider} {self.method} {self.path}>"

    def job_of(self, body: BodyT) -> JobT:
        """The job in a typed 200 body."""
        value: Any = body
        for name in self.job_attributes:
            value = getattr(value, name)
        job: JobT = value
        return job

    def done(self, job: JobT) -> DoneT:
        """The job under its narrower type: the document's states say that it has succeeded."""
        succeeded: Any = job
        done: DoneT = succeeded
        return done


def _parts(pointer: str | None) -> tuple[str, ...] | None:
    return None if pointer is None else pointer_parts(pointer)


def pointer_parts(pointer: str) -> tuple[str, ...]:
    """The steps of an RFC 6901 JSON Pointer; none for the empty one, which is the whole."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def value_at(parts: tuple[str, ...] | None, body: Any) -> Any:
    """What a JSON Pointer, already split, finds in decoded JSON; None where it finds nothing."""
    if parts is None:
        return None
    for part in parts:
        if is_object(body):
            body = body.get(part)
        elif is_array(body) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body
