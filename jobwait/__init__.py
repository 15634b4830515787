"""Typed waiting for asynchronous jobs: one `wait_for_completion` over every provider's package."""

from __future__ import annotations

TYPE_CHECKING: bool = False  # annotated: jedi takes the value of one that is not for granted
if TYPE_CHECKING:
    from ._auth import AsyncKey as AsyncKey, Key as Key
    from ._client import (
        AsyncBaseClient as AsyncBaseClient,
        AsyncRawResource as AsyncRawResource,
        AsyncResource as AsyncResource,
        BaseClient as BaseClient,
        RawResource as RawResource,
        Resource as Resource,
    )
    from ._errors import (
        APIConnectionError as APIConnectionError,
        APIError as APIError,
        APIStatusError as APIStatusError,
        APITimeoutError as APITimeoutError,
        AuthenticationError as AuthenticationError,
        BadRequestError as BadRequestError,
        CheckpointError as CheckpointError,
        ClientClosedError as ClientClosedError,
        ConfigurationError as ConfigurationError,
        InvalidArgumentError as InvalidArgumentError,
        JobCancelledError as JobCancelledError,
        JobFailedError as JobFailedError,
        JobwaitError as JobwaitError,
        NotFoundError as NotFoundError,
        PermissionDeniedError as PermissionDeniedError,
        RateLimitError as RateLimitError,
        ResponseDecodeError as ResponseDecodeError,
        ServerError as ServerError,
        WaitError as WaitError,
        WaitTimeoutError as WaitTimeoutError,
    )
    from ._flow import AsyncLimiter as AsyncLimiter, Limiter as Limiter
    from ._many import (
        Advanced as Advanced,
        WaitOptions as WaitOptions,
        advance as advance,
        as_completed as as_completed,
        async_advance as async_advance,
        async_as_completed as async_as_completed,
        async_wait_for_all as async_wait_for_all,
        wait_for_all as wait_for_all,
    )
    from ._messages import Headers as Headers
    from ._models import (
        Deviation as Deviation,
        Model as Model,
        UnknownVariant as UnknownVariant,
        deviations as deviations,
    )
    from ._observe import PollEvent as PollEvent, on_poll as on_poll
    from ._operation import (
        ClientConfig as ClientConfig,
        Credential as Credential,
        JobOperation as JobOperation,
        Operation as Operation,
        Part as Part,
        Polling as Polling,
        WaitErrors as WaitErrors,
    )
    from ._outcome import Outcome as Outcome, Succeeded as Succeeded, Unsuccessful as Unsuccessful
    from ._provider import Provider as Provider, Waitable as Waitable, providers as providers
    from ._requests import RawResponse as RawResponse
    from ._resume import Wait as Wait
    from ._schedule import (
        Adaptive as Adaptive,
        Durations as Durations,
        Exponential as Exponential,
        Fixed as Fixed,
        Poll as Poll,
        Schedule as Schedule,
    )
    from ._transport import (
        AsyncHTTPClient as AsyncHTTPClient,
        ClientSession as ClientSession,
        HTTPClient as HTTPClient,
    )
    from ._unset import UNSET as UNSET, Unset as Unset
    from ._version import __version__ as __version__
    from ._wait import wait_for_completion as wait_for_completion
    from .checkpoint import Checkpoint as Checkpoint

_NAMES = {
    "_auth": "AsyncKey Key",
    "_client": "AsyncBaseClient AsyncRawResource AsyncResource BaseClient RawResource Resource",
    "_errors": (
        "APIConnectionError APIError APIStatusError APITimeoutError AuthenticationError "
        "BadRequestError CheckpointError ClientClosedError ConfigurationError "
        "InvalidArgumentError JobCancelledError JobFailedError JobwaitError NotFoundError "
        "PermissionDeniedError RateLimitError ResponseDecodeError ServerError WaitError "
        "WaitTimeoutError"
    ),
    "_flow": "AsyncLimiter Limiter",
    "_many": (
        "Advanced WaitOptions advance as_completed async_advance async_as_completed "
        "async_wait_for_all wait_for_all"
    ),
    "_messages": "Headers",
    "_models": "Deviation Model UnknownVariant deviations",
    "_observe": "PollEvent on_poll",
    "_operation": "ClientConfig Credential JobOperation Operation Part Polling WaitErrors",
    "_outcome": "Outcome Succeeded Unsuccessful",
    "_provider": "Provider Waitable providers",
    "_requests": "RawResponse",
    "_resume": "Wait",
    "_schedule": "Adaptive Durations Exponential Fixed Poll Schedule",
    "_transport": "AsyncHTTPClient ClientSession HTTPClient",
    "_unset": "UNSET Unset",
    "_version": "__version__",
    "_wait": "wait_for_completion",
    "checkpoint": "Checkpoint",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:
    __all__ = sorted(_MODULES)

    def __getattr__(name):
        # Importing this package, or one built on it, loads nothing until it is used.
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return __all__
