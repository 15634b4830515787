"""What a document says of its operations beside their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ..document.document import Document, operations
from ..document.pointer import escaped
from ..document.values import Mapping, mapping, sequence
from .names import identifier
from .requests import parts_of

VARIABLE: Final = "x-environment-variable"
PREFIX: Final = "x-prefix"
LINKS: Final = ("cancel", "list", "result")
"""Entries of the extension that name another operation."""


class Credential(NamedTuple):
    """How a client sends one of its keys."""

    parameter: str
    header: str
    prefix: str
    variable: str | None
    description: str
    in_query: bool = False
    is_basic: bool = False


def claims(document: Document) -> dict[str, str]:
    """What no other document may have, by pointer: a copy would send a key to another provider."""
    result: dict[str, str] = {}
    if document.strict:
        # What others write may be in use twice, for other operations and under another name.
        result["/info/title"] = str(mapping(document.data.get("info")).get("title")).casefold()
    for pointer, credential in credentials(document):
        if credential.variable is not None:
            result[f"{pointer}/{VARIABLE}"] = str(credential.variable)
    return result


def credentials(document: Document) -> list[tuple[str, Credential]]:
    """The keys of a client, `api_key` first, each with the pointer of its scheme."""
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    used = dict.fromkeys(
        name for _, requirement in requirements(document) for name in requirement if name in schemes
    )
    result: list[tuple[str, Credential]] = []
    for name in used or schemes:
        scheme, _ = document.follow(f"/components/securitySchemes/{escaped(name)}")
        kind = (scheme.get("type"), str(scheme.get("scheme")).lower(), scheme.get("in"))
        variable = scheme.get(VARIABLE)
        prefix = str(scheme.get(PREFIX, ""))
        if kind[:2] == ("http", "bearer"):
            header, prefix, parameter = "Authorization", "Bearer ", "bearer_token"
        elif kind[:2] == ("http", "basic"):
            header, prefix, parameter = "Authorization", "Basic ", "user_and_password"
        elif kind[0] == "apiKey" and kind[2] in ("header", "query"):
            header, parameter = str(scheme.get("name")), f"{kind[2]}_key"
        elif kind[0] == "apiKey" and kind[2] == "cookie":
            header, prefix, parameter = "Cookie", f"{scheme.get('name')}=", "cookie_key"
        else:
            header, prefix, parameter = "", "", ""
        text = str(scheme.get("description", ""))
        if parameter and keys_together(document):
            parameter = identifier(name)
        credential = Credential(
            "api_key" if variable else parameter,
            header,
            prefix,
            variable,
            text,
            in_query=kind[2] == "query",
            is_basic=kind[1] == "basic",
        )
        result.append((f"/components/securitySchemes/{escaped(name)}", credential))
    return sorted(result, key=lambda item: item[1].variable is None)


def keys_together(document: Document) -> bool:
    """Whether one request carries several keys."""
    return any(len(requirement) > 1 for _, requirement in requirements(document))


def key_required(document: Document) -> bool:
    """Whether every request needs a key."""
    for _, _, operation in operations(document):
        listed = sequence(operation.get("security", document.data.get("security")))
        if not listed or {} in listed:
            return False
    return True


def result_sources(
    document: Document, pointer: str, target: str, given: Mapping
) -> dict[str, int | str | None]:
    """Where the values of the operation at `target` come from: the id, or the body, of a job."""
    own = [part.name for part in parts_of(document, pointer) if part.constant is None]
    wanted = [part.name for part in parts_of(document, target) if part.constant is None]
    result: dict[str, int | str | None] = {}
    for i, name in enumerate(wanted):
        if name in given:
            result[name] = str(given[name])
        elif name in own:
            result[name] = own.index(name)
        else:
            result[name] = i if len(own) == len(wanted) and not given else None
    return result


def links(document: Document, settings: Mapping) -> dict[str, str]:
    """The operations that the extension names: for each entry, where it stands."""
    result: dict[str, str] = {}
    for key in LINKS:
        wanted = mapping(settings.get(key))
        for path, pointer, operation in operations(document):
            method = pointer.rpartition("/")[2].upper()
            if wanted.get("operationId", method) == operation.get("operationId", "") or (
                wanted.get("operation") == f"{method} {path}"
            ):
                result.setdefault(key, pointer)
    return result


def requirements(document: Document) -> Iterator[tuple[str, Mapping]]:
    """Every security requirement, the document's and its operations', with its pointer."""
    for owner in ("", *(pointer for _, pointer, _ in operations(document))):
        for i, requirement in enumerate(sequence(mapping(document.at(owner)).get("security"))):
            yield f"{owner}/security/{i}", mapping(requirement)


POLLING: Final[dict[str, float]] = {
    "initial": 1,
    "multiplier": 1.5,
    "maximum": 10,
    "timeout": 300,
    "notFoundGrace": 0,
}
"""What holds where a document does not say, as its JSON Schema tells."""
