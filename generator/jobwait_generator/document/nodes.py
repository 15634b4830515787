"""A file as PyYAML's nodes, each with its line, and the plain values that they mean.

No tag makes anything but a plain value, and what would take too much memory or stack is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

import yaml
from yaml.composer import Composer

from ..problems import Problem, RefusedError
from .pointer import joined
from .values import MAX_DEPTH, MAX_KEY, MAX_VALUES, Mapping, is_mapping, mapping

_TOO_LARGE: Final = "aliases or nesting make this too large; write it out, and flatter"

_FAULTS: Final = 1_000
_HALF_A_PAIR: Final = "half a surrogate pair is no character; write a whole one"
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {
    word: value
    for value, words in ((True, "true True TRUE"), (False, "false False FALSE"))
    for word in words.split()
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_OTHER_BASES: Final = {"0o": 8, "0x": 16}
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+', re.DOTALL)
_UNTAGGED: Final = ""
_JSON: Final = "json"
"""The tag of a scalar that is a token of JSON."""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_TAGS: Final[dict[type[yaml.Node], str]] = {
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.ScalarNode: "tag:yaml.org,2002:str",
}


def compose_yaml(file: str, content: bytes) -> yaml.Node | None:
    """The node of a file; None where it is empty.

    Raises:
        RefusedError: It is not one document of YAML in UTF-8, or nests too deeply.
    """
    try:
        return _Composer(file, content).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _refused(file, *_syntax_error(content, error)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        text = f"this is not YAML in UTF-8: {' '.join(str(error).split())}; correct it"
        raise _refused(file, 1, text) from None


def _syntax_error(content: bytes, error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """The line of an error of the YAML reader, and what to do; its own words decide nothing."""
    mark = error.problem_mark
    reason = " ".join(part for part in (error.context, error.problem) if part)
    if mark is None:
        return 1, f"this is not valid YAML: {reason}; correct it"
    before = content.decode("utf-8-sig", "replace")[: mark.index]
    # libyaml reads ahead and has a limit of its own, so it may object before the composer does.
    if sum(map(before.count, "[{")) - sum(map(before.count, "]}")) > MAX_DEPTH:
        return mark.line + 1, _TOO_LARGE
    line = content.splitlines()[mark.line : mark.line + 1]
    is_escape = any(map(_SURROGATE.search, line))
    correction = "write the character itself" if is_escape else "correct it"
    return mark.line + 1, f"this is not valid YAML: {reason}; {correction}"


class _Composer(Composer, yaml.CBaseLoader):
    """PyYAML's composer, with a bound on nesting and without a default for tags."""

    def __init__(self, file: str, content: bytes) -> None:
        yaml.CBaseLoader.__init__(self, content)
        Composer.__init__(self)
        self._file = file
        self._depth = 0

    def compose_node(self, parent: Any, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.NodeEvent) and not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)  # YAML 1.2 allows another one of this name
            if self._depth >= MAX_DEPTH and isinstance(event, yaml.CollectionStartEvent):
                mark = event.start_mark
                raise _refused(self._file, mark.line + 1 if mark else 1, _TOO_LARGE)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return _UNTAGGED


def compose_json(file: str, content: bytes) -> yaml.Node | None:
    """The node of a file: slower than the standard library, and with lines.

    Raises:
        RefusedError: It is not JSON in UTF-8, or nests too deeply.
    """
    try:
        text = content.decode("utf-8-sig")
        json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"this is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}; correct it"
        raise _refused(file, error.lineno, reason) from None
    except RecursionError:
        raise _refused(file, 1, _TOO_LARGE) from None
    except ValueError as error:
        reason = f"this is not JSON in UTF-8: {' '.join(str(error).split())}; correct it"
        raise _refused(file, 1, reason) from None
    line, end = 0, 0
    parents: list[list[yaml.Node]] = [[]]
    for token in _JSON_TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        mark = yaml.Mark(file, end, line, 0, None, 0)
        if token[0] in "]}":
            items = parents.pop()
            if token[0] == "}":
                parents[-1][-1].value = list(zip(items[::2], items[1::2], strict=True))
        elif token[0] in "[{":
            kind = yaml.MappingNode if token[0] == "{" else yaml.SequenceNode
            children: list[yaml.Node] = []
            parents[-1].append(kind(_UNTAGGED, children, mark))
            parents.append(children)
            if len(parents) > MAX_DEPTH + 1:
                raise _refused(file, line + 1, _TOO_LARGE)
        else:
            parents[-1].append(yaml.ScalarNode(_JSON, token[0], mark))
    return parents[0][0]


def line_at(node: yaml.Node | None, tokens: list[str]) -> int:
    """The line of the value, or the key before it, that JSON Pointer tokens lead to.

    Where there is no such value, it is the line of the nearest around it.
    """
    line = _line(node)
    for token in tokens:
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            # The last entry is the one that holds, and what is merged holds where none does.
            for key, value in reversed([*_merged(node), *node.value]):
                if _text(key) == token:
                    line, child = _line(key), value
                    break
        elif isinstance(node, yaml.SequenceNode) and token in map(str, range(len(node.value))):
            child = node.value[int(token)]
            line = _line(child)
        if child is None:
            return line
        node = child
    return line


class _Value(NamedTuple):
    """What a node means, and how large it is."""

    value: Any
    size: int = 1
    """How many values it consists of."""
    height: int = 0
    """How many levels of mappings and lists it has."""


