"""Writing proposals down: an OpenAPI Overlay whose comments say what is unsure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..document.undecided import UNDECIDED
from ..problems import prose
from .prose import Pace
from .vocabulary import FAILED, Meaning

_WIDTH: Final = 160
_LISTED: Final = 40
WRITTEN: Final = 20
"""Doubtful proposals that are written down; of others, the names."""
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|(/[A-Za-z0-9_-]+)+")
_RESERVED: Final = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


@dataclass(frozen=True, slots=True)
class Alternative:
    """An entry of the extension that the document may mean, or may not."""

    value: str
    """A pointer, or the name of an operation."""
    doubt: str = ""
    active: bool = False
    """Whether it is proposed, rather than written as a comment."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`x-wait-for-completion` for one operation, as far as a document tells it."""

    operation: str
    target: str
    """The operation as a JSONPath (RFC 9535)."""
    summary: object
    score: float
    job: str = ""
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
    hint: str = ""
    """What the document says of `Retry-After`."""
    pace: Pace | None = None
    doubts: Sequence[str] = ()
    against: Sequence[str] = ()
    """What speaks against proposing it at all."""
    ids: Sequence[tuple[str, str]] = ()
    """Where the parts of a job's id stand in a request, and their names."""
    ways: Sequence[str] = ()
    """Operations that report the same job."""
    alternatives: Mapping[str, Alternative] = field(default_factory=dict[str, Alternative])
    """By the entry of the extension: `cancel`, `failure.message`, `failure.when`, `job`, `list`,
    `result`; and `polling`, `progress`, whose values stand in `pace` and `progress`."""

    def without(self, key: str) -> Proposal:
        """The same without an alternative."""
        left = {name: value for name, value in self.alternatives.items() if name != key}
        doubts = self.doubts
        if key in ("failure.unless", "failure.when"):
            at = self.alternatives[key].value
            doubts = [*doubts, f"whether it failed stands at {at}; no word here says so"]
        return replace(self, alternatives=left, doubts=doubts)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """All that an overlay is written from."""

    file: str
    """What comments call the document."""
    title: str
    proposals: Sequence[Proposal]
    doubtful: Sequence[Proposal]
    passed: Sequence[tuple[str, str]]
    """Operations that were left out, each with the reason, if there is one to tell."""
    looked: int
    """How many operations were looked at."""
    remarks: Sequence[str]
    keys: Sequence[str]
    """Lines of actions that add security schemes."""


def overlay(draft: Draft, *, for_trial: bool = False) -> str:
    """The text of an overlay; what is doubtful or was left out stands in its comments.

    Args:
        draft: What to write.
        for_trial: Make a part of it all that stands in comments, and decide each word.
    """
    proposals, doubtful = draft.proposals, draft.doubtful
    if for_trial:
        proposals, doubtful = [*proposals, *doubtful[:WRITTEN]], list[Proposal]()
    title = prose(draft.title)[:100] or prose(draft.file)
    lines = [*_opening(draft), *map(_comment, draft.remarks)]
    lines += ["overlay: 1.0.0", "info:", f"  title: {scalar(f'Waiting for jobs of {title}')}"]
    lines += ["  version: 1.0.0"]
    if proposals:
        lines += ["actions:", *(f"  {line}" for line in draft.keys)]
        for proposal in proposals:
            lines += [f"  {line}" for line in _action(proposal, for_trial)]
    else:
        lines.append("actions: []")
    if doubtful:
        hint = "take the `# ` away from what you want" + (", and the `[]` above" * (not proposals))
        lines += ["", _comment(f"Doubtful; {hint}:")]
        for proposal in doubtful[:WRITTEN]:
            lines += [f"#   {line}" for line in _action(proposal, for_trial)]
        more = doubtful[WRITTEN:]
        lines += _list("Doubtful too:", [(p.operation, _why(p)) for p in more])
    lines += _list("Looked at and left out:", [row for row in draft.passed if row[1]])
    rest = [name for name, reason in draft.passed if not reason]
    if rest:
        count = f"{len(rest)} operation{'s' * (len(rest) > 1)}"
        lines += ["", _comment(f"Looked at without finding a status in the body: {count}.")]
        lines += _names([] if proposals or doubtful else rest)
    return "\n".join(lines) + "\n"


def _opening(draft: Draft) -> Iterator[str]:
    looked, proposed, doubtful = draft.looked, len(draft.proposals), len(draft.doubtful)
    counted = f"{looked} operation{'s' * (looked != 1)}"
    text = f"Found no operation in {draft.file} that is surely a job's status."
    if proposed:
        text = f"Proposed for {draft.file}. Answer what is marked as unsure, then remove the mark."
    yield _comment(text)
    asked = "of those that take an id"
    yield _comment(f"Looked at {counted} {asked}: {proposed} proposed, {doubtful} doubtful.")
    states = [meaning.state for p in draft.proposals for meaning in p.states.values()]
    if count := states.count(None):
        words = "word is" if count == 1 else "words are"
        yield _comment(
            f'{count} {words} marked "{UNDECIDED}"; nothing is made before each has a state.'
        )


