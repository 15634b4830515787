"""The pure function: documents in, the text of every file of every package out."""

from __future__ import annotations

from collections.abc import Mapping as ReadMapping
from dataclasses import replace

from .check.document import check, check_alike, check_names
from .document.document import Document
from .document.prune import prune
from .document.values import Mapping
from .emit.builder import package, unions_of
from .emit.render import emit
from .emit.ruff import FormatError, formatted, verify
from .model.api import claims
from .normalise.document import normalise
from .output import lock as _lock
from .parse.datamodel_code_generator import is_playable, sandbox_models
from .parse.openapi_python_client import parse, validate
from .parse.shape import shape
from .problems import Problem, RefusedError


def generate(
    documents: list[Document],
    others: ReadMapping[str, dict[str, str]] | None = None,
) -> dict[str, str]:
    """Make the packages of `documents`.

    Args:
        documents: What to make packages of.
        others: What documents beside them claim for themselves, by their files.

    Returns:
        The text of every file, by its path under `generated/`.

    Raises:
        FormatError: The code is not what it should be.
        RefusedError: Something is wrong with the documents.
    """
    problems: list[Problem] = []
    pruned: list[Document] = []
    for document in documents:
        try:
            pruned.append(prune(document))
        except RefusedError as error:
            problems += error.problems
    documents = pruned
    files: dict[str, str] = {}
    documents, found = _normal(documents)
    problems += found
    shapes = {document.name: shape(document) for document in documents}
    for document in documents:
        found = check(document) or check_names(document, shapes[document.name])
        known = {problem.pointer for problem in found}
        found += [p for p in validate(document, document.data)[1] if p.pointer not in known]
        problems += sorted(set(found), key=lambda problem: (problem.line, *problem))
    problems += check_alike(documents, dict(others or {}))
    if problems:
        raise RefusedError(problems)
    for document in documents:
        shaped = shapes[document.name]
        unions = unions_of(document, shaped)
        api, found = parse(document, shaped, unions)
        models, more = "", list[Problem]()
        if not found and (document.strict or is_playable(document)):
            models, more = sandbox_models(document, shaped)
        if found or more:
            problems += [*found, *more]
            continue
        made = package(document, shaped, api)
        inner = emit(made)
        if models:
            inner[f"{made.module}/_sandbox_models.py"] = models
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
    for document in documents:
        folder = f"{document.name}-client/"
        inner = {
            name.removeprefix(folder): text
            for name, text in files.items()
            if name.startswith(folder)
        }
        made_of = inputs(document)
        files[folder + _lock.NAME] = _lock.lock(made_of, claims(document), inner)
    return files


def inputs(document: Document) -> Mapping:
    """All that decides the bytes of the package of a document."""
    sources = (document.source, document.overlay)
    first, second = ((s.label, s.digest) if s else None for s in sources)
    assert first is not None
    return _lock.inputs(document.command, first, second)


def _normal(documents: list[Document]) -> tuple[list[Document], list[Problem]]:
    """The documents as the tools read them; one that promises to need no help gets none."""
    result: list[Document] = []
    problems: list[Problem] = []
    for document in documents:
        if document.strict:
            result.append(document)
            continue
        data, origins, found = normalise(document)
        sources = {new: document.origin(old) for new, old in origins.items()}
        result.append(replace(document, data=data, sources={**document.sources, **sources}))
        problems += found
    return result, problems
