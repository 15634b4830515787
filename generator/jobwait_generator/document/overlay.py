"""Applying an OpenAPI Overlay, version 1.0 or 1.1, to a document.

Stricter than the standard in one thing: an action that finds nothing to act on is an error, because
the document has changed under it.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final, TypeAlias

from ..problems import Problem, RefusedError, prose
from .document import SELECTION, Document, Origin, moved
from .editing import Editor, Location
from .limits import MAX_ADDED, MAX_WORK, has_pattern, size, visits
from .nearest import instead_of, nearest_target
from .pointer import escaped, joined
from .source import Source
from .values import MAX_DEPTH, MAX_VALUES, Mapping, is_mapping, is_sequence, mapping, sequence

_Graft: TypeAlias = Callable[[str, str], dict[str, Origin]]
"""What to note of a value that now stands at the first pointer, and came from the second."""

_VERSION: Final = re.compile(r"1\.[01]\.[0-9]+")
_KEYS: Final = {
    "": {"overlay", "info", "extends", "actions"},
    "/info": {"title", "version", "description"},
}
BEGINS: Final = "overlay: 1.1.0"
"""The first line of an overlay."""
_NEW: Final = """\
overlay: 1.1.0
info:
  title: The operations that the package is for
  version: 1.0.0
actions:
  """
_ACTION: Final = {"target", "description", "update", "remove"}
_QUERY: Final = 1_000
"""Characters of a query; a longer one could take all of the stack."""
_NODES: Final = 20_000


def apply(document: Document, overlay: Source) -> Document:
    """Make the changes that `overlay` describes.

    `extends` is read and never followed: which document an overlay belongs to is said by the names
    of the two files, or by whoever names both.

    Raises:
        RefusedError: It is no overlay, or does not fit the document; the locations are its own.
    """
    application = _Application(document, overlay)
    application.check()
    if not application.problems:
        application.act_all()
    if application.problems:
        raise RefusedError(application.problems)
    return replace(application.document, overlay=overlay)


def with_operations(file: str, content: bytes | None, operations: Sequence[str]) -> bytes:
    """The text of an overlay that also says which operations a package is for.

    Args:
        file: What messages call the overlay.
        content: Its text; None makes a new one.
        operations: What goes under `x-operations` of the document.

    Raises:
        RefusedError: There is no telling where to put it.
    """
    action = {"target": "$", "update": {SELECTION: list(operations)}}
    line = f"- {json.dumps(action, ensure_ascii=False)}\n"
    if content is None:
        return f"{_NEW}{line}".encode()
    overlay = Source(file, content, begins=BEGINS)
    wanted = {**overlay.data, "actions": [action, *sequence(overlay.data.get("actions"))]}
    lines = content.decode("utf-8-sig").splitlines(keepends=True)
    first = lines[overlay.line("/actions/0") - 1] if "actions" in overlay.data else ""
    indent = first[: len(first) - len(first.lstrip())]
    lines.insert(overlay.line("/actions"), indent + line)
    new = "".join(lines).encode()
    try:
        if first.lstrip().startswith("- ") and Source(file, new).data == wanted:
            return new
        if overlay.is_json:
            return (json.dumps(wanted, indent=2, ensure_ascii=False) + "\n").encode()
    except RefusedError:
        pass
    text = f"add this action to it, and leave `--operations` out: {line[2:-1]}"
    raise RefusedError([Problem(file, overlay.line("/actions"), "/actions", text)])


class _Application:
    def __init__(self, document: Document, source: Source) -> None:
        self.problems: list[Problem] = [*source.faults]
        self._source = source
        self._sources = dict(document.sources)
        self._places = replace(document, sources=self._sources)
        """Tells where values come from, as the actions so far have changed it."""
        self._editor = Editor(document.data)
        self._added = 0
        self._work = 0

    @property
    def document(self) -> Document:
        """The document as the actions so far have changed it."""
        return replace(self._places, data=self._editor.data)

    def _add(self, pointer: str, message: str) -> None:
        line = self._source.line(pointer)
        self.problems.append(Problem(self._source.file, line, pointer, message))

    def check(self) -> None:
        """It is what the standard describes."""
        data = self._source.data
        version = str(data.get("overlay"))
        if not _VERSION.fullmatch(version):
            self._add("/overlay", "write `overlay: 1.1.0`; 1.0 and 1.1 are supported")
        for pointer, known in _KEYS.items():
            part = data.get("info") if pointer else data
            self._check_keys(pointer, mapping(part), known)
        info = mapping(data.get("info"))
        for key in ("title", "version"):
            if not isinstance(info.get(key), str):
                self._add(f"/info/{key}", f"add a {key}, in quotes: an overlay has one")
        if not isinstance(info.get("description", ""), str):
            self._add("/info/description", "a description is a text; put it in quotes")
        if not isinstance(data.get("extends", ""), str):
            self._add("/extends", "write the address of a document, or leave `extends` out")
        actions = sequence(data.get("actions"))
        if not actions:
            self._add("/actions", "list at least one action")
        seen = set[str]()
        for i, action in enumerate(actions):
            self._check_action(f"/actions/{i}", mapping(action), version)
            text = json.dumps(action, sort_keys=True)
            if text in seen:
                self._add(f"/actions/{i}", "this action stands here twice; remove one")
            seen.add(text)

    def _check_keys(self, pointer: str, part: Mapping, known: set[str]) -> None:
        for key in part:
            if key not in known and not key.startswith("x-"):
                message = f"an overlay has no such key here; {instead_of(key, sorted(known))}"
                if key == "copy":
                    message = "`copy` came with Overlay 1.1; write `overlay: 1.1.0`"
                self._add(f"{pointer}/{escaped(key)}", message)

    def _check_action(self, pointer: str, action: Mapping, version: str) -> None:
        copies = {"copy"} if version.startswith("1.1.") else set[str]()
        self._check_keys(pointer, action, _ACTION | copies)
        for key in ("target", "copy"):
            query = action.get(key, "" if key == "target" else "$")
            if not isinstance(query, str) or not query.startswith("$"):
                self._add(f"{pointer}/{key}", "write a JSONPath, which begins with `$`")
            elif len(query) > _QUERY:
                self._add(f"{pointer}/{key}", f"a JSONPath has at most {_QUERY} characters here")
        if not isinstance(action.get("description", ""), str):
            self._add(f"{pointer}/description", "a description is a text; put it in quotes")
        if not isinstance(action.get("remove", False), bool):
            self._add(f"{pointer}/remove", "write `remove: true`, or leave it out")
        if "update" in action and "copy" in action and action.get("remove") is not True:
            self._add(f"{pointer}/copy", "stands beside `update`; make two actions of it")

    def act_all(self) -> None:
        """Do all actions, as far as they do not cost too much."""
        for i, action in enumerate(self._source.data["actions"]):
            self._act(f"/actions/{i}", action)
            if self._added > MAX_ADDED:
                return
            if self._work + self._editor.copied > MAX_WORK:
                message = "up to here, the actions look at too much; select by names, or do less"
                self._add(f"/actions/{i}", message)
                return
        if self._added and size(self._editor.data, MAX_VALUES).values > MAX_VALUES:
            message = f"the document has more than {MAX_VALUES} values with these; add fewer"
            self._add("/actions", message)

    def _act(self, pointer: str, action: Mapping) -> None:
        """Do what an action says to each node it selects."""
        locations = self._select(f"{pointer}/target", action["target"])
        if not locations:
            return
        if action.get("remove") is True:
            self._remove(f"{pointer}/target", locations)
        elif "update" in action:
            self._merge_all(f"{pointer}/update", action["update"], locations, self._graft_update)
        elif "copy" in action:
            copied = self._select(f"{pointer}/copy", action["copy"])
            if len(copied) > 1:
                message = f"this selects {len(copied)} values; select the one to copy"
                self._add(f"{pointer}/copy", message)
            elif copied:
                self._copy(f"{pointer}/copy", copied[0], locations)

    def _select(self, pointer: str, query: str) -> list[Location]:
        if has_pattern(query):
            self._add(pointer, "a pattern may take for ever; select by names, or with `==`")
            return []
        work = visits(query, self._editor.data)
        if work > MAX_WORK:
            self._add(pointer, "this looks at everything for everything; select by names")
            return []
        self._work += work
        # Loaded here, as most documents have no overlay.
        from jsonpath_rfc9535 import JSONPathError, finditer

        try:
            nodes = list(islice(finditer(query, self._editor.data), _NODES + 1))
        except (JSONPathError, RecursionError, ValueError) as error:
            self._add(pointer, f"this is no JSONPath of RFC 9535: {prose(str(error))}; correct it")
            return []
        if not nodes:
            remedy = nearest_target(query, self._editor.data) or "correct it"
            self._add(pointer, f"nothing in the document is there; {remedy}; or remove the action")
        if len(nodes) > _NODES:
            self._add(pointer, f"this selects more than {_NODES} values; select fewer")
            return []
        return list(dict.fromkeys(node.location for node in nodes))

    def _graft_update(self, new: str, old: str) -> dict[str, Origin]:
        return {new: Origin(self._source, old)}

    def _copy(self, pointer: str, copied: Location, locations: list[Location]) -> None:
        # As it was before: a value may be copied into itself.
        own = moved(self._places, pointer, joined(copied))
        before = replace(self._places, sources=own)
        known = sorted(own)
        self._work += len(self._sources)

        def graft(new: str, old: str) -> dict[str, Origin]:
            inner = known[bisect_left(known, f"{old}/") : bisect_left(known, f"{old}0")]
            return {new: before.origin(old), **{new + at[len(old) :]: own[at] for at in inner}}

        value = self._editor.at(copied)
        self._editor.share()
        self._merge_all(pointer, value, locations, graft)

    def _merge_all(
        self, pointer: str, value: Any, locations: list[Location], graft: _Graft
    ) -> None:
        added = size(value, MAX_ADDED)
        self._added += added.values * len(locations)
        if self._added > MAX_ADDED:
            self._add(pointer, f"the overlay adds more than {MAX_ADDED} values; add fewer")
            return
        if max(map(len, locations)) + added.levels > MAX_DEPTH:
            self._add(
                pointer, f"the document has more than {MAX_DEPTH} levels with this; add fewer"
            )
            return
        kinds = {_kind(self._editor.at(location)) for location in locations}
        if len(kinds) > 1:
            selected = " and ".join(sorted(kinds))
            message = (
                f"the target selects {selected}, which no one value fits; make several actions"
            )
            self._add(pointer, message)
            return
        merge = _Merge(self._add, graft, self._sources)
        for location in locations:
            old = self._editor.at(location)
            self._editor.put(location, merge.node(value, joined(location), pointer, old))
        self._work += merge.copied

    def _remove(self, pointer: str, locations: list[Location]) -> None:
        if () in locations:
            self._add(pointer, "the document itself cannot be removed; select a part of it")
            return
        gone: dict[Location, set[str | int]] = {}
        for location in locations:
            gone.setdefault(location[:-1], set()).add(location[-1])
        # From the end, so that the locations that are still to come stay what they are.
        for around in sorted(gone, reverse=True):
            self._forget(around, gone[around])
            self._editor.remove(around, gone[around])

    def _forget(self, around: Location, tokens: set[str | int]) -> None:
        """Forget where what is removed comes from; the rest of a list moves up."""
        start = joined(around)
        container = self._editor.at(around)
        self._work += len(container) + len(self._sources)
        places: dict[str, str] = {}
        kept: dict[str, Origin] = {}
        if is_sequence(container):
            rest = [i for i in range(len(container)) if i not in tokens]
            places = {str(old): str(new) for new, old in enumerate(rest)}
            first = min(map(int, tokens))
            moved_up = [(new, old) for new, old in enumerate(rest) if old > first]
            kept = {
                f"{start}/{new}": self._places.origin(f"{start}/{old}") for new, old in moved_up
            }
        gone = {escaped(str(token)) for token in tokens}
        for pointer, origin in self._sources.items():
            token, slash, inner = pointer[len(start) + 1 :].partition("/")
            if not pointer.startswith(f"{start}/"):
                kept[pointer] = origin
            elif token not in gone:
                kept[f"{start}/{places.get(token, token)}{slash}{inner}"] = origin
        self._sources.clear()
        self._sources.update(kept)


class _Merge:
    """The merging of one value into another, as the standard describes it."""

    def __init__(
        self, add: Callable[[str, str], None], graft: _Graft, sources: dict[str, Origin]
    ) -> None:
        self.copied = 0
        """Values in all mappings and lists that were copied."""
        self._add = add
        self._graft = graft
        self._sources = sources

    def node(self, new: Any, target: str, pointer: str, old: Any) -> Any:
        """The value at a node that an action selects."""
        if is_sequence(old) and not is_sequence(new):
            self.copied += len(old)
            self._sources |= self._graft(f"{target}/{len(old)}", pointer)
            return [*old, new]
        return self.value(old, new, target, pointer)

    def value(self, old: Any, new: Any, target: str, pointer: str) -> Any:
        self.copied += len(mapping(old)) + len(sequence(old))
        if is_mapping(old) and is_mapping(new):
            result = dict(old)
            for key, item in new.items():
                inner, source = f"{target}/{escaped(key)}", f"{pointer}/{escaped(key)}"
                if key in old:
                    result[key] = self.value(old[key], item, inner, source)
                else:
                    result[key] = item
                    self._sources |= self._graft(inner, source)
            return result
        if is_sequence(old) and is_sequence(new):
            for i in range(len(new)):
                self._sources |= self._graft(f"{target}/{len(old) + i}", f"{pointer}/{i}")
            return [*old, *new]
        if _kind(old) == _kind(new):
            self._sources |= self._graft(target, pointer)
            return new
        message = f"{_kind(new)} cannot be merged into {_kind(old)}, at {target or '/'} of the"
        self._add(pointer, f"{message} document; correct it, or remove that one first")
        return old


def _kind(value: object) -> str:
    if is_mapping(value):
        return "a mapping"
    return "a list" if is_sequence(value) else "a plain value"
