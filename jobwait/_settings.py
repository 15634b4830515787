"""What a user sets: keys, URLs, headers, ids and limits, checked before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from ._errors import ConfigurationError, InvalidArgumentError
from ._machine import seconds
from ._operation import ClientConfig, Id, IdT, Operation, Part
from ._pointer import parse_pointer, value_at

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def with_headers(headers: Mapping[str, str], more: Mapping[Any, Any] | None) -> dict[str, str]:
    """`headers` and `more`, whose entries take the place of those of the same name.

    Raises:
        ConfigurationError: One cannot be sent.
    """
    merged = dict(headers)
    for name, value in (more or {}).items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise ConfigurationError(f"{name!r} is not the name of a header")
        if name.lower() in ("content-length", "transfer-encoding"):
            raise ConfigurationError(f"{name} is for the transport to set")
        if not _sendable(value):
            raise ConfigurationError(
                f"the value for the header {name} has characters that no header can carry"
            )
        for known in [known for known in merged if known.lower() == name.lower()]:
            del merged[known]
        merged[name] = value
    return merged


def secrets_in(config: ClientConfig, headers: Mapping[str, str]) -> frozenset[str]:
    """The keys in the headers that carry credentials."""
    return frozenset(
        value.removeprefix(credential.prefix)
        for credential in config.credentials
        for name, value in headers.items()
        if name.lower() == credential.header.lower()
    )


def timeout_seconds(value: float) -> float:
    if seconds("timeout", value) == 0:
        raise InvalidArgumentError("timeout is the time that a request may take, so more than 0")
    return float(value)


def whole_retries(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidArgumentError(f"max_retries is a whole number, 0 or more, not {value!r}")
    return value


def plain_base_url(config: ClientConfig, given: object) -> str:
    text = config.base_url if given is None else str(given)
    if not text:
        message = f"the document of {config.title} names no server: pass base_url="
        raise ConfigurationError(message)
    try:
        parts = urlsplit(text)
        # Written anew, a URL has its scheme in lower case, and no `?` or `#` without what follows.
        url = parts.geturl().rstrip("/?#")
        host = (parts.hostname or "").encode("idna")
        valid = (
            parts.scheme in ("http", "https")
            and bool(host)
            and parts.port != 0
            and not (parts.query or parts.fragment or "@" in parts.netloc)
            and re.fullmatch(r"[!-~]+", text) is not None
        )
    except ValueError:
        valid, url = False, ""
    if not valid:
        shown = "one with a user" if "@" in text else repr(text)
        raise ConfigurationError(
            "base_url is like https://host, https://host:port or https://host/prefix, in ASCII, "
            f"without a user, a query or a fragment, not {shown}"
        )
    return url


class Keys(NamedTuple):
    """Where the keys go."""

    headers: dict[str, str]
    query: dict[str, str]


def keys_of(config: ClientConfig, given: Mapping[str, Any]) -> Keys:
    """The keys, where requests carry them; an error never shows one."""
    chosen = [
        (credential, key, credential.parameter)
        for credential in config.credentials
        if (key := given.get(credential.parameter)) is not None
    ]
    names = " or ".join(f"{credential.parameter}=" for credential in config.credentials)
    if len(chosen) > 1 and not config.keys_together:
        raise ConfigurationError(f"give {names}, not both")
    variables = [
        (credential, variable)
        for credential in config.credentials
        if (variable := credential.environment_variable) is not None
    ]
    if not chosen or config.keys_together:
        taken = [credential for credential, _, _ in chosen]
        chosen += [
            (credential, key, variable)
            for credential, variable in variables
            if credential not in taken and (key := os.environ.get(variable)) is not None
        ]
    where = f"pass {names} or set {' or '.join(variable for _, variable in variables)}"
    if not chosen and config.key_required:
        raise ConfigurationError(f"no key for {config.title}: {where}")
    keys = Keys({}, {})
    for credential, key, source in chosen if config.keys_together else chosen[:1]:
        fault = _fault_of(key, credential.prefix)
        if fault:
            raise ConfigurationError(f"the key for {config.title} in {source} {fault}: {where}")
        carried = keys.query if credential.in_query else keys.headers
        carried[credential.header] = credential.prefix + (
            _basic(key) if credential.is_basic else key
        )
    return keys


def _basic(key: str) -> str:
    from base64 import b64encode

    return b64encode(key.encode()).decode()


def _fault_of(key: object, prefix: str) -> str | None:
    """Why no header can carry a key, without showing it."""
    if not isinstance(key, str):
        return f"is of type {type(key).__name__}, not str"
    if not key.strip():
        return "is empty"
    if key != key.strip():
        return "begins or ends with white space, a line break perhaps"
    if prefix and key.lower().startswith(prefix.lower()):
        return f"begins with the word {prefix.strip()}, which is added anyway"
    if not _sendable(key):
        return "has a character that no header can carry, a line break or a curly quote perhaps"
    return None


def id_values(operation: Operation[IdT, Any], job_id: IdT) -> list[str | int]:
    """The values that an id consists of, as they are sent."""
    parts = operation.id_parts
    values: tuple[Any, ...] = (job_id,)
    if len(parts) != 1:
        values = job_id if isinstance(job_id, tuple) else ()
        if len(values) != len(parts):
            names = ", ".join(part.name for part in parts)
            raise _bad_id(operation, f"is a tuple of {len(parts)} parts ({names})")
    return [
        value if part.kind is int and part.location == "body" else text
        for part, value in zip(parts, values, strict=True)
        for text in [_id_text(operation, part, value)]
    ]


def needs_body(operation: Operation[Any, Any]) -> bool:
    """Whether the id of a result stands in the body that tells the job's status."""
    return any(isinstance(source, str) for source in operation.sources)


