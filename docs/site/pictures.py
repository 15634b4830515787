"""Draws the pictures anew, into docs/pictures: `nox -s pictures`.

Diagrams are made of text by Graphviz, as WebAssembly in Node.js; terminals are recorded from real
runs against the sandbox, and drawn by rich.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.style import Style
from rich.text import Text

import jobwait.sandbox
from docs.site.npm import Package, file_of

PICTURES: Final = Path(__file__).parents[1] / "pictures"
VIZ: Final = Package(
    "@viz-js/viz@3.31.0",
    "r7zlQdRvcwvIpjHGgs+KNWHeE/P5/Dq7k8ZAKaMCbZqomxCBJV78gVuQYaHzFVca+kB0mX0fMW9UFevCOBG50A==",
)
DRAW: Final = """
const {instance} = require(process.argv[1]);
const dot = require("fs").readFileSync(0, "utf8");
instance().then(viz => process.stdout.write(viz.renderString(dot, {format: "svg"})));
"""
COLOURS: Final = {
    "light": {
        "ink": "#1f2328",
        "line": "#6e7781",
        "box": "#f3f4f8",
        "paper": "#ffffff",
        "accent": "#4051b5",
        "good": "#1a7f37",
        "bad": "#cf222e",
    },
    "dark": {
        "ink": "#e6e8ee",
        "line": "#9aa1ad",
        "box": "#21242d",
        "paper": "#ffffff",
        "accent": "#5c6bd6",
        "good": "#57ab5a",
        "bad": "#f47067",
    },
}


def main() -> None:
    """Draw everything but the plots, which `benchmarks.plots` and `benchmarks.scale` draw."""
    with tempfile.TemporaryDirectory() as folder:
        draw_diagrams(Path(folder))
    with jobwait.sandbox.run() as sandbox:
        jobs = [
            sandbox.create_job("docurift", seconds=4),
            sandbox.create_job("docurift", seconds=6, outcome="failed"),
            sandbox.create_job("docurift", seconds=8),
        ]
        ids = " ".join(str(job.id) for job in jobs)
        command = f"jobwait wait docurift {ids}"
        env = {"DOCURIFT_API_KEY": sandbox.api_key}
        run = [sys.executable, "-m", *shlex.split(command), f"--base-url={sandbox.url('docurift')}"]
        record("jobwait-wait", command, run, Size(96, 14), env)
    demo = [sys.executable, "docs/demo.py"]
    record("demo", "nox -s demo", demo, Size(110, 52), {})


def draw_diagrams(work: Path) -> None:
    """Draw each text for light and for dark pages."""
    (work / "viz.cjs").write_bytes(file_of(VIZ, "dist/viz.cjs", work))
    for source in sorted(PICTURES.glob("*.dot")):
        for theme, colours in COLOURS.items():
            text = source.read_text(encoding="utf-8")
            for name, colour in colours.items():
                text = text.replace(f'"@{name}"', f'"{colour}"')
            command = [str(shutil.which("node")), "-e", DRAW, str(work / "viz.cjs")]
            done = subprocess.run(
                command, input=text, stdout=subprocess.PIPE, text=True, check=True
            )
            svg = done.stdout[done.stdout.index("<svg") :]
            (PICTURES / f"{source.stem}-{theme}.svg").write_text(svg, encoding="utf-8")


class Size(NamedTuple):
    """Of a terminal, in characters."""

    columns: int
    rows: int


def record(name: str, shown: str, command: list[str], size: Size, env: dict[str, str]) -> None:
    """Run a command on a terminal, and draw what is on it at the end.

    Args:
        shown: What stands after the prompt.
    """
    pyte: Any = import_module("pyte")
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    stream.feed(f"$ {shown}\r\n".encode())
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(env, TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            stream.feed(data)
    os.waitpid(child, 0)
    console = Console(width=size.columns, record=True, file=io.StringIO())
    for line in lines_of(screen):
        console.print(line, no_wrap=True)
    svg = console.export_svg(title=shown, unique_id=name)
    # A page must not ask another host for a font.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono")
    (PICTURES / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")


def lines_of(screen: Any) -> list[Text]:
    """What a terminal shows, without the empty lines at its end."""
    lines: list[Text] = []
    for row in range(screen.lines):
        line = Text()
        characters = [screen.buffer[row][column] for column in range(screen.columns)]
        for look, group in groupby(characters, key=lambda char: (char.fg, char.bold)):
            line.append("".join(char.data for char in group), style_of(*look))
        line.rstrip()
        lines.append(line)
    while lines and not lines[-1].plain:
        del lines[-1]
    return lines


def style_of(colour: str, bold: bool) -> Style:
    """What rich calls a colour of pyte's."""
    colour = colour.replace("bright", "bright_").replace("brown", "yellow")
    if re.fullmatch("[0-9a-f]{6}", colour):
        colour = f"#{colour}"
    return Style(color=None if colour == "default" else colour, bold=bold)


if __name__ == "__main__":
    main()
