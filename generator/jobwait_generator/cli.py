"""The command line."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, TypeAlias

import typer

from . import commands
from .changes.change import Severity
from .console import Console
from .document.document import COMMAND
from .emit.ruff import FormatError
from .output.folders import ObstacleError
from .output.tools import WrongToolsError
from .problems import RefusedError
from .revisions import NotComparableError

_OPERATIONS: Final = "--operations"

app: Final[typer.Typer] = typer.Typer(
    name=COMMAND,
    help="Make the packages in generated/ from the documents in specs/, where they are not up to "
    "date. Exits with 0, with 1 if a document was refused or files are stale, with 2 if an "
    "argument is wrong.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class _Session:
    """What holds for a whole run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.console = Console()

    def set(self, project: Path | None, as_json: bool) -> None:
        """Take the options that may stand before a command or after it."""
        self.root = self.root / (project or "")
        self.console = Console(as_json=as_json or self.console.as_json)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(version("jobwait-generator"))
        raise typer.Exit


_Project: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--project", metavar="DIR", help="Has specs/ and generated/; the current one by default."
    ),
]
_Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print problems as a JSON array on the standard output.")
]
_Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Make those that seem up to date as well.")
]
_Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
]
_Spec: TypeAlias = Annotated[
    str,
    typer.Option(
        "--spec",
        metavar="FILE|-|URL",
        help="The OpenAPI document, 3.0 or 3.1: a file, the standard input or an https address.",
    ),
]
_Overlay: TypeAlias = Annotated[
    str | None,
    typer.Option("--overlay", metavar="FILE", help="An OpenAPI Overlay, which is applied to it."),
]
_Operations: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        _OPERATIONS,
        metavar="OPERATION...",
        help="Ids, tags or such as `GET /path`; by default those with x-wait-for-completion.",
    ),
]
_SIDE: Final = (
    "A document, a package's folder, a project's folder, a provider of the project, or a revision "
    "of it in git, such as `HEAD~1` or `HEAD~1:acme`."
)
_PROVIDER: Final = "The provider, such as `acme`; its package is acme-client."


@app.callback(invoke_without_command=True)
def _make_all(
    context: typer.Context,
    project: _Project = None,
    force: _Force = False,
    as_json: _Json = False,
    show_version: _Version = False,
) -> None:
    session = _session(context, project, as_json)
    if context.invoked_subcommand is None:
        raise typer.Exit(commands.make_all(session.root, session.console, force=force))


@app.command("init")
def _init(context: typer.Context, project: _Project = None) -> None:
    """Write a repository to start from: specs/, a README, a noxfile, CI that checks for drift."""
    from .starter import start

    session = _session(context, project, False)
    raise typer.Exit(start(session.root, session.console))


@app.command("suggest")
def _suggest(context: typer.Context, spec: _Spec, as_json: _Json = False) -> None:
    """Print a proposal for a document's overlay; exit with 1 if nothing in it is certain."""
    raise typer.Exit(commands.suggest(_session(context, None, as_json).console, spec))


@app.command("add")
def _add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_PROVIDER)],
    spec: _Spec,
    overlay: _Overlay = None,
    operations: _Operations = None,
    project: _Project = None,
    as_json: _Json = False,
) -> None:
    """Take a document into specs/, and make its package."""
    session = _session(context, project, as_json)
    code = commands.add(session.root, session.console, name, spec, overlay, _words(operations))
    raise typer.Exit(code)


