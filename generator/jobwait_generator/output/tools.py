"""The tools that decide bytes, and whether they are there; this module imports none of them."""

from __future__ import annotations

from typing import Final

PINS: Final = {
    "PyYAML": "6.0.3",
    "datamodel-code-generator": "0.89.0",
    "jinja2": "3.1.6",
    "jsonpath-rfc9535": "1.0.1",
    "jsonschema": "4.26.0",
    "openapi-python-client": "0.29.1",
    "pydantic": "2.14.4",
    "ruff": "0.17.6",
}
"""Another version of one of these would read or write something else."""


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
    for name in PINS:
        try:
            installed = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed")
        else:
            if installed != PINS[name]:
                wrong.append(f"{name} is {installed}, not {PINS[name]}")
    if wrong:
        pins = " ".join(f"{name}=={pin}" for name, pin in PINS.items())
        raise WrongToolsError(f"{'; '.join(wrong)}\nmend it: python -m pip install {pins}")
