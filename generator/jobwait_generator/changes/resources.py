"""What the operations of two packages do otherwise: ids, requests, status words and pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Final

from ..document.pointer import joined, parent, tokens
from ..model.api import Operation
from ..model.names import field_name, literal, method_name
from ..model.requests import Request
from ..model.schemas import resolve
from ..model.waiting import Polling, Waiting
from .change import Change, Kind, Place, Severity, change
from .surface import Surface, members_of

_LIVE: Final = frozenset({"pending", "running"})
"""States of a job that is polled on."""


def compare_resources(old: Surface, new: Surface, resource: str, other: str) -> Iterator[Change]:
    """The operations of a resource, which the new package calls `other`."""
    return _Resource(old, new, resource, other).changes()


@dataclass(frozen=True, slots=True)
class _Word:
    """Something that a response may have, and what it means."""

    key: str
    """Its pointer in the extension."""
    state: str
    text: str

    @property
    def is_status(self) -> bool:
        """Whether it is a status word."""
        return self.key.startswith("/states/")


class _Resource:
    def __init__(self, old: Surface, new: Surface, resource: str, other: str) -> None:
        self._old, self._new = old, new
        self._was, self._before = old.operations[resource]
        self._is, self._after = new.operations[other]
        self._resource, self._name = resource, other
        request = self._is.request
        self._method = f"{other}.{method_name(request.operation_id, self._is.tag)}"
        self._waits = f"{other}.wait_for_completion"

    def changes(self) -> Iterator[Change]:
        """Everything that concerns the resource."""
        yield from self._words()
        yield from self._id()
        yield from self._request(self._method, self._was, self._is)
        before = {link.kind: link.operation for link in self._old.api.links(self._was)}
        after = {link.kind: link.operation for link in self._new.api.links(self._is)}
        for kind in before.keys() & after.keys():
            yield from self._request(f"{self._name}.{kind}", before[kind], after[kind])
        yield from self._pointers()
        yield from self._polling(self._before.polling, self._after.polling)

    def _at(self, key: str, *, old: bool = False) -> Place:
        """The place of an entry of the extension."""
        if old:
            return self._old.place(self._before.pointer + key)
        return self._new.place(self._after.pointer + key)

    def _words(self) -> Iterator[Change]:
        before = {word.key: word for word in _words(self._before)}
        after = {word.key: word for word in _words(self._after)}
        renamed = _renamed([*before.values()], [*after.values()])
        for key, word in after.items():
            name = self._word_name(self._new, word)
            if key in before:
                yield from self._meaning(before[key], word, name)
            elif key not in renamed.values():
                text = f"{word.text} means {word.state}, meant nothing"
                if word.is_status:
                    text = f"{word.text} is a new status word, and means {word.state}"
                yield change(Severity.NOTABLE, Kind.STATUS, name, self._at(key), text)
        for key, word in before.items():
            name = self._word_name(self._old, word)
            if key in renamed:
                other = after[renamed[key]]
                text = f"{word.text} is {other.text} now (a guess by position and meaning)"
                place = self._at(other.key)
                yield change(Severity.BREAKING, Kind.STATUS, name, place, text, guessed=True)
            elif key not in after:
                text = f"{word.text} means nothing any more; it meant {word.state}"
                is_named = name != self._resource or word.state not in _LIVE
                severity = Severity.BREAKING if is_named else Severity.NOTABLE
                yield change(severity, Kind.STATUS, name, self._at(key, old=True), text)

    def _meaning(self, before: _Word, after: _Word, name: str) -> Iterator[Change]:
        if before.state == after.state:
            return
        is_mild = {before.state, after.state} <= _LIVE
        severity = Severity.NOTABLE if is_mild else Severity.BREAKING
        text = f"{after.text} means {after.state}, meant {before.state}"
        yield change(severity, Kind.STATUS, name, self._at(after.key), text)

    def _word_name(self, surface: Surface, word: _Word) -> str:
        """The class or the member for a status word; the resource where it has none."""
        is_old = surface is self._old
        operation, waiting = (self._was, self._before) if is_old else (self._is, self._after)
        resource = self._resource if is_old else self._name
        if not word.is_status or operation.body is None or not waiting.status:
            return resource
        (value,) = tokens(word.key)[1:]
        classes = surface.classes
        nodes, _ = resolve(surface.document, operation.body.pointer, tokens(waiting.status))
        for schema, pointer in nodes:
            if schema.get("const") == value:
                while pointer and pointer not in classes:
                    pointer = parent(pointer)
                return classes.get(pointer, resource)
            if value in members_of(schema) and pointer in classes:
                owner = classes.get(pointer.rpartition("/properties/")[0], "")
                field = surface.code.names.get(f"{owner}.{field_name(tokens(pointer)[-1])}")
                if field and field.annotation.startswith("Literal["):
                    return owner
                return f"{classes[pointer]}.{members_of(schema)[value]}"
        return resource

    def _id(self) -> Iterator[Change]:
        before, after = self._was.request.id_parts, self._is.request.id_parts
        name = f"{self._method}({self._is.request.parameter})"
        text = f"`{self._is.request.id_type}`, was `{self._was.request.id_type}`"
        if len(before) != len(after):
            names = {part.name for part in before}
            added = next((part.pointer for part in after if part.name not in names), None)
            place = self._new.place(added or self._is.pointer)
            listed = ", ".join(part.name for part in after)
            text = f"the id consists of {listed or 'nothing'} now: {text}"
            yield change(Severity.BREAKING, Kind.ID, name, place, text)
            return
        for own, other in zip(before, after, strict=True):
            if own.type != other.type:
                place = self._new.place(f"{other.pointer}/schema")
                text = f"the id is of another type: {text}"
                yield change(Severity.BREAKING, Kind.ID, name, place, text)
                return
        old_names, new_names = [part.name for part in before], [part.name for part in after]
        if len(after) > 1 and old_names != new_names:
            place = self._new.place(self._is.pointer)
            text = f"the parts of the id are {', '.join(new_names)}, were {', '.join(old_names)}"
            yield change(Severity.BREAKING, Kind.ID, name, place, text)

    def _request(self, name: str, was: Operation, now: Operation) -> Iterator[Change]:
        """Another request, which programs make as before."""
        before, after = was.request, now.request
        place = self._new.place(now.pointer)
        if _line(before) != _line(after):
            text = f"requests are `{_line(after)}`, were `{_line(before)}`"
            yield change(Severity.NOTABLE, Kind.REQUEST, name, place, text)
        sent, sent_before = _constants(after), _constants(before)
        for key in dict.fromkeys((*sent_before, *sent)):
            if sent_before.get(key) == sent.get(key):
                continue
            part = next((part for part in after.parts if (part.location, part.name) == key), None)
            where = self._new.place(part.pointer) if part else place
            values = [
                literal(each[key]) if key in each else "nothing" for each in (sent, sent_before)
            ]
            text = f"the {key[0]} `{key[1]}` is {values[0]}, was {values[1]}"
            yield change(Severity.NOTABLE, Kind.REQUEST, name, where, text)

    def _pointers(self) -> Iterator[Change]:
        """Where the parts of a job stand in a response."""
        before, after = self._before, self._after
        for key in ("job", "status"):
            own, other = getattr(before, key), getattr(after, key)
            if own != other:
                text = f"the {key} is read from {_pointer(other)}, was from {_pointer(own)}"
                place = self._at(f"/{key}")
                yield change(Severity.NOTABLE, Kind.RESPONSE, self._method, place, text)
        for key in dict.fromkeys((*before.failure, *after.failure)):
            yield from self._failure(key, before.failure.get(key), after.failure.get(key))
        if before.progress != after.progress:
            text = "polls do not aim at the job's end any more: its progress is not told"
            severity, place = Severity.NOTABLE, self._at("/progress", old=True)
            if after.progress:
                value, maximum = after.progress.value, after.progress.maximum
                text = f"polls aim at the job's end: its progress, up to {maximum:g}, is at {value}"
                severity = Severity.NOTABLE if before.progress else Severity.COMPATIBLE
                place = self._at("/progress")
            yield change(severity, Kind.POLLING, self._waits, place, text)

    def _failure(self, key: str, before: str | None, after: str | None) -> Iterator[Change]:
        if before == after:
            return
        name = f"JobFailedError.{key}"
        if after is None:
            text = f"is always None: it was read from {before}"
            place = self._at(f"/failure/{key}", old=True)
            yield change(Severity.BREAKING, Kind.RESPONSE, name, place, text)
            return
        text = f"is read from {after}" + (f", was from {before}" if before else ", was None")
        severity = Severity.NOTABLE if before else Severity.COMPATIBLE
        yield change(severity, Kind.RESPONSE, name, self._at(f"/failure/{key}"), text)

    def _polling(self, before: Polling, after: Polling) -> Iterator[Change]:
        """Another pace; what ends sooner than before ends waits that succeeded."""
        for key in (field.name for field in fields(Polling)):
            own, other = getattr(before, key), getattr(after, key)
            if own == other:
                continue
            is_end = key in ("timeout", "not_found_grace")
            name = f"{self._waits}({key})" if is_end else self._waits
            unit = "" if key == "multiplier" else " s"
            text = f"{'the default' if is_end else key} is {other:g}{unit}, was {own:g}{unit}"
            severity = Severity.BREAKING if is_end and other < own else Severity.NOTABLE
            entry = "notFoundGrace" if key == "not_found_grace" else key
            yield change(severity, Kind.POLLING, name, self._at(f"/polling/{entry}"), text)


def _words(waiting: Waiting) -> Iterator[_Word]:
    for word, state in waiting.states.items():
        yield _Word(joined(["states", word]), state, literal(word))
    if waiting.absent:
        yield _Word("/absent", waiting.absent, "a response without a status")
    for code, state in waiting.responses.items():
        yield _Word(joined(["responses", code]), state, f"the status code {code}")


def _renamed(before: list[_Word], after: list[_Word]) -> dict[str, str]:
    """The new word for each that is probably called otherwise: of the same meaning and place."""
    own, other = [word.key for word in before], [word.key for word in after]
    result: dict[str, str] = {}
    for kind, start, end, first, last in SequenceMatcher(None, own, other, False).get_opcodes():
        if kind == "replace":
            for old, new in zip(before[start:end], after[first:last], strict=False):
                is_new = old.key not in other and new.key not in own
                if is_new and old.state == new.state and parent(old.key) == parent(new.key):
                    result[old.key] = new.key
    return result


def _line(request: Request) -> str:
    """A request as a server sees it, whatever the parts of the id are called."""
    path = request.path
    for part in request.parts:
        path = path.replace(f"{{{part.name}}}", "{}")
    inner = [f"{part.location} {part.name}" for part in request.id_parts if part.location != "path"]
    body = f" as {request.body_format}" if request.body_format else ""
    return f"{request.verb} {path}{''.join(f', {text}' for text in inner)}{body}"


def _constants(request: Request) -> dict[tuple[str, str], str]:
    return {
        (part.location, part.name): part.constant
        for part in request.parts
        if part.constant is not None
    }


def _pointer(pointer: str | None) -> str:
    return "nowhere" if pointer is None else pointer or "the whole body"
