"""A file as plain values, with the line of each."""

from __future__ import annotations

import hashlib
import json
import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from yaml import Node

from ..problems import Problem, RefusedError
from .pointer import tokens
from .values import MAX_DEPTH, MAX_KEY, MAX_VALUES, Mapping, is_mapping, is_sequence

BYTES: Final = 20_000_000
"""No document that people publish is larger, and no larger file is read."""

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class Source:
    """A file of plain JSON values, keys strings however they were written."""

    def __init__(
        self,
        file: str,
        content: bytes,
        label: str | None = None,
        *,
        begins: str = "openapi: 3.1.0",
    ) -> None:
        """Read YAML 1.2, of which JSON is a part, with the merge keys of 1.1.

        Args:
            file: What messages call it.
            content: What stands in it.
            label: What a package made of it calls it, if not the same.
            begins: The first line of such a file, for the message where it is no mapping.

        Raises:
            RefusedError: It is no such thing, or not a mapping.
        """
        if len(content) > BYTES:
            raise RefusedError([Problem(file, 1, "", too_long(len(content)))])
        self.file = file
        self.label: str = file if label is None else label
        self._content = content
        self.is_json: bool = file.endswith(".json")
        """Whether it is JSON, and not just YAML."""
        data = self._quick()
        self.faults: list[Problem] = []
        """What is wrong in single places; it concerns those who use them."""
        if data is None and self._node is not None:
            from .nodes import ValueReader

            reader = ValueReader(file)
            data, self.faults = reader.read(self._node), reader.faults
        if not is_mapping(data):
            text = f"the document is not a mapping; begin it with `{begins}`"
            raise RefusedError([Problem(file, 1, "", text)])
        self.data: Mapping = data

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the content, with the line ends of Unix."""
        return digest(self._content)

    def line(self, pointer: str) -> int:
        """The line of the value at a JSON Pointer, or of the nearest around it."""
        from .nodes import line_at

        return line_at(self._node, tokens(pointer))

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
    def _node(self) -> Node | None:
        # Imported here: PyYAML is of no use to whoever has good JSON, or lacks the tools.
        from .nodes import compose_json, compose_yaml

        return (compose_json if self.is_json else compose_yaml)(self.file, self._content)


def too_long(size: int) -> str:
    """What to say of a file that is not read."""
    return f"{size} bytes are more than the {BYTES} that are read; cut away what is not needed"


def _is_small(data: Any) -> bool:
    """Whether plain values are within the limits."""
    left = [(data, 1)]
    size = 0
    while left:
        value, depth = left.pop()
        size += 1
        if is_mapping(value):
            if any(len(key) > MAX_KEY for key in value):
                return False
            left += [(item, depth + 1) for item in value.values()]
        elif is_sequence(value):
            left += [(item, depth + 1) for item in value]
        elif isinstance(value, str):
            size += len(value) // 100
        elif isinstance(value, float) and not math.isfinite(value):
            return False
        if size > MAX_VALUES or depth > MAX_DEPTH:
            return False
    return True


def digest(content: bytes) -> str:
    """The SHA-256 of a file, with the line ends of Unix."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
