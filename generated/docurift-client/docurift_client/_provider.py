# Generated from specs/docurift.yaml by `python -m generator`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final

from jobwait import Provider

PROVIDER: Final = Provider(
    name="docurift",
    title="DocuRift",
    package="docurift_client",
    id_type=str,
)
