# Generated from specs/aitronos.yaml and specs/aitronos.overlay.yaml by `jobwait-generate`; edits are lost.
"""The clients of Aitronos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobwait import AsyncBaseClient, BaseClient, ClientConfig, Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobwait import (
        AsyncHTTPClient,
        AsyncKey,
        AsyncLimiter,
        ClientSession,
        HTTPClient,
        Key,
        Limiter,
    )

    from .jobs import AsyncJobsResource, JobsResource

CONFIG: Final = ClientConfig(
    provider="aitronos",
    title="Aitronos",
    base_url="https://api.aitronos.com/api",
    user_agent="aitronos-client/0.1.0",
    credentials=(
        Credential(
            parameter="api_key",
            header="X-API-Key",
            prefix="",
            environment_variable="FREDDY_API_KEY",
        ),
        Credential(
            parameter="bearer_token",
            header="Authorization",
            prefix="Bearer ",
            environment_variable=None,
        ),
    ),
)


class Client(BaseClient):
    """Aitronos. The blocking client; threads may share it.

    Args:
        api_key: The API key in a header of its own, as the provider's examples send it.
            From the environment variable `FREDDY_API_KEY` if not given. A function is asked for
            it before each request.
        bearer_token: A token, sent as `Authorization: Bearer <token>`. A function is asked
            for it before each request.
        base_url: Where requests go, https://api.aitronos.com/api if not given.
        timeout: Seconds that one request may take in all.
        max_retries: How often a request outside a wait is sent again, where that may help.
        headers: Sent with every request.
        max_body: Bytes that the JSON of an answer may have.
        strict: Whether an answer that is not as the document says raises
            `ResponseDecodeError`; if not, it is read as far as it fits, and
            `jobwait.deviations` lists the rest.
        limiter: Asked before each request: it returns the seconds until it is to be asked
            again, and 0 if the request may be sent now.
        http_client: An `httpx.Client` to send with, which stays open. Connections of its
            own if not given.

    Raises:
        ConfigurationError: There is no key, or an option cannot work.
    """

    def __init__(
        self,
        api_key: Key | None = None,
        *,
        bearer_token: Key | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        max_body: int = 8388608,
        strict: bool = False,
        limiter: Limiter | None = None,
        http_client: HTTPClient | None = None,
    ) -> None:
        super().__init__(
            CONFIG,
            {
                "api_key": api_key,
                "bearer_token": bearer_token,
            },
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            max_body=max_body,
            http_client=http_client,
            strict=strict,
            limiter=limiter,
        )

    @property
    def jobs(self) -> JobsResource:
        """Scraping jobs."""
        # Imported here: models load when they are used.
        from .jobs import JobsResource

        return JobsResource(self._calls)


class AsyncClient(AsyncBaseClient):
    """Aitronos. The asynchronous client.

    Args:
        api_key: The API key in a header of its own, as the provider's examples send it.
            From the environment variable `FREDDY_API_KEY` if not given. A function is asked for
            it before each request.
        bearer_token: A token, sent as `Authorization: Bearer <token>`. A function is asked
            for it before each request.
        base_url: Where requests go, https://api.aitronos.com/api if not given.
        timeout: Seconds that one request may take in all.
        max_retries: How often a request outside a wait is sent again, where that may help.
        headers: Sent with every request.
        max_body: Bytes that the JSON of an answer may have.
        strict: Whether an answer that is not as the document says raises
            `ResponseDecodeError`; if not, it is read as far as it fits, and
            `jobwait.deviations` lists the rest.
        limiter: Asked before each request: it returns the seconds until it is to be asked
            again, and 0 if the request may be sent now.
        http_client: An `httpx.AsyncClient` or an `aiohttp.ClientSession` to send with,
            which stays open. Connections of its own if not given.

    Raises:
        ConfigurationError: There is no key, or an option cannot work.
    """

    def __init__(
        self,
        api_key: AsyncKey | None = None,
        *,
        bearer_token: AsyncKey | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        max_body: int = 8388608,
        strict: bool = False,
        limiter: AsyncLimiter | None = None,
        http_client: AsyncHTTPClient | ClientSession | None = None,
    ) -> None:
        super().__init__(
            CONFIG,
            {
                "api_key": api_key,
                "bearer_token": bearer_token,
            },
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            max_body=max_body,
            http_client=http_client,
            strict=strict,
            limiter=limiter,
        )

    @property
    def jobs(self) -> AsyncJobsResource:
        """Scraping jobs."""
        # Imported here: models load when they are used.
        from .jobs import AsyncJobsResource

        return AsyncJobsResource(self._calls)
