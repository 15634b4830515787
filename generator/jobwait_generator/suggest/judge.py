"""Whether an operation tells how far a job is, and what speaks for and against that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..document.pointer import joined
from ..model.schemas import Node
from . import fields, prose
from .operations import ASKS, Operation, ids_of, types_of
from .overlay import Alternative, Proposal
from .reading import Body, Path, Reader, is_status, variants_of
from .vocabulary import (
    CANCELLED,
    FAILED,
    PENDING,
    RUNNING,
    SUCCEEDED,
    Meaning,
    is_resource,
    meanings,
    split,
    vocabulary,
)

SURE: Final = 6.0
"""The score from which an operation is proposed."""
_DOUBTFUL: Final = 2.0
_WORDS: Final = 60
_WORD: Final = 100
_METHODS: Final = ("get", "post")
_JOBS: Final = vocabulary(
    """
    action analysis async batch build command conversion crawl deployment evaluation execution
    export extraction generation import inference invocation job operation poll prediction process
    progress query recognition render report request result run scan scrape status sync synthesis
    task training transcode transcript transcription translation upload video workflow
    """
)
_THINGS: Final = vocabulary(
    """
    account charge customer domain invite invitation invoice message order organization payment
    payout refund shipment store subscription ticket transaction transfer user
    """
)
_ENDED: Final = vocabulary(
    """
    completed_at completed_on completed_time completion_time date_completed end_date end_time
    ended_at finish_time finished finished_at finished_on started started_at start_time started_on
    """
)
_OUTCOMES: Final = frozenset({"conclusion", "outcome", "result", "result_state"})
_CHANGES: Final = vocabulary(
    """
    abort cancel create delete execute pause resend restart resume retry run send start stop submit
    terminate trigger update upload
    """
)
_DONE: Final = vocabulary(
    "complete completed done finished is_complete is_completed is_done is_finished"
)
_BOOLEAN: Final = {"false": Meaning(RUNNING), "true": Meaning(SUCCEEDED)}
"""What the words mean that a boolean is read as."""
_WHY: Final = "does it say why a job failed?"
_OPTIONAL: Final = "the job stands here, in a member that the document calls optional"
_STRONG: Final = frozenset({"code", "hint", "noun", "progress", "text"})
"""What speaks for a job even where it can be edited, or has a word of a thing's state."""


@dataclass(frozen=True)
class Candidate:
    """An operation that may tell how far a job is."""

    operation: Operation
    proposal: Proposal
    job: tuple[str, ...]
    """The schemas of the job: two operations that share them report the same job."""


