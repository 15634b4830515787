"""How a provider that the sandbox plays treats credentials, ids, methods and paths."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from jobwait import Provider, providers
from jobwait.sandbox import Sandbox, SandboxError, run

if TYPE_CHECKING:
    from .conftest import Web

PROVIDERS = providers()


def altered(name: str) -> tuple[Provider, Any]:
    """An installed provider with a document to alter, and the one operation in it."""
    installed = PROVIDERS[name]
    provider = Provider(
        name=name,
        title=installed.title,
        package=installed.package,
        waitables=installed.waitables,
    )
    provider.document = copy.deepcopy(installed.document)
    [item] = provider.document["paths"].values()
    [operation] = [value for value in item.values() if "x-wait-for-completion" in value]
    return provider, operation


def examples(provider: str, status: int) -> list[Any]:
    _, operation = altered(provider)
    response = operation["responses"][str(status)]
    while "$ref" in response:
        node: Any = PROVIDERS[provider].document
        for part in response["$ref"].split("/")[1:]:
            node = node[part]
        response = node
    media = response["content"]["application/json"]
    return [example["value"] for example in media["examples"].values()]


def headers(scheme: Any, key: str) -> dict[str, str]:
    if scheme["type"] == "apiKey":
        return {scheme["name"]: key}
    return {"Authorization": f"Bearer {key}"}


def schemes() -> list[tuple[str, str]]:
    return [
        (name, scheme)
        for name, provider in PROVIDERS.items()
        for scheme in provider.document["components"]["securitySchemes"]
    ]


@pytest.mark.parametrize(("provider", "scheme"), schemes())
def test_the_key_opens_by_every_scheme_of_the_document(
    sandbox: Sandbox, web: Web, provider: str, scheme: str
) -> None:
    credential = PROVIDERS[provider].document["components"]["securitySchemes"][scheme]
    job = sandbox.create_job(provider)
    assert web.get(job.url, headers(credential, sandbox.api_key)).status == 200
    refused = web.get(job.url, headers(credential, "another-key"))
    assert refused.status == 401
    assert refused.json() in examples(provider, 401)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Authorization": "sandbox-key"},
        {"Authorization": "Basic sandbox-key"},
        {"Authorization": "Bearer Sandbox-Key"},
        {"X-Other": "sandbox-key"},
    ],
)
def test_what_is_no_credential_is_a_401(
    sandbox: Sandbox, web: Web, provider: str, given: dict[str, str]
) -> None:
    job = sandbox.create_job(provider)
    answer = web.get(job.url, given)
    assert answer.status == 401
    assert answer.json() in examples(provider, 401)
    assert not sandbox.log(job)


def test_a_scheme_that_the_document_does_not_offer_opens_nothing(
    sandbox: Sandbox, web: Web
) -> None:
    for name, provider in PROVIDERS.items():
        offered = provider.document["components"]["securitySchemes"].values()
        if not any(scheme["type"] == "apiKey" for scheme in offered):
            job = sandbox.create_job(name)
            assert web.get(job.url, {"X-API-Key": sandbox.api_key}).status == 401


def test_a_key_of_ones_own_takes_the_place_of_the_default(web: Web) -> None:
    with run(api_key="my own") as sandbox:
        job = sandbox.create_job(next(iter(PROVIDERS)))
        assert web.get(job.url, {"Authorization": "Bearer my own"}).status == 200
        assert web.get(job.url, {"Authorization": "Bearer sandbox-key"}).status == 401


SCHEMES = {
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "basic": {"type": "http", "scheme": "Basic"},
    "prefixed": {"type": "apiKey", "in": "header", "name": "Authorization", "x-prefix": "Key "},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "certificate": {"type": "mutualTLS"},
}


def secured(*security: dict[str, list[str]]) -> tuple[str, Provider]:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    provider.document["components"]["securitySchemes"] = SCHEMES
    operation["security"] = security
    return name, provider


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["certificate"], "the security scheme certificate is none of bearer, basic"),
        (["header", "bearer"], "security schemes that are needed together"),
    ],
)
def test_credentials_that_cannot_be_played_are_named(names: list[str], reason: str) -> None:
    name, provider = secured({scheme: [] for scheme in names})
    with run(providers={name: provider}) as sandbox, pytest.raises(SandboxError, match=reason):
        sandbox.create_job(name)


@pytest.mark.parametrize(
    ("scheme", "query", "right", "wrong"),
    [
        ("query", "?key=sandbox-key", {}, {"key": "sandbox-key"}),
        ("cookie", "", {"Cookie": "session=sandbox-key"}, {"Cookie": "sandbox-key"}),
        ("basic", "", {"Authorization": "basic c2FuZGJveC1rZXk="}, {"Authorization": "basic c2Fu"}),
        ("prefixed", "", {"Authorization": "Key sandbox-key"}, {"Authorization": "sandbox-key"}),
    ],
)
def test_every_kind_of_credential_opens(
    web: Web, scheme: str, query: str, right: dict[str, str], wrong: dict[str, str]
) -> None:
    name, provider = secured({"bearer": []}, {scheme: []})
    with run(providers={name: provider}) as sandbox:
        url = sandbox.create_job(name).url
        assert web.get(url + query, right).status == 200
        assert web.get(url, wrong).status == 401


@pytest.mark.parametrize("security", [[], [{}], [{"any": []}, {}]])
def test_an_operation_without_security_needs_no_key(web: Web, security: Any) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    operation["security"] = security
    with run(providers={name: provider}) as sandbox:
        assert web.get(sandbox.create_job(name).url, {}).status == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_unknown_job_is_the_documents_404(sandbox: Sandbox, web: Web, provider: str) -> None:
    job = sandbox.create_job(provider)
    unknown = {int: "1", UUID: str(UUID(int=0)), str: "job_unknown"}[PROVIDERS[provider].id_type]
    answer = web.get(job.url.replace(str(job.id), unknown))
    assert answer.status == 404
    [example] = examples(provider, 404)
    assert answer.json().keys() == example.keys()


def test_a_404_speaks_of_the_job_that_was_asked_for(sandbox: Sandbox, web: Web) -> None:
    for name in PROVIDERS:
        [example] = examples(name, 404)
        _, operation = altered(name)
        [parameter] = operation["parameters"]
        if str(parameter["example"]) in json.dumps(example):
            job = sandbox.create_job(name)
            answer = web.get(job.url.replace(str(job.id), "job_of-mine"))
            assert b"job_of-mine" in answer.body


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("text", ["x", "1.5", "1_0", "%2B5", "9" * 5000, "%F0%9F%90%8D", "a%20b"])
def test_an_id_of_the_wrong_type_is_refused_as_documented(
    sandbox: Sandbox, web: Web, provider: str, text: str
) -> None:
    job = sandbox.create_job(provider)
    _, operation = altered(provider)
    documented = [status for status in ("400", "422") if status in operation["responses"]]
    typed = PROVIDERS[provider].id_type is not str
    answer = web.get(job.url.replace(str(job.id), text))
    assert answer.status == int(documented[0] if documented and typed else "404")
    assert answer.json().keys() == examples(provider, answer.status)[0].keys()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_path_that_is_not_documented_is_the_documents_404(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    job = sandbox.create_job(provider)
    for url in (sandbox.url(provider), sandbox.url(provider) + "/other", job.url + "/"):
        answer = web.get(url)
        assert answer.status == 404
        assert answer.json() in examples(provider, 404)
        assert web.get(url, {}).status == 401


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_method_is_a_405_that_names_the_right_one(
    sandbox: Sandbox, web: Web, provider: str
) -> None:
    job = sandbox.create_job(provider)
    for method in ("POST", "DELETE", "PUT", "PATCH", "HEAD"):
        answer = web.send(method, job.url)
        assert answer.status == 405
        assert answer.headers["allow"] == "GET"
    assert not sandbox.log(job)


def test_the_log_holds_refused_requests_too(sandbox: Sandbox, web: Web) -> None:
    provider = next(iter(PROVIDERS))
    job = sandbox.create_job(provider)
    before = len(sandbox.log())
    web.get(job.url, {})
    web.get(sandbox.url(provider) + "/nowhere")
    web.send("POST", job.url)
    web.get(job.url)
    entries = sandbox.log()[before:]
    assert [entry.status for entry in entries] == [401, 404, 405, 200]
    assert [entry.poll for entry in entries] == [None, None, None, 1]
    assert [entry.method for entry in entries] == ["GET", "GET", "POST", "GET"]
    assert {entry.provider for entry in entries} == {provider}
    assert len({entry.connection for entry in entries}) == 4
    assert sandbox.log(job) == entries[3:]


def test_a_document_whose_example_does_not_fit_its_schema_cannot_be_played() -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    for example in operation["responses"]["200"]["content"]["application/json"][
        "examples"
    ].values():
        example["value"] = {
            key: {"not": "this"} if key.endswith("at") or key == "data" else value
            for key, value in example["value"].items()
        }
    with (
        run(providers={name: provider}) as sandbox,
        pytest.raises(SandboxError, match=r"its example of '.*not fit its schema: .*_at: "),
    ):
        sandbox.create_job(name)


def test_examples_are_found_by_the_status_in_them_when_their_names_say_nothing(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    media = operation["responses"]["200"]["content"]["application/json"]
    media["examples"] = {f"e{n}": example for n, example in enumerate(media["examples"].values())}
    with run(providers={name: provider}) as sandbox:
        assert web.get(sandbox.create_job(name).url).status == 200


@pytest.mark.parametrize(("ended", "word"), [(True, "true"), (2, "2")])
def test_a_status_that_is_no_text_is_read_as_the_extension_writes_it(ended: Any, word: str) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    extension = operation["x-wait-for-completion"]
    extension["status"], extension["states"] = "/ended", {word: "succeeded"}
    media = operation["responses"]["200"]["content"]["application/json"]
    [example] = [e for e in media["examples"].values() if e["value"]["status"] == "completed"]
    example["value"]["ended"] = ended
    media["examples"] = {"an example": example}
    with run(providers={name: provider}) as sandbox:
        assert sandbox.create_job(name).outcome == "succeeded"


def test_references_are_followed(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    components = provider.document["components"]
    components["parameters"] = {"Id": operation["parameters"][0]}
    components["responses"] = {"Job/Found": operation["responses"]["200"]}
    operation["parameters"] = [{"$ref": "#/components/parameters/Id"}]
    operation["responses"]["200"] = {"$ref": "#/components/responses/Job~1Found"}
    with run(providers={name: provider}) as sandbox:
        assert web.get(sandbox.create_job(name).url).status == 200


def without_extension(operation: Any) -> None:
    del operation["x-wait-for-completion"]


def without_examples(operation: Any) -> None:
    del operation["responses"]["200"]["content"]["application/json"]["examples"]


def without_title(operation: Any) -> None:
    operation["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "object"}


def without_json(operation: Any) -> None:
    operation["responses"]["200"]["content"] = {"text/html": {}}


def without_a_status(operation: Any) -> None:
    extension = operation["x-wait-for-completion"]
    del extension["status"], extension["states"]
    extension["responses"] = {"202": "running", "200": "succeeded"}


def without_200(operation: Any) -> None:
    operation["responses"]["2XX"] = operation["responses"].pop("200")


def with_examples_elsewhere(operation: Any) -> None:
    examples = operation["responses"]["200"]["content"]["application/json"]["examples"]
    for name in examples:
        examples[name] = {"externalValue": "https://example.org/job.json"}


def with_a_lost_reference(operation: Any) -> None:
    operation["responses"]["404"] = {"$ref": "#/components/responses/Lost"}


UNPLAYABLE: list[tuple[Callable[[Any], None], str]] = [
    (without_extension, "x-wait-for-completion"),
    (without_examples, "no example of a job that has ended"),
    (without_title, "no title"),
    (without_json, "no example of a job that has ended"),
    (without_a_status, "no field of its jobs tells their status"),
    (without_200, "it documents no response 200"),
    (with_examples_elsewhere, "no example of a job that has ended"),
    (with_a_lost_reference, "Lost points to nothing"),
]


@pytest.mark.parametrize(("change", "reason"), UNPLAYABLE)
def test_a_document_that_cannot_be_played_is_named_and_the_others_play_on(
    web: Web, change: Callable[[Any], None], reason: str
) -> None:
    name, other = [*PROVIDERS][:2]
    provider, operation = altered(name)
    change(operation)
    with run(providers={name: provider, other: PROVIDERS[other]}) as sandbox:
        for _ in range(2):
            with pytest.raises(SandboxError, match=rf"{provider.title} cannot be played.*{reason}"):
                sandbox.create_job(name)
        assert web.get(sandbox.create_job(other).url).status == 200
        page = web.get(sandbox.base_url).json()
    assert [*page["providers"]] == [other]
    assert reason in page["unplayable"][name]


def test_an_error_that_is_documented_without_json_is_a_plain_one(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    operation["responses"]["500"] = operation["responses"]["401"] = {
        "description": "A page.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
    with run(providers={name: provider}) as sandbox:
        answer = web.get(sandbox.create_job(name).url, {})
    assert (answer.status, answer.json()) == (401, {"error": "Unauthorized"})


def test_a_job_that_can_only_fail_is_played(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    states = operation["x-wait-for-completion"]["states"]
    examples = operation["responses"]["200"]["content"]["application/json"]["examples"]
    for word, state in states.items():
        if state == "succeeded":
            del examples[word]
    with run(providers={name: provider}) as sandbox:
        assert web.get(sandbox.create_job(name, outcome="failed").url).status == 200
        with pytest.raises(SandboxError, match="cannot end as 'succeeded'"):
            sandbox.create_job(name)


@pytest.mark.parametrize("time", ["2026-02-30T00:00:00Z", "2026-01-01T00:00:00z"])
def test_an_example_time_that_cannot_be_read_stays_as_it_is(web: Web, time: str) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    media = operation["responses"]["200"]["content"]["application/json"]
    for example in media["examples"].values():
        example["value"]["additional_time"] = time
    with run(providers={name: provider}) as sandbox:
        answer = web.get(sandbox.create_job(name).url)
    assert answer.json()["additional_time"] == time


def test_a_package_without_models_cannot_be_played() -> None:
    name = next(iter(PROVIDERS))
    installed = PROVIDERS[name]
    stranger = Provider(name=name, title="S", package="json", waitables=installed.waitables)
    stranger.document = installed.document
    with (
        run(providers={name: stranger}) as sandbox,
        pytest.raises(SandboxError, match=r"no models for the sandbox.*an overlay can add"),
    ):
        sandbox.create_job(name)


def test_what_is_wrong_with_an_example_is_one_short_line() -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    media = operation["responses"]["200"]["content"]["application/json"]
    for example in media["examples"].values():
        example["value"] = {
            key: value if key == "status" else {"not": ["this"] * 1000}
            for key, value in example["value"].items()
        }
    with run(providers={name: provider}) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.create_job(name)
    assert re.search(r"; and \d+ more$", str(caught.value))
    assert len(str(caught.value)) < 500


def with_ids_that_are(operation: Any, example: str) -> None:
    """Make a document of a provider with text for ids speak of jobs with other ids."""
    [parameter] = operation["parameters"]
    old = json.dumps(parameter["example"])
    for part in (parameter, operation["responses"]):
        text = json.dumps(part).replace(old, json.dumps(example))
        part.clear()
        part.update(json.loads(text))


@pytest.mark.parametrize(
    ("example", "shape"),
    [
        ("job_abc123", r"job_\d{6}"),
        ("job-abc123", r"job-\d{6}"),
        ("run:7", r"run:\d+"),
        ("65f1c0ffee65f1c0ffee65f1", r"\d{24}"),
        ("5f2c3a0e-8a43-4c55-9b5e-4f2f9d6f1c11", r"0{8}-0{4}-4\d{3}-[89ab]0{3}-\d{12}"),
    ],
)
def test_an_id_of_text_has_the_shape_of_the_example(web: Web, example: str, shape: str) -> None:
    name = "docurift"
    provider, operation = altered(name)
    with_ids_that_are(operation, example)
    with run(providers={name: provider}) as sandbox:
        job = sandbox.create_job(name)
        answer = web.get(job.url)
    assert re.fullmatch(shape, job.id)
    assert answer.json()["data"]["id"] == job.id


def test_an_id_whose_slashes_the_document_keeps_is_one_id(web: Web) -> None:
    name = "docurift"
    provider, operation = altered(name)
    with_ids_that_are(operation, "operations/1")
    operation["parameters"][0]["allowReserved"] = True
    with run(providers={name: provider}) as sandbox:
        job = sandbox.create_job(name)
        assert job.url.endswith(f"/{job.id}")
        assert job.id.startswith("operations/")
        assert web.get(job.url).json()["data"]["id"] == job.id
        assert web.get(job.url.replace(job.id, "operations/none")).status == 404


def test_a_crash_of_the_sandbox_is_a_500_in_the_log(web: Web) -> None:
    broken: list[Exception] = []

    def clock() -> float:
        if broken:
            raise broken.pop()
        return 0.0

    name = next(iter(PROVIDERS))
    with run(clock=clock) as sandbox:
        job = sandbox.create_job(name)
        broken.append(RuntimeError("the clock fell down"))
        answer = web.get(job.url)
        [entry] = sandbox.log()
    assert (answer.status, entry.status) == (500, 500)
    assert "the clock fell down" in answer.json()["error"]
