"""A wait as a value in JSON, which another process can go on with."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeGuard

from ._errors import InvalidArgumentError
from ._ids import text_of
from ._pointer import is_array, is_object
from ._provider import Waitable, providers
from ._unset import UNSET
from ._validation import LONGEST, seconds
from ._waiter import WaitState

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._client import AsyncResource, Resource
    from ._operation import JobOperation
    from ._requests import SharedCalls
    from ._unset import Unset

MAX_BYTES: Final = 300
"""Of a wait as JSON."""
MAX_WORD: Final = 40
"""Characters of a status word that are kept."""
MAX_LATENESS: Final = 86_400.0
"""Seconds, and at least its timeout, after which nobody is late for a wait: the clock is wrong."""
OVERTIME: Final = 5.0
"""Seconds, and at most a twentieth of its timeout, for a wait that is resumed after its deadline:
enough for a last look, or for the first where nobody came to it in time."""
_DISPENSABLE: Final = ("progress", "word", "slowest")
"""What a wait can go on without, in the order in which it is left out."""


class Wait(NamedTuple):
    """A wait between two polls, to be stored or sent, and resumed where the package is installed.

        text = json.dumps(jobwait.Wait.start(client.jobs, "job_abc123", timeout=600).to_dict())
        wait = jobwait.Wait.from_dict(json.loads(text))

    Times are seconds since the epoch, so that the deadline survives a move to another machine. On
    one whose clock is a day ahead, or before the last poll, the next one counts as due just then.
    `advance` moves waits on; `as_completed` and `wait_for_all` take one in place of an id.
    """

    provider: str
    operation: str
    """As in `GET /v1/jobs/{id}`."""
    job_id: Any
    started: float
    timeout: float | None
    """Seconds in all; None is for ever."""
    due: float
    """When to poll next; no earlier."""
    polls: int = 0
    failures: int = 0
    """Polls without an answer since the last good one."""
    slowest: int = 0
    """Hundredths of a second that the slowest poll took, one second at most."""
    final: bool = False
    """Whether the next poll is the last one before the deadline."""
    seen: float | None = None
    """When the last good poll was sent."""
    word: str | None = None
    """The last status word."""
    progress: float | None = None
    """What the last good poll saw of it, from 0.0 to 1.0."""

    @classmethod
    def start(
        cls,
        resource: Resource[Any, Any, Any] | AsyncResource[Any, Any, Any],
        id: Any,
        *,
        timeout: float | Unset | None = UNSET,
    ) -> Self:
        """A wait that begins now; nothing is sent.

        Args:
            resource: What the job belongs to, as `client.jobs`.
            id: The job's id.
            timeout: Seconds in all; None is for ever. The provider's recommendation if not given.

        Raises:
            InvalidArgumentError: The id, or the timeout, cannot work.
        """
        operation, calls = resource.operation, resource.calls
        calls.prepare(operation, id)
        limit = operation.polling.timeout if timeout is UNSET else timeout
        now = calls.time()
        limit = None if limit is None else seconds("timeout", limit)
        return cls(operation.provider, operation.name, id, now, limit, now)

    def to_dict(self) -> dict[str, Any]:
        """What `json.dumps` makes 300 bytes of, at most; without what is as it was at the start.

        Where an id is long, the status word is cut, or it, the progress and the slowest poll are
        left out; they only help. With more than about 110 characters of provider, operation and id
        it is longer.
        """
        data = _plain(self) | {"job_id": plain_id(self.job_id)}
        while len(json.dumps(data)) > MAX_BYTES:
            left = next((name for name in _DISPENSABLE if name in data), None)
            if left is None:
                break
            if len(data.get("word", "")) > 1:
                data["word"] = data["word"][:-1]
            else:
                del data[left]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The wait that `to_dict` was called of.

        Raises:
            InvalidArgumentError: It is none; the message names the key that is wrong.
        """
        _check(data)
        return cls(**{**data, "job_id": _typed_id(data)})

    @property
    def key(self) -> str:
        """The same for all waits of the job."""
        return job_key(self.provider, self.operation, self.job_id)

    def is_on(self, operation: JobOperation[Any, Any, Any, Any]) -> bool:
        """Whether this is a wait on an operation."""
        return (self.provider, self.operation) == (operation.provider, operation.name)

    def here(self, now: float) -> Self:
        """The wait by the clock of this machine, if that of the one it came from was another.

        By one that is behind, what is due would not be for as long as the two differ; by one that
        is far ahead, the deadline would have passed. It goes on as if it were due just now.

        Args:
            now: Seconds since the epoch.
        """
        ahead = now - self.due
        is_ahead = self.timeout is not None and ahead > max(self.timeout, MAX_LATENESS)
        latest = self.started if self.seen is None else max(self.started, self.seen)
        if not (is_ahead or now < latest):
            return self
        seen = None if self.seen is None else self.seen + ahead
        return self._replace(started=self.started + ahead, due=self.due + ahead, seen=seen)

    def state(self, now: float, clock: float) -> WaitState[Any]:
        """What a scheduler goes on with.

        Args:
            now: Seconds since the epoch.
            clock: The reading of the scheduler's own clock now.
        """
        limit = math.inf if self.timeout is None else self.timeout
        # With a timeout of 0 the first poll is sent anyway.
        if limit and self.started + limit <= now:
            limit = now - self.started + min(limit / 20, OVERTIME)
        ahead = clock - now
        return WaitState(
            self.job_id,
            self.started + ahead,
            limit,
            self.polls,
            self.failures,
            self.slowest,
            self.final,
            None if self.seen is None else self.seen + ahead,
            self.word,
            self.progress,
        )


