"""The handle of a running sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ._types import Fault, Faults, LogEntry, Outcome, SandboxJob

if TYPE_CHECKING:
    # The pytest plugin is imported in every run of pytest, and must cost nothing there.
    from ._guard import Token
    from ._jobs import Store


class Sandbox:
    """A running sandbox, as `run` gives it. Its methods may be called from any thread."""

    def __init__(self, store: Store, api_key: str, token: Token) -> None:
        self._store: Final = store
        self._token: Final = token
        self.api_key: Final = api_key
        """The one key that is accepted, in every scheme that a document offers."""

    def __repr__(self) -> str:
        return f"<Sandbox {self.base_url} playing {', '.join(sorted(self._store.playbooks))}>"

    @property
    def control_token(self) -> str:
        """What the control API takes over HTTP, as `Authorization: Bearer TOKEN`.

        It is another for each sandbox. The methods here need none.
        """
        return self._token.reveal()

    @property
    def base_url(self) -> str:
        """The address of the server, `http://127.0.0.1:PORT`."""
        return self._store.base_url

    def url(self, provider: str) -> str:
        """Return the base URL of a provider: what its client takes as `base_url`."""
        return self._store.url(provider)

    def create_job(
        self,
        provider: str,
        *,
        seconds: float = 2.0,
        outcome: Outcome = "succeeded",
        faults: Sequence[Fault | Faults] = (),
    ) -> SandboxJob:
        """Start a job that ends after `seconds` with `outcome`.

        It is pending for the first fifth of its time, then running. Of several faults a poll meets
        the first that hits it. Raises SandboxError for a provider that is not installed or cannot
        be played, and for an outcome that its document does not know.
        """
        return self._store.add(provider, seconds=seconds, outcome=outcome, faults=faults)

    def log(self, job: SandboxJob | None = None) -> tuple[LogEntry, ...]:
        """Return the requests to providers so far, or those for one job, oldest first.

        Of more than 100,000 only the last are kept. Refused web pages are not among them.
        """
        return tuple(
            entry
            for entry in self._store.entries()
            if job is None or (entry.provider, entry.job_id) == (job.provider, job.id)
        )
