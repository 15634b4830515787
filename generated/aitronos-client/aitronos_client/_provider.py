# Generated from specs/aitronos.yaml by `python -m generator`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final

from jobwait import Provider

PROVIDER: Final = Provider(
    name="aitronos",
    title="Aitronos",
    package="aitronos_client",
    id_type=str,
)
