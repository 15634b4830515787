"""Words that `suggest` left open: it marks them `"?"`, and a person says what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ..problems import Problem, shown
from .document import EXTENSION, Document, operations
from .pointer import joined, tokens
from .values import is_sequence, mapping

UNDECIDED: Final = "?"
"""The state of a word whose meaning is not known."""
_MEANINGS: Final = "pending, running, succeeded, failed or cancelled"


def decided(document: Document) -> tuple[Document, list[Problem]]:
    """A document in which every word has a meaning, and a problem for each that had none.

    What else is wrong can be found so, and told with these.
    """
    places = list(_undecided(document))
    problems: list[Problem] = []
    data: Any = document.data
    for i, (path, word) in enumerate(places, 1):
        count = f" (word {i} of {len(places)} left open)" if len(places) > 1 else ""
        text = f"{shown(word)} is still marked `{UNDECIDED}`{count}; say what it means: {_MEANINGS}"
        problems.append(document.problem(joined(path), text))
        data = _with_meaning(data, path)
    return (replace(document, data=data), problems) if places else (document, [])


def _undecided(document: Document) -> Iterator[tuple[list[str], str]]:
    """Where such words stand, each once."""
    seen: set[str] = set()
    for operation in operations(document):
        if operation.pointer in seen:
            continue
        seen.add(operation.pointer)
        extension = mapping(operation.value.get(EXTENSION))
        path = [*tokens(operation.pointer), EXTENSION]
        for key in ("states", "responses"):
            for word, state in mapping(extension.get(key)).items():
                if state == UNDECIDED:
                    yield [*path, key, word], word
        if extension.get("absent") == UNDECIDED:
            yield [*path, "absent"], "absent"


def _with_meaning(value: Any, path: list[str]) -> Any:
    """Plain values with a meaning at `path`; what is not on the way there is shared."""
    if not path:
        return "failed"
    token, *rest = path
    if is_sequence(value):
        return [_with_meaning(v, rest) if str(i) == token else v for i, v in enumerate(value)]
    return {**value, token: _with_meaning(value[token], rest)}
