"""From a package's description to the text of its files, through the templates."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..model.names import ERRORS, literal
from ..problems import prose
from .package import Package, Resource
from .text import code, docstring, markdown, sentence, toml

LAYER: Final = (0, 2)
"""The oldest release of `jobwait` that packages work with; the next major one may be another."""

TEMPLATES: Final = Path(__file__).with_name("templates")

_FILTERS: Final[dict[str, Callable[..., str]]] = {
    "code": code,
    "docstring": docstring,
    "literal": literal,
    "markdown": markdown,
    "prose": prose,
    "seconds": "{:g}".format,
    "sentence": sentence,
    "toml": toml,
}


@cache
def environment() -> Environment:
    """The templates, compiled once for all packages."""
    # No autoescape: what is made is Python, TOML and Markdown, and each has a filter of its own.
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters.update(_FILTERS)
    return env


def render_package(package: Package) -> dict[str, str]:
    """The text of every file of a package that a template makes, by its path in it."""
    requirement = f"jobwait>={'.'.join(map(str, LAYER))},<{LAYER[0] + 1}"

    def render(template: str, resource: Resource = package.resources[0]) -> str:
        text = environment().get_template(f"{template}.jinja")
        return text.render(
            package=package,
            resource=resource,
            errors=[name for name in ERRORS if name not in package.wait_errors],
            layer=list(LAYER),
            requirement=requirement,
        )

    inner = {
        "__init__.py": render("init.py"),
        "_client.py": render("client.py"),
        "_errors.py": render("errors.py"),
        "_provider.py": render("provider.py"),
        "models.py": render("models.py"),
        "openapi.json": package.openapi,
        "py.typed": "",
        **{f"{item.module}.py": render("resource.py", item) for item in package.resources},
    }
    return {
        **({"CHANGELOG.md": package.changelog} if package.changelog else {}),
        "LICENSE": render("LICENSE"),
        "README.md": render("README.md"),
        "pyproject.toml": render("pyproject.toml"),
        **{f"{package.module}/{name}": text for name, text in inner.items()},
    }
