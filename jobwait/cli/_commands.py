"""The commands and their arguments."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any
from uuid import UUID

import typer

from jobwait import UNSET, Provider, __version__
from jobwait._encode import encode

from . import _exits, _targets, _waiting
from ._arguments import (
    Again,
    AsJson,
    BaseUrl,
    CheckpointFile,
    FailFast,
    IdsFrom,
    JobId,
    Jobs,
    JsonLines,
    MaxInFlight,
    NotFoundGrace,
    OnTimeout,
    Output,
    Pace,
    ProviderName,
    Timeout,
    Verbose,
)
from ._output import write_fields, write_json, write_table

app = typer.Typer(
    help="Wait for jobs of the providers whose packages are installed.",
    epilog=_exits.HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"jobwait {__version__}")
        raise typer.Exit


@app.callback()
def jobwait(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version)
    ] = False,
) -> None:
    """Wait for jobs of the providers whose packages are installed.

    Keys come from the environment alone: `jobwait providers` names the variables.
    """


@app.command(epilog=_exits.HELP)
def wait(
    jobs: Jobs = None,
    ids_from: IdsFrom = None,
    timeout: Timeout = None,
    schedule: Pace = None,
    max_in_flight: MaxInFlight = 100,
    on_timeout: OnTimeout = "raise",
    not_found_grace: NotFoundGrace = None,
    fail_fast: FailFast = False,
    base_url: BaseUrl = None,
    checkpoint: CheckpointFile = None,
    again: Again = False,
    as_json: JsonLines = False,
    output: Output = None,
    verbose: Verbose = False,
) -> None:
    """Wait until jobs have ended, and say how each did."""
    hint = "the same command goes on where it was" if checkpoint else None
    with _exits.exit_codes(hint):
        if again and checkpoint is None:
            raise _exits.UsageError("--again is about the outcomes of a --checkpoint")
        selected = _targets.jobs_of(jobs or [], ids_from)
        options = _waiting.Options(
            timeout=_waiting.timeout_of(timeout),
            schedule=_waiting.schedule_of(schedule),
            max_in_flight=max_in_flight,
            not_found_grace=UNSET if not_found_grace is None else not_found_grace,
            cancels=on_timeout == "cancel",
            fail_fast=fail_fast,
            base_urls=_waiting.base_urls_of(
                base_url or (), [job.target.provider.name for job in selected]
            ),
            checkpoint=checkpoint,
            again=again,
            json=as_json,
            output=output,
            verbose=verbose,
        )
        code = _waiting.wait_for(selected, options)
    raise typer.Exit(code)


@app.command(epilog=_exits.HELP)
def get(
    provider: ProviderName,
    id: JobId,
    as_json: AsJson = False,
    raw: Annotated[bool, typer.Option("--raw", help="The answer's body, byte for byte.")] = False,
    base_url: BaseUrl = None,
) -> None:
    """Ask once for a job, and show it."""
    with _exits.exit_codes(), ExitStack() as stack:
        target, client, job_id = _one(stack, provider, id, base_url)
        if raw:
            sys.stdout.buffer.write(target.waitable.get_raw(client, job_id).body)
            sys.stdout.buffer.flush()
            return
        job = target.waitable.get(client, job_id)
        data = None if job is UNSET else encode(job)
        if as_json:
            write_json(data, sys.stdout)
        else:
            write_fields(data, sys.stdout)


@app.command(epilog=_exits.HELP)
def cancel(provider: ProviderName, id: JobId, base_url: BaseUrl = None) -> None:
    """Ask a provider to end a job before its time."""
    with _exits.exit_codes(), ExitStack() as stack:
        target, client, job_id = _one(stack, provider, id, base_url)
        target.waitable.cancel(client, job_id)


@app.command()
def providers(as_json: AsJson = False) -> None:
    """List the providers whose packages are installed."""
    with _exits.exit_codes():
        described = [_described(provider) for provider in _targets.installed().values()]
        if as_json:
            write_json(described, sys.stdout)
            return
        rows = [
            (
                *(each["name"], each["version"], each["title"]),
                ", ".join(
                    f"{variable}{'' if variable in os.environ else ' (not set)'}"
                    for variable in each["environment_variables"]
                ),
                f"{job['name']} {'/'.join(job['id'])}",
                job["operation"],
            )
            for each in described
            for job in each["jobs"]
        ]
        headings = ("provider", "version", "title", "key from", "jobwait wait", "polls")
        write_table(headings, rows, sys.stdout)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def sandbox(context: typer.Context) -> None:
    """Play every installed provider on this machine; --help shows its options."""
    from jobwait.sandbox.__main__ import main

    raise typer.Exit(main(context.args))


def _one(
    stack: ExitStack, provider: str, id: str, base_url: list[str] | None
) -> tuple[_targets.Target, Any, Any]:
    target = _targets.target(provider)
    job_id = _targets.typed_id(target, id)
    urls = _waiting.base_urls_of(base_url or (), [target.provider.name])
    return target, _waiting.Clients(stack, urls).client(target), job_id


def _described(provider: Provider) -> dict[str, Any]:
    try:
        release = version(provider.package.replace("_", "-"))
    except PackageNotFoundError:
        release = ""
    several = len(provider.waitables) > 1
    kinds: dict[type[Any], str] = {str: "string", int: "integer", UUID: "uuid"}
    return {
        "name": provider.name,
        "title": provider.title,
        "package": provider.package,
        "version": release,
        "base_url": provider.config.base_url,
        "environment_variables": [
            credential.environment_variable
            for credential in provider.config.credentials
            if credential.environment_variable
        ],
        "jobs": [
            {
                "name": f"{provider.name}.{each.attribute}" if several else provider.name,
                "operation": each.operation,
                "id": {
                    name: kinds[kind]
                    for name, kind in zip(each.id_names, each.id_types, strict=True)
                },
            }
            for each in provider.waitables
        ],
    }
