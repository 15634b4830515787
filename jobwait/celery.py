"""Waits on Celery and RabbitMQ, in messages: none is lost, and an outcome may come twice."""

from __future__ import annotations

import logging
import math
import threading
import time
from asyncio import Runner
from collections.abc import Callable
from typing import Any, Final
from weakref import finalize

from celery import Celery, Task
from celery.exceptions import Reject
from celery.utils.log import get_task_logger

from ._errors import ConfigurationError, InvalidArgumentError
from ._many import Advanced, async_advance
from ._provider import Provider, providers
from ._resume import Wait, waitable_of

BATCH: Final = 500
"""Waits in one message; each has 300 bytes at most."""
TURN: Final = 5.0
"""Seconds after which a worker begins no further poll of a message."""
PAUSE: Final = 60
"""Seconds until waits that could not be moved on are tried again."""

_logger: Final[logging.Logger] = get_task_logger("jobwait")


def install(
    app: Celery,
    *,
    deliver: Task[Any, Any],
    queue: str | None = None,
    client: Callable[[Provider], Any] = lambda provider: provider.async_client(),
) -> Waits:
    """Register the task that moves waits on; call it where the app's own tasks are.

    Args:
        deliver: Called as `deliver.delay(key, outcome)`, with `Outcome.key` and
            `Outcome.to_dict()`, when a job has ended; for the same key perhaps more than once.
        queue: Where the waits are kept; the app's default queue if not given.
        client: Makes a provider's `AsyncClient`, once in each thread of a worker. If not given,
            the key comes from the worker's environment; no message ever holds one.

    Raises:
        ConfigurationError: With the app's settings a wait could be lost; the message names them.
    """
    _check(app, queue := queue or str(app.conf.task_default_queue))
    worker = _Worker(client)

    @app.task(
        name=f"jobwait.celery.turn.{deliver.name}",
        shared=False,
        serializer="json",
        ignore_result=True,
        acks_late=True,
        acks_on_failure_or_timeout=False,
        reject_on_worker_lost=True,
    )
    def turn(waits: list[dict[str, Any]]) -> None:
        try:
            done, still_open = worker.move_on(waits)
            for outcome in done:
                deliver.delay(outcome.key, outcome.to_dict())
            rest = [wait.to_dict() for wait in still_open]
            delay = min((wait.due for wait in still_open), default=0.0) - time.time()
        except Exception:
            _logger.exception("%d waits are tried again in %d s", len(waits), PAUSE)
            rest, delay = waits, PAUSE
        try:
            if rest:
                # RabbitMQ delays by whole seconds, and Celery would round down.
                turn.apply_async((rest,), queue=queue, countdown=max(1, math.ceil(delay)))
        except Exception as error:
            # The broker still has the message, and hands it out again.
            raise Reject(str(error), requeue=True) from error

    return Waits(turn, queue)


class Waits:
    """Hands waits over to the workers of an app; made by `install`."""

    def __init__(self, turn: Task[[list[dict[str, Any]]], None], queue: str) -> None:
        self._turn: Final = turn
        self._queue: Final = queue

    def delay(self, *waits: Wait) -> None:
        """Hand over waits, as many as you like; the broker has them when this returns.

        Raises:
            InvalidArgumentError: One of them is no `Wait`; none was sent.
            OperationalError: The broker cannot be reached; the class is kombu's.
        """
        others: list[Any] = [wait for wait in waits if type(wait) is not Wait]
        if others:
            raise InvalidArgumentError(f"delay takes what Wait.start makes, not {others[0]!r:.80}")
        # One provider's missing key or package holds up no other's waits.
        for provider in {wait.provider for wait in waits}:
            sent = [wait.to_dict() for wait in waits if wait.provider == provider]
            for first in range(0, len(sent), BATCH):
                self._turn.apply_async((sent[first : first + BATCH],), queue=self._queue)


class _Worker(threading.local):
    """The event loop and the clients of one thread; their connections last from task to task."""

    def __init__(self, client: Callable[[Provider], Any]) -> None:
        self._make_client: Final = client
        self._clients: Final[dict[str, Any]] = {}
        self._runner: Final = Runner()  # its loop is made by the first task, after any fork
        finalize(threading.current_thread(), self._runner.close)

    def move_on(self, waits: list[dict[str, Any]]) -> Advanced:
        pairs = [(self._resource(wait), wait) for wait in map(Wait.from_dict, waits)]
        return self._runner.run(async_advance(pairs, seconds=TURN))

    def _resource(self, wait: Wait) -> Any:
        if wait.provider not in self._clients:
            self._clients[wait.provider] = self._make_client(providers()[wait.provider])
        return waitable_of(wait.provider, wait.operation).resource(self._clients[wait.provider])


def _check(app: Celery, name: str) -> None:
    urls: Any = app.conf.broker_write_url or "amqp://"
    brokers = urls.split(";") if isinstance(urls, str) else [*urls]
    if any(broker.startswith(("redis", "sentinel")) for broker in brokers):
        raise ConfigurationError(
            "with Redis as broker a wait is lost now and then, as Celery only emulates "
            "acknowledgements there (celery/kombu#305): use RabbitMQ"
        )
    drivers = {app.connection_for_write(broker).transport.driver_type for broker in brokers}
    if app.conf.task_always_eager:
        raise ConfigurationError("task_always_eager knows no countdown: start a test worker")
    queue = app.amqp.queues[name]
    is_quorum = (queue.queue_arguments or {}).get("x-queue-type") == "quorum"
    is_delayed = is_quorum and queue.exchange.type != "direct"
    is_safe = is_delayed and app.conf.broker_transport_options.get("confirm_publish")
    if drivers != {"memory"} and not (drivers == {"amqp"} and is_safe):
        raise ConfigurationError(
            f"a wait in the queue {name!r} could be lost: use RabbitMQ, with app.conf.update("
            "task_default_queue_type='quorum', task_default_exchange_type='topic', "
            "broker_transport_options={'confirm_publish': True})"
        )
