"""An app of a user's; a worker loads it, and its environment says where everything is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from celery import Celery

from jobwait import Provider
from jobwait.celery import Waits, install


def make(broker: str, provider_url: str, file: Path) -> tuple[Celery, Waits]:
    """The app, and what hands waits over to its workers.

    Args:
        file: Where the outcomes are kept, a line each.
    """
    app = Celery("shop", broker=broker)
    app.conf.update(
        task_default_queue_type="quorum",
        task_default_exchange_type="topic",
        broker_transport_options={"confirm_publish": True},
        worker_prefetch_multiplier=1,
    )

    def client(provider: Provider) -> Any:
        return provider.async_client(base_url=provider_url)

    @app.task(shared=False, acks_late=True)
    def job_ended(key: str, outcome: dict[str, Any]) -> None:
        # One write, so that no line is torn when the process is killed.
        with file.open("ab", buffering=0) as lines:
            lines.write(json.dumps([key, outcome]).encode() + b"\n")

    return app, install(app, deliver=job_ended, client=client)


if "BROKER" in os.environ:
    app, _ = make(os.environ["BROKER"], os.environ["PROVIDER"], Path(os.environ["OUTCOMES"]))
