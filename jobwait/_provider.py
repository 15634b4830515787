"""Providers whose packages are installed."""

from __future__ import annotations

import sys
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from ._errors import InvalidArgumentError

if TYPE_CHECKING:
    from uuid import UUID

    from ._operation import ClientConfig

GROUP: Final = "jobwait.providers"
"""The entry-point group under which packages name their `PROVIDER`."""


class Waitable:
    """An operation that tells a job's status, for programs that have not seen the package."""

    def __init__(
        self,
        *,
        operation: str,
        attribute: str,
        method: str,
        id_types: tuple[type[str] | type[int] | type[UUID], ...],
        id_names: tuple[str, ...],
    ) -> None:
        self.operation: Final = operation
        """As in `GET /v1/jobs/{id}`."""
        self.id_types: Final = id_types
        """The class of each part of a job's id."""
        self.id_names: Final = id_names
        """What the document calls them."""
        self.attribute: Final = attribute
        """The client's attribute that is the resource, as in `jobs`."""
        self._method = method

    def __repr__(self) -> str:
        return f"<Waitable {self.operation}>"

    @property
    def id_type(self) -> type[Any]:
        """The class of a job's id: that of its one part, or tuple."""
        return self.id_types[0] if len(self.id_types) == 1 else tuple

    def resource(self, client: Any) -> Any:
        """What `wait_for_completion` takes: the resource of a client, blocking or not."""
        return getattr(client, self.attribute)

    def get(self, client: Any, id: Any) -> Any:
        """The typed job; an awaitable of it for an asynchronous client.

        Args:
            client: A client of the package.
            id: The job's id; a tuple where it has several parts.
        """
        return getattr(self.resource(client), self._method)(id)

    def get_raw(self, client: Any, id: Any) -> Any:
        """As `get`, with the whole response."""
        return getattr(self.resource(client).with_raw_response, self._method)(id)

    def can_cancel(self, client: Any) -> bool:
        """Whether the document has an operation that ends a job before its time."""
        return self.resource(client).operation.cancel is not None

    def cancel(self, client: Any, id: Any) -> Any:
        """Ask the provider to end a job before its time; as `get`, but returns its answer.

        Raises:
            InvalidArgumentError: The document has no operation for that.
        """
        resource = self.resource(client)
        operation = resource.operation.cancel
        if operation is None:
            raise InvalidArgumentError(
                f"jobs of {resource.operation.provider} cannot be cancelled: its document has no "
                "operation for that"
            )
        return resource.calls.run(resource.calls.body(operation, id, None))


class Provider:
    """A generated package, for programs that have not seen it; loaded as far as it is used."""

    def __init__(
        self,
        *,
        name: str,
        title: str,
        package: str,
        waitables: tuple[Waitable, ...],
        api_version: str = "",
    ) -> None:
        self.name: Final = name
        """As in `docurift`."""
        self.title: Final = title
        """As the provider writes it."""
        self.package: Final = package
        """The import name."""
        self.api_version: Final = api_version
        """What the provider calls the version of its API that the package was made for, as in
        `2024-10-01`; empty where its document names none. The package has a version of its own."""
        self.waitables: Final = waitables
        """The operations that tell a job's status, at least one."""

    def __repr__(self) -> str:
        return f"<Provider {self.name}>"

    @property
    def id_type(self) -> type[Any]:
        """The class of a job's id, of the first of `waitables`."""
        return self.waitables[0].id_type

    @property
    def client(self) -> type[Any]:
        """The blocking client class; type checkers see its methods in the package itself."""
        client: type[Any] = self._load("Client")
        return client

    @property
    def async_client(self) -> type[Any]:
        """The asynchronous client class."""
        client: type[Any] = self._load("AsyncClient")
        return client

    @cached_property
    def config(self) -> ClientConfig:
        """What its clients need: the URL, and the credentials with their environment variables."""
        config: ClientConfig = self._load("CONFIG", module="._client")
        return config

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document that the package was generated from."""
        import json
        from importlib.resources import files

        document: dict[str, Any] = json.loads(
            files(self.package).joinpath("openapi.json").read_bytes()
        )
        return document

    def _load(self, name: str, module: str = "") -> Any:
        from importlib import import_module

        return getattr(import_module(f"{self.package}{module}"), name)


def providers() -> dict[str, Provider]:
    """Every installed provider by its name, sorted.

        for name, provider in jobwait.providers().items():
            print(name, provider.title, [one.operation for one in provider.waitables])

    What is installed is read once, and packages are loaded as far as they are used.
    """
    return dict(_installed(tuple(sys.path)))


@cache
def _installed(path: tuple[str, ...]) -> dict[str, Provider]:
    from importlib.metadata import entry_points

    return {
        entry.name: entry.load()
        for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name)
    }
