"""Waits in a file: whenever their process dies, none is lost, and none is asked or told twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import aclosing, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Unpack, cast
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

import jobwait
from jobwait import (
    APIStatusError,
    Checkpoint,
    CheckpointError,
    Fixed,
    InvalidArgumentError,
    JobFailedError,
    NotFoundError,
    Outcome,
    Wait,
    WaitOptions,
    WaitTimeoutError,
)
from jobwait._ledger import Ledger
from jobwait._many import begin
from jobwait._outcome import dump, load
from jobwait._scheduler import Rules
from jobwait._store import FORMAT
from jobwait.sandbox import Fault, Sandbox

from .kit.fleet import Fleet, Job, VirtualLoop, answer, run, too_many
from .kit.widgets import CompletedJob, FailedJob, RunningJob, Time


class Sync:
    """Waits with blocking clients; the event loop in the thread is virtual."""

    @staticmethod
    def resource(fleet: Fleet, **options: Any) -> Any:
        return fleet.blocking_resource(**options)

    def __init__(self, time: Time) -> None:
        self.time = time

    def outcomes(
        self,
        checkpoint: Checkpoint,
        jobs: Any,
        *,
        repeat: bool = False,
        **options: Unpack[WaitOptions],
    ) -> Generator[Outcome[Any]]:
        kind = jobwait.Resource
        scheduler, source = begin(kind, jobs, None, Rules(**options), tracks=True)
        ledger = Ledger(checkpoint._store, options.get("timeout", jobwait.UNSET), takes=not repeat)
        ended = checkpoint._block(
            scheduler, source, ledger, new_loop=lambda: VirtualLoop(self.time)
        )
        with closing(ended):
            for _, outcome in ended:
                yield outcome

    def first(
        self,
        count: float,
        checkpoint: Checkpoint,
        *jobs: Any,
        into: list[Outcome[Any]] | None = None,
        **options: Any,
    ) -> list[Outcome[Any]]:
        """Take so many outcomes, and leave the loop with the next one in hand."""
        seen: list[Outcome[Any]] = [] if into is None else into
        with closing(self.outcomes(checkpoint, *jobs, **options)) as outcomes:
            for outcome in outcomes:
                if len(seen) == count:
                    break
                seen.append(outcome)
        return seen


class Async(Sync):
    """Waits with asynchronous ones."""

    @staticmethod
    def resource(fleet: Fleet, **options: Any) -> Any:
        return fleet.resource(**options)

    def first(
        self,
        count: float,
        checkpoint: Checkpoint,
        *jobs: Any,
        into: list[Outcome[Any]] | None = None,
        **options: Any,
    ) -> list[Outcome[Any]]:
        async def main() -> list[Outcome[Any]]:
            seen: list[Outcome[Any]] = [] if into is None else into
            async with aclosing(checkpoint.async_as_completed(*jobs, **options)) as outcomes:
                async for outcome in outcomes:
                    if len(seen) == count:
                        break
                    seen.append(outcome)
            return seen

        return run(self.time, main())


ALL = float("inf")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest, time: Time) -> Sync:
    made: Sync = request.param(time)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "waits.db"


def stored(path: Path) -> dict[Any, str | None]:
    """What the file says of each job, as any program can read it."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select job_id, kind from waits").fetchall()
    kinds = {json.loads(job_id): kind for job_id, kind in rows}
    assert len(kinds) == len(rows)
    return kinds


def pairs(driver: Sync, fleet: Fleet, ids: list[Any]) -> list[tuple[Any, Any]]:
    resource = driver.resource(fleet)
    return [(resource, id) for id in ids]


def test_every_job_ends_in_one_outcome_that_the_file_has(
    driver: Sync, time: Time, path: Path
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(3.0), Job(5.0, "failed"), Job(2.0, "cancelled"), Job(1e9))
    with Checkpoint(path) as checkpoint:
        seen = driver.first(ALL, checkpoint, pairs(driver, fleet, ids), timeout=30.0)
    kinds = {outcome.job_id: outcome.kind for outcome in seen}
    expected = ["succeeded", "failed", "cancelled", "timeout"]
    assert kinds == dict(zip(ids, expected, strict=True)) == stored(path)


def test_the_same_call_goes_on_where_it_was(driver: Sync, time: Time, path: Path) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(float(seconds)) for seconds in range(1, 41)])
    taken: list[Outcome[Any]] = []
    while len(taken) < len(ids):
        ended = {id for id, kind in stored(path).items() if kind} if path.exists() else set[str]()
        before = len(fleet.log)
        with Checkpoint(path) as checkpoint:
            more = driver.first(7, checkpoint, pairs(driver, fleet, ids))
        assert more
        taken += more
        assert not ended & {id for _, id in fleet.log[before:]}
    assert sorted(outcome.job_id for outcome in taken) == sorted(ids)
    assert len(driver.first(ALL, Checkpoint(path), pairs(driver, fleet, ids))) == 0


