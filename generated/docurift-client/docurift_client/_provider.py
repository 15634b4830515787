# Generated from specs/docurift.yaml by `jobwait-generate`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final

from jobwait import Provider, Waitable

PROVIDER: Final = Provider(
    name="docurift",
    title="DocuRift",
    package="docurift_client",
    api_version="1.0.0",
    waitables=(
        Waitable(
            operation="GET /v1/jobs/{id}",
            attribute="jobs",
            method="get_job",
            id_types=(str,),
            id_names=("id",),
        ),
    ),
)
