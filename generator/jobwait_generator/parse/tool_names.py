"""The shape of a document as openapi-python-client is given it: in names that it cannot confuse.

The tool refuses two properties that one Python name fits, and makes classes of maps, some of them
twice. So each property gets a name that only it can have, and each map a component.
"""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any, Final

from ..document.values import Mapping, is_mapping, is_sequence
from ..model.names import class_name
from ..model.schemas import REF

_ENCODED: Final = re.compile(r"\bp((?:[0-9a-f]{2})*)\b")
_MAP: Final = frozenset({"additionalProperties", "type"})


def encoded(name: str) -> str:
    """What the tool calls a property."""
    return f"p{name.encode().hex()}"


def decoded(text: str) -> str:
    """The tool's words with the properties' own names."""
    return _ENCODED.sub(lambda match: bytes.fromhex(match[1]).decode("utf-8", "replace"), text)


def for_tool(data: Mapping) -> Mapping:
    """The document of a shape in such names."""
    schemas: Mapping = data["components"]["schemas"]
    renaming = _Renaming({class_name(key) for key in schemas})
    renamed = {key: renaming.schema(schema, is_component=True) for key, schema in schemas.items()}
    paths = renaming.values(data["paths"])
    components = {"schemas": renamed | renaming.maps}
    return {**data, "paths": paths, "components": components}


class _Renaming:
    def __init__(self, taken: set[str]) -> None:
        self.maps: dict[str, Mapping] = {}
        """The maps, by the keys of their components."""
        self._keys: dict[str, str] = {}
        self._free = (key for i in count() if (key := f"InlineMap{i}") not in taken)

    def values(self, value: Any) -> Any:
        """What stands around schemas, with these renamed."""
        if is_sequence(value):
            return [self.values(item) for item in value]
        if not is_mapping(value):
            return value
        return {
            key: self.schema(item) if key == "schema" else self.values(item)
            for key, item in value.items()
        }

    def schema(self, schema: Any, *, is_component: bool = False) -> Any:
        """One schema, renamed."""
        if not is_mapping(schema) or "$ref" in schema:
            return schema
        result = {key: value for key, value in schema.items() if key != "discriminator"}
        for key in ("additionalProperties", "items"):
            if key in schema:
                result[key] = self.schema(schema[key])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                result[key] = [self.schema(part) for part in schema[key]]
        if "properties" in schema:
            named = schema["properties"].items()
            result["properties"] = {encoded(name): self.schema(inner) for name, inner in named}
            result["required"] = [encoded(name) for name in schema.get("required", ())]
        if is_component or schema.get("type") != "object" or not schema.keys() <= _MAP:
            return result
        text = json.dumps(result, sort_keys=True)
        if text not in self._keys:
            self._keys[text] = next(self._free)
            self.maps[self._keys[text]] = result
        return {"$ref": REF + self._keys[text]}
