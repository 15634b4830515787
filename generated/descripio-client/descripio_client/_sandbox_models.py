# Generated from specs/descripio.yaml by `jobwait-generate`; edits are lost.
"""The sandbox's models, made by datamodel-code-generator."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel


class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class ErrorResponse(BaseModel):
    error: Any | None = None


class Job(BaseModel):
    jobId: int
    asin: str
    productTitle: str | None = None
    status: JobStatus
    error: Any | None = None
    createdAt: AwareDatetime
    updatedAt: AwareDatetime
