"""Every task of this repository: `nox` runs what CI runs, `nox -l` lists them all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.11.12"
nox.options.sessions = ["lint", "generated", "types", "tests", "install", "demo", "conformance"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13"]
CODE = ["jobwait", "generator", "tests", "benchmarks", "docs", "noxfile.py"]
PROJECT = nox.project.load_toml("pyproject.toml")

# With pyenv, the `python3.12` on the PATH is a stub that fails unless 3.12 was chosen before; the
# interpreters themselves stand here.
for bin_ in sorted(
    Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin")
):
    os.environ["PATH"] += os.pathsep + str(bin_)


def install_group(session: nox.Session, *names: str) -> None:
    """Install dependency groups of pyproject.toml: every development tool is pinned there."""
    session.install(*nox.project.dependency_groups(PROJECT, *names), silent=True)


def distributions() -> list[Path]:
    """The folders of everything that is published."""
    return [
        Path(),
        Path("generator"),
        *sorted(path.parent for path in Path("generated").glob("*/pyproject.toml")),
    ]


def install_wheels(session: nox.Session, *, unplayable: bool = False) -> None:
    """Install what the session `build` made, the sandbox included.

    Packages that the sandbox cannot play, as their documents have no example of a job, are
    installed only if `unplayable`: the tests of the packages play each.
    """
    playable = {path.parent.name for path in Path("generated").glob("*/*/_sandbox_models.py")}
    playable |= {"jobwait", "jobwait_generator"}
    session.install(
        *(
            f"{wheel.resolve()}[sandbox]" if wheel.name.startswith("jobwait-") else str(wheel)
            for wheel in sorted(Path("dist").glob("*.whl"))
            if unplayable or wheel.name.partition("-")[0] in playable
        ),
        silent=True,
    )


@nox.session(reuse_venv=True)
def generate(session: nox.Session) -> None:
    """Write generated/ anew from specs/; says per package whether anything changed."""
    session.install("./generator", silent=True)
    session.run("jobwait-generate", *session.posargs)


@nox.session
def generated(session: nox.Session) -> None:
    """Check that generated/ is, byte for byte, what the generator writes."""
    session.install("./generator", silent=True)
    session.run("jobwait-generate", "check")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    install_group(session, "lint")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheels and sdists of all distributions into dist/, and check them."""
    install_group(session, "build")
    shutil.rmtree("dist", ignore_errors=True)
    for folder in distributions():
        session.run(
            *("uv", "build", "--quiet", "--no-build-isolation", "--no-config"),
            *("--python", "python", "--out-dir", "dist", str(folder)),
        )
    files = [str(path) for path in sorted(Path("dist").glob("*-*"))]
    session.run("twine", "check", "--strict", *files, silent=True)


@nox.session(requires=["build"])
def types(session: nox.Session) -> None:
    """Check the types of everything, and that those of the published packages are complete."""
    install_wheels(session, unplayable=True)
    install_group(session, "types", "test", "bench", "demo", "conformance")
    packages = [path.name.removesuffix("-client") + "_client" for path in distributions()[2:]]
    code = [*CODE, *(f"generated/{name.replace('_', '-')}/{name}" for name in packages)]
    session.run("mypy", *code)
    session.run("pyright", "--warnings", *code)
    session.run("pytest", "tests/typing")
    for name in ["jobwait", "jobwait_generator", *packages]:
        session.run("pyright", "--verifytypes", name, "--ignoreexternal")


@nox.session(python=PYTHONS, requires=["build"])
def tests(session: nox.Session) -> None:
    """Test the installed wheels, on each Python that is there."""
    install_wheels(session)
    install_group(session, "test", "types")
    session.run("pytest", "--numprocesses", "auto", *session.posargs)


@nox.session
def install(session: nox.Session) -> None:
    """Install one package from the checkout as the README says, and the generator from wheels."""
    session.install(".", "./generated/docurift-client", silent=True)
    session.run("python", "-I", "-c", "from docurift_client import Client; print(Client('key'))")
    install_group(session, "install")
    session.run("pytest", "tests/install")


@nox.session(requires=["generate", "build"])
def demo(session: nox.Session) -> None:
    """Wait for one real job per provider, played by the sandbox over real HTTP."""
    install_wheels(session)
    install_group(session, "demo")
    session.run("python", "docs/demo.py")


@nox.session(requires=["build"])
def conformance(session: nox.Session) -> None:
    """Check documents, clients and sandbox against Redocly, Prism and Schemathesis (needs node)."""
    install_wheels(session)
    install_group(session, "test", "conformance")
    session.run("pytest", "tests/conformance", *session.posargs)


@nox.session(requires=["build"])
def bench(session: nox.Session) -> None:
    """Measure cost side by side with other libraries, and print ratios of medians."""
    install_wheels(session)
    install_group(session, "bench")
    session.run("python", "-m", "benchmarks", *session.posargs)
