"""How a client sends its keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..document.document import PREFIX, VARIABLE, Document, operations
from ..document.pointer import joined
from ..document.values import Mapping, mapping, sequence
from .names import CLIENT_ARGUMENTS, identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How a client sends one of its keys."""

    pointer: str
    """Where its security scheme stands."""
    parameter: str
    """The argument of the client."""
    header: str
    """The header that it is sent in, or the parameter of the query."""
    prefix: str
    """What stands before it there."""
    variable: str | None
    """The environment variable that may hold it."""
    description: str
    in_query: bool
    is_basic: bool
    operations: tuple[str, ...]
    """The only ones that it is for, as `GET /jobs/{id}`; none: all."""


def read_credentials(document: Document) -> tuple[Credential, ...]:
    """The keys of a document in normal form, that of `api_key=` first."""
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    required = [requirement for _, requirement in requirements(document)]
    used = dict.fromkeys(name for names in required for name in names if name in schemes)
    own = _operations(document)
    named = {name: mapping(schemes[name]) for name in used or schemes}
    usual = [_parameter(scheme) for scheme in named.values()]
    # Two of a kind, or two that one request carries, are told apart by the document's own names.
    is_several = any(len(names) > 1 for names in required) or len({*usual}) < len(usual)
    credentials = [
        _credential(scheme, name, own.get(name, ()), is_several=is_several)
        for name, scheme in named.items()
    ]
    return tuple(sorted(credentials, key=lambda credential: credential.variable is None))


def _operations(document: Document) -> dict[str, tuple[str, ...]]:
    """The operations that each scheme is for, where that is not the same for all."""
    shared = document.data.get("security")
    wanted = {
        op.name: {name for one in sequence(op.value.get("security", shared)) for name in one}
        for op in operations(document)
    }
    sets = [names for names in wanted.values() if names]
    if all(names == sets[0] for names in sets):
        return {}
    return {
        scheme: tuple(operation for operation, names in wanted.items() if scheme in names)
        for scheme in sorted({name for names in sets for name in names})
    }


def _parameter(scheme: Mapping) -> str:
    """What the argument for a key is usually called, if it is not `api_key`."""
    if scheme.get("type") == "http":
        return "user_and_password" if scheme.get("scheme") == "basic" else "bearer_token"
    return f"{scheme.get('in')}_key"


def _argument(name: str) -> str:
    """The argument that is called after a scheme."""
    argument = identifier(name)
    return f"{argument}_key" if argument in CLIENT_ARGUMENTS else argument


def _credential(
    scheme: Mapping, name: str, own: tuple[str, ...], *, is_several: bool
) -> Credential:
    is_basic = str(scheme.get("scheme")).lower() == "basic"
    where = str(scheme.get("in"))
    if scheme.get("type") == "http":
        header, prefix = "Authorization", "Basic " if is_basic else "Bearer "
    elif where == "cookie":
        header, prefix = "Cookie", f"{scheme.get('name')}="
    else:
        header, prefix = str(scheme.get("name")), str(scheme.get(PREFIX, ""))
    parameter = _argument(name) if is_several else _parameter(scheme)
    variable = scheme.get(VARIABLE)
    return Credential(
        pointer=joined(["components", "securitySchemes", name]),
        parameter="api_key" if variable else parameter,
        header=header,
        prefix=prefix,
        variable=None if variable is None else str(variable),
        description=str(scheme.get("description", "")),
        in_query=where == "query",
        is_basic=is_basic,
        operations=own,
    )


def requirements(document: Document) -> Iterator[tuple[str, Mapping]]:
    """Every security requirement, the document's and its operations', with its pointer."""
    owners = [("", document.data), *((op.pointer, op.value) for op in operations(document))]
    for pointer, owner in owners:
        for i, requirement in enumerate(sequence(owner.get("security"))):
            yield f"{pointer}/security/{i}", mapping(requirement)


def needs_key(document: Document) -> bool:
    """Whether every request needs a key."""
    shared = document.data.get("security")
    listed = [sequence(op.value.get("security", shared)) for op in operations(document)]
    return all(requirements and {} not in requirements for requirements in listed)


def sends_several(document: Document) -> bool:
    """Whether one request carries several keys."""
    return any(len(requirement) > 1 for _, requirement in requirements(document))
