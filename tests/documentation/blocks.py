"""The code blocks of the pages, with what they include."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/*/*.md",
    "generator/README.md",
    "generated/*/README.md",
    "integrations/*/README.md",
)
FENCE: Final = re.compile(
    r'^(?P<indent> *)```(?P<language>\w+)?(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^ *```$',
    flags=re.MULTILINE | re.DOTALL,
)
INCLUDE: Final = re.compile(r"^# include: (\S+)$", flags=re.MULTILINE)


class Block(NamedTuple):
    """A block of code on a page."""

    page: str
    line: int
    language: str
    title: str | None
    """The file that the reader saves it as."""
    text: str
    included: str | None
    """The file of the repository that it shows."""

    @property
    def place(self) -> str:
        """As in `docs/index.md:12`."""
        return f"{self.page}:{self.line}"

    @property
    def name(self) -> str:
        """The place as the name of a module."""
        return re.sub(r"\W", "_", self.place)

    @property
    def commands(self) -> list[tuple[str, str]]:
        """What stands after each `$`, and what it prints."""
        found: list[tuple[str, str]] = []
        for line in self.text.splitlines():
            # What root types stands first; below, a `#` begins a comment that something printed.
            if line.startswith("$ ") or (line.startswith("# ") and not found):
                found.append((line[2:], ""))
            elif found:
                command, output = found[-1]
                found[-1] = command, f"{output}{line}\n"
        return found


def blocks() -> Iterator[Block]:
    """All blocks of all pages."""
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            yield from blocks_of(path)


def blocks_of(path: Path) -> Iterator[Block]:
    """The blocks of a page, those in lists too."""
    page = path.read_text(encoding="utf-8")
    for match in FENCE.finditer(page):
        indent = len(match["indent"])
        text = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
        include = INCLUDE.search(text)
        if include is not None:
            text = (ROOT / include[1]).read_text(encoding="utf-8")
        yield Block(
            path.relative_to(ROOT).as_posix(),
            page.count("\n", 0, match.start()) + 1,
            match["language"] or "",
            match["title"],
            text,
            include and include[1],
        )
