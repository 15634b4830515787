# Generated from specs/spideriq.yaml by `python -m generator`; edits are lost.
"""What the entry point names."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from jobwait import Provider

PROVIDER: Final = Provider(
    name="spideriq",
    title="SpiderIQ",
    package="spideriq_client",
    id_type=UUID,
)
