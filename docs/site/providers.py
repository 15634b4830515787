"""The pages of the installed providers' packages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import jobwait
from jobwait import Provider

PAGE: Final = """\
# {title}

{description}

| | |
|---|---|
| distribution | `{distribution}` |
| import | `{package}` |
| key | {keys} |
| base URL | `{base_url}` |
| version of the API | `{api_version}` |
| document | [browse it](../../apis/{name}.html), or [download it as JSON](../../apis/{name}.json) |

"""
EXTENSION: Final = "x-wait-for-completion"


def titles() -> list[tuple[str, str]]:
    """The title and the path of each page."""
    return [
        (one.title, f"reference/providers/{name}.md") for name, one in jobwait.providers().items()
    ]


def pages() -> dict[str, str]:
    """The page of each provider, by its path, and the overview of all."""
    return {
        f"reference/providers/{name}.md": "".join(_page(provider))
        for name, provider in jobwait.providers().items()
    }


def _page(provider: Provider) -> Iterator[str]:
    document, config = provider.document, provider.config
    variables = [
        f"`{one.parameter}=`"
        + (f" or `{one.environment_variable}`" if one.environment_variable else "")
        for one in config.credentials
    ]
    yield PAGE.format(
        title=provider.title,
        description=document["info"].get("description", ""),
        distribution=provider.package.replace("_", "-"),
        package=provider.package,
        keys=", ".join(variables),
        base_url=config.base_url,
        api_version=provider.api_version,
        name=provider.name,
    )
    for waitable in provider.waitables:
        yield from _waitable(provider, waitable.operation, _extension(document, waitable.operation))
        yield f"## `client.{waitable.attribute}`\n\n"
        yield _members(provider, waitable.attribute)
    for module, title in (("_client", "Clients"), ("models", "Models"), ("_errors", "Errors")):
        yield f"## {title}\n\n{_members(provider, module)}"


def _members(provider: Provider, module: str) -> str:
    options = "    options:\n      heading_level: 3\n      show_root_heading: false\n"
    return f"::: {provider.package}.{module}\n{options}\n"


def _extension(document: dict[str, Any], operation: str) -> dict[str, Any]:
    method, _, path = operation.partition(" ")
    extension: dict[str, Any] = document["paths"][path][method.lower()][EXTENSION]
    return extension


def _waitable(provider: Provider, operation: str, extension: dict[str, Any]) -> Iterator[str]:
    polling = {"initial": 1, "multiplier": 1.5, "maximum": 10, "timeout": 300}
    polling |= extension.get("polling", {})
    assumed = " (assumed: the provider recommends nothing)" if polling.get("x-assumed") else ""
    yield f"## `{operation}`\n\n| status | what it means |\n|---|---|\n"
    for word, state in extension.get("states", {}).items():
        yield f"| `{word}` | {state} |\n"
    yield "| any other word | polled on, logged once |\n\n"
    yield f"Polls are at least {polling['initial']:g} s apart, and a wait ends after "
    yield f"{polling['timeout']:g} s{assumed}. "
    if "progress" in extension:
        yield f"{provider.title} reports progress, at which polls aim.\n\n"
    else:
        yield f"{provider.title} reports no progress, so polls keep a fixed pace.\n\n"
