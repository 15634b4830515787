"""The last steps to the normal form: null, constants that are open, and circles that are broken."""

from __future__ import annotations

from typing import Any, Final

from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence
from ..model.schemas import KNOWN, REF

NULL: Final[Mapping] = {"type": "null"}
ANNOTATIONS: Final = (
    *("title", "description", "deprecated", "example", "examples", "x-assumed"),
    KNOWN,
)
"""Keys that say something of a value, and nothing of its type."""

_BESIDE: Final = ("anyOf", "oneOf")


def with_null(node: Mapping) -> Mapping:
    """A schema that allows null too."""
    if not node or node == NULL or node.keys() <= set(ANNOTATIONS):
        return node
    parts = sequence(node.get("anyOf"))
    if parts:
        return node if NULL in parts else {**node, "anyOf": [*parts, dict(NULL)]}
    notes: Mapping = {key: node[key] for key in ANNOTATIONS if key in node}
    rest = {key: value for key, value in node.items() if key not in notes or key == "title"}
    notes.pop("title", None)
    return {"anyOf": [rest, dict(NULL)], **notes}


def without_null(node: Any) -> Any:
    """A schema that does not allow null: a component never does, its uses do."""
    parts = sequence(mapping(node).get("anyOf"))
    if NULL not in parts or len(parts) < 2:
        return node
    rest = [part for part in parts if part != NULL]
    others = {key: value for key, value in node.items() if key != "anyOf"}
    return {**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **others}


def open_constants(node: Any, discriminator: str | None = None) -> None:
    """Let a constant be any value of its type, except for that which tells variants apart."""
    if is_sequence(node):
        for item in node:
            open_constants(item)
    elif is_mapping(node):
        for name, item in mapping(node.get("properties")).items():
            if name != discriminator:
                open_constants(item)
        for key in ("additionalProperties", "anyOf", "items"):
            open_constants(node.get(key))
        node.pop("const", None)
        if len(sequence(node.get("enum"))) == 1:
            del node["enum"]


def break_circles(components: dict[str, Mapping]) -> None:
    """Let a list of itself be a list of anything: Python spells no type that has no end."""
    done: set[str] = set()

    def visit(node: Mapping, path: frozenset[str]) -> None:
        if "properties" in node:
            return
        reference = node.get("$ref")
        if isinstance(reference, str):
            key = reference.removeprefix(REF)
            if key in path:
                node.clear()
            elif key not in done:
                visit(components[key], path | {key})
                done.add(key)
            return
        for part in _inner(node):
            visit(part, path)

    for key, node in components.items():
        visit(node, frozenset({key}))
        done.add(key)
    for node in components.values():
        _collapse(node)


def _inner(node: Mapping) -> list[Mapping]:
    parts = [part for key in _BESIDE for part in sequence(node.get(key))]
    return parts + [
        node[key] for key in ("items", "additionalProperties") if is_mapping(node.get(key))
    ]


def _collapse(node: Any) -> None:
    """Let a union with anything be anything, also where a circle was broken."""
    if is_mapping(node):
        for item in node.values():
            _collapse(item)
        if {} in sequence(node.get("anyOf")):
            del node["anyOf"]
    elif is_sequence(node):
        for item in node:
            _collapse(item)
