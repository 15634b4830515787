"""The other operations on a job: those that report it too, cancel it, give its result, list all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ..document.values import mapping, sequence
from .judge import SURE, Candidate
from .operations import Operation
from .overlay import Alternative, Proposal
from .reading import Reader
from .vocabulary import split, vocabulary

_STATUS_PATHS: Final = ("poll", "progress", "state", "status")
"""The last step of a path that tells of a job, and is no part of what the job is called."""
_CANCEL: Final = vocabulary("abort cancel stop terminate")
_CANCELS: Final = re.compile(r"\b(abort|cancel|stop|terminat)\w*", re.IGNORECASE)
_RESULTS: Final = (
    *("result", "results", "output", "outputs", "transcript", "content", "download", "response"),
    *("data", "file", "report"),
)


def merged(
    candidates: list[Candidate], reader: Reader, operations: Mapping[str, Operation]
) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """One candidate for each job, with the other ways to it and its links; what is left out."""
    ways: dict[str, list[str]] = {}
    primaries: dict[object, list[Candidate]] = {}
    passed: list[tuple[str, str]] = []
    asked = {c.job for c in candidates if c.operation.method == "get"}
    for candidate in sorted(candidates, key=_simplicity):
        operation = candidate.operation
        if operation.method == "post" and candidate.job in asked:
            passed.append((operation.name, "a GET reports the same job"))
            continue
        same = list(primaries.get(operation.plain_name, []))
        same += [c for c in primaries.get(candidate.job, []) if _ends_alike(c.operation, operation)]
        if same:
            ways[same[0].operation.name].append(operation.name)
            continue
        ways[operation.name] = []
        for key in (operation.plain_name, candidate.job):
            primaries.setdefault(key, []).append(candidate)
    result: list[Candidate] = []
    cancels = _cancels(operations.values())
    for candidate in candidates:
        operation, proposal = candidate.operation, candidate.proposal
        if operation.name in ways:
            linked = links(operation, reader, operations, cancels)
            proposal = replace(
                proposal,
                ways=sorted(ways[operation.name]),
                alternatives={**proposal.alternatives, **linked},
            )
            result.append(replace(candidate, proposal=proposal))
    return result, passed


def _simplicity(candidate: Candidate) -> tuple[bool, int, int]:
    operation = candidate.operation
    is_twin = operation.name != operation.plain_name
    return is_twin, len(operation.parameters), len(operation.path)


def _ends_alike(primary: Operation, other: Operation) -> bool:
    """Whether another path leads to the same jobs: `/tasks/{id}` and `/users/{user}/tasks/{id}`."""
    rest = iter(other.steps)
    within = all(step in rest for step in primary.steps)
    return within and primary.steps[-1:] == other.steps[-1:]


def of_one_server(
    candidates: Iterable[Candidate], data: Mapping[str, object]
) -> Iterator[Proposal]:
    """Proposals that one client can serve; one of another server becomes doubtful.

    The server is the document's own, if a job is there, or else that of the first job.
    """
    servers = [_server(c.operation, data) for c in candidates]
    sure = [server for c, server in zip(candidates, servers, strict=True) if is_sure(c.proposal)]
    own = _url(data.get("servers"))
    chosen = own if own in sure else next(iter(sure), own)
    for candidate, server in zip(candidates, servers, strict=True):
        proposal = candidate.proposal
        if is_sure(proposal) and server != chosen:
            against = [*proposal.against, "its server is another, and a client has one"]
            proposal = replace(proposal, against=against)
        yield proposal


def is_sure(proposal: Proposal) -> bool:
    """Whether a proposal is made, rather than written as a comment."""
    return not proposal.against and proposal.score >= SURE


def _server(operation: Operation, data: Mapping[str, object]) -> str:
    levels = (operation.value, operation.item, data)
    return _url(next((level["servers"] for level in levels if level.get("servers")), None))


def _url(servers: object) -> str:
    return str(mapping(next(iter(sequence(servers)), None)).get("url", ""))


def links(
    operation: Operation,
    reader: Reader,
    operations: Mapping[str, Operation],
    cancels: Mapping[tuple[str, ...], list[str]],
) -> dict[str, Alternative]:
    """The operations that cancel a job, give its result or list all jobs.

    Args:
        operation: The one that reports the job.
        reader: Reads the document.
        operations: All operations by their names.
        cancels: Names of those with a word such as `cancel` in the path, by its other steps.
    """
    base = operation.plain_name.partition(" ")[2]
    if is_status_path := base.rpartition("/")[2].lower() in _STATUS_PATHS:
        base = base.rpartition("/")[0]
    alternatives: dict[str, Alternative] = {}
    own = tuple(step for step in operation.steps if step.lower() not in _STATUS_PATHS)
    if cancel := _cancel(operation, base, cancels.get(own, []), reader, operations):
        alternatives["cancel"] = cancel
    results = [f"{method} {base}/{word}" for word in _RESULTS for method in ("GET", "POST")]
    for name in [*results, *([f"GET {base}"] if is_status_path else [])]:
        if _takes_the_id(operations.get(name), operation, reader):
            alternatives["result"] = Alternative(name, "is this its result?")
            break
    jobs = operations.get(f"GET {base.rpartition('/')[0]}") if base.endswith("}") else None
    if jobs and jobs.required <= operation.required and not reader.needs_body(jobs):
        alternatives["list"] = Alternative(jobs.name, "is this its list?")
    return alternatives


def _cancel(
    operation: Operation,
    base: str,
    others: list[str],
    reader: Reader,
    operations: Mapping[str, Operation],
) -> Alternative | None:
    ends = [f"{base}{mark}{word}" for word in ("cancel", "abort", "stop") for mark in "/:"]
    names = [f"{method} {end}" for end in ends for method in ("POST", "PUT", "DELETE", "GET")]
    for name in [*names, *others]:
        if _takes_the_id(operations.get(name), operation, reader):
            return Alternative(name, active=True)
    other = operations.get(f"DELETE {base}")
    if other is None or not _takes_the_id(other, operation, reader):
        return None
    if _CANCELS.search(other.text):
        return Alternative(other.name, active=True)
    return Alternative(other.name, "does it cancel the job, or remove what is left of it?")


def _cancels(operations: Iterable[Operation]) -> dict[tuple[str, ...], list[str]]:
    """Operations with a word such as `cancel` in their path, by the other steps of it."""
    names: dict[tuple[str, ...], list[str]] = {}
    for operation in operations:
        steps = operation.steps
        rest = tuple(step for step in steps if _CANCEL.isdisjoint(split(step[:100])))
        if operation.method in ("delete", "post", "put") and len(rest) < len(steps):
            names.setdefault(rest, []).append(operation.name)
    return names


def _takes_the_id(other: Operation | None, operation: Operation, reader: Reader) -> bool:
    """Whether an operation needs the id of a job and nothing else."""
    if other is None or other.name == operation.name or reader.needs_body(other):
        return False
    return bool(other.required) and other.required <= operation.required
