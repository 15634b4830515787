# Generated from specs/docurift.yaml by `jobwait-generate`; edits are lost.
"""The sandbox's models, made by datamodel-code-generator."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, RootModel


class PendingJob(BaseModel):
    id: str
    status: Literal["pending"]
    progress: Annotated[float, Field(ge=0.0, le=100.0)]
    documentType: str
    createdAt: AwareDatetime
    updatedAt: AwareDatetime


class ProcessingJob(BaseModel):
    id: str
    status: Literal["processing"]
    progress: Annotated[float, Field(ge=0.0, le=100.0)]
    documentType: str
    createdAt: AwareDatetime
    updatedAt: AwareDatetime


class JobResult(BaseModel):
    extractedFields: dict[str, Any]
    confidence: float


class JobErrorDetails(BaseModel):
    step: str | None = None
    retryable: bool | None = None


class RequestError(BaseModel):
    code: str
    message: str


class CompletedJob(BaseModel):
    id: str
    status: Literal["completed"]
    progress: Annotated[float, Field(ge=0.0, le=100.0)]
    documentType: str
    documentId: str
    result: JobResult
    createdAt: AwareDatetime
    updatedAt: AwareDatetime
    completedAt: AwareDatetime


class JobError(BaseModel):
    code: str
    message: str
    details: JobErrorDetails | None = None


class ErrorResponse(BaseModel):
    success: bool
    error: RequestError


class FailedJob(BaseModel):
    id: str
    status: Literal["failed"]
    progress: Annotated[float, Field(ge=0.0, le=100.0)]
    documentType: str
    error: JobError
    createdAt: AwareDatetime
    updatedAt: AwareDatetime
    failedAt: AwareDatetime


class Job(RootModel[PendingJob | ProcessingJob | CompletedJob | FailedJob]):
    root: Annotated[
        PendingJob | ProcessingJob | CompletedJob | FailedJob, Field(discriminator="status")
    ]


class JobResponse(BaseModel):
    success: bool
    data: Job
