"""What is compared: documents, packages, projects, and projects at a revision of git."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Final

from .changes.change import Change, Kind, Severity, change
from .changes.compare import compare
from .changes.surface import Surface, read_surface
from .document.document import Document, is_provider, load
from .inputs import ENDINGS, STDIN, InputFile, PackageInput, read_file, read_spec
from .output import lock as _lock
from .output.files import files_of
from .pipeline import draft, surface
from .problems import Problem, RefusedError, prose
from .project import packages, read_document
from .revisions import NotComparableError, check_out, commit

_NOTHING: Final = (
    "this is no file, no folder of a package or a project, no provider and no revision"
)


@dataclass(frozen=True)
class Side:
    """One of the two things that are compared."""

    shown: str
    read: Callable[[str], Surface]
    """What users see of the package of a provider."""
    names: tuple[str, ...] | None
    """Its providers; None for a document, which goes by any name."""
    folders: dict[str, Path] = field(default_factory=dict[str, Path])
    """Where their packages stand, as far as there are any."""
    is_whole: bool = False
    """Whether it is a project with all that it has."""


class Sides:
    """Finds what words stand for; a context, as revisions are checked out for a while."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stack = ExitStack()

    def __enter__(self) -> Sides:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def side(self, word: str, overlay: str | None) -> Side:
        """What a word stands for.

        Args:
            word: A file, an address, a folder, a provider of the project, or a revision of it.
            overlay: The file of the overlay of a document; the one beside it if not given.

        Raises:
            NotComparableError: It stands for nothing.
            RefusedError: The names or sizes of a project's files are wrong.
        """
        path = Path(word)
        if word == STDIN or "://" in word or path.is_file():
            return Side(word, lambda name: _document(word, overlay, name), None)
        if path.is_dir():
            return self._folder(path)
        inputs, _ = packages(self._root)
        names = [one.name for one in inputs]
        if word.removesuffix("-client") in names:
            return self.project(self._root, "", (word.removesuffix("-client"),))
        revision, _, name = word.partition(":")
        if commit_id := commit(self._root, revision):
            return self.revision(commit_id, revision, (name,) if name else None)
        raise NotComparableError(f"{prose(word)}: {_NOTHING}")

    def project(self, root: Path, prefix: str, only: Sequence[str] | None = None) -> Side:
        """The packages of a project.

        Args:
            root: Where it stands.
            prefix: What messages write before its files.
            only: The providers; all if not given.

        Raises:
            RefusedError: The names or sizes of its files are wrong.
        """
        inputs, problems = packages(root)
        if problems:
            raise RefusedError(problems)
        named = {one.name: one for one in inputs if only is None or one.name in only}
        if only and (missing := [name for name in only if name not in named]):
            where = prefix or "specs:"
            raise NotComparableError(f"{where} there is no provider {prose(missing[0])}")

        def read(name: str) -> Surface:
            return _provider(root, named[name], prefix)

        folders = {name: root / "generated" / one.package for name, one in named.items()}
        present = {name: folder for name, folder in folders.items() if folder.is_dir()}
        shown = prefix.rstrip(":") or str(root)
        return Side(shown, read, tuple(named), present, is_whole=only is None)

    def revision(self, commit_id: str, shown: str, only: Sequence[str] | None = None) -> Side:
        """The packages of the project at a commit.

        Raises:
            NotComparableError: Git cannot read it.
        """
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        check_out(self._root, commit_id, folder)
        return self.project(folder, f"{prose(shown)}:", only)

    def _folder(self, path: Path) -> Side:
        if (path / "specs").is_dir():
            return self.project(path, "")
        if (path / _lock.NAME).is_file():
            _, document = _package(path)
            name = document.parent.name.removesuffix("_client").replace("_", "-")
            return Side(str(path), lambda _: read_package(path), (name,), {name: path})
        raise NotComparableError(f"{prose(str(path))}: {_NOTHING}")


def pairs(
    old: Side, new: Side, provider: str | None
) -> Iterator[tuple[str, Surface | None, Surface | None]]:
    """The packages that belong together, by their provider; None where one side has none.

    Raises:
        NotComparableError: There is no telling which belong together.
        RefusedError: A document is wrong.
    """
    if provider and not is_provider(provider):
        raise NotComparableError(f"{prose(provider)}: no provider can be called that")
    single = [side for side in (old, new) if side.names and not side.is_whole]
    whole = [side for side in (old, new) if side.is_whole]
    if not whole:
        # One package each, whatever it is called; a document goes by the name of the other one.
        names = [(side.names or (None,))[0] for side in (old, new)]
        name = provider or names[1] or names[0] or _name(new.shown)
        yield name, old.read(names[0] or name), new.read(names[1] or name)
        return
    wanted = [*dict.fromkeys(name for side in single or whole for name in side.names or ())]
    if provider:
        wanted = [provider]
    elif not single and len(whole) == 1 and len(wanted) > 1:
        document = next(side for side in (old, new) if side.names is None)
        if _name(document.shown) not in wanted:
            listed = ", ".join(wanted)
            raise NotComparableError(f"name one of the providers by --provider: {listed}")
        wanted = [_name(document.shown)]
    for name in wanted:
        surfaces = [
            side.read(name) if side.names is None or name in side.names else None
            for side in (old, new)
        ]
        if surfaces == [None, None]:
            raise NotComparableError(f"neither {old.shown} nor {new.shown} has {name}")
        yield name, surfaces[0], surfaces[1]


