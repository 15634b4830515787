"""Reading a document, with the line of everything in it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, TypeGuard
from urllib.parse import unquote

import yaml

Mapping: TypeAlias = dict[str, Any]

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {
    word: value
    for value, words in ((True, "true True TRUE"), (False, "false False FALSE"))
    for word in words.split()
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NODES: Final = 200_000
_DEPTH: Final = 100
_KEY: Final = 200
_POINTER: Final = 2_000
_TOO_LARGE: Final = "aliases or nesting make this too large; write it out, and flatter"


class Problem(NamedTuple):
    """Something in a document that keeps a package from being generated."""

    file: str
    line: int
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.pointer or '/'}  {self.message}"


class RefusedError(Exception):
    """Documents that no packages can be generated from; `problems` is never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Document:
    """An OpenAPI document as plain JSON values; keys are strings, however they were written."""

    file: str
    """Where it stands, relative to the repository."""
    name: str
    """The provider's name: the file's name without its extension."""
    data: Mapping
    lines: dict[str, int] = field(repr=False)
    digest: str = field(repr=False)

    def problem(self, pointer: str, message: str) -> Problem:
        """A problem at `pointer`, or at the nearest place around it that the document has."""
        place = pointer
        while place and place not in self.lines:
            place = place.rpartition("/")[0]
        return Problem(self.file, self.lines.get(place, 1), pointer, message)

    def at(self, pointer: str) -> Any:
        """The value at a JSON Pointer; None where there is none."""
        value: Any = self.data
        for token in tokens(pointer):
            if is_sequence(value):
                value = value[int(token)] if token.isdecimal() and int(token) < len(value) else None
            else:
                value = mapping(value).get(token)
        return value

    def follow(self, pointer: str) -> tuple[Mapping, str]:
        """The object at `pointer` and its own pointer, behind any chain of `$ref`."""
        seen: set[str] = set()
        value = mapping(self.at(pointer))
        while isinstance(reference := value.get("$ref"), str) and pointer not in seen:
            seen.add(pointer)
            pointer = local_pointer(reference) or ""
            value = mapping(self.at(pointer)) if pointer else {}
        return ({}, pointer) if pointer in seen else (value, pointer)


def load(file: str, name: str, content: bytes) -> Document:
    """Read YAML 1.2.

    Raises:
        RefusedError: It is no such thing, or not a mapping.
    """
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        # Composing calls itself for each level, on a stack that nobody guards.
        depth = 0
        for i, event in enumerate(yaml.parse(content, Loader=loader)):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH or i > 2 * _NODES:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise RefusedError([Problem(file, line, "", _TOO_LARGE)])
        root = yaml.compose(content, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = str(error.problem or error.context)
        mending = "write the character itself" if "escape code" in reason else "correct it"
        text = f"this is not valid YAML: {reason}; {mending}"
        raise RefusedError([Problem(file, line, "", text)]) from None
    except (yaml.YAMLError, UnicodeError) as error:
        text = f"this is not YAML in UTF-8: {' '.join(str(error).split())}; correct it"
        raise RefusedError([Problem(file, 1, "", text)]) from None
    builder = _Builder(file)
    data = builder.build(root, "") if root else None
    if not is_mapping(data):
        builder.refuse(1, "", "the document is not a mapping; begin it with `openapi: 3.1.0`")
    if builder.problems:
        raise RefusedError(builder.problems)
    digest = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
    return Document(file, name, mapping(data), builder.lines, digest)


class _Builder:
    """Makes plain values of YAML nodes, so that no tag can ever make anything else."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._nodes = 0
        self._full = False

    def refuse(self, line: int, pointer: str, message: str) -> None:
        self.problems.append(Problem(self.file, line, pointer, message))

    def build(self, node: yaml.Node, pointer: str) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(pointer, line)
        # Long words count for more: an alias may repeat them.
        self._nodes += 1 + len(node.value) // 100
        too_deep = pointer.count("/") > _DEPTH or len(pointer) > _POINTER
        if self._nodes > _NODES or too_deep:
            if not self._full:
                self.refuse(line, pointer[:200], _TOO_LARGE)
            self._full = True
            return None
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, pointer)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.build(item, f"{pointer}/{i}") for i, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return self._scalar(node, pointer)
        self.refuse(line, pointer, "YAML tags are not supported; remove the word after the `!`")
        return None

    def _mapping(self, node: yaml.MappingNode, pointer: str) -> Mapping:
        result: Mapping = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.refuse(line, pointer, "a key is not a plain word; write it as one")
                continue
            name = str(key.value)
            if len(name) > _KEY:
                self.refuse(line, pointer, f"a key has more than {_KEY} characters; shorten it")
                continue
            place = f"{pointer}/{escaped(name)}"
            if name == "<<":
                self.refuse(line, pointer, "merge keys (`<<`) are not YAML 1.2; write the keys out")
            elif name in result:
                first = self.lines[place]
                self.refuse(line, place, f"the key stands here twice, first in line {first}")
            else:
                self.lines[place] = line
                result[name] = self.build(value, place)
        return result

    def _scalar(self, node: yaml.ScalarNode, pointer: str) -> Any:
        text = str(node.value)
        try:
            text.encode()
        except UnicodeEncodeError:
            line = node.start_mark.line + 1
            self.refuse(line, pointer, "half a surrogate pair is no character; write a whole one")
        if node.style:
            return text
        if text in _NULL:
            return None
        if text in _BOOLEAN:
            return _BOOLEAN[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        number = float(text) if _FLOAT.fullmatch(text) else 0.0
        if _INFINITE.fullmatch(text) or math.isinf(number):
            line = node.start_mark.line + 1
            self.refuse(line, pointer, "JSON has no such number; write a finite one")
        return number if _FLOAT.fullmatch(text) else text


def is_mapping(value: object) -> TypeGuard[Mapping]:
    """Whether `value` is a mapping of a document."""
    return isinstance(value, dict)


def is_sequence(value: object) -> TypeGuard[list[Any]]:
    """Whether `value` is a list of a document."""
    return isinstance(value, list)


def mapping(value: object) -> Mapping:
    """`value` where it is a mapping, else an empty one."""
    return value if is_mapping(value) else {}


def sequence(value: object) -> list[Any]:
    """`value` where it is a list, else an empty one."""
    return value if is_sequence(value) else []


def escaped(token: str) -> str:
    """A key as it stands in a JSON Pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def tokens(pointer: str) -> list[str]:
    """The keys that a JSON Pointer consists of."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def local_pointer(reference: str) -> str | None:
    """The JSON Pointer of a `$ref` into the same document; None for any other."""
    return unquote(reference[1:]) if reference.startswith("#/") else None


def operations(document: Document) -> Iterator[tuple[str, str, Mapping]]:
    """Every operation: its path, its pointer, itself."""
    for path, item in mapping(document.data.get("paths")).items():
        for method, operation in mapping(item).items():
            if method == "get":
                yield path, f"/paths/{escaped(path)}/get", mapping(operation)
