"""The documents of the providers, each browsable in Scalar, which the site brings along."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

from jobwait import providers

PACKAGE: Final = "@scalar/api-reference@1.46.4"
SHA512: Final = "EpCcOG15Ry8DKNs/f5AdRA97s1B5kGPekzANpnK0j1IpyU4Sb/mfdyfB00WC+vUo7hfc4BFRSkkiPa5SSM7fng=="
SCRIPT: Final = "package/dist/browser/standalone.js"
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
    (folder / "scalar.js").write_bytes(_script(work))
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
        "hideClientButton": True,
        "hideTestRequestButton": True,
        "showDeveloperTools": "never",
        "agent": {"disabled": True},
        "mcp": {"disabled": True},
    }
    return json.dumps(options)


def _script(work: Path) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("the documentation needs npm, which brings Scalar: https://nodejs.org has it")
    command = [npm, "pack", PACKAGE, "--json", "--pack-destination", str(work)]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"npm cannot download {PACKAGE}:\n{done.stderr}")
    archive = work / json.loads(done.stdout)[0]["filename"]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != SHA512:
        sys.exit(f"{archive.name} has the SHA-512 {digest}, and not {SHA512}")
    with tarfile.open(archive) as files:
        script = files.extractfile(SCRIPT)
        assert script is not None
        return script.read()
