"""The commands and their arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from jobwait import UNSET, Provider, __version__
from jobwait._encode import encode

from . import _exits, _targets, _waiting
from ._output import write_fields, write_json, write_table

app = typer.Typer(
    help="Wait for jobs of the providers whose packages are installed.",
    epilog=_exits.HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _complete_provider(incomplete: str) -> Iterable[str]:
    return [name for name in _targets.names() if name.startswith(incomplete)]


def _complete_schedule(incomplete: str) -> Iterable[str]:
    return [form for form in ("fixed:", "exponential:") if form.startswith(incomplete)]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"jobwait {__version__}")
        raise typer.Exit


ProviderName = Annotated[
    str,
    typer.Argument(
        metavar="PROVIDER",
        help="As `jobwait providers` lists it; PROVIDER.RESOURCE if it has jobs of several kinds.",
        autocompletion=_complete_provider,
    ),
]
JobId = Annotated[str, typer.Argument(metavar="ID", help="With a slash between its parts.")]
BaseUrl = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        help="Where requests go, if not to the provider's own server; PROVIDER=URL for each of "
        "several providers.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, under the provider's own names.")]


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
    jobs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROVIDER ID... | PROVIDER:ID...",
            help="The jobs, of one provider or of several; - reads ids from stdin.",
            autocompletion=_complete_provider,
        ),
    ] = None,
    ids_from: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="More ids, one a line, as text or as JSON; - is stdin."),
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS",
            help="For each job; none is for ever. If not given, as the provider recommends.",
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule",
            metavar="PACE",
            help="fixed:SECONDS or exponential:INITIAL,MULTIPLIER,MAXIMUM. If not given, polls aim "
            "at the jobs' ends.",
            autocompletion=_complete_schedule,
        ),
    ] = None,
    max_in_flight: Annotated[int, typer.Option(help="Requests at a time to a provider.")] = 100,
    on_timeout: Annotated[
        Literal["raise", "cancel"],
        typer.Option(help="Whether a job that does not end in time is cancelled, where it can be."),
    ] = "raise",
    not_found_grace: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="In which a 404 means that a job is not there yet."),
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first job that does not succeed.")
    ] = False,
    base_url: BaseUrl = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Keep the waits in this file: the same command goes on where it was killed.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Wait anew for jobs whose wait ended in a timeout or an error before."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Outcomes as JSON lines, as they come; else a table.")
    ] = False,
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the outcomes there, not to stdout.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every poll.")] = False,
) -> None:
    """Wait until jobs have ended, and say how each did."""
    hint = "the same command goes on where it was" if checkpoint else None
    with _exits.exit_codes(hint):
        if again and checkpoint is None:
            raise _exits.UsageError("--again is about the outcomes of a --checkpoint")
        found = _targets.jobs_of(jobs or [], ids_from)
        options = _waiting.Options(
            timeout=_waiting.timeout_of(timeout),
            schedule=_waiting.schedule_of(schedule),
            max_in_flight=max_in_flight,
            not_found_grace=UNSET if not_found_grace is None else not_found_grace,
            cancels=on_timeout == "cancel",
            fail_fast=fail_fast,
            base_urls=_waiting.base_urls_of(
                base_url or (), [job.target.provider.name for job in found]
            ),
            checkpoint=checkpoint,
            again=again,
            json=as_json,
            output=output,
            verbose=verbose,
        )
        code = _waiting.wait_for(found, options)
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
        found = [_described(provider) for provider in _targets.installed().values()]
        if as_json:
            write_json(found, sys.stdout)
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
            for each in found
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
