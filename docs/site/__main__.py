"""Builds the documentation site into build/docs/site: `nox -s docs`."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from docs.site import apis, commands, errors, extension, providers

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
WORK: Final = ROOT / "build" / "docs"
"""Pages, configuration and the finished site; made anew each time."""
SOURCES: Final = ("*.md", "how-to/*.md", "explained/*.md", "reference/*.md", "pictures/*.svg")
INCLUDE: Final = re.compile(r"^# include: (\S+)$", flags=re.MULTILINE)
CONFIG: Final = Path(__file__).with_name("zensical.toml")
LOCAL: Final = "http://127.0.0.1:8000/"


def main() -> int:
    """Build the site, and return the exit code."""
    parser = argparse.ArgumentParser("nox -s docs --", allow_abbrev=False)
    parser.add_argument("--url", default=LOCAL, help="where the site will stand (%(default)s)")
    url: str = parser.parse_args().url
    shutil.rmtree(WORK, ignore_errors=True)
    pages = WORK / "pages"
    copy_sources(pages)
    write(pages, generated_pages())
    apis.write(pages / "apis", WORK)
    (pages / "assets").mkdir()
    shutil.copy(CONFIG.with_name("extra.css"), pages / "assets")
    (WORK / "zensical.toml").write_text(configuration(url, pages), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=WORK, check=False).returncode


def copy_sources(pages: Path) -> None:
    """Copy what is written by hand, with the files that it includes."""
    for pattern in SOURCES:
        for source in sorted(DOCS.glob(pattern)):
            target = pages / source.relative_to(DOCS)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix == ".md":
                target.write_text(with_includes(source), encoding="utf-8")
            else:
                shutil.copy(source, target)


def with_includes(page: Path) -> str:
    """The text of a page, with each line `# include: file` replaced by the file."""

    def included(match: re.Match[str]) -> str:
        return (ROOT / match[1]).read_text(encoding="utf-8").rstrip()

    return INCLUDE.sub(included, page.read_text(encoding="utf-8"))


def generated_pages() -> dict[str, str]:
    """The pages that are made of code and documents, by their path."""
    return {
        "reference/errors.md": errors.page(),
        "reference/extension.md": extension.page(),
        **commands.pages(),
        **providers.pages(),
    }


def write(folder: Path, pages: dict[str, str]) -> None:
    """Write pages into a folder."""
    for path, text in pages.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def configuration(url: str, pages: Path) -> str:
    """The text of zensical.toml, with the address and what is found out when the site is built."""
    text = CONFIG.read_text(encoding="utf-8")
    listed = re.findall(r'"([\w/-]+\.md)"', text)
    for missing in (path for path in listed if not (pages / path).exists()):
        sys.exit(f"{CONFIG.name} lists {missing}, but docs has no such page")
    entries = [f'    {{ {json.dumps(title)} = "{path}" }},\n' for title, path in providers.titles()]
    filled = text.replace("    # providers\n", "".join(entries), 1)
    return filled.replace("[project]\n", f"[project]\nsite_url = {json.dumps(url)}\n", 1)


if __name__ == "__main__":
    sys.exit(main())