@app.command("build")
def _build(
    context: typer.Context,
    spec: _Spec,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help=_PROVIDER)],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Gets the folder NAME-client.")],
    overlay: _Overlay = None,
    operations: _Operations = None,
    package_version: Annotated[
        str | None,
        typer.Option("--package-version", metavar="X.Y.Z", help="Of the package; 0.1.0 if not."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Make a package of a document outside of specs/."""
    console = _session(context, None, as_json).console
    words = _words(operations)
    code = commands.build(console, spec, overlay, name, out, words, package_version)
    raise typer.Exit(code)


@app.command("check")
def _check(context: typer.Context, project: _Project = None, as_json: _Json = False) -> None:
    """Make all packages but write nothing; exit with 1 if something would change."""
    session = _session(context, project, as_json)
    raise typer.Exit(commands.check(session.root, session.console))


@app.command("diff")
def _diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help=_SIDE)],
    new: Annotated[
        str | None, typer.Argument(metavar="NEW", help="The same; by default the project as it is.")
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(
            "--overlay",
            metavar="FILE",
            help="The overlay of both documents; given twice, OLD's and NEW's. By default the one "
            "beside a document.",
        ),
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="NAME", help="Compare this one only.")
    ] = None,
    fail_on: Annotated[
        Severity | None,
        typer.Option("--fail-on", help="Exit with 1 if a change is as bad as this, or worse."),
    ] = None,
    project: _Project = None,
    as_json: _Json = False,
) -> None:
    """Tell what a new document or package means for users of an old one; write nothing."""
    from .releases import diff

    session = _session(context, project, as_json)
    overlays = overlay or []
    code = diff(session.root, session.console, old, new, overlays, provider, fail_on)
    raise typer.Exit(code)


@app.command("release")
def _release(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="PROVIDER", help=_PROVIDER)],
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="OLD",
            help="What was released last; by default the commit that brought the newest version "
            "into the changelog.",
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Write specs/PROVIDER.version, its changelog and the package."),
    ] = False,
    project: _Project = None,
) -> None:
    """Propose the version that the changes since the last release ask for."""
    from .releases import release

    session = _session(context, project, False)
    raise typer.Exit(release(session.root, session.console, name, since, write=yes))


def main(arguments: Sequence[str], root: Path) -> int:
    """Do what the arguments say, in the project at `root` if they name none; the exit code."""
    session = _Session(root)
    try:
        command = typer.main.get_command(app)
        command.main([*_one_by_one(arguments)], prog_name=COMMAND, obj=session)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except RefusedError as error:
        session.console.refuse(error.problems)
    except ObstacleError as error:
        session.console.fail({str(path): text for path, text in error.reasons.items()})
    except NotComparableError as error:
        session.console.fail({"": str(error)})
        return 2
    except (FormatError, WrongToolsError) as error:
        session.console.fail({"": str(error)})
    except OSError as error:
        text = str(error.strerror or error)
        if error.filename is not None:
            session.console.fail({str(error.filename): text})
            return 1
        # The output cannot be written; nor shall the interpreter try to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # as with `| head`, nobody reads on
            session.console.note(f"{COMMAND}: {text}")
    return 1


def run() -> None:
    """Run the command `jobwait-generate` in the current directory."""
    # A short run that needs nearly every object to its end: looking for garbage, then and on the
    # way, is a fifth of its time.
    gc.disable()
    sys.excepthook = _report_defect
    with Path(os.devnull).open("r+", encoding="utf-8") as null:
        # Python has no stream where one was closed before the start.
        sys.stdin, sys.stdout, sys.stderr = (
            stream or null for stream in (sys.stdin, sys.stdout, sys.stderr)
        )
        reconfigure: Callable[..., None] | None = getattr(sys.stdout, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
        code = main(sys.argv[1:], root=Path.cwd())
    gc.freeze()
    sys.exit(code)


def _report_defect(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Tell of an error in this program without pages of its code."""
    if os.environ.get("JOBWAIT_TRACEBACK"):
        sys.__excepthook__(kind, error, trace)
        return
    last = trace
    while last and last.tb_next:
        last = last.tb_next
    place = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"
    Console().note(
        f"{COMMAND}: {kind.__name__} at {place}: this is a defect of the generator, not of the "
        "document. Nothing was written. Please report it with the document; "
        "JOBWAIT_TRACEBACK=1 shows more."
    )


def _session(context: typer.Context, project: Path | None, as_json: bool) -> _Session:
    session = context.find_object(_Session)
    assert session is not None
    session.set(project, as_json)
    return session


def _one_by_one(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments, with `--operations A B` as the parser reads it: an option for each word."""
    several = False
    for i, argument in enumerate(arguments):
        if argument.startswith("-"):
            several = argument == _OPERATIONS
        if not several:
            yield argument
        elif argument != _OPERATIONS:
            yield from (_OPERATIONS, argument)
        elif "".join(arguments[i + 1 : i + 2]).startswith("-") or i + 1 == len(arguments):
            yield _OPERATIONS  # without a word, which the parser refuses


def _words(operations: Sequence[str] | None) -> list[str]:
    return [word.strip() for item in operations or () for word in item.split(",")]
