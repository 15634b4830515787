"""The base of generated models: their annotations are the schema of what a server sends."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    NamedTuple,
    Self,
    TypeGuard,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

Decoder = Callable[[Any], Any]


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""A field that the provider did not send; None is one that it sent as null."""


class Mismatch(Exception):
    """A value that does not fit its annotation; `path` is innermost first."""

    def __init__(self, expected: str, value: object = UNSET) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = "nothing" if value is UNSET else _kind(value)
        self.path: list[str | int] = []

    @property
    def pointer(self) -> str:
        """RFC 6901 pointer to the value; the empty string is the whole body."""
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in reversed(self.path))
        return "".join(f"/{part}" for part in parts)


class Model:
    """A generated attrs class; fields that the document does not know are kept, never an error."""

    __slots__ = ()

    if TYPE_CHECKING:
        __attrs_attrs__: ClassVar[tuple[Any, ...]]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read decoded JSON.

        Raises:
            ValueError: `data` does not fit; the message has the JSON Pointer.
        """
        try:
            model: Self = decoder(_any(cls))(data)
        except Mismatch as mismatch:
            raise ValueError(
                f"at {mismatch.pointer!r} expected {mismatch.expected}, got {mismatch.found}"
            ) from None
        return model

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data under the provider's names, without the fields that are `UNSET`."""
        data = {
            item.wire: _encode(value)
            for item in _fields(_any(type(self)))
            if (value := getattr(self, item.name)) is not UNSET
        }
        extra: Mapping[str, Any] = getattr(self, "additional_properties", {})
        return data | dict(extra)