def test_an_outcome_that_was_not_taken_is_told_again_and_then_not(
    driver: Sync, time: Time, path: Path
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1.0), Job(1.0))
    jobs = pairs(driver, fleet, ids)
    with Checkpoint(path) as checkpoint:
        assert driver.first(0, checkpoint, jobs) == []  # one came, and nobody asked for the next
        polls = len(fleet.log)
        seen = driver.first(ALL, checkpoint, jobs)
        assert sorted(outcome.job_id for outcome in seen) == ids
        assert driver.first(ALL, checkpoint, jobs) == []
        assert len(driver.first(ALL, checkpoint, jobs, repeat=True)) == 2
        assert len(driver.first(ALL, checkpoint, jobs, repeat=True)) == 2
    assert len(fleet.log) - polls <= 1  # the second may not have ended when the first had


def test_wait_for_all_returns_all_in_order_however_often_it_is_called(
    time: Time, path: Path
) -> None:
    fleet = Fleet(time)
    ids = [*fleet.add(Job(3.0), Job(1.0), Job(2.0, "failed")), "no_such_job", "", "job_1"]
    resource = fleet.resource()

    async def main() -> list[Outcome[Any]]:
        with Checkpoint(path) as checkpoint:
            return await checkpoint.async_wait_for_all(resource, ids)

    first, polls = run(time, main()), len(fleet.log)
    second = run(time, main())
    assert [outcome.job_id for outcome in first] == ids
    assert [outcome.kind for outcome in first] == [
        *("succeeded", "succeeded", "failed", "error", "error", "succeeded"),
    ]
    assert [outcome.to_dict() for outcome in second] == [outcome.to_dict() for outcome in first]
    assert len(fleet.log) == polls
    assert isinstance(first[4].error, InvalidArgumentError)
    assert set(stored(path)) == set(ids) - {""}


def test_the_first_failure_is_raised_if_wanted(time: Time, path: Path) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1.0, "failed"), Job(1e9))

    async def main() -> None:
        with Checkpoint(path) as checkpoint:
            await checkpoint.async_wait_for_all(fleet.resource(), ids, raise_on_failure=True)

    for _ in range(2):
        with pytest.raises(JobFailedError) as caught:
            run(time, main())
        assert caught.value.__notes__ == ["stopped waiting for 1 job still open: widgets job_2"]
    assert len(fleet.jobs[ids[0]].polls) == 2


def test_deadlines_hold_from_the_first_call_on(driver: Sync, time: Time, path: Path) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(1.0), Job(1e9))
    began = time.now
    with Checkpoint(path) as checkpoint:
        assert len(driver.first(1, checkpoint, pairs(driver, fleet, ids), timeout=60.0)) == 1
    time.now = began + 50
    with Checkpoint(path) as checkpoint:
        [outcome] = driver.first(ALL, checkpoint, pairs(driver, fleet, ids), timeout=1e6)
    assert isinstance(outcome.error, WaitTimeoutError)
    assert outcome.error.elapsed == pytest.approx(60, abs=1)
    assert outcome.error.polls == len(fleet.jobs[ids[1]].polls)


def test_a_poll_that_is_not_due_yet_is_not_sent_earlier(time: Time, path: Path) -> None:
    fleet = Fleet(time)
    [id] = fleet.add(Job(100.0, faults={1: lambda: too_many(60)}))
    driver = Sync(time)
    with Checkpoint(path) as checkpoint:
        outcomes = driver.outcomes(checkpoint, pairs(driver, fleet, [id]), timeout=None)
        assert next(outcomes).kind == "succeeded"
        outcomes.close()
    assert fleet.jobs[id].polls[1] >= 60.0
    row = {"started", "timeout", "due", "polls", "failures", "slowest", "seen", "word"}
    with closing(sqlite3.connect(path)) as database:
        [(text,)] = database.execute("select wait from waits").fetchall()
    assert set(json.loads(text)) <= row


jobs = st.builds(
    Job,
    st.floats(0, 20),
    st.sampled_from(["completed", "failed", "cancelled"]),
    st.dictionaries(st.integers(1, 4), st.sampled_from([lambda: answer({}, 500), too_many])),
    st.booleans(),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(jobs, min_size=1, max_size=12), st.lists(st.integers(0, 6), max_size=5))
