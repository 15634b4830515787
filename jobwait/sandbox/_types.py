"""What the sandbox takes and gives: plain values of the standard library."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args
from uuid import UUID

Outcome: TypeAlias = Literal["succeeded", "failed", "cancelled"]
"""How a job ends."""

State: TypeAlias = Literal["pending", "running", "succeeded", "failed", "cancelled"]
"""What a provider's status word means."""

JobId: TypeAlias = int | UUID | str

FaultKind: TypeAlias = Literal[
    "black_hole",
    "drip_body",
    "drip_headers",
    "html",
    "not_found",
    "null_field",
    "rate_limit",
    "rate_limit_date",
    "reset",
    "server_error",
    "status_520",
    "truncated_body",
    "truncated_json",
    "unknown_field",
    "unknown_status",
]
"""What can go wrong with one answer.

* `rate_limit`, `rate_limit_date`: 429 with `Retry-After` as seconds, as an HTTP date
* `server_error`, `status_520`: an HTML page with `Fault.status`, with 520
* `html`: an HTML page with status 200
* `not_found`: the document's 404 for a job that exists
* `reset`: TCP RST in place of an answer
* `black_hole`: no answer at all, the connection stays open
* `truncated_body`: fewer bytes than `Content-Length` says, then the connection ends
* `truncated_json`: a complete body that stops in the middle of the JSON
* `drip_headers`, `drip_body`: one byte every `Fault.interval` seconds
* `unknown_status`, `unknown_field`, `null_field`: JSON that the document does not describe
"""

TRANSIENT: Final[tuple[FaultKind, ...]] = (
    "html",
    "null_field",
    "rate_limit",
    "rate_limit_date",
    "reset",
    "server_error",
    "status_520",
    "truncated_body",
    "truncated_json",
    "unknown_field",
    "unknown_status",
)
"""The faults that answer at once and that a good wait survives."""

_DAY: Final = 86_400


class SandboxError(Exception):
    """The sandbox cannot do what it was asked to; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and the polls of a job that meet it.

    `polls` counts from 1 and None means every poll. `until` limits the fault to the job's first
    seconds. `status` belongs to `server_error`. `retry_after` (whole seconds) is sent with
    `rate_limit` and `rate_limit_date`, 1 unless given, and with an error page if given.
    `interval` is the pause in seconds between two dripping bytes. Neither is above a day.
    """

    # Pydantic reads this when a fault comes in over HTTP.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    kind: FaultKind
    polls: tuple[int, ...] | None = None
    until: float | None = None
    status: int = 503
    retry_after: int | None = None
    interval: float = 0.2

    def __post_init__(self) -> None:
        _check_kind(self.kind)
        if not 500 <= self.status <= 599:
            raise SandboxError(f"the status of a server error is 500 to 599, not {self.status}")
        if not 0 < self.interval <= _DAY:
            raise SandboxError(
                f"the interval of a fault is above 0 and up to {_DAY} seconds, not {self.interval}"
            )
        if self.retry_after is not None and not 0 <= self.retry_after <= _DAY:
            raise SandboxError(f"retry_after is 0 to {_DAY} seconds, not {self.retry_after}")
        if self.until is not None and not self.until >= 0:
            raise SandboxError(f"the until of a fault is 0 seconds or more, not {self.until}")
        if self.polls is not None and not all(poll >= 1 for poll in self.polls):
            raise SandboxError(f"the polls of a fault count from 1, not {self.polls}")

    def strike(self, poll: int, age: float) -> Fault | None:
        """Return this fault if it hits the poll of that number, `age` seconds into the job."""
        hit = self.polls is None or poll in self.polls
        return self if hit and (self.until is None or age < self.until) else None


@dataclass(frozen=True, slots=True)
class Faults:
    """Random faults: each poll meets one of `kinds` with the probability `rate`.

    The draw depends on `seed` and the number of the poll only, so a run can be repeated.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    rate: float
    kinds: tuple[FaultKind, ...] = TRANSIENT
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise SandboxError(f"a rate is a probability from 0 to 1, not {self.rate}")
        if not self.kinds:
            raise SandboxError("random faults need at least one kind")
        for kind in self.kinds:
            _check_kind(kind)

    def strike(self, poll: int, age: float) -> Fault | None:
        """Return the fault drawn for the poll of that number."""
        draw = random.Random(f"{self.seed}:{poll}")
        return Fault(draw.choice(self.kinds)) if draw.random() < self.rate else None


def _check_kind(kind: str) -> None:
    kinds = get_args(FaultKind)
    if kind not in kinds:
        raise SandboxError(f"no fault is called {kind!r}; there are {', '.join(kinds)}")


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """A job that the sandbox plays.

    `id` is an int, a UUID or a str, as the provider's document says; it is typed Any so that the
    provider's typed client takes it as it is. `url` is the address of its status.
    """

    provider: str
    id: Any
    outcome: Outcome
    seconds: float
    url: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The truth about one request to a provider.

    `time` is in seconds since the sandbox started. `poll` (from 1) and `state`, what the job really
    was then whatever was sent, are None where no known job was asked for by an accepted caller, and
    where the sandbox itself failed (500). `status` is None if none was sent at all. `connection`
    differs from one TCP connection to the next.
    """

    time: float
    method: str
    path: str
    provider: str
    job_id: JobId | None
    poll: int | None
    state: State | None
    status: int | None
    fault: FaultKind | None
    connection: int
