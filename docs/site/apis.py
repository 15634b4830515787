"""The documents of the providers, each browsable in Scalar, which the site brings along."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Final

from docs.site.npm import Package, file_of
from jobwait import providers

SCALAR: Final = Package(
    "@scalar/api-reference@1.46.4",
    "EpCcOG15Ry8DKNs/f5AdRA97s1B5kGPekzANpnK0j1IpyU4Sb/mfdyfB00WC+vUo7hfc4BFRSkkiPa5SSM7fng==",
)
PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: OpenAPI document</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="app"></div>
<script src="scalar.js"></script>
<script>
Scalar.createApiReference("#app", {options});
</script>
</body>
</html>
"""


def write(folder: Path, work: Path) -> None:
    """Write a page and a document for each installed provider, and Scalar beside them.

    Args:
        folder: It is made.
        work: A folder for what npm downloads.
    """
    folder.mkdir(parents=True)
    script = file_of(SCALAR, "dist/browser/standalone.js", work)
    (folder / "scalar.js").write_bytes(script)
    for name, provider in providers().items():
        text = json.dumps(provider.document, ensure_ascii=False, indent=2)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        page = PAGE.format(title=html.escape(provider.title), options=_options(name))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


def _options(name: str) -> str:
    options = {
        "url": f"{name}.json",
        "withDefaultFonts": False,
        "telemetry": False,
        "hiddenClients": True,
        "hideClientButton": True,
        "hideTestRequestButton": True,
        "showDeveloperTools": "never",
        "agent": {"disabled": True},
        "mcp": {"disabled": True},
    }
    return json.dumps(options)
