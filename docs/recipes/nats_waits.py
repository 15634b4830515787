"""Waits on NATS JetStream: each is a message, which a worker holds until its job has ended."""

import asyncio
import json
import os
import time
from collections.abc import Iterable

import nats
from docurift_client import AsyncClient
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig

from jobwait import Outcome, Wait, async_advance

ACK_WAIT = float(os.environ.get("ACK_WAIT", "30"))
"""Seconds after which the waits of a worker that has died are given to another one."""


async def set_up(stream: JetStreamContext) -> None:
    """Make the two streams, if they are not there."""
    await stream.add_stream(
        StreamConfig(name="WAITS", subjects=["waits"], retention=RetentionPolicy.WORK_QUEUE)
    )
    # What is published again within an hour, with the same key, is not stored again.
    await stream.add_stream(
        StreamConfig(name="OUTCOMES", subjects=["outcomes"], duplicate_window=3600)
    )


async def put(stream: JetStreamContext, waits: Iterable[Wait]) -> None:
    """Hand waits over to the workers."""
    for wait in waits:
        await stream.publish("waits", json.dumps(wait.to_dict()).encode())


async def tell(stream: JetStreamContext, outcome: Outcome[object], message: Msg) -> None:
    """Publish an outcome, and only then let go of the wait."""
    body = json.dumps(outcome.to_dict()).encode()
    await stream.publish("outcomes", body, headers={"Nats-Msg-Id": outcome.key})
    await message.ack()


async def work(url: str) -> None:
    """Work until the process is ended."""
    connection = await nats.connect(url)
    stream = connection.jetstream()
    await set_up(stream)
    config = ConsumerConfig(ack_wait=ACK_WAIT, max_ack_pending=10_000)
    waits = await stream.pull_subscribe("waits", durable="workers", config=config)
    held: dict[str, tuple[Wait, Msg]] = {}
    told = time.time()
    base_url = os.environ.get("DOCURIFT_URL")
    # A poll that hangs must not outlast the lease.
    async with AsyncClient(base_url=base_url, timeout=ACK_WAIT / 3) as client:
        while True:
            try:
                for message in await waits.fetch(100, timeout=0.5):
                    wait = Wait.from_dict(json.loads(message.data))
                    held[wait.key] = (wait, message)
            except TimeoutError:  # nothing is there
                pass
            now = time.time()
            due = [(client.jobs, wait) for wait, _ in held.values() if wait.due <= now]
            done, still_open = await async_advance(due, seconds=ACK_WAIT / 3)
            for wait in still_open:
                held[wait.key] = (wait, held[wait.key][1])
            for outcome in done:
                await tell(stream, outcome, held.pop(outcome.key.rpartition("/")[0])[1])
            if time.time() > told + ACK_WAIT / 3:
                told = time.time()
                for _, message in held.values():
                    await message.in_progress()


if __name__ == "__main__":
    asyncio.run(work(os.environ.get("NATS_URL", "nats://127.0.0.1:4222")))
