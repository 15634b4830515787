"""A document of three megabytes, made up: the same on every machine."""

from __future__ import annotations

import json
from typing import Any, Final

SCHEMAS: Final = 1_400
OPERATIONS: Final = 700
FIELDS: Final = 10


def document() -> str:
    """An API of many resources, one job endpoint among them, as JSON with indentation."""
    schemas = {f"Resource{i}": _resource(i) for i in range(SCHEMAS)}
    word = {"type": "string", "enum": ["queued", "working", "done", "broken"]}
    job = {"id": {"type": "string"}, "status": word, "result": _reference(0)}
    schemas["Job"] = {"type": "object", "required": ["id", "status"], "properties": job}
    paths = {
        f"/resources{i}/{{id}}": {"get": _operation(f"getResource{i}", i)}
        for i in range(OPERATIONS)
    }
    paths["/jobs/{id}"] = {"get": _operation("getJob", None)}
    data = {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1.0.0"},
        "servers": [{"url": "https://api.large.test"}],
        "security": [{"key": list[str]()}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }
    return json.dumps(data, indent=2)


def _reference(number: int) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/Resource{number}"}


def _resource(number: int) -> dict[str, Any]:
    # The one that the job reaches leads to nine others, and no further.
    above = [n for n in (number * 3 + 1, number * 3 + 2) if n < (10 if number < 10 else SCHEMAS)]
    properties: dict[str, Any] = {f"part{i}": _reference(n) for i, n in enumerate(above)}
    for i in range(FIELDS):
        text = f"The field number {i} of the resource number {number}, as it was last seen."
        properties[f"field{i}"] = {"type": ("string", "integer")[i % 2], "description": text}
    return {"type": "object", "required": ["field0"], "properties": properties}


def _operation(name: str, number: int | None) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Job"} if number is None else _reference(number)
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": ["jobs" if number is None else f"group{number % 20}"],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": schema}}}
        },
    }
    if number is None:
        states = {
            "queued": "pending",
            "working": "running",
            "done": "succeeded",
            "broken": "failed",
        }
        operation["x-wait-for-completion"] = {"status": "/status", "states": states}
    return operation