def differences(old: Surface | None, new: Surface | None) -> list[Change]:
    """What has changed between two packages, of which one may be missing."""
    if old and new:
        return compare(old, new)
    if old:
        place, name = old.place(""), old.code.package
        return [change(Severity.BREAKING, Kind.REMOVED, name, place, "the package is removed")]
    assert new is not None
    place, name = new.place(""), new.code.package
    return [change(Severity.COMPATIBLE, Kind.ADDED, name, place, "a new package")]


def replaced(folder: Path, document: Document, files: Mapping[str, str]) -> list[Change]:
    """What a package means for users of the one in a folder, which it is going to replace.

    Args:
        folder: The folder; if what is in it cannot be read, nobody uses it.
        document: What the new package is made of, to which all places are related.
        files: The text of the new package's files, by their names in the folder.
    """
    try:
        old = read_package(folder)
    except RefusedError:
        return []
    new = surface(document, files)
    result: list[Change] = []
    for item in compare(old, new):
        if item.place.file == old.document.file:
            place = new.place(item.place.pointer)
            item = replace(item, place=place._replace(pointer=item.place.pointer))
        result.append(item)
    return result


def read_package(folder: Path) -> Surface:
    """What users see of a package in a folder.

    Raises:
        RefusedError: It is none, or somebody has broken it.
    """
    files, document = _package(folder)
    name = folder.resolve().name
    try:
        content = document.read_bytes()
        shown = prose(str(document))
        return read_surface(load(shown, name.removesuffix("-client"), content), files)
    except (OSError, KeyError, SyntaxError, ValueError, AttributeError, TypeError) as error:
        raise _broken(folder, error) from None


def _package(folder: Path) -> tuple[dict[str, str], Path]:
    """The text of the files of a package, and where its document stands."""
    try:
        texts = {
            name: path.read_text(encoding="utf-8")
            for name, path in files_of(folder).items()
            if path.suffix in (".py", ".toml")
        }
    except (OSError, ValueError) as error:
        raise _broken(folder, error) from None
    documents = sorted(folder.glob("*/openapi.json"))
    if not documents:
        raise _broken(folder, "it has no openapi.json")
    return texts, documents[0]


def _broken(folder: Path, error: object) -> RefusedError:
    text = f"this is no generated package any more: {prose(str(error))}; make it anew"
    return RefusedError([Problem(prose(str(folder)), 1, "", text)])


def _provider(root: Path, one: PackageInput, prefix: str) -> Surface:
    """A provider of a project: the package if it is of the documents, else what it would be."""
    shown = {
        key: file._replace(shown=prefix + file.shown)
        for key in ("document", "overlay", "version", "changelog")
        if (file := getattr(one, key))
    }
    document, problems = read_document(one._replace(**shown))
    if problems:
        raise RefusedError(problems)
    folder = root / "generated" / one.package
    if _lock.is_of(folder, one.inputs()):
        files, _ = _package(folder)
        try:
            return surface(document, files)
        except (KeyError, SyntaxError, ValueError):
            pass  # edited by hand; what it should be is known all the same
    return draft(document)


def _document(word: str, overlay: str | None, name: str) -> Surface:
    document = read_spec(word)
    file = None if overlay is None else read_file(Path(overlay), overlay, overlay)
    if overlay is None and word != STDIN and "://" not in word:
        file = _overlay_beside(Path(word))
    read, problems = read_document(PackageInput(name, document, file))
    if problems:
        raise RefusedError(problems)
    return draft(read)


def _overlay_beside(path: Path) -> InputFile | None:
    for ending in ENDINGS:
        beside = path.with_name(f"{path.stem}.overlay{ending}")
        if beside.is_file():
            return read_file(beside, str(beside), str(beside))
    return None


def _name(word: str) -> str:
    """The provider that the name of a document stands for."""
    stem = Path(word).name.partition(".")[0].removesuffix("-client")
    return stem if is_provider(stem) else "api"
