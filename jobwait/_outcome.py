"""How a wait ended: as its user sees it, and as text that another process can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, NoReturn, TypeAlias

from ._encode import encode
from ._errors import (
    JobCancelledError,
    JobFailedError,
    JobwaitError,
    WaitTimeoutError,
    restore_error,
)
from ._messages import Headers
from ._models import Model
from ._operation import DoneT
from ._pointer import is_object
from ._resume import job_key, plain_id
from ._text import json_text
from ._unset import UNSET

OutcomeKind: TypeAlias = Literal["succeeded", "failed", "cancelled", "timeout", "error"]
_KINDS: Final[tuple[tuple[type[JobwaitError], OutcomeKind], ...]] = (
    (JobFailedError, "failed"),
    (JobCancelledError, "cancelled"),
    (WaitTimeoutError, "timeout"),
)
_ELSEWHERE: Final = ("provider", "job_id", "job")
"""Attributes of an error that an outcome has, too."""


@dataclass(frozen=True)
class _Outcome:
    provider: str
    job_id: Any
    """As it was passed."""
    job: Any
    error: JobwaitError | None
    operation: str = ""
    """As in `GET /v1/jobs/{id}`."""

    @property
    def kind(self) -> OutcomeKind:
        """What came of the job, or of the wait."""
        for cls, kind in _KINDS:
            if isinstance(self.error, cls):
                return kind
        return "succeeded" if self.error is None else "error"

    @property
    def key(self) -> str:
        """The same for the same outcome of the same job, wherever it was seen."""
        return f"{job_key(self.provider, self.operation, self.job_id)}/{self.kind}"

    def to_dict(self) -> dict[str, Any]:
        """What `json.dumps` takes, with the job under the provider's own names."""
        error = self.error
        job: Any = self.job if error is None else error.job
        return {
            "provider": self.provider,
            "operation": self.operation,
            "id": plain_id(self.job_id),
            "outcome": self.kind,
            "job": None if job is UNSET else encode(job),
            "error": None if error is None else _error_dict(error),
        }


@dataclass(frozen=True)
class Succeeded(_Outcome, Generic[DoneT]):
    """The outcome of a wait whose job succeeded."""

    job: DoneT
    error: None = None

    def result(self) -> DoneT:
        """The job."""
        return self.job


@dataclass(frozen=True)
class Unsuccessful(_Outcome):
    """The outcome of a wait that ended with an error."""

    job: None
    error: JobwaitError
    """What `wait_for_completion` would raise; its `job` is the last one seen."""

    def result(self) -> NoReturn:
        """Raise the error.

        Raises:
            JobwaitError: `error`.
        """
        raise self.error


Outcome: TypeAlias = Succeeded[DoneT] | Unsuccessful
"""How the wait for one job ended; `outcome.error is None` tells which of the two it is."""


def _error_dict(error: JobwaitError) -> dict[str, Any]:
    code = message = None
    if isinstance(error, (JobFailedError, JobCancelledError)):
        code, message = error.code, error.message
    return {"type": type(error).__name__, "code": code, "message": message or str(error)}


def dump(outcome: Outcome[Any]) -> tuple[str, str]:
    """An outcome as JSON: what `to_dict` says, and what else `load` needs."""
    error = outcome.error
    job: Any = outcome.job if error is None else error.job
    more = {
        "job": _path_of(type(job)) if isinstance(job, Model) else None,
        "error": None if error is None else _record(error),
    }
    return json_text(outcome.to_dict()), json_text(more)


def load(resource: object, operation: str, job_id: Any, text: str, more: str) -> Outcome[Any]:
    """The outcome that `dump` was called of.

    Args:
        resource: What the job belongs to; classes are looked for in its package.

    Raises:
        ValueError: The texts are none of such an outcome; so are LookupError and TypeError.
    """
    fields, rest = json.loads(text), json.loads(more)
    packages = {cls.__module__.partition(".")[0] for cls in type(resource).__mro__}
    job: Any = fields["job"]
    if rest["job"] is not None:
        job = _class(rest["job"], Model, packages).from_dict(job)
    if rest["error"] is None:
        return Succeeded(fields["provider"], job_id, job, None, operation)
    error = _error(rest["error"], packages)
    error.provider, error.job_id, error.job = fields["provider"], job_id, job
    return Unsuccessful(fields["provider"], job_id, None, error, operation)


def _record(error: JobwaitError) -> dict[str, Any]:
    attributes = {
        name: _plain(value) for name, value in vars(error).items() if name not in _ELSEWHERE
    }
    args = [str(argument) for argument in error.args]
    return {"class": _path_of(type(error)), "args": args, "attributes": attributes}


def _plain(value: Any) -> Any:
    if isinstance(value, JobwaitError):
        return {"error": _record(value)}
    if isinstance(value, Headers):
        return {"headers": dict(value)}
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    # Marked, as an answer's body may look like one of those above.
    return {"json": encode(value)} if isinstance(value, (Mapping, list, tuple)) else value


def _error(record: dict[str, Any], packages: set[str]) -> JobwaitError:
    attributes: dict[str, Any] = {}
    for name, value in record["attributes"].items():
        attributes[name] = _typed(value, packages) if is_object(value) else value
    cls = _class(record["class"], JobwaitError, packages)
    return restore_error(cls, tuple(record["args"]), attributes)


def _typed(value: dict[str, Any], packages: set[str]) -> Any:
    [(kind, item)] = value.items()
    if kind == "error":
        return _error(item, packages)
    if kind == "headers":
        return Headers([(name.encode(), text.encode("latin-1")) for name, text in item.items()])
    return item.encode("latin-1") if kind == "bytes" else item


def _path_of(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _class(path: str, base: type[Any], packages: set[str]) -> Any:
    """A class by its path, where it is one of these packages' own."""
    from importlib import import_module

    module, _, name = path.partition(":")
    cls: Any = None
    if module.partition(".")[0] in packages:
        cls = getattr(import_module(module), name, None)
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise LookupError(f"there is no {path} any more")
    return cls
