"""The pages of both commands, as Typer tells of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Final

COMMANDS: Final = {"jobwait": "jobwait.cli._commands", "jobwait-generate": "jobwait_generator.cli"}
EXIT_CODES: Final = re.compile(r"[\n\x08]+Exit codes; [^\n]+\n(?:  [^\n]+\n)+")
COMMANDS_LIST: Final = re.compile(r"\n\*\*Commands\*\*:\n\n(?:\* [^\n]+\n)+")
"""It cuts the sentences that stand below as well, each in full."""
ROW: Final = re.compile(r"^  (\d+) +(.+)$", flags=re.MULTILINE)


def pages() -> dict[str, str]:
    """A page for each command, by its path."""
    return {
        f"reference/{name}-command.md": _page(name, module) for name, module in COMMANDS.items()
    }


def _page(name: str, module: str) -> str:
    command = [sys.executable, "-m", "typer", module, "utils", "docs", "--name", name]
    env = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    text = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    codes = EXIT_CODES.search(text)
    text = COMMANDS_LIST.sub("\n", EXIT_CODES.sub("\n\n", text))
    # Metavariables in angle brackets are no HTML.
    text = re.sub(r"(?m)^(\* `[^`]+`: )(.*)$", _escaped, text)
    if codes is not None:
        rows = "\n".join(f"| {code} | {what} |" for code, what in ROW.findall(codes[0]))
        text += (
            f"\n## Exit codes\n\nOf several jobs, the highest counts.\n\n| | |\n|---|---|\n{rows}\n"
        )
    return text


def _escaped(match: re.Match[str]) -> str:
    return match[1] + match[2].replace("<", "&lt;")
