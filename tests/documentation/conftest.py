"""The site, which must have been built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .site import SITE, served


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the site."""
    if not (SITE / "index.html").exists():
        pytest.fail("there is no site yet; run: python -m docs.site", pytrace=False)
    with served(SITE) as url:
        yield url