@dataclass
class Judge:
    """Looks at the operations of a document one by one."""

    reader: Reader
    names: Collection[str]
    """The names of all operations."""
    texts: Sequence[str] = ()
    """What the document says of all of them."""
    looked: int = 0
    """How many take an id."""
    passed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Those that are no candidates, each with the reason, if there is one to tell."""

    def candidate(self, operation: Operation) -> Candidate | None:
        """The best reading of an operation as a job's status, if there is one."""
        if operation.method not in _METHODS:
            return None
        ids = ids_of(operation, self.reader.required_members(operation))
        if not ids or (operation.method == "post" and not self._is_poll(operation)):
            return None
        self.looked += 1
        bodies = self.reader.bodies(operation)
        body = self.reader.body(list(bodies.values()))
        judged = list(self._readings(operation, bodies, body))
        judged.sort(key=lambda candidate: -candidate.proposal.score)
        if judged and judged[0].proposal.score >= _DOUBTFUL:
            best, *others = judged
            also = [c.proposal.status for c in others if c.proposal.score >= SURE]
            doubts = [f"another status stands at {', '.join(also[:3])}"] if also else []
            doubts = [*best.proposal.doubts, *doubts]
            return replace(best, proposal=replace(best.proposal, ids=ids, doubts=doubts))
        reason = self._reason(bodies, body)
        by_code = "202" in operation.responses and "200" in bodies
        if not judged and not reason and by_code:
            return self._by_code(operation, ids)
        if judged:
            status = judged[0].proposal.status
            reason = f"{status} looks like the state of a thing, not of a job"
        self.passed.append((operation.name, reason))
        return None

    def _readings(
        self, operation: Operation, bodies: Mapping[str, Node], body: Body
    ) -> Iterator[Candidate]:
        booleans: list[Path] = []
        has_status = False
        for path, members in body.objects.items():
            for name, places in members.items():
                where = (*path, name)
                if is_status(name) or where in body.tagged:
                    for candidate in self._judged(operation, bodies, body, where, places):
                        has_status = True
                        yield candidate
                elif "_".join(split(name[:100])) in _DONE and self._is_boolean(places):
                    booleans.append(where)
        for where in () if has_status else booleans:
            # A boolean alone is a tick on a list; beside what tells a failure, it is a job's.
            job = fields.job_path(operation, body, where)
            if fields.outcome(self.reader, body, job, where):
                yield self._proposed(operation, bodies, body, where, _BOOLEAN, [])

    def _is_boolean(self, places: list[Node]) -> bool:
        types = {kind for schema in self.reader.schemas(places) for kind in types_of(schema)}
        return types - {"null"} == {"boolean"}

    def _reason(self, bodies: Mapping[str, Node], body: Body) -> str:
        """Why nothing in the bodies of an operation is a status."""
        for path, members in body.objects.items():
            for name, places in members.items():
                if len(path) < 2 and is_status(name) and self.reader.words(places, [])[1]:
                    at = joined((*path, name))
                    return f"the document lists no words of its status, at {at}"
        if body.listed:
            return f"its status stands in a list, at {body.listed[0]}"
        return "" if bodies else "it answers with no JSON body"

    def _by_code(self, operation: Operation, ids: list[tuple[str, str]]) -> Candidate:
        """A job that is done once it is answered with 200, where its bodies tell nothing."""
        evidence = self._evidence(operation, {})
        proposal = Proposal(
            operation=operation.name,
            target=operation.target,
            summary=operation.value.get("summary"),
            score=_DOUBTFUL + 2 * len(evidence),
            responses={"200": SUCCEEDED, "202": RUNNING},
            hint=self.reader.retry_after(operation) or "",
            pace=prose.pace([operation.text, *self.texts]),
            doubts=["no member of its bodies is a status"],
            against=[] if evidence & {"hint", "text"} else ["it may not be a job at all"],
            ids=ids,
        )
        return Candidate(operation, proposal, (operation.name,))

    def _is_poll(self, operation: Operation) -> bool:
        """Whether a POST asks rather than does: no GET stands beside it, and its words say so."""
        if f"GET {operation.path}" in self.names:
            return False
        steps = {part for step in operation.steps[-1:] for part in split(step)}
        if operation.path.endswith("}"):
            # Such a path says nothing about what is done with the job.
            return bool(prose.POLLS.search(operation.text))
        return bool(steps & ASKS) and not steps & _CHANGES

    def _judged(
        self,
        operation: Operation,
        bodies: Mapping[str, Node],
        body: Body,
        where: Path,
        places: list[Node],
    ) -> Iterator[Candidate]:
        words, bare = self.reader.words(places, body.tagged.get(where, []))
        if bare:
            words = prose.described_words(bare)
        if len(words) > _WORDS or any(len(word) > _WORD for word in words):
            return
        states = meanings(words)
        kinds = [meaning.state for meaning in states.values()]
        going = sum(state in (PENDING, RUNNING) for state in kinds)
        ended = sum(state in (SUCCEEDED, FAILED, CANCELLED) for state in kinds)
        if not going or not ended:
            return
        against: list[str] = []
        if SUCCEEDED not in kinds:
            against.append("none of its words is known to mean success")
        if kinds.count(None) > len(kinds) / 3:
            against.append("too many of its words are unknown")
        candidate = self._proposed(operation, bodies, body, where, states, against)
        yield _from_description(candidate) if bare else candidate

    def _proposed(
        self,
        operation: Operation,
        bodies: Mapping[str, Node],
        body: Body,
        where: Path,
        states: Mapping[str, Meaning],
        against: list[str],
    ) -> Candidate:
        doubts: list[str] = []
        reader, job = self.reader, fields.job_path(operation, body, where)
        has_failed = any(meaning.state == FAILED for meaning in states.values())
        outcome = {} if has_failed else fields.outcome(reader, body, job, where)
        if not has_failed and not outcome:
            doubts.append("no word is known to mean that the job failed")
        against = [*against, *self._objections(operation, bodies, body, where, states)]
        if job and job == where[:-1] and len(job) > 1:
            doubts.append(f"the job may also be an object around {joined(job)}")
        lacking = [code for code, root in bodies.items() if not reader.has([root], where)]
        codes = {code: RUNNING for code in lacking if code == "202" and len(lacking) < len(bodies)}
        is_optional = not reader.has(bodies.values(), job, always=True)
        value, maximum = fields.progress(reader, body, job)
        failure = fields.failure(reader, body, job, where)
        score = self._score(operation, states, where, body.named(where[:-1]))
        score -= 3 * (len(lacking) == len(bodies))
        alternatives = _alternatives(failure, outcome, job if is_optional else ())
        proposal = Proposal(
            operation=operation.name,
            target=operation.target,
            summary=operation.value.get("summary"),
            score=round(score, 1),
            job="" if is_optional else joined(job),
            status=joined(where),
            states=states,
            absent=bool(lacking),
            responses=codes,
            progress=value,
            maximum=maximum,
            failure=failure.pointers,
            hint=reader.retry_after(operation) or "",
            pace=prose.pace([operation.text, *self.texts]),
            doubts=doubts,
            against=against,
            alternatives=alternatives,
        )
        schemas = sorted(place.pointer for place in reader.owners(bodies, job))
        server = str(operation.item.get("servers"))
        return Candidate(operation, proposal, (server, *schemas, joined(where)))

    def _objections(
        self,
        operation: Operation,
        bodies: Mapping[str, Node],
        body: Body,
        where: Path,
        states: Mapping[str, Meaning],
    ) -> Iterator[str]:
        """What speaks against proposing it, other than its words."""
        siblings, named = body.objects.get(where[:-1], {}), body.named(where[:-1])
        if all(meaning.state != FAILED for meaning in states.values()):
            outcome = next((name for key, name in named.items() if key in _OUTCOMES), "")
            if outcome and self.reader.words(siblings[outcome], [])[0]:
                at = joined((*where[:-1], outcome))
                yield f"whether it failed stands at {at}; no word here says so"
        evidence = self._evidence(operation, named)
        if not evidence and not _speak(operation, states):
            yield "nothing but its words speaks for a job"
        elif not evidence & _STRONG:
            if self._is_edited(operation):
                yield "it can be edited, as things can and jobs cannot"
            things = [w for w, m in states.items() if m.state is None and is_resource(w)]
            if things:
                yield f"`{things[0]}` is said of things rather than of jobs"
        variants = [part for root in bodies.values() for part in variants_of(root)]
        if sum(self.reader.has([part], where) for part in variants) < len(variants) / 2:
            yield "most variants of its body have no such member"

    def _score(
        self,
        operation: Operation,
        states: Mapping[str, Meaning],
        where: Path,
        named: Mapping[str, str],
    ) -> float:
        kinds = [meaning.state for meaning in states.values()]
        strong = any(m == (SUCCEEDED, "") for m in states.values())
        score = 3.0 if strong else 1.0 if SUCCEEDED in kinds else 0.0
        score += (FAILED in kinds) + ((FAILED, "") in states.values()) + (CANCELLED in kinds)
        score += min(sum(state in (PENDING, RUNNING) for state in kinds), 2)
        score -= 4 * kinds.count(None) / len(kinds)
        things = sum(
            meaning.state is None and is_resource(word) for word, meaning in states.items()
        )
        score -= min(1.5 * things, 6)
        score += is_status(where[-1])
        score -= max(0, len(where) - 2)
        evidence = self._evidence(operation, named)
        score += min(2 * len(evidence), 5)
        if operation.subject & _THINGS:
            score -= 2
        if self._is_edited(operation):
            score -= 1.5 if evidence & {"hint", "text"} else 3
        return score - (operation.method == "post")

    def _is_edited(self, operation: Operation) -> bool:
        beside = [f"{method} {operation.path}" for method in ("PATCH", "POST", "PUT")]
        return operation.method == "get" and any(name in self.names for name in beside)

    def _evidence(self, operation: Operation, named: Mapping[str, str]) -> set[str]:
        """What speaks for a job, apart from the words of its status."""
        texts = (*operation.steps[-2:], str(operation.value.get("operationId", ""))[:200])
        summary = str(operation.value.get("summary", ""))[:200]
        parts = {part for text in (*texts, summary) for part in split(text)}
        nouns = parts | {part.removesuffix(end) for part in parts for end in ("s", "es")}
        reasons = (*fields.ERRORS, *fields.CODES, *fields.MESSAGES)
        holds = {
            "noun": bool(nouns & _JOBS),
            "text": bool(prose.POLLS.search(operation.text)),
            "hint": self.reader.retry_after(operation) is not None,
            "progress": any(name in named for name in fields.PROGRESS),
            "error": any(name in named for name in reasons),
            "ended": bool(named.keys() & _ENDED),
            "code": "202" in operation.responses,
        }
        return {key for key, is_there in holds.items() if is_there}


def _alternatives(
    failure: fields.Failure, outcome: Mapping[str, str], job: Path
) -> dict[str, Alternative]:
    """What may be said of a failure and of a job that a body may lack."""
    alternatives = {f"failure.{key}": Alternative(at, _WHY) for key, at in failure.unclear.items()}
    alternatives |= {f"failure.{key}": Alternative(at, active=True) for key, at in outcome.items()}
    return {**alternatives, "job": Alternative(joined(job), _OPTIONAL)} if job else alternatives


def _from_description(candidate: Candidate) -> Candidate:
    """The same, less certain: its words are quoted in a text."""
    text = "the document lists no words; these are read from its description"
    proposal = candidate.proposal
    doubts, score = [text, *proposal.doubts], proposal.score - 1
    return replace(candidate, proposal=replace(proposal, doubts=doubts, score=score))


def _speak(operation: Operation, states: Mapping[str, Meaning]) -> bool:
    """Whether words alone make a job: surely at work, surely done and surely failed."""
    sure = {meaning.state for meaning in states.values() if not meaning.doubt}
    return {RUNNING, SUCCEEDED, FAILED} <= sure and not operation.subject & _THINGS
