"""The tools that decide bytes, and whether they are there; this module imports none of them."""

from __future__ import annotations

from typing import Final

PINS: Final = {
    "datamodel-code-generator": "0.89.0",
    "jsonpath-rfc9535": "1.0.1",
    "openapi-python-client": "0.29.1",
    "ruff": "0.17.6",
}
"""Another version of one of these would write other files."""

_OTHERS: Final = ("jsonschema",)


class WrongToolsError(Exception):
    """A tool is missing, or not of the version that the packages are made with."""


def check_tools() -> None:
    """Refuse to run with other tools than the pinned ones.

    Raises:
        WrongToolsError: It names each, and the command that installs them.
    """
    # Imported here: an up-to-date package needs no tools.
    from importlib.metadata import PackageNotFoundError, version

    wrong: list[str] = []
    for name in (*PINS, *_OTHERS):
        try:
            installed = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed")
        else:
            if installed != PINS.get(name, installed):
                wrong.append(f"{name} is {installed}, not {PINS[name]}")
    if wrong:
        pins = " ".join([*(f"{name}=={pin}" for name, pin in PINS.items()), *_OTHERS])
        raise WrongToolsError(f"{'; '.join(wrong)}\nmend it: python -m pip install {pins}")
