"""The public names of a package, read from its code by griffe, without importing it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final

import griffe

_ENUMS: Final = {"StrEnum": "str", "IntEnum": "int"}
_DEFAULT: Final = re.compile(r"\b(default|factory)=")
_LAYER: Final = re.compile(r"\b_?jobwait\.")
_MIRROR: Final = re.compile(r"Async(?=[A-Z])")


class Sort(StrEnum):
    """What a name stands for."""

    MODEL = "model"
    ENUM = "enum"
    ALIAS = "alias"
    CLASS = "class"
    """Another class."""
    IMPORT = "import"
    """Something of the layer."""
    CONSTANT = "constant"
    FIELD = "field"
    MEMBER = "member"
    """One of an enum."""
    RESOURCE = "resource"
    METHOD = "method"
    PARAMETER = "parameter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Something that programs can name."""

    name: str
    """As users write it: `client.jobs.get_job(id)`."""
    owner: str
    """The name that it belongs to; empty for the package."""
    sort: Sort
    annotation: str = ""
    """Its type; what a method returns, an alias stands for, or a member's value."""
    required: bool = False
    is_keyword: bool = False
    """Whether it is an argument that cannot be passed by position."""

    @property
    def last(self) -> str:
        """The name without its owner's."""
        return self.name.removeprefix(self.owner).strip(".()")


@dataclass(frozen=True)
class Code:
    """The code of a package."""

    package: str
    """Its import name."""
    modules: dict[str, griffe.Module]
    names: dict[str, Name]
    """In the order of the code."""
    resources: dict[str, str]
    """The class of each resource, by such names as `client.jobs`."""
    enums: dict[str, str]
    """The type of the members of each enum."""
    homes: set[str]
    """The modules that define what users name."""

    @cached_property
    def children(self) -> dict[str, dict[str, Name]]:
        """The names that belong to each name; to the empty one those of the package."""
        result: dict[str, dict[str, Name]] = {}
        for name, item in self.names.items():
            result.setdefault(item.owner, {})[name] = item
        return result

    def name_of(self, path: str) -> str:
        """What users call the object at a path of griffe's; empty if it has no name of theirs.

        A class that mirrors another one, such as `AsyncClient` and those of raw responses, goes by
        the name of that one.
        """
        module, _, inner = path.removeprefix(f"{self.package}.").partition(".")
        if module not in self.modules or not inner:
            return ""
        owner, _, rest = inner.partition(".")
        owner = _MIRROR.sub("", owner).removesuffix("WithRawResponse")
        for resource, kind in self.resources.items():
            if kind == owner:
                owner = resource
        if owner == "Client":
            owner, rest = ("Client", "") if rest in ("", "__init__") else ("client", rest)
        return f"{owner}.{rest}" if rest else owner


def read_code(package: str, files: Mapping[str, str]) -> Code:
    """Read the code of a package.

    Args:
        package: Its import name.
        files: The text of its files, by their names in the folder of the distribution.

    Raises:
        SyntaxError: Some of it is no Python.
    """
    start = f"{package}/__init__.py"
    root = griffe.visit(package, Path(start), files[start])
    modules: dict[str, griffe.Module] = {}
    for path, text in files.items():
        name = path.removeprefix(f"{package}/").removesuffix(".py")
        if path == f"{package}/{name}.py" and name.isidentifier() and path != start:
            modules[name] = griffe.visit(name, Path(path), text, parent=root)
    return _Reader(package, root, modules).code()


