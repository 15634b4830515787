"""A local HTTP server that plays every installed provider, faults included.

    with jobwait.sandbox.run() as sandbox:
        job = sandbox.create_job("docurift", seconds=2, outcome="failed")
        client = docurift_client.Client(sandbox.api_key, base_url=sandbox.url("docurift"))
        client.jobs.wait_for_completion(job.id)

`python -m jobwait.sandbox` runs it on the command line, and the pytest fixture `job_sandbox` comes
with it. Everything it says comes from the documents of the providers. The server needs the extra
`jobwait[sandbox]`; importing this module does not, and costs next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ._sandbox import Sandbox
from ._types import (
    TRANSIENT,
    Fault,
    FaultKind,
    Faults,
    LogEntry,
    Outcome,
    SandboxError,
    SandboxJob,
    State,
)

if TYPE_CHECKING:
    from jobwait import Provider

__all__ = [
    "TRANSIENT",
    "Fault",
    "FaultKind",
    "Faults",
    "LogEntry",
    "Outcome",
    "Sandbox",
    "SandboxError",
    "SandboxJob",
    "State",
    "run",
]


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_key: str = "sandbox-key",
    clock: Callable[[], float] = time.monotonic,
    providers: Mapping[str, Provider] | None = None,
) -> AbstractContextManager[Sandbox]:
    """Run a sandbox in a thread of its own for as long as the context is open.

        with jobwait.sandbox.run() as sandbox:
            job = sandbox.create_job("docurift", seconds=2, outcome="failed")
            print(sandbox.url("docurift"), job.id)

    Port 0 is any free one. `clock` gives seconds and moves the jobs along; the pauses of dripping
    answers are real. `providers` are those of `jobwait.providers()` unless given. Raises
    ImportError if the extra is not installed, and SandboxError if the host is not a loopback
    address, the port is taken or the key is not one that a header can hold. A provider whose
    document cannot be played raises when it is asked for; the others play on.
    """
    try:
        from ._server import serve
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        raise ImportError(
            f"the sandbox needs {missing}: pip install 'jobwait[sandbox]'", name=missing
        ) from error
    if providers is None:
        from jobwait import providers as installed

        providers = installed()
    return serve(host, port, api_key, clock, providers)
