"""The atoms that schemas consist of: each of one plain type, none of them null."""

from __future__ import annotations

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
    if any(isinstance(v, dict | list) for v in values):
        return [dict(ANY)]
    kinds = dict.fromkeys(map(_json_type, values))
    # Where none is of the declared type, either may be a mistake.
    kinds |= {} if kinds.keys() & {*types} else dict.fromkeys(types)
    kinds.pop("null", None)
    if "number" in kinds:
        kinds.pop("integer", None)
    if not kinds.keys() <= {"boolean", "integer", "number", "string"}:
        return [dict(ANY)]
    if {"integer", "string"} <= kinds.keys():
        return [{"type": kind} for kind in kinds]
    atoms: list[Mapping] = []
    for kind in kinds:
        listed: list[Any] = strings if kind == "string" else integers if kind == "integer" else []
        if listed:
            atoms.append(_listed_atom(schema, kind, list(dict.fromkeys(listed)), len(values)))
        else:
            atoms.append({"type": kind})
    return atoms


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
        items = _items(schema)
        return {"type": "array", "items": {} if isinstance(items, bool) else items}
    if kind != "object":
        return {"type": kind}
    result: Mapping = {"type": "object"}
    if mapping(schema.get("properties")):
        result["properties"] = schema["properties"]
    if required := [name for name in sequence(schema.get("required")) if isinstance(name, str)]:
        result["required"] = required
    values = schema.get("additionalProperties")
    if is_nothing(values) or schema.get("unevaluatedProperties") is False:
        result["additionalProperties"] = False
    elif is_mapping(values) and values and not schema.get("patternProperties"):
        result["additionalProperties"] = values
    return result


def _items(schema: Mapping) -> Any:
    """What any item of a list may be; where a tuple does not say, it has no more items."""
    items = schema.get("items", {})
    tuples = [*sequence(schema.get("prefixItems")), *sequence(items)]
    if not tuples:
        return items
    rest = schema.get("additionalItems" if is_sequence(items) else "items", False)
    return {"anyOf": [*tuples, *([] if is_nothing(rest) else [rest])]}


def is_nothing(schema: Any) -> bool:
    """Whether no value is as a schema says."""
    return schema is False or (is_mapping(schema) and schema.get("not") in ({}, True))


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


def _json_type(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else "boolean"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) else "number"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
