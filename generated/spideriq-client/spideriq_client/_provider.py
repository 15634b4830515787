# Generated from specs/spideriq.yaml by `jobwait-generate`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from jobwait import Provider, Waitable

PROVIDER: Final = Provider(
    name="spideriq",
    title="SpiderIQ",
    package="spideriq_client",
    api_version="1.0.0",
    waitables=(
        Waitable(
            operation="GET /api/v1/jobs/{job_id}/status",
            attribute="jobs",
            method="get_job",
            id_types=(UUID,),
            id_names=("job_id",),
        ),
    ),
)
