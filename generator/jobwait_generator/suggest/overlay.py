"""Writing proposals down: an OpenAPI Overlay whose comments say what is unsure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..problems import prose
from .vocabulary import Meaning

_WIDTH: Final = 160
_LISTED: Final = 40
_WRITTEN: Final = 20
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|(/[A-Za-z0-9_-]+)+")
_RESERVED: Final = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`x-wait-for-completion` for one operation, as far as a document tells it."""

    operation: str
    target: str
    """The operation as a JSONPath (RFC 9535)."""
    summary: object
    score: float
    job: str = ""
    optional_job: str = ""
    """Where the job stands that a body may lack; then the whole body is the job."""
    status: str = ""
    """Empty where no member of a body tells how far the job is."""
    states: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])
    absent: bool = False
    """Whether a body may lack the status."""
    responses: Mapping[str, str] = field(default_factory=dict[str, str])
    """What status codes of HTTP mean where their bodies do not say it."""
    progress: str = ""
    maximum: float | None = None
    failure: Mapping[str, str] = field(default_factory=dict[str, str])
    unclear: Mapping[str, str] = field(default_factory=dict[str, str])
    """Parts of `failure` that are a guess."""
    pace: Sequence[str]
    doubts: Sequence[str]
    against: Sequence[str]
    """What speaks against proposing it at all."""
    ids: Sequence[tuple[str, str]] = ()
    """Where the parts of a job's id stand in a request, and their names."""
    ways: Sequence[str] = ()
    """Operations that report the same job."""
    links: Mapping[str, str] = field(default_factory=dict[str, str])

    def doubting(self, text: str) -> Proposal:
        """The same with one more doubt."""
        return replace(self, doubts=[*self.doubts, text])


def overlay(
    *,
    file: str,
    title: str,
    proposals: Sequence[Proposal],
    doubtful: Sequence[Proposal],
    passed: Sequence[tuple[str, str]],
    looked: int,
    remarks: Sequence[str],
) -> str:
    """The text of an overlay; what is doubtful or was left out stands in its comments."""
    lines = [*_opening(file, proposals, doubtful, looked), *map(_comment, remarks)]
    lines += ["overlay: 1.0.0", "info:"]
    lines += [f"  title: {_scalar(f'Waiting for jobs of {prose(title)[:100] or prose(file)}')}"]
    lines += ["  version: 1.0.0"]
    if proposals:
        lines.append("actions:")
        for proposal in proposals:
            lines += [f"  {line}" for line in _action(proposal)]
    else:
        lines.append("actions: []")
    if doubtful:
        hint = "take the `# ` away from what you want" + (", and the `[]` above" * (not proposals))
        lines += ["", _comment(f"Doubtful; {hint}:")]
        for proposal in doubtful[:_WRITTEN]:
            lines += [f"#   {line}" for line in _action(proposal)]
        more = doubtful[_WRITTEN:]
        lines += _list("Doubtful too:", [(p.operation, _why(p)) for p in more])
    lines += _list("Looked at and left out:", [row for row in passed if row[1]])
    rest = [name for name, reason in passed if not reason]
    if rest:
        count = f"{len(rest)} operation{'s' * (len(rest) > 1)}"
        lines += ["", _comment(f"Looked at without finding a status in the body: {count}.")]
        lines += _names([] if proposals or doubtful else rest)
    return "\n".join(lines) + "\n"


def _opening(
    file: str, proposals: Sequence[Proposal], doubtful: Sequence[Proposal], looked: int
) -> Iterator[str]:
    counted = f"{looked} operation{'s' * (looked != 1)}"
    if proposals:
        yield _comment(
            f"Proposed for {file}. Answer what is marked as unsure, then remove the mark."
        )
    else:
        yield _comment(f"Found no operation in {file} that is surely a job's status.")
    asked = "of those that take an id"
    yield _comment(
        f"Looked at {counted} {asked}: {len(proposals)} proposed, {len(doubtful)} doubtful."
    )


