"""Providers whose packages are installed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from uuid import UUID

GROUP: Final = "jobwait.providers"
"""The entry-point group under which packages name their `PROVIDER`."""


class Provider:
    """A generated package, for programs that have not seen it; loaded as far as it is used."""

    def __init__(
        self, *, name: str, title: str, package: str, id_type: type[str] | type[int] | type[UUID]
    ) -> None:
        self.name: Final = name
        """As in `docurift`."""
        self.title: Final = title
        """As the provider writes it."""
        self.package: Final = package
        """The import name."""
        self.id_type: Final = id_type
        """The class of a job's id."""

    def __repr__(self) -> str:
        return f"<Provider {self.name}>"

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
    def document(self) -> dict[str, Any]:
        """The OpenAPI document that the package was generated from."""
        import json
        from importlib.resources import files

        document: dict[str, Any] = json.loads(
            files(self.package).joinpath("openapi.json").read_bytes()
        )
        return document

    def _load(self, name: str) -> Any:
        from importlib import import_module

        return getattr(import_module(self.package), name)


def providers() -> dict[str, Provider]:
    """Every installed provider by its name, sorted."""
    from importlib.metadata import entry_points

    return {
        entry.name: entry.load()
        for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name)
    }
