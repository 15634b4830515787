"""Keys out of what a server says: some answer with what they got, in one spelling or another."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ._auth import MIN_SECRET
from ._pointer import is_array, is_object

MAX_SECRETS: Final = 50
"""That are remembered; where keys change, the oldest are forgotten."""
MAX_LEVELS: Final = 100
"""Of nested JSON that is looked through."""

_ESCAPE: Final = re.compile(
    r"\\+u00([0-9a-f]{2})|%(?:25)*([0-9a-f]{2})|&#x0*([0-9a-f]{2});|&#0*([0-9]{1,3});|\\+",
    re.IGNORECASE,
)
_NO_URL_SAFE: Final = str.maketrans("-_", "+/")


class _Spelling(NamedTuple):
    literal: str
    pattern: re.Pattern[str]
    """The same with any character escaped."""
    is_base64: bool


class Redactor:
    """Takes keys out of text: as they are, escaped for JSON, URLs or HTML, and in base64.

    Threads may share one.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets: deque[str] = deque(maxlen=MAX_SECRETS)
        # Made when something is to be redacted, which most clients never do.
        self._spellings: tuple[_Spelling, ...] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Redact this key too from now on."""
        if len(secret) >= MIN_SECRET and secret not in self._secrets:
            self._secrets.append(secret)
            self._spellings = None

    def text(self, text: str) -> str:
        """`text` without a key."""
        spellings = self._spellings
        if spellings is None:
            spellings = tuple(
                spelling for secret in tuple(self._secrets) for spelling in _spellings(secret)
            )
            self._spellings = spellings
        # Most texts have no key in them, which is seen faster without the patterns.
        plain = _plain(text)
        base64 = plain.translate(_NO_URL_SAFE)
        for literal, pattern, is_base64 in spellings:
            # A key may itself have what looks like an escape.
            if (
                literal in text
                or literal in (base64 if is_base64 else plain)
                or _plain(literal) in plain
            ):
                text = pattern.sub("[redacted]", text)
        return text

    def beginning(self, text: str, limit: int) -> str:
        """The first characters of `text`, without a key that the cut leaves a part of."""
        if len(text) <= limit:
            return self.text(text)
        longest = 10 * max(map(len, self._secrets), default=0)  # if all of it is escaped
        redacted = self.text(text[: limit + longest])
        return f"{redacted[: max(0, min(limit, len(redacted) - longest))]}…"

    def json(self, value: Any, levels: int = MAX_LEVELS) -> Any:
        """Decoded JSON without a key.

        Raises:
            RecursionError: It is nested too deeply.
        """
        if isinstance(value, str):
            return self.text(value)
        if (is_object(value) or is_array(value)) and not levels:
            raise RecursionError
        if is_array(value):
            return [self.json(item, levels - 1) for item in value]
        if is_object(value):
            return {self.text(key): self.json(item, levels - 1) for key, item in value.items()}
        return value


def _plain(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    json, url, html, decimal = match.groups()
    digits = json or url or html
    if digits:
        return chr(int(digits, 16))
    return chr(int(decimal)) if decimal else ""


def _spellings(secret: str) -> list[_Spelling]:
    spellings = [_Spelling(secret, re.compile("".join(map(_spelled, secret))), is_base64=False)]
    for core in _base64(secret):
        pattern = "".join(map(_spelled, core)) + "[A-Za-z0-9+/_=-]*"
        spellings.append(_Spelling(core, re.compile(pattern), is_base64=True))
    return spellings


def _base64(secret: str) -> list[str]:
    """What the base64 of every text with `secret` in it has in it: three, for where it begins."""
    from base64 import b64encode

    cores: list[str] = []
    for before in range(3):
        data = bytes(before) + secret.encode()
        # A character is six bits; those that hold bits of the text around are left out.
        cores.append(b64encode(data)[-(-before * 8 // 6) : len(data) * 8 // 6].decode())
    return [core for core in cores if len(core) >= MIN_SECRET]


def _spelled(char: str) -> str:
    """A pattern of a character, escaped or not."""
    code = ord(char)
    literal = {"+": "[+-]", "/": "[/_]"}.get(char, re.escape(char))  # as in URL-safe base64
    return (
        rf"(?:\\{{0,4}}(?:{literal}|(?i:u00{code:02x}))|(?i:%(?:25)*{code:02x})"
        rf"|(?i:&#x0*{code:02x};)|&#0*{code};)"
    )
