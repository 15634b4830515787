"""Options, exit codes, what is printed where, and where documents may come from."""

from __future__ import annotations

import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
import trustme
import yaml
from jobwait_generator.cli import main
from jobwait_generator.document.document import SCHEMA
from jobwait_generator.download import DownloadError, download

from .conftest import ROOT, WIDGETS

Answer: TypeAlias = Callable[[http.server.BaseHTTPRequestHandler], None]

WRONG: Final = WIDGETS.replace("states: {waiting: pending,", "states: {")


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "jobwait_generator", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator"), **environment},
        capture_output=True,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "widgets.yaml").write_text(WIDGETS)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["biuld"], "No such command 'biuld'. Did you mean 'build'?"),
        (["build", "--name", "acme", "--out", "."], "Missing option '--spec'."),
        (["build", "--spec", "a.yaml", "--out", "."], "Missing option '--name'."),
        (["build", "--spec", "a.yaml", "--name", "acme"], "Missing option '--out'."),
        (["add", "--spec", "a.yaml"], "Missing argument 'NAME'."),
        (["add", "acme", "--spec", "a", "--operations"], "Option '--operations' requires"),
        (["check", "--forec"], "No such option: --forec"),
        (["check", "extra"], "Got unexpected extra argument"),
    ],
)
def test_a_wrong_argument_is_told_in_a_line_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(arguments, tmp_path) == 2

    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["", "init", "suggest", "add", "build", "check"])
def test_every_command_explains_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([*command.split(), "--help"], tmp_path) == 0
    assert capsys.readouterr().out.startswith(f"Usage: jobwait-generate {command}".rstrip())


