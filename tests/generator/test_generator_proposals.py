"""What `suggest` proposes is made as it stands, and so is each line that it offers in a comment."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jobwait_generator.cli import main
from jobwait_generator.document.document import Document, load
from jobwait_generator.model.schemas import Node
from jobwait_generator.project import refusal
from jobwait_generator.suggest.candidates import suggest
from jobwait_generator.suggest.prose import described_words, pace

from ..kit.foreign import ERROR, FOREIGN, NUMBER, TEXT, Foreign, Json, answers, document, thing
from .test_generator_suggest import WORDS, proposed

OFFERED: Final = re.compile(r"( *)# ((failure|cancel|result|list|job|progress):.*)")
INNER: Final = re.compile(r"( *)# (  \w+: .*)")


def read(data: Json) -> Document:
    """A document with a server, as a file holds it."""
    content = json.dumps({"servers": [{"url": "https://api.acme.test"}], **data}).encode()
    return load("a.json", "acme", content)


def tried(data: Json) -> str:
    """The proposal for a document, tried out."""
    found = read(data)
    return suggest(found.data, "a.json", partial(refusal, found))


def only(data: Json) -> Json:
    """The extension for the only operation that is proposed."""
    (value,) = proposed(tried(data)).values()
    return value


def uncommented(text: str) -> list[str]:
    """The text with each of the entries that it offers in comments, one at a time."""
    lines = text.partition("# Doubtful; ")[0].split("\n")
    result: list[str] = []
    for i, line in enumerate(lines):
        if match := OFFERED.fullmatch(line):
            new = [*lines[:i], match[1] + match[2], *lines[i + 1 :]]
            if match[3] == "failure":
                new[i + 1] = INNER.sub(r"\1\2", new[i + 1])
            result.append("\n".join(new))
    return result


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_what_is_proposed_builds_and_so_does_all_that_is_offered(foreign: Foreign) -> None:
    text = tried(foreign.data).replace('"?"', "failed")
    texts = uncommented(text) if "actions: []" in text else [text, *uncommented(text)]
    doubtful = text.partition("# Doubtful; ")[2].partition("\n\n")[0].split("\n")[1:]
    if doubtful:
        start = text.partition("# Doubtful; ")[0].replace("actions: []", "actions:")
        texts.append("\n".join([start, *(line.removeprefix("# ") for line in doubtful)]) + "\n")
    assert [refusal(read(foreign.data), each) for each in texts] == [""] * len(texts)


def test_what_is_offered_is_found_by_the_test_above() -> None:
    job = (
        "GET /jobs/{id}",
        answers(thing(WORDS, status_message=TEXT, progress=NUMBER)),
    )
    more = [(name, answers(thing())) for name in ("GET /jobs", "GET /jobs/{id}/result")]
    text = tried(document(job, *more, ("DELETE /jobs/{id}", answers(thing()))))
    assert len(uncommented(text)) == 5


def test_a_path_and_its_twin_with_a_query_are_one_job() -> None:
    twin = "GET /jobs/{id}?beta=true"
    cancel = ("POST /jobs/{id}/cancel", answers(thing(WORDS)))
    data = document(
        (twin, answers(thing(WORDS, beta=TEXT))), ("GET /jobs/{id}", answers(thing(WORDS))), cancel
    )
    data["paths"]["/jobs/{id}"]["get"]["operationId"] = "getJob"
    data["paths"]["/jobs/{id}?beta=true"]["get"]["operationId"] = "betaGetJob"
    text = tried(data)
    assert list(proposed(text)) == ["GET /jobs/{id}"]
    assert f"# The same job by other ways: {twin}" in text
    assert refusal(read(data), text) == ""


def test_a_path_behind_a_reference_is_reached_where_it_stands() -> None:
    data = document(("GET /jobs/{id}", answers(thing(WORDS))))
    data["components"]["pathItems"] = {"Job's": data["paths"]["/jobs/{id}"]}
    data["paths"]["/jobs/{id}"] = {"$ref": "#/components/pathItems/Job's"}
    text = tried(data)
    (action,) = yaml.safe_load(text)["actions"]
    assert action["target"] == r"$['components']['pathItems']['Job\'s']['get']"
    assert refusal(read(data), text) == ""


def test_the_server_of_the_document_wins() -> None:
    elsewhere = answers(
        thing(WORDS, progress=NUMBER, error=ERROR), servers=[{"url": "https://b.test"}]
    )
    data = document(("GET /a/{id}", elsewhere), ("GET /jobs/{id}", answers(thing(WORDS))))
    data["servers"] = [{"url": "https://api.acme.test"}]
    text = tried(data)
    assert list(proposed(text)) == ["GET /jobs/{id}"]


def test_words_of_a_description_are_judged_as_listed_ones_are() -> None:
    for text in (
        "`queued`, `mulling`, `purple`, `done` or `failed`",
        "It is:\n- queued: waits\n- mulling: thinks\n- purple: is purple\n- done\n- failed\n",
        "| Status | Meaning |\n|---|---|\n| queued | a |\n| mulling | b |\n| purple | c |\n"
        "| done | d |\n| failed | e |\n",
        "One of: queued, mulling, purple, done or failed.",
    ):
        status = {"type": "string", "description": text}
        data = document(("GET /jobs/{id}", answers({"properties": {"status": status, "id": TEXT}})))
        assert only(data)["states"] == {
            "queued": "pending",
            "mulling": "running",
            "purple": "?",
            "done": "succeeded",
            "failed": "failed",
        }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Call `GET /jobs` until it is `done`.", ["done"]),
        ("`queued`, `null` or `done`", ["queued", "done"]),
        ("See the `purple` guide. It is `queued` or `done`.", ["queued", "done"]),
        ("", []),
    ],
)
def test_other_words_in_quotes_are_no_status(text: str, words: list[str]) -> None:
    assert described_words([Node({"description": text}, "")]) == words


def test_a_delete_that_cancels_is_proposed_and_another_is_offered() -> None:
    job = ("GET /jobs/{id}", answers(thing(WORDS)))
    link = {"operation": "DELETE /jobs/{id}"}
    cancels = answers(thing(), summary="Cancel a job")
    assert only(document(job, ("DELETE /jobs/{id}", cancels)))["cancel"] == link
    text = tried(document(job, ("DELETE /jobs/{id}", answers(thing(), summary="Delete a job"))))
    assert '# cancel: {operation: "DELETE /jobs/{id}"}' in text
    for other in ("POST /jobs/{id}:cancel", "POST /cancel/jobs/{id}", "PUT /jobs/{id}/abort"):
        assert only(document(job, (other, answers(thing()))))["cancel"] == {"operation": other}


@pytest.mark.parametrize(
    ("text", "polling"),
    [
        ("Poll every 5 seconds.", (5, 10, 300)),
        ("We recommend polling at 15-second intervals.", (15, 15, 300)),
        ("Do not poll more often than once per second.", (1, 10, 300)),
        ("Poll the status every 2-5 seconds.", (2, 5, 300)),
        ("Check again every minute.", (60, 60, 600)),
        ("It takes up to 2 minutes; poll every 10 seconds.", (10, 10, 300)),
        ("Please wait at least thirty seconds between requests.", (30, 30, 300)),
        ("Poll every 500 ms.", (0.5, 10, 300)),
        ("Use a polling interval of 1.5 s.", (1.5, 10, 300)),
        ("At most 10 requests per second.", None),
        ("Files are kept for at least 60 minutes.", None),
        ("Check the status. Results expire every 30 days.", None),
        ("Jobs are polled for at most 10 minutes.", None),
        ("Poll until it is done.", None),
    ],
)
def test_a_pace_is_proposed_where_the_text_tells_one(
    text: str, polling: tuple[float, float, float] | None
) -> None:
    found = pace([text])
    assert (found and found[:3]) == polling
    data = document(("GET /jobs/{id}", answers(thing(WORDS), description=text)))
    initial = only(data).get("polling", {}).get("initial")
    assert initial == (polling[0] if polling else None)


def test_a_boolean_beside_an_error_is_a_status() -> None:
    schema = thing("", "done", error=ERROR)
    schema["properties"]["done"] = {"type": "boolean"}
    value = only(document(("GET /operations/{id}", answers(schema))))
    assert value["status"] == "/done"
    assert value["states"] == {"false": "running", "true": "succeeded"}


@pytest.mark.parametrize(
    ("members", "failure"),
    [
        ({"error": ERROR}, {"when": "/error"}),
        ({"success": {"type": "boolean"}}, {"unless": "/success"}),
        (
            {"errorResult": ERROR, "errors": {"type": "array", "items": ERROR}},
            {"when": "/errorResult"},
        ),
    ],
)
def test_an_outcome_outside_of_the_words_is_proposed(members: Json, failure: Json) -> None:
    data = document(("GET /jobs/{id}", answers(thing("queued running done", **members))))
    value = proposed(suggest(data, "a.yaml"))["GET /jobs/{id}"]
    assert failure.items() <= value["failure"].items()


def test_what_the_generator_refuses_is_left_out_with_the_reason() -> None:
    good = ("GET /jobs/{id}", answers(thing(WORDS)))
    bad = ("GET /tasks/{id}", answers(thing(WORDS, error={"$ref": "#/components/schemas/No"})))
    text = tried(document(good, bad))
    assert list(proposed(text)) == ["GET /jobs/{id}"]
    assert "#   GET /tasks/{id}: the generator refuses it: the reference" in text
    text = tried(document(bad))
    assert list(proposed(text)) == ["GET /tasks/{id}"]
    assert "# unsure: the generator refuses this: the reference" in text


def hidden(name: str, **more: Any) -> Json:
    """A document whose key is a parameter of a header."""
    parameter = {"name": name, "in": "header", "schema": {"type": "string"}, **more}
    version = {"name": "acme-version", "in": "header", "schema": {"type": "string"}}
    return document(("GET /jobs/{id}", answers(thing(WORDS), parameters=[parameter, version])))


@pytest.mark.parametrize(
    ("name", "more", "scheme"),
    [
        ("x-api-key", {}, {"type": "apiKey", "in": "header", "name": "x-api-key"}),
        ("X-Auth-Token", {}, {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}),
        ("Authorization", {"description": "A bearer token"}, {"type": "http", "scheme": "bearer"}),
        ("Idempotency-Key", {}, None),
        ("X-Request-Id", {}, None),
    ],
)
def test_a_key_hidden_in_a_header_becomes_a_security_scheme(
    tmp_path: Path, name: str, more: Json, scheme: Json | None
) -> None:
    text = tried(hidden(name, **more))
    updates = [action["update"] for action in yaml.safe_load(text)["actions"]]
    schemes = [update["components"] for update in updates if "components" in update]
    assert [list(found["securitySchemes"].values()) for found in schemes] == (
        [[scheme]] if scheme else []
    )
    assert 'if the provider needs the header acme-version, pass headers={"acme-version": …}' in text
    assert refusal(read(hidden(name, **more)), text) == ""


def test_build_says_that_no_key_will_be_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(hidden("x-api-key")))
    text = tried(hidden("x-api-key"))
    data = yaml.safe_load(text)
    (tmp_path / "with.yaml").write_text(text)
    (tmp_path / "without.yaml").write_text(json.dumps({**data, "actions": data["actions"][1:]}))
    arguments = ["build", "--spec", str(tmp_path / "a.json"), "--out", str(tmp_path), "--name"]

    assert main([*arguments, "a", "--overlay", str(tmp_path / "with.yaml")], tmp_path) == 0
    assert capsys.readouterr().err == ""
    client = (tmp_path / "a-client" / "a_client" / "_client.py").read_text()
    assert '"x-api-key"' in client

    assert main([*arguments, "b", "--overlay", str(tmp_path / "without.yaml")], tmp_path) == 0
    message = capsys.readouterr().err
    assert "b-client: no key will be sent, as the document has no security scheme" in message
    assert "`suggest` proposes one for the header x-api-key" in message


def test_words_without_a_meaning_are_counted_and_refused_with_all_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = document(("GET /jobs/{id}", answers(thing("queued purple green running done failed"))))
    text = tried(data)
    assert '# 2 words are marked "?"; nothing is made before each has a state.' in text
    (tmp_path / "a.json").write_text(json.dumps(data))
    (tmp_path / "o.yaml").write_text(text.replace("status: /status", "status: /stauts"))
    spec = ["--spec", str(tmp_path / "a.json"), "--overlay", str(tmp_path / "o.yaml")]
    for command in (["add", "a"], ["build", "--name", "a", "--out", str(tmp_path)]):
        assert main([*command, *spec], tmp_path) == 1

        lines = capsys.readouterr().err.splitlines()
        place = "/paths/~1jobs~1{id}/get/x-wait-for-completion/states"
        assert f'{place}/purple  "purple" is still marked `?` (word 1 of 2 left open)' in lines[0]
        assert f'{place}/green  "green" is still marked `?` (word 2 of 2 left open)' in lines[1]
        assert any("/stauts" in line for line in lines)
        assert lines[-1] == f"{len(lines) - 1} problems; nothing was written"
