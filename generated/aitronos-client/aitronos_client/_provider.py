# Generated from specs/aitronos.yaml and specs/aitronos.overlay.yaml by `jobwait-generate`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final

from jobwait import Provider, Waitable

PROVIDER: Final = Provider(
    name="aitronos",
    title="Aitronos",
    package="aitronos_client",
    api_version="1.0.0",
    waitables=(
        Waitable(
            operation="GET /v1/scrape/jobs/{job_id}",
            attribute="jobs",
            method="get_job",
            id_types=(str,),
            id_names=("job_id",),
        ),
    ),
)
