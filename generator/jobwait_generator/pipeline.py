"""The pure function: documents in, the text of every file of every package out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .check.document import check, shared_variables
from .document.document import Document
from .document.prune import prune
from .emit.builder import build_package
from .emit.render import render_package
from .emit.ruff import FormatError, formatted, verify
from .model.api import Api, read_api
from .normalise.document import normalise
from .output import lock
from .parse.datamodel_code_generator import is_playable, sandbox_models
from .parse.openapi_python_client import parse, validate
from .parse.shape import shape
from .problems import Problem, RefusedError

if TYPE_CHECKING:
    from .changes.surface import Surface


def generate(
    documents: Sequence[Document], others: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, str]:
    """Make the packages of `documents`.

    Args:
        documents: What to make packages of.
        others: The claims of packages beside them, by what these are made of.

    Returns:
        The text of every file, by its path under `generated/`.

    Raises:
        FormatError: The code is not what it should be.
        RefusedError: Something is wrong with the documents.
    """
    problems: list[Problem] = []
    apis: list[Api] = []
    for document in documents:
        try:
            api, faults = _read(document)
        except RefusedError as error:
            problems += error.problems
        else:
            apis.append(api)
            problems += faults
    problems += shared_variables(apis, others or {})
    if problems:
        raise RefusedError(problems)
    files: dict[str, str] = {}
    for api in apis:
        try:
            files |= _emit(api)
        except RefusedError as error:
            problems += error.problems
    if problems:
        raise RefusedError(problems)
    files = _formatted(files, apis)
    for api in apis:
        folder = f"{api.document.name}-client/"
        inner = {
            name.removeprefix(folder): text
            for name, text in files.items()
            if name.startswith(folder)
        }
        files[folder + lock.NAME] = lock.lock(inputs(api.document), api.claims, inner)
    return files


def draft(document: Document) -> Surface:
    """What users would see of the package of a document, at the cost of reading it.

    Raises:
        RefusedError: Something is wrong with the document.
    """
    api, problems = _read(document)
    if problems:
        raise RefusedError(problems)
    shaped = shape(api)
    parsed, problems = parse(api, shaped)
    if problems:
        raise RefusedError(problems)
    # What compares packages is loaded where there are two to compare.
    from .changes.surface import read_surface

    return read_surface(api.document, render_package(build_package(api, shaped, parsed)))


def surface(document: Document, files: Mapping[str, str]) -> Surface:
    """What users see of a package that was made of a document.

    Args:
        document: The document.
        files: The text of its files, by their names in its folder.

    Raises:
        RefusedError: The document cannot be read.
    """
    from .changes.surface import read_surface

    return read_surface(normalise(prune(document))[0], files)


def inputs(document: Document) -> dict[str, object]:
    """All that decides the bytes of the package of a document."""
    sources = {"document": document.source, "overlay": document.overlay}
    pairs = {key: (source.label, source.digest) for key, source in sources.items() if source}
    return lock.inputs(document.command, pairs | document.beside)


def _read(document: Document) -> tuple[Api, list[Problem]]:
    """What a document says, and all that is wrong with it.

    Raises:
        RefusedError: Something is wrong with its text, or with the selection of operations.
    """
    normal, problems = normalise(prune(document))
    api = read_api(normal)
    checked = check(api)
    known = {problem.pointer for problem in checked}
    invalid = [p for p in validate(normal, normal.data)[1] if p.pointer not in known]
    faults = sorted({*checked, *invalid}, key=lambda problem: (problem.line, *problem))
    # Where both found fault with one place, the later one says what could be there.
    return api, [*(problem for problem in problems if problem.pointer not in known), *faults]


def _emit(api: Api) -> dict[str, str]:
    """The files of the package of a document, not formatted.

    Raises:
        RefusedError: A tool cannot read the document.
    """
    shaped = shape(api)
    parsed, problems = parse(api, shaped)
    models = ""
    if not problems and is_playable(api):
        models, problems = sandbox_models(api.document, shaped)
    if problems:
        raise RefusedError(problems)
    package = build_package(api, shaped, parsed)
    files = render_package(package)
    if models:
        files[f"{package.module}/_sandbox_models.py"] = models
    return {f"{package.distribution}/{name}": text for name, text in files.items()}


def _formatted(files: dict[str, str], apis: Sequence[Api]) -> dict[str, str]:
    """The files as they are written.

    Raises:
        FormatError: The code is not what it should be, or does more than declare.
    """
    try:
        files = formatted(files)
        for name, text in files.items():
            if name.endswith(".py"):
                verify(name, text)
    except FormatError as error:
        documents = (api.document for api in apis)
        named = [d.file for d in documents if f"{d.name}-client/" in str(error)]
        text = "the generator wrote wrong code for this; that is its fault, not the document's"
        raise FormatError(f"{', '.join(named) or 'specs'}: {text}\n{error}") from None
    return files
