"""The security schemes that a client can use, and the requirements that it can meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ..document.document import (
    PREFIX,
    VARIABLE,
    Document,
    RawOperation,
    operations as raw_operations,
)
from ..document.pointer import escaped
from ..document.prune import prune
from ..document.values import Mapping, mapping, sequence
from ..problems import prose, shown

_KEPT: Final = ("description", PREFIX, VARIABLE)


class Schemes(NamedTuple):
    """What a client can send of a document's security schemes."""

    usable: Mapping
    """The schemes, the first of which has an environment variable."""
    names: dict[str, str]
    """The name in `usable` of each scheme that is, or is sent as another one is."""
    notes: list[str]
    """What is to be said of the others."""

    def requirements(self, listed: Sequence[Any]) -> list[Mapping]:
        """The requirements that a client can meet.

        Where a key alone is enough, several together are not asked for.
        """
        named = [list(mapping(requirement)) for requirement in listed]
        met = [[self.names[n] for n in names] for names in named if {*names} <= self.names.keys()]
        if any(len(names) == 1 for names in met):
            met = [names for names in met if len(names) < 2]
        unique = {tuple(names): names for names in met}
        return [{name: [] for name in names} for names in unique.values()]


def read_schemes(document: Document, operations: Sequence[RawOperation]) -> Schemes:
    """Decide which of a document's schemes its clients have an argument for."""
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    wanted = _wanted(document, operations)
    result = Schemes({}, {}, [])
    first: dict[Any, str] = {}
    for name in wanted or schemes:
        scheme, _ = document.follow(f"/components/securitySchemes/{escaped(name)}")
        usable = _usable(scheme)
        if usable is None:
            kind = shown(scheme.get("scheme", scheme.get("type")))
            text = f"the security scheme {prose(name)} is left out: no client can send {kind}"
            result.notes.append(text)
            continue
        way = tuple(usable.get(key) for key in ("type", "scheme", "in", "name", PREFIX))
        other = first.setdefault((way, wanted.get(name)), name)
        result.names[name] = other
        if other == name:
            result.usable[name] = usable
        else:
            text = f"a key for the security scheme {prose(name)} is sent as that for {prose(other)}"
            result.notes.append(text)
    left = set[str]()
    if wanted:
        left = _named(document, operations) - result.names.keys() - {*wanted}
    result.notes.extend(
        f"the security scheme {prose(name)} is left out: another key is enough without it"
        for name in schemes
        if name in left
    )
    if not result.usable and not wanted:
        text = "The document names no key; one that is passed is sent as a bearer token."
        result.usable["key"] = {"type": "http", "scheme": "bearer", "description": text}
    if result.usable and not any(VARIABLE in scheme for scheme in result.usable.values()):
        name = next(iter(result.usable))
        variable = f"{document.name.replace('-', '_').upper()}_API_KEY"
        result.usable[name] = {**result.usable[name], VARIABLE: variable}
    return result


def scheme_notes(document: Document) -> list[str]:
    """What is to be said of security schemes that a package has no argument for."""
    pruned = prune(document)
    return read_schemes(pruned, [*raw_operations(pruned)]).notes


def _required(document: Document, operation: RawOperation) -> list[list[str]]:
    listed = sequence(operation.value.get("security", document.data.get("security")))
    return [list(mapping(requirement)) for requirement in listed]


def _named(document: Document, operations: Sequence[RawOperation]) -> set[str]:
    """All schemes that are asked for, alone or with others."""
    required = [names for operation in operations for names in _required(document, operation)]
    return {name for names in required for name in names}


def _wanted(
    document: Document, operations: Sequence[RawOperation]
) -> dict[str, frozenset[tuple[str, ...]]]:
    """The schemes that are needed, each with the operations, and what it is combined with there."""
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    result: dict[str, set[tuple[str, ...]]] = {}
    for operation in operations:
        required = [names for names in _required(document, operation) if {*names} <= {*schemes}]
        if any(len(names) == 1 for names in required):
            required = [names for names in required if len(names) == 1]
        for names in required:
            for name in names:
                others = sorted({*names} - {name})
                result.setdefault(name, set()).add((operation.own_pointer, *others))
    return {name: frozenset(uses) for name, uses in result.items()}


def _usable(scheme: Mapping) -> Mapping | None:
    """A scheme as a client uses it; None where it cannot."""
    kept = {key: value for key, value in scheme.items() if key in _KEPT}
    kind, word = scheme.get("type"), str(scheme.get("scheme")).lower()
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and word == "bearer"):
        return {"type": "http", "scheme": "bearer", **kept}
    if kind == "http" and word == "basic":
        return {"type": "http", "scheme": "basic", **kept}
    if kind == "apiKey" and scheme.get("in") in ("cookie", "header", "query"):
        return {"type": kind, "in": scheme["in"], "name": scheme.get("name"), **kept}
    return None
