"""The mark of a field that was not sent."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    if not TYPE_CHECKING:  # a type checker shall not take every attribute for one of these

        def __getattr__(self, name: str) -> object:
            if name.startswith("_"):  # those that `copy`, `pickle` and others try
                raise AttributeError(name)
            raise AttributeError(
                f"no attribute {name!r}: the provider did not send this field, so it is UNSET"
            )


UNSET: Final = Unset.UNSET
"""A field that the provider did not send; None is one that it sent as null."""
