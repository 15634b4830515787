"""Proposing an overlay for a document that knows nothing of `x-wait-for-completion`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

from ..document.values import mapping
from . import keys, links
from .judge import Candidate, Judge
from .operations import Operation
from .overlay import Draft, overlay
from .reading import PARTS, Reader
from .trial import Refuses, settled

_PROPOSED: Final = 30
"""The most operations that are proposed."""


def suggest(data: Mapping[str, object], file: str, refuses: Refuses | None = None) -> str:
    """The text of an OpenAPI Overlay that adds `x-wait-for-completion` to a document.

    What the document does not say for sure carries a comment `# unsure: …`; a status word whose
    meaning is not known has the meaning `"?"`, which generating refuses. Operations that are only
    perhaps a job's status stand below as comments.

    Args:
        data: The document.
        file: What comments call it.
        refuses: Tells why no package can be made with an overlay; what is refused is not proposed.
    """
    draft = _draft(data, file)
    return overlay(settled(draft, refuses) if refuses else draft)


def _draft(data: Mapping[str, object], file: str) -> Draft:
    reader = Reader(data)
    operations = {operation.name: operation for operation in reader.operations()}
    judge = Judge(reader, operations.keys(), list(_general_texts(data)))
    candidates: list[Candidate] = []
    skipped = 0
    for operation in operations.values():
        if reader.left <= 0:
            skipped += operation.method in ("get", "post")
        elif candidate := judge.candidate(operation):
            candidates.append(candidate)
    candidates.sort(key=lambda c: (-c.proposal.score, len(c.operation.path), c.operation.name))
    candidates, left_out = links.merged(candidates, reader, operations)
    proposals = list(links.of_one_server(candidates, data))
    sure = [proposal for proposal in proposals if links.is_sure(proposal)]
    many = "there are many; a package may be of some of them"
    doubtful = [replace(proposal, against=[many]) for proposal in sure[_PROPOSED:]]
    doubtful += [proposal for proposal in proposals if not links.is_sure(proposal)]
    sure = sure[:_PROPOSED]
    chosen = [operations[proposal.operation] for proposal in sure]
    return Draft(
        file=file,
        title=str(mapping(data.get("info")).get("title", "")),
        proposals=sure,
        doubtful=doubtful,
        passed=[*judge.passed, *left_out],
        looked=judge.looked,
        remarks=list(_remarks(data, reader, skipped, chosen)),
        keys=list(keys.actions(keys.hidden_keys(chosen, data))),
    )


def _general_texts(data: Mapping[str, object]) -> Iterator[str]:
    text = mapping(data.get("info")).get("description")
    if isinstance(text, str):
        yield text


def _remarks(
    data: Mapping[str, object], reader: Reader, skipped: int, chosen: list[Operation]
) -> Iterator[str]:
    if skipped:
        yield f"unsure: too large; {skipped} operations were not looked at"
    if reader.external:
        names = ", ".join(islice(reader.external, 5))
        yield f"unsure: references to other files were not followed: {names}"
    schemes = mapping(mapping(data.get("components")).get("securitySchemes"))
    for name, value in islice(schemes.items(), PARTS):
        scheme = mapping(value)
        if scheme.get("in") == "header" and str(scheme.get("name")).lower() == "authorization":
            yield (
                f"unsure: the key of {name} is sent as it is, in the header Authorization; "
                "if a word stands before it, add x-prefix to that security scheme, as in "
                "{x-prefix: 'Token '}"
            )
    for name in keys.other_headers(chosen):
        yield f'unsure: if the provider needs the header {name}, pass headers={{"{name}": …}}'
    if "swagger" in data:
        yield "unsure: this is Swagger 2.0; convert it to OpenAPI 3 first"
