"""Third parties' job endpoints, each in a small document of its own: asked, and waited for."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest
from jobwait_generator.document.document import Document
from jobwait_generator.problems import RefusedError

from jobwait import Fixed, InvalidArgumentError, Provider, WaitTimeoutError, wait_for_completion

from ..kit.packages import Packages
from ..kit.server import Answer, Request, Server
from .test_generator_normal_form import JOB, WAIT, Json, document, plain

DONE: Final = Answer(200, {"id": "x", "status": "done"})
QUEUED: Final = Answer(200, {"id": "x", "status": "queued"})
ID: Final = "thing_1"


def parameter(name: str, where: str, schema: Json, **more: Json) -> Json:
    """A required parameter."""
    return {"name": name, "in": where, "required": True, "schema": schema, **more}


def body(schema: Json, kind: str = "application/json") -> Json:
    """A request body, or a response."""
    return {"description": "", "content": {kind: {"schema": schema}}}


def union(*schemas: Json, **more: Json) -> Json:
    """One of several."""
    return {"oneOf": list(schemas), **more}


def variant(word: str, **fields: Json) -> Json:
    """A job with one word for its status."""
    properties = {"status": {"type": "string", "enum": [word]}, **fields}
    return {"type": "object", "required": ["status"], "properties": properties}


def envelope(job: Json) -> Json:
    """A job two levels down."""
    inner = {"type": "object", "required": ["attributes"], "properties": {"attributes": job}}
    return {"type": "object", "required": ["data"], "properties": {"data": inner}}


class Case(NamedTuple):
    """A document, what its server answers, and what is asked of that."""

    data: Json
    answers: tuple[Answer, ...] = (QUEUED, DONE)
    id: Any = ID
    asked: str = "GET /v2/things/thing_1"
    headers: dict[str, str] | None = None
    sent: Any = None
    status: str = "done"


STRING: Final[Json] = {"type": "string"}
OPTIONAL: Final[Json] = {**JOB, "required": ["id"]}
LATER: Final = Answer(202, {})


def secured(scheme: Json, **more: Json) -> Json:
    """A document with a security scheme."""
    data = plain(JOB, **more)
    data["components"]["securitySchemes"] = {"s": scheme}
    data["security"] = [{"s": []}]
    return data


def served(*servers: Json) -> Json:
    """A document with other servers."""
    return {**plain(JOB), "servers": list(servers)}


def answered(responses: Json, wait: Json = WAIT) -> Json:
    """A document with other responses."""
    return plain(JOB, wait, responses=responses)


CASES: Final[dict[str, Case]] = {
    "no-operation-id": Case(plain(JOB)),
    "dotted-operation-id": Case(plain(JOB, operationId="things.retrieve.v1")),
    "odd-operation-id": Case(plain(JOB, operationId="GET /things/{thing_id} (v2)")),
    "id-in-query": Case(
        plain(JOB, path="/things", parameters=[parameter("id", "query", STRING)]),
        asked="GET /v2/things?id=thing_1",
    ),
    "id-is-an-integer": Case(
        plain(JOB, parameters=[parameter("thing_id", "path", {"type": "integer"})]),
        id=7,
        asked="GET /v2/things/7",
    ),
    "id-is-a-uuid": Case(
        plain(
            JOB, parameters=[parameter("thing_id", "path", {"type": "string", "format": "uuid"})]
        ),
        id=UUID(int=5),
        asked=f"GET /v2/things/{UUID(int=5)}",
    ),
    "id-is-either": Case(
        plain(
            JOB,
            parameters=[parameter("thing_id", "path", union({"type": "integer"}, STRING))],
        )
    ),
    "id-of-two-parts": Case(
        plain(JOB, path="/accounts/{account-id}/things/{id}"),
        id=("acc", "t/1"[:1]),
        asked="GET /v2/accounts/acc/things/t",
    ),
    "id-in-path-and-query": Case(
        plain(
            JOB, parameters=[parameter("region", "query", {"type": "string", "enum": ["eu", "us"]})]
        ),
        id=(ID, "eu"),
        asked="GET /v2/things/thing_1?region=eu",
    ),
    "query-in-the-path": Case(
        plain(JOB, path="/things?view=full&id={thing_id}"),
        asked="GET /v2/things?view=full&id=thing_1",
    ),
    "id-in-a-json-body": Case(
        plain(
            JOB,
            path="/things/status",
            method="post",
            requestBody=body(
                {
                    "type": "object",
                    "required": ["id", "number"],
                    "properties": {"id": STRING, "number": {"type": "integer"}, "more": {}},
                }
            ),
        ),
        id=(ID, 5),
        asked="POST /v2/things/status",
        headers={"content-type": "application/json"},
        sent={"id": ID, "number": 5},
    ),
    "id-in-a-form": Case(
        plain(
            JOB,
            path="/things/status",
            method="post",
            requestBody=body(
                {"type": "object", "required": ["id"], "properties": {"id": STRING}},
                "application/x-www-form-urlencoded; charset=utf-8",
            ),
        ),
        asked="POST /v2/things/status",
        headers={"content-type": "application/x-www-form-urlencoded"},
        sent=f"id={ID}",
    ),
    "parameters-elsewhere": Case(
        {
            **plain(JOB, parameters=[{"$ref": "#/components/parameters/Version"}]),
            "components": {
                "parameters": {
                    "Version": parameter(
                        "X-Version", "header", {"type": "string", "enum": ["2024-1"]}
                    )
                }
            },
        },
        headers={"x-version": "2024-1"},
    ),
    "constants": Case(
        plain(
            JOB,
            parameters=[
                parameter("thing_id", "path", STRING),
                parameter("X-One", "header", {"const": "1"}),
                parameter("X-Two", "header", {"type": "string", "default": "2"}),
                parameter("X-Three", "header", {"type": "integer", "enum": [3]}),
                parameter("api-version", "query", {"type": "string", "default": "2024-06-01"}),
                parameter("Accept", "header", STRING),
                parameter("Authorization", "header", STRING),
                {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
                {"name": "session", "in": "cookie", "schema": STRING},
            ],
        ),
        asked="GET /v2/things/thing_1?api-version=2024-06-01",
        headers={"x-one": "1", "x-two": "2", "x-three": "3"},
    ),
    "status-in-an-envelope": Case(
        plain(
            envelope(JOB),
            {**WAIT, "job": "/data/attributes", "status": "/data/attributes/status"},
        ),
        answers=(Answer(200, {"data": {"attributes": {"id": "x", "status": "done"}}}),),
    ),
    "envelope-optional": Case(
        plain(
            {"type": "object", "properties": {"data": {**JOB, "nullable": True}}},
            {**WAIT, "job": "/data", "status": "/data/status"},
        ),
        answers=(Answer(200, {"data": {"id": "x", "status": "done"}}),),
    ),
    "status-optional": Case(plain(OPTIONAL), answers=(Answer(200, {"id": "x"}), DONE)),
    "status-null": Case(
        plain(
            {
                **JOB,
                "properties": {
                    **JOB["properties"],
                    "status": {
                        "nullable": True,
                        "type": "string",
                        "enum": ["queued", "done", "lost"],
                    },
                },
            }
        ),
        answers=(Answer(200, {"id": "x", "status": None}), DONE),
    ),
    "status-absent-means-done": Case(
        plain(OPTIONAL, {**WAIT, "absent": "succeeded"}),
        answers=(QUEUED, Answer(200, {"id": "x"})),
        status="",
    ),
    "envelope-absent-until-there-is-a-job": Case(
        plain(
            {"type": "object", "properties": {"data": {**JOB, "nullable": True}}},
            {**WAIT, "job": "/data", "status": "/data/status", "absent": "pending"},
        ),
        answers=(
            Answer(200, {"data": None}),
            Answer(200, {}),
            Answer(200, {"data": {"id": "x", "status": "done"}}),
        ),
    ),
    "status-without-enum": Case(
        plain({"type": "object", "properties": {"status": STRING}}),
    ),
    "status-words-of-all-kinds": Case(
        plain(
            {
                "type": "object",
                "properties": {
                    "status": {
                        "enum": ["In Progress", "in progress", "IN_PROGRESS", "DONE", "Done!"]
                    }
                },
            },
            {
                "status": "/status",
                "states": {
                    "In Progress": "running",
                    "in progress": "pending",
                    "IN_PROGRESS": "running",
                    "DONE": "failed",
                    "Done!": "succeeded",
                },
            },
        ),
        answers=tuple(
            Answer(200, {"status": word})
            for word in ("In Progress", "in progress", "IN_PROGRESS", "Done!")
        ),
        status="Done!",
    ),
    "status-is-a-number": Case(
        plain(
            {"type": "object", "properties": {"status": {"type": "integer", "enum": [0, 1, 2]}}},
            {"status": "/status", "states": {"0": "pending", "1": "succeeded", "2": "failed"}},
        ),
        answers=(Answer(200, {"status": 0}), Answer(200, {"status": 1})),
        status="1",
    ),
    "status-is-a-boolean": Case(
        plain(
            {"type": "object", "properties": {"done": {"type": "boolean"}}},
            {"status": "/done", "states": {"false": "running", "true": "succeeded"}},
        ),
        answers=(Answer(200, {"done": False}), Answer(200, {"done": True})),
        status="",
    ),
    "several-successes": Case(
        answered(
            {"200": body(variant("done")), "202": body(union(variant("queued"), variant("lost")))}
        ),
        answers=(Answer(202, {"status": "queued"}), Answer(200, {"status": "done"})),
    ),
    "accepted-without-a-status": Case(
        answered(
            {
                "200": body({"type": "object", "properties": {"url": STRING}}),
                "202": body({"type": "object"}),
            },
            {"responses": {"200": "succeeded", "202": "running"}},
        ),
        answers=(LATER, Answer(200, {"url": "u"})),
        status="",
    ),
    "accepted-without-a-body": Case(
        answered(
            {
                "200": body({"type": "object", "properties": {"url": STRING}}),
                "202": {"description": ""},
            },
            {"responses": {"200": "succeeded", "202": "running"}},
        ),
        answers=(Answer(202, b""), Answer(200, {"url": "u"})),
        status="",
    ),
    "responses-of-all-kinds": Case(
        answered(
            {
                "2XX": body(JOB, "application/vnd.things+json; version=2"),
                "4xx": body({"type": "string"}, "text/html"),
                "5XX": {"description": "", "content": {}},
                "404": body({"oneOf": [{"type": "object"}, {"type": "array"}]}),
                "default": body(
                    {"type": "object", "properties": {"error": {}}}, "application/problem+json"
                ),
            }
        ),
        headers={"accept": "application/vnd.things+json; version=2"},
    ),
    "only-a-default-response": Case(answered({"default": body(JOB)})),
    "server-with-variables": Case(
        served(
            {
                "url": "https://{region}.things.test:{port}/v2",
                "variables": {"region": {"default": "eu"}, "port": {"default": 443}},
            }
        )
    ),
    "bearer": Case(
        secured({"type": "http", "scheme": "Bearer"}), headers={"authorization": "Bearer key"}
    ),
    "oauth2": Case(
        secured({"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "/", "scopes": {}}}}),
        headers={"authorization": "Bearer key"},
    ),
    "open-id": Case(
        secured({"type": "openIdConnect", "openIdConnectUrl": "https://x.test"}),
        headers={"authorization": "Bearer key"},
    ),
    "basic": Case(
        secured({"type": "http", "scheme": "basic"}), headers={"authorization": "Basic a2V5"}
    ),
    "key-in-a-header": Case(
        secured({"type": "apiKey", "in": "header", "name": "X-Key"}), headers={"x-key": "key"}
    ),
    "key-in-a-cookie": Case(
        secured({"type": "apiKey", "in": "cookie", "name": "sid"}), headers={"cookie": "sid=key"}
    ),
    "key-in-the-query": Case(
        secured({"type": "apiKey", "in": "query", "name": "token"}),
        asked="GET /v2/things/thing_1?token=key",
    ),
    "key-with-a-prefix": Case(
        secured({"type": "apiKey", "in": "header", "name": "Authorization", "x-prefix": "Key "}),
        headers={"authorization": "Key key"},
    ),
    "keys-of-which-one-is-enough": Case(
        {
            **secured({"type": "apiKey", "in": "header", "name": "X-Key"}),
            "security": [{"other": []}, {"s": []}, {"s": [], "other": []}],
        },
        headers={"x-key": "key"},
    ),
    "key-that-is-a-parameter-too": Case(
        secured(
            {"type": "apiKey", "in": "header", "name": "X-Key"},
            parameters=[parameter("x-key", "header", STRING)],
        ),
        headers={"x-key": "key"},
    ),
    "discriminated-inline": Case(
        plain(
            union(
                variant("queued"),
                variant("done", result=STRING),
                variant("lost"),
                discriminator={"propertyName": "status"},
            )
        ),
        answers=(Answer(200, {"status": "queued"}), Answer(200, {"status": "done", "result": "r"})),
    ),
    "discriminated-by-nothing": Case(
        plain(union(variant("queued"), variant("done"), variant("lost")))
    ),
    "variants-with-shared-words": Case(
        plain(union(JOB, {**JOB, "properties": {**JOB["properties"], "result": STRING}})),
    ),
    "composed": Case(
        plain({"allOf": [OPTIONAL, {"required": ["status"]}, {"properties": {"more": STRING}}]}),
    ),
}


@pytest.fixture(scope="module")
def providers(packages: Packages) -> dict[str, Provider]:
    """The packages of all cases."""
    documents: list[Document] = []
    for name, case in CASES.items():
        data = {**case.data, "info": {"title": name, "version": "1"}}
        documents.append(document(data, name))
    return {provider.name.replace("_", "-"): provider for provider in packages.write(*documents)}


def play(provider: Provider, case: Case) -> tuple[Any, list[Request]]:
    """The job that waiting ends with, and what was asked for it."""
    (found,) = provider.waitables
    with (
        Server(*case.answers) as server,
        provider.client("key", base_url=f"{server.url}/v2") as client,
    ):
        job = wait_for_completion(found.resource(client), case.id, schedule=Fixed(0.001))
        return job, server.requests


@pytest.mark.parametrize("name", CASES)
def test_a_job_endpoint_is_asked_as_its_document_says(
    providers: dict[str, Provider], name: str
) -> None:
    case = CASES[name]

    job, requests = play(providers[name], case)

    assert len(requests) == len(case.answers)
    first = requests[0]
    assert f"{first.method} {first.path}" == case.asked
    assert (case.headers or {}).items() <= first.headers.items()
    if case.status:
        assert str(job.status) == case.status
    if case.sent is not None:
        text = first.body.decode()
        assert (text if isinstance(case.sent, str) else json.loads(text)) == case.sent


LINKS: Final = {
    "cancel": {"operationId": "cancelThing"},
    "list": {"operation": "GET /things"},
    "result": {"operation": "GET /things/{thing_id}/file"},
}


def linked(**links: Json) -> Json:
    """A document with operations beside the one for the status."""
    data = plain(JOB, {**WAIT, **links}, operationId="getThing", tags=["things"])
    data["paths"] |= {
        "/things/{thing_id}/cancel": {
            "post": {"operationId": "cancelThing", "responses": {"204": {"description": ""}}}
        },
        "/things/{thing_id}/file": {
            "get": {"responses": {"200": body({"type": "string", "format": "binary"}, "image/png")}}
        },
        "/things/{thing_id}/files/{file}": {"get": {"responses": {"200": body(STRING)}}},
        "/things": {"get": {"responses": {"200": body({"type": "array", "items": JOB})}}},
    }
    return data


def twice(path: str, **more: Json) -> Json:
    """A document with the operation for the status at another path too."""
    data = plain(JOB)
    data["paths"][path] = {"get": {**data["paths"]["/things/{thing_id}"]["get"], **more}}
    return data


@pytest.fixture(scope="module")
def whole(packages: Packages) -> Provider:
    """A package whose jobs can be cancelled, listed, and asked for their result."""
    (provider,) = packages.write(document(linked(**LINKS), "linked"))
    return provider


def test_other_operations_are_methods_of_the_resource(whole: Provider) -> None:
    answers = (
        Answer(204, b""),
        Answer(200, b"\x89PNG"),
        Answer(200, [{"id": "x", "status": "done"}]),
    )
    with Server(*answers) as server, whole.client("key", base_url=server.url) as client:
        assert client.things.cancel(ID) == b""
        assert client.things.result(ID) == b"\x89PNG"
        (job,) = client.things.list()

    assert job.status == "done"
    asked = [f"{request.method} {request.path}" for request in server.requests]
    assert asked == ["POST /things/thing_1/cancel", "GET /things/thing_1/file", "GET /things"]
    assert server.requests[1].headers["accept"] == "image/png"


def test_a_result_may_be_named_in_the_body_of_its_job(packages: Packages) -> None:
    job = {**JOB, "properties": {**JOB["properties"], "output": {"type": "integer"}}}
    link = {"operation": "GET /files/{owner}/{file}"}
    found = {"owner": "/id", "file": "/output"}
    data = plain(job, {**WAIT, "result": {**link, "parameters": found}}, tags=["things"])
    data["paths"]["/files/{owner}/{file}"] = {
        "get": {"responses": {"200": body({"type": "object", "properties": {"url": STRING}})}}
    }
    (provider,) = packages.write(document(data, "outputs"))
    told = Answer(200, {"id": "x", "status": "done", "output": 5})

    with (
        Server(told, Answer(200, {"url": "u"}), QUEUED) as server,
        provider.client("key", base_url=server.url) as client,
    ):
        assert client.things.result(ID).url == "u"
        with pytest.raises(InvalidArgumentError, match="is at /output, where the job has none yet"):
            client.things.result(ID)

    assert [request.path for request in server.requests[:2]] == ["/things/thing_1", "/files/x/5"]


@pytest.mark.parametrize("kind", ["client", "async_client"])
def test_a_job_that_does_not_end_in_time_is_cancelled_if_wanted(whole: Provider, kind: str) -> None:
    (found,) = whole.waitables
    options: Any = {"timeout": 0, "on_timeout": "cancel"}
    with Server(QUEUED, Answer(404, {})) as server, pytest.raises(WaitTimeoutError) as caught:
        if kind == "client":
            with whole.client("key", base_url=server.url) as client:
                wait_for_completion(found.resource(client), ID, **options)
        else:
            asyncio.run(wait(whole, server.url, options))

    assert [request.method for request in server.requests] == ["GET", "POST"]
    assert "The job was not cancelled" in caught.value.__notes__[0]


async def wait(provider: Provider, url: str, options: Any) -> None:
    """Wait with an asynchronous client."""
    async with provider.async_client("key", base_url=url) as client:
        await client.things.wait_for_completion(ID, **options)


def test_a_job_that_cannot_be_cancelled_is_not_waited_for_so(
    providers: dict[str, Provider],
) -> None:
    provider = providers["bearer"]
    (found,) = provider.waitables
    resource = found.resource(provider.client("key"))

    with pytest.raises(InvalidArgumentError, match="'cancel' where bearer has an operation for"):
        wait_for_completion(resource, ID, on_timeout="cancel")


def test_every_waitable_operation_has_a_resource_of_its_own(packages: Packages) -> None:
    data = plain(JOB, tags=["things"], operationId="getThing")
    for path, name in (
        ("/parts/{id}", "get_part_status"),
        ("/items/{item}/parts/{id}", "getThing"),
        ("/x/{id}", "models"),
    ):
        operation = {**data["paths"]["/things/{thing_id}"]["get"], "operationId": name}
        data["paths"][path] = {"get": operation}
    (provider,) = packages.write(document(data, "several"))

    with Server(DONE) as server, provider.client("key", base_url=server.url) as client:
        for found in provider.waitables:
            ids = tuple("ab"[: len(found.id_types)])
            assert found.get(client, ids if len(ids) > 1 else "a").status == "done"

    assert [found.operation for found in provider.waitables] == [
        *(
            "GET /things/{thing_id}",
            "GET /parts/{id}",
            "GET /items/{item}/parts/{id}",
            "GET /x/{id}",
        ),
    ]
    assert [request.path for request in server.requests] == [
        *("/things/a", "/parts/a", "/items/a/parts/b", "/x/a"),
    ]


@pytest.mark.parametrize(
    ("data", "pointer", "message"),
    [
        pytest.param(
            plain(JOB, parameters=[parameter("X-Tenant", "header", STRING)]),
            "/paths/~1things~1{thing_id}/get/parameters/0",
            "say what the header",
            id="a header that is not constant",
        ),
        pytest.param(
            plain(JOB, parameters=[parameter("ids", "query", {"type": "array", "items": STRING})]),
            "/paths/~1things~1{thing_id}/get/parameters/0/schema",
            "a part of a job's id is a string, an integer or a UUID",
            id="a list of ids",
        ),
        pytest.param(
            plain(JOB, parameters=[parameter("c", "cookie", STRING)]),
            "/paths/~1things~1{thing_id}/get/parameters/0",
            "cannot be sent",
            id="a cookie",
        ),
        pytest.param(
            plain(JOB, path="/things"),
            "/paths/~1things/get",
            "nothing in this request says which job; mark its id as `required`",
            id="no id",
        ),
        pytest.param(
            plain(JOB, method="post", requestBody={**body(STRING, "text/csv"), "required": True}),
            "/paths/~1things~1{thing_id}/post/requestBody",
            "a request's body is JSON or a form",
            id="a body that is no form",
        ),
        pytest.param(
            plain(JOB, responses={"200": {"description": "A job."}}),
            "/paths/~1things~1{thing_id}/get/responses/200",
            "add a 200 response with an `application/json` schema",
            id="no schema of the job",
        ),
        pytest.param(
            plain(JOB, {**WAIT, "states": {"queued": "pending", "done": "succeeded"}}),
            "/paths/~1things~1{thing_id}/get/x-wait-for-completion/states",
            'the status word "lost" has no state',
            id="a word without a meaning",
        ),
        pytest.param(
            answered({"200": body({"type": "object", "properties": {"a": {}}}), "202": body(JOB)}),
            "/paths/~1things~1{thing_id}/get/x-wait-for-completion/status",
            "correct the pointer",
            id="a body without a status",
        ),
        pytest.param(
            plain(
                JOB,
                responses={
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": JOB}},
                    },
                    "204": {"description": "nothing yet"},
                },
            ),
            "/paths/~1things~1{thing_id}/get/responses/204",
            "204 has no body: say what it means with `responses`",
            id="a status code without a body and a meaning",
        ),
        pytest.param(
            secured({"type": "mutualTLS"}),
            "/security/0",
            "no client can send this",
            id="a key that cannot be sent",
        ),
        pytest.param(
            linked(cancel={"operation": "GET /things"}),
            "/paths/~1things~1{thing_id}/get/x-wait-for-completion/cancel",
            "cancelling takes 0 values",
            id="a cancellation of something else",
        ),
        pytest.param(
            linked(result={"operation": "GET /things/{thing_id}/file", "parameters": {"x": "/id"}}),
            "/paths/~1things~1{thing_id}/get/x-wait-for-completion/result/parameters/x",
            'the operation takes no "x"',
            id="a parameter that is none",
        ),
        pytest.param(
            plain(JOB, parameters=[parameter("X Y", "header", {"const": "a"})]),
            "/paths/~1things~1{thing_id}/get/parameters/0/name",
            "this is not the name of an HTTP header",
            id="a header that HTTP does not have",
        ),
        pytest.param(
            plain(JOB, parameters=[parameter("X-Y", "header", {"const": "a\nb"})]),
            "/paths/~1things~1{thing_id}/get/parameters/0/schema/const",
            "no header can carry this",
            id="a value that no header has",
        ),
        pytest.param(
            plain(JOB, parameters=[parameter("thing_id", "path", {"const": "a"})]),
            "/paths/~1things~1{thing_id}/get/parameters/0/schema",
            "what is always the same stands in the path itself",
            id="a path parameter that is constant",
        ),
        pytest.param(
            plain(JOB, parameters=[{**parameter("q", "query", STRING), "content": {}}]),
            "/paths/~1things~1{thing_id}/get/parameters/0/content",
            "a parameter that is a document of its own cannot be sent",
            id="a parameter that is a document",
        ),
        pytest.param(
            plain(JOB, method="post", requestBody={**body(STRING), "required": True}),
            "/paths/~1things~1{thing_id}/post/requestBody/content/application~1json/schema",
            "a request's body is an object with plain values",
            id="a body that is a word",
        ),
        pytest.param(
            secured({"type": "apiKey", "in": "header", "name": "X Y"}),
            "/components/securitySchemes/s/name",
            "this is not the name of an HTTP header",
            id="a key in a header that HTTP does not have",
        ),
        pytest.param(
            twice("/other/{thing_id}", servers=[{"url": "https://other.test"}]),
            "/paths/~1other~1{thing_id}/get/servers/0",
            "a client has one server, and https://api.things.test/v2 is another",
            id="two servers",
        ),
        pytest.param(
            linked(result={"operation": "GET /things/{thing_id}/files/{file}"}),
            "/paths/~1things~1{thing_id}/get/x-wait-for-completion/result",
            "say with `parameters` where",
            id="a result whose parameter nobody knows",
        ),
        pytest.param(
            served({"url": "https://x.test/a?b=c"}),
            "/servers/0/url",
            "write a whole URL",
            id="a server with a query",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_where_it_stands(
    packages: Packages, data: Json, pointer: str, message: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        packages.write(document(data))

    found = {problem.pointer: problem.message for problem in caught.value.problems}
    assert message in found.get(pointer, ""), found


def test_keys_that_belong_together_are_sent_together(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = plain(JOB)
    data["security"] = [{"token": [], "app": []}]
    data["components"]["securitySchemes"] = {
        "token": {"type": "apiKey", "in": "header", "name": "X-Token"},
        "app": {"type": "apiKey", "in": "header", "name": "X-App"},
    }
    (provider,) = packages.write(document(data, "together"))
    (found,) = provider.waitables

    with Server(DONE) as server:
        with provider.client("one", app="two", base_url=server.url) as client:
            found.get(client, ID)
        monkeypatch.setenv("TOGETHER_API_KEY", "three")
        with provider.client(app="two", base_url=server.url) as client:
            found.get(client, ID)

    sent = [(r.headers["x-token"], r.headers["x-app"]) for r in server.requests]
    assert sent == [("one", "two"), ("three", "two")]
