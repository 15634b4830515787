"""Security schemes: each is an argument of the client, and none is dropped without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jobwait_generator.cli import main
from jobwait_generator.pipeline import generate
from jobwait_generator.problems import RefusedError

from jobwait import ConfigurationError, Provider

from ..kit.packages import Packages
from ..kit.server import Answer, Server
from .test_generator_normal_form import JOB, Json, document, plain

BEARER: Final[Json] = {"type": "http", "scheme": "bearer"}
BASIC: Final[Json] = {"type": "http", "scheme": "basic"}
DONE: Final = Answer(200, {"id": "x", "status": "done"})


def header(name: str) -> Json:
    return {"type": "apiKey", "in": "header", "name": name}


def secured(schemes: dict[str, Json], *required: Json, shared: Json = None) -> Json:
    """A document with one operation for each of the requirements."""
    data = plain(JOB)
    data["components"]["securitySchemes"] = schemes
    (operation,) = data["paths"].pop("/things/{thing_id}").values()
    for i, security in enumerate(required):
        own = {} if security is None else {"security": security}
        data["paths"][f"/things{i}/{{id}}"] = {"get": {**operation, **own}}
    return data if shared is None else {**data, "security": shared}


def only(*names: str) -> Json:
    """Any one of these schemes."""
    return [{name: []} for name in names]


def sent(provider: Provider, number: int = 0, **keys: Any) -> dict[str, str]:
    """The headers of a request of one operation."""
    package: Any = __import__(provider.package)
    with Server(DONE) as server, package.Client(base_url=server.url, **keys) as client:
        provider.waitables[number].get(client, "x")
    return server.requests[0].headers


def make(packages: Packages, name: str, data: Json) -> Provider:
    (provider,) = packages.write(document(data, name))
    return provider


TWO: Final = secured({"user": BEARER, "admin": BEARER}, only("user"), only("admin"))


def test_two_bearer_tokens_of_two_operations_are_an_argument_each(packages: Packages) -> None:
    two = make(packages, "two-tokens", TWO)

    both = {"api_key": "user-token", "admin": "admin-token"}
    assert sent(two, 0, **both)["authorization"] == "Bearer user-token"
    assert sent(two, 1, **both)["authorization"] == "Bearer admin-token"
    with pytest.raises(ConfigurationError, match=r"no key for GET /things1/\{id\} .* admin="):
        sent(two, 1, api_key="user-token")


def test_a_function_is_asked_for_the_key_of_its_own_operations_alone(packages: Packages) -> None:
    two = make(packages, "two-functions", TWO)
    asked: list[str] = []

    def token(name: str) -> Any:
        return lambda: asked.append(name) or f"{name}-token"

    both = {"api_key": token("user"), "admin": token("admin")}
    assert sent(two, 0, **both)["authorization"] == "Bearer user-token"
    assert sent(two, 1, **both)["authorization"] == "Bearer admin-token"
    assert asked == ["user", "admin"]


def test_a_key_in_the_environment_does_not_stand_in_for_another(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = make(packages, "two-variables", TWO)
    monkeypatch.setenv("TWO_VARIABLES_API_KEY", "user-token")

    assert sent(two, 0, admin="admin-token")["authorization"] == "Bearer user-token"
    assert sent(two, 1, admin="admin-token")["authorization"] == "Bearer admin-token"


def test_no_key_of_two_is_in_a_message(packages: Packages) -> None:
    two = make(packages, "two-secrets", TWO)
    package: Any = __import__(two.package)
    for number, key in enumerate(("user-token", "admin-token")):
        answer = Answer(403, {"error": f"{key} may not"})
        keys = {"api_key": "user-token", "admin": "admin-token"}
        with (
            Server(answer) as server,
            package.Client(base_url=server.url, **keys) as client,
            pytest.raises(Exception, match=r"\[redacted\]") as caught,
        ):
            two.waitables[number].get(client, "x")
        assert key not in f"{caught.value!r} {vars(caught.value)} {client!r}"


def test_alternatives_in_one_header_are_an_argument_each(packages: Packages) -> None:
    either = make(
        packages, "either", secured({"token": BEARER, "login": BASIC}, only("token", "login"))
    )

    assert sent(either, api_key="a-token")["authorization"] == "Bearer a-token"
    assert sent(either, user_and_password="me:secret")["authorization"] == "Basic bWU6c2VjcmV0"
    with pytest.raises(ConfigurationError, match="not both"):
        sent(either, api_key="a-token", user_and_password="me:secret")


def test_two_keys_in_headers_are_called_as_the_document_calls_them(packages: Packages) -> None:
    schemes = {"main": header("X-Main"), "old-key": header("X-Old"), "timeout": header("X-Time")}
    keys = make(packages, "two-headers", secured(schemes, only(*schemes)))

    assert sent(keys, api_key="a-key")["x-main"] == "a-key"
    assert sent(keys, old_key="a-key")["x-old"] == "a-key"
    assert sent(keys, timeout_key="a-key")["x-time"] == "a-key"


def test_an_operation_with_other_keys_together_is_sent_both(packages: Packages) -> None:
    schemes = {"token": BEARER, "id": header("X-Id"), "secret": header("X-Secret")}
    data = secured(schemes, only("token"), [{"id": [], "secret": []}])
    mixed = make(packages, "mixed-keys", data)

    keys = {"api_key": "a-token", "id": "an-id", "secret": "a-secret"}
    first, second = sent(mixed, 0, **keys), sent(mixed, 1, **keys)
    assert first["authorization"] == "Bearer a-token"
    assert "x-id" not in first
    assert (second["x-id"], second["x-secret"]) == ("an-id", "a-secret")
    assert "authorization" not in second


def test_a_public_operation_beside_others_is_sent_no_key_that_is_for_these(
    packages: Packages,
) -> None:
    data = secured({"user": BEARER, "admin": BEARER}, only("user"), only("admin"), [])
    public = make(packages, "public", data)

    assert "authorization" not in sent(public, 2, api_key="user-token")


NOTES: Final = {
    "an alternative that is sent alike": (
        secured({"token": BEARER, "oauth": {"type": "oauth2"}}, only("token", "oauth")),
        "a key for the security scheme oauth is sent as that for token",
    ),
    "an alternative that no client can send": (
        secured({"token": BEARER, "cert": {"type": "mutualTLS"}}, only("cert", "token")),
        'the security scheme cert is left out: no client can send "mutualTLS"',
    ),
    "two where one is enough": (
        secured({"token": BEARER, "more": header("X")}, [{"token": []}, {"token": [], "more": []}]),
        "the security scheme more is left out: another key is enough without it",
    ),
    "a scheme that says nothing": (
        secured({"nothing": {}}, None),
        "the security scheme nothing is left out: no client can send null",
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_a_scheme_without_an_argument_is_named(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, text = NOTES[name]
    (tmp_path / "things.json").write_text(json.dumps(data))

    arguments = ["build", "--spec", str(tmp_path / "things.json"), "--name", "things"]
    assert main([*arguments, "--out", str(tmp_path)], tmp_path) == 0

    assert f"things-client: {text}" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", [{}, {"type": "http"}, {"type": "mutualTLS"}, {"type": [{}]}])
def test_a_scheme_that_is_needed_and_cannot_be_sent_is_refused(scheme: Json) -> None:
    with pytest.raises(RefusedError) as caught:
        generate([document(secured({"s": scheme}, only("s")))])
    assert [problem.pointer for problem in caught.value.problems] == [
        "/paths/~1things0~1{id}/get/security/0"
    ]


def test_the_readme_lists_every_key() -> None:
    files = generate([document(TWO, "things")])
    readme = files["things-client/README.md"]
    assert (
        "| `api_key=` | `Authorization: Bearer …` | `THINGS_API_KEY` | `GET /things0/{id}` |"
        in (readme)
    )
    assert "| `admin=` | `Authorization: Bearer …` | \N{EN DASH} | `GET /things1/{id}` |" in readme
