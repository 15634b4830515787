"""Every task of this repository: `nox` runs what CI runs, `nox -l` lists them all."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import nox

nox.needs_version = ">=2025.11.12"
nox.options.sessions = [
    "lint",
    "generated",
    "types",
    "tests",
    "coverage",
    "install",
    "demo",
    "docs",
    "conformance",
]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13"]
CODE = ["jobwait", "generator", "tests", "benchmarks", "docs", "noxfile.py"]
AIRFLOW = Path("integrations/airflow")
"""It needs more, and other versions, than all else: it has an environment and a lock of its own."""
PROJECT = nox.project.load_toml("pyproject.toml")

EXPORT = Path("constraints.txt")
LOCKED: dict[str, str | None] = dict.fromkeys(
    ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"), str(EXPORT)
)
# The lock names the index; it is the same wherever it is made.
PYPI = ("--no-config", "--default-index", "https://pypi.org/simple")

# Which dependency groups declare the imports of what is not published.
DECLARED = {
    "tests": ["test", "types", "conformance", "docs", "engines", "install"],
    "benchmarks": ["bench", "engines"],
    "docs": ["demo", "docs", "engines"],
}
MODULES = (
    "apache-airflow=airflow,griffelib=griffe,nats-py=nats,opentelemetry-sdk=opentelemetry,"
    "PyYAML=yaml,vcrpy=vcr"
)
# Nothing imports sniffio but httpcore; openapi-python-client and ruff are commands.
EXCEPTIONS = "DEP002=aiohttp|sniffio|openapi-python-client|ruff|datamodel-code-generator"

# With pyenv, the `python3.12` on the PATH is a stub that fails unless 3.12 was chosen before; the
# interpreters themselves stand here.
for bin_ in sorted(
    Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin")
):
    os.environ["PATH"] += os.pathsep + str(bin_)


def pip_install(session: nox.Session, *requirements: str, locked: bool = True) -> None:
    """Install, with all that comes along, build back ends too, at the versions of the lock."""
    session.install(*requirements, silent=True, env=LOCKED if locked else None)


def groups(*names: str) -> list[str]:
    """What stands in dependency groups of pyproject.toml."""
    return [*nox.project.dependency_groups(PROJECT, *names)]


def distributions(*patterns: str) -> dict[Path, str]:
    """The folders of what is published, each with the name of its package."""
    found = {
        path.parent: nox.project.load_toml(path)["tool"]["hatch"]["build"]["targets"]["wheel"]
        for pattern in patterns or ("", "generator/", "generated/*/")
        for path in sorted(Path().glob(f"{pattern}pyproject.toml"))
    }
    return {folder: wheel["packages"][0] for folder, wheel in found.items()}


def published() -> dict[Path, str]:
    """As `distributions`, with those that have an environment of their own."""
    return distributions() | distributions("integrations/*/")


def wheels(*, unplayable: bool = False) -> list[str]:
    """What the session `build` made, command and sandbox included, but no integration.

    Packages that the sandbox cannot play, as their documents have no example of a job, are
    installed only if `unplayable`: the tests of the packages play each.
    """
    playable = {path.parent.name for path in Path("generated").glob("*/*/_sandbox_models.py")}
    playable |= {"jobwait", "jobwait_generator"}
    return [
        f"{wheel.resolve()}[cli,sandbox]" if wheel.name.startswith("jobwait-") else str(wheel)
        for wheel in sorted(Path("dist").glob("*.whl"))
        for name in [wheel.name.partition("-")[0]]
        if name in playable or (unplayable and not name.startswith("airflow_provider_"))
    ]


def exported(session: nox.Session, *options: str) -> str:
    """The lock in words that pip reads as constraints."""
    file = Path(session.create_tmp(), EXPORT.name)
    what = ("--all-groups", "--all-extras", "--all-packages", "--no-emit-local", "--no-hashes")
    form = ("--no-annotate", "--no-header", "--quiet", "--output-file", str(file))
    session.run("uv", "export", *PYPI, *options, *what, *form)
    head = "# Written by `nox -s lock` from uv.lock, for pip's option --constraint.\n"
    return head + file.read_text(encoding="utf-8")


@nox.session(reuse_venv=True)
def dev(session: nox.Session) -> None:
    """Make .nox/dev, for editors and single tests: all tools, and the checkout in editable mode."""
    folders = [f"./{folder}" for folder in distributions() if folder != Path()]
    own = chain.from_iterable(
        ("--editable", folder) for folder in [".[aiohttp,cli,sandbox]", *folders]
    )
    pip_install(session, *own, *groups(*PROJECT["dependency-groups"]))


@nox.session(reuse_venv=True)
def generate(session: nox.Session) -> None:
    """Write generated/ anew from specs/; says per package whether anything changed."""
    pip_install(session, "./generator")
    session.run("jobwait-generate", *session.posargs)


@nox.session
def generated(session: nox.Session) -> None:
    """Check that generated/ is, byte for byte, what the generator writes."""
    pip_install(session, "./generator")
    session.run("jobwait-generate", "check")


@nox.session(reuse_venv=True)
def lock(session: nox.Session) -> None:
    """Make uv.lock and constraints.txt fit pyproject.toml; `-- --upgrade` takes the newest."""
    pip_install(session, *groups("lock"))
    session.run("uv", "lock", *PYPI, *session.posargs)
    EXPORT.write_text(exported(session, "--frozen"), encoding="utf-8", newline="\n")
    with session.chdir(AIRFLOW):
        session.run(
            *("uv", "pip", "compile", *PYPI, *session.posargs, "--group", "test", "--universal"),
            *("--python-version", PYTHONS[0], "--no-emit-package", "jobwait", "--no-annotate"),
            *("--no-header", "--quiet", "--output-file", EXPORT.name, "pyproject.toml"),
        )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, the lock, and that whatever is imported is declared."""
    pip_install(session, *groups("lint", "lock"))
    session.run("ruff", "check", *CODE, "integrations")
    session.run("ruff", "format", "--check", *CODE, "integrations")
    # Their code is formatted by the generator; how their docstrings read is its business too.
    google = ("--config", 'lint.pydocstyle.convention="google"', "--ignore", "D105,D107,D417")
    session.run("ruff", "check", "--isolated", "--select", "D", *google, "generated")
    if exported(session, "--locked", "--offline") != EXPORT.read_text(encoding="utf-8"):
        session.error(f"{EXPORT} is not what uv.lock says; run: nox -s lock")
    packages = published()
    for folder, package in packages.items():
        project = nox.project.load_toml(folder / "pyproject.toml")["project"]
        extras = project.get("optional-dependencies", {}).values()
        declared = [*project.get("dependencies", []), *chain.from_iterable(extras)]
        check_imports(session, folder / package, declared, [package])
    own = ["benchmarks", "docs", "tests", *packages.values()]
    for code, names in DECLARED.items():
        check_imports(session, Path(code), groups(*names), own, "--ignore", "DEP002")


