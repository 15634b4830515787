"""The servers that an operation is sent to."""

from __future__ import annotations

import re
from typing import Final

from .document import Document, RawOperation
from .pointer import parent
from .values import Mapping, mapping, sequence

_URL: Final = 2_000
"""Characters of a URL that are read."""


def servers_of(document: Document, operation: RawOperation) -> tuple[str, list[Mapping]]:
    """The servers of an operation, its own or those of its path or of all, and who has them."""
    for owner in (operation.pointer, parent(operation.pointer), ""):
        listed = sequence(mapping(document.at(owner)).get("servers"))
        if listed:
            return owner, [mapping(server) for server in listed]
    return "", []


def url_of(server: Mapping) -> str:
    """The URL of a server; empty where it is not a whole one."""
    defaults = {
        name: str(mapping(variable).get("default", ""))
        for name, variable in mapping(server.get("variables")).items()
    }
    # In one pass: a default is not read for variables, which could double the URL each time.
    url = re.sub(
        r"\{([^{}]*)\}",
        lambda match: defaults.get(match[1]) or match[0],
        str(server.get("url", ""))[:_URL],
    )
    url = url[:_URL].strip().rstrip("/")
    return url if re.match(r"https?://", url) and "{" not in url else ""