def test_a_file_as_a_kill_leaves_it_loses_nothing_and_tells_nothing_twice(
    jobs: list[Job], stops: list[int]
) -> None:
    time = Time()
    fleet, driver = Fleet(time), Sync(time)
    ids = fleet.add(*jobs)
    told: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name, f"{number}.db") for number in range(len(stops) + 2)]
        for path, killed, stop in zip(paths, paths[1:], [*stops, len(ids)], strict=False):
            with Checkpoint(path) as checkpoint:
                before, taken, polled = stored(path), taken_from(path), len(fleet.log)
                seen: list[str] = []
                outcomes = driver.outcomes(checkpoint, pairs(driver, fleet, ids), timeout=None)
                for outcome in outcomes:
                    seen.append(outcome.job_id)
                    if len(seen) > stop:
                        break
                # What a process that is killed now leaves behind.
                for suffix in ("", "-wal"):
                    shutil.copy(f"{path}{suffix}", f"{killed}{suffix}")
                outcomes.close()
            told |= set(seen)
            assert len(set(seen)) == len(seen) and not taken & set(seen)
            # All but the one that the process was busy with.
            assert set(seen[:stop]) <= taken_from(killed)
            ended = {id for id, kind in before.items() if kind}
            assert not ended & {id for _, id in fleet.log[polled:]}
            assert set(seen) <= {id for id, kind in stored(killed).items() if kind}
        assert told == set(ids) == set(stored(paths[-1]))


def taken_from(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select job_id from waits where taken").fetchall()
    return {json.loads(id) for (id,) in rows}


def test_jobs_of_several_providers_and_waits_have_rows_of_their_own(
    driver: Sync, time: Time, path: Path
) -> None:
    one, other = Fleet(time, "one"), Fleet(time, "other")
    [id] = one.add(Job())
    other.add(Job(end="failed"))
    wait = Wait.start(one.resource(), id)
    jobs = [*pairs(driver, one, [id, wait]), *pairs(driver, other, [id, id, wait])]
    with Checkpoint(path) as checkpoint:
        seen = driver.first(ALL, checkpoint, jobs)
    assert sorted((outcome.provider, outcome.kind) for outcome in seen) == [
        ("one", "succeeded"),
        ("other", "error"),  # a wait of another provider
        ("other", "failed"),
    ]


def test_what_is_forgotten_is_waited_for_anew(driver: Sync, time: Time, path: Path) -> None:
    fleet = Fleet(time)
    ids = fleet.add(Job(10.0), Job(1.0), Job(1.0, "failed"))
    jobs = pairs(driver, fleet, ids)
    with Checkpoint(path) as checkpoint:
        assert len(driver.first(ALL, checkpoint, jobs, timeout=5.0)) == 3
        assert checkpoint.forget("timeout", "error") == 1
        [outcome] = driver.first(ALL, checkpoint, jobs, timeout=60.0)
    assert (outcome.job_id, outcome.kind) == (ids[0], "succeeded")


def test_ids_may_come_from_an_iterator_without_an_end(time: Time, path: Path) -> None:
    fleet, driver = Fleet(time), Sync(time)
    ids = fleet.add(*[Job()] * 1000)
    resource = driver.resource(fleet)
    endless = ((resource, id) for _ in range(10**9) for id in ids)
    with Checkpoint(path) as checkpoint:
        assert len(driver.first(300, checkpoint, endless)) == 300
    assert len(stored(path)) < 1000


def test_a_file_is_for_one_process_at_a_time(time: Time, path: Path) -> None:
    code = "import sys, jobwait; jobwait.Checkpoint(sys.argv[1])"
    command = [sys.executable, "-c", code, str(path)]
    with Checkpoint(path):
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        with pytest.raises(CheckpointError, match="is in use"):
            Checkpoint(path)
    assert other.returncode == 1
    assert other.stderr.splitlines()[-1] == (
        f"jobwait.CheckpointError: the checkpoint {path} is in use, by another process or "
        "another Checkpoint: wait until that has ended, or use another file"
    )
    assert subprocess.run(command, check=False).returncode == 0
    with Checkpoint(path):
        pass


def test_a_checkpoint_is_for_one_call_at_a_time(time: Time, path: Path) -> None:
    fleet, driver = Fleet(time), Sync(time)
    jobs = pairs(driver, fleet, fleet.add(Job(), Job(1e9)))
    with Checkpoint(path) as checkpoint:
        outcomes = driver.outcomes(checkpoint, jobs, timeout=60.0)
        next(outcomes)
        with pytest.raises(CheckpointError, match="in use by another call"):
            driver.first(1, checkpoint, jobs)
        outcomes.close()
        assert len(driver.first(ALL, checkpoint, jobs)) == 2
    with pytest.raises(CheckpointError, match="it was closed, so make a new Checkpoint"):
        driver.first(1, checkpoint, jobs)


def text(path: Path) -> None:
    path.write_text("no database, but some text\n" * 100)


def damaged(path: Path) -> None:
    Checkpoint(path).close()
    # Neither SQL nor text, which SQLite quotes in its error.
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREATE \xf1ABLE"))


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table waits (number)")


def other_format(path: Path) -> None:
    Checkpoint(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"pragma user_version = {FORMAT + 1}")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (text, "cannot be opened (file is not a database): use another file"),
        (damaged, "cannot be opened ("),
        (other_program, "is a database of another program, and no checkpoint of jobwait"),
        (other_format, f"is of format {FORMAT + 1}, and this version of jobwait reads {FORMAT}"),
        (Path.mkdir, "cannot be opened (unable to open database file): use a file in a folder"),
    ],
)
def test_what_is_no_checkpoint_is_refused_and_not_changed(
    path: Path, make: Any, reason: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(CheckpointError) as caught:
        Checkpoint(path)
    assert reason in str(caught.value) and str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize("folder", ["/proc", "/no/such/folder"])
def test_a_folder_that_cannot_be_written_is_refused(folder: str) -> None:
    with pytest.raises(CheckpointError, match="use a file in a folder that this user may write"):
        Checkpoint(Path(folder, "waits.db"))


@pytest.mark.parametrize("name", ["waits.db", "waits.db-lock"])
def test_a_file_that_may_only_be_read_is_refused(name: str) -> None:
    code = (
        "import os, sys; from jobwait import Checkpoint; os.geteuid() or os.setuid(65534); "
        "Checkpoint(sys.argv[1])"
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "waits.db")
        Checkpoint(path).close()
        for file in (Path(folder), path, path.with_name("waits.db-lock")):
            file.chmod(0o777)
        path.with_name(name).chmod(0o444)
        opened = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
        )
    assert f"{name} may only be read): use a file that this user may write to" in opened.stderr


