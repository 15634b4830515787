"""Selecting the operations of a document that a package is for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final

from ..problems import Problem, RefusedError, prose
from .document import EXTENSION, LINKS, SELECTION, Document, RawOperation, linked, operations
from .pointer import joined
from .servers import servers_of, url_of
from .values import is_sequence, mapping, sequence

_MOST: Final = 1_000
"""The most operations of a package."""
_LISTED: Final = 5_000
_SHOWN: Final = 200


def select(document: Document) -> list[RawOperation]:
    """The operations that `x-operations` names, else those with the extension, and their links.

    Raises:
        RefusedError: None is selected, or what is selected is not there.
    """
    selection = _Selection(document)
    selected = selection.operations()
    if selection.problems:
        raise RefusedError(selection.problems)
    return selected


def links_left_out(document: Document) -> list[str]:
    """What is to be said of links to operations that a client cannot send.

    Raises:
        RefusedError: As `select`.
    """
    selection = _Selection(document)
    selection.operations()
    return selection.left_out


class _Selection:
    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self.left_out: list[str] = []
        self._document = document
        self._known = list(operations(document))

    def operations(self) -> list[RawOperation]:
        selected = {operation.own_pointer: operation for operation in self._named_or_marked()}
        left = list(selected.values())
        homes = {url for operation in left for url in self._urls(operation)}
        while left:
            for key, target in self._linked(left.pop()):
                urls = self._urls(target)
                if target.own_pointer not in selected and urls and not homes & {*urls}:
                    self._leave_out(key, target, urls[0])
                elif target.own_pointer not in selected:
                    selected[target.own_pointer] = target
                    left.append(target)
        if len(selected) > _MOST:
            message = f"{len(selected)} operations are more than {_MOST}; select fewer"
            self._report("/paths", message)
        return [operation for operation in self._known if operation.own_pointer in selected]

    def _named_or_marked(self) -> Iterator[RawOperation]:
        if SELECTION not in self._document.data:
            marked = [op for op in self._known if EXTENSION in op.value]
            if not marked:
                message = f"add `{EXTENSION}` to an operation; `suggest` proposes an overlay"
                self._report("/paths", f"no operation says when its job is done; {message}")
            yield from marked
            return
        words = self._document.data[SELECTION]
        if not is_sequence(words) or not words:
            message = "list ids or tags of operations, or such as `GET /path`"
            self._report(f"/{SELECTION}", message)
            return
        for i, word in enumerate(words):
            named = self._named(str(word))
            if not named:
                known = {name for operation in self._known for name in _names(operation)}
                message = f"no operation is {prose(str(word))!r}; {_near(str(word), known)}"
                self._report(f"/{SELECTION}/{i}", message)
            # Of a tag, what tells a job's status.
            yield from [op for op in named if EXTENSION in op.value] or named

    def _named(self, word: str) -> list[RawOperation]:
        method, _, path = word.partition(" ")
        wanted = {word, f"{method.upper()} {path}"}
        return [operation for operation in self._known if wanted & _names(operation)]

    def _urls(self, operation: RawOperation) -> list[str]:
        """Where an operation can be sent."""
        _, servers = servers_of(self._document, operation)
        return [url_of(server) or str(server.get("url")) for server in servers]

    def _leave_out(self, key: str, operation: RawOperation, url: str) -> None:
        """A client has one server, and sends its key to no other."""
        text = f"`{key}` is left out: {prose(operation.name)} is at another server, {prose(url)}"
        self.left_out.append(text)

    def _linked(self, operation: RawOperation) -> Iterator[tuple[str, RawOperation]]:
        """The operations that one with the extension links to, and which entries do."""
        settings = mapping(operation.value.get(EXTENSION))
        for key in LINKS:
            for by in ("operationId", "operation"):
                word = mapping(settings.get(key)).get(by)
                if not isinstance(word, str):
                    continue
                targets = linked(self._known, {by: word})
                pointer = operation.pointer + joined([EXTENSION, key, by])
                if not targets:
                    ids = {str(op.value.get("operationId", "")) for op in self._known}
                    known = ids if by == "operationId" else {op.name for op in self._known}
                    self._report(pointer, f"no operation is {prose(word)!r}; {_near(word, known)}")
                elif len(targets) > 1:
                    message = f"{len(targets)} operations are {prose(word)!r}; write `operation: "
                    self._report(pointer, f"{message}{prose(targets[0].name)}`")
                yield from ((key, target) for target in targets[:1])

    def _report(self, pointer: str, message: str) -> None:
        self.problems.append(self._document.problem(pointer, message))


def _names(operation: RawOperation) -> set[str]:
    """All that an operation can be selected by."""
    name = operation.value.get("operationId")
    tags = {tag for tag in sequence(operation.value.get("tags")) if isinstance(tag, str)}
    return {operation.name} | tags | ({name} if isinstance(name, str) and name else set[str]())


def _near(word: str, known: Collection[str]) -> str:
    """What to write instead of a word that names no operation, for the end of a message."""
    listed = [name[:_SHOWN] for name in sorted(known)[:_LISTED]]
    near = get_close_matches(word[:_SHOWN], listed, 1)
    return f"the nearest is {prose(near[0])}" if near else "correct it"
