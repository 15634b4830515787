# Generated from specs/docurift.yaml by `jobwait-generate`; edits are lost.
"""What DocuRift sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from attrs import field, frozen
from jobwait import UNSET, Model, UnknownVariant, Unset


@frozen(kw_only=True)
class JobResponse(Model):
    """The envelope around a job."""

    success: bool
    """Whether the request went well; it says nothing about the job."""
    data: Job
    """A document processing job, whose shape depends on its status."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class PendingJob(Model):
    """A job that waits for its turn."""

    id: str
    """The identifier of the job."""
    status: Literal["pending"]
    """The word for a job that waits."""
    progress: float
    """How much of the work is done, in per cent."""
    document_type: str = field(metadata={"json": "documentType"})
    """What kind of document it is, `invoice` for example."""
    created_at: datetime = field(metadata={"json": "createdAt"})
    """When the job was created."""
    updated_at: datetime = field(metadata={"json": "updatedAt"})
    """When the job was last updated."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class ProcessingJob(Model):
    """A job that is being worked on."""

    id: str
    """The identifier of the job."""
    status: Literal["processing"]
    """The word for a job in progress."""
    progress: float
    """How much of the work is done, in per cent."""
    document_type: str = field(metadata={"json": "documentType"})
    """What kind of document it is, `invoice` for example."""
    created_at: datetime = field(metadata={"json": "createdAt"})
    """When the job was created."""
    updated_at: datetime = field(metadata={"json": "updatedAt"})
    """When the job was last updated."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class CompletedJob(Model):
    """A job that succeeded, with its result."""

    id: str
    """The identifier of the job."""
    status: Literal["completed"]
    """The word for a job that succeeded."""
    progress: float
    """How much of the work is done, in per cent."""
    document_type: str = field(metadata={"json": "documentType"})
    """What kind of document it is, `invoice` for example."""
    document_id: str = field(metadata={"json": "documentId"})
    """The identifier of the document that the job created."""
    result: JobResult
    """What was read from the document."""
    created_at: datetime = field(metadata={"json": "createdAt"})
    """When the job was created."""
    updated_at: datetime = field(metadata={"json": "updatedAt"})
    """When the job was last updated."""
    completed_at: datetime = field(metadata={"json": "completedAt"})
    """When the job completed."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class FailedJob(Model):
    """A job that gave up, with the reason."""

    id: str
    """The identifier of the job."""
    status: Literal["failed"]
    """The word for a job that failed."""
    progress: float
    """How much of the work is done, in per cent."""
    document_type: str = field(metadata={"json": "documentType"})
    """What kind of document it is, `invoice` for example."""
    error: JobError
    """Why a job failed."""
    created_at: datetime = field(metadata={"json": "createdAt"})
    """When the job was created."""
    updated_at: datetime = field(metadata={"json": "updatedAt"})
    """When the job was last updated."""
    failed_at: datetime = field(metadata={"json": "failedAt"})
    """When the job failed."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class JobResult(Model):
    """What was read from the document."""

    extracted_fields: Mapping[str, Any] = field(metadata={"json": "extractedFields"})
    """The fields that were found, by name."""
    confidence: float
    """How sure DocuRift is of the fields; 0.97 in its example."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class JobError(Model):
    """Why a job failed."""

    code: str
    """The reason as a word for programs, `OCR_FAILED` for example."""
    message: str
    """The reason in a sentence for people."""
    details: JobErrorDetails | None | Unset = UNSET
    """More about the failure, where DocuRift gives it.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class JobErrorDetails(Model):
    """Where a job failed, and whether it is worth another try."""

    step: str | None | Unset = UNSET
    """The stage of the work that failed, `text_extraction` for example.

    Assumed where the provider's documentation is silent.
    """
    retryable: bool | None | Unset = UNSET
    """Whether the same document may succeed in a new job.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class ErrorResponse(Model):
    """The envelope around a refusal."""

    success: bool
    """Always false here."""
    error: RequestError
    """Why a request was refused."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class RequestError(Model):
    """Why a request was refused."""

    code: str
    """The reason as a word for programs.

    The common ones are `UNAUTHORIZED`, `INVALID_API_KEY`, `FORBIDDEN`, `JOB_NOT_FOUND` and
    `RATE_LIMIT_EXCEEDED`.
    """
    message: str
    """The reason in a sentence for people."""
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class UnknownJob(UnknownVariant):
    """A Job whose status this version does not know."""

    __discriminator__: ClassVar[str] = "status"

    status: Literal["__unknown__"] = "__unknown__"
    raw_status: str
    """The word as it came."""
    raw: Mapping[str, Any]
    """The whole object as it came."""


Job: TypeAlias = PendingJob | ProcessingJob | CompletedJob | FailedJob | UnknownJob
"""A document processing job, whose shape depends on its status."""
