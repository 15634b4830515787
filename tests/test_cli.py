"""The command `jobwait`, in processes of its own against the sandbox."""

from __future__ import annotations

import json
import os
import pty
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any, Final, NamedTuple

import pytest
from typer.testing import CliRunner

import jobwait
from jobwait import Checkpoint
from jobwait.cli._commands import app
from jobwait.sandbox import Fault, Sandbox, SandboxJob

VARIABLES: Final = {
    "aitronos": "FREDDY_API_KEY",
    "descripio": "DESCRIPIO_API_KEY",
    "docurift": "DOCURIFT_API_KEY",
    "spideriq": "SPIDERIQ_API_KEY",
}
COMMAND: Final = (sys.executable, "-m", "jobwait")


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Result]


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    keys = dict.fromkeys(VARIABLES.values(), sandbox.api_key)
    return os.environ | {"PYTHONUTF8": "1", "COLUMNS": "120"} | keys | more


@pytest.fixture
def run(job_sandbox: Sandbox) -> Run:
    """Runs the command, with the sandbox in place of the providers that are named in `urls`.

    A process of its own takes a second to start; most tests do not need one.
    """

    def call(
        *arguments: object,
        stdin: str = "",
        urls: tuple[str, ...] = ("docurift",),
        key: str | None = None,
        process: bool = False,
        **variables: str,
    ) -> Result:
        options = [f"--base-url={name}={job_sandbox.url(name)}" for name in urls]
        texts = [*map(str, arguments), *options]
        variables |= {} if key is None else {"DOCURIFT_API_KEY": key}
        env = environment(job_sandbox, **variables)
        if not process:
            result = CliRunner().invoke(app, texts, input=stdin, env=env, prog_name="jobwait")
            return Result(result.exit_code, result.stdout, result.stderr)
        done = subprocess.run(
            [*COMMAND, *texts],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env=env,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


def job(sandbox: Sandbox, name: str = "docurift", seconds: float = 0, **options: Any) -> SandboxJob:
    return sandbox.create_job(name, seconds=seconds, **options)


def test_outcomes_are_json_lines_on_stdout_and_progress_is_lines_on_stderr(
    run: Run, job_sandbox: Sandbox
) -> None:
    good, bad = job(job_sandbox), job(job_sandbox, outcome="failed")
    result = run("wait", "docurift", good.id, bad.id, "--json", process=True)
    assert result.code == 1
    succeeded, failed = sorted(result.outcomes, key=lambda each: str(each["id"]))
    assert set(failed) == {"provider", "operation", "id", "outcome", "job", "error"}
    assert (failed["id"], failed["outcome"]) == (bad.id, "failed")
    assert failed["job"]["status"] == "failed"
    assert failed["error"]["type"] == "JobFailedError"
    assert failed["error"]["code"] and failed["error"]["message"]
    assert (succeeded["id"], succeeded["outcome"]) == (good.id, "succeeded")
    assert succeeded["job"]["result"]["confidence"] > 0
    assert succeeded["error"] is None
    lines = result.err.splitlines()
    assert f"docurift {good.id}: succeeded" in lines
    assert [line for line in lines if line.startswith(f"docurift {bad.id}: failed: the job")]
    assert "\x1b" not in result.err + result.out


def test_a_line_says_when_a_job_is_seen_in_another_state(run: Run, job_sandbox: Sandbox) -> None:
    one = job(job_sandbox, seconds=1.5)
    lines = run("wait", "docurift", one.id, "--schedule", "fixed:0.1").err.splitlines()
    states = [line.removeprefix(f"docurift {one.id}: ").partition(",")[0] for line in lines]
    assert states == ["pending", "processing", "succeeded"]
    assert lines[0].startswith(f"docurift {one.id}: pending, 0 %, poll 1, 0.")
    assert lines[0].endswith("next poll in 0.1 s")
    assert len(job_sandbox.log(one)) > 3


def test_else_they_are_a_table(run: Run, job_sandbox: Sandbox) -> None:
    ids = [job(job_sandbox).id, job(job_sandbox, outcome="failed").id]
    result = run("wait", "docurift", *ids, process=True)
    heading, *rows = [line.split() for line in result.out.splitlines()]
    assert heading == ["provider", "job", "outcome", "reason"]
    assert sorted(row[:3] for row in rows) == sorted(
        [["docurift", ids[0], "succeeded"], ["docurift", ids[1], "failed"]]
    )


def test_every_poll_is_shown_if_wanted(run: Run, job_sandbox: Sandbox) -> None:
    one = job(job_sandbox, seconds=0.9, faults=[Fault("server_error", polls=(2,))])
    result = run("wait", "docurift", one.id, "--verbose", "--schedule", "fixed:0.3")
    polls = [line for line in result.err.splitlines() if "poll " in line]
    assert len(polls) == len(job_sandbox.log(one)) >= 3
    assert "no answer (DocuRift answered" in polls[1] and "next poll in" in polls[1]


@pytest.mark.parametrize(
    ("seconds", "outcome", "options", "code"),
    [
        (0, "succeeded", (), 0),
        (0, "failed", (), 1),
        (60, "succeeded", ("--timeout", "0.3"), 3),
        (0, "succeeded", ("--timeout", "soon"), 2),
        (0, "succeeded", ("--schedule", "often"), 2),
        (0, "succeeded", ("--schedule", "fixed:-1"), 2),
        (0, "succeeded", ("--on-timeout", "cancel"), 2),
        (0, "succeeded", ("--base-url", "nobody=http://127.0.0.1:9"), 2),
        (0, "succeeded", ("--checkpoint", "/no/such/folder/waits.db"), 2),
        (0, "succeeded", ("--output", "/no/such/folder/out"), 2),
        (0, "succeeded", ("--ids-from", "no-such-file"), 2),
        (0, "succeeded", ("--again",), 2),
        (0, "succeeded", ("--no-such-option",), 2),
    ],
)
def test_the_exit_code_says_how_it_ended(
    run: Run, job_sandbox: Sandbox, seconds: float, outcome: Any, options: Any, code: int
) -> None:
    one = job(job_sandbox, seconds=seconds, outcome=outcome)
    result = run("wait", "docurift", one.id, *options)
    assert result.code == code, result
    assert "Traceback" not in result.err
    assert bool(result.out) == (code != 2)


def test_the_exit_code_of_the_worst_job_counts(run: Run, job_sandbox: Sandbox) -> None:
    ids = [job(job_sandbox).id, job(job_sandbox, outcome="failed").id, "no_such_job"]
    assert run("wait", "docurift", *ids[:2]).code == 1
    assert run("wait", "docurift", *ids).code == 4


def test_a_wrong_key_and_a_missing_one_are_told_apart(run: Run, job_sandbox: Sandbox) -> None:
    one = job(job_sandbox)
    refused = run("wait", "docurift", one.id, key="another-key-0123456789")
    assert refused.code == 4
    assert "another-key" not in refused.out + refused.err
    missing = run("get", "docurift", one.id, key="")
    assert missing.code == 2
    assert "DOCURIFT_API_KEY" in missing.err


def test_no_connection_is_a_code_of_its_own(run: Run) -> None:
    nobody = ("--base-url", "http://docurift.test", "--json")
    result = run("wait", "docurift", "job_1", *nobody, urls=(), HTTP_PROXY="http://127.0.0.1:9")
    assert result.code == 5
    assert result.outcomes[0]["error"]["type"] == "APIConnectionError"


def test_a_timeout_in_which_nothing_could_be_reached_is_no_connection(run: Run) -> None:
    nobody = ("--base-url", "http://127.0.0.1:9", "--json")
    result = run("wait", "docurift", "job_1", "--timeout", "0", *nobody, urls=())
    assert result.code == 5
    assert result.outcomes[0]["outcome"] == "timeout"


@pytest.mark.parametrize(
    ("arguments", "streams", "code"),
    [
        ("providers", ">&- 2>&- <&-", 0),
        ("wait -", "<&-", 2),
        ("providers --json", "2>&1 | head -c 1 >/dev/null", 0),
        ("providers", ">/dev/full", 2),
        ("providers", ">/dev/full 2>/dev/full", 2),
    ],
)
def test_a_stream_that_is_closed_or_full_ends_in_no_traceback(
    tmp_path: Path, arguments: str, streams: str, code: int
) -> None:
    command = f"{sys.executable} -m jobwait {arguments} {streams}"
    errors = tmp_path / "errors"
    with errors.open("w") as file:
        done = subprocess.run(["sh", "-c", command], stdout=DEVNULL, stderr=file, check=False)
    assert done.returncode == code
    assert "Traceback" not in errors.read_text()


def test_ids_come_from_files_and_stdin_of_several_providers(
    run: Run, job_sandbox: Sandbox, tmp_path: Path
) -> None:
    jobs = {name: job(job_sandbox, name) for name in VARIABLES}
    file = tmp_path / "ids.txt"
    operation = jobwait.providers()["descripio"].waitables[0].operation
    lines = [
        f"docurift:{jobs['docurift'].id}",
        "",
        json.dumps({"provider": "descripio", "operation": operation, "id": jobs["descripio"].id}),
        json.dumps(f"aitronos:{jobs['aitronos'].id}"),
        f"docurift:{jobs['docurift'].id}",
    ]
    file.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    stdin = f"spideriq:{jobs['spideriq'].id}\n"
    names = tuple(VARIABLES)
    result = run("wait", "-", "--ids-from", file, "--json", stdin=stdin, urls=names)
    assert result.code == 0, result
    ended = sorted((each["provider"], str(each["id"])) for each in result.outcomes)
    assert ended == sorted((name, str(one.id)) for name, one in jobs.items())
    again = run("wait", "--ids-from", "-", "--json", stdin=result.out, urls=names)
    assert len(again.outcomes) == 4


@pytest.mark.parametrize(
    ("arguments", "stdin", "text"),
    [
        (["nobody", "5"], "", "no provider 'nobody' is installed; there are: aitronos, descripio"),
        (["docurif", "5"], "", "(did you mean docurift?)"),
        (["docurift"], "", "there are no ids"),
        (["-"], "", "there are no ids"),
        (["descripio", "5x"], "", "an id of Descripio is a whole number, not '5x'"),
        (["spideriq", "5"], "", "an id of SpiderIQ is a UUID, not '5'"),
        (["docurift:a", "b"], "", "'b' has no provider: write PROVIDER:ID"),
        (["descripio", "-"], "5\nfive\n", "stdin:2  an id of Descripio is a whole number"),
        (["-"], '{"id": 5}\n', "stdin:1  this has no 'provider'"),
        (["-"], '{"provider": "docurift"}\n', "stdin:1  this has no 'id'"),
        (["-"], "{no json\n", "stdin:1  this is no JSON"),
        (["docurift", "-"], '["a", "b"]', "has the form ID, not ['a', 'b']"),
        (["docurift.other", "5"], "", "DocuRift has no 'other': write one of docurift.jobs"),
    ],
)
def test_ids_that_are_none_are_refused_before_anything_is_sent(
    run: Run, arguments: list[str], stdin: str, text: str
) -> None:
    result = run("wait", *arguments, stdin=stdin, urls=())
    assert (result.code, result.out) == (2, "")
    assert text in result.err


def test_outcomes_may_go_to_a_file(run: Run, job_sandbox: Sandbox, tmp_path: Path) -> None:
    one, output = job(job_sandbox), tmp_path / "outcomes.jsonl"
    result = run("wait", "docurift", one.id, "--json", "--output", output)
    assert (result.code, result.out) == (0, "")
    assert json.loads(output.read_text(encoding="utf-8"))["id"] == one.id


def test_the_first_failure_may_stop_it(run: Run, job_sandbox: Sandbox) -> None:
    ids = [job(job_sandbox, seconds=600).id, job(job_sandbox, outcome="failed").id]
    result = run("wait", "docurift", *ids, "--json", "--fail-fast")
    assert result.code == 1
    assert [each["id"] for each in result.outcomes] == ids[1:]
    assert f"stopped waiting for 1 job still open: docurift {ids[0]}" in result.err


def test_a_job_that_is_not_there_yet_is_waited_for(run: Run, job_sandbox: Sandbox) -> None:
    one = job(job_sandbox, faults=[Fault("not_found", polls=(1,))])
    assert run("wait", "docurift", one.id).code == 4
    two = job(job_sandbox, faults=[Fault("not_found", polls=(1,))])
    assert (
        run("wait", "docurift", two.id, "--not-found-grace", 30, "--schedule", "fixed:0.1").code
        == 0
    )


def test_a_job_is_shown_as_fields_as_json_or_as_it_came(run: Run, job_sandbox: Sandbox) -> None:
    one = job(job_sandbox)
    fields = dict(
        line.split(maxsplit=1) for line in run("get", "docurift", one.id).out.splitlines()
    )
    assert fields["status"] == "completed"
    as_json = run("get", "docurift", one.id, "--json")
    assert json.loads(as_json.out)["status"] == "completed"
    raw = run("get", "docurift", one.id, "--raw")
    assert json.loads(raw.out)["data"] == json.loads(as_json.out)
    missing = run("get", "docurift", "no_such_job")
    assert (missing.code, missing.out) == (4, "")
    assert "DocuRift answered" in missing.err


def test_providers_are_listed_with_where_their_keys_come_from(run: Run) -> None:
    listed = json.loads(run("providers", "--json", urls=()).out)
    assert {each["name"]: each["environment_variables"] for each in listed} == {
        name: [variable] for name, variable in VARIABLES.items()
    }
    assert listed[1]["jobs"] == [
        {
            "name": "descripio",
            "operation": "GET /api/v1/jobs/{jobId}",
            "id": {"jobId": "integer"},
        }
    ]
    table = run("providers", urls=())
    assert all(variable in table.out for variable in VARIABLES.values())


def test_a_job_that_cannot_be_cancelled_is_told_so(run: Run) -> None:
    result = run("cancel", "docurift", "job_1")
    assert result.code == 2
    assert "jobs of docurift cannot be cancelled" in result.err


def test_the_sandbox_is_at_hand(run: Run) -> None:
    result = run("sandbox", "--help", urls=())
    assert result.code == 0
    assert "python -m jobwait.sandbox" in result.out and "--port" in result.out


def test_the_script_is_the_same_command(run: Run) -> None:
    [script] = entry_points(group="console_scripts", name="jobwait")
    assert script.value == "jobwait.cli:main"
    result = run("--version", urls=())
    assert result == Result(0, f"jobwait {jobwait.__version__}\n", "")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_one_sentence_names_it(missing: str) -> None:
    code = f"""
import runpy, sys
sys.modules[{missing!r}] = None
runpy.run_module("jobwait", run_name="__main__")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    sentence = f"the command jobwait needs {missing}: python -m pip install 'jobwait[cli]'\n"
    assert result.stderr == sentence


@pytest.mark.parametrize(
    ("words", "choices"),
    [("wait doc", ["docurift"]), ("get ", list(VARIABLES)), ("wait --ids", ["--ids-from"])],
)
def test_the_shell_completes_providers_and_options(words: str, choices: list[str]) -> None:
    env = os.environ | {
        "_JOBWAIT_COMPLETE": "complete_bash",
        "COMP_WORDS": f"jobwait {words}",
        "COMP_CWORD": str(len(f"jobwait {words}".split(" ")) - 1),
    }
    command = [sys.executable, "-c", "import jobwait.cli; jobwait.cli.main()"]
    result = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert result.stdout.split() == choices, result.stderr


def start(sandbox: Sandbox, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [*COMMAND, *arguments, "--base-url", sandbox.url("docurift")]
    return subprocess.Popen(command, encoding="utf-8", env=environment(sandbox), **options)


def test_control_c_is_130_and_names_what_is_open(job_sandbox: Sandbox) -> None:
    one = job(job_sandbox, seconds=600)
    process = start(job_sandbox, "wait", "docurift", one.id, stderr=PIPE)
    with process:
        assert process.stderr is not None
        process.stderr.readline()  # it waits
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.splitlines() == [
        f"jobwait: stopped waiting for 1 job still open: docurift {one.id}",
        "jobwait: interrupted",
    ]


def test_a_terminal_shows_a_live_view(job_sandbox: Sandbox) -> None:
    ids = [job(job_sandbox, seconds=600).id, job(job_sandbox, outcome="failed").id]
    ours, theirs = pty.openpty()
    arguments = ("wait", "docurift", *ids, "--schedule", "fixed:0.7", "--timeout", "2")
    process = start(job_sandbox, *arguments, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with process:
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    text = shown.decode()
    assert process.returncode == 3
    assert "\x1b[" in text  # it moves the cursor
    for part in (*ids, "pending", "0 %", "next poll", "1 of 2 ended: 1 failed", "1 timeout"):
        assert part in text, part
    assert text.rindex("outcome") > text.rindex("of 2 ended")  # the table comes last


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # on Linux, the end
        return b""


def test_the_same_command_with_a_checkpoint_asks_nothing_again(
    run: Run, job_sandbox: Sandbox, tmp_path: Path
) -> None:
    ids = [job(job_sandbox).id, job(job_sandbox, seconds=600).id]
    path = tmp_path / "waits.db"
    command = ("wait", "docurift", *ids, "--json", "--checkpoint", path, "--timeout", "1")
    first = run(*command)
    polls = len(job_sandbox.log())
    second = run(*command)
    assert first.code == second.code == 3
    assert len(job_sandbox.log()) == polls
    assert sorted(first.out.splitlines()) == sorted(second.out.splitlines())
    assert run(*command, "--again").code == 3
    assert len(job_sandbox.log()) > polls
    with Checkpoint(path):
        busy = run(*command)
    assert (busy.code, busy.out) == (2, "")
    assert "is in use, by another process" in busy.err


def ended(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select job_id from waits where outcome is not null").fetchall()
    return {json.loads(id) for (id,) in rows}


def until(process: subprocess.Popen[str], count: int) -> Iterator[dict[str, Any]]:
    """The outcomes that a command tells until it has told so many and is killed."""
    assert process.stdout is not None
    for number, line in enumerate(process.stdout, 1):
        if line.endswith("\n"):
            yield json.loads(line)
        if number == count:
            process.kill()
    process.wait()


def test_killed_ten_times_among_a_thousand_waits_it_loses_none_and_asks_none_again(
    job_sandbox: Sandbox, tmp_path: Path
) -> None:
    draw = random.Random(12)
    jobs = [
        job(job_sandbox, seconds=draw.uniform(0, 12), outcome=draw.choice(["succeeded", "failed"]))
        for _ in range(1000)
    ]
    ids, path = {one.id for one in jobs}, tmp_path / "waits.db"
    lines, told = "\n".join(ids), set[str]()
    (tmp_path / "ids").write_text(lines, encoding="utf-8")
    options = ("--ids-from", str(tmp_path / "ids"), "--json", "--checkpoint", str(path))
    outcomes: list[dict[str, Any]] = []
    known: list[tuple[set[str], int]] = []
    for kill in range(11):
        process = start(job_sandbox, "wait", "docurift", *options, stdout=PIPE, stderr=DEVNULL)
        with process:
            outcomes = list(until(process, 90 * (kill + 1) if kill < 10 else 10_000))
        told |= {outcome["id"] for outcome in outcomes}
        known.append((ended(path), len(job_sandbox.log())))
        assert {outcome["id"] for outcome in outcomes} <= known[-1][0]
        assert process.returncode == (1 if kill == 10 else -signal.SIGKILL)
    assert told == ids == {outcome["id"] for outcome in outcomes}
    assert len(outcomes) == len(ids)
    log = [entry.job_id for entry in job_sandbox.log()]
    for (finished, since), (_, upto) in pairwise(known):
        assert not finished & set(log[since:upto])
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select job_id, count(*) from waits group by job_id").fetchall()
    assert sorted(rows) == sorted((json.dumps(id), 1) for id in ids)
