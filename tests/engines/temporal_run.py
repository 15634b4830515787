"""Temporal's test server and a worker that is killed, in a network namespace of their own.

The server listens on all interfaces: `unshare --net python -m tests.engines.temporal_run FOLDER`.
"""

from __future__ import annotations

import asyncio
import fcntl
import signal
import socket
import struct
import sys
import uuid
from pathlib import Path
from typing import Any, Final

from docurift_client import Client as DocuRift
from temporalio.client import Client, WorkflowHandle

from docs.recipes.temporal_waits import QUEUE, Batch
from jobwait import Wait

from .programs import PATIENCE, Programs, listens, until
from .provider import new_job

SIOCSIFFLAGS: Final = 0x8914
UP: Final = 0x1


def raise_loopback() -> None:
    """Let 127.0.0.1 be there, as it is nowhere in a new namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", UP))


async def main(programs: Programs) -> None:
    env = {"DOCURIFT_URL": "http://127.0.0.1:8001", "DOCURIFT_API_KEY": "key-of-a-test"}
    provider = programs.python("-m", "tests.engines.provider", "8001")
    server = programs.start(str(Path(sys.executable).with_name("temporal-test-server")), "7233")
    until(lambda: listens(7233) and listens(8001), "the servers listen", provider, server)
    client = await Client.connect("127.0.0.1:7233")
    with DocuRift("key-of-a-test") as docurift:
        waits = [Wait.start(docurift.jobs, new_job(2 + number / 2)) for number in range(40)]
    worker = programs.python("-m", "docs.recipes.temporal_waits", env=env)
    handle = await client.start_workflow(
        Batch.run, [wait.to_dict() for wait in waits], id=str(uuid.uuid4()), task_queue=QUEUE
    )
    async with asyncio.timeout(PATIENCE - 30):
        while not await has_heartbeat(handle):
            assert worker.runs, worker.output
            await asyncio.sleep(0.1)
        worker.kill()
        worker = programs.python("-m", "docs.recipes.temporal_waits", env=env)
        outcomes = await handle.result()
    assert sorted(each["id"] for each in outcomes) == sorted(wait.job_id for wait in waits)
    assert {each["outcome"] for each in outcomes} == {"succeeded"}


async def has_heartbeat(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether the server has kept what the activity knew."""
    described = await handle.describe()
    activities = described.raw_description.pending_activities
    return any(activity.HasField("heartbeat_details") for activity in activities)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end what it started
    raise_loopback()
    started = Programs(Path(sys.argv[1]))
    try:
        asyncio.run(main(started))
    finally:
        started.stop()
    print("all have ended")
