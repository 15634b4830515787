"""What a document has to be for a package to be made of it: every problem, not only the first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..document.document import EXTENSION, VARIABLE, is_provider
from ..model.api import Api, Operation
from ..problems import Problem
from .requests import HEADER, request_problems
from .sizes import oversized
from .waiting import waiting_problems

_SERVER: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:([0-9]{1,5}))?(/[A-Za-z0-9._~/-]*)?")
_STATUS: Final = re.compile(r"[1-5]([0-9][0-9]|XX)|default")
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_OWN_HEADERS: Final = frozenset(
    {"connection", "content-length", "host", "transfer-encoding", "upgrade"}
)
_SCHEMES: Final = "/components/securitySchemes"


def check(api: Api) -> list[Problem]:
    """Every problem of a document in normal form."""
    if not is_provider(api.document.name):
        message = "name the file after the provider, in lower case: `docurift.yaml`"
        return [api.document.problem("", message)]
    rules = (_server, _operations, _credentials)
    return [*oversized(api.document), *(problem for rule in rules for problem in rule(api))]


def _server(api: Api) -> Iterator[Problem]:
    match = _SERVER.fullmatch(api.server)
    if api.server and (match is None or int(match[2] or 0) > 65535):
        message = "write a whole URL without variables or query: https://api.example.com"
        yield api.document.problem("/servers/0/url", message)


def _operations(api: Api) -> Iterator[Problem]:
    links = {link.operation.pointer for op, _ in api.waiting for link in api.links(op)}
    for operation in api.operations:
        yield from request_problems(api, operation)
        yield from _responses(api, operation)
        if operation.waiting is not None:
            yield from waiting_problems(api, operation, operation.waiting)
        elif operation.pointer not in links:
            message = f"add `{EXTENSION}`: it tells when the job is done"
            yield api.document.problem(operation.pointer, message)


def _responses(api: Api, operation: Operation) -> Iterator[Problem]:
    for response in operation.responses:
        if not _STATUS.fullmatch(response.status):
            message = "this is no HTTP status; write one, `4XX` or `default`"
            yield api.document.problem(response.pointer, message)
    if operation.body is None and operation.waiting is not None:
        message = "add a 200 response with an `application/json` schema: the job's"
        yield api.document.problem(f"{operation.pointer}/responses/200", message)


def _credentials(api: Api) -> Iterator[Problem]:
    """One key may be in the environment, and each has an argument and a header of its own."""
    for credential in api.credentials:
        if not credential.in_query and not HEADER.fullmatch(credential.header):
            message = "this is not the name of an HTTP header; correct it"
            yield api.document.problem(f"{credential.pointer}/name", message)
        elif credential.header.lower() in _OWN_HEADERS:
            message = "HTTP itself needs this header; correct it"
            yield api.document.problem(f"{credential.pointer}/name", message)
        if credential.variable is not None and not _VARIABLE.fullmatch(credential.variable):
            message = "write a name in capitals, such as `EXAMPLE_API_KEY`"
            yield api.document.problem(f"{credential.pointer}/{VARIABLE}", message)
    parameters = [credential.parameter for credential in api.credentials]
    if not parameters:
        return
    if parameters.count("api_key") != 1:
        message = f"put `{VARIABLE}` on exactly one scheme: the one of `api_key=`"
        yield api.document.problem(api.credentials[0].pointer, message)
    elif len(set(parameters)) < len(parameters):
        message = "two of these would be one argument of the client; rename one"
        yield api.document.problem(_SCHEMES, message)
    elif api.sends_several and len({c.header.lower() for c in api.credentials}) < len(parameters):
        message = "two schemes use one header; remove one of them"
        yield api.document.problem(_SCHEMES, message)


def shared_variables(
    apis: Sequence[Api], others: Mapping[str, Mapping[str, str]]
) -> Iterator[Problem]:
    """Environment variables of several documents: one would send its key to another's provider.

    Args:
        apis: The documents.
        others: The claims of packages beside theirs, by what these packages are made of.
    """
    owners = {variable: file for file, claims in others.items() for variable in claims.values()}
    for api in apis:
        for pointer, variable in api.claims.items():
            label = api.document.source.label
            owner = owners.setdefault(variable, label)
            if owner != label:
                message = f"this is also that of {owner}; give each its own"
                yield api.document.problem(f"{pointer}/{VARIABLE}", message)