def _action(proposal: Proposal) -> Iterator[str]:
    summary = proposal.summary if isinstance(proposal.summary, str) else ""
    yield _comment(f"{proposal.operation}{': ' * bool(summary)}{summary}")
    for text in proposal.against:
        yield _comment(f"unsure: {text}")
    if proposal.ways:
        shown = ", ".join(proposal.ways[:5]) + ", …" * (len(proposal.ways) > 5)
        yield _comment(f"The same job by other ways: {shown}")
    if any(place != "path" for place, _ in proposal.ids) or len(proposal.ids) > 1:
        yield _comment(f"Its id: {', '.join(f'{name} ({place})' for place, name in proposal.ids)}")
    yield f"- target: {_scalar(proposal.target)}"
    yield "  update:"
    yield "    x-wait-for-completion:"
    for line in _extension(proposal):
        yield f"      {line}"


def _extension(proposal: Proposal) -> Iterator[str]:
    for text in proposal.doubts:
        yield _comment(f"unsure: {text}")
    if proposal.job:
        yield f"job: {_scalar(proposal.job)}"
    if proposal.optional_job:
        yield "# unsure: the job stands here, in a member that the document calls optional"
        yield f"# job: {_scalar(proposal.optional_job)}"
    if proposal.status:
        yield f"status: {_scalar(proposal.status)}"
        yield "states:"
    for word, meaning in proposal.states.items():
        doubt = f"  {_comment(f'unsure: {meaning.doubt}')}" if meaning.doubt else ""
        yield f"  {_scalar(word)}: {meaning.state or _scalar('?')}{doubt}"
    if proposal.absent:
        yield "absent: running  # unsure: is a job without a status still going?"
    if proposal.responses:
        yield "responses:"
        for code, state in proposal.responses.items():
            yield f'  "{code}": {state}  # unsure: does this status code say so?'
    if proposal.progress and proposal.maximum:
        yield f"progress: {{value: {_scalar(proposal.progress)}, max: {proposal.maximum:g}}}"
    elif proposal.progress:
        yield "# unsure: 100 where the progress is a percentage, 1 where it is a fraction"
        yield f"# progress: {{value: {_scalar(proposal.progress)}, max: 100}}"
    if proposal.failure:
        yield "failure:"
        for key in ("code", "message", "retryable"):
            if key in proposal.failure:
                yield f"  {key}: {_scalar(proposal.failure[key])}"
    for key, pointer in proposal.unclear.items():
        indent = "  " if proposal.failure else ""
        yield f"{indent}# unsure: does it say why a job failed?"
        if not proposal.failure:
            yield "# failure:"
        yield f"{indent}# {'' if proposal.failure else '  '}{key}: {_scalar(pointer)}"
    for key, name in proposal.links.items():
        if key != "cancel":
            yield f"# unsure: is this its {key}?"
        yield f"{'# ' * (key != 'cancel')}{key}: {{operation: {_scalar(name)}}}"
    for text in proposal.pace:
        yield _comment(text)


def _why(proposal: Proposal) -> str:
    return "; ".join(proposal.against) or "its words are also those of a thing"


def _list(heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield ""
        yield _comment(heading)
        yield from _names([f"{name}: {reason}" for name, reason in rows])


def _names(rows: Sequence[str]) -> Iterator[str]:
    for row in rows[:_LISTED]:
        yield f"#   {_shortened(row)}"
    if len(rows) > _LISTED:
        yield f"#   and {len(rows) - _LISTED} more"


def _comment(text: str) -> str:
    return f"# {_shortened(text)}"


def _shortened(text: str) -> str:
    line = prose(text[: 10 * _WIDTH])
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"


def _scalar(text: str) -> str:
    """A YAML scalar that is this string, whoever wrote it and whichever version reads it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return f'"{"".join(map(_character, text))}"'


def _character(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if c.isprintable():
        return c
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"
