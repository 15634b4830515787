"""The command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ._tools import WrongToolsError, check_tools

if TYPE_CHECKING:
    from ._document import Document, Mapping

MENDING: Final = "python -m generator"


def main(arguments: Sequence[str], root: Path) -> int:
    """Write the packages of the repository at `root`, or compare them; the exit code."""
    parser = argparse.ArgumentParser(
        prog=MENDING, description="Make the packages in generated/ from the documents in specs/."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if something would change"
    )
    only_check = bool(parser.parse_args(arguments).check)
    try:
        check_tools()
    except WrongToolsError as error:
        print(error, file=sys.stderr)
        return 1
    # Imported here: without the tools it could not be.
    from ._document import RefusedError
    from ._files import compare, write
    from ._format import FormatError
    from ._generate import generate

    try:
        files = generate(*read(root))
    except RefusedError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        count = len(error.problems)
        print(f"{count} problem{'s' * (count > 1)}; nothing was written", file=sys.stderr)
        return 1
    except FormatError as error:
        print(error, file=sys.stderr)
        return 1
    directory = root / "generated"
    differences = compare(files, directory)
    packages = sorted({name.partition("/")[0] for name in [*files, *(d.path for d in differences)]})
    if only_check:
        for path, kind in differences:
            print(f"generated/{path}: {kind}")
        if differences:
            print(f"mend it: {MENDING}")
            return 1
    else:
        write(files, directory, differences)
    for package in packages:
        count = sum(path.partition("/")[0] == package for path, _ in differences)
        noun = "file" if count == 1 else "files"
        print(f"{package}: {f'{count} {noun} changed' if count else 'unchanged'}")
    return 0


def read(root: Path) -> tuple[list[Document], Mapping]:
    """The documents of a repository, and the JSON Schema of the extension.

    Raises:
        RefusedError: A document cannot be read.
    """
    from ._document import Problem, RefusedError, load

    documents: list[Document] = []
    problems: list[Problem] = []
    for path in sorted((root / "specs").glob("*.yaml")):
        file = path.relative_to(root).as_posix()
        try:
            documents.append(load(file, path.stem, path.read_bytes()))
        except RefusedError as error:
            problems += error.problems
    schema = root / "specs" / "x-wait-for-completion.schema.json"
    if not schema.exists():
        text = "the JSON Schema of `x-wait-for-completion` is missing; restore it"
        problems.append(Problem(schema.relative_to(root).as_posix(), 1, "", text))
    if not documents and not problems:
        problems.append(Problem("specs", 1, "", "there is no document here; add one, `*.yaml`"))
    if problems:
        raise RefusedError(problems)
    return documents, json.loads(schema.read_bytes())
