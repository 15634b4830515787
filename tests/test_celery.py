"""Waits on Celery, as far as no server is needed: what is refused, and what a message holds."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from celery.exceptions import Reject
from docurift_client import AsyncClient, Client as DocuriftClient
from spideriq_client import Client as SpiderIQClient

from jobwait import ConfigurationError, InvalidArgumentError, Provider, Wait
from jobwait.celery import BATCH, PAUSE, Waits, install

from .kit.wire import Wire, response, whole

KEY = "key-of-a-test"
SAFE: dict[str, Any] = {
    "task_default_queue_type": "quorum",
    "task_default_exchange_type": "topic",
    "broker_transport_options": {"confirm_publish": True},
}
NONE: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def worker_that_ends() -> Iterator[None]:
    """Let go of what lasts as long as a worker's process: its event loop and connections."""
    yield
    asyncio.set_event_loop(None)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


def no_client(provider: Provider) -> Any:
    return AsyncClient(KEY)


def make(
    broker: str, client: Callable[[Provider], Any] = no_client, **settings: Any
) -> tuple[Celery, Waits]:
    """An app, and its waits; nobody works for it."""
    app = Celery("shop", broker=broker, set_as_current=False)
    app.conf.update(settings)

    @app.task(shared=False)
    def job_ended(key: str, outcome: dict[str, Any]) -> None:
        raise AssertionError((key, outcome))

    return app, install(app, deliver=job_ended, client=client)


def start(**options: Any) -> Wait:
    with DocuriftClient(KEY) as client:
        return Wait.start(client.jobs, "job_1", **options)


def messages(app: Celery) -> list[Any]:
    """What lies in the queue; it is taken out."""
    taken: list[Any] = []
    with app.connection() as connection, connection.SimpleQueue("celery") as queue:
        for _ in range(queue.qsize()):
            message = queue.get_nowait()
            message.ack()
            taken.append(message)
    return taken


def handle(app: Celery, waits: list[dict[str, Any]]) -> None:
    """Handle a message, as a worker does."""
    [name] = (name for name in app.tasks if name.startswith("jobwait."))
    app.tasks[name](waits)


@pytest.mark.parametrize(
    ("broker", "settings", "words"),
    [
        ("redis://127.0.0.1:1/0", SAFE, r"Redis .*kombu#305\): use RabbitMQ"),
        ("amqp://127.0.0.1:1//;redis://127.0.0.1:1/0", SAFE, r"Redis .*kombu#305"),
        ("memory://;amqp://127.0.0.1:1//", NONE, "use RabbitMQ"),
        ("filesystem://", SAFE, "use RabbitMQ"),
        ("amqp://127.0.0.1:1//", SAFE | {"task_default_queue_type": "classic"}, "type='quorum'"),
        ("amqp://127.0.0.1:1//", SAFE | {"task_default_exchange_type": "direct"}, "type='topic'"),
        ("amqp://127.0.0.1:1//", SAFE | {"broker_transport_options": NONE}, "'confirm_publish'"),
        ("memory://", {"task_always_eager": True}, "task_always_eager"),
        ("amqp://127.0.0.1:1//", SAFE | {"task_always_eager": True}, "task_always_eager"),
    ],
)
def test_settings_with_which_a_wait_could_be_lost_are_refused(
    broker: str, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make(broker, **settings)


def test_rabbitmq_with_quorum_queues_and_confirms_is_taken() -> None:
    make("amqp://127.0.0.1:1//", **SAFE)


def test_waits_go_in_batches_of_one_provider_each_and_without_keys() -> None:
    app, waits = make("memory://")
    with SpiderIQClient(KEY) as spider:
        other = Wait.start(spider.jobs, uuid4())
    wait = start()
    waits.delay(*[wait] * (BATCH + 1), other)
    sent = messages(app)
    batches = [message.payload[0][0] for message in sent]
    assert sorted((len(batch), batch[0]["provider"]) for batch in batches) == [
        (1, "docurift"),
        (1, "spideriq"),
        (BATCH, "docurift"),
    ]
    assert not any(KEY in str(message.body) for message in sent)


def test_what_is_no_wait_is_refused_and_nothing_is_sent() -> None:
    app, waits = make("memory://")
    anything: Any = "job_1"
    with pytest.raises(InvalidArgumentError, match=r"Wait\.start .* not 'job_1'"):
        waits.delay(start(), anything)
    assert messages(app) == []


def test_outcomes_are_delivered_and_the_rest_is_sent_on_until_it_is_due() -> None:
    body = b'{"success": true, "data": {"id": "job_1", "status": "failed"}}'
    with Wire(whole(response(body))) as wire:
        app, _ = make("memory://", lambda _: AsyncClient(KEY, base_url=wire.url))
        wait = start()
        later = wait._replace(job_id="job_2", due=wait.due + 30.25).to_dict()
        handle(app, [wait.to_dict(), later])
    told, rest = messages(app)
    key, outcome = told.payload[0]
    assert key == f"{wait.key}/failed"
    assert (outcome["id"], outcome["outcome"]) == ("job_1", "failed")
    [[sent_on]] = rest.payload[0]
    # Two clocks are read for it, and not at the very same time.
    for name in ("started", "due"):
        assert sent_on.pop(name) == pytest.approx(later[name], rel=0, abs=1)
    assert sent_on.items() <= later.items()
    # Rounded down it would be early.
    assert datetime.fromisoformat(rest.headers["eta"]).timestamp() >= later["due"]


def test_waits_that_a_worker_cannot_move_on_are_kept_for_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def client(provider: Provider) -> Any:
        raise ConfigurationError(f"no key for {provider.title}")

    app, _ = make("memory://", client)
    wait = start().to_dict()
    unknown = wait | {"provider": "of a package that this worker lacks"}
    for sent, reason in ((wait, "no key for DocuRift"), (unknown, "no package is installed")):
        began = time.time()
        handle(app, [sent])
        [message] = messages(app)
        assert message.payload[0] == [[sent]]
        assert datetime.fromisoformat(message.headers["eta"]).timestamp() >= began + PAUSE
        assert reason in caplog.text


def test_a_message_that_cannot_be_sent_on_is_left_to_the_broker() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        broker = f"amqp://127.0.0.1:{nobody.getsockname()[1]}//"
        app, _ = make(broker, **SAFE, task_publish_retry=False)
        app.conf.broker_transport_options |= {"max_retries": 1, "interval_start": 0}
        later = start()
        with pytest.raises(Reject) as caught:
            handle(app, [later._replace(due=later.due + 60).to_dict()])
    reason, requeue = caught.value.args
    assert "refused" in reason
    assert requeue is True
