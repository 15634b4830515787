"""The clients and resources that generated packages derive theirs from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import wraps
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from ._auth import AsyncKey, Key, keys_of
from ._errors import ConfigurationError, JobwaitError
from ._faults import without_frames
from ._flow import AsyncLimiter, Limiter
from ._messages import MAX_BODY
from ._operation import ClientConfig, DoneT, IdT, JobOperation, JobT
from ._requests import (
    ACCEPT,
    ASYNC_SYSTEM,
    SYSTEM,
    AsyncCalls,
    AsyncRuntime,
    Calls,
    Lifetime,
    Options,
    Runtime,
    SharedCalls,
)
from ._transport import (
    AsyncHTTPClient,
    ClientSession,
    HTTPClient,
    async_transport,
    sync_transport,
)
from ._unset import UNSET, Unset
from ._validation import merged_headers, plain_base_url, request_timeout, whole_number
from ._version import __version__

CallsT = TypeVar("CallsT", bound=SharedCalls)
KeyT = TypeVar("KeyT")
HTTPClientT = TypeVar("HTTPClientT")
LimiterT = TypeVar("LimiterT", bound=Callable[[], Any])
RuntimeT = TypeVar("RuntimeT")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def _hides_arguments(function: FunctionT) -> FunctionT:
    """`function`, whose errors have no frame that holds its arguments: they may be keys."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            args, kwargs = (), {}
            if isinstance(error, JobwaitError):
                without_frames(error)
            raise

    hiding: Any = call
    hidden: FunctionT = hiding
    return hidden


class _Client(ABC, Generic[CallsT, KeyT, HTTPClientT, LimiterT, RuntimeT]):
    """What both clients share."""

    _calls: CallsT

    def __init__(
        self,
        config: ClientConfig,
        credentials: Mapping[str, KeyT | None],
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http_client: HTTPClientT | None = None,
        max_body: int = MAX_BODY,
        strict: bool = False,
        limiter: LimiterT | None = None,
        runtime: RuntimeT | None = None,
    ) -> None:
        keys = keys_of(config, credentials)
        if limiter is not None and not callable(limiter):
            raise ConfigurationError(
                f"limiter is a function that returns seconds, not {type(limiter).__name__}"
            )
        own = {
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip",
            "User-Agent": f"{config.user_agent} jobwait/{__version__}",
            **keys.fixed.headers,
        }
        options = Options(
            config,
            plain_base_url(config, base_url),
            merged_headers(own, headers),
            request_timeout(timeout),
            whole_number("max_retries", max_retries),
            Lifetime(),
            keys,
            whole_number("max_body", max_body, minimum=1),
            strict,
            {},
            limiter,
        )
        self._calls = self._make_calls(options, http_client, runtime)

    @abstractmethod
    def _make_calls(
        self, options: Options, http_client: HTTPClientT | None, runtime: RuntimeT | None
    ) -> CallsT:
        """What sends its requests, over the user's HTTP client or its own connections."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        init = vars(cls).get("__init__")
        if init is not None:
            type.__setattr__(cls, "__init__", _hides_arguments(init))

    def __repr__(self) -> str:
        if not hasattr(self, "_calls"):  # where its constructor raised
            return f"<{type(self).__name__} that could not be made>"
        options = self._calls.options
        return f"<{type(self).__name__} of {options.config.title} at {options.base_url}>"

    def __copy__(self) -> Self:
        client = type(self).__new__(type(self))
        vars(client).update(vars(self))
        return client

    def __deepcopy__(self, memo: object) -> Self:
        # Connections cannot be copied, and keys should not be: the copy shares both.
        return self.with_options()

    def __reduce__(self) -> str:
        raise TypeError(f"{self!r} has a key and connections and does not pickle: make another one")

    @property
    def base_url(self) -> str:
        """The URL before the operations' paths, without a slash at its end."""
        return self._calls.options.base_url

    @property
    def timeout(self) -> float:
        """Seconds that one request may take in all."""
        return self._calls.options.timeout

    @property
    def max_retries(self) -> int:
        """How often a request outside a wait is sent again."""
        return self._calls.options.max_retries

    @property
    def is_closed(self) -> bool:
        """Whether this client, or the one whose connections it shares, was closed."""
        return self._calls.options.lifetime.is_over

    @_hides_arguments
    def with_options(
        self,
        *,
        timeout: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client with other options over the same connections; this one does not change.

        Args:
            timeout: Seconds that one request may take in all.
            max_retries: Of a request outside a wait.
            headers: Added to those of this client, or in their place.
        """
        from copy import copy

        options = self._calls.options
        client = copy(self)
        client._calls = self._calls.replace(
            options._replace(
                headers=merged_headers(options.headers, headers),
                timeout=options.timeout if timeout is UNSET else request_timeout(timeout),
                max_retries=(
                    options.max_retries
                    if max_retries is UNSET
                    else whole_number("max_retries", max_retries)
                ),
                lifetime=Lifetime(options.lifetime),
            )
        )
        return client


class BaseClient(_Client[Calls, Key, HTTPClient, Limiter, Runtime]):
    """The blocking client; threads may share one."""

    def _make_calls(
        self, options: Options, http_client: HTTPClient | None, runtime: Runtime | None
    ) -> Calls:
        self._transport = sync_transport(http_client, options.base_url)
        return Calls(options, self._transport, runtime or SYSTEM)

    def close(self) -> None:
        """Close the connections, unless they are another client's; further calls raise.

        A client passed as `http_client`, or whose `with_options` made this one, stays open.
        """
        lifetime = self._calls.options.lifetime
        lifetime.end()
        if lifetime.parent is None:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncBaseClient(
    _Client[AsyncCalls, AsyncKey, AsyncHTTPClient | ClientSession, AsyncLimiter, AsyncRuntime]
):
    """The asynchronous client, for asyncio."""

    def _make_calls(
        self,
        options: Options,
        http_client: AsyncHTTPClient | ClientSession | None,
        runtime: AsyncRuntime | None,
    ) -> AsyncCalls:
        self._transport = async_transport(http_client, options.base_url)
        return AsyncCalls(options, self._transport, runtime or ASYNC_SYSTEM)

    async def aclose(self) -> None:
        """Close the connections, unless they are another client's; as `BaseClient.close`."""
        lifetime = self._calls.options.lifetime
        lifetime.end()
        if lifetime.parent is None:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


class _Resource(Generic[CallsT]):
    def __init__(self, calls: CallsT) -> None:
        self.calls: Final = calls
        """What sends its requests."""


class Resource(_Resource[Calls], Generic[IdT, JobT, DoneT]):
    """The operations of one tag, blocking."""

    operation: JobOperation[IdT, Any, JobT, DoneT]
    """What `wait_for_completion` waits on."""


class AsyncResource(_Resource[AsyncCalls], Generic[IdT, JobT, DoneT]):
    """The operations of one tag, for asyncio."""

    operation: JobOperation[IdT, Any, JobT, DoneT]
    """What `wait_for_completion` waits on."""


class RawResource(_Resource[Calls]):
    """The same operations, blocking, each with the whole response."""


class AsyncRawResource(_Resource[AsyncCalls]):
    """The same operations, for asyncio, each with the whole response."""
