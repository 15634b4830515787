# Generated from specs/descripio.yaml by `jobwait-generate`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final

from jobwait import Provider, Waitable

PROVIDER: Final = Provider(
    name="descripio",
    title="Descripio",
    package="descripio_client",
    api_version="1.0.0",
    waitables=(
        Waitable(
            operation="GET /api/v1/jobs/{jobId}",
            attribute="jobs",
            method="get_job",
            id_types=(int,),
            id_names=("jobId",),
        ),
    ),
)
