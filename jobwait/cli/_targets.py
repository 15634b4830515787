"""Providers and ids, as they are written on a command line or in a file."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from jobwait import Provider, Waitable, providers
from jobwait._pointer import is_array, is_object

from ._exits import UsageError

STDIN: Final = "-"
_KINDS: Final = {str: "a text", int: "a whole number", UUID: "a UUID"}


class Target(NamedTuple):
    """A job endpoint of a provider."""

    provider: Provider
    waitable: Waitable


class Job(NamedTuple):
    """A job to wait for."""

    target: Target
    id: Any


@cache
def installed() -> dict[str, Provider]:
    """Every installed provider by its name."""
    return providers()


def names() -> list[str]:
    """What `target` takes: providers, and `PROVIDER.RESOURCE` where there are several resources."""
    return [
        name if len(provider.waitables) == 1 else f"{name}.{waitable.attribute}"
        for name, provider in installed().items()
        for waitable in provider.waitables
    ]


def target(text: str) -> Target:
    """The job endpoint that is called `PROVIDER`, or `PROVIDER.RESOURCE` of several.

    Raises:
        UsageError: There is none; the message names those that there are.
    """
    name, _, attribute = text.partition(".")
    provider = installed().get(name)
    if provider is None:
        known = ", ".join(names()) or "none: install the package of one"
        near = get_close_matches(name, installed(), 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UsageError(f"no provider {name!r} is installed{hint}; there are: {known}")
    waitables = [each for each in provider.waitables if attribute in ("", each.attribute)]
    if len(waitables) != 1:
        choices = ", ".join(f"{name}.{each.attribute}" for each in provider.waitables)
        problem = f"has no {attribute!r}" if attribute else "has jobs of several kinds"
        raise UsageError(f"{provider.title} {problem}: write one of {choices}")
    return Target(provider, waitables[0])


def typed_id(target: Target, value: Any) -> Any:
    """An id of the class that the provider's client takes.

    Args:
        value: Text, a number, or a list of them where an id has several parts; in text, these are
            separated by slashes.

    Raises:
        UsageError: It cannot be one.
    """
    kinds, names = target.waitable.id_types, target.waitable.id_names
    if is_array(value):
        parts = value
    else:
        parts = str(value).split("/", len(kinds) - 1) if len(kinds) > 1 else [value]
    if len(parts) != len(kinds):
        form = "/".join(name.upper() for name in names)
        raise UsageError(f"an id of {target.provider.title} has the form {form}, not {value!r}")
    typed = [_typed(target, kind, part) for kind, part in zip(kinds, parts, strict=True)]
    return typed[0] if len(typed) == 1 else tuple(typed)


def _typed(target: Target, kind: type[Any], value: Any) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value).strip()
        if kind is str:
            return text
        if kind is int and re.fullmatch(r"-?\d+", text, re.ASCII):
            return int(text)
        if kind is UUID:
            try:
                return UUID(text)
            except ValueError:
                pass
    raise UsageError(f"an id of {target.provider.title} is {_KINDS[kind]}, not {value!r}")


def jobs_of(arguments: list[str], ids_from: str | None) -> list[Job]:
    """The jobs that a command line names, each once, in the order of their first mention.

    Args:
        arguments: `PROVIDER ID...`, or `PROVIDER:ID` for each job; `-` stands for lines of stdin.
        ids_from: A file with more of them, one a line.

    Raises:
        UsageError: One is none, or there are none.
    """
    alone: Target | None = None
    if arguments and arguments[0] != STDIN and ":" not in arguments[0]:
        alone, arguments = target(arguments[0]), arguments[1:]
    files = [STDIN] if STDIN in arguments else []
    files += [ids_from] if ids_from is not None and ids_from not in files else []
    jobs = {
        (job.target.provider.name, job.target.waitable.operation, job.id): job
        for job in _jobs(alone, [text for text in arguments if text != STDIN], files)
    }
    if not jobs:
        raise UsageError("there are no ids: write PROVIDER ID..., PROVIDER:ID..., or --ids-from")
    return list(jobs.values())


def _jobs(alone: Target | None, arguments: Iterable[str], files: Iterable[str]) -> Iterator[Job]:
    for argument in arguments:
        yield _plain(alone, argument)
    for name in files:
        shown = "stdin" if name == STDIN else name
        for number, line in enumerate(_lines(name), 1):
            if line.strip():
                try:
                    yield _from_line(alone, line.strip())
                except UsageError as error:
                    raise UsageError(f"{shown}:{number}  {error}") from None


def _lines(name: str) -> Iterator[str]:
    try:
        if name == STDIN:
            yield from sys.stdin
            return
        # A byte-order mark is no part of an id.
        with Path(name).open(encoding="utf-8-sig") as file:
            yield from file
    except (OSError, ValueError) as error:
        raise UsageError(f"the ids cannot be read from {name}: {error}") from None


def _plain(alone: Target | None, text: str) -> Job:
    if alone is not None:
        return Job(alone, typed_id(alone, text))
    name, separator, id = text.partition(":")
    if not separator:
        raise UsageError(f"{text!r} has no provider: write PROVIDER:ID, or the provider first")
    endpoint = target(name)
    return Job(endpoint, typed_id(endpoint, id))


def _from_line(alone: Target | None, line: str) -> Job:
    """A job from a line: its id alone, as after the command, or JSON as `--json` writes it."""
    if line[0] not in '"[{':
        return _plain(alone, line)
    try:
        value: Any = json.loads(line)
    except ValueError as error:
        raise UsageError(f"this is no JSON: {error}") from None
    if isinstance(value, str):
        return _plain(alone, value)
    endpoint = alone
    if is_object(value):
        if "id" not in value:
            raise UsageError("this has no 'id'")
        if "provider" in value:
            endpoint = _by_operation(str(value["provider"]), value.get("operation"))
        value = value["id"]
    if endpoint is None:
        raise UsageError("this has no 'provider', and there is none before the ids")
    return Job(endpoint, typed_id(endpoint, value))


def _by_operation(name: str, operation: Any) -> Target:
    provider = installed().get(name)
    for waitable in provider.waitables if provider else ():
        if waitable.operation == operation:
            return Target(installed()[name], waitable)
    return target(name)
