"""A file as plain values, with the line of each."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import yaml

from ..problems import Problem, RefusedError
from .pointer import escaped, tokens
from .values import Mapping, is_mapping, is_sequence, mapping, sequence

BYTES: Final = 20_000_000
"""No document that people publish is larger, and no larger file is read."""

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
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_JSON_BETWEEN: Final = frozenset(" \t\n\r,:")
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_NODES: Final = 1_000_000
_DEPTH: Final = 100
_KEY: Final = 200
_FAULTS: Final = 1_000
_TOO_LARGE: Final = "aliases or nesting make this too large; write it out, and flatter"
_NOT_FINITE: Final = "JSON has no such number; write a finite one"


@dataclass(slots=True)
class _Place:
    """The line of a value, and the places of those in it."""

    line: int
    inner: dict[str, _Place] | list[_Place] | None = None


class Source:
    """A file of plain JSON values, keys strings however they were written."""

    def __init__(self, file: str, content: bytes, label: str | None = None) -> None:
        """Read YAML 1.2, of which JSON is a part, with the merge keys of 1.1.

        Args:
            file: What messages call it.
            content: What stands in it.
            label: What a package made of it calls it, if not the same.

        Raises:
            RefusedError: It is no such thing, or not a mapping.
        """
        if len(content) > BYTES:
            raise RefusedError([Problem(file, 1, "", too_long(len(content)))])
        self.file = file
        self.label = file if label is None else label
        self._content = content
        self.is_json = file.endswith(".json")
        """Whether it is JSON, and not just YAML."""
        data = self._quick()
        found: object = self._built.data if data is None else data
        if not is_mapping(found):
            text = "the document is not a mapping; begin it with `openapi: 3.1.0`"
            raise RefusedError([Problem(file, 1, "", text)])
        self.data: Mapping = found
        self.faults: list[Problem] = self._built.faults if data is None else []
        """What is wrong in single places; it concerns those who use them."""

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the content, with the line ends of Unix."""
        return digest(self._content)

    def line(self, pointer: str) -> int:
        """The line of the value at a JSON Pointer, or of the nearest around it."""
        if self.is_json:
            text = self._content.decode("utf-8-sig")
            return text.count("\n", 0, _json_offset(text, tokens(pointer))) + 1
        place = self._built.place
        for token in tokens(pointer):
            inner = place.inner
            if isinstance(inner, dict) and token in inner:
                place = inner[token]
            elif isinstance(inner, list) and token.isdecimal() and int(token) < len(inner):
                place = inner[int(token)]
            else:
                break
        return place.line

    def _quick(self) -> Any:
        """The data of faultless JSON, whose lines nobody looks for before they are needed."""
        unique = True

        def pairs(items: list[tuple[str, Any]]) -> Mapping:
            nonlocal unique
            result = dict(items)
            unique = unique and len(result) == len(items)
            return result

        if not self._content.lstrip().startswith(b"{"):
            return None
        try:
            data = json.loads(self._content, object_pairs_hook=pairs)
        except (ValueError, RecursionError):
            return None
        self.is_json = True
        clean = unique and not _SURROGATE.search(self._content) and _is_small(data)
        return data if clean else None

    @cached_property
    def _built(self) -> _Builder:
        builder = _Builder(self.file)
        (_build_json if self.is_json else _build_yaml)(builder, self._content)
        return builder


def too_long(size: int) -> str:
    """What to say of a file that is not read."""
    return f"{size} bytes are more than the {BYTES} that are read; cut away what is not needed"


def _is_small(data: Any) -> bool:
    """Whether plain values are within the limits."""
    left = [(data, 1)]
    nodes = 0
    while left:
        value, depth = left.pop()
        nodes += 1
        if is_mapping(value):
            if any(len(key) > _KEY for key in value):
                return False
            left += [(item, depth + 1) for item in value.values()]
        elif is_sequence(value):
            left += [(item, depth + 1) for item in value]
        elif isinstance(value, str):
            nodes += len(value) // 100
        elif isinstance(value, float) and not math.isfinite(value):
            return False
        if nodes > _NODES or depth > _DEPTH:
            return False
    return True


@dataclass(slots=True)
class _Frame:
    """A mapping or a list that is being read."""

    value: Mapping | list[Any]
    place: _Place
    anchor: str | None
    nodes: int
    """How many had been read before."""
    height: int = 1
    key: str | None = None
    key_line: int = 0
    merged: list[tuple[Any, _Place]] = field(default_factory=list[tuple[Any, _Place]])


class _Anchored(NamedTuple):
    value: Any
    place: _Place
    nodes: int
    height: int


