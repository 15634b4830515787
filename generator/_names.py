"""The names in the generated code, and those that a document may not take."""

from __future__ import annotations

import builtins
import keyword
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
        *("AsyncClient", "AsyncHTTPClient", "Client", "HTTPClient", "PROVIDER"),
        *("AsyncRawResource", "AsyncResource", "Callable", "Final", "JobOperation", "Polling"),
        *("RawResource", "RawResponse", "Resource", "Schedule"),
        *("Annotated", "AwareDatetime", "BaseModel", "ConfigDict", "Enum", "Field", "RootModel"),
        *("Optional", "Union", *keyword.kwlist, *dir(builtins)),
    }
)
"""Names that mean something else in a module of a package."""

ARGUMENTS: Final = frozenset(
    {"not_found_grace", "on_update", "schedule", "timeout", "wait_for_completion"}
)
"""Arguments of the methods, which a path parameter may not be called."""

CLIENT: Final = frozenset(
    {
        *("aclose", "base_url", "close", "is_closed", "max_retries", "timeout", "with_options"),
        "models",
    }
)
"""Attributes of a client, and the modules beside it, which a tag may not be called."""

METHODS: Final = frozenset({"calls", "operation", "wait_for_completion", "with_raw_response"})
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


def resources(tag: str) -> list[str]:
    """The classes of the module for a tag."""
    names = [f"{class_name(tag)}Resource", f"Async{class_name(tag)}Resource"]
    return [*names, *(f"{name}WithRawResponse" for name in names)]


def members(values: Sequence[str | int], names: Sequence[str]) -> list[str]:
    """The members of an enum, in the order of its values."""
    if len(names) == len(values):
        return [_plain(given) for given in names]
    result: list[str] = []
    for position, value in enumerate(values):
        if isinstance(value, int):
            result.append(f"VALUE_{value}" if value >= 0 else f"VALUE_NEGATIVE_{-value}")
        else:
            name = _plain(value) if value[:1].isalpha() else ""
            result.append(name or f"VALUE_{position}")
    return result


def _plain(name: str) -> str:
    # Python reads names so, and would take two for one.
    return unicodedata.normalize("NFKC", snake_case(name).upper())


def is_provider(name: str) -> bool:
    """Whether a package can be called that."""
    return _PROVIDER.fullmatch(name) is not None
