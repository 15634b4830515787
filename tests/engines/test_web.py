"""The recipes for web frameworks: a process is killed, and the next one goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from .programs import Programs, free_port, listens, until
from .provider import new_job


def number_ended(file: Path) -> int:
    """How many waits a checkpoint has the outcomes of."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            (number,) = connection.execute("SELECT count(outcome) FROM waits").fetchone()
    except sqlite3.OperationalError:  # it is not made yet
        return 0
    return int(number)


def test_a_web_service_goes_on_with_its_batches_when_it_was_killed(
    programs: Programs, service: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    env = service | {"BATCHES": str(tmp_path)}
    app = ("-m", "uvicorn", "docs.recipes.fastapi_batches:app", "--port", str(port))
    ids = [new_job(seconds) for seconds in (0.5, 4, 6)]
    server = programs.python(*app, env=env)
    until(lambda: listens(port), "the service listens", server)
    url = f"http://127.0.0.1:{port}/batches"
    batch = httpx.post(url, json=ids).raise_for_status().json()
    assert httpx.get(f"{url}/{batch}").json() is None
    assert httpx.get(f"{url}/00000000-0000-0000-0000-000000000000").status_code == 404
    file = tmp_path / f"{batch}.db"
    until(lambda: number_ended(file), "the first job has ended", server)
    server.kill()
    server = programs.python(*app, env=env)
    until(lambda: listens(port), "the service listens", server)
    until(lambda: httpx.get(f"{url}/{batch}").json(), "all have ended", server)
    outcomes = httpx.get(f"{url}/{batch}").json()
    assert [(each["id"], each["outcome"]) for each in outcomes] == [(id, "succeeded") for id in ids]
    server.stop()


def test_a_command_of_django_goes_on_when_it_was_killed(
    programs: Programs, service: dict[str, str], tmp_path: Path
) -> None:
    database = tmp_path / "shop.db"
    env = service | {"DJANGO_SETTINGS_MODULE": "tests.engines.django_settings"}
    env |= {"SHOP_DATABASE": str(database)}
    programs.finish(programs.python("-m", "django", "migrate", "--run-syncdb", env=env))
    ids = [new_job(seconds, end=end) for seconds, end in ((2, "completed"), (9, "failed"))]
    with closing(sqlite3.connect(database)) as connection, connection:
        documents = [(id,) for id in ids]
        connection.executemany("INSERT INTO django_shop_document (job_id) VALUES (?)", documents)
    command = ("-m", "django", "wait_for_jobs", "--checkpoint", str(tmp_path / "waits.db"))
    first = programs.python(*command, env=env)
    until(lambda: "succeeded" in first.output, "the first has ended", first)
    first.kill()
    assert f"{ids[1]} failed" in programs.finish(programs.python(*command, env=env))
    with closing(sqlite3.connect(database)) as connection:
        stored = dict(connection.execute("SELECT job_id, outcome FROM django_shop_document"))
    kinds = {id: json.loads(outcome)["outcome"] for id, outcome in stored.items()}
    assert kinds == {ids[0]: "succeeded", ids[1]: "failed"}
