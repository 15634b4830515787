"""The names and literals in the generated code, and the names that a document may not take."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from openapi_python_client.strings import ClassName, PythonIdentifier

from ..document.document import DEVICES

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

RESERVED_NAMES: Final = frozenset(
    {
        *ERRORS,
        *("Any", "ClassVar", "IntEnum", "Literal", "Mapping", "StrEnum", "TypeAlias", "UUID"),
        *("Model", "UNSET", "UnknownVariant", "Unset"),
        *("AsyncClient", "AsyncHTTPClient", "Callable", "Client", "Final", "HTTPClient"),
        *("PROVIDER",),
        *("Annotated", "AwareDatetime", "BaseModel", "ConfigDict", "Enum", "Field", "RootModel"),
        *("Optional", "Union", *keyword.kwlist, *dir(builtins)),
    }
)
"""Names that mean something else in a module of a package."""

RESERVED_ARGUMENTS: Final = frozenset(
    {"not_found_grace", "on_update", "schedule", "timeout", "wait_for_completion"}
)
"""Arguments of the methods, which a path parameter may not be called."""

CLIENT_ARGUMENTS: Final = frozenset(
    {
        *("api_key", "base_url", "headers", "http_client", "max_body", "max_retries", "self"),
        *("strict", "timeout"),
    }
)
"""Arguments of a client, which a security scheme may not be called."""

CLIENT_ATTRIBUTES: Final = frozenset(
    {
        *("aclose", "base_url", "close", "is_closed", "max_retries", "timeout", "with_options"),
        "models",
    }
)
"""Attributes of a client, and the modules beside it, which a tag may not be called."""

RESOURCE_ATTRIBUTES: Final = frozenset(
    {
        *("calls", "cancel", "list", "operation", "result", "wait_for_completion"),
        "with_raw_response",
    }
)
"""Attributes of a resource, which an operation may not be called."""

_SHADOWED: Final = frozenset(
    {"additional_properties", "date", "field", "frozen", "from_dict", "to_dict"}
)


_LONGEST_MODULE: Final = 60
_SIGN: Final = re.compile(r"^[+-](?=[0-9])")
_PLURAL: Final = re.compile(r"(?<![A-Z])[A-Z]{2,}s(?![a-z])")
"""Several of what is written in capitals, such as `IDs`."""


def field_name(wire: str) -> str:
    """The attribute for a property.

    One that would hide a keyword, a builtin or something the models use ends in an underscore.
    """
    name = identifier(wire)
    return f"{name}_" if name in _SHADOWED else name


def identifier(name: str) -> str:
    """The argument, module or method for a name in a document."""
    start = "_" if name.startswith("_") else ""
    return str(PythonIdentifier(start + "_".join(_words(name)).lower(), "field_"))


def method_name(operation_id: str, tag: str) -> str:
    """The method for an operation; `jobs.get` under the tag `jobs` is `get`."""
    head, _, last = operation_id.rpartition(".")
    return identifier(last if head and identifier(head) == identifier(tag) else operation_id)


def is_module_name(name: str) -> bool:
    """Whether a module can be called that on every system."""
    return name not in DEVICES and len(name) <= _LONGEST_MODULE


def shortened(name: str) -> str:
    """A name, or the first words of it, whose module's name is not too long for some system."""
    if len(identifier(name)) <= _LONGEST_MODULE:
        return name
    words = name[: 2 * _LONGEST_MODULE].split(" ")
    while len(words) > 1 and len(identifier(" ".join(words))) > _LONGEST_MODULE:
        words.pop()
    text = " ".join(words)
    while len(identifier(text)) > _LONGEST_MODULE:
        text = text[: min(len(text) - 1, _LONGEST_MODULE)]
    return text


def class_name(name: str) -> str:
    """The class for a schema; that of a class is itself."""
    words = (word if word.isupper() else word.capitalize() for word in _words(name))
    # The tool's own way may differ from itself where it is applied to what it made.
    return str(ClassName(ClassName("".join(words), "field_"), "field_"))


def variant_name(word: str, whole: str) -> str:
    """What a variant of a union is called that has no name: `CancelledJob` for `CANCELLED`."""
    return class_name(f"{word.lower() if word.isupper() else word} {whole}")


def resource_classes(tag: str) -> list[str]:
    """The classes of the module for a tag."""
    names = [f"{class_name(tag)}Resource", f"Async{class_name(tag)}Resource"]
    return [*names, *(f"{name}WithRawResponse" for name in names)]


def members(values: Sequence[str | int], names: Sequence[str]) -> list[str]:
    """The members of an enum, in the order of its values."""
    if len(names) == len(values):
        return [_plain(name) for name in names]
    result: list[str] = []
    for position, value in enumerate(values):
        if isinstance(value, int):
            result.append(f"VALUE_{value}" if value >= 0 else f"VALUE_NEGATIVE_{-value}")
        else:
            name = _plain(value) or str(position)
            result.append(name if name[:1].isalpha() else f"VALUE_{name}")
    return result


def unique(names: Sequence[str]) -> list[str]:
    """The names, numbered from the second one of a kind."""
    result: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for name in names:
        free = name
        while free in result:
            numbers[name] = numbers.get(name, 1) + 1
            free = f"{name.rstrip('_')}_{numbers[name]}"
        result[free] = None
    return list(result)


def field_names(wires: Iterable[str]) -> dict[str, str]:
    """The attribute for each property of an object; no two are called the same."""
    listed = list(wires)
    # A property that is called as its attribute is keeps the name, or else the nearest one.
    order = sorted(
        listed, key=lambda wire: (field_name(wire) != wire, field_name(wire) != f"{wire}_")
    )
    names = dict(zip(order, unique([field_name(wire) for wire in order]), strict=True))
    return {wire: names[wire] for wire in listed}


def _plain(name: str) -> str:
    # Python reads names so, and would take two for one.
    return unicodedata.normalize("NFKC", "_".join(_words(name)).upper())


def _words(name: str) -> list[str]:
    """The words that a name consists of; a number belongs to the word before it."""
    name = unicodedata.normalize("NFKC", name)
    name = _SIGN.sub(lambda sign: "plus " if sign[0] == "+" else "minus ", name)
    name = _PLURAL.sub(lambda match: match[0].capitalize(), name)
    parts = [" "]
    for before, char, after in zip(f" {name}", name, f"{name[1:]} ", strict=False):
        is_start = char.isupper() and (
            before.islower() or before.isdecimal() or (before.isupper() and after.islower())
        )
        is_part = char != "_" and (char.isidentifier() or char.isdecimal())
        parts.append(f" {char}" if is_start else char if is_part else " ")
    return "".join(parts).split()


def literal(value: str | int | float | None) -> str:
    """A Python literal, in double quotes where that needs no more backslashes."""
    text = repr(value)
    return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text
