"""Which environment variable a key comes from: never one that the document chooses."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobwait_generator.cli import main

from .conftest import WIDGETS

SCHEME = "key: {type: http, scheme: bearer"
OVERLAY = """\
overlay: 1.0.0
info: {title: Keys, version: 1.0.0}
actions:
  - target: $.components.securitySchemes.key
    update: {x-environment-variable: %s}
"""


def build(root: Path, document: str, overlay: str | None = None) -> int:
    (root / "widgets.yaml").write_text(document)
    arguments = ["build", "--spec", str(root / "widgets.yaml"), "--name", "widgets"]
    if overlay:
        (root / "keys.yaml").write_text(overlay)
        arguments += ["--overlay", str(root / "keys.yaml")]
    return main([*arguments, "--out", str(root)], root)


def client(root: Path) -> str:
    return (root / "widgets-client" / "widgets_client" / "_client.py").read_text()


def without_variable() -> str:
    return WIDGETS.replace(", x-environment-variable: WIDGETS_API_KEY", "")


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "OTHER_KEY", "[1]", "''"])
def test_the_variable_that_a_document_names_is_not_read(tmp_path: Path, name: str) -> None:
    document = WIDGETS.replace("WIDGETS_API_KEY", name)

    assert build(tmp_path, document) == 0

    package = tmp_path / "widgets-client"
    assert 'environment_variable="WIDGETS_API_KEY"' in client(tmp_path)
    for path in package.rglob("*"):
        if path.is_file() and len(name) > 3:
            assert name not in path.read_text()


def test_a_scheme_behind_a_reference_is_no_way_around(tmp_path: Path) -> None:
    document = (
        without_variable()
        .replace(SCHEME, 'key: {$ref: "#/x-hidden"')
        .replace(
            "components:\n",
            "x-hidden: {type: http, scheme: bearer, x-environment-variable: GH_TOKEN}\n"
            "components:\n",
            1,
        )
    )

    assert build(tmp_path, document) == 0

    assert 'environment_variable="WIDGETS_API_KEY"' in client(tmp_path)
    assert "GH_TOKEN" not in client(tmp_path)


@pytest.mark.parametrize("name", ["FREDDY_API_KEY", "W", "WIDGETS_API_KEY"])
def test_the_users_own_overlay_names_the_variable(tmp_path: Path, name: str) -> None:
    assert build(tmp_path, WIDGETS, OVERLAY % name) == 0
    assert f'environment_variable="{name}"' in client(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SECRET_ACCESS_KEY holds what is for another program; use one of its own",
        ),
        ("GITHUB_TOKEN", "GITHUB_TOKEN holds what is for another program"),
        ("PATH", "PATH holds what is for another program"),
        ("key", "write a name in capitals, such as `WIDGETS_API_KEY`"),
        ("_KEY", "write a name in capitals"),
        ("1KEY", "write a name in capitals"),
        ("'KEY '", "write a name in capitals"),
        ("'KEY\\n'", "write a name in capitals"),
        ("5", "write a name in capitals"),
        ("null", "write a name in capitals"),
    ],
)
def test_a_variable_that_no_key_may_be_read_from_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    assert build(tmp_path, WIDGETS, OVERLAY % name) == 1

    printed = capsys.readouterr().err
    place = "keys.yaml:5  /components/securitySchemes/key/x-environment-variable  "
    assert place + message in printed
    assert not (tmp_path / "widgets-client").exists()


@pytest.mark.parametrize("prefix", [r'"a\r\nHost: b "', r'"\e"', '""', "5", '"é "'])
def test_a_prefix_is_printable_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    scheme = f"key: {{type: apiKey, in: header, name: Authorization, x-prefix: {prefix}"
    assert build(tmp_path, WIDGETS.replace(SCHEME, scheme)) == 1
    assert "/x-prefix  a prefix is printable text" in capsys.readouterr().err
