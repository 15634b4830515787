# Generated from specs/spideriq.yaml by `jobwait-generate`; edits are lost.
"""A typed client of SpiderIQ.

SpiderIQ scrapes websites and map listings. Each scrape runs as a job on a worker, and this
document covers the endpoint that reports how such a job is doing.
"""

from __future__ import annotations

TYPE_CHECKING: bool = False  # annotated: jedi takes the value of one that is not for granted
if TYPE_CHECKING:
    from jobwait import (
        UNSET,
        APIConnectionError,
        APIError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ClientClosedError,
        ConfigurationError,
        InvalidArgumentError,
        JobwaitError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        ResponseDecodeError,
        ServerError,
        Unset,
        WaitError,
    )

    from ._client import AsyncClient, Client
    from ._errors import JobCancelledError, JobFailedError, WaitTimeoutError
    from ._provider import PROVIDER
    from .models import ErrorResponse, Job, JobStatus, JobType

__version__ = "0.1.0"

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ClientClosedError",
    "ConfigurationError",
    "ErrorResponse",
    "InvalidArgumentError",
    "Job",
    "JobCancelledError",
    "JobFailedError",
    "JobStatus",
    "JobType",
    "JobwaitError",
    "NotFoundError",
    "PROVIDER",
    "PermissionDeniedError",
    "RateLimitError",
    "ResponseDecodeError",
    "ServerError",
    "UNSET",
    "Unset",
    "WaitError",
    "WaitTimeoutError",
    "__version__",
]

_HOMES = {
    "UNSET": "jobwait",
    "Unset": "jobwait",
    "APIConnectionError": "jobwait",
    "APIError": "jobwait",
    "APIStatusError": "jobwait",
    "APITimeoutError": "jobwait",
    "AuthenticationError": "jobwait",
    "BadRequestError": "jobwait",
    "ClientClosedError": "jobwait",
    "ConfigurationError": "jobwait",
    "InvalidArgumentError": "jobwait",
    "JobwaitError": "jobwait",
    "NotFoundError": "jobwait",
    "PermissionDeniedError": "jobwait",
    "RateLimitError": "jobwait",
    "ResponseDecodeError": "jobwait",
    "ServerError": "jobwait",
    "WaitError": "jobwait",
    "AsyncClient": "._client",
    "Client": "._client",
    "JobFailedError": "._errors",
    "JobCancelledError": "._errors",
    "WaitTimeoutError": "._errors",
    "PROVIDER": "._provider",
    "ErrorResponse": ".models",
    "Job": ".models",
    "JobStatus": ".models",
    "JobType": ".models",
}

if not TYPE_CHECKING:
    from jobwait import __version__ as _layer

    # All that is asked of the layer here is what the oldest one has.
    if [*map(int, _layer.split(".")[:2])] < [0, 2]:
        raise ImportError(
            "spideriq-client 0.1.0 needs jobwait>=0.2,<1, but jobwait "
            + _layer
            + ' is installed; run: python -m pip install "jobwait>=0.2,<1"'
        )

    def __getattr__(name):
        # Nothing is loaded before it is used.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