def check_imports(
    session: nox.Session, code: Path, declared: list[str], own: list[str], *options: str
) -> None:
    """Check that a folder imports what is its own or declared for it, and nothing else."""
    # deptry overlooks what two dependency groups have, so it sees no more than what counts here.
    config = Path(session.create_tmp(), "pyproject.toml")
    text = f'[project]\nname = "code"\nversion = "0"\ndependencies = {json.dumps(declared)}\n'
    config.write_text(text, encoding="utf-8")
    session.run(
        *(
            "deptry",
            *options,
            "--config",
            str(config),
            "--exclude",
            ".*/third_party/|.*/engines/airflow/",
            str(code),
        ),
        *(f"--known-first-party={name}" for name in own),
        *("--package-module-name-map", MODULES, "--per-rule-ignores", EXCEPTIONS),
        silent=True,
    )


@nox.session
def build(session: nox.Session) -> None:
    """Build wheels and sdists of all distributions into dist/, and check them."""
    pip_install(session, *groups("build"))
    shutil.rmtree("dist", ignore_errors=True)
    for folder in published():
        session.run(
            *("uv", "build", "--quiet", "--no-build-isolation", "--no-config"),
            *("--python", "python", "--out-dir", "dist", str(folder)),
        )
    files = [str(path) for path in sorted(Path("dist").glob("*-*"))]
    session.run("twine", "check", "--strict", *files, silent=True)


