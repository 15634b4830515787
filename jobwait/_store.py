"""The SQLite file behind `Checkpoint`: waits, and how they ended."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple
from weakref import finalize

from ._errors import CheckpointError, InvalidArgumentError

FORMAT: Final = 1
"""Raised whenever a file of the old format cannot be used any more."""
APPLICATION: Final = 0x6A6F6277
"""What SQLite keeps in the header of our files: `jobw`."""
PATIENCE: Final = 5.0
"""Seconds for which others that read the file may hold up a transaction."""
_SCHEMA: Final = """
create table waits (
    number integer primary key,
    provider text not null,
    operation text not null,
    job_id text not null,
    wait text not null,
    kind text,
    outcome text,
    more text,
    taken integer not null default 0,
    unique (provider, operation, job_id)
)
"""
# A commit is on the disk, also if the machine loses its power.
_SAFE: Final = "pragma synchronous = full; pragma wal_autocheckpoint = 1000"
# A commit outlasts the process; the next safe one forces it onto the disk, and tidies up.
_QUICK: Final = "pragma synchronous = normal; pragma wal_autocheckpoint = 10000"
_ADVICE: Final = (
    (("FULL",), "free some space, and make the same call again"),
    (("BUSY", "LOCKED"), "wait until what else uses it has ended, or use another file"),
    (("NOTADB", "CORRUPT"), "use another file; nothing was written to this one"),
    (("READONLY", "CANTOPEN", "PERM"), "use a file in a folder that this user may write to"),
    (("IOERR",), "check the disk and its quota, and make the same call again"),
)


class Key(NamedTuple):
    """What a wait is found by."""

    provider: str
    operation: str
    job_id: str
    """As JSON."""


class Row(NamedTuple):
    """A wait in the file."""

    number: int
    wait: str
    """As JSON, without what is in the key."""
    has_ended: bool
    is_taken: bool
    """Whether somebody was told how it ended, and came back for more."""


class Ended(NamedTuple):
    """How a wait ended, as `dump` writes it."""

    number: int
    kind: str
    outcome: str
    more: str


class Store:
    """An open file, which nobody else can open as long as it is."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or make it.

        Raises:
            CheckpointError: It cannot be used; the message says why, and what to do.
        """
        anything: Any = path
        if not isinstance(anything, (str, os.PathLike)) or str(path) == "" or "\0" in str(path):
            raise InvalidArgumentError(f"a checkpoint is the path of a file, not {path!r}")
        self.path: Final = Path(path).resolve()
        self._turn: Final = Lock()
        # A lock of its own, so that other programs may look at the waits at any time.
        lock = f"{self.path}-lock"
        for file in (str(self.path), lock):
            # SQLite opens it all the same, and takes no lock.
            if os.access(file, os.F_OK) and not os.access(file, os.W_OK):
                raise CheckpointError(
                    f"the checkpoint {self.path} cannot be opened ({file} may only be read): use a "
                    "file that this user may write to"
                )
        with self._explained("opened"):
            self._lock = sqlite3.connect(
                lock, timeout=0, isolation_level=None, check_same_thread=False
            )
        finalize(self, self._lock.close)  # for who forgets to
        try:
            self._take_lock()
            with self._explained("opened"):
                self._db = self._connect()
            finalize(self, self._db.close)
            try:
                with self._explained("opened"):
                    self._prepare()
                    self._quick = self._connect()
                    self._quick.executescript(_QUICK)
            except BaseException:
                self._db.close()
                raise
            finalize(self, self._quick.close)
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Let others use the file."""
        with self._turn, suppress(sqlite3.Error):
            self._quick.close()
            self._db.close()
        self._lock.close()

    def find(self, key: Key) -> Row | None:
        """The wait for a job, if there is one."""
        columns = "number, wait, outcome is not null, taken"
        with self._explained("read"):
            row = self._db.execute(
                f"select {columns} from waits where provider = ? and operation = ? and job_id = ?",
                key,
            ).fetchone()
        return None if row is None else Row(row[0], row[1], bool(row[2]), bool(row[3]))

    def outcome(self, number: int) -> tuple[str, str]:
        """How a wait ended, as `dump` wrote it."""
        with self._explained("read"):
            outcome, more = self._db.execute(
                "select outcome, more from waits where number = ?", (number,)
            ).fetchone()
        return outcome, more

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All that is written within is written, or nothing is."""
        with self._turn, self._explained("written"):
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have done so by itself
                    self._db.execute("rollback")
                raise

    def add(self, key: Key, wait: str) -> int:
        """Write a new wait, and return its number."""
        cursor = self._db.execute(
            "insert into waits (provider, operation, job_id, wait) values (?, ?, ?, ?)",
            (*key, wait),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def move(self, waits: Iterable[tuple[str, int]]) -> None:
        """Write what became of open waits, each with its number."""
        self._db.executemany("update waits set wait = ? where number = ?", waits)

    def end(self, waits: Sequence[Ended]) -> None:
        """Write how waits ended."""
        self._db.executemany(
            "update waits set kind = ?, outcome = ?, more = ? where number = ?",
            [(kind, outcome, more, number) for number, kind, outcome, more in waits],
        )

    def take(self, number: int) -> None:
        """Write that somebody was told how a wait ended.

        It outlasts the process, but is not forced onto the disk, as there is one for each outcome,
        and an event loop waits for it: after a power cut, some may be told again.
        """
        # One statement on a connection of its own: each lets go of the GIL, and has to wait for it
        # as long as a thread polls.
        with self._turn, self._explained("written"):
            self._quick.execute("update waits set taken = 1 where number = ?", (number,))

    def forget(self, kinds: Iterable[str]) -> int:
        """Delete the waits that ended so, and return how many there were."""
        return sum(
            self._db.execute("delete from waits where kind = ?", (kind,)).rowcount for kind in kinds
        )

    def damaged(self, row: int, why: object) -> CheckpointError:
        """The error of a row that is not as it was written."""
        return CheckpointError(
            f"the checkpoint {self.path} has a row that cannot be read, number {row} of the table "
            f"waits: {why}; use it with the packages that wrote it, or use another file"
        )

    def _take_lock(self) -> None:
        try:
            self._lock.execute("begin exclusive")
        except sqlite3.OperationalError as error:
            if not _is(error, "BUSY"):
                raise self._error("opened", error) from error
            raise CheckpointError(
                f"the checkpoint {self.path} is in use, by another process or another Checkpoint: "
                "wait until that has ended, or use another file"
            ) from None

    def _connect(self) -> sqlite3.Connection:
        # Whoever waits asynchronously writes from other threads; one at a time, as all do.
        return sqlite3.connect(
            self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )

    def _prepare(self) -> None:
        """Make a new file, or see to it that an old one is ours."""
        application, version = (self._pragma("application_id"), self._pragma("user_version"))
        is_empty = not self._db.execute("select count(*) from sqlite_master").fetchone()[0]
        if not (application == APPLICATION or (application == 0 and is_empty)):
            raise CheckpointError(
                f"{self.path} is a database of another program, and no checkpoint of jobwait: use "
                "another file; nothing was written to this one"
            )
        if application == APPLICATION and version != FORMAT:
            raise CheckpointError(
                f"the checkpoint {self.path} is of format {version}, and this version of jobwait "
                f"reads {FORMAT}: go on with the version that wrote it, or use another file"
            )
        self._db.execute("pragma journal_mode = wal")
        self._db.executescript(_SAFE)
        if is_empty:
            with self.transaction():
                self._db.execute(_SCHEMA)
                self._db.execute(f"pragma application_id = {APPLICATION}")
                self._db.execute(f"pragma user_version = {FORMAT}")

    def _pragma(self, name: str) -> Any:
        return self._db.execute(f"pragma {name}").fetchone()[0]

    @contextmanager
    def _explained(self, done: str) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # The latter where what SQLite quotes of a damaged file is no text.
            raise self._error(done, error) from error

    def _error(self, done: str, error: Exception) -> CheckpointError:
        advice = next((text for names, text in _ADVICE if _is(error, *names)), "use another file")
        if isinstance(error, sqlite3.ProgrammingError):
            advice = "it was closed, so make a new Checkpoint"
        kept = "; what was written before is kept" if done == "written" else ""
        return CheckpointError(
            f"the checkpoint {self.path} cannot be {done} ({error}): {advice}{kept}"
        )


def _is(error: Exception, *names: str) -> bool:
    code: str = getattr(error, "sqlite_errorname", "")  # errors of the module itself have none
    return code.removeprefix("SQLITE_").partition("_")[0] in names
