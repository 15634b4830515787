"""Deciding everything about a package: what it is called, and what it consists of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Final

from ..document.document import Document
from ..document.pointer import joined
from ..document.values import is_mapping, is_sequence
from ..model.api import Api
from ..parse.openapi_python_client import ParsedSchemas
from ..parse.shape import Shape
from .models import build_models
from .package import Assumption, Package
from .resources import ResourceBuilder

MOST_ASSUMPTIONS: Final = 50
"""That a README lists."""


def build_package(api: Api, shape: Shape, parsed: ParsedSchemas) -> Package:
    """Decide everything about the package of a document."""
    document = api.document
    name = document.name.replace("-", "_")
    models = build_models(document, shape, parsed)
    resources = ResourceBuilder(api, shape, parsed)
    return Package(
        name=name,
        module=f"{name}_client",
        distribution=f"{document.name}-client",
        folder=f"{'./generated' if document.is_ours else 'path/to'}/{document.name}-client",
        title=api.title,
        version=str(document.version),
        api_version=api.version,
        changelog=_changelog(document),
        text=api.text,
        header=document.header,
        sources=[source.label for source in (document.source, document.overlay) if source],
        assumptions=[*islice(_assumptions(document.data), MOST_ASSUMPTIONS)],
        servers=api.servers,
        credentials=api.credentials,
        key_required=api.needs_key,
        keys_together=api.sends_several,
        resources=[resources.build(operation, waiting) for operation, waiting in api.waiting],
        models=models.models,
        enums=models.enums,
        unknowns=models.unknowns,
        aliases=models.aliases,
        openapi=json.dumps(document.data, indent=2, ensure_ascii=False) + "\n",
    )


def _assumptions(value: object, pointer: str = "") -> Iterator[Assumption]:
    """The places that are marked as assumed, in the order of the document."""
    if is_mapping(value):
        if value.get("x-assumed") is True:
            text = value.get("description") or value.get("title")
            yield Assumption(pointer=pointer, text=text if isinstance(text, str) else "")
        for name, below in value.items():
            yield from _assumptions(below, pointer + joined([name]))
    elif is_sequence(value):
        for number, below in enumerate(value):
            yield from _assumptions(below, pointer + joined([number]))


def _changelog(document: Document) -> str:
    """The file with the changes, and where they are written down."""
    if not document.changelog:
        return ""
    label, _ = document.beside["changelog"]
    header = document.header_of(label).replace(">", "&gt;")
    return f"<!-- {header} -->\n{document.changelog}"
