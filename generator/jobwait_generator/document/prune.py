"""Cutting a document down to the operations that a package is for, and all that they reach.

What is left out can be as wrong as it likes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, count
from typing import Any, Final

from ..problems import HTTP_METHODS, Problem, RefusedError, shown
from .document import SELECTION, Document, RawOperation, moved
from .pointer import at, escaped, is_within, joined, local_pointer, parent, tokens
from .selection import select
from .values import Mapping, is_mapping, is_sequence, mapping, sequence

_ROOT: Final = ("openapi", "info", "servers", "security", "externalDocs", SELECTION)
_NAMED: Final = frozenset(
    {
        *("$defs", "content", "definitions", "dependentSchemas", "encoding", "headers"),
        *("parameters", "patternProperties", "properties", "responses", "variables"),
    }
)
"""Keys above mappings whose own keys are names, be they such as `default`."""
_OPAQUE: Final = frozenset({"const", "default", "enum", "example"})
_LEFT_OUT: Final = frozenset({"callbacks", "links"})
_KINDS: Final = {
    "headers": "headers",
    "parameters": "parameters",
    "requestBody": "requestBodies",
    "responses": "responses",
}
"""The components that references below these keys lead to; any other is a schema."""
_GENERIC: Final = frozenset(
    {
        *("$defs", "allOf", "anyOf", "content", "definitions", "items", "oneOf", "parameters"),
        *("paths", "properties", "requestBody", "responses", "schema", "schemas"),
    }
)
_VERSION: Final = r"3\.[01](\.[0-9]+)?"
_VALUES: Final = 200_000
_KEPT: Final = 5_000
_EXPANDED: Final = 10_000
_CHAIN: Final = 50
_TOO_MUCH: Final = "what is selected reaches too much to be one package; select fewer operations"
_MULTIPLIES: Final = "references multiply here, or lead on and on; describe it with objects"


def prune(document: Document) -> Document:
    """Leave what is selected, by `x-operations` or else by the extension, and what that reaches.

    Raises:
        RefusedError: Something is wrong with what is left, or with the selection.
    """
    problems = wrong_version(document)
    pruner = _Pruner(document)
    problems = problems or pruner.keep(select(document))
    if problems:
        raise RefusedError(problems)
    return pruner.result()


def wrong_version(document: Document) -> list[Problem]:
    """Whether a document is of a version of OpenAPI that is not read here."""
    version = str(document.data.get("openapi"))
    if "swagger" in document.data:
        pointer = "/swagger"
        text = "Swagger 2.0 is not supported; convert it: npx swagger2openapi --outfile new.yaml"
    elif version.startswith("3.2"):
        pointer = "/openapi"
        text = "OpenAPI 3.2 is not supported; where nothing is new in it, write `openapi: 3.1.1`"
    elif not re.fullmatch(_VERSION, version):
        pointer = "/openapi"
        text = "write `openapi: 3.1.0`; 3.0 and 3.1 are supported"
    else:
        return []
    return [document.problem(pointer, text)]


class _Pruner:
    """What is kept of a document."""

    def __init__(self, document: Document) -> None:
        self._problems: list[Problem] = []
        self._document = document
        self._components = mapping(document.data.get("components"))
        self._sources = dict(document.sources)
        self._operations: list[RawOperation] = []
        self._paths: Mapping = {}
        self._kept: dict[tuple[str, str], Any] = {}
        """Components, by kind and key."""
        self._hoisted: dict[str, str] = {}
        """The reference to what stood outside of the components, by its pointer."""
        self._waiting: list[tuple[tuple[str, str], str]] = []
        """Components to be looked at, each with the pointer of what it is made of."""
        self._known: set[tuple[str, str]] = set()
        self._reached: list[str] = []
        self._values = 0

    def keep(self, operations: list[RawOperation]) -> list[Problem]:
        """Keep `operations` and what they reach; what is wrong with that."""
        self._operations = operations
        for operation in operations:
            self._take(operation)
        if self._shares_security():
            self._require(self._document.data.get("security"))
        if all("security" not in owner for owner in self._owners()):
            # Nothing says that a key is needed, or which; where there is one it can be given.
            self._require([mapping(self._components.get("securitySchemes"))])
        while self._waiting:
            name, pointer = self._waiting.pop()
            self._reached.append(pointer)
            self._kept[name] = self._copy(self._document.at(pointer), pointer, "")
            if len(self._kept) > _KEPT:
                text = f"more than {_KEPT} components are reached; select fewer operations"
                raise RefusedError([self._document.problem("/components", text)])
        if not self._problems:
            self._problems += _Measure(self._document, self._kept).problems()
        return self._problems + self._faults()

    def result(self) -> Document:
        """The document, with no more than that."""
        data = self._document.data
        components: Mapping = {}
        order = [(kind, key) for kind, part in self._components.items() for key in mapping(part)]
        for kind, key in dict.fromkeys([*order, *self._kept]):
            if (kind, key) in self._kept:
                components.setdefault(kind, {})[key] = self._kept[kind, key]
        result: Mapping = {key: item for key, item in data.items() if key in _ROOT}
        if not self._shares_security():
            result.pop("security", None)
        used = {tag for op in self._operations for tag in map(str, sequence(op.value.get("tags")))}
        tags: list[Any] = []
        for i, tag in enumerate(sequence(data.get("tags"))):
            if str(mapping(tag).get("name")) in used:
                self._sources |= moved(self._document, f"/tags/{len(tags)}", f"/tags/{i}")
                tags.append(tag)
        result |= {"tags": tags} if tags else {}
        result |= {"paths": self._paths}
        result |= {"components": components} if components else {}
        return replace(self._document, data=result, sources=self._sources)

    def _add(self, pointer: str, message: str) -> None:
        self._problems.append(self._document.problem(pointer, message))

    def _take(self, operation: RawOperation) -> None:
        path, method, pointer, value = operation
        around, target = parent(pointer), joined(["paths", path])
        if path not in self._paths:
            item = mapping(self._document.at(around))
            common = {key: value for key, value in item.items() if key not in HTTP_METHODS}
            self._paths[path] = self._copy(common, around, "")
            if around != target:
                self._sources |= moved(self._document, target, around)
            self._reached += [f"{around}/{escaped(key)}" for key in common]
        self._paths[path][method] = self._copy(value, pointer, "")
        self._reached.append(pointer)

    def _owners(self) -> list[Mapping]:
        return [self._document.data, *(op.value for op in self._operations)]

    def _shares_security(self) -> bool:
        return any("security" not in op.value for op in self._operations)

    def _require(self, requirements: Any) -> None:
        for requirement in sequence(requirements):
            for name in mapping(requirement):
                if name in mapping(self._components.get("securitySchemes")):
                    self._reach("securitySchemes", name)

    def _reach(self, kind: str, key: str) -> None:
        if (kind, key) not in self._known:
            self._known.add((kind, key))
            pointer = joined(["components", kind, key])
            self._waiting.append(((kind, key), pointer))

    def _copy(self, value: Any, pointer: str, key: str, *, named: bool = False) -> Any:
        """What is kept of a value; `key` is what it stands below."""
        self._values += 1 + (len(value) // 100 if isinstance(value, str) else 0)
        if self._values > _VALUES:
            raise RefusedError([self._document.problem(pointer, _TOO_MUCH)])
        if is_sequence(value):
            return [self._copy(item, f"{pointer}/{i}", key) for i, item in enumerate(value)]
        if not is_mapping(value):
            return value
        if not named and isinstance(value.get("$ref"), str):
            value = self._refer(value, pointer, key)
        result: Mapping = {}
        for name, item in value.items():
            inner = f"{pointer}/{escaped(name)}"
            if named:
                result[name] = self._copy(item, inner, key)
            elif name in _OPAQUE or name.startswith("x-"):
                result[name] = item
            elif name == "examples":
                result[name] = self._examples(item)
            elif name not in _LEFT_OUT:
                if name == "security":
                    self._require(item)
                elif name == "discriminator":
                    self._map(mapping(mapping(item).get("mapping")), inner)
                is_named = name in _NAMED and is_mapping(item)
                result[name] = self._copy(item, inner, name, named=is_named)
        return result

    def _refer(self, value: Mapping, pointer: str, key: str) -> Mapping:
        """A reference, to a component."""
        reference = str(value["$ref"])
        target = local_pointer(reference)
        there = None if target is None else self._document.at(target)
        if target is None or not (is_mapping(there) or isinstance(there, bool)):
            message = "leads nowhere; correct it, or add what it names"
            if target is None and not reference.startswith("#"):
                message = "leads out of this document; copy what it means into `components`"
            self._add(f"{pointer}/$ref", f"the reference {shown(reference)} {message}")
            return value
        kind, *rest = tokens(target)[1:] or [""]
        if target.startswith("/components/") and rest:
            self._reach(kind, rest[0])
            return value
        return {**value, "$ref": self._hoist(target, _KINDS.get(key, "schemas"))}

    def _hoist(self, target: str, kind: str) -> str:
        """Give what stands elsewhere a place in the components."""
        if target not in self._hoisted:
            words = [
                token for token in tokens(target) if token not in _GENERIC and "/" not in token
            ]
            text = "_".join(re.findall("[A-Za-z0-9]+", " ".join(words[-2:])))[:60]
            names = chain([text or "Part"], (f"{text or 'Part'}{i}" for i in count(2)))
            taken = mapping(self._components.get(kind))
            name = next(n for n in names if n not in taken and (kind, n) not in self._known)
            self._known.add((kind, name))
            self._waiting.append(((kind, name), target))
            self._sources |= moved(self._document, f"/components/{kind}/{name}", target)
            self._hoisted[target] = f"#/components/{kind}/{name}"
        return self._hoisted[target]

    def _map(self, words: Mapping, pointer: str) -> None:
        """Reach what a discriminator names."""
        for word, target in words.items():
            local = local_pointer(str(target)) or f"/components/schemas/{escaped(str(target))}"
            kind, *rest = tokens(local)[1:] or [""]
            if not local.startswith("/components/") or self._document.at(local) is None:
                message = f"{shown(target)} names no schema; correct it, or add what it names"
                self._add(f"{pointer}/mapping/{escaped(word)}", message)
            elif rest:
                self._reach(kind, rest[0])

    def _examples(self, value: Any) -> Any:
        """Examples, without those that stand elsewhere: nothing that is generated needs them."""
        if not is_mapping(value):
            return value
        return {key: item for key, item in value.items() if "$ref" not in mapping(item)}

    def _faults(self) -> list[Problem]:
        """What is wrong with the text of the parts that are kept."""
        source = self._document.source
        roots = [f"/{key}" for key in (*_ROOT, "tags")]
        origins = [self._document.origin(pointer) for pointer in (*roots, *self._reached)]
        pointers = [origin.pointer for origin in origins if origin.source is source]
        return [
            fault
            for fault in source.faults
            if any(_overlap(fault.pointer, pointer) for pointer in pointers)
        ]


class _Measure:
    """Looks for references that multiply without end, or lead on and on, where no object stops it.

    Args:
        document: Where the components stand.
        components: Their values, by kind and key.
    """

    def __init__(self, document: Document, components: dict[tuple[str, str], Any]) -> None:
        self._document = document
        self._components = components
        self._measured: dict[str, tuple[int, int]] = {}

    def problems(self) -> list[Problem]:
        """The first component that is too large or too deep."""
        for (kind, key), value in self._components.items():
            left: list[Any] = [value]
            while left:
                part = left.pop()
                if is_sequence(part):
                    left += part
                elif is_mapping(part):
                    left += part.values()
                    size, height = self._measure(part, 0)
                    if size > _EXPANDED or height > _CHAIN:
                        pointer = joined(["components", kind, key])
                        return [self._document.problem(pointer, _MULTIPLIES)]
        return []

    def _measure(self, schema: Any, depth: int) -> tuple[int, int]:
        """How many schemas it takes to spell one out, and how deep they nest."""
        if depth > _CHAIN:
            return 1, depth
        reference = mapping(schema).get("$ref")
        if isinstance(reference, str):
            if reference in self._measured:
                return self._measured[reference]
            self._measured[reference] = 1, 0  # for whoever comes back here in a circle
        parts: list[Any] = []
        for key, value in mapping(schema).items():
            if key == "$ref" and isinstance(value, str):
                parts.append(self._target(value))
            elif key in ("allOf", "anyOf", "oneOf"):
                parts += sequence(value)
            elif key in ("additionalProperties", "items"):
                parts.append(value)
        sizes = [self._measure(part, depth + 1) for part in parts]
        size = min(1 + sum(part for part, _ in sizes), _EXPANDED + 1)
        measured = size, 1 + max((height for _, height in sizes), default=0)
        if isinstance(reference, str):
            self._measured[reference] = measured
        return measured

    def _target(self, reference: str) -> Any:
        _, kind, key, *rest = [*tokens(local_pointer(reference) or ""), "", "", ""]
        return at(self._components.get((kind, key)), joined(rest[:-3]))


def _overlap(one: str, other: str) -> bool:
    return is_within(one, other) or is_within(other, one)
