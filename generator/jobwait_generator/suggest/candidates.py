"""Proposing an overlay for a document that knows nothing of `x-wait-for-completion`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from ..document.pointer import escaped, local_pointer, tokens
from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence
from .overlay import Proposal, overlay
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

_BUDGET: Final = 300_000
_DEPTH: Final = 3
_LEVELS: Final = 8
_PARTS: Final = 200
_WORDS: Final = 60
_WORD: Final = 100

_SURE: Final = 6.0
_DOUBTFUL: Final = 2.0

_METHODS: Final = ("get", "post")
_BODIES: Final = re.compile(r"2([0-9][0-9]|[xX][xX])")
_STATUS: Final = frozenset({"phase", "stage", "state", "status"})
_WRAPPERS: Final = frozenset({"attributes", "metadata", "spec"})
_FOREIGN: Final = frozenset({"correlation", "project", "trace", "user", "workspace"})
_IDS: Final = frozenset({"guid", "hash", "id", "identifier", "ids", "key", "token", "uid", "uuid"})
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
_PROGRESS: Final = (
    *("progress", "percent", "percentage", "percent_complete", "percent_completed"),
    *("progress_percent", "progress_percentage", "completion_percentage", "percentage_complete"),
    *("complete_percentage", "percent_done", "percentage_done", "progress_pct", "pct_complete"),
    *("fraction_complete", "fraction_completed", "completion", "progress_ratio"),
)
_ERRORS: Final = ("error", "last_error", "failure", "error_details", "error_info", "errors")
_CODES: Final = (
    *("error_code", "failure_code", "error_type", "failure_type", "error_name", "failure"),
    *("status_code_reason", "fail_code"),
)
_CODES_WITHIN: Final = ("code", "error_code", "type", "name")
_MESSAGES: Final = (
    *("error_message", "failure_message", "failure_reason", "failure_detail", "failure_details"),
    *("error_detail", "error_details", "error_description", "error_reason", "fail_reason"),
    *("failed_reason", "fail_message", "error", "failure", "last_error", "errors"),
)
_PERHAPS_MESSAGES: Final = (
    *("status_message", "status_reason", "status_details", "message", "reason", "detail"),
    "details",
)
_MESSAGES_WITHIN: Final = (
    *("message", "error_message", "detail", "description", "reason", "title"),
)
_RETRYABLE: Final = ("retryable", "is_retryable", "can_retry", "retriable")
_POLLS: Final = re.compile(
    r"\b(poll\w*|(check|get|retrieve|query|fetch)\w* (the )?(current )?"
    r"([\w-]+ )?(status|state|progress|result)|status of|still (running|processing))\b",
    re.IGNORECASE,
)
_CHANGES: Final = vocabulary(
    """
    abort cancel create delete execute pause resend restart resume retry run send start stop submit
    terminate trigger update upload
    """
)
_ASKS: Final = vocabulary(
    "check describe fetch get info poll progress query result retrieve status"
)
_PACE: Final = re.compile(
    r"[^.\n]{0,80}\b(every|each|least|most|interval of)\b[^.\n]{0,30}"
    r"\b\d+(\.\d+)? ?(s|sec|seconds?|minutes?|ms)\b[^.\n]{0,40}",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[`'\"]([A-Za-z][A-Za-z _-]{1,40})[`'\"]")


class _Place(NamedTuple):
    schema: Mapping
    pointer: str


_STRONG: Final = frozenset({"code", "hint", "noun", "progress", "text"})
"""What speaks for a job even where it can be edited, or has a word of a thing's state."""

_Path: TypeAlias = tuple[str, ...]


@dataclass
class _Body:
    """What the bodies of one operation hold, down to a few levels of objects."""

    objects: dict[_Path, dict[str, list[_Place]]] = field(
        default_factory=dict[_Path, "dict[str, list[_Place]]"]
    )
    tagged: dict[_Path, list[str]] = field(default_factory=dict[_Path, "list[str]"])
    """The words of discriminators, by where these stand."""
    listed: list[str] = field(default_factory=list[str])
    """Where a status stands in a list, and no pointer leads to it."""


@dataclass(frozen=True)
class _Operation:
    path: str
    method: str
    value: Mapping
    item: Mapping
    pointer: str
    parameters: list[Mapping]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def responses(self) -> Mapping:
        return {str(code): value for code, value in mapping(self.value.get("responses")).items()}

    @property
    def text(self) -> str:
        told = (self.value.get(key) for key in ("summary", "description", "operationId"))
        return " ".join(text[:2000] for text in told if isinstance(text, str))

    @property
    def steps(self) -> list[str]:
        """The parts of the path that are no parameters."""
        return [step for step in self.path.split("/") if step and "{" not in step]

    @property
    def subject(self) -> set[str]:
        """The singular nouns of what the operation is about."""
        named = [parts for parts in map(split, self.steps) if not _ASKS.issuperset(parts)]
        return {part.removesuffix("s") for parts in named[-1:] for part in parts}


