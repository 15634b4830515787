"""DocuRift on loopback, with jobs whose ids say when they end: `python -m tests.engines.provider`.

It keeps nothing, so jobs need no start, and it may be asked by any number of processes. It prints
the time of each request.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from itertools import count
from typing import Any

_numbers = count()
_cancelled: set[str] = set()


def new_job(seconds: float, *, end: str = "completed") -> str:
    """The id of a job that begins now and takes so many seconds."""
    now = int(time.time() * 1000)
    return f"job_{now}_{now + int(seconds * 1000)}_{end}_{next(_numbers)}"


def answer(job_id: str) -> dict[str, Any]:
    """The body that tells a job's status."""
    _, began, ends, end, _ = job_id.split("_")
    done = (time.time() * 1000 - int(began)) / (int(ends) - int(began))
    at = datetime.fromtimestamp(int(ends) / 1000, UTC).isoformat()
    job: dict[str, Any] = {"id": job_id, "documentType": "invoice"}
    job |= {"createdAt": at, "updatedAt": at}
    if job_id in _cancelled:
        error = {"code": "CANCELLED", "message": "somebody asked for it"}
        return {"success": True, "data": job | {"status": "failed", "error": error}}
    if done < 1:
        return {"success": True, "data": job | {"status": "processing", "progress": done * 100}}
    if end == "completed":
        result = {"extractedFields": {"total": "12.50"}, "confidence": 0.97}
        job |= {"progress": 100, "documentId": "doc_1", "result": result, "completedAt": at}
    else:
        error = {"code": "OCR_FAILED", "message": "the scan is blank"}
        job |= {"progress": 10, "error": error, "failedAt": at}
    return {"success": True, "data": job | {"status": end}}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while True:
            method, path, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
            job_id = path.split("/")[3]
            if method == "POST":  # DocuRift has no such operation
                _cancelled.add(job_id)
            sys.stdout.write(f"{time.time()}\n")
            body = json.dumps(answer(job_id)).encode()
            fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(f"HTTP/1.1 200 OK\r\n{fields}".encode() + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    """Serve until the process is ended."""
    async with await asyncio.start_server(serve, "127.0.0.1", port, backlog=1000) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
