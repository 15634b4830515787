"""Batches of jobs behind a web service; it may be killed and started again at any time."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from docurift_client import AsyncClient
from fastapi import FastAPI, HTTPException

from jobwait import Checkpoint

FOLDER = Path(os.environ.get("BATCHES", "batches"))
running: dict[UUID, asyncio.Task[None]] = {}


async def wait_for(client: AsyncClient, batch: UUID) -> None:
    """Wait for the jobs of a batch, and keep how each of them ended."""
    ids: list[str] = json.loads((FOLDER / f"{batch}.json").read_text())
    with closing(Checkpoint(FOLDER / f"{batch}.db")) as checkpoint:
        outcomes = await checkpoint.async_wait_for_all(client.jobs, ids, timeout=3600)
    result = json.dumps([outcome.to_dict() for outcome in outcomes])
    unfinished = FOLDER / f"{batch}.part"
    unfinished.write_text(result)
    unfinished.rename(FOLDER / f"{batch}.outcomes")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Go on with the batches that were not done when the process ended."""
    async with AsyncClient(base_url=os.environ.get("DOCURIFT_URL")) as client:
        app.state.client = client
        for batch in open_batches():
            begin(client, batch)
        yield
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


def open_batches() -> list[UUID]:
    """Those that have no outcomes yet."""
    FOLDER.mkdir(exist_ok=True)
    files = FOLDER.glob("*.json")
    return [UUID(file.stem) for file in files if not file.with_suffix(".outcomes").exists()]


def begin(client: AsyncClient, batch: UUID) -> None:
    """Wait in the background."""
    running[batch] = asyncio.create_task(wait_for(client, batch))


app = FastAPI(lifespan=lifespan)


@app.post("/batches", status_code=202)
async def create(ids: list[str]) -> UUID:
    """Wait for jobs that have been started."""
    batch = uuid4()
    (FOLDER / f"{batch}.json").write_text(json.dumps(ids))
    begin(app.state.client, batch)
    return batch


@app.get("/batches/{batch}")
async def read(batch: UUID) -> Any:
    """How the jobs of a batch ended; null while some have not."""
    if not (FOLDER / f"{batch}.json").exists():
        raise HTTPException(404)
    file = FOLDER / f"{batch}.outcomes"
    return json.loads(file.read_text()) if file.exists() else None