def result_id(operation: Operation[Any, Any], job_id: Id, body: bytes | bool) -> Any:
    """The id that an operation takes, from that of a job and what was told of it.

    Raises:
        InvalidArgumentError: The job has none.
    """
    import json

    given: tuple[Any, ...] = (job_id,)
    if isinstance(job_id, tuple):
        given = job_id
    data: Any = json.loads(body) if isinstance(body, bytes) else None
    values: list[Any] = []
    for part, source in zip(operation.id_parts, operation.sources, strict=True):
        if isinstance(source, int):
            values.append(given[source])
            continue
        value = value_at(parse_pointer(source), data)
        if not isinstance(value, str | int):
            raise _bad_id(operation, f"is at {source}, where the job has none yet")
        values.append(value if part.kind is int else part.kind(str(value)))
    return values[0] if len(values) == 1 else tuple(values)


def _id_text(operation: Operation[Any, Any], part: Part, job_id: Any) -> str:
    wanted: type[Any] = part.kind
    if not isinstance(job_id, wanted) or isinstance(job_id, bool):
        hint = ""
        if isinstance(job_id, str) and wanted.__name__ == "UUID":
            hint = f": use UUID({job_id!r})"
        elif isinstance(job_id, str) and wanted is int and job_id.isdecimal():
            hint = f": use {job_id}"
        rule = f"is of type {wanted.__name__}, not {type(job_id).__name__}{hint}"
        raise _bad_id(operation, rule)
    try:
        # A string is its own text, also where it is the member of an enum.
        text = str.__str__(job_id) if isinstance(job_id, str) else str(job_id)
    except ValueError:
        raise _bad_id(operation, "is a number of fewer digits") from None
    if not text.strip():
        raise _bad_id(operation, "is not empty")
    unsafe = text in (".", "..") or "/" in text or "\\" in text
    if not text.isprintable() or (unsafe and part.location == "path"):
        raise _bad_id(operation, f"has no slash, dots alone or control characters, as {text!r} has")
    return text


def _bad_id(operation: Operation[Any, Any], rule: str) -> Exception:
    error = InvalidArgumentError(f"an id for {operation.operation_id} {rule}; nothing was sent")
    error.provider = operation.provider
    return error


def _sendable(value: object) -> bool:
    # Visible ASCII with single spaces inside: RFC 9110, section 5.5, less its obsolete parts.
    return isinstance(value, str) and re.fullmatch(r"[!-~]+([ \t]+[!-~]+)*", value) is not None
