"""What schemas in normal form say: where a pointer leads, and which words a value can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from ..document.document import Document
from ..document.pointer import joined
from ..document.values import Mapping, is_mapping, mapping, sequence

REF: Final = "#/components/schemas/"
KNOWN: Final = "x-known-words"
"""On a value that may be anything: words that a part of the document knows."""
LIMITS: Final = ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum")
"""Keywords that bound a number."""
MAX_PROPERTIES: Final = 2_000
"""Of one object: the tools take a time that grows with its square."""


class Node(NamedTuple):
    """A schema, and where it stands."""

    schema: Mapping
    pointer: str


def node_at(document: Document, pointer: str) -> Node:
    """The schema at a pointer, behind any `$ref`."""
    return Node(*document.follow(pointer))


def object_at(document: Document, pointer: str) -> Node:
    """The schema at a pointer, behind any `$ref`, less the null that it may be as well."""
    node = node_at(document, pointer)
    members = [*_members(node)]
    return object_at(document, members[0]) if len(members) == 1 else node


def resolve(document: Document, pointer: str, path: Sequence[str]) -> tuple[list[Node], int]:
    """What a JSON Pointer into a value means for the value's schema.

    Args:
        document: Where the schema stands.
        pointer: Where it stands there.
        path: The tokens of the JSON Pointer into the value.

    Returns:
        The schemas that it leads to, and the number of variants that it does not exist in.
    """
    node = node_at(document, pointer)
    members = [*_members(node)]
    if members:
        nodes: list[Node] = []
        missing = 0
        for member in members:
            inner, lost = resolve(document, member, path)
            nodes += inner
            missing += lost
        return nodes, missing
    if not path:
        return [node], 0
    schema, pointer = node
    if path[0] in mapping(schema.get("properties")):
        return resolve(document, pointer + joined(["properties", path[0]]), path[1:])
    if path[0].isdecimal() and is_mapping(schema.get("items")):
        return resolve(document, f"{pointer}/items", path[1:])
    if is_mapping(schema.get("additionalProperties")):
        return resolve(document, f"{pointer}/additionalProperties", path[1:])
    if schema.get("additionalProperties") is True or "type" not in schema:
        return [Node({}, pointer)], 0
    return [], 1


def _members(node: Node) -> Iterator[str]:
    """The pointers of a union's members, null left out."""
    for key in ("oneOf", "anyOf"):
        for i, part in enumerate(sequence(node.schema.get(key))):
            if mapping(part).get("type") != "null":
                yield f"{node.pointer}/{key}/{i}"


def status_words(nodes: Sequence[Node]) -> list[str]:
    """The words that the status can be, in the order of the document."""
    words: list[str] = []
    for node in nodes:
        listed: list[Any] = sequence(node.schema.get("enum")) or [node.schema.get("const")]
        listed = [*listed, *sequence(node.schema.get(KNOWN))]
        words += [word for word in listed if isinstance(word, str)]
    return list(dict.fromkeys(words))


def variants(schema: Mapping) -> dict[str, str]:
    """The key of the component for each word of a discriminated union."""
    words = mapping(mapping(schema.get("discriminator")).get("mapping"))
    return {word: str(target).removeprefix(REF) for word, target in words.items()}
