# Generated from specs/aitronos.yaml and specs/aitronos.overlay.yaml by `jobwait-generate`; edits are lost.
"""The sandbox's models, made by datamodel-code-generator."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, RootModel


class PendingJob(BaseModel):
    job_id: str
    status: Literal["pending"]
    url: str
    extracted_data: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = None


class ProcessingJob(BaseModel):
    job_id: str
    status: Literal["processing"]
    url: str
    extracted_data: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = None


class CompletedJob(BaseModel):
    job_id: str
    status: Literal["completed"]
    url: str
    extracted_data: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    created_at: AwareDatetime
    completed_at: AwareDatetime | None


class FailedJob(BaseModel):
    job_id: str
    status: Literal["failed"]
    url: str
    extracted_data: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = None


class CancelledJob(BaseModel):
    job_id: str
    status: Literal["cancelled"]
    url: str
    extracted_data: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = None


class ErrorResponse(BaseModel):
    error: Any | None = None


class Job(RootModel[PendingJob | ProcessingJob | CompletedJob | FailedJob | CancelledJob]):
    root: Annotated[
        PendingJob | ProcessingJob | CompletedJob | FailedJob | CancelledJob,
        Field(discriminator="status"),
    ]
