"""What one call on a `Checkpoint` has in the file, and what it has told of."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from ._errors import InvalidArgumentError
from ._outcome import Outcome, dump, load
from ._resume import Wait, canonical_id, progress_of, restored
from ._scheduler import AnyResource, Turn, stored_wait
from ._store import Ended, Key, Store
from ._unset import Unset

CHUNK: Final = 2_000
"""Jobs that are taken in at a time."""


class _Earlier(NamedTuple):
    """A job that had ended before this call."""

    row: int
    resource: AnyResource
    job_id: Any


class Ledger:
    """The jobs of one call: each is a row of the file, unless its id cannot work.

    Args:
        timeout: Of jobs that are new.
        takes: Whether an outcome is taken when somebody was told of it, and is not told of if it
            was taken before.
    """

    def __init__(self, store: Store, timeout: float | Unset | None, *, takes: bool) -> None:
        self._store: Final = store
        self._timeout: Final = timeout
        self._takes: Final = takes
        # There may be many jobs, so they are plain numbers. Those without a row are below 0.
        self._rows: Final = array("q")
        """By the scheduler's numbers."""
        self._order: Final = array("q")
        """As the jobs came, which may be more than once."""
        self._known: Final = bytearray()
        """Which rows are this call's."""
        self._without_row = 0
        self._earlier: list[_Earlier] = []

    def admit(
        self, pairs: list[tuple[AnyResource, Any]]
    ) -> Iterator[list[tuple[AnyResource, Any]]]:
        """Write what is new, and return what a scheduler is to take in, some at a time."""
        for start in range(0, len(pairs), CHUNK):
            with self._store.transaction():
                admitted = map(self._admit, pairs[start : start + CHUNK])
                jobs = [job for job in admitted if job is not None]
            yield jobs

    def earlier(self) -> Iterator[tuple[int, Outcome[Any]]]:
        """How jobs ended in earlier calls, each once."""
        earlier, self._earlier = self._earlier, []
        for row, resource, job_id in earlier:
            outcome, more = self._store.outcome(row)
            try:
                yield row, load(resource, resource.operation.name, job_id, outcome, more)
            except (ValueError, LookupError, TypeError, AttributeError, ImportError) as error:
                raise self._store.damaged(row, error) from error

    def save(self, turn: Turn) -> list[tuple[int, Outcome[Any]]]:
        """Write what came of a turn, and return how jobs ended in it."""
        rows = self._rows
        outcomes = [(rows[number], outcome) for number, outcome in turn.ended]
        ended = [Ended(row, outcome.kind, *dump(outcome)) for row, outcome in outcomes if row > 0]
        moved = [(_text(stored_wait(entry)), rows[number]) for number, entry in turn.moved.items()]
        if ended or moved:
            with self._store.transaction():
                self._store.end(ended)
                self._store.move(moved)
        return outcomes

    def hand_out(
        self, outcomes: Iterable[tuple[int, Outcome[Any]]], *, raise_on_failure: bool
    ) -> Iterator[tuple[int, Outcome[Any]]]:
        """Let somebody have outcomes; one is taken when the next one is asked for."""
        for row, outcome in outcomes:
            if raise_on_failure:
                outcome.result()
            yield row, outcome
            if self._takes and row > 0:
                self._store.take(row)

    def in_order(self, outcomes: dict[int, Outcome[Any]]) -> list[Outcome[Any]]:
        """Outcomes by their rows, as the jobs came."""
        return [outcomes[row] for row in self._order]

    def _admit(self, pair: tuple[AnyResource, Any]) -> tuple[AnyResource, Any] | None:
        resource, item = pair
        operation = resource.operation
        job_id = item.job_id if isinstance(item, Wait) else item
        plain = canonical_id(operation.provider, operation.name, job_id)
        key = Key(operation.provider, operation.name, json.dumps(plain))
        # What cannot be waited for is for the scheduler to refuse.
        can_be = not isinstance(item, Wait) or item.is_on(operation)
        stored = self._store.find(key) if can_be else None
        if stored is None:
            wait = self._begin(resource, item) if can_be else None
            row = self._next_without_row() if wait is None else self._store.add(key, _text(wait))
            self._note(row)
            self._rows.append(row)
            return resource, item if wait is None else wait
        is_again = self._note(stored.number)
        if is_again or (stored.has_ended and stored.is_taken and self._takes):
            return None
        if stored.has_ended:
            self._earlier.append(_Earlier(stored.number, resource, job_id))
            return None
        self._rows.append(stored.number)
        try:
            return resource, restored(operation, job_id, json.loads(stored.wait))
        except ValueError as error:
            raise self._store.damaged(stored.number, error) from error

    def _begin(self, resource: AnyResource, item: Any) -> Wait | None:
        """A new wait; None if the id cannot work."""
        if isinstance(item, Wait):
            return item
        try:
            return Wait.start(resource, item, timeout=self._timeout)
        except InvalidArgumentError:
            return None

    def _next_without_row(self) -> int:
        self._without_row -= 1
        return self._without_row

    def _note(self, row: int) -> bool:
        """Note that a job is this call's, and return whether it was before."""
        self._order.append(row)
        if row < 0:
            return False
        known = self._known
        if row >= len(known):
            known.extend(bytes(max(row + 1 - len(known), len(known))))
        was_known = bool(known[row])
        known[row] = 1
        return was_known


def _text(wait: Wait) -> str:
    return json.dumps(progress_of(wait), separators=(",", ":"))
