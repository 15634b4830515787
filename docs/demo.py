"""Waits for one job of every installed provider at the same time, over real HTTP.

The sandbox plays the providers on this machine, so it needs no account. `nox -s demo` runs it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Protocol

import attrs
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.pretty import Pretty
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

import jobwait.sandbox
from jobwait import UNSET, JobFailedError, JobwaitError, Provider, providers
from jobwait.sandbox import Sandbox, SandboxJob

FAILING = "docurift"
"""The provider whose job is made to fail; it says more than the others about the reason."""


async def wait(provider: Provider, sandbox: Sandbox, job: SandboxJob, row: Row) -> object:
    """Wait for a job and return it, or the error that its user would meet."""
    # With one provider this reads: `from docurift_client import AsyncClient`, and all is typed.
    async_client: Any = provider.async_client
    async with async_client(sandbox.api_key, base_url=sandbox.url(provider.name)) as client:
        try:
            ending = await client.jobs.wait_for_completion(job.id, timeout=60, on_update=row.show)
        except JobwaitError as error:
            ending = error
    row.end(ending)
    return ending


async def main(console: Console) -> int:
    """Start one job per provider, wait for all of them, and print how each ended."""
    installed = providers()
    with jobwait.sandbox.run() as sandbox:
        console.print(f"The sandbox plays {len(installed)} providers on {sandbox.base_url}")
        console.print("Each wait is one line:\n")
        console.print("    await client.jobs.wait_for_completion(job_id)\n", highlight=False)
        jobs = {
            name: sandbox.create_job(
                name,
                seconds=6 + number,
                outcome="failed" if name == FAILING else "succeeded",
            )
            for number, name in enumerate(installed)
        }
        progress = Progress(
            TextColumn("  [bold]{task.description:10}"),
            TextColumn("{task.fields[word]:15}"),
            BarColumn(finished_style="green"),
            TimeElapsedColumn(),
            console=console,
        )
        with progress if console.is_terminal else nullcontext():
            endings = await asyncio.gather(
                *(
                    wait(
                        provider,
                        sandbox,
                        jobs[name],
                        Bar(progress, provider) if console.is_terminal else Lines(provider),
                    )
                    for name, provider in installed.items()
                )
            )
    with console.capture() as explained:
        for provider, ending in zip(installed.values(), endings, strict=True):
            explain(console, provider, ending)
    # rich fills lines up with spaces, which a log keeps.
    print(*map(str.rstrip, explained.get().splitlines()), sep="\n")
    as_meant = [
        isinstance(ending, JobFailedError)
        if name == FAILING
        else not isinstance(ending, JobwaitError)
        for name, ending in zip(installed, endings, strict=True)
    ]
    return 0 if installed and all(as_meant) else 1


def explain(console: Console, provider: Provider, ending: object) -> None:
    """Print what a wait returned, or what it raised."""
    title, kind = escape(provider.title), type(ending).__name__
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    if isinstance(ending, JobwaitError):
        meant = ", as it was meant to" if provider.name == FAILING else ""
        console.print(f"\n[bold]{title}[/] raised [bold red]{kind}[/]{meant}")
        console.print(Padding(Text(str(ending), "red"), (0, 4)))
        names = ["code", "message", "retryable"] if isinstance(ending, JobFailedError) else []
    else:
        console.print(f"\n[bold]{title}[/] returned [bold green]{kind}[/]")
        model = type(ending)
        names = [field.name for field in attrs.fields(model)] if attrs.has(model) else []
    for name in names:
        value = getattr(ending, name)
        if name != "additional_properties" and value is not UNSET:
            shown = str(value) if isinstance(value, datetime) else Pretty(value)
            table.add_row(f"[dim].{name}", shown)
    console.print(Padding(table, (0, 4)))


class Row(Protocol):
    """Shows how one job is doing."""

    def show(self, job: Any) -> None:
        """Show a job as a poll saw it: this is what `on_update` calls."""

    def end(self, ending: object) -> None:
        """Show that the wait is over."""


class Bar:
    """A moving bar on a terminal."""

    def __init__(self, progress: Progress, provider: Provider) -> None:
        self.progress = progress
        self.task = progress.add_task(escape(provider.title), total=None, word="")

    def show(self, job: Any) -> None:
        """Show the status word, and how far the job is if it knows."""
        done = f" {job.progress:.0f} %" if hasattr(job, "progress") else ""
        self.progress.update(self.task, word=f"{job.status}{done}")
        if done:
            self.progress.update(self.task, total=100, completed=job.progress)

    def end(self, ending: object) -> None:
        """Fill the bar of a job that succeeded, and stop the clock of the others."""
        if isinstance(ending, JobwaitError):
            self.progress.update(self.task, word=f"[red]{type(ending).__name__}")
            self.progress.stop_task(self.task)
        else:
            self.progress.update(self.task, total=1, completed=1)


class Lines:
    """One plain line per poll, for a pipe or a log."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.began = time.monotonic()

    def show(self, job: Any) -> None:
        """Print the time since the start, and the status word."""
        done = f" {job.progress:.0f} %" if hasattr(job, "progress") else ""
        seconds = time.monotonic() - self.began
        print(f"  {seconds:5.1f} s  {self.provider.title:10} {job.status}{done}", flush=True)

    def end(self, ending: object) -> None:
        """Print nothing: the last poll has told."""


if __name__ == "__main__":
    try:
        # Lines in a log are not wrapped where a terminal would end.
        sys.exit(asyncio.run(main(Console(width=None if sys.stdout.isatty() else 160))))
    except KeyboardInterrupt:
        sys.exit(130)
