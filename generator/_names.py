"""The names in the generated code, and those that a document may not take."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case

ERRORS: Final = (
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ConfigurationError",
    "InvalidArgumentError",
    "JobCancelledError",
    "JobFailedError",
    "JobwaitError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "ResponseDecodeError",
    "ServerError",
    "WaitError",
    "WaitTimeoutError",
)
"""What every package exports of the layer's error tree."""

TAKEN: Final = frozenset(
    {
        *ERRORS,
        *("Any", "ClassVar", "IntEnum", "Literal", "Mapping", "StrEnum", "TypeAlias", "UUID"),
        *("Model", "UNSET", "UnknownVariant", "Unset"),
        *("AsyncClient", "Client", "PROVIDER"),
    }
)
"""Class names that mean something else in a package."""

TAKEN_BY_RESOURCES: Final = frozenset(
    {
        *("AsyncRawResource", "AsyncResource", "Callable", "Final", "JobOperation", "Polling"),
        *("RawResource", "RawResponse", "Resource", "Schedule"),
    }
)
"""Those that mean something else where the operations are, which use few classes."""

ARGUMENTS: Final = frozenset({"not_found_grace", "on_update", "schedule", "timeout"})
"""Arguments of the methods, which a path parameter may not be called."""

CLIENT: Final = frozenset({"aclose", "base_url", "close", "max_retries", "timeout", "with_options"})
"""Attributes of a client, which a tag may not be called."""

MODULES: Final = frozenset({"models"})
"""Modules of a package, which a tag may not be called either."""

METHODS: Final = frozenset({"client", "operation", "wait_for_completion", "with_raw_response"})
"""Attributes of a resource, which an operation may not be called."""

_SHADOWED: Final = frozenset(
    {"additional_properties", "date", "field", "frozen", "from_dict", "to_dict"}
)
_PROVIDER: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def field_name(wire: str) -> str:
    """The attribute for a property.

    One that would hide a keyword, a builtin or something the models use ends in an underscore.
    """
    name = identifier(wire)
    return f"{name}_" if name in _SHADOWED else name


def identifier(name: str) -> str:
    """The argument, module or method for a name in a document."""
    return str(PythonIdentifier(unicodedata.normalize("NFKC", name), "field_"))


def class_name(name: str) -> str:
    """The class for a schema."""
    return str(ClassName(unicodedata.normalize("NFKC", name), "field_"))


def members(values: Sequence[str | int], names: Sequence[str]) -> list[str]:
    """The members of an enum, in the order of its values."""
    if len(names) == len(values):
        return [snake_case(given).upper() for given in names]
    result: list[str] = []
    for position, value in enumerate(values):
        if isinstance(value, int):
            result.append(f"VALUE_{value}" if value >= 0 else f"VALUE_NEGATIVE_{-value}")
        else:
            name = snake_case(value).upper() if value[:1].isalpha() else ""
            result.append(name or f"VALUE_{position}")
    return result


def is_provider(name: str) -> bool:
    """Whether a package can be called that."""
    return _PROVIDER.fullmatch(name) is not None
