"""Keys that a document describes as a parameter of a header, rather than as a security scheme."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..document.document import EXTENSION, Document
from ..document.values import Mapping as Json, mapping, sequence
from ..problems import prose
from .operations import Operation
from .overlay import scalar
from .reading import Reader
from .vocabulary import split, vocabulary

_KEYS: Final = frozenset(
    {"apikey", "auth", "authorization", "credential", "key", "secret", "token"}
)
_OTHER_KEYS: Final = vocabulary("csrf idempotency page xsrf")
"""Words of headers that hold a key to something else."""
_BEARER: Final = re.compile(r"\bbearer\b", re.IGNORECASE)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


def hidden_keys(operations: Iterable[Operation], data: Mapping[str, object]) -> dict[str, Json]:
    """Headers that hold the key of operations without a security scheme, by their names."""
    by_name: dict[str, Json] = {}
    for operation in operations:
        security = sequence(operation.value.get("security", data.get("security")))
        if any(mapping(requirement) for requirement in security):
            continue
        for parameter in operation.parameters:
            name = str(parameter.get("name"))
            if parameter.get("in") == "header" and _is_key(name) and _HEADER.fullmatch(name):
                by_name.setdefault(name.lower(), parameter)
    return by_name


def without_key(document: Document) -> str:
    """What to say of a document whose client sends no key; empty where it has a security scheme."""
    data = document.data
    if mapping(mapping(data.get("components")).get("securitySchemes")):
        return ""
    keys = hidden_keys((op for op in Reader(data).operations() if EXTENSION in op.value), data)
    remedy = "if the provider needs one, add a security scheme in the overlay"
    if keys:
        remedy = f"`suggest` proposes one for the header {prose(next(iter(keys)))}"
    return (
        "no key will be sent, as the document has no security scheme, but for one that is passed, "
        f"as a bearer token; {remedy}"
    )


def other_headers(operations: Iterable[Operation]) -> list[str]:
    """Optional headers that name a version, which a server may ask for all the same."""
    names: dict[str, None] = {}
    for operation in operations:
        for parameter in operation.parameters:
            name = str(parameter.get("name"))
            optional = parameter.get("required") is not True
            if parameter.get("in") == "header" and optional and "version" in split(name[:100]):
                names.setdefault(name)
    return list(names)


def actions(keys: Mapping[str, Json]) -> Iterator[str]:
    """The lines of an action that adds security schemes, and asks for any of them."""
    if not keys:
        return
    schemes: dict[str, Json] = {}
    for header, parameter in keys.items():
        name = re.sub("[^a-z0-9]+", "_", header).strip("_")
        text = str(parameter.get("description", "")) + str(parameter.get("example", ""))
        if header == "authorization" and _BEARER.search(text):
            schemes[name] = {"type": "http", "scheme": "bearer"}
        else:
            wire = str(parameter.get("name"))
            schemes[name] = {"type": "apiKey", "in": "header", "name": wire}
    yield "# The document has no security scheme for the key that it describes as a header."
    yield "- target: $"
    yield "  update:"
    yield "    components:"
    yield "      securitySchemes:"
    for name, scheme in schemes.items():
        words = ", ".join(f"{key}: {scalar(value)}" for key, value in scheme.items())
        yield f"        {scalar(name)}: {{{words}}}"
    yield f"    security: [{', '.join(f'{{{json.dumps(name)}: []}}' for name in schemes)}]"


def _is_key(name: str) -> bool:
    parts = set(split(name[:100]))
    return bool(parts & _KEYS) and not parts & _OTHER_KEYS