@nox.session(requires=["build"])
def release(session: nox.Session) -> None:
    """Publish dist/ to `-- --publish-url URL`, and install it from there into an empty environment.

    What the index has already is not published again. Credentials come from the environment, as uv
    reads them: UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD.
    """
    upload, index = release_urls(session)
    pip_install(session, *groups("build"))
    # The layer before the packages that require it.
    files = sorted(Path("dist").glob("*-*"), key=lambda path: (path.name[:8] != "jobwait-", path))
    session.run(
        *("uv", "publish", "--no-config", "--publish-url", upload, "--check-url", index),
        *map(str, files),
    )
    wheels = [path.name.split("-") for path in files if path.suffix == ".whl"]
    pins = [f"{name.replace('_', '-')}=={version}" for name, version, *_ in wheels]
    # An integration is installed by itself: what it integrates with brings hundreds along.
    apart = {*distributions("integrations/*/").values()}
    rest = [pin for pin in pins if pin.partition("==")[0].replace("-", "_") in apart]
    python = empty_environment(session)
    for options in ([pin for pin in pins if pin not in rest], ["--no-deps", *rest]):
        session.run(
            *("uv", "pip", "install", "--quiet", "--python", str(python), "--refresh"),
            *("--index", f"release={index}", *options),
        )
    lines = [f"import {name}" for name, *_ in wheels if name not in apart]
    lines += ["from importlib.metadata import version"]
    lines += [f"assert version({name!r}) == {version!r}" for name, version, *_ in wheels]
    session.run(str(python), "-I", "-c", "\n".join(lines), external=True, silent=True)


def empty_environment(session: nox.Session) -> Path:
    """The interpreter of an environment with nothing in it."""
    folder = Path(session.create_tmp(), "empty")
    session.run("uv", "venv", "--quiet", "--clear", "--python", "python", str(folder))
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def release_urls(session: nox.Session) -> tuple[str, str]:
    """Where `release` uploads to, and the simple index that it installs from."""
    parser = argparse.ArgumentParser("nox -s release --", allow_abbrev=False)
    parser.add_argument("--publish-url", required=True, metavar="URL", help="takes the uploads")
    parser.add_argument("--index-url", metavar="URL", help="the simple index beside it")
    options = parser.parse_args(session.posargs)
    upload: str = options.publish_url
    index: str = options.index_url or f"{upload.rstrip('/')}/simple/"
    host = urlsplit(upload).hostname
    if host in ("upload.pypi.org", "test.pypi.org"):
        index = options.index_url or f"https://{host.removeprefix('upload.')}/simple/"
    if any("@" in urlsplit(url).netloc for url in (upload, index)):
        session.error("put no credentials into an address, but into the environment")
    return upload, index


@nox.session(requires=["build"])
def types(session: nox.Session) -> None:
    """Check the types of everything, and that those of the published packages are complete."""
    used = groups("types", "test", "bench", "demo", "docs", "conformance", "engines")
    pip_install(session, *wheels(unplayable=True), *used)
    packages = distributions()
    generated = [
        str(folder / name) for folder, name in packages.items() if "generated" in str(folder)
    ]
    code = [*CODE, *generated]
    session.run("mypy", *code)
    session.run("pyright", "--warnings", *code)
    session.run("pytest", "tests/typing")
    for name in packages.values():
        session.run("pyright", "--verifytypes", name, "--ignoreexternal")


@nox.session(python=PYTHONS, requires=["build"])
def tests(session: nox.Session) -> None:
    """Test the installed wheels, on each Python that is there."""
    run_tests(session)


@nox.session(requires=["build"])
def coverage(session: nox.Session) -> None:
    """Run the suite once more, and print what it does not reach."""
    run_tests(session, measured=True)


@nox.session(name="tests-latest", requires=["build"])
def tests_latest(session: nox.Session) -> None:
    """Test without the lock, on the newest version of everything."""
    run_tests(session, locked=False)


def run_tests(session: nox.Session, *, locked: bool = True, measured: bool = False) -> None:
    """Run the suite on the installed wheels."""
    # As pip does by itself: else all workers would compile what they import, at the same time.
    session.env["UV_COMPILE_BYTECODE"] = "1"
    pip_install(session, *wheels(), *groups("test", "types"), locked=locked)
    # Whatever the environment says, modules are compiled once, and not by each process of a test.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    # Twice as many as there are cores, as tests wait about as long as they compute.
    workers = str(2 * (os.cpu_count() or 1))
    command = ("pytest", "--numprocesses", workers, "--dist", "worksteal", *session.posargs)
    if not measured:
        session.run(*command)
        return
    # Whatever a test starts, wherever it runs, writes there.
    session.env["COVERAGE_FILE"] = str(Path(session.virtualenv.location, ".coverage").resolve())
    session.run("coverage", "erase")
    # With -P the checkout does not stand before the wheels.
    session.run("python", "-P", "-m", "coverage", "run", "-m", *command)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def install(session: nox.Session) -> None:
    """Install one package from the checkout as the README says, and the generator from wheels."""
    pip_install(session, ".", "./generated/docurift-client")
    session.run("python", "-I", "-c", "from docurift_client import Client; print(Client('key'))")
    pip_install(session, *groups("install"))
    session.run("pytest", "tests/install")


