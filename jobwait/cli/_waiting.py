"""The command `wait`: clients, the loop over outcomes, and the exit code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from jobwait import (
    UNSET,
    APIError,
    Checkpoint,
    Exponential,
    Fixed,
    InvalidArgumentError,
    Outcome,
    Schedule,
    Unset,
    WaitOptions,
    as_completed,
    on_poll,
)

from ._exits import SUCCEEDED, UsageError, code_of
from ._output import JsonLines, OutcomeTable, opened
from ._progress import Progress, id_text, progress
from ._targets import Job, Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How to wait, and what to show and keep of it."""

    timeout: float | Unset | None
    schedule: Schedule | None
    max_in_flight: int
    not_found_grace: float | Unset
    cancels: bool
    fail_fast: bool
    base_urls: dict[str, str]
    checkpoint: str | None
    again: bool
    json: bool
    output: str | None
    verbose: bool


def timeout_of(text: str | None) -> float | Unset | None:
    """Seconds, `none` for ever, or what the provider recommends.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return UNSET
    if text == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"--timeout is in seconds, or none to wait for ever, not {text!r}"
        ) from None


def schedule_of(text: str | None) -> Schedule | None:
    """`fixed:SECONDS` or `exponential:INITIAL,MULTIPLIER,MAXIMUM`.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return None
    name, _, numbers = text.partition(":")
    classes: dict[str, Callable[..., Schedule]] = {"fixed": Fixed, "exponential": Exponential}
    try:
        return classes[name](*map(float, numbers.split(",")))
    except InvalidArgumentError as error:
        raise UsageError(f"--schedule {text}: {error}") from None
    except (KeyError, TypeError, ValueError):
        forms = "fixed:SECONDS, as fixed:2, or exponential:INITIAL,MULTIPLIER,MAXIMUM"
        raise UsageError(f"--schedule is {forms}, as exponential:1,1.5,10, not {text!r}") from None


def base_urls_of(texts: Iterable[str], providers: Iterable[str]) -> dict[str, str]:
    """Where requests go, by provider: `URL` where there is one, `PROVIDER=URL` for each of several.

    Raises:
        UsageError: It is not clear whose URL one is.
    """
    names, urls = list(dict.fromkeys(providers)), dict[str, str]()
    for text in texts:
        name, separator, url = text.partition("=")
        if separator and name in names:
            urls[name] = url
        elif len(names) == 1 and "://" in name:
            urls[names[0]] = text
        else:
            choices = " or ".join(names)
            raise UsageError(f"--base-url is PROVIDER=URL for {choices}, not {text!r}")
    return urls


class Clients:
    """A client for each provider, made when it is needed; keys come from the environment."""

    def __init__(self, stack: ExitStack, base_urls: dict[str, str]) -> None:
        self._stack: Final = stack
        self._base_urls: Final = base_urls
        self._clients: Final[dict[str, Any]] = {}
        self._resources: Final[dict[Target, Any]] = {}

    def client(self, target: Target) -> Any:
        """The client for a job endpoint."""
        name = target.provider.name
        if name not in self._clients:
            client = target.provider.client(base_url=self._base_urls.get(name))
            self._clients[name] = self._stack.enter_context(client)
        return self._clients[name]

    def resource(self, target: Target) -> Any:
        """What the jobs of a job endpoint belong to."""
        if target not in self._resources:
            self._resources[target] = target.waitable.resource(self.client(target))
        return self._resources[target]


def wait_for(jobs: list[Job], options: Options) -> int:
    """Wait for jobs, say of each how it ended, and return the exit code."""
    code = SUCCEEDED
    with ExitStack() as stack:
        clients = Clients(stack, options.base_urls)
        targets = {_key(job.target): job.target for job in jobs}
        for target in targets.values():
            if options.cancels and not target.waitable.can_cancel(clients.client(target)):
                title = target.provider.title
                raise UsageError(f"--on-timeout cancel: {title} has no operation for that")
        outcomes = _outcomes(stack, clients, jobs, options)
        file = stack.enter_context(opened(options.output))
        with progress(len(jobs), verbose=options.verbose) as view, _shown(view), closing(outcomes):
            report = JsonLines(file, view.note) if options.json else OutcomeTable(file)
            for outcome in outcomes:
                report.add(outcome)
                view.ended(outcome)
                code = max(code, code_of(outcome.error))
                if options.cancels and outcome.kind == "timeout":
                    target = targets[outcome.provider, outcome.operation]
                    _cancel(target, clients.client(target), outcome, view)
                if options.fail_fast and outcome.error is not None:
                    break
        report.close()
    return code


def _key(target: Target) -> tuple[str, str]:
    return target.provider.name, target.waitable.operation


def _outcomes(
    stack: ExitStack, clients: Clients, jobs: list[Job], options: Options
) -> Generator[Outcome[Any]]:
    pairs = [(clients.resource(job.target), job.id) for job in jobs]
    how = WaitOptions(
        timeout=options.timeout,
        schedule=options.schedule,
        not_found_grace=options.not_found_grace,
        max_in_flight=options.max_in_flight,
    )
    if options.checkpoint is None:
        return as_completed(pairs, **how)
    checkpoint = stack.enter_context(Checkpoint(options.checkpoint))
    if options.again:
        checkpoint.forget("timeout", "error")
    return checkpoint.as_completed(pairs, repeat=True, **how)


def _cancel(target: Target, client: Any, outcome: Outcome[Any], view: Progress) -> None:
    name = f"{outcome.provider} {id_text(outcome.job_id)}"
    try:
        target.waitable.cancel(client, outcome.job_id)
    except APIError as error:
        view.note(f"{name}: not cancelled: {error.args[0]}")
    else:
        view.note(f"{name}: asked the provider to cancel it")


class _Notes(logging.Handler):
    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        self._note(f"jobwait: {record.getMessage()}")


@contextmanager
def _shown(view: Progress) -> Generator[None]:
    """Let a view hear of polls and of what the log warns about."""
    logger, notes = logging.getLogger("jobwait"), _Notes(view.note)
    logger.addHandler(notes)
    remove = on_poll(view.polled)
    try:
        yield
    finally:
        remove()
        logger.removeHandler(notes)