@pytest.mark.parametrize("path", ["", None, 5, "a\0b"])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="is the path of a file, not"):
        Checkpoint(path)


# A blocking driver goes on in its thread, and may be done before the disk is full.
@pytest.mark.parametrize("driver", [Async], ids=["async"], indirect=True)
def test_a_full_disk_loses_nothing(driver: Sync, time: Time, path: Path) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(float(seconds % 10)) for seconds in range(100)])
    jobs = pairs(driver, fleet, ids)
    taken: list[Outcome[Any]] = []
    with Checkpoint(path) as checkpoint:
        driver.first(10, checkpoint, jobs, into=taken)
        pages = checkpoint._store._pragma("page_count")
        checkpoint._store._pragma(f"max_page_count = {pages}")
        with pytest.raises(CheckpointError) as caught:
            driver.first(ALL, checkpoint, jobs, into=taken)
        assert str(caught.value) == (
            f"the checkpoint {path} cannot be written (database or disk is full): free some space, "
            "and make the same call again; what was written before is kept"
        )
        checkpoint._store._pragma("max_page_count = 1000000")
        driver.first(ALL, checkpoint, jobs, into=taken)
    assert {outcome.job_id for outcome in taken} == set(ids)


def test_a_disk_that_is_full_from_the_start_loses_nothing(
    driver: Sync, time: Time, path: Path
) -> None:
    fleet = Fleet(time)
    ids = fleet.add(*[Job(float(seconds % 10)) for seconds in range(100)])
    jobs = pairs(driver, fleet, ids)
    with Checkpoint(path) as checkpoint:
        pages = checkpoint._store._pragma("page_count")
        checkpoint._store._pragma(f"max_page_count = {pages}")
        with pytest.raises(CheckpointError, match="free some space, and make the same call again"):
            driver.first(ALL, checkpoint, jobs)
        checkpoint._store._pragma("max_page_count = 1000000")
        taken = driver.first(ALL, checkpoint, jobs)
    assert {outcome.job_id for outcome in taken} == set(ids)


