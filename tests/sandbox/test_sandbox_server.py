"""How the sandbox starts and stops, in Python, on the command line and in pytest."""

from __future__ import annotations

import contextlib
import shlex
import signal
import socket
import subprocess
import sys
import threading
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jobwait import providers
from jobwait.sandbox import Fault, SandboxError, run

if TYPE_CHECKING:
    from .conftest import Answer, Web

PROVIDERS = providers()
NAME = next(iter(PROVIDERS))
OTHERS = [plugin.name for plugin in entry_points(group="pytest11") if plugin.name != "jobwait"]
PYTEST = ["-m", "pytest", "-q", "-pno:cacheprovider", *(f"-pno:{name}" for name in OTHERS)]
"""Without the plugins of others, which take seconds to import."""


def python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        check=False,
    )


def curl(web: Web, line: str) -> Answer:
    """What a printed command gets."""
    program, url, *options = shlex.split(line)
    assert program == "curl"
    values: dict[str, list[str]] = {"-H": [], "-d": []}
    for name, value in zip(options[::2], options[1::2], strict=True):
        values[name].append(value)
    headers = dict(header.split(": ", 1) for header in values["-H"])
    if not values["-d"]:
        return web.get(url, headers)
    return web.send("POST", url, headers, "&".join(values["-d"]).encode())


def test_black_holes_and_drips_do_not_keep_it_from_stopping() -> None:
    before = threading.enumerate()
    connections: list[socket.socket] = []
    with run() as sandbox:
        address = (urlsplit(sandbox.base_url).hostname, urlsplit(sandbox.base_url).port)
        for fault in (Fault("black_hole"), Fault("drip_headers", interval=1000)):
            path = urlsplit(sandbox.create_job(NAME, faults=[fault]).url).path
            connections.append(socket.create_connection(address, timeout=10))
            head = [f"GET {path} HTTP/1.1", "Host: localhost", "Authorization: Bearer sandbox-key"]
            connections[-1].sendall("\r\n".join([*head, "", ""]).encode())
        # One that never asks for anything; and the second drips, once its first byte has come.
        connections.append(socket.create_connection(address, timeout=10))
        assert connections[1].recv(1) == b"H"
    for connection in connections:
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert threading.enumerate() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)


def test_it_stops_when_its_block_raises() -> None:
    with pytest.raises(KeyError), run() as sandbox:
        raise KeyError
    parts = urlsplit(sandbox.base_url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=10)


def test_two_run_beside_each_other(web: Web) -> None:
    with run() as one, run() as other:
        job = one.create_job(NAME)
        assert web.get(job.url).status == 200
        assert web.get(job.url.replace(one.base_url, other.base_url)).status == 404


def test_the_port_is_the_one_asked_for_and_a_taken_one_is_an_error() -> None:
    with run() as sandbox:
        port = urlsplit(sandbox.base_url).port
        assert port is not None
        with pytest.raises(SandboxError, match=f"port {port} .*in use"), run(port=port):
            pass
    with run(port=port) as again:
        assert again.base_url == sandbox.base_url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_a_host_that_is_not_loopback_is_refused(host: str) -> None:
    with pytest.raises(SandboxError, match="loopback"), run(host=host):
        pass


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(SandboxError, match=f"from 0 to 65535, not {port}"), run(port=port):
        pass


@pytest.mark.parametrize("key", ["", " ", "key ", "ключ", "a\nb"])
def test_a_key_that_no_header_holds_is_refused(key: str) -> None:
    with pytest.raises(SandboxError, match="the API key"), run(api_key=key):
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_every_loopback_address_is_a_host(web: Web, host: str) -> None:
    with run(host=host) as sandbox:
        assert web.get(sandbox.base_url).status == 200


def test_it_says_nothing_on_the_console() -> None:
    finished = python(
        "-X", "dev", "-W", "error", "-c",
        "import socket, jobwait.sandbox as s\n"
        "from urllib.parse import urlsplit\n"
        "with s.run() as sandbox:\n"
        "    parts = urlsplit(sandbox.base_url)\n"
        "    with socket.create_connection((parts.hostname, parts.port)) as c:\n"
        "        c.sendall(b'nonsense\\r\\n\\r\\n')\n"
        "        assert c.recv(100).startswith(b'HTTP/1.1 400')\n",
    )  # fmt: skip
    assert (finished.returncode, finished.stdout, said(finished.stderr)) == (0, "", "")


def said(errors: str) -> str:
    """What stands in stderr, less what asyncio says of a slow machine."""
    lines = errors.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("Executing <"))


def test_importing_it_loads_no_server() -> None:
    finished = python(
        "-c",
        "import sys, jobwait.sandbox\n"
        "print({'asyncio', 'attrs', 'httpx', 'pydantic', 'starlette', 'uvicorn'} & {*sys.modules})",
    )
    assert finished.stdout == "set()\n"


@pytest.mark.parametrize("missing", ["pydantic", "starlette", "uvicorn"])
def test_without_the_extra_the_error_tells_what_to_install(missing: str) -> None:
    finished = python(
        "-c",
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import jobwait.sandbox\n"
        "try: jobwait.sandbox.run()\n"
        "except ImportError as error: print(error)",
    )
    assert finished.stdout == f"the sandbox needs {missing}: pip install 'jobwait[sandbox]'\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_tells_how_to_try_it_and_ends_cleanly(web: Web, number: signal.Signals) -> None:
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-X", "dev", "-W", "error", "-m", "jobwait.sandbox"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        # Else a test that fails would wait for it for ever.
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stderr is not None
        guide: list[str] = []
        while not guide or "wait_for_completion" not in guide[-1]:
            guide.append(process.stdout.readline())
            assert guide[-1], process.stderr.read()
        text = "".join(guide)
        answers = [curl(web, line) for line in guide if line.strip().startswith("curl ")]
        assert [answer.status for answer in answers] == [201, 200, 200]
        assert [entry["status"] for entry in answers[-1].json()["requests"]] == [200]
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest.strip(), said(errors).strip()) == (0, "", "")
    for provider in PROVIDERS.values():
        assert provider.title in text
    assert "sandbox-key" in text


def test_a_taken_port_is_one_line_on_the_command_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = python("-m", "jobwait.sandbox", "--port", str(port))
    assert finished.returncode == 1
    assert finished.stderr == f"jobwait.sandbox: port {port} on 127.0.0.1 is in use\n"


def test_the_pytest_fixture_is_there_without_any_import(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_one(job_sandbox):\n"
        f"    assert job_sandbox.create_job({NAME!r}).provider == {NAME!r}\n"
        "def test_two(job_sandbox):\n"
        "    assert job_sandbox.base_url.startswith('http://127.0.0.1:')\n"
    )
    finished = python(*PYTEST, "-W", "error", cwd=tmp_path)
    assert finished.returncode == 0, finished.stdout
    assert "2 passed" in finished.stdout


def test_without_the_extra_the_fixture_fails_with_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['uvicorn'] = None\n")
    (tmp_path / "test_it.py").write_text("def test_one(job_sandbox): pass\n")
    finished = python(*PYTEST, cwd=tmp_path)
    assert finished.returncode == 1
    assert "pip install 'jobwait[sandbox]'" in finished.stdout