@nox.session(requires=["generate", "build"])
def demo(session: nox.Session) -> None:
    """Wait for one real job per provider, played by the sandbox over real HTTP."""
    pip_install(session, *wheels(), *groups("demo"))
    session.run("python", "docs/demo.py")


@nox.session(requires=["build"])
def docs(session: nox.Session) -> None:
    """Build the documentation into build/docs/site, strictly, and test it (needs npm).

    `-- --url URL` says where it will stand. A browser reads it if chromium is installed.
    """
    pip_install(session, *wheels(), *groups("docs", "test", "types", "demo"))
    session.run("python", "-m", "docs.site", *session.posargs)
    workers = str(os.cpu_count() or 1)
    session.run("pytest", "tests/documentation", "--numprocesses", workers, "--dist", "worksteal")


@nox.session(requires=["build"])
def pictures(session: nox.Session) -> None:
    """Draw the pictures in docs/pictures anew, but for that of `bench` (needs npm)."""
    pip_install(session, *wheels(), *groups("docs", "demo", "bench"))
    session.run("python", "-m", "docs.site.pictures")
    session.run("python", "-m", "benchmarks.plots")


@nox.session(requires=["build"])
def conformance(session: nox.Session) -> None:
    """Check documents, clients and sandbox against Redocly, Prism and Schemathesis (needs node)."""
    pip_install(session, *wheels(), *groups("test", "conformance"))
    session.run("pytest", "tests/conformance", *session.posargs)


@nox.session(requires=["build"])
def airflow(session: nox.Session) -> None:
    """Check the provider for Airflow, and test its parts, where Airflow is installed."""
    lock = str((AIRFLOW / EXPORT).resolve())
    ours = ("jobwait", "docurift_client", "spideriq_client", "airflow_provider_jobwait")
    built = [str(wheel) for name in ours for wheel in Path("dist").glob(f"{name}-*.whl")]
    needed = nox.project.dependency_groups(
        nox.project.load_toml(AIRFLOW / "pyproject.toml"), "test"
    )
    session.install(*built, *needed, silent=True, env=dict.fromkeys(LOCKED, lock))
    tests = "tests/engines/airflow"
    with session.chdir(AIRFLOW):
        code = ("airflow_provider_jobwait", f"../../{tests}")
        session.run("mypy", *code, env={"MYPYPATH": ".:../.."})
        session.run("pyright", "--warnings", *code)
    # What is above needs more than this environment has.
    session.run("python", "-m", "pytest", "--confcutdir", "tests/engines", tests, *session.posargs)


@nox.session(requires=["build", "airflow"])
def engines(session: nox.Session) -> None:
    """Wait on RabbitMQ, Airflow, Redis and others, kill workers, and check that no wait is lost."""
    pip_install(session, *wheels(), *groups("test", "engines"))
    python = Path(session.bin).parent.with_name("airflow") / Path(session.bin).name / "python"
    # Airflow takes as long as all others together.
    options = ("-rs", "--numprocesses", "3", "--dist", "loadfile", *session.posargs)
    session.run(
        *("python", "-m", "pytest", "tests/engines", "--ignore=tests/engines/airflow", *options),
        env={"JOBWAIT_AIRFLOW_PYTHON": str(python.absolute())},
    )


@nox.session(requires=["build"])
def fuzz(session: nox.Session) -> None:
    """Try random documents, overlays and answers for ten minutes; `-- --seconds 60 --seed 5`."""
    pip_install(session, *wheels(unplayable=True), *groups("test"))
    # A test is as long as it shall be.
    options = ("-o", "faulthandler_timeout=0", "-s", "--show-capture=no", "tests/fuzz")
    session.run("python", "-m", "pytest", *options, *session.posargs)


@nox.session(requires=["build"])
def bench(session: nox.Session) -> None:
    """Measure cost side by side with other libraries, and print ratios of medians."""
    pip_install(session, *wheels(), *groups("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)
