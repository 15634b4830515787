"""`python -m jobwait.sandbox`: runs the sandbox until Ctrl-C, and says how to try it."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from urllib.parse import urlencode
from uuid import UUID

from jobwait import Provider, providers
from jobwait.sandbox import Sandbox, SandboxError, run

_TRY_IT = """

Start a job that takes 10 seconds, look at one that has ended, and at all requests so far:
  {start}
  {look}
  {log}

The same from Python:
  {imports}
  with Client({arguments}) as client:
      print(client.{tag}.wait_for_completion({job_id}))"""


def main(arguments: list[str] | None = None) -> int:
    """Run the sandbox until SIGINT or SIGTERM, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m jobwait.sandbox",
        description="Play every installed provider on a loopback address.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (%(default)s)")
    parser.add_argument("--port", default=0, type=int, help="0 is any free port (%(default)s)")
    options = parser.parse_args(arguments)
    host: str = options.host
    port: int = options.port
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    installed = providers()
    try:
        with run(host=host, port=port, providers=installed) as sandbox:
            print(_guide(sandbox, installed), flush=True)
            stop.wait()
    except (ImportError, SandboxError) as error:
        print(f"jobwait.sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _guide(sandbox: Sandbox, installed: Mapping[str, Provider]) -> str:
    lines = [f"The jobwait sandbox runs on {sandbox.base_url} until Ctrl-C. It plays:", ""]
    width = max((len(provider.title) for provider in installed.values()), default=0)
    played: list[str] = []
    for name, provider in installed.items():
        try:
            lines.append(f"  {provider.title:{width}}  {sandbox.url(name)}")
            played.append(name)
        except SandboxError as error:
            lines.append(f"  {provider.title:{width}}  not played: {error}")
    if not installed:
        lines.append("  nothing: no package of a provider is installed")
    lines += [
        "",
        f"The API key is {sandbox.api_key}",
        f"The token of the control API is {sandbox.control_token}",
    ]
    example = [_example(sandbox, name, installed[name]) for name in played[:1]]
    return "\n".join(lines) + "".join(example)


def _example(sandbox: Sandbox, name: str, provider: Provider) -> str:
    # It is there once the sandbox runs; without the extra it is not.
    from jobwait.sandbox._document import read

    playbook = read(provider)
    job = sandbox.create_job(name, seconds=0, outcome=playbook.outcomes()[0])
    token = f"Authorization: Bearer {sandbox.control_token}"
    control = f"{sandbox.base_url}/_control"
    wanted = json.dumps({"provider": name, "seconds": 10})
    arguments = [f'"{sandbox.api_key}"'] if playbook.schemes else []
    url, headers = job.url, list[str]()
    for scheme in playbook.schemes[:1]:
        value = scheme.value(sandbox.api_key)
        if scheme.in_query:
            url += "?" + urlencode({scheme.name: value})
        else:
            headers.append(f"{scheme.name}: {value}")
    return _TRY_IT.format(
        start=_curl(f"{control}/jobs", token, data=wanted),
        look=_curl(url, *headers),
        log=_curl(f"{control}/log", token),
        imports=f"from {provider.package} import Client"
        + ("\n  from uuid import UUID" if isinstance(job.id, UUID) else ""),
        arguments=", ".join([*arguments, f'base_url="{sandbox.url(name)}"']),
        tag=playbook.tag,
        job_id=repr(job.id).replace("'", '"'),
    )


def _curl(url: str, *headers: str, data: str | None = None) -> str:
    command = ["curl", url]
    for header in headers:
        command += ["-H", header]
    if data is not None:
        command += ["-d", data]
    return shlex.join(command)


if __name__ == "__main__":
    sys.exit(main())
