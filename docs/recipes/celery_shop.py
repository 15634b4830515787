"""Waits on Celery, with outcomes that are kept once, however often they are delivered."""

import json
import os
import sqlite3
from contextlib import closing
from typing import Any

from celery import Celery

from jobwait import Provider
from jobwait.celery import install

DATABASE = os.environ["SHOP_DATABASE"]

app = Celery("shop", broker=os.environ["BROKER_URL"])
app.conf.update(
    task_default_queue_type="quorum",
    task_default_exchange_type="topic",
    broker_transport_options={"confirm_publish": True},
    worker_prefetch_multiplier=1,
)


@app.task(acks_late=True, reject_on_worker_lost=True)
def job_ended(key: str, outcome: dict[str, Any]) -> None:
    """Do what is to be done once a job has ended, unless it was done before."""
    with closing(sqlite3.connect(DATABASE, timeout=30)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS deliveries (key)")
        database.execute("INSERT INTO deliveries VALUES (?)", (key,))
        database.execute("CREATE TABLE IF NOT EXISTS outcomes (key PRIMARY KEY, outcome)")
        new = database.execute(
            "INSERT INTO outcomes VALUES (?, ?) ON CONFLICT DO NOTHING", (key, json.dumps(outcome))
        )
        if new.rowcount:
            ...  # in the same transaction: what must not happen twice


def client(provider: Provider) -> Any:
    """A provider's client in a worker; without this one, it has its own base URL."""
    return provider.async_client(base_url=os.environ.get("DOCURIFT_URL"))


waits = install(app, deliver=job_ended, client=client)
