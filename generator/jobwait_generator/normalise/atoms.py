"""The atoms that schemas consist of: each of one plain type, none of them null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence

FORMATS: Final = ("date", "date-time", "uuid")
"""Those that Python has a type for."""
ANY: Final[Mapping] = {}
"""The atom that allows anything."""


def own_atoms(schema: Mapping) -> tuple[list[Mapping] | None, bool]:
    """The atoms of a schema's own keywords, and whether it allows null.

    They are None where the keywords say nothing.
    """
    types = types_of(schema)
    null = "null" in types
    types = [word for word in types if word != "null"]
    if "enum" in schema or "const" in schema:
        values = list(sequence(schema["enum"])) if "enum" in schema else [schema["const"]]
        null = null or None in values
        if any(value is not None for value in values):
            return _listed_atoms(schema, values, types), null
        if "const" in schema or (values and not types):
            return [], True
    if not types:
        if {"additionalProperties", "patternProperties", "properties", "required"} & schema.keys():
            types = ["object"]
        elif {"items", "prefixItems"} & schema.keys():
            types = ["array"]
        elif null:
            return [], True
        else:
            return None, null
    return [_plain_atom(schema, word) for word in dict.fromkeys(types)], null


def types_of(schema: Mapping) -> list[str]:
    """The types that a schema names."""
    types = schema.get("type")
    return [word for word in sequence(types) or [types] if isinstance(word, str)]


def _listed_atoms(schema: Mapping, values: list[Any], types: list[Any]) -> list[Mapping]:
    """The atoms of an enum or a constant."""
    if types == ["string"]:
        # Unquoted in YAML, a word may have become a number.
        values = [v if isinstance(v, str) or v is None else _text(v) for v in values]
    if types == ["number"]:
        return [{"type": "number"}]
    if types == ["integer"]:
        values = [int(v) if isinstance(v, str) and v.isdecimal() else v for v in values]
    strings = [v for v in values if isinstance(v, str)]
    integers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    if strings and integers:
        return [{"type": "string"}, {"type": "integer"}]
    atoms: list[Mapping] = []
    if strings or integers:
        kind, listed = ("string", list[Any](strings)) if strings else ("integer", integers)
        atoms.append(_listed_atom(schema, kind, list(dict.fromkeys(listed)), len(values)))
    if any(isinstance(v, bool) for v in values):
        atoms.append({"type": "boolean"})
    if any(isinstance(v, float) for v in values):
        atoms = [atom for atom in atoms if atom["type"] != "integer"] + [{"type": "number"}]
    if any(isinstance(v, dict | list) for v in values):
        return [dict(ANY)]
    return atoms or [dict(ANY)]


def _listed_atom(schema: Mapping, kind: str, listed: list[Any], size: int) -> Mapping:
    """The atom of the values of one type, of `size` values that are listed in all."""
    if "const" in schema and "enum" not in schema:
        return {"type": kind, "const": listed[0]}
    names = schema.get("x-enum-varnames")
    if is_sequence(names) and len(names) == len(listed) == size:
        return {"type": kind, "enum": listed, "x-enum-varnames": names}
    return {"type": kind, "enum": listed}


def _plain_atom(schema: Mapping, kind: Any) -> Mapping:
    """The atom of one type."""
    if kind == "string" and schema.get("format") in FORMATS:
        return {"type": "string", "format": schema["format"]}
    if kind == "array":
        items = schema.get("items", {})
        tuples = [*sequence(schema.get("prefixItems")), *sequence(items)]
        if tuples:
            items = {"anyOf": tuples} if is_sequence(items) or "items" not in schema else {}
        return {"type": "array", "items": {} if isinstance(items, bool) else items}
    if kind != "object":
        return {"type": kind}
    result: Mapping = {"type": "object"}
    if mapping(schema.get("properties")):
        result["properties"] = schema["properties"]
    if sequence(schema.get("required")):
        result["required"] = schema["required"]
    values = schema.get("additionalProperties")
    if is_mapping(values) and values and not schema.get("patternProperties"):
        result["additionalProperties"] = values
    return result


def without_contained(
    parts: list[Mapping], leaves: Callable[[Mapping], list[Mapping]]
) -> list[Mapping]:
    """Alternatives, less those that another one contains.

    Args:
        parts: The alternatives: no objects with properties, references among them.
        leaves: The atoms behind one of them.
    """
    by_kind: dict[str, list[Mapping]] = {}
    for part in parts:
        kind = next((kind_of(atom) for atom in leaves(part)), "any")
        by_kind.setdefault(kind, []).append(part)
    result: list[Mapping] = []
    for kind, alike in by_kind.items():
        if kind == "integer" and "number" in by_kind:
            continue
        if kind == "number":
            result.append(alike[0])
        elif kind == "string":
            result += _strings(alike)
        elif kind == "array" and len(alike) > 1:
            result.append({"type": "array", "items": {"anyOf": [part["items"] for part in alike]}})
        elif kind == "object" and len(alike) > 1:
            values = [part.get("additionalProperties") for part in alike]
            rest = {"additionalProperties": {"anyOf": values}} if all(values) else {}
            result.append({"type": "object", **rest})
        else:
            result += alike
    return result


def _strings(parts: list[Mapping]) -> list[Mapping]:
    references = [part for part in parts if "$ref" in part]
    words = [word for part in parts for word in listed_values(part)]
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


def listed_values(part: Mapping) -> list[Any]:
    """The only values that an atom allows; empty where it allows others."""
    return part.get("enum") or ([part["const"]] if "const" in part else [])


def is_listed(part: Mapping) -> bool:
    """Whether an atom allows listed values only."""
    return "enum" in part or "const" in part


def is_object(part: Mapping) -> bool:
    """Whether an atom is an object with properties."""
    return bool(part.get("properties"))


def is_scalar(part: Mapping) -> bool:
    """Whether an atom is a plain value of a known type."""
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


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
