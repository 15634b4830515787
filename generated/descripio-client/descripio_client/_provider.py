# Generated from specs/descripio.yaml by `python -m generator`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final

from jobwait import Provider

PROVIDER: Final = Provider(
    name="descripio",
    title="Descripio",
    package="descripio_client",
    id_type=int,
)