def _action(proposal: Proposal, for_trial: bool) -> Iterator[str]:
    summary = proposal.summary if isinstance(proposal.summary, str) else ""
    yield _comment(f"{proposal.operation}{': ' * bool(summary)}{summary}")
    for text in proposal.against:
        yield _comment(f"unsure: {text}")
    if proposal.ways:
        shown = ", ".join(proposal.ways[:5]) + ", …" * (len(proposal.ways) > 5)
        yield _comment(f"The same job by other ways: {shown}")
    if any(place != "path" for place, _ in proposal.ids) or len(proposal.ids) > 1:
        yield _comment(f"Its id: {', '.join(f'{name} ({place})' for place, name in proposal.ids)}")
    yield f"- target: {scalar(proposal.target)}"
    yield "  update:"
    yield "    x-wait-for-completion:"
    for line in _extension(proposal, for_trial):
        yield f"      {line}"


def _extension(proposal: Proposal, for_trial: bool) -> Iterator[str]:
    for text in proposal.doubts:
        yield _comment(f"unsure: {text}")
    if proposal.job:
        yield f"job: {scalar(proposal.job)}"
    if job := proposal.alternatives.get("job"):
        yield from _entry(job, f"job: {scalar(job.value)}", for_trial)
    if proposal.status:
        yield f"status: {scalar(proposal.status)}"
        yield "states:"
    for word, meaning in proposal.states.items():
        doubt = f"  {_comment(f'unsure: {meaning.doubt}')}" if meaning.doubt else ""
        state = meaning.state or (FAILED if for_trial else scalar(UNDECIDED))
        yield f"  {scalar(word)}: {state}{doubt}"
    if proposal.absent:
        yield "absent: running  # unsure: is a job without a status still going?"
    if proposal.responses:
        yield "responses:"
        for code, state in proposal.responses.items():
            yield f'  "{code}": {state}  # unsure: does this status code say so?'
    yield from _progress(proposal, for_trial)
    yield from _failure(proposal, for_trial)
    for key in ("cancel", "result", "list"):
        if link := proposal.alternatives.get(key):
            yield from _entry(link, f"{key}: {{operation: {scalar(link.value)}}}", for_trial)
    if proposal.hint:
        yield _comment(proposal.hint)
    if proposal.pace:
        yield _comment(f"unsure: the document says: {proposal.pace.quote}")
        yield f"polling: {{{', '.join(_polling(proposal.pace))}}}"


def _polling(pace: Pace) -> Iterator[str]:
    yield f"initial: {pace.initial:g}"
    if pace.maximum != 10:
        yield f"maximum: {pace.maximum:g}"
    if pace.timeout != 300:
        yield f"timeout: {pace.timeout:g}"


def _progress(proposal: Proposal, for_trial: bool) -> Iterator[str]:
    if proposal.progress:
        maximum = proposal.maximum or 100
        text = f"progress: {{value: {scalar(proposal.progress)}, max: {maximum:g}}}"
        doubt = "100 where the progress is a percentage, 1 where it is a fraction"
        is_known = proposal.maximum is not None
        alternative = Alternative("", "" if is_known else doubt, active=is_known)
        yield from _entry(alternative, text, for_trial)


def _failure(proposal: Proposal, for_trial: bool) -> Iterator[str]:
    """Where a failed job gives its reason; what is a guess is a comment, `failure:` too."""
    guesses = {
        key.removeprefix("failure."): value
        for key, value in proposal.alternatives.items()
        if key.startswith("failure.")
    }
    if not guesses and not proposal.failure:
        return
    if not proposal.failure and not for_trial and not any(g.active for g in guesses.values()):
        yield from (_comment(f"unsure: {guess.doubt}") for guess in guesses.values())
        yield "# failure:"
        yield from (f"#   {key}: {scalar(guess.value)}" for key, guess in guesses.items())
        return
    yield "failure:"
    for key in ("when", "unless", "code", "message", "retryable"):
        if key in proposal.failure:
            yield f"  {key}: {scalar(proposal.failure[key])}"
        elif guess := guesses.get(key):
            entry = _entry(guess, f"{key}: {scalar(guess.value)}", for_trial)
            yield from (f"  {line}" for line in entry)


def _entry(alternative: Alternative, text: str, for_trial: bool) -> Iterator[str]:
    if alternative.doubt:
        yield _comment(f"unsure: {alternative.doubt}")
    yield text if alternative.active or for_trial else f"# {text}"


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


def scalar(text: str) -> str:
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
