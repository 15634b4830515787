"""Who is answered: programs on this machine, not the pages that its browser shows."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
_HOST: Final = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(:[0-9]{0,5})?")
_SHOWN: Final = 100
"""How many characters of a refused host an answer repeats."""


def is_loopback(host: str) -> bool:
    """Whether a name or an address, IPv6 without brackets, is this machine and no other."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Names that merely resolve to loopback are what DNS rebinding is made of.
        return host.lower() == "localhost"
    return any(address in network for network in _LOOPBACK)


class Token:
    """What opens the control API: random, and in no repr."""

    __slots__ = ("_text",)

    def __init__(self) -> None:
        self._text = secrets.token_urlsafe()

    def reveal(self) -> str:
        """Return the token itself."""
        return self._text

    def opens(self, authorization: str) -> bool:
        """Whether an `Authorization` header holds the token, as `Bearer TOKEN`."""
        scheme, _, key = authorization.partition(" ")
        return hmac.compare_digest(key.encode(), self._text.encode()) and (
            scheme.lower() == "bearer"
        )


class Guard:
    """Refuses what a web page makes a browser send.

    A page whose own name was made to resolve to loopback sends that name as `Host`; any other
    sends `Origin` or `Sec-Fetch-Site`. No answer has a CORS header.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application: Final = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(Headers(scope=scope))
        await (refusal or self._application)(scope, receive, send)


class Lock:
    """Refuses requests without the token."""

    def __init__(self, application: ASGIApp, token: Token) -> None:
        self._application: Final = application
        self._token: Final = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._application
        if not self._token.opens(Headers(scope=scope).get("authorization", "")):
            answer = JSONResponse(
                {
                    "error": "the control API needs the header `Authorization: Bearer TOKEN`; "
                    "`python -m jobwait.sandbox` prints the token, in Python it is "
                    "`Sandbox.control_token`"
                },
                401,
                {"www-authenticate": "Bearer"},
            )
        await answer(scope, receive, send)


def _refusal(headers: Headers) -> Response | None:
    host = headers.get("host", "")
    parts = _HOST.fullmatch(host)
    if parts is None or not is_loopback(parts[1].removeprefix("[").removesuffix("]")):
        return JSONResponse(
            {
                "error": "the sandbox answers to the hosts localhost, 127.0.0.0/8 and [::1] only, "
                f"not to {host[:_SHOWN]!r}"
            },
            421,
        )
    if "origin" in headers or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return JSONResponse(
            {
                "error": "the sandbox does not answer web pages: call it from a program, "
                "without Origin and Sec-Fetch-Site"
            },
            403,
        )
    return None
