"""How many connections it takes to poll every few seconds."""

from __future__ import annotations

from typing import Final

import httpx
from docurift_client import Client

from benchmarks import server
from benchmarks.table import Row
from jobwait import Fixed

POLLS: Final = 4
GAP: Final = 6.0


def row() -> Row:
    """Poll in real time: the peer polls whenever our wait has polled."""
    with (
        server.running() as url,
        server.running() as peer_url,
        Client("key", base_url=url) as client,
        httpx.Client() as peer,
    ):
        job = f"after-{POLLS}"
        client.jobs.wait_for_completion(
            job,
            schedule=Fixed(GAP),
            on_update=lambda _: peer.get(f"{peer_url}/v1/jobs/{job}"),
        )
        return Row(
            f"connections opened by {POLLS} polls {GAP:g} s apart, 1 at best / by httpx.Client",
            "connections",
            server.connections(url),
            server.connections(peer_url),
            1 / POLLS,
        )