@dataclass(frozen=True)
class _Found:
    operation: _Operation
    proposal: Proposal
    job: tuple[str, ...]
    """The schemas of the job: two operations that share them report the same job."""


def suggest(data: AnyMapping[str, object], file: str) -> str:
    """The text of an OpenAPI Overlay that adds `x-wait-for-completion` to a document.

    What could not be told from the document carries a comment `# unsure: …`; a status word whose
    meaning is not known has the meaning `"?"`, which generating refuses. Operations that are only
    perhaps a job's status stand below as comments. `file` is what comments call the document.
    """
    return _Suggester(dict(data)).run(file)


class _Suggester:
    def __init__(self, data: Mapping) -> None:
        self._data = data
        self._left = _BUDGET
        self._bodies: dict[tuple[str, ...], _Body] = {}
        self._looked = 0
        self._passed: list[tuple[str, str]] = []
        self._external: dict[str, None] = {}
        self._operations = list(self._all())
        self._by_name = {operation.name: operation for operation in self._operations}

    def run(self, file: str) -> str:
        found: list[_Found] = []
        skipped = 0
        for operation in self._operations:
            if operation.method not in _METHODS:
                continue
            if self._left <= 0:
                skipped += 1
                continue
            candidate = self._candidate(operation)
            if candidate:
                found.append(candidate)
        found.sort(key=lambda f: (-f.proposal.score, len(f.operation.path), f.operation.name))
        proposals = list(self._of_one_server(self._merged(found)))
        remarks: list[str] = []
        if skipped:
            remarks.append(f"unsure: too large; {skipped} operations were not looked at")
        if self._external:
            names = ", ".join(list(self._external)[:5])
            remarks.append(f"unsure: references to other files were not followed: {names}")
        schemes = mapping(mapping(self._data.get("components")).get("securitySchemes"))
        for name, scheme in islice(schemes.items(), _PARTS):
            told = mapping(scheme)
            if told.get("in") == "header" and str(told.get("name")).lower() == "authorization":
                remarks.append(
                    f"unsure: the key of {name} is sent as it is, in the header Authorization; "
                    "if a word stands before it, add x-prefix to that security scheme, as in "
                    "{x-prefix: 'Token '}"
                )
        if "swagger" in self._data:
            remarks.append("unsure: this is Swagger 2.0; convert it to OpenAPI 3 first")
        return overlay(
            file=file,
            title=str(mapping(self._data.get("info")).get("title", "")),
            proposals=[p for p in proposals if _is_sure(p)],
            doubtful=[p for p in proposals if not _is_sure(p)],
            passed=self._passed,
            looked=self._looked,
            remarks=remarks,
        )

    def _all(self) -> Iterator[_Operation]:
        for path, item in mapping(self._data.get("paths")).items():
            pointer = f"/paths/{escaped(str(path))}"
            item, pointer = self._resolved(_Place(mapping(item), pointer))
            for method, value in item.items():
                if str(method).lower() in ("delete", "get", "patch", "post", "put"):
                    operation = mapping(value)
                    parameters = list(self._parameters(operation, item, pointer, str(method)))
                    yield _Operation(
                        *(str(path), str(method).lower(), operation, item),
                        *(f"/paths/{escaped(str(path))}/{method}", parameters),
                    )

    def _parameters(
        self, operation: Mapping, item: Mapping, pointer: str, method: str
    ) -> Iterator[Mapping]:
        seen: set[tuple[str, str]] = set()
        for owner, place in ((operation, f"{pointer}/{method}"), (item, pointer)):
            for i, value in enumerate(sequence(owner.get("parameters"))[:_PARTS]):
                found = self._resolved(_Place(mapping(value), f"{place}/parameters/{i}")).schema
                key = str(found.get("in")), str(found.get("name"))
                if key not in seen:
                    seen.add(key)
                    yield found

    def _resolved(self, place: _Place) -> _Place:
        """What stands behind any chain of `$ref`; nothing where that has no end."""
        seen: set[str] = set()
        schema, pointer = place
        while isinstance(reference := schema.get("$ref"), str):
            self._left -= 1
            target = local_pointer(reference)
            if target is None and reference != "#":
                self._external.setdefault(reference)
            if target is None or target in seen or len(seen) > _PARTS:
                return _Place({}, pointer)
            seen.add(target)
            value: Any = self._data
            for token in tokens(target):
                if is_sequence(value):
                    index = int(token) if token.isdecimal() and len(token) < 6 else len(value)
                    value = value[index] if index < len(value) else None
                else:
                    value = mapping(value).get(token)
            schema, pointer = mapping(value), target
        return _Place(schema, pointer)

    def _flat(self, places: Iterable[_Place]) -> list[_Place]:
        """Schemas and all they are combined from, each once."""
        found: dict[str, _Place] = {}
        waiting = list(places)[::-1]
        while waiting and len(found) < _PARTS and self._left > 0:
            self._left -= 1
            place = self._resolved(waiting.pop())
            if place.pointer in found:
                continue
            found[place.pointer] = place
            for key in ("anyOf", "oneOf", "allOf"):
                parts = sequence(place.schema.get(key))[:_PARTS]
                inner = [
                    _Place(mapping(part), f"{place.pointer}/{key}/{i}")
                    for i, part in enumerate(parts)
                ]
                waiting += inner[::-1]
        return list(found.values())

    def _responses(self, operation: _Operation) -> dict[str, _Place]:
        """The schemas of the JSON bodies that say how far a job is, by their status codes."""
        codes = list(filter(_BODIES.fullmatch, operation.responses)) or ["default"]
        found: dict[str, _Place] = {}
        for code in codes:
            response = self._response(operation, code)
            for media, content in mapping(response.schema.get("content")).items():
                kind = str(media).partition(";")[0].strip().lower()
                if kind in ("application/json", "*/*") or kind.endswith("+json"):
                    pointer = f"{response.pointer}/content/{escaped(str(media))}/schema"
                    schema = mapping(mapping(content).get("schema"))
                    found.setdefault(code, self._resolved(_Place(schema, pointer)))
        return found

    def _response(self, operation: _Operation, code: str) -> _Place:
        value = mapping(operation.responses.get(code))
        pointer = f"{operation.pointer}/responses/{escaped(code)}"
        return self._resolved(_Place(value, pointer))

    def _body(self, roots: list[_Place]) -> _Body:
        key = tuple(root.pointer for root in roots)
        if key not in self._bodies:
            self._bodies[key] = self._read(roots)
        return self._bodies[key]

    def _read(self, roots: list[_Place]) -> _Body:
        body = _Body()
        seen: dict[tuple[str, ...], dict[str, list[_Place]]] = {}
        level: list[tuple[_Path, list[_Place]]] = [((), roots)]
        for depth in range(_DEPTH + 1):
            following: list[tuple[_Path, list[_Place]]] = []
            for path, places in level:
                parts = self._flat(places)
                identity = tuple(part.pointer for part in parts)
                if identity in seen:
                    # It may lead to itself. Only an error is looked at in each of its places.
                    if path and {"error", "failure"} & set(split(path[-1][:100])):
                        body.objects[path] = seen[identity]
                    continue
                members = seen[identity] = self._members(parts)
                self._discriminators(parts, path, body)
                if depth < 2:
                    self._lists(parts, path, body)
                if members:
                    body.objects[path] = members
                if depth < _DEPTH:
                    following += [((*path, name), inner) for name, inner in members.items()]
            level = following
        return body

    def _members(self, parts: list[_Place]) -> dict[str, list[_Place]]:
        members: dict[str, list[_Place]] = {}
        for schema, pointer in parts:
            properties = mapping(schema.get("properties"))
            self._left -= len(properties)
            for name, value in properties.items():
                place = f"{pointer}/properties/{escaped(str(name))}"
                members.setdefault(str(name), []).append(_Place(mapping(value), place))
        return members

    @staticmethod
    def _discriminators(parts: list[_Place], path: _Path, body: _Body) -> None:
        for schema, _ in parts:
            discriminator = mapping(schema.get("discriminator"))
            name = discriminator.get("propertyName")
            words = [str(word) for word in mapping(discriminator.get("mapping"))]
            if isinstance(name, str) and words:
                body.tagged.setdefault((*path, name), []).extend(words)

    def _lists(self, parts: list[_Place], path: _Path, body: _Body) -> None:
        for schema, pointer in parts:
            items = schema.get("items")
            if is_mapping(items):
                inner = self._members(self._flat([_Place(items, f"{pointer}/items")]))
                where = "".join(f"/{escaped(step)}" for step in path)
                body.listed += [f"{where}/*/{escaped(n)}" for n in inner if _is_status(n)]

    def _words(self, places: list[_Place], tagged: list[str]) -> tuple[list[str], list[_Place]]:
        """The words of a status, and where it is a string without any, the schemas of it."""
        words: list[str] = []
        bare: list[_Place] = []
        for place in self._flat(places):
            listed = sequence(place.schema.get("enum"))[: _WORDS + 1]
            listed = listed or [place.schema.get("const")]
            strings = [word for word in listed if isinstance(word, str) and word]
            words += strings
            if not strings and "string" in _types(place.schema):
                bare.append(place)
        words = list(dict.fromkeys(words)) or list(dict.fromkeys(tagged))
        return words, [] if words else bare

    def _candidate(self, operation: _Operation) -> _Found | None:
        ids = _ids(operation, self._required_members(operation))
        if not ids or (operation.method == "post" and not self._is_poll(operation)):
            return None
        self._looked += 1
        bodies = self._responses(operation)
        body = self._body(list(bodies.values()))
        judged = [
            found
            for path, members in body.objects.items()
            for name, places in members.items()
            if _is_status(name) or (*path, name) in body.tagged
            for found in self._judged(operation, bodies, body, (*path, name), places)
        ]
        if judged:
            judged.sort(key=lambda found: -found.proposal.score)
            best = judged[0]
            others = [f.proposal.status for f in judged[1:] if f.proposal.score >= _SURE]
            if others:
                text = f"another status stands at {', '.join(others[:3])}"
                best = replace(best, proposal=best.proposal.doubting(text))
            if best.proposal.score >= _DOUBTFUL:
                return replace(best, proposal=replace(best.proposal, ids=ids))
            reason = f"{best.proposal.status} looks like the state of a thing, not of a job"
        elif bare := self._without_words(body):
            reason = f"the document lists no words of its status, at {bare}"
        elif body.listed:
            reason = f"its status stands in a list, at {body.listed[0]}"
        elif not bodies:
            reason = "it answers with no JSON body"
        elif "202" in operation.responses and "200" in bodies:
            return self._by_code(operation, ids)
        else:
            reason = ""
        self._passed.append((operation.name, reason))
        return None

    def _by_code(self, operation: _Operation, ids: list[tuple[str, str]]) -> _Found:
        """A job that is done once it is answered with 200, where its bodies tell nothing."""
        evidence = self._evidence(operation, {})
        proposal = Proposal(
            operation=operation.name,
            target=f"$.paths[{_quoted(operation.path)}].{operation.method}",
            summary=operation.value.get("summary"),
            score=_DOUBTFUL + 2 * len(evidence),
            responses={"200": SUCCEEDED, "202": RUNNING},
            pace=_pace(operation, self._retry_after(operation)),
            doubts=["no member of its bodies is a status"],
            against=[] if evidence & {"hint", "text"} else ["it may not be a job at all"],
            ids=ids,
        )
        return _Found(operation, proposal, (operation.name,))

    def _without_words(self, body: _Body) -> str:
        """Where a status stands that is any string."""
        for path, members in body.objects.items():
            for name, places in members.items():
                if len(path) < 2 and _is_status(name) and self._words(places, [])[1]:
                    return _pointer((*path, name))
        return ""

    def _required_members(self, operation: _Operation) -> list[str]:
        """What a request's body must hold."""
        pointer = f"{operation.pointer}/requestBody"
        body = self._resolved(_Place(mapping(operation.value.get("requestBody")), pointer))
        if operation.method != "post":
            return []
        names: dict[str, None] = {}
        for media, content in mapping(body.schema.get("content")).items():
            place = f"{body.pointer}/content/{escaped(str(media))}/schema"
            schema = _Place(mapping(mapping(content).get("schema")), place)
            for part in self._flat([schema]):
                names |= dict.fromkeys(map(str, sequence(part.schema.get("required"))[:_PARTS]))
        return list(names)

    def _is_poll(self, operation: _Operation) -> bool:
        """Whether a POST asks rather than does: no GET stands beside it, and its words say so."""
        if f"GET {operation.path}" in self._by_name:
            return False
        steps = {part for step in operation.steps[-1:] for part in split(step)}
        if operation.path.endswith("}"):
            # Such a path says nothing about what is done with the job.
            return bool(_POLLS.search(operation.text))
        return bool(steps & _ASKS) and not steps & _CHANGES

    def _judged(
        self,
        operation: _Operation,
        bodies: dict[str, _Place],
        body: _Body,
        where: _Path,
        places: list[_Place],
    ) -> Iterator[_Found]:
        words, bare = self._words(places, body.tagged.get(where, []))
        doubts: list[str] = []
        against: list[str] = []
        if bare:
            words = _described(bare)
            doubts.append("the document lists no words; these are read from its description")
        if len(words) > _WORDS or any(len(word) > _WORD for word in words):
            return
        states = meanings(words)
        found = [meaning.state for meaning in states.values()]
        going = sum(state in (PENDING, RUNNING) for state in found)
        ended = sum(state in (SUCCEEDED, FAILED, CANCELLED) for state in found)
        if not going or not ended:
            return
        siblings = body.objects.get(where[:-1], {})
        named = {"_".join(split(name)): name for name in siblings}
        score = self._score(operation, words, where, named)
        score -= bool(bare)
        if SUCCEEDED not in found:
            against.append("none of its words is known to mean success")
        if FAILED not in found:
            doubts.append("no word is known to mean that the job failed")
            outcome = next((name for key, name in named.items() if key in _OUTCOMES), "")
            if outcome and self._words(siblings[outcome], [])[0]:
                at = _pointer((*where[:-1], outcome))
                against.append(f"whether it failed stands at {at}; no word here says so")
        if found.count(None) > len(found) / 3:
            against.append("too many of its words are unknown")
        evidence = self._evidence(operation, named)
        if not evidence and not self._speak(operation, states):
            against.append("nothing but its words speaks for a job")
        elif not evidence & _STRONG:
            if self._is_edited(operation):
                against.append("it can be edited, as things can and jobs cannot")
            things = [w for w in words if states[w].state is None and is_resource(w)]
            if things:
                against.append(f"`{things[0]}` is said of things rather than of jobs")
        lacking = [code for code, root in bodies.items() if not self._has([root], where)]
        codes = {code: RUNNING for code in lacking if code == "202" and len(lacking) < len(bodies)}
        score -= 3 * (len(lacking) == len(bodies))
        variants = [part for root in bodies.values() for part in self._variants(root)]
        if sum(self._has([part], where) for part in variants) < len(variants) / 2:
            against.append("most variants of its body have no such member")
        job = self._job(operation, body, where)
        if job and job == where[:-1] and len(job) > 1:
            doubts.append(f"the job may also be an object around {_pointer(job)}")
        wrapped = not self._has(bodies.values(), job, always=True)
        progress, scale = self._progress(body, job)
        failure, unclear = self._failure(body, job, where)
        yield _Found(
            operation,
            Proposal(
                operation=operation.name,
                target=f"$.paths[{_quoted(operation.path)}].{operation.method}",
                summary=operation.value.get("summary"),
                score=round(score, 1),
                job="" if wrapped else _pointer(job),
                optional_job=_pointer(job) if wrapped else "",
                status=_pointer(where),
                states=states,
                absent=bool(lacking),
                responses=codes,
                progress=progress,
                maximum=scale,
                failure=failure,
                unclear=unclear,
                pace=_pace(operation, self._retry_after(operation)),
                doubts=doubts,
                against=against,
            ),
            (
                str(operation.item.get("servers")),
                *sorted(p.pointer for p in self._owners(bodies, job)),
                _pointer(where),
            ),
        )

    def _score(
        self, operation: _Operation, words: list[str], where: _Path, named: dict[str, str]
    ) -> float:
        states = meanings(words)
        found = [meaning.state for meaning in states.values()]
        strong = any(m == (SUCCEEDED, "") for m in states.values())
        score = 3.0 if strong else 1.0 if SUCCEEDED in found else 0.0
        score += (FAILED in found) + ((FAILED, "") in states.values()) + (CANCELLED in found)
        score += min(sum(state in (PENDING, RUNNING) for state in found), 2)
        score -= 4 * found.count(None) / len(found)
        score -= min(1.5 * sum(states[w].state is None and is_resource(w) for w in words), 6)
        score += _is_status(where[-1])
        score -= max(0, len(where) - 2)
        evidence = self._evidence(operation, named)
        score += min(2 * len(evidence), 5)
        if operation.subject & _THINGS:
            score -= 2
        if self._is_edited(operation):
            score -= 1.5 if evidence & {"hint", "text"} else 3
        return score - (operation.method == "post")

    @staticmethod
    def _speak(operation: _Operation, states: AnyMapping[str, Meaning]) -> bool:
        """Whether words alone make a job: surely at work, surely done and surely failed."""
        sure = {meaning.state for meaning in states.values() if not meaning.doubt}
        return {RUNNING, SUCCEEDED, FAILED} <= sure and not operation.subject & _THINGS

    def _is_edited(self, operation: _Operation) -> bool:
        beside = [f"{method} {operation.path}" for method in ("PATCH", "POST", "PUT")]
        return operation.method == "get" and any(name in self._by_name for name in beside)

    def _evidence(self, operation: _Operation, named: dict[str, str]) -> set[str]:
        """What speaks for a job, apart from the words of its status."""
        texts = (*operation.steps[-2:], str(operation.value.get("operationId", ""))[:200])
        summary = str(operation.value.get("summary", ""))[:200]
        parts = {part for text in (*texts, summary) for part in split(text)}
        nouns = parts | {part.removesuffix(end) for part in parts for end in ("s", "es")}
        told = {
            "noun": bool(nouns & _JOBS),
            "text": bool(_POLLS.search(operation.text)),
            "hint": self._retry_after(operation) is not None,
            "progress": any(name in named for name in _PROGRESS),
            "error": any(name in named for name in (*_ERRORS, *_CODES, *_MESSAGES)),
            "ended": bool(named.keys() & _ENDED),
            "code": "202" in operation.responses,
        }
        return {key for key, holds in told.items() if holds}

    def _has(self, places: Iterable[_Place], where: _Path, *, always: bool = False) -> bool:
        """Whether every variant of a body has a member, or where `always`, can be relied on to."""
        for name in where:
            places = [
                inner for place in places for inner in self._in_all(place, name, always, _LEVELS)
            ]
            if not places or (always and any(map(self._is_nullable, places))):
                return False
        return True

    def _in_all(self, place: _Place, name: str, required: bool, levels: int) -> list[_Place]:
        """A member in each variant of a schema; nothing where one has none."""
        schema, pointer = self._resolved(place)
        self._left -= 1
        if levels == 0 or self._left <= 0:
            return []
        parts = [mapping(part) for part in sequence(schema.get("allOf"))[:_PARTS]]
        beside = [self._resolved(_Place(part, pointer)).schema for part in parts]
        listed = (sequence(part.get("required")) for part in (schema, *beside))
        required = required and not any(name in names for names in listed)
        if name in mapping(schema.get("properties")):
            value = mapping(mapping(schema.get("properties"))[name])
            found = [_Place(value, f"{pointer}/properties/{escaped(name)}")]
            return [] if required else found
        for key in ("oneOf", "anyOf", "allOf"):
            variants = [
                self._in_all(
                    _Place(mapping(part), f"{pointer}/{key}/{i}"), name, required, levels - 1
                )
                for i, part in enumerate(sequence(schema.get(key))[:_PARTS])
                if mapping(part).get("type") != "null"
            ]
            if any(variants) and (key == "allOf" or all(variants)):
                return [inner for members in variants for inner in members]
        return []

    def _is_nullable(self, place: _Place) -> bool:
        parts = self._flat([place])
        return any("null" in _types(p.schema) or p.schema.get("nullable") is True for p in parts)

    @staticmethod
    def _variants(root: _Place) -> list[_Place]:
        for key in ("oneOf", "anyOf"):
            if parts := sequence(root.schema.get(key))[:_PARTS]:
                return [
                    _Place(mapping(part), f"{root.pointer}/{key}/{i}")
                    for i, part in enumerate(parts)
                ]
        return [root]

    @staticmethod
    def _job(operation: _Operation, body: _Body, where: _Path) -> _Path:
        """The object around a status that is the job: the nearest one that has an id."""
        asked = {split(str(p.get("name"))) for p in operation.parameters}
        path = where[:-1]
        while path and split(path[-1])[-1:] and split(path[-1])[-1] in _STATUS | _WRAPPERS:
            path = path[:-1]
        nearest = path
        while True:
            names = {split(name) for name in body.objects.get(path, {})}
            if any(name in asked or _is_id(name) for name in names):
                return path
            if not path:
                return nearest
            path = path[:-1]

    def _owners(self, bodies: dict[str, _Place], job: _Path) -> list[_Place]:
        places = list(bodies.values())
        for name in job:
            places = self._members(self._flat(places)).get(name, [])
        return [self._resolved(place) for place in places]

    def _retry_after(self, operation: _Operation) -> str | None:
        """What the document says of a `Retry-After` that comes with a job's status."""
        for code in filter(_BODIES.fullmatch, operation.responses):
            place = self._response(operation, code)
            for name, header in mapping(place.schema.get("headers")).items():
                if str(name).lower() == "retry-after":
                    value = self._resolved(_Place(mapping(header), place.pointer)).schema
                    example = value.get("example", mapping(value.get("schema")).get("example"))
                    told = f" (its example is {example})" if isinstance(example, int | str) else ""
                    return f"Retry-After comes with {code}{told}; waits obey it"
        return None

    def _progress(self, body: _Body, job: _Path) -> tuple[str, float | None]:
        """Where the progress stands, and the value of a job that is done where that is told."""
        for path in dict.fromkeys((job, (*job, "progress"), (*job, "status"), ())):
            members = body.objects.get(path, {})
            named = {"_".join(split(name)): name for name in members}
            for key in _PROGRESS:
                numbers = [
                    part.schema
                    for part in self._flat(members.get(named.get(key, ""), []))
                    if {"integer", "number"} & set(_types(part.schema))
                ]
                if numbers:
                    outer = self._flat(members[named[key]])
                    scale = _scale(key, numbers, [part.schema for part in outer])
                    return _pointer((*path, named[key])), scale
        return "", None

    def _failure(
        self, body: _Body, job: _Path, where: _Path
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Where a failed job gives its reason, and what of that is a guess."""
        found: dict[str, str] = {}
        unclear: dict[str, str] = {}
        for path in dict.fromkeys((job, where[:-1], ())):
            members = body.objects.get(path, {})
            named = {"_".join(split(name)): name for name in members}
            errors = [named[name] for name in _ERRORS if name in named]
            errors += [name for key, name in named.items() if key.endswith(("_error", "_failure"))]
            within: dict[str, tuple[str, ...]] = {
                "code": _CODES_WITHIN,
                "message": _MESSAGES_WITHIN,
                "retryable": _RETRYABLE,
            }
            direct = {"code": _CODES, "message": _MESSAGES, "retryable": _RETRYABLE}
            for key in within:
                for error in errors:
                    inner = body.objects.get((*path, error), {})
                    known = {"_".join(split(name)): name for name in inner}
                    for name in within[key]:
                        if name in known and self._says(key, inner[known[name]], name):
                            found.setdefault(key, _pointer((*path, error, known[name])))
                for name in direct[key]:
                    member = (*path, named.get(name, ""))
                    if name not in named or member in body.objects or member == where:
                        continue
                    if self._says(key, members[named[name]], name):
                        found.setdefault(key, _pointer(member))
            if "message" not in found and "message" not in unclear:
                for name in _PERHAPS_MESSAGES:
                    if name in named and (*path, named[name]) != where:
                        unclear["message"] = _pointer((*path, named[name]))
                        break
            if found:
                break
        if found.get("code") == found.get("message"):
            found.pop("code", None)
        return found, {key: at for key, at in unclear.items() if key not in found}

    def _says(self, key: str, places: list[_Place], name: str) -> bool:
        """Whether a member can hold a failure's code, message or whether to retry it."""
        parts = [part.schema for part in self._flat(places)]
        types = {kind for part in parts for kind in _types(part)}
        if key == "retryable":
            return "boolean" in types
        if key == "code" and name == "failure":
            return any("enum" in part for part in parts)
        if key == "message" and name == "failure":
            return not any("enum" in part for part in parts)
        return not types or bool(types - {"boolean", "null"})

    def _merged(self, found: list[_Found]) -> Iterator[_Found]:
        """One proposal for each job, with the other ways to it and its links."""
        ways: dict[str, list[str]] = {}
        primaries: list[_Found] = []
        order = sorted(found, key=lambda f: (len(f.operation.parameters), len(f.operation.path)))
        asked = {f.job for f in found if f.operation.method == "get"}
        for candidate in order:
            operation = candidate.operation
            if operation.method == "post" and candidate.job in asked:
                self._passed.append((operation.name, "a GET reports the same job"))
                continue
            for primary in primaries:
                if primary.job == candidate.job and _ends_alike(primary.operation, operation):
                    ways[primary.operation.name].append(operation.name)
                    break
            else:
                primaries.append(candidate)
                ways[operation.name] = []
        for candidate in found:
            operation = candidate.operation
            if operation.name in ways:
                proposal = replace(
                    candidate.proposal,
                    ways=sorted(ways[operation.name]),
                    links=self._links(operation),
                )
                yield replace(candidate, proposal=proposal)

    def _of_one_server(self, found: Iterable[_Found]) -> Iterator[Proposal]:
        """Proposals that one client can serve: one of another server becomes doubtful."""
        first: object = None
        for candidate in found:
            proposal, operation = candidate.proposal, candidate.operation
            levels = (operation.value, operation.item, self._data)
            servers = next((level["servers"] for level in levels if level.get("servers")), "")
            server = mapping(next(iter(sequence(servers)), None)).get("url", "")
            if _is_sure(proposal):
                first = server if first is None else first
                if server != first:
                    proposal = replace(
                        proposal, against=["its server is another, and a client has one"]
                    )
            yield proposal

    def _links(self, operation: _Operation) -> dict[str, str]:
        """The operations that cancel a job, fetch its result or list all jobs."""
        base = operation.path
        last = base.rpartition("/")[2].lower()
        trimmed = last in ("poll", "progress", "state", "status")
        if trimmed:
            base = base.rpartition("/")[0]
        ends = [f"{base}{mark}{word}" for word in ("cancel", "abort", "stop") for mark in "/:"]
        results = ("result", "results", "output", "transcript", "content", "download", "response")
        parent = base.rpartition("/")[0]
        wanted = {
            "cancel": [f"{method} {end}" for end in ends for method in ("POST", "PUT", "DELETE")],
            "result": [
                *(f"{method} {base}/{word}" for word in results for method in ("GET", "POST")),
                *([f"GET {base}"] if trimmed else []),
            ],
            "list": [f"GET {parent}"] if base.endswith("}") else [],
        }
        asked = {_place(parameter) for parameter in operation.parameters if _is_required(parameter)}
        links: dict[str, str] = {}
        for key, names in wanted.items():
            for name in names:
                other = self._by_name.get(name)
                if other is None:
                    continue
                needs = {_place(p) for p in other.parameters if _is_required(p)}
                given = self._resolved(_Place(mapping(other.value.get("requestBody")), "")).schema
                if needs <= asked and (key == "list" or needs) and not given.get("required"):
                    links[key] = name
                    break
        return links


def _is_sure(proposal: Proposal) -> bool:
    return not proposal.against and proposal.score >= _SURE


def _place(parameter: Mapping) -> tuple[str, str]:
    return str(parameter.get("in")), str(parameter.get("name"))


def _is_required(parameter: Mapping) -> bool:
    return parameter.get("in") == "path" or parameter.get("required") is True


def _types(schema: Mapping) -> list[str]:
    types = schema.get("type")
    return [str(kind) for kind in (types if is_sequence(types) else [types]) if kind]


def _is_status(name: str) -> bool:
    parts = split(name[:100])
    return bool(parts) and (parts[-1] in _STATUS or "".join(parts[-2:]) == "statustext")


def _is_id(parts: tuple[str, ...]) -> bool:
    return bool(parts) and parts[-1] in _IDS and not _FOREIGN & set(parts)


def _ids(operation: _Operation, members: list[str]) -> list[tuple[str, str]]:
    """Where the id of a job stands in a request: `path`, `query` or `body`, and its name."""
    found = [
        (str(parameter.get("in")), str(parameter.get("name")))
        for parameter in operation.parameters
        if parameter.get("in") == "path"
        or (parameter.get("in") == "query" and parameter.get("required") is True)
    ]
    found += [("body", name) for name in members]
    named = [(place, name) for place, name in found if place == "path" or _names_id(name)]
    if not named:
        # Some frameworks call a parameter optional that they refuse to do without.
        found = [
            ("query", str(parameter.get("name")))
            for parameter in operation.parameters
            if parameter.get("in") == "query"
            and _names_id(str(parameter.get("name")))
            and "array" not in _types(mapping(parameter.get("schema")))
        ]
        return found if len(found) == 1 and operation.method == "get" else []
    return found


def _names_id(name: str) -> bool:
    lowered = name[:100].lower()
    return _is_id(split(name[:100])) or lowered.endswith(("id", "uid", "uuid", "key", "token"))


def _ends_alike(primary: _Operation, other: _Operation) -> bool:
    """Whether another path leads to the same jobs: `/tasks/{id}` and `/users/{user}/tasks/{id}`."""
    rest = iter(other.steps)
    within = all(step in rest for step in primary.steps)
    return within and primary.steps[-1:] == other.steps[-1:]


def _described(places: list[_Place]) -> list[str]:
    """The words that a description quotes."""
    words: dict[str, None] = {}
    for schema, _ in places:
        text = schema.get("description")
        if isinstance(text, str):
            words |= dict.fromkeys(_QUOTED.findall(text[:4000]))
    return [word for word in words if meanings([word])[word].state or is_resource(word)]


def _scale(key: str, numbers: list[Mapping], around: list[Mapping]) -> float | None:
    """The value of a job that is done; None where the document does not tell."""
    schemas = [*numbers, *around]
    told = " ".join(str(schema.get("description", ""))[:500] for schema in schemas).lower()
    examples = [schema.get(name) for schema in schemas for name in ("example", "maximum")]
    for schema in schemas:
        maximum = schema.get("maximum")
        if isinstance(maximum, int | float) and maximum in (1, 100):
            return maximum
    if any(isinstance(value, int | float) and 1 < value <= 100 for value in examples):
        return 100
    if "percent" in key or "pct" in key or re.search(r"percent|%|0 ?(-|to|and) ?100\b", told):
        return 100
    fraction = r"fraction|ratio\b|\b0(\.0+)? ?(-|to|and) ?1(\.0+)?\b(?!\.?\d)"
    if "fraction" in key or "ratio" in key or re.search(fraction, told):
        return 1
    if any(isinstance(value, float) and 0 < value < 1 for value in examples):
        return 1
    return None


def _pace(operation: _Operation, hint: str | None) -> list[str]:
    """What the document says of how often to ask."""
    told = [hint] if hint else []
    if match := _PACE.search(operation.text):
        told.append(f"unsure: the document speaks of a pace: {match[0].strip()}")
    return told


def _pointer(path: Iterable[str]) -> str:
    return "".join(f"/{escaped(step)}" for step in path)


def _quoted(text: str) -> str:
    """A name as RFC 9535 writes it."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(c if ord(c) >= 32 else f"\\u{ord(c):04x}" for c in plain) + "'"
