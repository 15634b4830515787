# Generated from specs/aitronos.yaml and specs/aitronos.overlay.yaml by `jobwait-generate`; edits are lost.
"""What Aitronos sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from attrs import field, frozen
from jobwait import UNSET, Model, UnknownVariant, Unset


@frozen(kw_only=True)
class PendingJob(Model):
    """A job that has not begun."""

    job_id: str
    """The identifier of the job."""
    status: Literal["pending"]
    """The word for a job that waits."""
    url: str
    """The page to scrape."""
    extracted_data: list[Mapping[str, Any]] | None | Unset = UNSET
    """The items found; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    metadata: Mapping[str, Any] | None | Unset = UNSET
    """How the page was processed, the engine and the time taken for example; null in a job that is
    not completed. Assumed where the provider's documentation is silent.
    """
    created_at: datetime
    """When the job was created. Assumed where the provider's documentation is silent."""
    completed_at: datetime | None | Unset = UNSET
    """When the job completed; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class ProcessingJob(Model):
    """A job that is being worked on."""

    job_id: str
    """The identifier of the job."""
    status: Literal["processing"]
    """The word for a job in progress."""
    url: str
    """The page to scrape."""
    extracted_data: list[Mapping[str, Any]] | None | Unset = UNSET
    """The items found; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    metadata: Mapping[str, Any] | None | Unset = UNSET
    """How the page was processed, the engine and the time taken for example; null in a job that is
    not completed. Assumed where the provider's documentation is silent.
    """
    created_at: datetime
    """When the job was created. Assumed where the provider's documentation is silent."""
    completed_at: datetime | None | Unset = UNSET
    """When the job completed; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class CompletedJob(Model):
    """A job that succeeded, with the items it extracted."""

    job_id: str
    """The identifier of the job."""
    status: Literal["completed"]
    """The word for a job that succeeded."""
    url: str
    """The page to scrape."""
    extracted_data: list[Mapping[str, Any]]
    """The items found on the page."""
    metadata: Mapping[str, Any] | None
    """How the page was processed, the engine and the time taken for example; null in a job that is
    not completed. Assumed where the provider's documentation is silent.
    """
    created_at: datetime
    """When the job was created. Assumed where the provider's documentation is silent."""
    completed_at: datetime | None
    """When the job completed; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class FailedJob(Model):
    """A job that gave up."""

    job_id: str
    """The identifier of the job."""
    status: Literal["failed"]
    """The word for a job that failed."""
    url: str
    """The page to scrape."""
    extracted_data: list[Mapping[str, Any]] | None | Unset = UNSET
    """The items found; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    metadata: Mapping[str, Any] | None | Unset = UNSET
    """How the page was processed, the engine and the time taken for example; null in a job that is
    not completed. Assumed where the provider's documentation is silent.
    """
    created_at: datetime
    """When the job was created. Assumed where the provider's documentation is silent."""
    completed_at: datetime | None | Unset = UNSET
    """When the job completed; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class CancelledJob(Model):
    """A job that was called off."""

    job_id: str
    """The identifier of the job."""
    status: Literal["cancelled"]
    """The word for a job that was called off."""
    url: str
    """The page to scrape."""
    extracted_data: list[Mapping[str, Any]] | None | Unset = UNSET
    """The items found; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    metadata: Mapping[str, Any] | None | Unset = UNSET
    """How the page was processed, the engine and the time taken for example; null in a job that is
    not completed. Assumed where the provider's documentation is silent.
    """
    created_at: datetime
    """When the job was created. Assumed where the provider's documentation is silent."""
    completed_at: datetime | None | Unset = UNSET
    """When the job completed; null in a job that is not completed.

    Assumed where the provider's documentation is silent.
    """
    additional_properties: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the document does not know, under the provider's names."""


@frozen(kw_only=True)
class ErrorResponse(Model):
    """Why a request was refused. Assumed where the provider's documentation is silent."""

    error: Any = UNSET
    """The reason, in whatever shape Aitronos gives it."""
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


Job: TypeAlias = PendingJob | ProcessingJob | CompletedJob | FailedJob | CancelledJob | UnknownJob
"""A scraping job, whose shape depends on its status."""
