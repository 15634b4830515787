"""The page of `x-wait-for-completion`, made of its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from jobwait._pointer import is_object

SCHEMA: Final = (
    Path(__file__).parents[2] / "generator/jobwait_generator/x-wait-for-completion.schema.json"
)
HEAD: Final = """\
# x-wait-for-completion

{description}

```yaml
x-wait-for-completion:
  job: /data                    # default: the whole body
  status: /data/status
  states:                       # total: a word without a state fails the build
    pending: pending
    processing: running
    completed: succeeded
    failed: failed
  progress: {{value: /data/progress, max: 100}}
  failure: {{code: /data/error/code, message: /data/error/message}}
  polling: {{initial: 1, multiplier: 1.5, maximum: 10, timeout: 261}}  # seconds
```

Write it into the document, or leave the document as it is and write an
[overlay](../how-to/add-a-provider.md). `jobwait-generate` checks it, and reports every problem with
file, line and pointer. This page is made of the schema itself, which is part of the generator:
`jobwait_generator/x-wait-for-completion.schema.json`.

"""


def page() -> str:
    """The text of the page."""
    schema = _schema()
    return HEAD.format(description=schema["description"]) + "\n".join(_sections(schema))


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _sections(extension: dict[str, Any]) -> Iterator[str]:
    for name, entry in extension["properties"].items():
        schema = _resolved(entry)
        yield f"## {name}\n\n{_description(schema)}\n"
        facts = list(_facts(schema))
        if facts:
            yield "\n".join(f"- {fact}" for fact in facts) + "\n"
        rows = [
            _row(name, _resolved(below), schema.get("required", ()))
            for name, below in schema.get("properties", {}).items()
        ]
        if rows:
            head = "| entry | value | default | what it says |\n|---|---|---|---|"
            yield "\n".join((head, *rows)) + "\n"


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference: str | None = schema.get("$ref")
    if reference is None:
        return schema
    definition: dict[str, Any] = _schema()["$defs"][reference.rpartition("/")[2]]
    return definition | schema


def _description(schema: dict[str, Any]) -> str:
    text: str = schema.get("description", "")
    return text


def _facts(schema: dict[str, Any]) -> Iterator[str]:
    if "properties" not in schema:
        yield f"Value: {_kind(schema)}."
    if "default" in schema:
        yield f"Default: {_default(schema)}."
    if "examples" in schema:
        yield "Examples: " + ", ".join(f"`{example}`" for example in schema["examples"]) + "."


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    inner = schema.get("additionalProperties")
    if not is_object(inner):
        inner = next(iter(schema.get("patternProperties", {}).values()), None)
    if is_object(inner):
        return f"a map to {_kind(_resolved(inner))}"
    if schema.get("$ref", "").lower().endswith("pointer"):
        return "a JSON Pointer"
    bounds = {"exclusiveMinimum": "above", "minimum": "at least", "maximum": "at most"}
    limits = [f"{words} {schema[name]:,}" for name, words in bounds.items() if name in schema]
    return f"a {schema['type']} {', '.join(limits)}".rstrip()


def _default(schema: dict[str, Any]) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else ""


def _row(name: str, schema: dict[str, Any], required: Collection[str]) -> str:
    default = "required" if name in required else _default(schema)
    return f"| `{name}` | {_kind(schema)} | {default} | {_description(schema)} |"
