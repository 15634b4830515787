"""Typed waiting for asynchronous jobs: one `wait_for_completion` over every provider's package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._auth import AsyncKey, Key
    from ._client import (
        AsyncBaseClient,
        AsyncRawResource,
        AsyncResource,
        BaseClient,
        RawResource,
        Resource,
    )
    from ._errors import (
        APIConnectionError,
        APIError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        CheckpointError,
        ClientClosedError,
        ConfigurationError,
        InvalidArgumentError,
        JobCancelledError,
        JobFailedError,
        JobwaitError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        ResponseDecodeError,
        ServerError,
        WaitError,
        WaitTimeoutError,
    )
    from ._flow import AsyncLimiter, Limiter
    from ._many import (
        Advanced,
        WaitOptions,
        advance,
        as_completed,
        async_advance,
        async_as_completed,
        async_wait_for_all,
        wait_for_all,
    )
    from ._messages import Headers
    from ._models import Deviation, Model, UnknownVariant, deviations
    from ._observe import PollEvent, on_poll
    from ._operation import ClientConfig, Credential, JobOperation, Operation, Part, Polling
    from ._outcome import Outcome
    from ._provider import Provider, Waitable, providers
    from ._requests import RawResponse
    from ._resume import Wait
    from ._schedule import Adaptive, Durations, Exponential, Fixed, Poll, Schedule
    from ._transport import AsyncHTTPClient, ClientSession, HTTPClient
    from ._unset import UNSET, Unset
    from ._version import __version__
    from ._wait import wait_for_completion
    from .checkpoint import Checkpoint

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "Adaptive",
    "Advanced",
    "AsyncBaseClient",
    "AsyncHTTPClient",
    "AsyncKey",
    "AsyncLimiter",
    "AsyncRawResource",
    "AsyncResource",
    "AuthenticationError",
    "BadRequestError",
    "BaseClient",
    "Checkpoint",
    "CheckpointError",
    "ClientClosedError",
    "ClientConfig",
    "ClientSession",
    "ConfigurationError",
    "Credential",
    "Deviation",
    "Durations",
    "Exponential",
    "Fixed",
    "HTTPClient",
    "Headers",
    "InvalidArgumentError",
    "JobCancelledError",
    "JobFailedError",
    "JobOperation",
    "JobwaitError",
    "Key",
    "Limiter",
    "Model",
    "NotFoundError",
    "Operation",
    "Outcome",
    "Part",
    "PermissionDeniedError",
    "Poll",
    "PollEvent",
    "Polling",
    "Provider",
    "RateLimitError",
    "RawResource",
    "RawResponse",
    "Resource",
    "ResponseDecodeError",
    "Schedule",
    "ServerError",
    "UNSET",
    "UnknownVariant",
    "Unset",
    "Wait",
    "WaitError",
    "WaitOptions",
    "WaitTimeoutError",
    "Waitable",
    "__version__",
    "advance",
    "as_completed",
    "async_advance",
    "async_as_completed",
    "async_wait_for_all",
    "deviations",
    "on_poll",
    "providers",
    "wait_for_all",
    "wait_for_completion",
]

_HOMES = {
    "APIConnectionError": "_errors",
    "APIError": "_errors",
    "APIStatusError": "_errors",
    "APITimeoutError": "_errors",
    "Adaptive": "_schedule",
    "Advanced": "_many",
    "AsyncBaseClient": "_client",
    "AsyncHTTPClient": "_transport",
    "AsyncKey": "_auth",
    "AsyncLimiter": "_flow",
    "AsyncRawResource": "_client",
    "AsyncResource": "_client",
    "AuthenticationError": "_errors",
    "BadRequestError": "_errors",
    "BaseClient": "_client",
    "Checkpoint": "checkpoint",
    "CheckpointError": "_errors",
    "ClientClosedError": "_errors",
    "ClientConfig": "_operation",
    "ClientSession": "_transport",
    "ConfigurationError": "_errors",
    "Credential": "_operation",
    "Deviation": "_models",
    "Durations": "_schedule",
    "Exponential": "_schedule",
    "Fixed": "_schedule",
    "HTTPClient": "_transport",
    "Headers": "_messages",
    "InvalidArgumentError": "_errors",
    "JobCancelledError": "_errors",
    "JobFailedError": "_errors",
    "JobOperation": "_operation",
    "JobwaitError": "_errors",
    "Key": "_auth",
    "Limiter": "_flow",
    "Model": "_models",
    "NotFoundError": "_errors",
    "Operation": "_operation",
    "Outcome": "_outcome",
    "Part": "_operation",
    "PermissionDeniedError": "_errors",
    "Poll": "_schedule",
    "PollEvent": "_observe",
    "Polling": "_operation",
    "Provider": "_provider",
    "RateLimitError": "_errors",
    "RawResource": "_client",
    "RawResponse": "_requests",
    "Resource": "_client",
    "ResponseDecodeError": "_errors",
    "Schedule": "_schedule",
    "ServerError": "_errors",
    "UNSET": "_unset",
    "UnknownVariant": "_models",
    "Unset": "_unset",
    "Wait": "_resume",
    "WaitError": "_errors",
    "WaitOptions": "_many",
    "WaitTimeoutError": "_errors",
    "Waitable": "_provider",
    "__version__": "_version",
    "advance": "_many",
    "as_completed": "_many",
    "async_advance": "_many",
    "async_as_completed": "_many",
    "async_wait_for_all": "_many",
    "deviations": "_models",
    "on_poll": "_observe",
    "providers": "_provider",
    "wait_for_all": "_many",
    "wait_for_completion": "_wait",
}


def __getattr__(name: str) -> object:
    # Importing this package, or one built on it, loads nothing until it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
