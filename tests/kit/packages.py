"""Packages that are generated for a test, and imported."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module, invalidate_caches
from pathlib import Path

from jobwait_generator.document.document import Document, load
from jobwait_generator.document.overlay import apply
from jobwait_generator.document.source import Source
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import RefusedError

from jobwait import Provider


class Packages:
    """A folder from which the packages can be imported."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, file: Path, overlay: Path) -> Provider:
        """The package of a document and its overlay."""
        document = load(file.name, file.stem, file.read_bytes())
        (provider,) = self.write(apply(document, Source(overlay.name, overlay.read_bytes())))
        return provider

    def write(self, *documents: Document) -> list[Provider]:
        """The packages of documents."""
        for name, text in generate([*documents]).items():
            path = self.root / name.partition("/")[2]
            if name.endswith((".py", ".json", ".typed")):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        if str(self.root) not in sys.path:
            sys.path.append(str(self.root))
        invalidate_caches()
        return [
            import_module(f"{document.name.replace('-', '_')}_client").PROVIDER
            for document in documents
        ]

    def forget(self) -> None:
        """Take what was imported from here out of the interpreter."""
        sys.path[:] = [path for path in sys.path if path != str(self.root)]
        for name in [path.name for path in self.root.iterdir()]:
            for module in [m for m in sys.modules if m.partition(".")[0] == name]:
                del sys.modules[module]


def strings(paths: Iterable[Path]) -> list[str]:
    """Paths as arguments of a command."""
    return sorted(map(str, paths))


def check_refusal(error: RefusedError, file: str) -> None:
    """Every problem names a place in the file, and is a line of text."""
    assert error.problems
    for problem in error.problems:
        assert problem.file == file
        assert problem.line >= 1
        assert not problem.pointer or problem.pointer.startswith("/")
        assert problem.message
        assert str(problem).isprintable()
        assert " object at 0x" not in str(problem)
