"""What a request has to be: made of a job's id, and of what is always the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..document.pointer import parent
from ..model.api import Api, Operation
from ..model.requests import Part
from ..problems import Problem

HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""The name of a header."""

_VALUE: Final = re.compile(r"[!-~]+( [!-~]+)*")
_PATH: Final = re.compile(r"(/([A-Za-z0-9._~:@!$&'()*+,;=-]|\{[A-Za-z_][A-Za-z0-9_-]*\})*)+")


def request_problems(api: Api, operation: Operation) -> Iterator[Problem]:
    """What is wrong with the request of an operation."""
    request = operation.request
    if not _PATH.fullmatch(request.path):
        message = "this is not the path of a URL; correct it"
        yield api.document.problem(parent(operation.pointer), message)
    for part in request.parts:
        pointer, message = _part_problem(part)
        if message:
            yield api.document.problem(part.pointer + pointer, message)
    if not request.id_parts and operation.waiting is not None:
        message = "nothing in this request says which job; mark its id as `required`"
        yield api.document.problem(operation.pointer, message)


def _part_problem(part: Part) -> tuple[str, str]:
    """Where in a part something is wrong, and what; empty for nothing."""
    if part.location == "header" and not HEADER.fullmatch(part.name):
        return "/name", "this is not the name of an HTTP header; correct it"
    if part.location == "header" and not _VALUE.fullmatch(str(part.constant)):
        return "/schema/const", "no header can carry this; correct it"
    if part.location == "path" and part.constant is not None:
        return "/schema", "what is always the same stands in the path itself"
    if part.location != "body" and part.owner.get("style") is not None:
        return "/style", "a value is sent as it is; remove `style`"
    return "", ""
