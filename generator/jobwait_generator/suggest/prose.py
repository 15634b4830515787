"""What a document says in words: the words of a status, and how often to ask."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from ..model.schemas import Node
from .vocabulary import is_resource, meanings

POLLS: Final = re.compile(
    r"\b(poll\w*|(check|get|retrieve|query|fetch)\w* (the )?(current )?"
    r"([\w-]+ )?(status|state|progress|result)|status of|still (running|processing))\b",
    re.IGNORECASE,
)
_WORD: Final = r"[A-Za-z][A-Za-z0-9_-]{0,40}"
_QUOTED: Final = re.compile(rf"[`'\"]({_WORD}(?: {_WORD}){{0,3}})[`'\"]|\*\*({_WORD})\*\*")
_BETWEEN: Final = re.compile(r"[\s,;/|()]*(?:(?:and|or)\b)?[\s,;/|()]*")
_ITEM: Final = re.compile(
    rf"^[ \t]*[-*+|][ \t]*[`'\"*]*({_WORD})[`'\"*]*[ \t]*(?:[:|\u2013\u2014-]|$)", re.MULTILINE
)
_LISTED: Final = re.compile(
    r"\b(?:one of|values?(?: are)?|can be|either|stat(?:us|e)\b[^.:\n]{0,40}:)\s*:?\s*"
    rf"({_WORD}(?:(?:\s*[,|/]\s*|\s*,?\s+or\s+){_WORD})+)",
    re.IGNORECASE,
)
_NO_STATUS: Final = frozenset(
    {"false", "name", "null", "state", "status", "string", "true", "undefined", "value", "word"}
)
_READ: Final = 4000

_NUMBERS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "sixty": 60,
}
_NUMBER: Final = rf"\d+(?:\.\d+)?|{'|'.join(_NUMBERS)}"
_UNITS: Final = {"ms": 0.001, "mi": 60.0, "ho": 3600.0, "h": 3600.0}
_SPAN: Final = (
    rf"(?:\b(?P<low>{_NUMBER})(?:\s*(?:-|\u2013|to|and|or)\s*(?P<high>{_NUMBER}))?[\s-]*"
    r"(?P<unit>ms|milliseconds?|s|secs?|seconds?|mins?|minutes?|hours?)\b"
    r"|\b(?P<single>second|minute)\b)"
)
_BEFORE: Final = re.compile(
    r"\b(?:every|each|once|per|least|most|than|intervals?(?: of)?|between|wait|delay of)\b"
    rf"[^.\n]{{0,30}}?{_SPAN}",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(rf"{_SPAN}[\s-]*(?:intervals?|apart|between)\b", re.IGNORECASE)
_ASKING: Final = re.compile(
    r"\b(poll\w*|check\w*|ask\w*|quer(y|ies|ying)|retr(y|ies|ying)|requests?|call|status|again"
    r"|intervals?)\b",
    re.IGNORECASE,
)
_NOT_ASKING: Final = re.compile(
    r"\b(expir\w+|deleted|kept|retained|available|valid|rate.?limit\w*|for (at most|at least|up to)"
    r"|\d+ \w+ (per|a|every) (second|minute|hour))\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*])|\n\s*\n|\n(?=\s*[-*])")


class Pace(NamedTuple):
    """How often a document says to ask, in seconds."""

    initial: float
    maximum: float
    timeout: float
    quote: str
    """The words that say it."""


def described_words(places: Iterable[Node]) -> list[str]:
    """The words of a status that its description lists, known or not.

    A list has at least two words that are known; of other words in quotes, only those are taken.
    """
    words: dict[str, None] = {}
    for schema, _ in places:
        text = schema.get("description")
        if isinstance(text, str):
            for run in _runs(text[:_READ]):
                known = [word for word in run if _is_known(word)]
                words |= dict.fromkeys(run if len(known) > 1 else known)
    return [word for word in words if word.lower() not in _NO_STATUS]


def _runs(text: str) -> list[list[str]]:
    """Words that stand in one list."""
    runs: list[list[str]] = [[]]
    end = 0
    for match in _QUOTED.finditer(text):
        if not _BETWEEN.fullmatch(text[end : match.start()]):
            runs.append([])
        runs[-1].append(match[1] or match[2])
        end = match.end()
    runs.append(_ITEM.findall(text))
    listed = _LISTED.findall(text) if not any(runs) else ()
    runs += [re.findall(_WORD, re.sub(r"\bor\b", " ", words)) for words in listed]
    return runs


def _is_known(word: str) -> bool:
    return bool(meanings([word])[word].state) or is_resource(word)


def pace(texts: Iterable[str]) -> Pace | None:
    """How often to ask, by the first sentence that says it."""
    for text in texts:
        for sentence in _SENTENCE.split(text[:_READ]):
            if not _ASKING.search(sentence) or _NOT_ASKING.search(sentence):
                continue
            span = _BEFORE.search(sentence) or _AFTER.search(sentence)
            if span and (result := _pace(span, " ".join(sentence.split()))):
                return result
    return None


def _pace(span: re.Match[str], sentence: str) -> Pace | None:
    word = (span["single"] or span["unit"]).lower()
    short = word == "ms" or word.startswith("milli")
    unit = 0.001 if short else _UNITS.get(word[:2], 1.0)
    low = _number(span["low"] or "1") * unit
    high = max(low, _number(span["high"] or "0") * unit)
    if not 0.05 <= low <= 3600:
        return None
    maximum = max(high, 10.0) if span["high"] is None else high
    return Pace(low, maximum, max(300.0, 10 * maximum), sentence)


def _number(text: str) -> float:
    return float(_NUMBERS.get(text.lower(), 0) or text)
