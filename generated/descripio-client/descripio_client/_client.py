# Generated from specs/descripio.yaml by `python -m generator`; edits are lost.
"""The clients of Descripio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobwait import AsyncBaseClient, BaseClient, ClientConfig, Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobwait import AsyncHTTPClient, HTTPClient

    from .jobs import AsyncJobsResource, JobsResource

CONFIG: Final = ClientConfig(
    provider="descripio",
    title="Descripio",
    base_url="https://app.descripio.com",
    user_agent="descripio-client/1.0.0",
    credentials=(
        Credential(
            parameter="api_key",
            header="Authorization",
            prefix="Bearer ",
            environment_variable="DESCRIPIO_API_KEY",
        ),
    ),
)


class Client(BaseClient):
    """Descripio. The blocking client; threads may share it.

    Args:
        api_key: The API key, sent as `Authorization: Bearer <key>`. From the environment
            variable `DESCRIPIO_API_KEY` if not given.
        base_url: Where requests go, https://app.descripio.com if not given.
        timeout: Seconds that one request may take in all.
        max_retries: How often a request outside a wait is sent again, where that may help.
        headers: Sent with every request.
        http_client: An httpx client to send with; it stays open. A server that drips its
            headers can hold it for longer than a request may take. Connections of its own if
            not given.
        strict: Whether an answer that is not as the document says raises
            `ResponseDecodeError`; if not, it is read as far as it fits, and
            `jobwait.deviations` lists the rest.

    Raises:
        ConfigurationError: There is no key, or an option cannot work.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http_client: HTTPClient | None = None,
        strict: bool = False,
    ) -> None:
        super().__init__(
            CONFIG,
            {
                "api_key": api_key,
            },
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            http_client=http_client,
            strict=strict,
        )

    @property
    def jobs(self) -> JobsResource:
        """Review scraping jobs."""
        # Imported here: models load when they are used.
        from .jobs import JobsResource

        return JobsResource(self._calls)


class AsyncClient(AsyncBaseClient):
    """Descripio. The asynchronous client.

    Args:
        api_key: The API key, sent as `Authorization: Bearer <key>`. From the environment
            variable `DESCRIPIO_API_KEY` if not given.
        base_url: Where requests go, https://app.descripio.com if not given.
        timeout: Seconds that one request may take in all.
        max_retries: How often a request outside a wait is sent again, where that may help.
        headers: Sent with every request.
        http_client: An httpx client to send with; it stays open. A server that drips its
            headers can hold it for longer than a request may take. Connections of its own if
            not given.
        strict: Whether an answer that is not as the document says raises
            `ResponseDecodeError`; if not, it is read as far as it fits, and
            `jobwait.deviations` lists the rest.

    Raises:
        ConfigurationError: There is no key, or an option cannot work.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http_client: AsyncHTTPClient | None = None,
        strict: bool = False,
    ) -> None:
        super().__init__(
            CONFIG,
            {
                "api_key": api_key,
            },
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            http_client=http_client,
            strict=strict,
        )

    @property
    def jobs(self) -> AsyncJobsResource:
        """Review scraping jobs."""
        # Imported here: models load when they are used.
        from .jobs import AsyncJobsResource

        return AsyncJobsResource(self._calls)
