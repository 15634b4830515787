"""The clients of a provider, with the key of a connection."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, Final

from airflow.sdk import BaseHook

from jobwait import Provider, Waitable, providers


class JobwaitHook(BaseHook):
    """Makes clients of a provider; the key is the password of a connection.

    A connection's host is the base URL, if it is not the provider's own. Its extra may hold other
    arguments of the client, as in `{"timeout": 10}`.

    Args:
        provider: The name of a package that is installed, as in `docurift`.
        conn_id: The connection, wherever it is kept: in Airflow's database, a secrets backend, or
            the environment.
        operation: As in `GET /v1/jobs/{id}`, where the provider has several kinds of jobs.

    Raises:
        ValueError: No such package is installed, or it has no such operation.
    """

    conn_name_attr: ClassVar[str] = "conn_id"
    default_conn_name: ClassVar[str] = "jobwait_default"
    conn_type: ClassVar[str] = "jobwait"
    hook_name: ClassVar[str] = "jobwait"

    def __init__(
        self, provider: str, conn_id: str = "jobwait_default", operation: str | None = None
    ) -> None:
        super().__init__()
        self.conn_id: Final = conn_id
        self.provider: Final = _provider(provider)
        self.waitable: Final = _waitable(self.provider, operation)

    def get_conn(self) -> Any:
        """A blocking client, which the caller closes."""
        connection = self.get_connection(self.conn_id)
        return self.provider.client(**self._arguments(connection))

    async def get_async_conn(self) -> Any:
        """An asynchronous client, which the caller closes."""
        connection = await self.aget_connection(self.conn_id)
        return self.provider.async_client(**self._arguments(connection))

    def _arguments(self, connection: Any) -> dict[str, Any]:
        names = list(inspect.signature(self.provider.client).parameters)
        extra: dict[str, Any] = connection.extra_dejson
        unknown = sorted(extra.keys() - set(names))
        if unknown:
            raise ValueError(
                f"the extra of the connection {self.conn_id!r} has {unknown[0]!r}, which is no "
                f"argument of the client of {self.provider.title}: those are {', '.join(names)}"
            )
        # A client's first argument is its key.
        key = {names[0]: connection.password or None, "base_url": connection.host or None}
        return {**key, **extra}


def _provider(name: str) -> Provider:
    installed = providers()
    if name not in installed:
        known = ", ".join(installed) or "none"
        raise ValueError(f"no package of the provider {name!r} is installed; installed: {known}")
    return installed[name]


def _waitable(provider: Provider, operation: str | None) -> Waitable:
    if operation is None:
        return provider.waitables[0]
    for waitable in provider.waitables:
        if waitable.operation == operation:
            return waitable
    known = ", ".join(waitable.operation for waitable in provider.waitables)
    raise ValueError(f"{provider.title} has no operation {operation!r}, but {known}")
