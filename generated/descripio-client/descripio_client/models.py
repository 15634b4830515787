# Generated from specs/descripio.yaml by `jobwait-generate`; edits are lost.
"""What Descripio sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import field, frozen
from jobwait import UNSET, Model, Unset


class JobStatus(StrEnum):
    """How a job is doing.

    `queued` waits for its turn, `processing` scrapes, `completed` is done and its reviews are
    ready, `failed` gave up.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@frozen(kw_only=True)
class Job(Model):
    """One run of the review scraper for one product."""

    job_id: int = field(metadata={"json": "jobId"})
    """The number of the job. Assumed where the provider's documentation is silent."""
    asin: str
    """The Amazon product whose reviews the job collects."""
    product_title: str | None | Unset = field(default=UNSET, metadata={"json": "productTitle"})
    """The name of the product, once it is known.

    Assumed where the provider's documentation is silent.
    """
    status: JobStatus | str
    """How a job is doing.

    `queued` waits for its turn, `processing` scrapes, `completed` is done and its reviews are
    ready, `failed` gave up.
    """
    error: Any = UNSET
    """Why the job failed, in whatever shape Descripio gives it.

    Assumed where the provider's documentation is silent.
    """
    created_at: datetime = field(metadata={"json": "createdAt"})
    """When the job was created."""
    updated_at: datetime = field(metadata={"json": "updatedAt"})
    """When the status last changed."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class ErrorResponse(Model):
    """Why a request was refused. Assumed where the provider's documentation is silent."""

    error: Any = UNSET
    """The reason, usually a short text."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""
