"""What the resources and methods of a client are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ..document.document import RawOperation
from ..document.values import sequence
from ..model.names import (
    CLIENT_ATTRIBUTES,
    RESERVED_NAMES,
    RESOURCE_ATTRIBUTES,
    class_name,
    identifier,
    is_module_name,
    method_name,
    resource_classes,
    shortened,
)

_VERBS: Final = re.compile(r"(get|retrieve|fetch|poll|check|show|read|describe|find)_(.+)")


def tags_of(operations: Sequence[RawOperation]) -> dict[str, str]:
    """The tag that each operation's resource is called after, by the operation's pointer.

    It is the document's, if no other operation has that; else what tells most.
    """
    result: dict[str, str] = {}
    taken: set[str] = set()
    for operation in operations:
        for word in map(shortened, _wanted(operation, operations)):
            tags = (tag for tag in (word, f"{word} jobs") if _is_free(tag, taken))
            if tag := next(tags, None):
                taken.add(identifier(tag))
                result[operation.pointer] = tag
                break
    return result


def _wanted(operation: RawOperation, operations: Sequence[RawOperation]) -> Iterator[str]:
    """What a resource could be called, the best first."""
    name = str(operation.value.get("operationId") or "")
    declared = [tag for tag in sequence(operation.value.get("tags")) if isinstance(tag, str)]
    static = [part for part in operation.path.split("/") if part and "{" not in part]
    words = [*declared[:1], name.rpartition(".")[0], *reversed(static), "jobs"]
    alike = [sequence(other.value.get("tags"))[:1] == declared[:1] for other in operations]
    if declared and sum(alike) > 1 and name:
        verb = _VERBS.fullmatch(identifier(name))
        words = [verb[2] if verb else identifier(name), *words]
    last = static[-1] if static else ""
    words += [f"{end}_{i}" for end in (last, "jobs") for i in range(2, len(operations) + 2)]
    yield from (word for word in words if identifier(word).strip("_") not in ("", "field"))


def _is_free(tag: str, taken: set[str]) -> bool:
    return (
        identifier(tag) not in taken | CLIENT_ATTRIBUTES
        and is_module_name(identifier(tag))
        and not RESERVED_NAMES.intersection(resource_classes(tag))
        and identifier(tag) == identifier(identifier(tag))
    )


def operation_id(operation: RawOperation, tag: str) -> str:
    """The name of an operation, such that its method can be called after it."""
    name = str(operation.value.get("operationId") or "getJob")
    if method_name(name, tag).strip("_") in ("", "field"):
        return "getJob"
    method = method_name(name, tag)
    if method in RESOURCE_ATTRIBUTES or method.upper() in RESERVED_NAMES:
        return f"get_{identifier(name)}"
    return name


def body_names(operation: str, tag: str, *, is_only: bool) -> list[str]:
    """What the body of an operation is called that has no name of its own, the best first."""
    method = class_name(method_name(operation, tag))
    if is_only:
        return ["Job"]
    # Without a name of its own, an operation is called as any other one is.
    own = [] if method == "GetJob" else [f"{method}Response"]
    return [*own, class_name(f"{tag} {method} response")]
