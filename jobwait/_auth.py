"""Keys: where they come from, and where a request carries them; an error never shows one."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote, quote_plus

from ._errors import ConfigurationError
from ._operation import ClientConfig, Credential
from ._validation import is_sendable

Key: TypeAlias = str | Callable[[], str]
"""A key, or a function that returns the one for the next request, called in a thread of its own."""
AsyncKey: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""The same for an asynchronous client: the function may be a coroutine function."""

MIN_SECRET: Final = 6
"""Characters; what is shorter is no secret, and is part of ordinary words."""


class Placed(NamedTuple):
    """A key as requests carry it."""

    headers: dict[str, str]
    query: dict[str, str]


class Keys(NamedTuple):
    """The keys of a client; its repr hides them."""

    fixed: Placed
    """Those that every request carries."""
    functions: tuple[tuple[Credential, Callable[[], Any]], ...]
    """Those to ask for a key before each request."""
    limited: tuple[tuple[Credential, Placed], ...] = ()
    """Those that only requests of some operations carry."""

    def of(self, operation: str) -> Placed:
        """What only requests of an operation and its like carry."""
        placed = [placed for credential, placed in self.limited if credential.is_for(operation)]
        headers = {name: value for one in placed for name, value in one.headers.items()}
        return Placed(headers, {name: value for one in placed for name, value in one.query.items()})

    def __repr__(self) -> str:
        carried = (self.fixed, *(placed for _, placed in self.limited))
        names = (name for placed in carried for name in (*placed.headers, *placed.query))
        return f"<Keys in {', '.join(dict.fromkeys(names))}>"


def keys_of(config: ClientConfig, arguments: Mapping[str, Any]) -> Keys:
    """The keys of a client: its arguments, or what the environment has.

    Raises:
        ConfigurationError: There is none, or one that no request can carry.
    """
    chosen = [
        (credential, key, credential.parameter)
        for credential in config.credentials
        if (key := arguments.get(credential.parameter)) is not None
    ]
    for i, (credential, _, parameter) in enumerate(chosen):
        for other, _, name in () if config.keys_together else chosen[:i]:
            if credential.meets(other):
                raise ConfigurationError(f"give {name}= or {parameter}=, not both")
    for credential in config.credentials:
        variable = credential.environment_variable
        taken = [other for other, _, _ in chosen]
        is_taken = (
            credential in taken if config.keys_together else any(map(credential.meets, taken))
        )
        if variable is not None and not is_taken and (key := os.environ.get(variable)) is not None:
            chosen.append((credential, key, variable))
    if not chosen and config.key_required:
        raise ConfigurationError(f"no key for {config.title}: {_ways(config)}")
    fixed = Placed({}, {})
    limited: list[tuple[Credential, Placed]] = []
    functions: list[tuple[Credential, Callable[[], Any]]] = []
    for credential, key, source in chosen:
        if callable(key):
            functions.append((credential, key))
        elif credential.operations:
            limited.append((credential, Placed({}, {})))
            place(config, credential, key, source, limited[-1][1])
        else:
            place(config, credential, key, source, fixed)
    return Keys(fixed, tuple(functions), tuple(limited))


def check_key(config: ClientConfig, keys: Keys, operation: str) -> None:
    """Check that the client has a key for an operation.

    Raises:
        ConfigurationError: An operation needs a key that the client does not have.
    """
    applied = [*(one for one, _ in keys.limited), *(one for one, _ in keys.functions)]
    wanted = [one for one in config.credentials if one.operations and one.is_for(operation)]
    if wanted and config.key_required and not any(one.is_for(operation) for one in applied):
        ways = " or ".join(f"{one.parameter}=" for one in wanted)
        raise ConfigurationError(f"no key for {operation} of {config.title}: pass {ways}")


def place(
    config: ClientConfig, credential: Credential, key: object, source: str, into: Placed
) -> str:
    """Put a key where a request carries it, and return it.

    Args:
        source: The argument or the environment variable that it came from.

    Raises:
        ConfigurationError: No request can carry it.
    """
    if not isinstance(key, str):
        fault: str | None = f"is of type {type(key).__name__}, not str"
    else:
        fault = _fault_of(key, credential.prefix)
    if fault is not None or not isinstance(key, str):
        raise ConfigurationError(f"the key for {config.title} in {source} {fault}: {_ways(config)}")
    carried = into.query if credential.in_query else into.headers
    carried[credential.header] = credential.prefix + (_basic(key) if credential.is_basic else key)
    return key


def identity(function: Callable[[], Any]) -> Hashable:
    """What stands for a function among the credentials that a throttle is shared by."""
    try:
        hash(function)
    except TypeError:
        # An object whose class says what is equal; its bound methods compare by identity.
        callable_object: Any = function
        method: Hashable = callable_object.__call__
        return method
    return function


def secrets_in(config: ClientConfig, carried: Mapping[str, str]) -> frozenset[str]:
    """The keys in the headers and the query's parameters that carry credentials."""
    secrets: list[str] = []
    for name, value in carried.items():
        for credential in config.credentials:
            if credential.header.lower() != name.lower():
                continue
            secret = value.removeprefix(credential.prefix)
            secrets += [secret, *(_user_and_key(secret) if credential.is_basic else ())]
            secrets += {quote(secret, safe=""), quote_plus(secret)} if credential.in_query else ()
    return frozenset(secrets)


def _parameters(config: ClientConfig) -> str:
    return " or ".join(f"{credential.parameter}=" for credential in config.credentials)


def _ways(config: ClientConfig) -> str:
    variables = [credential.environment_variable for credential in config.credentials]
    named = " or ".join(variable for variable in variables if variable is not None)
    return f"pass {_parameters(config)}" + (f" or set {named}" if named else "")


def _basic(key: str) -> str:
    from base64 import b64encode

    return b64encode(key.encode()).decode()


def _user_and_key(secret: str) -> list[str]:
    from base64 import b64decode

    try:
        text = b64decode(secret).decode()
    except ValueError:
        return []
    return [text, text.partition(":")[2]]


def _fault_of(key: str, prefix: str) -> str | None:
    """Why no header can carry a key, without showing it."""
    if not key.strip():
        return "is empty"
    if key != key.strip():
        return "begins or ends with white space, a line break perhaps"
    if prefix and key.lower().startswith(prefix.lower()):
        return f"begins with the word {prefix.strip()}, which is added anyway"
    if not is_sendable(key):
        return "has a character that no header can carry, a line break or a curly quote perhaps"
    return None