_DROPPED: Final = "\x00"
"""Stands for a key that is none; what it leads to is read and forgotten."""


class _Builder:
    """Makes plain values of parts that come one by one, so that no tag makes anything else."""

    def __init__(self, file: str) -> None:
        self.data: Any = None
        self.place = _Place(1)
        self.faults: list[Problem] = []
        self._file = file
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0

    def refused(self, line: int, message: str) -> RefusedError:
        return RefusedError([Problem(self._file, line, "", message)])

    def fault(self, line: int, message: str, *more: str) -> None:
        tokens = [f.key if isinstance(f.value, dict) else str(len(f.value)) for f in self._frames]
        path = [token for token in (*tokens, *more) if token is not None]
        pointer = "".join(f"/{escaped(token)}" for token in path)
        self.faults.append(Problem(self._file, line, pointer, message))
        if len(self.faults) > _FAULTS:
            raise self.refused(line, f"more than {_FAULTS} places are wrong, this the last of them")

    @property
    def expects_key(self) -> bool:
        frame = self._frames[-1] if self._frames else None
        return frame is not None and isinstance(frame.value, dict) and frame.key is None

    def open(self, value: Mapping | list[Any], line: int, anchor: str | None = None) -> None:
        self._count(line, 1, 1)
        inner: dict[str, _Place] | list[_Place] = {} if isinstance(value, dict) else []
        self._frames.append(_Frame(value, _Place(line, inner), anchor, self._nodes))

    def close(self) -> None:
        frame = self._frames.pop()
        for value, place in frame.merged:
            for key, item in mapping(value).items():
                if key not in mapping(frame.value):
                    mapping(frame.value)[key] = item
                    if isinstance(place.inner, dict) and isinstance(frame.place.inner, dict):
                        frame.place.inner[key] = place.inner[key]
        nodes = self._nodes - frame.nodes
        self._put(_Anchored(frame.value, frame.place, nodes, frame.height), frame.anchor)

    def key(self, name: str, line: int, *, plain: bool) -> None:
        frame = self._frames[-1]
        assert isinstance(frame.value, dict)
        assert isinstance(frame.place.inner, dict)
        frame.key_line = line
        self._count(line, len(name) // 100, 0)
        if len(name) > _KEY:
            self.fault(line, f"a key has more than {_KEY} characters; shorten it", name)
        elif name in frame.value and not (name == "<<" and plain):
            first = frame.place.inner[name].line
            self.fault(line, f"the key stands here twice, first in line {first}", name)
        frame.key = "<<\x00" if name == "<<" and plain else name

    def scalar(self, value: Any, line: int, anchor: str | None = None, size: int = 0) -> None:
        # Long words count for more: an alias may repeat them.
        nodes = 1 + size // 100
        self._count(line, nodes, 0)
        self._put(_Anchored(value, _Place(line), nodes, 0), anchor)

    def alias(self, anchor: str, line: int) -> None:
        if any(frame.anchor == anchor for frame in self._frames):
            raise self.refused(line, _TOO_LARGE)
        found = self._anchors.get(anchor)
        if found is None:
            text = f"this is not valid YAML: there is no anchor {anchor!r} before; correct it"
            raise self.refused(line, text)
        self._count(line, found.nodes, found.height)
        self._put(found, None)

    def _count(self, line: int, nodes: int, height: int) -> None:
        self._nodes += nodes
        if self._nodes > _NODES or len(self._frames) + height > _DEPTH:
            raise self.refused(line, _TOO_LARGE)

    def _put(self, item: _Anchored, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = item
        if not self._frames:
            self.data, self.place = item.value, item.place
            return
        frame = self._frames[-1]
        frame.height = max(frame.height, item.height + 1)
        if isinstance(frame.value, list):
            frame.value.append(item.value)
            if isinstance(frame.place.inner, list):
                frame.place.inner.append(item.place)
            return
        key, frame.key = frame.key, None
        if key is None:
            self.fault(item.place.line, "a key is not a plain word; write it as one")
            frame.key = _DROPPED
        elif key == "<<\x00":
            parts = sequence(item.value) if is_sequence(item.value) else [item.value]
            places = item.place.inner if isinstance(item.place.inner, list) else [item.place]
            frame.merged += zip(parts, places, strict=True)
            if not all(is_mapping(part) for part in parts):
                self.fault(frame.key_line, "`<<` merges mappings only; write the keys out")
        elif key != _DROPPED:
            frame.value[key] = item.value
            if isinstance(frame.place.inner, dict):
                frame.place.inner[key] = _Place(frame.key_line, item.place.inner)


def _json_offset(text: str, path: list[str]) -> int:
    """Where a value, or the key before it, stands in good JSON; what is beside it is skipped."""

    def skip(index: int) -> int:
        while text[index : index + 1] in _JSON_BETWEEN:
            index += 1
        return index

    decode = json.JSONDecoder().raw_decode
    found = value = skip(0)
    for token in path:
        index = skip(value + 1)
        position = 0
        while text[value] in "{[" and text[index] not in "}]":
            start, key = index, str(position)
            if text[value] == "{":
                key, index = decode(text, index)
                index = skip(index)
            if key == token:
                break
            _, index = decode(text, index)
            index = skip(index)
            position += 1
        else:
            return found
        found, value = start, index
    return found


def _build_json(builder: _Builder, content: bytes) -> None:
    """Read JSON token by token: slower than the standard library, and with lines."""
    try:
        text = content.decode("utf-8-sig")
        json.loads(text)
    except json.JSONDecodeError as error:
        text = f"this is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}; correct it"
        raise builder.refused(error.lineno, text) from None
    except RecursionError:
        raise builder.refused(1, _TOO_LARGE) from None
    except ValueError as error:
        text = f"this is not JSON in UTF-8: {' '.join(str(error).split())}; correct it"
        raise builder.refused(1, text) from None
    line, end = 1, 0
    for token in _JSON_TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        word = token[0]
        if word in "{[":
            builder.open({} if word == "{" else [], line)
        elif word in "}]":
            builder.close()
        elif word not in ",:":
            value = json.loads(word)
            if isinstance(value, str):
                _check_characters(builder, value, line)
            if isinstance(value, str) and builder.expects_key:
                builder.key(value, line, plain=False)
            else:
                if isinstance(value, float) and not math.isfinite(value):
                    builder.fault(line, _NOT_FINITE)
                builder.scalar(value, line, size=len(word))


def _build_yaml(builder: _Builder, content: bytes) -> None:
    """Read YAML event by event."""
    # Imported here: whoever has no tools yet is told so first, and who needs none goes without.
    import yaml

    documents = 0
    try:
        for event in yaml.parse(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    text = "this is not valid YAML: a second document begins; remove it"
                    raise builder.refused(line, text)
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.close()
            elif isinstance(event, yaml.AliasEvent):
                builder.alias(str(event.anchor), line)
            elif isinstance(event, yaml.NodeEvent):
                _add_node(builder, event, line)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = str(error.problem or error.context)
        mending = "write the character itself" if "escape code" in reason else "correct it"
        raise builder.refused(line, f"this is not valid YAML: {reason}; {mending}") from None
    except (yaml.YAMLError, UnicodeError) as error:
        text = f"this is not YAML in UTF-8: {' '.join(str(error).split())}; correct it"
        raise builder.refused(1, text) from None


def _add_node(builder: _Builder, event: yaml.NodeEvent, line: int) -> None:
    import yaml

    kind = "str"
    if isinstance(event, yaml.CollectionStartEvent):
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
    tag = getattr(event, "tag", None)
    if tag not in (None, "!", f"tag:yaml.org,2002:{kind}"):
        builder.fault(line, "YAML tags are not supported; remove the word after the `!`")
    if isinstance(event, yaml.MappingStartEvent):
        builder.open({}, line, event.anchor)
    elif isinstance(event, yaml.SequenceStartEvent):
        builder.open([], line, event.anchor)
    elif isinstance(event, yaml.ScalarEvent):
        text = str(event.value)
        _check_characters(builder, text, line)
        plain = not event.style and tag is None
        if builder.expects_key:
            builder.key(text, line, plain=plain)
        else:
            value = _plain(builder, text, line) if plain else text
            builder.scalar(value, line, event.anchor, len(text))


def _check_characters(builder: _Builder, text: str, line: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        builder.fault(line, "half a surrogate pair is no character; write a whole one")


def _plain(builder: _Builder, text: str, line: int) -> Any:
    """The value of a plain word in the core schema of YAML 1.2, where `no` and dates are words."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if base := _OTHER_BASES.get(text[:2]):
        try:
            return int(text[2:], base) if text[2:].isalnum() else text
        except ValueError:
            return text
    number = float(text) if _FLOAT.fullmatch(text) else 0.0
    if _INFINITE.fullmatch(text) or math.isinf(number):
        builder.fault(line, _NOT_FINITE)
    return number if _FLOAT.fullmatch(text) else text


def digest(content: bytes) -> str:
    """The SHA-256 of a file, with the line ends of Unix."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
