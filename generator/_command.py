"""The command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ._text import prose
from ._tools import WrongToolsError, check_tools

if TYPE_CHECKING:
    from ._document import Document, Mapping, Problem
    from ._files import Difference

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
    from ._format import FormatError

    try:
        return _run(root, only_check=only_check)
    except RefusedError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        count = len(error.problems)
        print(f"{count} problem{'s' * (count > 1)}; nothing was written", file=sys.stderr)
    except FormatError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or MENDING}: {error.strerror or error}", file=sys.stderr)
    return 1


def _run(root: Path, *, only_check: bool) -> int:
    from ._document import RefusedError
    from ._files import compare, write
    from ._generate import generate

    documents, extension, problems = read(root)
    files: dict[str, str] = {}
    try:
        files = generate(documents, extension) if documents else files
    except RefusedError as error:
        problems += error.problems
    if problems:
        raise RefusedError(problems)
    directory = root / "generated"
    differences = compare(files, directory)
    if only_check and differences:
        for path, kind in differences:
            print(f"generated/{path}: {kind}")
        print(f"mend it: {MENDING}")
        return 1
    write(files, directory, differences)
    for package in sorted({name.partition("/")[0] for name in files} | _packages(differences)):
        kinds = [d.kind for d in differences if d.path.partition("/")[0] == package]
        size = sum(name.startswith(f"{package}/") for name in files)
        removed = kinds.count("extra")
        changes = {"changed": len(kinds) - removed, "removed": removed}
        told = ", ".join(f"{count} {what}" for what, count in changes.items() if count)
        if kinds.count("missing") == size:
            told = "new" if size else "removed"
        print(f"{package}: {told or 'unchanged'}")
    return 0


def _packages(differences: list[Difference]) -> set[str]:
    return {difference.path.partition("/")[0] for difference in differences}


def read(root: Path) -> tuple[list[Document], Mapping, list[Problem]]:
    """The documents of a repository, the JSON Schema of the extension, and what is none of them.

    Raises:
        OSError: A file cannot be read.
    """
    from ._document import Problem, RefusedError, load

    documents: list[Document] = []
    problems: list[Problem] = []
    for path in sorted((root / "specs").glob("*")):
        file = path.relative_to(root).as_posix()
        if path.suffix == ".yaml":
            try:
                documents.append(load(file, path.stem, path.read_bytes()))
            except RefusedError as error:
                problems += error.problems
        elif path.suffix in (".yml", ".json") and not path.name.endswith(".schema.json"):
            text = f"a document ends in `.yaml`; call it {prose(path.stem)}.yaml"
            problems.append(Problem(prose(file), 1, "", text))
    if not documents and not problems:
        problems.append(Problem("specs", 1, "", "there is no document here; add one, `*.yaml`"))
    path = root / "specs" / "x-wait-for-completion.schema.json"
    try:
        extension = _extension(path)
    except (ValueError, RecursionError) as error:
        text = f"this is no JSON Schema: {prose(str(error))}; restore it"
        problems.append(Problem(path.relative_to(root).as_posix(), 1, "", text))
        extension = {}
    return documents, extension, problems


def _extension(path: Path) -> Mapping:
    from jsonschema import Draft202012Validator, SchemaError

    from ._document import is_mapping

    schema: object = json.loads(path.read_bytes())
    if not is_mapping(schema):
        raise ValueError("not an object")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(error.message) from None
    return schema
