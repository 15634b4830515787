"""The pure function: documents in, the text of every file of every package out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ._check import check, check_alike, check_names
from ._document import Document, Mapping, Problem, RefusedError
from ._emit import emit
from ._format import FormatError, formatted, verify
from ._package import package, unions_of
from ._parse import parse, validate
from ._sandbox_models import sandbox_models
from ._shape import shape
from ._tools import PINS


def generate(documents: list[Document], extension: Mapping) -> dict[str, str]:
    """Make the packages of `documents`.

    Args:
        documents: What to make packages of.
        extension: The JSON Schema of `x-wait-for-completion`.

    Returns:
        The text of every file, by its path under `generated/`.

    Raises:
        FormatError: The code is not what it should be.
        RefusedError: Something is wrong with the documents.
    """
    problems: list[Problem] = []
    files: dict[str, str] = {}
    shapes = {document.name: shape(document) for document in documents}
    for document in documents:
        found = check(document, extension) or check_names(document, shapes[document.name])
        known = {problem.pointer for problem in found}
        found += [p for p in validate(document, document.data)[1] if p.pointer not in known]
        problems += sorted(set(found), key=lambda problem: (problem.line, *problem))
    problems += check_alike(documents)
    if problems:
        raise RefusedError(problems)
    for document in documents:
        shaped = shapes[document.name]
        unions = unions_of(document, shaped)
        api, found = parse(document, shaped, unions)
        models, more = sandbox_models(document, shaped) if not found else ("", [])
        if found or more:
            problems += [*found, *more]
            continue
        made = package(document, shaped, api)
        inner = emit(made)
        inner[f"{made.module}/_sandbox_models.py"] = models
        inner["generation.lock"] = _lock(document, extension)
        files |= {f"{made.distribution}/{name}": text for name, text in inner.items()}
    if problems:
        raise RefusedError(problems)
    try:
        files = formatted(files)
        for name, text in files.items():
            if name.endswith(".py"):
                verify(name, text)
    except FormatError as error:
        named = [d.file for d in documents if f"{d.name}-client/" in str(error)]
        text = "the generator made wrong code of this; that is its fault, not the document's"
        raise FormatError(f"{', '.join(named) or 'specs'}: {text}\n{error}") from None
    return files


def _lock(document: Document, extension: Mapping) -> str:
    lock = {
        "document": {"file": document.file, "sha256": document.digest},
        "extension": {"sha256": _digest([json.dumps(extension, sort_keys=True).encode()])},
        "generator": {"sha256": _generator_digest()},
        "tools": PINS,
    }
    return json.dumps(lock, indent=2) + "\n"


def _generator_digest() -> str:
    root = Path(__file__).parent
    paths = sorted([*root.glob("*.py"), *root.glob("templates/*.jinja")], key=Path.as_posix)
    parts = [
        part
        for path in paths
        for part in (path.name.encode(), path.read_bytes().replace(b"\r\n", b"\n"))
    ]
    return _digest(parts)


def _digest(parts: list[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
