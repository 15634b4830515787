# Generated from specs/spideriq.yaml by `jobwait-generate`; edits are lost.
"""The sandbox's models, made by datamodel-code-generator."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobType(StrEnum):
    SPIDER_SITE = "spiderSite"
    SPIDER_MAPS = "spiderMaps"


class ErrorResponse(BaseModel):
    error: Any | None = None


class Job(BaseModel):
    success: bool
    job_id: UUID
    type: JobType
    status: JobStatus
    created_at: AwareDatetime
    updated_at: AwareDatetime
    worker_id: str | None = None
