"""What a document says of its schemas."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ..document.document import Document
from ..document.pointer import escaped, local_pointer
from ..document.values import Mapping, is_mapping, mapping, sequence


class Place(NamedTuple):
    """A schema and where it stands, behind any `$ref`."""

    schema: Mapping
    pointer: str


def resolve(document: Document, place: Place, path: list[str]) -> tuple[list[Place], int]:
    """The schemas that a JSON Pointer leads to, and the number of variants it does not exist in."""
    schema, pointer = document.follow(place.pointer)
    found: list[Place] = []
    missing = 0
    for key in ("oneOf", "anyOf"):
        for i, part in enumerate(sequence(schema.get(key))):
            if mapping(part).get("type") != "null":
                inner, lost = resolve(document, Place({}, f"{pointer}/{key}/{i}"), path)
                found += inner
                missing += lost
    if found or missing:
        return found, missing
    for i in range(len(sequence(schema.get("allOf")))):
        found += resolve(document, Place({}, f"{pointer}/allOf/{i}"), path)[0]
    if not path:
        return found or [Place(schema, pointer)], 0
    child = f"{pointer}/properties/{escaped(path[0])}"
    if path[0] in mapping(schema.get("properties")):
        return resolve(document, Place({}, child), path[1:])
    if path[0].isdecimal() and is_mapping(schema.get("items")):
        return resolve(document, Place({}, f"{pointer}/items"), path[1:])
    if is_mapping(schema.get("additionalProperties")):
        return resolve(document, Place({}, f"{pointer}/additionalProperties"), path[1:])
    if found or schema.get("additionalProperties") is True or not types_of(schema):
        return found or [Place({}, pointer)], 0
    return [], 1


def status_words(places: list[Place]) -> list[str]:
    """The words that the status can be, in the order of the document."""
    words: list[str] = []
    for schema, _ in places:
        listed = sequence(schema.get("enum")) or [schema.get("const")]
        words += [word for word in listed if isinstance(word, str)]
    return list(dict.fromkeys(words))


def variants(document: Document, union: Place) -> dict[str, str]:
    """The component for each word of a discriminated union."""
    discriminator = mapping(union.schema.get("discriminator"))
    listed = mapping(discriminator.get("mapping"))
    result: dict[str, str] = {}
    for word, target in listed.items():
        result[word] = str(target).removeprefix(REF)
    if listed:
        return result
    for part in union_parts(union):
        reference = str(mapping(part).get("$ref"))
        pointer = local_pointer(reference) or ""
        path = [str(discriminator.get("propertyName"))]
        for word in status_words(resolve(document, Place({}, pointer), path)[0]):
            result[word] = reference.removeprefix(REF)
    return result


def union_parts(union: Place) -> list[Any]:
    """The members of a union, null left out."""
    parts = sequence(union.schema.get("oneOf")) or sequence(union.schema.get("anyOf"))
    return [part for part in parts if mapping(part).get("type") != "null"]


def types_of(schema: Mapping) -> list[Any]:
    """The types that a schema names."""
    types = schema.get("type")
    return sequence(types) or ([types] if types else [])


COMBINED: Final = ("allOf", "anyOf", "oneOf")
REF: Final = "#/components/schemas/"
