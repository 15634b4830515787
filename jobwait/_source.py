"""The jobs that a caller wants to wait for, read as far as they can be polled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import repeat
from time import monotonic
from typing import Any, Final

from ._client import AsyncResource, Resource
from ._errors import InvalidArgumentError
from ._scheduler import AnyResource

READING: Final = 0.01
"""Seconds for which jobs are read from an iterator before those read are waited for."""


class Source:
    """The jobs to wait for, read as far as needed."""

    def __init__(self, kind: type[AnyResource], jobs: Any, ids: Any) -> None:
        items: Any = jobs if ids is None else ids
        if ids is not None and isinstance(items, str):
            raise InvalidArgumentError(f"ids are several, as in [{items!r}]; this is one string")
        if isinstance(items, (str, bytes)) or not hasattr(items, "__iter__"):
            raise InvalidArgumentError(
                "pass the jobs as a resource and its ids, (client.jobs, ids), or as pairs of "
                f"resource and id, [(client.jobs, id), ...]; this is {items!r}"
            )
        self._is_lazy = not isinstance(items, Collection)
        self._pairs = pairs_of(kind, items if ids is None else zip(repeat(jobs), items))
        self._failure: Exception | None = None
        self.more = True

    def read(self, room: int) -> list[tuple[AnyResource, Any]]:
        """The next jobs: as many as there is room for, or all if they are there anyway."""
        if self._failure is not None:
            raise self._failure
        if not self._is_lazy:
            self.more = False
            return list(self._pairs)
        pairs: list[tuple[AnyResource, Any]] = []
        # Jobs that come slowly do not wait for each other.
        until = monotonic() + READING
        while self.more and len(pairs) < room and monotonic() < until:
            try:
                pairs.append(next(self._pairs))
            except StopIteration:
                self.more = False
            except Exception as error:
                if not pairs:
                    raise
                # Not before those that were read are on their way.
                self._failure = error
                break
        return pairs


def pairs_of(kind: type[AnyResource], pairs: Iterable[Any]) -> Iterator[tuple[AnyResource, Any]]:
    """The pairs of a resource and an id, each checked when it is reached."""
    for number, pair in enumerate(pairs):
        try:
            resource, job_id = pair
        except (TypeError, ValueError):
            resource = job_id = None
        if not isinstance(resource, kind):
            hint = ""
            if isinstance(resource, (Resource, AsyncResource)):
                other = "" if kind is AsyncResource else "async_"
                hint = f"; for this one there are {other}as_completed and {other}wait_for_all"
            client = "Client" if kind is Resource else "AsyncClient"
            raise InvalidArgumentError(
                f"job number {number} is no pair of a resource of a provider's {client} and an id, "
                f"as (client.jobs, id), but {pair!r}{hint}"
            )
        yield resource, job_id
