"""The order of the layer's modules: each imports only from those above it in the list."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

LAYER: Final = Path(__file__).parents[1] / "jobwait"

ORDER: Final = (
    *("_version", "_errors", "_messages", "_pointer", "_unset", "_text"),
    *("_decode", "_encode", "_models", "_operation"),
    *("_validation", "_auth", "_ids", "_redaction", "_schedule", "_throttle"),
    *("_faults", "_bodies", "_connection", "_exchange", "_aiohttp", "_transport"),
    *("_flow", "_responses", "_requests", "_client", "_waiter"),
    *(
        "_provider",
        "_resume",
        "_outcome",
        "_observe",
        "_wait",
        "_lane",
        "_scheduler",
        "_source",
        "_many",
    ),
    *("_store", "_ledger"),
)
"""From what knows least to what knows most."""


def imported(path: Path) -> set[str]:
    """The modules of the layer that one imports, for its types alone too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {node.module} if node.module else {alias.name for alias in node.names}
    return names


def test_no_module_imports_one_that_knows_more() -> None:
    modules = {
        path.stem: path
        for path in LAYER.glob("_*.py")
        if path.stem.strip("_") not in ("init", "main")
    }
    assert set(ORDER) == set(modules)
    rank = {name: number for number, name in enumerate(ORDER)}
    for name, path in modules.items():
        upwards = {other for other in imported(path) if rank[other] >= rank[name]}
        assert not upwards, f"{name} imports {upwards}"
