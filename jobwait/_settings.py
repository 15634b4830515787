"""What a user sets: keys, URLs, headers, ids and limits, checked before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from ._errors import ConfigurationError, InvalidArgumentError
from ._machine import seconds
from ._operation import ClientConfig, IdT, JobOperation

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


def credential_header(config: ClientConfig, given: Mapping[str, Any]) -> dict[str, str]:
    """The header that carries the key; an error never shows it."""
    chosen = [
        (credential, key, credential.parameter)
        for credential in config.credentials
        if (key := given.get(credential.parameter)) is not None
    ]
    names = " or ".join(f"{credential.parameter}=" for credential in config.credentials)
    if len(chosen) > 1:
        raise ConfigurationError(f"give {names}, not both")
    variables = [
        (credential, variable)
        for credential in config.credentials
        if (variable := credential.environment_variable) is not None
    ]
    if not chosen:
        chosen = [
            (credential, key, variable)
            for credential, variable in variables
            if (key := os.environ.get(variable)) is not None
        ]
    where = f"pass {names} or set {' or '.join(variable for _, variable in variables)}"
    if not chosen:
        raise ConfigurationError(f"no key for {config.title}: {where}")
    credential, key, source = chosen[0]
    fault = _fault_of(key, credential.prefix)
    if fault:
        raise ConfigurationError(f"the key for {config.title} in {source} {fault}: {where}")
    return {credential.header: credential.prefix + key}


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


def id_text(operation: JobOperation[IdT, Any, Any, Any], job_id: IdT) -> str:
    wanted: type[Any] = operation.id_type
    if not isinstance(job_id, wanted) or isinstance(job_id, bool):
        hint = ""
        if isinstance(job_id, str) and wanted.__name__ == "UUID":
            hint = f": use UUID({job_id!r})"
        elif isinstance(job_id, str) and wanted is int and job_id.isdecimal():
            hint = f": use {job_id}"
        rule = f"is of type {wanted.__name__}, not {type(job_id).__name__}{hint}"
        raise _bad_id(operation, job_id, rule)
    try:
        # A string is its own text, also where it is the member of an enum.
        text = str.__str__(job_id) if isinstance(job_id, str) else str(job_id)
    except ValueError:
        raise _bad_id(operation, job_id, "is a number of fewer digits") from None
    if not text.strip():
        raise _bad_id(operation, job_id, "is not empty")
    if text in (".", "..") or "/" in text or "\\" in text or not text.isprintable():
        raise _bad_id(
            operation, job_id, f"has no slash, dots alone or control characters, as {text!r} has"
        )
    return text


def _bad_id(operation: JobOperation[Any, Any, Any, Any], job_id: Any, rule: str) -> Exception:
    error = InvalidArgumentError(f"an id for {operation.operation_id} {rule}; nothing was sent")
    error.provider = operation.provider
    return error


def _sendable(value: object) -> bool:
    # Visible ASCII with single spaces inside: RFC 9110, section 5.5, less its obsolete parts.
    return isinstance(value, str) and re.fullmatch(r"[!-~]+([ \t]+[!-~]+)*", value) is not None
