"""What clients of two packages do otherwise: where requests go, and with which keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..document.document import VARIABLE
from ..document.pointer import at, joined
from ..document.values import Mapping, mapping
from ..model.names import literal
from ..model.security import Credential
from .change import Change, Kind, Place, Severity, change
from .surface import Surface

_KEY: Final = "Client(api_key)"
_BASE_URL: Final = "Client(base_url)"


def compare_clients(old: Surface, new: Surface) -> Iterator[Change]:
    """The server, the keys and the version of the API."""
    yield from _server(old, new)
    yield from _credentials(old, new)
    before, after = old.api.version, new.api.version
    if before != after:
        text = f"the provider's version is {literal(after)}, was {literal(before)}"
        place = new.place("/info/version")
        yield change(Severity.COMPATIBLE, Kind.VERSION, "PROVIDER.api_version", place, text)
    yield from _requirements(old, new)


def _server(old: Surface, new: Surface) -> Iterator[Change]:
    before, after = old.api.server, new.api.server
    if before != after:
        place = _server_place(old, new) if after else old.place("/servers/0/url")
        text = f"requests go to {after}, went to {before}"
        severity = Severity.NOTABLE
        if not after:
            text, severity = f"must be passed: requests went to {before}", Severity.BREAKING
        elif not before:
            text, severity = f"need not be passed: requests go to {after}", Severity.COMPATIBLE
        yield change(severity, Kind.SERVER, _BASE_URL, place, text)
    old_others, new_others = _alternatives(old), _alternatives(new)
    for url in old_others.keys() - {*new_others, after}:
        text = f"the document does not name the server {url} any more"
        yield change(Severity.NOTABLE, Kind.SERVER, _BASE_URL, old.place(old_others[url]), text)
    for url in new_others.keys() - {*old_others, before}:
        text = f"the document names the server {url} as well"
        yield change(Severity.COMPATIBLE, Kind.SERVER, _BASE_URL, new.place(new_others[url]), text)


def _server_place(old: Surface, new: Surface) -> Place:
    """Where the document says that requests go elsewhere: at the URL, or at a variable in it."""
    (before, _), (after, pointer) = (_written_server(surface) for surface in (old, new))
    if before.get("url") == after.get("url"):
        variables = mapping(before.get("variables"))
        for name, variable in mapping(after.get("variables")).items():
            if mapping(variable).get("default") != mapping(variables.get(name)).get("default"):
                return new.place(pointer + joined(["variables", name, "default"]))
    return new.place(f"{pointer}/url")


def _written_server(surface: Surface) -> tuple[Mapping, str]:
    """The server that requests go to, as the document was written, and its normal pointer."""
    pointer = "/servers/0"
    source, own = surface.document.origin(pointer)
    return mapping(at(source.data, own)), pointer


def _alternatives(surface: Surface) -> dict[str, str]:
    """The pointers of the servers that requests do not go to, by their URLs."""
    servers = enumerate(surface.api.servers)
    return {server.url: f"/servers/{i}/url" for i, server in servers if i}


def _credentials(old: Surface, new: Surface) -> Iterator[Change]:
    before = {credential.parameter: credential for credential in old.api.credentials}
    after = {credential.parameter: credential for credential in new.api.credentials}
    came = {_sent(key): key for name, key in after.items() if name not in before}
    for parameter, credential in before.items():
        name, sent = f"Client({parameter})", _sent(credential)
        if parameter in after:
            yield from _credential(credential, after[parameter], name, new)
        elif sent in came:
            other = came.pop(sent)
            text = f"renamed to `Client({other.parameter})`: it is sent as {sent}, as before"
            place = new.place(other.pointer)
            yield change(Severity.BREAKING, Kind.RENAMED, name, place, text)
        else:
            text = f"removed: no key is sent as {sent} any more"
            place = old.place(credential.pointer)
            yield change(Severity.BREAKING, Kind.CREDENTIAL, name, place, text)
    for sent, credential in came.items():
        text, place = f"new: a key, sent as {sent}", new.place(credential.pointer)
        name = f"Client({credential.parameter})"
        yield change(Severity.COMPATIBLE, Kind.CREDENTIAL, name, place, text)
    yield from _needs(old, new)


def _needs(old: Surface, new: Surface) -> Iterator[Change]:
    """How many keys a request needs."""
    place = new.place("/security")
    if new.api.needs_key and not old.api.needs_key:
        text = "must be passed, or stand in the environment: every request needs a key now"
        yield change(Severity.BREAKING, Kind.CREDENTIAL, _KEY, place, text)
    elif old.api.needs_key and not new.api.needs_key:
        text = "need not be passed: there are requests without a key"
        yield change(Severity.COMPATIBLE, Kind.CREDENTIAL, _KEY, place, text)
    if new.api.sends_several and not old.api.sends_several:
        text = "all keys must be passed: a request carries several now"
        yield change(Severity.BREAKING, Kind.CREDENTIAL, _KEY, place, text)
    elif old.api.sends_several and not new.api.sends_several:
        text = "one key is enough: a request carries no more"
        yield change(Severity.COMPATIBLE, Kind.CREDENTIAL, _KEY, place, text)


def _credential(before: Credential, after: Credential, name: str, new: Surface) -> Iterator[Change]:
    if _sent(before) != _sent(after):
        text = f"is sent as {_sent(after)}, was as {_sent(before)}"
        place = new.place(after.pointer)
        severity = Severity.BREAKING if before.is_basic != after.is_basic else Severity.NOTABLE
        yield change(severity, Kind.CREDENTIAL, name, place, text)
    if before.variable != after.variable:
        text = f"is read from the environment variable {after.variable}, was {before.variable}"
        place = new.place(f"{after.pointer}/{VARIABLE}")
        yield change(Severity.BREAKING, Kind.VARIABLE, name, place, f"{text}; set that one")


def _sent(credential: Credential) -> str:
    if credential.in_query:
        return f"`?{credential.header}=…`"
    return f"`{credential.header}: {credential.prefix}…`"


def _requirements(old: Surface, new: Surface) -> Iterator[Change]:
    """What must be installed beside the package."""
    for key, severity in (
        ("requires-python", Severity.BREAKING),
        ("dependencies", Severity.NOTABLE),
    ):
        before, after = old.metadata.get(key), new.metadata.get(key)
        if before != after:
            text = f"the package requires {after}, required {before}"
            place = Place("pyproject.toml", 1, "")
            yield change(severity, Kind.METADATA, new.code.package, place, text)
