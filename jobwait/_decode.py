"""Decoded JSON to the types of annotations.

A decoder reads strictly, and raises the first `Mismatch`; or, for a `Report`, as far as it can: it
keeps what does not fit as it came, and takes note of it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from typing import (
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from ._pointer import is_array, is_object, write_pointer
from ._text import MAX_WORD, status_word
from ._unset import UNSET, Unset

MAX_MISMATCHES: Final = 1_000
"""Of one reading, in a report; what comes after is kept as it came, but not noted."""
LEVELS: Final = (100, 30, 10)
"""Objects within objects that are read; fewer where the caller's own stack is almost full."""


class Mismatch(Exception):
    """A value that does not fit its annotation."""

    def __init__(self, expected: str, value: object = UNSET, *, below: str | None = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = "nothing" if value is UNSET else _kind(value)
        self.path: list[tuple[str | int, bool]] = []
        """The steps to the value, innermost first, and whether the document names each."""
        if below is not None:
            self.path.append((below, True))

    @property
    def parts(self) -> tuple[str, ...]:
        """The steps from the whole body to the value."""
        return tuple(str(step) for step, _ in reversed(self.path))

    @property
    def pointer(self) -> str:
        """JSON Pointer to the value; the empty string is the whole body."""
        return write_pointer(self.parts)

    @property
    def general_pointer(self) -> str:
        """The same with `*` for what the document does not name: indices, and keys of a map."""
        return write_pointer(str(step) if named else "*" for step, named in reversed(self.path))


class Report:
    """What did not fit in a tolerant reading."""

    __slots__ = ("levels", "mismatches")

    def __init__(self, levels: int) -> None:
        self.levels = levels
        """How many more objects may stand within each other."""
        self.mismatches: list[Mismatch] = []

    def add(self, mismatch: Mismatch) -> None:
        """Take note of a mismatch, unless there are too many."""
        if len(self.mismatches) < MAX_MISMATCHES:
            # Its frames hold the values of all levels.
            self.mismatches.append(mismatch.with_traceback(None))


Decoder: TypeAlias = Callable[[Any, Report | None], Any]


def decode(read: Decoder, data: Any) -> tuple[Any, list[Mismatch]]:
    """Decoded JSON as far as it fits, and what does not; it never raises."""
    try:
        return read(data, None), []
    except (Mismatch, RecursionError):
        pass
    for levels in LEVELS:
        report = Report(levels)
        try:
            return read(data, report), report.mismatches
        except Mismatch as mismatch:
            return data, [mismatch.with_traceback(None)]
        except RecursionError:
            continue
    return data, [_too_deep(data)]


def decoder(annotation: Any) -> Decoder:
    """The function that turns decoded JSON into `annotation`.

    Without a report it raises `Mismatch` for anything that does not fit, with one only where the
    value as a whole does not.
    """
    return _decoder(annotation)


# `cache` takes what is hashable, which classes with a `__hash__` of their own are not for mypy.
@cache
def _decoder(annotation: Any) -> Decoder:
    if annotation is Any:
        return _anything
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin = get_origin(annotation)
    if origin is Literal:
        return _literal(get_args(annotation))
    if origin in (Union, types.UnionType):
        return _union(get_args(annotation))
    if origin is list:
        return _list(decoder(get_args(annotation)[0]))
    if origin is Mapping:
        return _mapping(decoder(get_args(annotation)[1]))
    if hasattr(annotation, "__discriminator__"):
        return _discriminated([], annotation)
    if hasattr(annotation, "__attrs_attrs__"):
        return _object(annotation)
    if isinstance(annotation, type):
        return _scalar(annotation)
    raise TypeError(f"no decoder for the annotation {annotation!r}")


class Field(NamedTuple):
    """An attribute of a model."""

    name: str
    wire: str
    """The provider's name."""
    scalar: type | None
    """The class that JSON and the annotation have in common: such a value needs no reading."""
    read: Decoder
    required: bool


def fields_of(cls: Any) -> tuple[Field, ...]:
    """The attributes of a model that the document names."""
    return _fields_of(cls)


@cache
def _fields_of(cls: Any) -> tuple[Field, ...]:
    hints = get_type_hints(cls)
    # attrs' documented attribute of its classes; reading it spares this layer the dependency.
    attributes: tuple[Any, ...] = cls.__attrs_attrs__
    optional: Mapping[str, Any] = cls.__init__.__kwdefaults__ or {}
    return tuple(
        Field(
            attribute.name,
            attribute.metadata.get("json", attribute.name),
            _scalar_of(hints[attribute.name]),
            decoder(hints[attribute.name]),
            attribute.name not in optional,
        )
        for attribute in attributes
        if attribute.name != "additional_properties"
    )


def _scalar_of(annotation: Any) -> type | None:
    is_union = get_origin(annotation) in (Union, types.UnionType)
    members = get_args(annotation) if is_union else (annotation,)
    known = [member for member in members if member not in (Unset, type(None))]
    return known[0] if len(known) == 1 and known[0] in JSON_SCALARS else None


def _object(cls: Any) -> Decoder:
    plan: tuple[Field, ...] = ()
    known: frozenset[str] = frozenset()

    def decode(value: Any, report: Report | None) -> Any:
        # Fields are read here and not before: a schema may contain itself.
        nonlocal plan, known
        if not known:
            plan = fields_of(cls)
            known = frozenset(field.wire for field in plan)
        if not is_object(value):
            raise Mismatch("an object", value)
        if report is not None:
            return _fitting(cls, plan, known, value, report)
        arguments: dict[str, Any] = {}
        for name, wire, scalar, read, required in plan:
            if wire in value:
                item = value[wire]
                if type(item) is scalar:
                    arguments[name] = item
                    continue
                try:
                    arguments[name] = read(item, None)
                except Mismatch as mismatch:
                    mismatch.path.append((wire, True))
                    raise
            elif required:
                raise Mismatch("a value", below=wire)
        if len(value) > len(arguments):
            arguments["additional_properties"] = _extra(value, known)
        return with_raw(cls(**arguments), value)

    return decode


def _fitting(
    cls: Any,
    plan: tuple[Field, ...],
    known: frozenset[str],
    value: dict[str, Any],
    report: Report,
) -> Any:
    """The model as far as it fits."""
    if not report.levels:
        raise _too_deep(value)
    report.levels -= 1
    arguments: dict[str, Any] = {"additional_properties": _extra(value, known)}
    for name, wire, _, read, required in plan:
        if wire in value:
            arguments[name] = _at(wire, read, value[wire], report, named=True)
        elif required:
            report.add(Mismatch("a value", below=wire))
            arguments[name] = UNSET
    report.levels += 1
    return with_raw(cls(**arguments), value)


def with_raw(model: Any, value: dict[str, Any]) -> Any:
    """The model, which remembers the JSON that it was read from."""
    object.__setattr__(model, "_raw", value)  # it is frozen
    return model


def _extra(value: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in known}


def _too_deep(value: object) -> Mismatch:
    return Mismatch("fewer objects within each other", value)


def _discriminated(members: list[Any], fallback: Any) -> Decoder:
    tag: str = fallback.__discriminator__
    # The generator names the field after the discriminator: `raw_status` for `status`.
    hints = get_type_hints(fallback)
    (raw_word,) = (name for name in hints if name.startswith("raw_") and name[4:] in hints)
    variants: dict[str, Decoder] = {}

    def decode(value: Any, report: Report | None) -> Any:
        # Variants are read here and not before: one may contain the union itself.
        if not variants and members:
            variants.update(
                (word, decoder(member))
                for member in members
                for field in fields_of(member)
                if field.wire == tag
                for word in get_args(get_type_hints(member)[field.name])
            )
        if not is_object(value):
            raise Mismatch("an object", value)
        word = value.get(tag, UNSET)
        if isinstance(word, str):
            variant = variants.get(word)
            if variant is not None:
                return variant(value, report)
        else:
            mismatch = Mismatch("a string", word, below=tag)
            if report is None:
                raise mismatch
            report.add(mismatch)
            word = "" if word is UNSET else status_word(word)[:MAX_WORD]
        return fallback(**{raw_word: word, "raw": value})

    return decode


def _union(arguments: tuple[Any, ...]) -> Decoder:
    members = [member for member in arguments if member is not Unset]
    if type(None) in members:
        members.remove(type(None))
        inner = _union(tuple(members))
        return lambda value, report: None if value is None else inner(value, report)
    if len(members) == 1:
        return decoder(members[0])
    models = [member for member in members if hasattr(member, "__attrs_attrs__")]
    for member in models:
        if hasattr(member, "__discriminator__"):
            discriminated = _discriminated(
                [other for other in models if other is not member], member
            )
            rest = [decoder(other) for other in members if other not in models]
            return _first_of([discriminated, *rest]) if rest else discriminated
    return _first_of([decoder(member) for member in members])


def _first_of(decoders: list[Decoder]) -> Decoder:
    def decode(value: Any, report: Report | None) -> Any:
        expected: list[str] = []
        best: tuple[Any, list[Mismatch]] | None = None
        for read in decoders:
            try:
                if report is None:
                    return read(value, None)
                part = Report(report.levels)
                result = read(value, part)
            except Mismatch as mismatch:
                if mismatch.path:
                    expected.append(f"{mismatch.expected} at {mismatch.pointer}")
                else:
                    expected.append(mismatch.expected)
                continue
            if best is None or len(part.mismatches) < len(best[1]):
                best = result, part.mismatches
        if report is None or best is None:
            raise Mismatch(" or ".join(dict.fromkeys(expected)), value)
        # Of the members that the value is of the right kind for, the one that fits best.
        for noted in best[1]:
            report.add(noted)
        return best[0]

    return decode


def _list(read: Decoder) -> Decoder:
    def decode(value: Any, report: Report | None) -> Any:
        if not is_array(value):
            raise Mismatch("an array", value)
        if read is _anything:
            return value
        return [_at(index, read, item, report) for index, item in enumerate(value)]

    return decode


def _mapping(read: Decoder) -> Decoder:
    def decode(value: Any, report: Report | None) -> Any:
        if not is_object(value):
            raise Mismatch("an object", value)
        if read is _anything:
            return value
        return {key: _at(key, read, item, report) for key, item in value.items()}

    return decode


def _at(
    key: str | int, read: Decoder, value: Any, report: Report | None, *, named: bool = False
) -> Any:
    """The value at a key of an object or array; for a report, as it came if it does not fit."""
    if report is None:
        try:
            return read(value, None)
        except Mismatch as mismatch:
            mismatch.path.append((key, named))
            raise
    before = len(report.mismatches)
    try:
        value = read(value, report)
    except Mismatch as mismatch:
        report.add(mismatch)
    for noted in report.mismatches[before:]:
        noted.path.append((key, named))
    return value


def _literal(words: tuple[Any, ...]) -> Decoder:
    # `True` equals `1`, and an object cannot be looked up.
    known = frozenset((word.__class__, word) for word in words)
    kinds = frozenset(kind for kind, _ in known)

    def decode(value: Any, report: Report | None) -> Any:
        kind = value.__class__
        if kind in kinds and (kind, value) in known:
            return value
        raise Mismatch(_one_of(words), value)

    return decode


def _enum(cls: type[Enum]) -> Decoder:
    members: Mapping[Any, Enum] = {member.value: member for member in cls}
    kinds = frozenset(map(type, members))

    def decode(value: Any, report: Report | None) -> Any:
        if type(value) in kinds and value in members:
            return members[value]
        raise Mismatch(_one_of(members), value)

    return decode


def _one_of(words: Iterable[Any]) -> str:
    return " or ".join(map(repr, words))


def _anything(value: Any, report: Report | None) -> Any:
    return value


def _string(value: Any, report: Report | None) -> Any:
    if isinstance(value, str):
        return value
    raise Mismatch("a string", value)


def _boolean(value: Any, report: Report | None) -> Any:
    if isinstance(value, bool):
        return value
    raise Mismatch("true or false", value)


def _integer(value: Any, report: Report | None) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():  # JSON has one kind of number
        return int(value)
    raise Mismatch("an integer", value)


def _number(value: Any, report: Report | None) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            raise Mismatch("a number of 64 bits", value) from None
        return number if number == value or value != value else value
    raise Mismatch("a number", value)


def _null(value: Any, report: Report | None) -> Any:
    if value is None:
        return None
    raise Mismatch("null", value)


def _scalar(cls: type) -> Decoder:
    # Imported here: the models of a package may need neither module.
    if issubclass(cls, Enum):
        return _enum(cls)
    from datetime import date, datetime

    if cls is datetime:
        return _parsed(datetime.fromisoformat, "an ISO 8601 date and time")
    if cls is date:
        return _parsed(date.fromisoformat, "an ISO 8601 date")
    from uuid import UUID

    if cls is UUID:
        return _parsed(UUID, "a UUID")
    raise TypeError(f"no decoder for the class {cls!r}")


def _parsed(parse: Callable[[str], Any], expected: str) -> Decoder:
    def decode(value: Any, report: Report | None) -> Any:
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueError:
                pass
        raise Mismatch(expected, value)

    return decode


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "…")
    if isinstance(value, (int, float)):
        return f"the number {value!r}"[:40]
    return "an array" if isinstance(value, list) else "an object"


JSON_SCALARS: Final = frozenset((str, int, float, bool))
_SCALARS: Final[Mapping[Any, Decoder]] = {
    str: _string,
    int: _integer,
    float: _number,
    bool: _boolean,
    type(None): _null,
    None: _null,  # as in `list[None]`
}
