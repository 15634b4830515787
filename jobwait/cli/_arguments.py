"""The arguments and options of the commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import typer

from ._targets import names


def _complete_provider(incomplete: str) -> Iterable[str]:
    return [name for name in names() if name.startswith(incomplete)]


def _complete_schedule(incomplete: str) -> Iterable[str]:
    return [form for form in ("fixed:", "exponential:") if form.startswith(incomplete)]


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
Jobs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROVIDER ID... | PROVIDER:ID...",
        help="The jobs, of one provider or of several; - reads ids from stdin.",
        autocompletion=_complete_provider,
    ),
]
IdsFrom = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="More ids, one a line, as text or as JSON; - is stdin."),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        metavar="SECONDS",
        help="For each job; none is for ever. If not given, as the provider recommends.",
    ),
]
Pace = Annotated[
    str | None,
    typer.Option(
        "--schedule",
        metavar="PACE",
        help="fixed:SECONDS or exponential:INITIAL,MULTIPLIER,MAXIMUM. If not given, polls aim "
        "at the jobs' ends.",
        autocompletion=_complete_schedule,
    ),
]
MaxInFlight = Annotated[int, typer.Option(help="Requests at a time to a provider.")]
OnTimeout = Annotated[
    Literal["raise", "cancel"],
    typer.Option(help="Whether a job that does not end in time is cancelled, where it can be."),
]
NotFoundGrace = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="In which a 404 means that a job is not there yet."),
]
FailFast = Annotated[
    bool, typer.Option("--fail-fast", help="Stop at the first job that does not succeed.")
]
CheckpointFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Keep the waits in this file: the same command goes on where it was killed.",
    ),
]
Again = Annotated[
    bool,
    typer.Option(
        "--again", help="Wait anew for jobs whose wait ended in a timeout or an error before."
    ),
]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Outcomes as JSON lines, as they come; else a table.")
]
Output = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write the outcomes there, not to stdout.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every poll.")]