class UnknownVariant(Model):
    """A member of a discriminated union that the document does not know.

    `raw` is the object as it came; `raw_<discriminator>` the word that nothing matches.
    """

    __slots__ = ()

    __discriminator__: ClassVar[str]
    raw: Mapping[str, Any]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Keep decoded JSON as it is.

        Raises:
            ValueError: The discriminator is not a string.
        """
        word = data.get(cls.__discriminator__)
        if not isinstance(word, str):
            raise ValueError(f"at '/{cls.__discriminator__}' expected a string, got {_kind(word)}")
        variant: Self = _unknown(_any(cls))(word, data)
        return variant

    def to_dict(self) -> dict[str, Any]:
        """The object as it came."""
        return dict(self.raw)


class _Field(NamedTuple):
    name: str
    wire: str
    decode: Decoder
    required: bool


@cache
def decoder(annotation: Any) -> Decoder:
    """The function that turns decoded JSON into `annotation`, or raises `Mismatch`."""
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
    if isinstance(annotation, type):
        if issubclass(annotation, Model):
            return _object(annotation)
        return _scalar(_any(annotation))
    raise TypeError(f"no decoder for the annotation {annotation!r}")


def _any(value: Any) -> Any:
    """`value`, no longer typed: mypy takes classes with a `__hash__` of their own as unhashable."""
    return value


@cache
def _fields(cls: type[Model]) -> tuple[_Field, ...]:
    hints = get_type_hints(cls)
    # attrs' documented attribute of its classes; reading it spares this layer the dependency.
    attributes: tuple[Any, ...] = cls.__attrs_attrs__
    optional: Mapping[str, Any] = cls.__init__.__kwdefaults__ or {}
    return tuple(
        _Field(
            attribute.name,
            attribute.metadata.get("json", attribute.name),
            decoder(hints[attribute.name]),
            attribute.name not in optional,
        )
        for attribute in attributes
        if attribute.name != "additional_properties"
    )


def _object(cls: type[Model]) -> Decoder:
    plan: tuple[_Field, ...] = ()
    known: frozenset[str] = frozenset()

    def decode(value: Any) -> Any:
        # Fields are read here and not before: a schema may contain itself.
        nonlocal plan, known
        if not known:
            plan = _fields(_any(cls))
            known = frozenset(field.wire for field in plan)
        if not is_object(value):
            raise Mismatch("an object", value)
        arguments: dict[str, Any] = {}
        for name, wire, read, required in plan:
            if wire in value:
                try:
                    arguments[name] = read(value[wire])
                except Mismatch as mismatch:
                    mismatch.path.append(wire)
                    raise
            elif required:
                missing = Mismatch("a value")
                missing.path.append(wire)
                raise missing
        if len(value) > len(arguments):
            arguments["additional_properties"] = {
                key: item for key, item in value.items() if key not in known
            }
        return cls(**arguments)

    return decode


def _discriminated(members: list[type[Model]], fallback: type[UnknownVariant]) -> Decoder:
    tag = fallback.__discriminator__
    unknown = _unknown(_any(fallback))
    variants: dict[str, Decoder] = {}

    def decode(value: Any) -> Any:
        # Variants are read here and not before: one may contain the union itself.
        if not variants:
            variants.update(
                (word, decoder(_any(member)))
                for member in members
                for field in _fields(_any(member))
                if field.wire == tag
                for word in get_args(get_type_hints(member)[field.name])
            )
        if not is_object(value):
            raise Mismatch("an object", value)
        word = value.get(tag, UNSET)
        if not isinstance(word, str):
            mismatch = Mismatch("a string", word)
            mismatch.path.append(tag)
            raise mismatch
        variant = variants.get(word)
        return unknown(word, value) if variant is None else variant(value)

    return decode


@cache
def _unknown(cls: type[UnknownVariant]) -> Callable[[str, Mapping[str, Any]], Any]:
    # The generator names the field after the discriminator: `raw_status` for `status`.
    hints = get_type_hints(cls)
    (raw_word,) = (name for name in hints if name.startswith("raw_") and name[4:] in hints)
    return lambda word, data: cls(**{raw_word: word, "raw": data})


def _union(arguments: tuple[Any, ...]) -> Decoder:
    members = [member for member in arguments if member is not Unset]
    if type(None) in members:
        members.remove(type(None))
        inner = _union(tuple(members))
        return lambda value: None if value is None else inner(value)
    if len(members) == 1:
        return decoder(members[0])
    variants = [
        member for member in members if isinstance(member, type) and issubclass(member, Model)
    ]
    for member in variants:
        if issubclass(member, UnknownVariant):
            told_apart = _discriminated(
                [other for other in variants if other is not member], member
            )
            rest = [decoder(other) for other in members if other not in variants]
            return _first_of([told_apart, *rest]) if rest else told_apart
    return _first_of([decoder(member) for member in members])


def _first_of(decoders: list[Decoder]) -> Decoder:
    def decode(value: Any) -> Any:
        expected: list[str] = []
        for read in decoders:
            try:
                return read(value)
            except Mismatch as mismatch:
                if mismatch.path:
                    expected.append(f"{mismatch.expected} at {mismatch.pointer}")
                else:
                    expected.append(mismatch.expected)
        raise Mismatch(" or ".join(dict.fromkeys(expected)), value)

    return decode


def _list(read: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if not is_array(value):
            raise Mismatch("an array", value)
        return [_at(index, read, item) for index, item in enumerate(value)]

    return decode


def _mapping(read: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if not is_object(value):
            raise Mismatch("an object", value)
        if read is _anything:
            return value
        return {key: _at(key, read, item) for key, item in value.items()}

    return decode


def _at(key: str | int, read: Decoder, value: Any) -> Any:
    try:
        return read(value)
    except Mismatch as mismatch:
        mismatch.path.append(key)
        raise


def _literal(words: tuple[Any, ...]) -> Decoder:
    expected = " or ".join(repr(word) for word in words)

    def decode(value: Any) -> Any:
        for word in words:
            if type(word) is type(value) and word == value:
                return value
        raise Mismatch(expected, value)

    return decode


def _enum(cls: type[Enum]) -> Decoder:
    members: Mapping[Any, Enum] = {member.value: member for member in cls}

    def decode(value: Any) -> Any:
        # `True` equals `1`, and an object cannot be looked up.
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value in members:
            return members[value]
        raise Mismatch(" or ".join(repr(word) for word in members), value)

    return decode


def _anything(value: Any) -> Any:
    return value


def _string(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise Mismatch("a string", value)


def _boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise Mismatch("true or false", value)


def _integer(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():  # JSON has one kind of number
        return int(value)
    raise Mismatch("an integer", value)


def _number(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise Mismatch("a number of 64 bits", value) from None
    raise Mismatch("a number", value)


def _null(value: Any) -> Any:
    if value is None:
        return None
    raise Mismatch("null", value)


def _parsed(parse: Callable[[str], Any], expected: str) -> Decoder:
    def decode(value: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueError:
                pass
        raise Mismatch(expected, value)

    return decode


def _scalar(cls: type) -> Decoder:
    # Imported here: most models of a package may need neither module.
    from datetime import date, datetime
    from uuid import UUID

    if issubclass(cls, Enum):
        return _enum(cls)
    if cls is datetime:
        return _parsed(datetime.fromisoformat, "an ISO 8601 date and time")
    if cls is date:
        return _parsed(date.fromisoformat, "an ISO 8601 date")
    if cls is UUID:
        return _parsed(UUID, "a UUID")
    raise TypeError(f"no decoder for the class {cls!r}")


def _encode(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if is_array(value):
        return [_encode(item) for item in value]
    if is_object(value):
        return {key: _encode(item) for key, item in value.items()}
    if value is None or isinstance(value, (str, int, float)):
        return value
    from datetime import datetime

    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)  # date and UUID


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether decoded JSON is an array."""
    return isinstance(value, list)


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


_SCALARS: Final[Mapping[Any, Decoder]] = {
    str: _string,
    int: _integer,
    float: _number,
    bool: _boolean,
    type(None): _null,
}
