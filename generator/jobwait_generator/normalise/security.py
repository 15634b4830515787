"""The security schemes that a client can use, and the requirements that it can meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..document.document import PREFIX, VARIABLE, Document, RawOperation
from ..document.pointer import escaped
from ..document.values import Mapping, mapping, sequence

_KEPT: Final = ("description", PREFIX, VARIABLE)


def usable_schemes(document: Document, operations: Sequence[RawOperation]) -> Mapping:
    """The schemes that a client can use, the first of which has an environment variable.

    Of those that are alternatives, one of a kind: where a key alone is enough, two keys together
    are not offered.
    """
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    owners = [*(operation.value for operation in operations), document.data]
    requirements = [mapping(item) for owner in owners for item in sequence(owner.get("security"))]
    wanted = [name for item in requirements for name in item if name in schemes]
    alone = [name for item in requirements for name in item if len(item) == 1]
    if any(name in schemes for name in alone):
        wanted = [name for name in wanted if name in alone]
    only_alternatives = bool(alone) or not wanted
    result: Mapping = {}
    headers: set[str] = set()
    kinds: set[str] = set()
    for name in dict.fromkeys(wanted or schemes):
        scheme, _ = document.follow(f"/components/securitySchemes/{escaped(name)}")
        usable = _usable(scheme)
        if usable is None:
            continue
        is_key = usable["type"] == "apiKey"
        header = str(usable["name"]).lower() if is_key else "authorization"
        kind = f"{scheme.get('type')} {usable['in'] if is_key else scheme.get('scheme')}".lower()
        if header not in headers and not (only_alternatives and kind in kinds):
            headers.add(header)
            kinds.add(kind)
            result[name] = usable
    if not schemes:
        text = "The document names no key; one that is given is sent as a bearer token."
        result["key"] = {"type": "http", "scheme": "bearer", "description": text}
    if result and not any(VARIABLE in scheme for scheme in result.values()):
        first = next(iter(result))
        variable = f"{document.name.replace('-', '_').upper()}_API_KEY"
        result[first] = {**result[first], VARIABLE: variable}
    return result


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


def usable_requirements(requirements: Sequence[Any], schemes: Mapping) -> list[Mapping]:
    """The requirements that a client can meet with these schemes."""
    names = [list(mapping(requirement)) for requirement in requirements]
    return [{name: [] for name in listed} for listed in names if set(listed) <= schemes.keys()]
