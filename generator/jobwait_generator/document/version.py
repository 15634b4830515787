"""The version of a package: its own, not that of the provider's API."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_VERSION: Final = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


class Version(NamedTuple):
    """A version of Semantic Versioning, without a pre-release: `1.4.0`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> Version:
        """The version that a text names.

        Raises:
            ValueError: It names none.
        """
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError("a version is three numbers, such as `1.4.0`")
        return cls(*map(int, match.groups()))


INITIAL: Final = Version(0, 1, 0)
"""The version of a package that was never released."""
