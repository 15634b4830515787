"""What may be said of a client's keys, and by whom: a document is sent the key that it asks for.

The environment variable of a key comes from the provider's name or from the user's own overlay. A
document that names one would be sent whatever that variable holds, so its word is not heard.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from ..problems import Problem, RefusedError
from .document import PREFIX, VARIABLE, Document, moved
from .pointer import joined
from .values import Mapping, mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_PREFIX: Final = re.compile(r"[!-~][ -~]{0,99}")
_SECRETS: Final = _words(
    """
    ANTHROPIC_API_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SECRET_KEY AWS_SESSION_TOKEN
    AZURE_CLIENT_SECRET AZURE_OPENAI_API_KEY AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_KEY
    BITBUCKET_TOKEN CARGO_REGISTRY_TOKEN CI_JOB_TOKEN CI_REGISTRY_PASSWORD CIRCLE_TOKEN
    CLOUDFLARE_API_KEY CLOUDFLARE_API_TOKEN CODECOV_TOKEN DATABASE_PASSWORD DATABASE_URL
    DB_PASSWORD DIGITALOCEAN_ACCESS_TOKEN DIGITALOCEAN_TOKEN DJANGO_SECRET_KEY
    DOCKER_AUTH_CONFIG DOCKER_PASSWORD DOCKER_TOKEN FASTLY_API_TOKEN GEMINI_API_KEY
    GH_ENTERPRISE_TOKEN GH_TOKEN GITHUB_ENTERPRISE_TOKEN GITHUB_PAT GITHUB_TOKEN GITLAB_TOKEN
    GOOGLE_API_KEY GOOGLE_APPLICATION_CREDENTIALS HCLOUD_TOKEN HEROKU_API_KEY HF_TOKEN
    HISTFILE HOME HUGGINGFACE_TOKEN HUGGING_FACE_HUB_TOKEN JWT_SECRET KUBECONFIG LINODE_TOKEN
    MAILGUN_API_KEY MYSQL_PASSWORD MYSQL_PWD MYSQL_ROOT_PASSWORD NETLIFY_AUTH_TOKEN
    NODE_AUTH_TOKEN NPM_TOKEN OPENAI_API_KEY PASSWORD PATH PGPASSWORD POETRY_PYPI_TOKEN_PYPI
    POSTGRES_PASSWORD PYPI_API_TOKEN PYPI_TOKEN REDIS_PASSWORD REDIS_URL RUBYGEMS_API_KEY
    SECRET_KEY SECRET_KEY_BASE SENDGRID_API_KEY SENTRY_AUTH_TOKEN SLACK_BOT_TOKEN SLACK_TOKEN
    SONAR_TOKEN SSH_AUTH_SOCK STRIPE_API_KEY STRIPE_SECRET_KEY SUDO_ASKPASS TF_TOKEN
    TWILIO_AUTH_TOKEN TWINE_PASSWORD USER UV_PUBLISH_PASSWORD UV_PUBLISH_TOKEN VAULT_TOKEN
    VERCEL_TOKEN
    """
)
"""What these hold is for somebody else, whoever asks for it."""


def default_variable(provider: str) -> str:
    """The environment variable for the key of a provider that no overlay gives another."""
    return f"{provider.replace('-', '_').upper()}_API_KEY"


def with_own_keys(document: Document) -> Document:
    """The document with those environment variables alone that its overlay names.

    Raises:
        RefusedError: The overlay names one that no key may be read from, or a prefix is no text.
    """
    problems: list[Problem] = []
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    kept: Mapping = {}
    sources = dict(document.sources)
    for name, value in schemes.items():
        place = joined(["components", "securitySchemes", str(name)])
        scheme, pointer = document.follow(place)
        kept[name] = value
        if PREFIX in scheme and not _is_text(scheme[PREFIX]):
            text = "a prefix is printable text of at most 100 characters, such as `Token `"
            problems.append(document.problem(f"{pointer}/{PREFIX}", text))
        if VARIABLE not in scheme:
            continue
        if document.origin(f"{pointer}/{VARIABLE}").source is document.overlay:
            problems += _refused(document, f"{pointer}/{VARIABLE}", scheme[VARIABLE])
            continue
        kept[name] = {key: item for key, item in scheme.items() if key != VARIABLE}
        if pointer != place:
            sources |= moved(document, place, pointer)
    if problems:
        raise RefusedError(problems)
    if kept == schemes:
        return document
    components = {**mapping(document.data.get("components")), "securitySchemes": kept}
    return replace(document, data={**document.data, "components": components}, sources=sources)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and _PREFIX.fullmatch(value) is not None


def _refused(document: Document, pointer: str, name: Any) -> list[Problem]:
    usual = default_variable(document.name)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return [document.problem(pointer, f"write a name in capitals, such as `{usual}`")]
    if name in _SECRETS and name != usual:
        text = f"{name} holds what is for another program; use one of its own, such as `{usual}`"
        return [document.problem(pointer, text)]
    return []