class ValueReader:
    """Makes the plain values of one file; `faults` are what is wrong in single places of it."""

    def __init__(self, file: str) -> None:
        self.faults: list[Problem] = []
        self._file = file
        self._path: list[str] = []
        self._size = 0
        self._values: dict[yaml.Node, _Value | None] = {}
        """What was read; None for what is being read."""

    def read(self, node: yaml.Node) -> Any:
        """The value of a node; all aliases of one anchor share theirs.

        Raises:
            RefusedError: It is too large, or wrong in too many places.
        """
        return self._value(node).value

    def _value(self, node: yaml.Node) -> _Value:
        if node in self._values:
            part = self._values[node]
            if part is None:
                raise _refused(self._file, _line(node), _TOO_LARGE)
            self._count(node, part.size, part.height)
            return part
        self._check_tag(node)
        self._values[node] = None
        before = self._size
        if isinstance(node, yaml.ScalarNode):
            self._count(node, 1 + len(node.value) // 100, 0)
            value, height = self._scalar(node), 0
        else:
            self._count(node, 1, 1)
            is_list = isinstance(node, yaml.SequenceNode)
            value, height = self._list(node) if is_list else self._mapping(node)
        part = self._values[node] = _Value(value, self._size - before, height)
        return part

    def _list(self, node: yaml.Node) -> tuple[list[Any], int]:
        parts = [self._inner(str(i), item) for i, item in enumerate(node.value)]
        return [part.value for part in parts], 1 + max((p.height for p in parts), default=0)

    def _mapping(self, node: yaml.Node) -> tuple[Mapping, int]:
        result: Mapping = {}
        lines: dict[str, int] = {}
        merged: list[Any] = []
        height = 0
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key is not a plain word; write it as one")
                continue
            if _is_merge(key):
                part = self._value(item)
                values = part.value if isinstance(item, yaml.SequenceNode) else [part.value]
                merged += values
                if not all(is_mapping(value) for value in values):
                    self._fault(key, "`<<` merges mappings only; write the keys out")
            else:
                name = _text(key)
                self._check_key(key, name, lines)
                part = self._inner(name, item)
                result[name] = part.value
            height = max(height, part.height)
        for value in merged:
            result |= {name: item for name, item in mapping(value).items() if name not in result}
        return result, height + 1

    def _inner(self, token: str, node: yaml.Node) -> _Value:
        self._path.append(token)
        part = self._value(node)
        self._path.pop()
        return part

    def _check_tag(self, node: yaml.Node) -> None:
        if node.tag not in (_UNTAGGED, _JSON, _TAGS[type(node)]):
            self._fault(node, "YAML tags are not supported; remove the word after the `!`")

    def _check_key(self, key: yaml.Node, name: str, lines: dict[str, int]) -> None:
        self._count(key, len(name) // 100, 0)
        self._check_tag(key)
        if len(name) > MAX_KEY:
            self._fault(key, f"a key has more than {MAX_KEY} characters; shorten it", name)
        elif name in lines:
            self._fault(key, f"the key stands here twice, first in line {lines[name]}", name)
        elif not _is_unicode(name):
            self._fault(key, _HALF_A_PAIR)
        lines.setdefault(name, _line(key))

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = str(node.value)
        if node.tag == _JSON:
            value = json.loads(text)
        else:
            value = text if node.style or node.tag else _core_value(text)
        if isinstance(value, float) and not math.isfinite(value):
            self._fault(node, "JSON has no such number; write a finite one")
        elif isinstance(value, str) and not _is_unicode(value):
            self._fault(node, _HALF_A_PAIR)
        return value

    def _fault(self, node: yaml.Node, message: str, *more: str) -> None:
        line = _line(node)
        self.faults.append(Problem(self._file, line, joined([*self._path, *more]), message))
        if len(self.faults) > _FAULTS:
            text = f"more than {_FAULTS} places are wrong, this the last of them"
            raise _refused(self._file, line, text)

    def _count(self, node: yaml.Node, size: int, height: int) -> None:
        self._size += size
        if self._size > MAX_VALUES or len(self._path) + height > MAX_DEPTH:
            raise _refused(self._file, _line(node), _TOO_LARGE)


def _core_value(text: str) -> Any:
    """The value of a plain word in the core schema of YAML 1.2, where `no` and dates are words."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if (base := _OTHER_BASES.get(text[:2])) and text[2:].isalnum():
        with suppress(ValueError):
            return int(text[2:], base)
    if _INFINITE.fullmatch(text):
        return math.inf
    return float(text) if _FLOAT.fullmatch(text) else text


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and (key.value, key.tag, key.style or "") == (
        *("<<", _UNTAGGED, ""),
    )


def _merged(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The entries that a mapping gets from others, the first one that holds at the end."""
    for key, item in reversed(node.value):
        if _is_merge(key):
            for part in reversed(item.value if isinstance(item, yaml.SequenceNode) else [item]):
                if isinstance(part, yaml.MappingNode):
                    yield from _merged(part)
                    yield from part.value


def _text(key: yaml.Node) -> str:
    return str(json.loads(key.value)) if key.tag == _JSON else str(key.value)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node and node.start_mark else 1


def _refused(file: str, line: int, message: str) -> RefusedError:
    return RefusedError([Problem(file, line, "", message)])
