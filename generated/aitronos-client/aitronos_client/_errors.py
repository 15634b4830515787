# Generated from specs/aitronos.yaml and specs/aitronos.overlay.yaml by `jobwait-generate`; edits are lost.
"""The errors of waits, with the types of the jobs."""

from __future__ import annotations

import jobwait

from .models import (
    CancelledJob,
    FailedJob,
    Job,
)


class JobFailedError(jobwait.JobFailedError):
    """The provider says that the job failed; `code`, `message` and `retryable` tell why."""

    # Where users import it from, and so what a traceback names.
    __module__ = "aitronos_client"

    job: FailedJob
    """The job as it ended."""


class JobCancelledError(jobwait.JobCancelledError):
    """The provider says that the job was cancelled; `code` and `message` where it tells why."""

    # Where users import it from, and so what a traceback names.
    __module__ = "aitronos_client"

    job: CancelledJob
    """The job as it ended."""


class WaitTimeoutError(jobwait.WaitTimeoutError):
    """The job did not end within the timeout of the wait; it may still be running."""

    # Where users import it from, and so what a traceback names.
    __module__ = "aitronos_client"

    job: Job | None
    """The last job that the wait saw, if any."""
