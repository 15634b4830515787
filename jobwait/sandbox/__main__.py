"""`python -m jobwait.sandbox`: runs the sandbox until Ctrl-C, and says how to try it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from uuid import UUID

from jobwait import Provider, providers
from jobwait.sandbox import Sandbox, SandboxError, run
from jobwait.sandbox._document import Playbook, read

_TRY_IT = """
Start a job that takes 10 seconds; then look at one that has ended:
  curl {base_url}/_control/jobs -d '{{"provider": "{name}", "seconds": 10}}'
  curl {options}{url}

The same from Python:
  {imports}
  with Client("{key}", base_url="{provider_url}") as client:
      print(client.{tag}.wait_for_completion({job_id}))
"""


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
    if not installed:
        return "\n".join([*lines, "  nothing: no package of a provider is installed"])
    width = max(len(provider.title) for provider in installed.values())
    playbooks: dict[str, Playbook] = {}
    for name, provider in installed.items():
        try:
            playbooks[name] = read(provider)
            lines.append(f"  {provider.title:{width}}  {sandbox.url(name)}")
        except SandboxError as error:
            lines.append(f"  {provider.title:{width}}  not played: {error}")
    if not playbooks:
        return "\n".join(lines)
    lines += ["", f"The API key is {sandbox.api_key}"]
    name, playbook = next(iter(playbooks.items()))
    provider = installed[name]
    job = sandbox.create_job(name, seconds=0, outcome=playbook.outcomes()[0])
    return (
        "\n".join(lines)
        + "\n"
        + _TRY_IT.format(
            base_url=sandbox.base_url,
            name=name,
            options="".join(
                f"-H '{scheme.header}: {scheme.prefix}{sandbox.api_key}' "
                for scheme in playbook.schemes[:1]
            ),
            url=job.url,
            imports=f"from {provider.package} import Client"
            + ("\n  from uuid import UUID" if isinstance(job.id, UUID) else ""),
            key=sandbox.api_key,
            provider_url=sandbox.url(name),
            tag=playbook.tag,
            job_id=repr(job.id).replace("'", '"'),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
