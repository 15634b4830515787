"""How a provider that the sandbox plays treats credentials, ids, methods and paths."""

from __future__ import annotations

import copy
import json
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
        name=name, title=installed.title, package=installed.package, id_type=installed.id_type
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


@pytest.mark.parametrize(
    "place", [{"in": "query", "name": "key"}, {"in": "cookie", "name": "session"}]
)
def test_keys_in_the_query_or_a_cookie_are_played_too(web: Web, place: dict[str, str]) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    provider.document["components"]["securitySchemes"] = {"key": {"type": "apiKey", **place}}
    operation["security"] = [{"key": []}]
    with run(providers={name: provider}) as sandbox:
        url = sandbox.create_job(name).url
        assert web.get(url).status == 401
        if place["in"] == "query":
            assert web.get(f"{url}?key={sandbox.api_key}").status == 200
        else:
            assert web.get(url, {"Cookie": f"session={sandbox.api_key}"}).status == 200


def test_where_all_of_two_schemes_are_needed_one_is_not_enough(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    provider.document["components"]["securitySchemes"] = {
        "a": {"type": "apiKey", "in": "header", "name": "A"},
        "b": {"type": "http", "scheme": "bearer"},
    }
    operation["security"] = [{"a": [], "b": []}]
    with run(providers={name: provider}) as sandbox:
        job = sandbox.create_job(name)
        assert web.get(job.url).status == 401
        assert web.get(job.url, {"A": "sandbox-key", **web.headers}).status == 200


def test_an_operation_without_security_needs_no_key(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    operation["security"] = []
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
    for method in ("POST", "DELETE", "PUT", "PATCH"):
        answer = web.send(method, job.url)
        assert answer.status == 405
        assert "GET" in answer.headers["allow"]
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


def test_a_document_whose_example_does_not_fit_its_schema_is_never_sent(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    for example in operation["responses"]["200"]["content"]["application/json"][
        "examples"
    ].values():
        example["value"] = {
            key: {"not": "this"} if key.endswith("at") or key == "data" else value
            for key, value in example["value"].items()
        }
    with run(providers={name: provider}) as sandbox:
        answer = web.get(sandbox.create_job(name).url)
    assert answer.status == 500
    assert "the sandbox's own payload is wrong" in answer.json()["error"]


def test_examples_are_found_by_the_status_in_them_when_their_names_say_nothing(web: Web) -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    media = operation["responses"]["200"]["content"]["application/json"]
    media["examples"] = {f"e{n}": example for n, example in enumerate(media["examples"].values())}
    with run(providers={name: provider}) as sandbox:
        assert web.get(sandbox.create_job(name).url).status == 200


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


def test_a_document_that_cannot_be_played_is_named_with_the_reason() -> None:
    name = next(iter(PROVIDERS))
    provider, operation = altered(name)
    del operation["x-wait-for-completion"]
    with pytest.raises(SandboxError, match=r"cannot be played.*x-wait-for-completion"):
        run(providers={name: provider}).__enter__()