def wait_of(
    operation: JobOperation[Any, Any, Any, Any],
    state: WaitState[Any],
    due: float,
    calls: SharedCalls,
) -> Wait:
    """The wait that goes on with a scheduler's state.

    Args:
        due: A reading of the scheduler's clock.
    """
    ahead = calls.clock() - calls.time()
    return Wait(
        operation.provider,
        operation.name,
        state.job_id,
        state.started - ahead,
        None if math.isinf(state.timeout) else state.timeout,
        due - ahead,
        state.polls,
        state.failures,
        state.slowest,
        state.final,
        None if state.seen is None else state.seen - ahead,
        None if state.word is None else state.word[:MAX_WORD],
        state.progress,
    )


def restored(operation: JobOperation[Any, Any, Any, Any], job_id: Any, data: Any) -> Wait:
    """The wait that `progress_of` was called of.

    Raises:
        InvalidArgumentError: It is none; the message names the key that is wrong.
    """
    known = {"provider": operation.provider, "operation": operation.name}
    if is_object(data):
        data = data | known | {"job_id": plain_id(job_id)}
    _check(data)
    return Wait(**{**data, "job_id": job_id})


def progress_of(wait: Wait) -> dict[str, Any]:
    """What a wait is without the job that it is for."""
    data = _plain(wait)
    for name in ("provider", "operation", "job_id"):
        del data[name]
    return data


def _plain(wait: Wait) -> dict[str, Any]:
    defaults = wait._field_defaults
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in wait._asdict().items()
        if name not in defaults or value != defaults[name]
    }


def plain_id(id: Any) -> Any:
    """A job's id as JSON has it."""
    if _is_tuple(id) or is_array(id):
        return [plain_id(part) for part in id]
    return id if isinstance(id, (str, int)) else str(id)


def job_key(provider: str, operation: str, id: Any) -> str:
    """A job's name among all jobs of all providers."""
    plain = canonical_id(provider, operation, id)
    # An id that is sent in a body may have slashes of its own.
    texts = [
        text_of(part).replace("%", "%25").replace("/", "%2F")
        for part in (plain if is_array(plain) else [plain])
    ]
    return "/".join([provider, operation, *texts])


def canonical_id(provider: str, operation: str, id: Any) -> Any:
    """A job's id as JSON has it, the same however the caller wrote it: a UUID in capitals, say."""
    plain = plain_id(id)
    try:
        return plain_id(_typed(waitable_of(provider, operation), plain))
    except (InvalidArgumentError, ValueError):
        return plain  # nothing is known of it, or it is none


def _check(data: Any) -> None:
    if not _is_mapping(data):
        raise InvalidArgumentError(f"a wait is a dict, not of the type {type(data).__name__}")
    for name in Wait._fields:
        missing = name not in data and name not in Wait._field_defaults
        if missing or (name in data and not _VALID[name](data[name])):
            shown = "nothing" if missing else f"{data[name]!r:.60}"
            raise InvalidArgumentError(f"this is no wait: its {name!r} is {shown}")
    unknown = sorted(map(str, data.keys() - set(Wait._fields)))
    if unknown:
        raise InvalidArgumentError(f"this is no wait: it has the unknown key {unknown[0]!r}")


def _typed_id(data: Mapping[str, Any]) -> Any:
    waitable = waitable_of(data["provider"], data["operation"])
    try:
        return _typed(waitable, data["job_id"])
    except ValueError:
        raise InvalidArgumentError(
            f"this is no wait: its 'job_id' {data['job_id']!r:.60} is no id of {waitable.operation}"
        ) from None


def _typed(waitable: Waitable, plain: Any) -> Any:
    parts = plain if is_array(plain) else [plain]
    typed = [_part(*pair) for pair in zip(waitable.id_types, parts, strict=True)]
    return typed[0] if len(typed) == 1 else tuple(typed)


def _part(kind: type[Any], value: Any) -> Any:
    text = text_of(value)
    if not text.strip() or not text.isprintable():
        raise ValueError  # no request can carry it
    if kind is int and isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError  # Python would read "1_0" as well
    return kind(text)


@cache
def waitable_of(provider: str, operation: str) -> Waitable:
    """What a wait waits on.

    Raises:
        InvalidArgumentError: No package is installed that has it.
    """
    installed = providers()
    if provider not in installed:
        raise InvalidArgumentError(
            f"this wait's 'provider' is {provider!r}, of which no package is installed"
        )
    for waitable in installed[provider].waitables:
        if waitable.operation == operation:
            return waitable
    raise InvalidArgumentError(
        f"this wait's 'operation' is {operation!r}, which the package of {provider} does not have"
    )


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1e9


def _is_id(value: Any) -> bool:
    parts = value if is_array(value) else [value]
    return all(isinstance(part, (str, int)) and not isinstance(part, bool) for part in parts)


_VALID: Final[dict[str, Callable[[Any], bool]]] = {
    "provider": lambda value: isinstance(value, str),
    "operation": lambda value: isinstance(value, str),
    "job_id": _is_id,
    "started": _is_time,
    "timeout": lambda value: value is None or (_is_time(value) and 0 <= value <= LONGEST),
    "due": _is_time,
    "polls": _is_count,
    "failures": _is_count,
    "slowest": lambda value: _is_count(value) and value <= 100,
    "final": lambda value: isinstance(value, bool),
    "seen": lambda value: value is None or _is_time(value),
    "word": lambda value: value is None or isinstance(value, str),
    "progress": lambda value: value is None or (_is_time(value) and 0 <= value <= 1),
}
