"""The recipe for NATS JetStream, with a real server, and a worker that is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from docurift_client import Client
from nats.aio.client import Client as Connection
from nats.js import JetStreamContext

from docs.recipes.nats_waits import put, set_up
from jobwait import Wait

from .programs import PATIENCE, Programs, free_port, listens, needs, until
from .provider import new_job


@pytest.fixture
def server(programs: Programs, tmp_path: Path) -> Iterator[str]:
    """The URL of a server."""
    path, port = needs("nats-server", "nats-server"), free_port()
    store = ("--jetstream", "--store_dir", str(tmp_path))
    program = programs.start(path, "--addr", "127.0.0.1", "--port", str(port), *store)
    until(lambda: listens(port), "NATS listens", program)
    yield f"nats://127.0.0.1:{port}"
    program.stop()


def test_each_outcome_is_there_once_when_a_worker_is_killed(
    programs: Programs, server: str, service: dict[str, str]
) -> None:
    env = service | {"NATS_URL": server, "ACK_WAIT": "6"}
    command = ("-m", "docs.recipes.nats_waits")
    with Client("key-of-a-test") as client:
        waits = [Wait.start(client.jobs, new_job(2 + number / 10)) for number in range(80)]

    async def main() -> Counter[str]:
        connection = Connection()
        await connection.connect(server)
        stream = JetStreamContext(connection)
        await set_up(stream)
        await put(stream, waits)
        workers = [programs.python(*command, env=env) for _ in range(2)]
        # One that sees each stored message once, and acknowledges nothing.
        outcomes = await stream.subscribe("outcomes", ordered_consumer=True)
        keys: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while len(set(keys)) < len(waits):
                keys.append(await next_key(outcomes))
                if len(keys) == 1:
                    workers[0].kill()
                assert workers[1].runs, workers[1].output
        workers[1].stop()
        await connection.close()
        return Counter(keys)

    assert asyncio.run(main()) == {f"{wait.key}/succeeded": 1 for wait in waits}


async def next_key(outcomes: JetStreamContext.PushSubscription) -> str:
    while True:
        with suppress(TimeoutError):
            message = await outcomes.next_msg(5)
            return (message.headers or {})["Nats-Msg-Id"]
