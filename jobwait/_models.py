"""The base of generated models: their annotations are the schema of what a server sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from ._decode import decode, decoder, fields_of, with_raw
from ._encode import encode


class Model:
    """A generated attrs class; fields that the document does not know are kept, never an error."""

    __slots__ = ("_raw",)
    _raw: dict[str, Any]
    """What it was read from, if it was: a value may not tell how it was written."""

    if TYPE_CHECKING:
        __attrs_attrs__: ClassVar[tuple[Any, ...]]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read decoded JSON as far as it fits; `deviations` lists what does not.

        Raises:
            ValueError: `data` is not an object.
        """
        model, mismatches = decode(decoder(cls), data)
        if not isinstance(model, cls):
            raise ValueError(f"expected {mismatches[0].expected}, got {mismatches[0].found}")
        return model

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data under the provider's names, without the fields that are `UNSET`."""
        data: dict[str, Any] = encode(self)
        return data

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> dict[str, Any]:
        """Let pydantic and FastAPI take models as fields and return types.

        They read and write JSON under the provider's names, and refuse what is not as the document
        says. Nothing is imported: the schema is plain data.
        """
        return {
            "type": "function-plain",
            "function": {"type": "no-info", "function": cls._validated},
            "serialization": {"type": "function-plain", "function": cls.to_dict},
            "metadata": {"pydantic_js_functions": [cls._json_schema]},
        }

    @classmethod
    def _validated(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        model, mismatches = decode(decoder(cls), value)
        for mismatch in mismatches:
            place = mismatch.pointer or "/"
            raise ValueError(f"at {place} expected {mismatch.expected}, got {mismatch.found}")
        valid: Self = model
        return valid

    @classmethod
    def _json_schema(cls, schema: Any, handler: Any, /) -> dict[str, Any]:
        known = () if issubclass(cls, UnknownVariant) else fields_of(cls)
        return {
            "title": cls.__name__,
            "type": "object",
            "properties": {field.wire: dict[str, Any]() for field in known},
            "required": [field.wire for field in known if field.required],
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # attrs' own way leaves out what is no attribute of its class.
        return _restore, (type(self), self.__getstate__(), getattr(self, "_raw", None))


def _restore(cls: Any, state: Any, raw: dict[str, Any] | None) -> Any:
    model = cls.__new__(cls)
    model.__setstate__(state)
    return model if raw is None else with_raw(model, raw)


class UnknownVariant(Model):
    """A member of a discriminated union that the document does not know.

    `raw` is the object as it came; `raw_<discriminator>` the word that nothing matches, empty where
    there is none.
    """

    __slots__ = ()

    __discriminator__: ClassVar[str]
    raw: Mapping[str, Any]


class Deviation(NamedTuple):
    """A place where a job is not as the provider's document says."""

    pointer: str
    """JSON Pointer into the job, under the provider's names."""
    expected: str
    found: str
    """The value, shortened; the job holds it as it came."""


def deviations(job: object) -> tuple[Deviation, ...]:
    """Where a job, or another model, is not as its document says; empty where it is.

        for deviation in jobwait.deviations(client.jobs.get_job("job_abc123")):
            print(deviation.pointer, deviation.expected, deviation.found)

    What is missing is `UNSET` in the job, and what does not fit is there as it came, whatever the
    annotation says. At most 1,000 are listed.

    Args:
        job: A job from a client. Pointers begin at it, not at the body around it.
    """
    if not isinstance(job, Model):
        return ()
    _, mismatches = decode(decoder(type(job)), job.to_dict())
    return tuple(
        Deviation(mismatch.pointer, mismatch.expected, mismatch.found) for mismatch in mismatches
    )
