"""The site in a browser: Debian's chromium, driven by playwright, without any other host."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .site import pages

PHONE: Final = 390
"""Pixels."""
BROKEN: Final = (
    "Array.from(document.images)"
    ".filter(i => i.src.startsWith(location.origin) && i.complete && !i.naturalWidth).length"
)
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        missing = "chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work in most containers.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, url: str, *, scheme: Scheme = "light", width: int = 1280
) -> Generator[Page]:
    """A page, which must not complain, nor ask another host for anything."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    faults: list[str] = []

    def ask(route: Any) -> None:
        parts = urlsplit(str(route.request.url))
        if parts.scheme in ("data", "blob") or parts.netloc == urlsplit(url).netloc:
            route.continue_()
        else:
            faults.append(f"asks for {route.request.url}")
            route.abort()

    context.route("**/*", ask)
    page = context.new_page()
    page.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"cannot load {request.url}"))
    page.goto(url, wait_until="load")
    try:
        yield page
        page.wait_for_load_state("networkidle")
        assert faults == [], url
    finally:
        context.close()


@pytest.mark.parametrize("path", [*pages()] or [""])
def test_each_page_renders_on_a_desk_and_on_a_phone(browser: Browser, site: str, path: str) -> None:
    with opened(browser, site + path) as page:
        page.locator("h1").first.wait_for()
        assert page.title()
        assert page.evaluate(BROKEN) == 0
        page.set_viewport_size({"width": PHONE, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_search_finds_a_function(browser: Browser, site: str) -> None:
    with opened(browser, site) as page:
        box = page.get_by_role("combobox", name="Search")
        while not box.is_visible():  # the page listens to keys once its script has run
            page.keyboard.press("Control+k")
            page.wait_for_timeout(500)
        box.fill("wait_for_completion")
        first = page.get_by_role("option").first
        first.get_by_text("wait_for_completion").first.wait_for()
        first.click()
        page.wait_for_url(re.compile("/reference/waiting/"))


def test_code_can_be_copied(browser: Browser, site: str) -> None:
    with opened(browser, site) as page:
        code = page.locator("pre code").first
        code.hover()
        page.get_by_role("button", name=re.compile("copy", re.IGNORECASE)).first.click()
        page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == code.inner_text().strip()


def test_pages_are_dark_for_who_likes_them_dark(browser: Browser, site: str) -> None:
    def background(scheme: Scheme) -> int:
        with opened(browser, f"{site}explained/waiting/", scheme=scheme) as page:
            colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
            shown = page.locator("article img:visible")
            assert shown.count() == 1
            assert str(shown.get_attribute("src")).endswith(f"#only-{scheme}")
            return sum(map(int, re.findall(r"\d+", colour)[:3]))

    assert background("dark") < 200 < background("light")


def test_the_document_of_a_provider_can_be_browsed(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}apis/docurift.html") as page:
        page.get_by_text("/v1/jobs/{id}").first.wait_for()