def test_the_version_is_that_of_the_distribution(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tomllib.loads((ROOT / "generator" / "pyproject.toml").read_text())["project"]
    assert main(["--version"], tmp_path) == 0
    assert capsys.readouterr().out == f"{project['version']}\n"


def test_the_commands_can_be_completed(tmp_path: Path) -> None:
    result = run(
        cwd=tmp_path,
        _JOBWAIT_GENERATE_COMPLETE="complete_bash",
        COMP_WORDS="jobwait-generate bu",
        COMP_CWORD="1",
    )
    assert result.stdout.split() == [b"build"]


@pytest.mark.parametrize("before", [True, False])
def test_a_project_may_be_anywhere(
    project: Path, tmp_path_factory: pytest.TempPathFactory, before: bool
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    option = ["--project", str(project)]
    assert main(option, elsewhere) == 0
    assert main([*option, "check"] if before else ["check", *option], elsewhere) == 0
    spec = ["--spec", str(project / "specs" / "widgets.yaml")]
    assert main(["add", "widgets", *spec, *option], elsewhere) == 1
    assert not list(elsewhere.iterdir())
    assert (project / "generated" / "widgets-client").is_dir()


def test_problems_are_objects_for_programs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "specs" / "widgets.yaml").write_text(WRONG)
    for arguments in (["--json"], ["--json", "check"], ["check", "--json"]):
        assert main(arguments, project) == 1

        printed = capsys.readouterr()
        assert printed.err == ""
        (problem,) = json.loads(printed.out)
        pointer = "/paths/~1jobs~1{id}/get/x-wait-for-completion/states"
        assert (problem["file"], problem["pointer"]) == ("specs/widgets.yaml", pointer)
        assert problem["line"] == WRONG[: WRONG.index("states: ")].count("\n") + 1
        assert 'the status word "waiting" has no state' in problem["message"]


def test_errors_without_a_place_are_objects_too(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def problems(*arguments: str) -> list[dict[str, Any]]:
        main([*arguments, "--json"], project)
        result: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return result

    stale = "missing; mend it: jobwait-generate"
    check = problems("check")
    assert {"file": f"specs/{SCHEMA.name}", "line": None, "pointer": "", "message": stale} in check
    assert all(problem["message"] == stale for problem in check)
    assert problems() == []
    assert problems("check") == []
    (problem,) = problems("build", "--spec", "nowhere.yaml", "--name", "a", "--out", ".")
    assert (problem["file"], problem["message"]) == ("nowhere.yaml", "No such file or directory")
    (project / "generated" / "mine.txt").write_text("")
    (problem,) = problems("--force")
    assert problem["message"] == "this is no folder; move it away"


def test_operations_may_be_listed_in_any_way(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = str(project / "specs" / "widgets.yaml")
    for words in (["getJob", "GET /jobs/{id}"], ["getJob,GET /jobs/{id}"]):
        out = project / str(len(words))
        command = ["build", "--spec", spec, "--operations", *words, "--name", "w", "--out"]
        assert main([*command, str(out)], project) == 0
        readme = (out / "w-client" / "README.md").read_text()
        assert "--operations getJob 'GET /jobs/{id}'" in readme.partition("\n")[0]


def test_a_document_may_come_from_the_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jobwait_generator", "build", "--spec", "-"]
    command += ["--name", "widgets", "--out", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    subprocess.run(command, cwd=tmp_path, env=environment, input=WIDGETS.encode(), check=True)

    package = tmp_path / "widgets-client"
    made = "Generated from standard input by `jobwait-generate build --spec - --name widgets"
    assert made in (package / "README.md").read_text().partition("\n")[0]
    lock = json.loads((package / "generation.lock").read_bytes())
    assert lock["document"]["file"] == "standard input"


@contextmanager
def serve(
    answer: Answer,
    context: ssl.SSLContext | None = None,
) -> Generator[str]:
    """A server on this machine; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sends(content: bytes, **headers: str) -> Answer:
    """An answer with this body."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(HTTPStatus.OK)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def fails(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def babbles(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 what\r\n\r\n")


def redirects(target: str) -> Answer:
    """A redirect."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(HTTPStatus.FOUND)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_a_document_may_come_from_an_https_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serve(sends(WIDGETS.encode()), context) as address:
        spec = ["--spec", f"{address}/openapi.yaml?key=secret"]
        build = ["build", *spec, "--name", "a", "--out", str(tmp_path)]
        distrusted = main(build, tmp_path)
        error = capsys.readouterr().err
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert main(build, tmp_path) == 0
        assert main(["add", "widgets", *spec], tmp_path) == 0

    lock = json.loads((tmp_path / "a-client" / "generation.lock").read_bytes())
    assert lock["document"]["file"] == f"{address}/openapi.yaml"
    assert len(lock["document"]["sha256"]) == 64
    assert (tmp_path / "specs" / "widgets.yaml").read_text() == WIDGETS
    assert distrusted == 1
    assert "certificate verify failed" in error
    assert len(error.splitlines()) == 2
    assert "secret" not in error + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://example.com/a.yaml", "write an https:// address; http:// is for this machine"),
        ("file:///etc/passwd", "write an https:// address"),
        ("ftp://example.com/a.yaml", "write an https:// address"),
        ("https://user:secret@example.com/a.yaml", "an address holds no user or password here"),
        ("https:///a.yaml", "this is no whole address"),
        ("https://[::1/a.yaml", "this is no address"),
        ("https://example.com/a\nb.yaml", "this is no whole address"),
    ],
)
def test_only_whole_https_addresses_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str, message: str
) -> None:
    assert main(["suggest", "--spec", address], tmp_path) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "secret" not in printed


def test_redirects_stay_with_their_scheme_and_this_machine() -> None:
    with serve(sends(b"here")) as target:
        with serve(redirects(target)) as address:
            assert download(address, 4) == b"here"
        for elsewhere in ("https://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/"):
            with (
                serve(redirects(elsewhere)) as address,
                pytest.raises(DownloadError, match=r"of another scheme|is not allowed"),
            ):
                download(address, 4)
        with (
            serve(redirects("http://example.com/")) as address,
            pytest.raises(DownloadError, match="write an https"),
        ):
            download(address, 4)


def test_a_download_is_bounded_in_size_and_time() -> None:
    ended = threading.Event()

    def trickle(handler: http.server.BaseHTTPRequestHandler) -> None:
        while not ended.wait(0.02):
            handler.wfile.write(b"x")

    with serve(sends(b"12345")) as address, pytest.raises(DownloadError, match="more than 4 bytes"):
        download(address, 4)
    with serve(trickle) as address:
        with pytest.raises(DownloadError, match=r"takes more than 0\.2 s"):
            download(address, 4, limit=0.2)
        ended.set()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (fails, "the server answers 404 Not Found"),
        (sends(b"", **{"Content-Encoding": "gzip"}), "the server compresses"),
        (babbles, "the download broke off"),
        (redirects("/"), "the server answers 302"),
    ],
)
def test_what_a_server_does_wrong_is_told_in_a_line(answer: Answer, message: str) -> None:
    with serve(answer) as address, pytest.raises(DownloadError, match=message) as caught:
        download(address, 4)
    assert "\n" not in str(caught.value).strip()


def test_init_writes_a_project_that_is_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"], tmp_path) == 0
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert {"README.md", "noxfile.py", f"specs/{SCHEMA.name}"} < files
    assert main(["check"], tmp_path) == 0
    assert main([], tmp_path) == 0
    (tmp_path / "given.yaml").write_text(WIDGETS)
    assert main(["add", "widgets", "--spec", str(tmp_path / "given.yaml")], tmp_path) == 0
    assert main(["check"], tmp_path) == 0
    assert main(["init"], tmp_path) == 0
    capsys.readouterr()


def test_what_init_writes_is_valid_and_names_this_version(tmp_path: Path) -> None:
    main(["init"], tmp_path)
    project = tomllib.loads((ROOT / "generator" / "pyproject.toml").read_text())["project"]
    noxfile = (tmp_path / "noxfile.py").read_text()
    assert f'"jobwait-generator=={project["version"]}"' in noxfile
    compile(noxfile, "noxfile.py", "exec")
    workflow = yaml.safe_load((tmp_path / ".github" / "workflows" / "check.yml").read_text())
    assert {"run": "nox -s check"} in workflow["jobs"]["generated"]["steps"]
    assert "$ jobwait-generate add acme" in (tmp_path / "README.md").read_text()


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("mine")
    assert main(["init"], tmp_path) == 1
    assert "README.md: this is there already; move it away" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_a_proposal_is_utf_8_wherever_it_goes(tmp_path: Path, encoding: str) -> None:
    text = WIDGETS.replace("title: Widgets", "title: Wörter 語").replace("waiting", "wärtend")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")

    result = run("suggest", "--spec", "a.yaml", cwd=tmp_path, PYTHONIOENCODING=encoding)

    assert "Wörter 語" in yaml.safe_load(result.stdout.decode("utf-8"))["info"]["title"]


def test_a_file_with_any_name_can_be_printed(project: Path) -> None:
    main([], project)
    (project / "generated" / "é\x1b[31m\udcff").write_text("")

    result = run("check", cwd=project, PYTHONIOENCODING="ascii")

    assert result.stdout.splitlines()[0] == rb"generated/\xe9\x1b[31m\udcff: extra"


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    command = [sys.executable, "-m", "jobwait_generator", "suggest", "--spec", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        command, env=environment, input=WIDGETS.encode(), stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert b"Traceback" not in result.stderr
    assert b"Exception" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "streams", "code"),
    [
        ("--version", ">&- 2>&-", 0),
        ("suggest --spec -", "<&-", 1),
        ("--version", ">/dev/full", 1),
        ("--version", "2>/dev/full", 0),
    ],
)
def test_a_stream_that_is_closed_or_full_is_no_defect(
    arguments: str, streams: str, code: int
) -> None:
    command = f"{sys.executable} -m jobwait_generator {arguments} {streams}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    result = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == code
    assert "defect" not in result.stderr


def test_a_defect_is_told_without_a_traceback(tmp_path: Path) -> None:
    code = "import sys; from jobwait_generator import commands, cli; commands.suggest = None;"
    code += "sys.argv = ['x', 'suggest', '--spec', 'a']; cli.run()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "TypeError at cli.py" in result.stderr
    assert "this is a defect of the generator" in result.stderr
    assert len(result.stderr.splitlines()) == 1
