# Generated from specs/spideriq.yaml by `jobwait-generate`; edits are lost.
"""What SpiderIQ sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from attrs import field, frozen
from jobwait import UNSET, Model, Unset


class JobStatus(StrEnum):
    """How a job is doing.

    `queued` waits for a worker, `processing` has one, `completed` is done, `failed` gave up,
    `cancelled` was stopped by its owner.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobType(StrEnum):
    """`spiderSite` scrapes a website, `spiderMaps` map listings."""

    SPIDER_SITE = "spiderSite"
    SPIDER_MAPS = "spiderMaps"


@frozen(kw_only=True)
class Job(Model):
    """One scrape, with its state and no result."""

    success: bool
    """Whether the request for the status went well; it says nothing about the job."""
    job_id: UUID
    """The UUID of the job."""
    type_: JobType | str = field(metadata={"json": "type"})
    """`spiderSite` scrapes a website, `spiderMaps` map listings."""
    status: JobStatus | str
    """How a job is doing.

    `queued` waits for a worker, `processing` has one, `completed` is done, `failed` gave up,
    `cancelled` was stopped by its owner.
    """
    created_at: datetime
    """When the job was created."""
    updated_at: datetime
    """When the status was last updated."""
    worker_id: str | None | Unset = UNSET
    """The worker that has the job, once one took it.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class ErrorResponse(Model):
    """Why a request was refused. Assumed where the provider's documentation is silent."""

    error: Any = UNSET
    """The reason, in whatever shape SpiderIQ gives it."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""
