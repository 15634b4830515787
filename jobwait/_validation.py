"""Checks of what a user sets, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from ._errors import ConfigurationError, InvalidArgumentError
from ._operation import ClientConfig

LONGEST: Final = 1e9
"""Seconds: some thirty years, which every system can still sleep."""
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"


def seconds(name: str, value: Any) -> float:
    """`value`, if it is a duration.

    Raises:
        InvalidArgumentError: It is negative, no number, or longer than any clock can tell.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and 0 <= value <= LONGEST):
        raise InvalidArgumentError(f"{name} is in seconds, from 0 to {LONGEST:g}, not {value!r}")
    return float(value)


def request_timeout(value: Any) -> float:
    """`value`, if it is the time that a request may take."""
    if seconds("timeout", value) == 0:
        raise InvalidArgumentError("timeout is the time that a request may take, so more than 0")
    return float(value)


def whole_number(name: str, value: Any, *, minimum: int = 0) -> int:
    """`value`, if it is a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise InvalidArgumentError(f"{name} is a whole number, {minimum} or more, not {value!r}")
    return value


def check_on_update(value: object) -> None:
    """Check the function that hears of polls.

    Raises:
        InvalidArgumentError: `value` is no function.
    """
    if value is not None and not callable(value):
        raise InvalidArgumentError(f"on_update is a function, not {value!r}")


def merged_headers(headers: Mapping[str, str], more: Any) -> dict[str, str]:
    """`headers` and `more`, whose entries take the place of those of the same name.

    Raises:
        ConfigurationError: One cannot be sent.
    """
    merged = dict(headers)
    try:
        added = dict[Any, Any]({} if more is None else more)
    except (TypeError, ValueError):
        kind = type(more).__name__
        raise ConfigurationError(f"headers is a mapping of names to values, not a {kind}") from None
    for name, value in added.items():
        if not isinstance(name, str) or not re.fullmatch(_TOKEN, name):
            raise ConfigurationError(f"{name!r} is not the name of a header")
        if name.lower() in ("content-length", "transfer-encoding"):
            raise ConfigurationError(f"{name} is for the transport to set")
        if not isinstance(value, str):
            kind = type(value).__name__
            raise ConfigurationError(
                f"the value for the header {name} is a str, not of type {kind}"
            )
        if not is_sendable(value):
            raise ConfigurationError(
                f"the value for the header {name} has characters that no header can carry"
            )
        for known in [known for known in merged if known.lower() == name.lower()]:
            del merged[known]
        merged[name] = value
    return merged


def is_sendable(value: str) -> bool:
    """Whether a header can carry `value`."""
    # Visible ASCII with single spaces inside: RFC 9110, section 5.5, less its obsolete parts.
    return re.fullmatch(r"[!-~]+([ \t]+[!-~]+)*", value) is not None


def plain_base_url(config: ClientConfig, base_url: object) -> str:
    """The URL before the operations' paths, without a slash at its end.

    Raises:
        ConfigurationError: It is none, or carries more than an origin and a path.
    """
    text = config.base_url if base_url is None else str(base_url)
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