def test_a_file_that_may_not_grow_is_a_clear_error(path: Path) -> None:
    code = """
import resource, sys, jobwait, docurift_client
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
client = docurift_client.Client("key", base_url="http://127.0.0.1:9")
with jobwait.Checkpoint(sys.argv[1]) as checkpoint:
    checkpoint.wait_for_all(client.jobs, [str(number) for number in range(5000)])
"""
    command = [sys.executable, "-c", code, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"CheckpointError: the checkpoint {path} cannot be written (disk I/O" in result.stderr
    assert "check the disk and its quota, and make the same call again" in result.stderr
    with Checkpoint(path):
        assert stored(path) is not None


def test_a_row_that_was_tampered_with_is_named(driver: Sync, time: Time, path: Path) -> None:
    fleet = Fleet(time)
    jobs = pairs(driver, fleet, fleet.add(Job(), Job(1e9)))
    with Checkpoint(path) as checkpoint:
        driver.first(ALL, checkpoint, jobs, timeout=5.0)
    for change, text in [
        ("set more = replace(more, 'CompletedJob', 'LostJob')", r"number 1 .*LostJob any more"),
        ("set more = replace(more, 'tests.kit.widgets', 'os.path')", "os.path:LostJob any more"),
        ("set outcome = 'x'", "number 1 of the table"),
        ("set outcome = null, wait = '{\"due\": 5}'", "'started' is nothing"),
    ]:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute(f"update waits {change}")
        with Checkpoint(path) as checkpoint, pytest.raises(CheckpointError, match=text):
            driver.first(ALL, checkpoint, jobs, repeat=True)


def through_text(resource: Any, outcome: Outcome[Any]) -> Outcome[Any]:
    return load(resource, outcome.operation, outcome.job_id, *dump(outcome))


def test_an_outcome_is_the_same_after_it_was_stored(time: Time) -> None:
    fleet = Fleet(time)
    error = {"code": "E1", "message": "no", "retryable": False}
    ids = [
        *fleet.add(
            Job(),
            Job(end="failed", faults={1: lambda: answer({}, 502), 2: lambda: answer(
                {"data": {"id": "x", "status": "failed", "error": error}})}),
            Job(1e9, faults={2: lambda: answer({"why": ["a", {"b": None}]}, 500)}),
        ),
        "no_such_job",
    ]  # fmt: skip
    resource = fleet.resource()
    outcomes = run(time, jobwait.async_wait_for_all(resource, ids, timeout=3.0, schedule=Fixed(1)))
    for outcome in outcomes:
        again = through_text(resource, outcome)
        assert again.job == outcome.job
        assert again.to_dict() == outcome.to_dict()
        assert type(again.error) is type(outcome.error)
        assert plain(again.error) == plain(outcome.error)
    done, failed, timeout, missing = [through_text(resource, outcome) for outcome in outcomes]
    assert isinstance(done.job, CompletedJob)
    assert isinstance(failed.error, JobFailedError) and isinstance(failed.error.job, FailedJob)
    assert isinstance(failed.error.last_error, APIStatusError)
    assert isinstance(timeout.error, WaitTimeoutError)
    assert isinstance(timeout.error.job, RunningJob)
    assert isinstance(missing.error, NotFoundError)
    assert missing.error.body == {"error": "no such job"}


def plain(error: Any) -> Any:
    if not isinstance(error, jobwait.JobwaitError):
        return error
    return {name: plain(value) for name, value in vars(error).items()} | {"text": str(error)}


@pytest.mark.parametrize("name", ["aitronos", "descripio", "docurift", "spideriq"])
def test_jobs_of_real_packages_are_the_same_after_they_were_stored(
    job_sandbox: Sandbox, name: str, path: Path
) -> None:
    provider = jobwait.providers()[name]
    kinds: tuple[Any, ...] = ("succeeded", "failed")
    ids = [job_sandbox.create_job(name, seconds=0, outcome=kind).id for kind in kinds]
    odd = [Fault("unknown_field"), Fault("null_field")]
    ids.append(job_sandbox.create_job(name, seconds=0, faults=odd).id)
    with (
        provider.client(job_sandbox.api_key, base_url=job_sandbox.url(name)) as client,
        Checkpoint(path) as checkpoint,
    ):
        first = checkpoint.wait_for_all(client.jobs, ids)
        second = checkpoint.wait_for_all(client.jobs, ids)
    assert [outcome.kind for outcome in first] == ["succeeded", "failed", "succeeded"]
    for one, other in zip(first, second, strict=True):
        jobs = [outcome.job or cast(Any, outcome.error).job for outcome in (one, other)]
        assert jobs[0] == jobs[1] and type(jobs[0]) is type(jobs[1])
        assert jobwait.deviations(jobs[0]) == jobwait.deviations(jobs[1])
        assert one.to_dict() == other.to_dict()
    assert all(isinstance(outcome.job_id, (str, int, UUID)) for outcome in second)
