"""Operations beside the job's: at other servers, and at paths that differ by what is not sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from jobwait_generator.cli import main
from jobwait_generator.document.selection import links_left_out
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import RefusedError

from jobwait import wait_for_completion

from ..kit.packages import Packages
from ..kit.server import Answer, Server
from .test_generator_normal_form import JOB, WAIT, Json, document, plain

OWN: Final = "https://api.things.test/v2"
DONE: Final = Answer(200, {"id": "x", "status": "done"})
ELSEWHERE: Final[list[Json]] = [
    {"url": "https://files.test"},
    {"url": "https://api.things.test/v3"},
    {"url": "https://api.things.test.evil.test/v2"},
    {"url": "/v3"},
    {"url": "https://{region}.things.test/v2", "variables": {"region": {"default": "eu"}}},
]


def linked(key: str, path: str, **item: Json) -> Json:
    """A document whose jobs have a link to an operation at a path."""
    data = plain(JOB, {**WAIT, key: {"operation": f"GET {path}"}}, operationId="getThing")
    answer = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    data["paths"][path] = {"get": {"responses": {"200": answer}}, **item}
    return data


@pytest.mark.parametrize("key", ["cancel", "list", "result"])
@pytest.mark.parametrize("server", ELSEWHERE, ids=lambda server: server["url"])
def test_a_link_to_another_server_is_left_out_and_said(key: str, server: Json) -> None:
    data = linked(key, "/things/{thing_id}/more", servers=[server])
    (note,) = links_left_out(document(data))
    assert note.startswith(
        f"`{key}` is left out: GET /things/{{thing_id}}/more is at another server"
    )
    files = generate([document(data)])
    package = {name: text for name, text in files.items() if not name.endswith(".lock")}
    assert not [name for name, text in package.items() if "/more" in text]
    assert not [name for name, text in package.items() if "files.test" in text]


def test_a_link_to_the_same_server_is_kept_however_that_is_written() -> None:
    for servers in (
        [{"url": f"{OWN}/"}],
        [{"url": "https://{host}/v2", "variables": {"host": {"default": "api.things.test"}}}],
        [{"url": "https://files.test"}, {"url": OWN}],
        [],
    ):
        data = linked("list", "/things", servers=servers)
        assert links_left_out(document(data)) == []
        files = generate([document(data)])
        assert any("def list(" in text for text in files.values())


def test_what_is_left_out_may_be_as_wrong_as_it_likes() -> None:
    data = linked("result", "/things/{thing_id}/file", servers=[{"url": "https://files.test"}])
    data["paths"]["/things/{thing_id}/file"]["get"] = {
        "parameters": [{"name": "a", "in": "cookie", "required": True}],
        "responses": {"200": {"$ref": "other.yaml"}},
    }
    assert generate([document(data)])


def test_the_command_says_what_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = linked("list", "/things", servers=[{"url": "https://files.test"}])
    (tmp_path / "a.json").write_text(json.dumps(data))
    spec = ["--spec", str(tmp_path / "a.json")]
    note = "acme-client: `list` is left out: GET /things is at another server, https://files.test"
    for command in (
        ["build", *spec, "--name", "acme", "--out", str(tmp_path)],
        ["add", "acme", *spec],
        ["--force"],
    ):
        assert main(command, tmp_path) == 0
        assert note in capsys.readouterr().err


def test_an_operation_of_another_server_that_is_selected_is_refused() -> None:
    data = linked("list", "/things", servers=[{"url": "https://files.test"}])
    data["x-operations"] = ["getThing", "GET /things"]
    with pytest.raises(RefusedError, match="a client has one server"):
        generate([document(data)])


@pytest.mark.parametrize("suffix", ["#result", "#", "?view=full", "?view=full#result", "#a?b=c"])
def test_a_link_whose_path_differs_by_its_end_is_kept(packages: Packages, suffix: str) -> None:
    path = f"/things/{{thing_id}}{suffix}"
    name = f"suffix-{len(suffix)}-{suffix.count('?')}"
    (provider,) = packages.write(document(linked("result", path), name))
    (waitable,) = provider.waitables
    assert waitable.operation == "GET /things/{thing_id}"
    with (
        Server(DONE, Answer(200, {"a": 1})) as server,
        provider.client("key", base_url=server.url) as client,
    ):
        resource = waitable.resource(client)
        assert wait_for_completion(resource, "x").status == "done"
        resource.result("x")
    query = "?view=full" if suffix.startswith("?") else ""
    assert [request.path for request in server.requests] == ["/things/x", f"/things/x{query}"]


def test_the_path_of_a_job_may_have_a_fragment(packages: Packages) -> None:
    data = plain(JOB, path="/things/{thing_id}#get")
    (provider,) = packages.write(document(data, "fragment"))
    (waitable,) = provider.waitables
    with Server(DONE) as server, provider.client("key", base_url=server.url) as client:
        assert waitable.get(client, "x").status == "done"
    assert server.requests[0].path == "/things/x"


def test_jobs_may_differ_by_the_query_or_the_fragment_of_their_paths(packages: Packages) -> None:
    data = plain(JOB, operationId="getThing")
    operation = data["paths"]["/things/{thing_id}"]["get"]
    for end, name in {"?of=sound": "getSound", "#of-image": "getImage"}.items():
        data["paths"][f"/things/{{thing_id}}{end}"] = {"get": {**operation, "operationId": name}}
    (provider,) = packages.write(document(data, "twins"))
    assert len({waitable.attribute for waitable in provider.waitables}) == 3
    with Server(DONE) as server, provider.client("key", base_url=server.url) as client:
        for waitable in provider.waitables:
            assert waitable.get(client, "x").status == "done"
    paths = [request.path for request in server.requests]
    assert paths == ["/things/x", "/things/x?of=sound", "/things/x"]