class _Reader:
    def __init__(
        self, package: str, root: griffe.Module, modules: dict[str, griffe.Module]
    ) -> None:
        self._root = root
        self._code = Code(package, modules, {}, {}, {}, set())

    def code(self) -> Code:
        names = [str(name) for name in self._root.exports or ()]
        values = {name: self._defined(self._root, name) for name in names}
        for name in sorted(names, key=lambda name: getattr(values[name], "lineno", None) or 0):
            for item in self._exported(name, values[name]):
                self._code.names[item.name] = item
        return self._code

    def _defined(self, module: griffe.Module, name: str) -> griffe.Object | None:
        """What a name in a module stands for; None for what another distribution defines."""
        member = module.members.get(name)
        if isinstance(member, griffe.Alias):
            path, _, inner = member.target_path.rpartition(".")
            home = self._code.modules.get(path.removeprefix(f"{self._code.package}."))
            return self._defined(home, inner) if home and home is not module else None
        return member

    def _exported(self, name: str, value: griffe.Object | None) -> Iterator[Name]:
        if value is not None and value.module is not self._root:
            self._code.homes.add(value.module.name)
        if isinstance(value, griffe.Class):
            yield from self._class(name, value)
        elif isinstance(value, griffe.Attribute):
            is_alias = str(value.annotation) == "TypeAlias"
            text = _text(value.value) if is_alias else ""
            sort = Sort.ALIAS if is_alias else Sort.CONSTANT
            yield Name(name=name, owner="", sort=sort, annotation=text)
        else:
            yield Name(name=name, owner="", sort=Sort.IMPORT)

    def _class(self, name: str, value: griffe.Class) -> Iterator[Name]:
        bases = {_text(base) for base in value.bases}
        kinds = [_ENUMS[base] for base in bases if base in _ENUMS]
        if kinds:
            self._code.enums[name] = kinds[0]
            yield Name(name=name, owner="", sort=Sort.ENUM)
            for item in _attributes(value):
                text = _text(item.value)
                yield Name(
                    name=f"{name}.{item.name}", owner=name, sort=Sort.MEMBER, annotation=text
                )
        elif name == "Client":
            yield Name(name=name, owner="", sort=Sort.CLASS)
            yield from self._client(value)
        elif bases & {"Model", "UnknownVariant"}:
            yield Name(name=name, owner="", sort=Sort.MODEL)
            yield from map(_field, _attributes(value))
        else:
            # A package derives errors of its own where it knows more of their jobs.
            is_error = value.module.name == "_errors"
            yield Name(name=name, owner="", sort=Sort.IMPORT if is_error else Sort.CLASS)

    def _client(self, value: griffe.Class) -> Iterator[Name]:
        start = value.members.get("__init__")
        if isinstance(start, griffe.Function):
            yield from _parameters("Client", start)
        for member in value.members.values():
            if not isinstance(member, griffe.Attribute) or "property" not in member.labels:
                continue
            kind = self._defined(value.module, str(member.annotation))
            if isinstance(kind, griffe.Class):
                resource = f"client.{member.name}"
                self._code.homes.add(kind.module.name)
                self._code.resources[resource] = kind.name
                yield Name(name=resource, owner="client", sort=Sort.RESOURCE)
                yield from _methods(resource, kind)


def _attributes(owner: griffe.Class) -> Iterator[griffe.Attribute]:
    for member in owner.members.values():
        if isinstance(member, griffe.Attribute) and not member.name.startswith("_"):
            yield member


def _field(item: griffe.Attribute) -> Name:
    owner = item.path.split(".")[-2]
    value = "" if item.value is None else str(item.value)
    required = not value or (value.startswith("field(") and not _DEFAULT.search(value))
    return Name(
        name=f"{owner}.{item.name}",
        owner=owner,
        sort=Sort.FIELD,
        annotation=_text(item.annotation),
        required=required,
    )


def _methods(resource: str, kind: griffe.Class) -> Iterator[Name]:
    for member in kind.members.values():
        if isinstance(member, griffe.Function) and not member.name.startswith("_"):
            name = f"{resource}.{member.name}"
            returns = _text(member.returns)
            yield Name(name=name, owner=resource, sort=Sort.METHOD, annotation=returns)
            yield from _parameters(name, member)


def _parameters(owner: str, function: griffe.Function) -> Iterator[Name]:
    for item in function.parameters:
        if item.name != "self":
            yield Name(
                name=f"{owner}({item.name})",
                owner=owner,
                sort=Sort.PARAMETER,
                annotation=_text(item.annotation),
                required=item.required,
                is_keyword=item.kind is griffe.ParameterKind.keyword_only,
            )


def _text(expression: str | griffe.Expr | None) -> str:
    """An expression, in which a name of the layer is the same with and without its module."""
    return _LAYER.sub("", str(expression))
