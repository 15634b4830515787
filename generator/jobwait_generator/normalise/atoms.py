"""The atoms that schemas consist of: each of one plain type, none of them null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence
from ..model.names import class_name

ANNOTATIONS: Final = (*("title", "description", "deprecated", "example", "examples", "x-assumed"),)
_FORMATS: Final = ("date", "date-time", "uuid")
ANY: Final[Mapping] = {}
NULL: Final[Mapping] = {"type": "null"}


def own_atoms(raw: Mapping) -> tuple[list[Mapping] | None, bool]:
    """The atoms of a schema's own keywords, and whether one is null; None where it says nothing."""
    given = raw.get("type")
    types = list(sequence(given)) or ([given] if isinstance(given, str) else [])
    null = "null" in types
    types = [word for word in types if word != "null"]
    if "enum" in raw or "const" in raw:
        values = list(sequence(raw["enum"])) if "enum" in raw else [raw["const"]]
        null = null or None in values
        if any(value is not None for value in values):
            return _listed_atoms(raw, values, types), null
        if "const" in raw or (values and not types):
            return [], True
    if not types:
        if {"additionalProperties", "patternProperties", "properties", "required"} & raw.keys():
            types = ["object"]
        elif {"items", "prefixItems"} & raw.keys():
            types = ["array"]
        elif null:
            return [], True
        else:
            return None, null
    return [_plain_atom(raw, word) for word in dict.fromkeys(types)], null


def _listed_atoms(raw: Mapping, values: list[Any], types: list[Any]) -> list[Mapping]:
    """The atoms of an enum or a constant."""
    if types == ["string"]:
        # Unquoted in YAML, a word may have become a number.
        values = [v if isinstance(v, str) or v is None else _text(v) for v in values]
    if types == ["number"]:
        return [{"type": "number"}]
    if types == ["integer"]:
        values = [int(v) if isinstance(v, str) and v.isdecimal() else v for v in values]
    names = raw.get("x-enum-varnames")
    strings = [v for v in values if isinstance(v, str)]
    whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    atoms: list[Mapping] = []
    if strings and whole:
        return [{"type": "string"}, {"type": "integer"}]
    for kind, found in (("string", strings), ("integer", whole)):
        listed = list(dict.fromkeys(found))
        if not listed:
            continue
        atom: Mapping = {"type": kind, "enum": listed}
        if "const" in raw and "enum" not in raw:
            atom = {"type": kind, "const": listed[0]}
        elif is_sequence(names) and len(names) == len(listed) == len(values):
            atom["x-enum-varnames"] = names
        atoms.append(atom)
    if any(isinstance(v, bool) for v in values):
        atoms.append({"type": "boolean"})
    if any(isinstance(v, float) for v in values):
        atoms = [atom for atom in atoms if atom["type"] != "integer"] + [{"type": "number"}]
    if any(isinstance(v, dict | list) for v in values):
        return [ANY]
    return atoms or [ANY]


def _plain_atom(raw: Mapping, kind: Any) -> Mapping:
    """The atom of one type."""
    if kind == "string" and raw.get("format") in _FORMATS:
        return {"type": "string", "format": raw["format"]}
    if kind == "array":
        items = raw.get("items", {})
        tuples = [*sequence(raw.get("prefixItems")), *sequence(items)]
        if tuples:
            items = {"anyOf": tuples} if is_sequence(items) or "items" not in raw else {}
        return {"type": "array", "items": {} if isinstance(items, bool) else items}
    if kind != "object":
        return {"type": kind}
    result: Mapping = {"type": "object"}
    if mapping(raw.get("properties")):
        result["properties"] = raw["properties"]
    if sequence(raw.get("required")):
        result["required"] = raw["required"]
    values = raw.get("additionalProperties")
    if is_mapping(values) and values and not raw.get("patternProperties"):
        result["additionalProperties"] = values
    return result


def fewer(parts: list[Mapping], kinds: Callable[[Mapping], list[Mapping]]) -> list[Mapping]:
    """Alternatives, less those that another one contains."""
    by_kind: dict[str, list[Mapping]] = {}
    for part in parts:
        (kind, *_) = {kind_of(atom) for atom in kinds(part)} or {"any"}
        by_kind.setdefault(kind, []).append(part)
    result: list[Mapping] = []
    for kind, found in by_kind.items():
        if kind == "number" or (kind == "integer" and "number" in by_kind):
            result += found[:1] if kind == "number" else []
        elif kind == "string":
            result += _strings(found)
        elif kind == "array" and len(found) > 1:
            result.append({"type": "array", "items": {"anyOf": [part["items"] for part in found]}})
        elif kind == "object" and len(found) > 1:
            values = [part.get("additionalProperties") for part in found]
            whole = {"anyOf": values} if all(values) else {}
            result.append(
                {"type": "object", "additionalProperties": whole} if whole else {"type": "object"}
            )
        else:
            result += found
    return result


def _strings(parts: list[Mapping]) -> list[Mapping]:
    references = [part for part in parts if "$ref" in part]
    words = [word for part in parts if is_listed(part) for word in _listing(part)]
    if words:
        # An enum is open: it takes any other word as well.
        listed = list(dict.fromkeys(words))
        if len(listed) > 1:
            return [{"type": "string", "enum": listed}, *references]
        if {"type": "string"} not in parts:
            return parts
    if {"type": "string"} in parts:
        return references or [{"type": "string"}]
    return parts


def _listing(part: Mapping) -> list[Any]:
    return part.get("enum") or [part["const"]]


def is_listed(part: Mapping) -> bool:
    """Whether it allows listed values only."""
    return "enum" in part or "const" in part


def is_object(part: Mapping) -> bool:
    """Whether it is an object with properties."""
    return bool(part.get("properties"))


def is_scalar(part: Mapping) -> bool:
    """Whether it is a plain value of a known type."""
    return kind_of(part) not in ("array", "object", "any")


def kind_of(part: Mapping) -> str:
    """The type of an atom, or `any`."""
    return str(part.get("type", "any"))


def distinct(parts: list[Mapping]) -> list[Mapping]:
    """The parts, each once."""
    result: list[Mapping] = []
    for part in parts:
        if part not in result:
            result.append(part)
    return result


def title_of(raw: Mapping) -> str | None:
    """The title that a class can be called after, if there is one."""
    title = raw.get("title")
    return title if isinstance(title, str) and class_name(title) != "Field" else None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_null(node: Mapping) -> Mapping:
    """The same, or null."""
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
    """A component itself is never null: its uses are."""
    parts = sequence(mapping(node).get("anyOf"))
    if NULL not in parts or len(parts) < 2:
        return node
    rest = [part for part in parts if part != NULL]
    others = {key: value for key, value in node.items() if key != "anyOf"}
    return {**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **others}


def opened(node: Any, telling: str | None = None) -> None:
    """Let a constant be any value of its type, except for what tells variants apart."""
    if is_sequence(node):
        for item in node:
            opened(item)
    elif is_mapping(node):
        for name, item in mapping(node.get("properties")).items():
            if name != telling:
                opened(item)
        for key in ("additionalProperties", "anyOf", "items"):
            opened(node.get(key))
        node.pop("const", None)
        if len(sequence(node.get("enum"))) == 1:
            del node["enum"]


def anything_else(node: Any) -> None:
    """A union with anything is anything, also where a circle was broken."""
    if is_mapping(node):
        for item in node.values():
            anything_else(item)
        if {} in sequence(node.get("anyOf")):
            del node["anyOf"]
    elif is_sequence(node):
        for item in node:
            anything_else(item)
