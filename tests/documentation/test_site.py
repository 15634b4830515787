"""The built site: its links, and what is there for machines."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest

import jobwait
from jobwait import JobwaitError

from .blocks import ROOT
from .site import SITE, pages

pytestmark = pytest.mark.usefixtures("site")

HERE: Final = "http://127.0.0.1:8000/"
"""Where the site says that it stands."""
LINKS: Final = {"a": "href", "img": "src", "link": "href", "script": "src", "source": "src"}


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.titles: list[str] = []
        self.feed((SITE / file_of(path)).read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, and what links may name."""
        values = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}
        target = values.get(LINKS.get(tag, ""))
        if target is not None:
            self.links.append((tag, target))


def file_of(path: str) -> str:
    return f"{path}index.html" if path.endswith("/") or not path else path


def test_every_link_leads_somewhere() -> None:
    found = {path: Page(path) for path in pages()}
    broken: list[str] = []
    for path, page in found.items():
        for _, link in page.links:
            target, fragment = urldefrag(urljoin(HERE + path, link))
            if not target.startswith(HERE):
                continue
            local = unquote(target.removeprefix(HERE))
            if not (SITE / file_of(local)).is_file():
                broken.append(f"{path}: {link}")
            elif fragment and file_of(local).endswith(".html") and local in found:
                known = found[local].anchors | {"only-light", "only-dark"}
                if unquote(fragment) not in known and not fragment.startswith("__"):
                    broken.append(f"{path}: {link} (no such anchor)")
    assert broken == []


def test_nothing_is_loaded_from_another_host() -> None:
    for path in pages():
        for tag, link in Page(path).links:
            if tag != "a":
                url = urlsplit(urljoin(HERE + path, link))
                assert url.scheme == "data" or url.netloc == urlsplit(HERE).netloc, (path, link)
    for file in SITE.rglob("*.svg"):
        assert not re.search(r'(?:href|src)="https?://|url\("?https?://', file.read_text()), file


def test_pages_that_link_to_files_of_the_repository_link_to_some() -> None:
    sources = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/recipes/*.md")]
    generated = {"providers/aitronos", "providers/descripio", "errors", "extension"}
    for source in sources:
        for link in re.findall(r"\]\(([^)#:]+)\)", source.read_text(encoding="utf-8")):
            exists = (source.parent / link).exists()
            assert exists or Path(link).stem in generated, f"{source.name}: {link}"


def test_each_page_is_there_as_markdown() -> None:
    listed = (SITE / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(<(http[^>]+)>\)", listed)
    files = {link.removeprefix(HERE) for link in links}
    expected = {
        f"{path}index.md" for path in pages() if path != "404.html" and not path.startswith("apis/")
    }
    assert files == expected
    for file in files:
        text = (SITE / file).read_text(encoding="utf-8")
        assert text.startswith("# "), file
        assert "<div" not in text.partition("```")[0], file
        assert "# include: " not in text, file
    assert "wait_for_completion" in (SITE / "llms-full.txt").read_text(encoding="utf-8")


def test_the_reference_has_every_public_name() -> None:
    anchors = {anchor for path in pages() for anchor in Page(path).anchors}
    missing = [
        name for name in dir(jobwait) if f"jobwait.{name}" not in anchors and name[:2] != "__"
    ]
    assert missing == []


def test_the_tree_of_errors_has_every_error() -> None:
    text = (SITE / "reference/errors/index.md").read_text(encoding="utf-8")
    tree = text.partition("```")[2].partition("```")[0]
    names = [
        name
        for name in dir(jobwait)
        if isinstance(getattr(jobwait, name), type)
        and issubclass(getattr(jobwait, name), JobwaitError)
    ]
    assert [name for name in names if not re.search(rf"\b{name}\b", tree)] == []


def test_each_provider_has_a_page_and_its_document() -> None:
    for name, provider in jobwait.providers().items():
        text = (SITE / f"reference/providers/{name}/index.md").read_text(encoding="utf-8")
        for waitable in provider.waitables:
            assert waitable.operation in text
        assert (SITE / f"apis/{name}.json").exists()
