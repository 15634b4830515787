"""What goes wrong between this process and a provider, as typed errors that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._errors import APIConnectionError, APITimeoutError, ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._messages import Request


def failure(
    request: Request, text: str, cause: BaseException | None, *, is_permanent: bool = False
) -> APIConnectionError:
    """The error of a request that got no answer.

    Args:
        text: Why, and what to do.
        cause: What the library below raised.
        is_permanent: Whether the same request cannot get an answer later either.
    """
    error = APIConnectionError(
        f"no answer to {request.method} {request.url}: {without_secrets(request, text)}"
    )
    error.is_permanent = is_permanent
    error.__cause__ = _shown_cause(request, cause)
    return error


def client_closed() -> ClientClosedError:
    """The error of a request over a client of the user's that the user has closed."""
    return ClientClosedError("the http_client that was passed is closed: pass an open one")


def too_late(request: Request, limit: float, cause: BaseException | None) -> APITimeoutError:
    """The error of a request whose answer was not whole within `limit` seconds."""
    error = APITimeoutError(
        f"no whole answer to {request.method} {request.url} within {limit:.3g} s: "
        "try later, or give the client a longer timeout"
    )
    error.__cause__ = _shown_cause(request, cause)
    return error


def too_large(request: Request) -> APIConnectionError:
    """The error of an answer whose body is over its bound."""
    text = f"its body has more than {request.max_body} bytes; pass the client a larger max_body"
    return failure(request, text, None, is_permanent=True)


def broken(request: Request, cause: BaseException) -> APIConnectionError:
    """The error of a connection that could not be made, or broke."""
    reason = str(cause) or type(cause).__name__
    text = f"{reason}; check base_url, the network and its proxies, or try later"
    return failure(request, text, cause)


def bad_certificate(
    request: Request, peer: str, reason: str, cause: BaseException
) -> APIConnectionError:
    """The error of a TLS certificate that is not trusted, or is another host's."""
    text = (
        f"the certificate of {peer} does not verify ({reason}); check base_url, or, if an "
        "authority of your own signed it, name its file in SSL_CERT_FILE or pass http_client="
    )
    return failure(request, text, cause, is_permanent=True)


def bad_proxy(
    request: Request, reason: str, cause: BaseException, *, is_permanent: bool
) -> APIConnectionError:
    """The error of a proxy that cannot be reached, or refuses."""
    text = (
        f"{reason}; check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, the proxy's user and password in "
        "them included, or name the host in NO_PROXY"
    )
    return failure(request, text, cause, is_permanent=is_permanent)


def certificate_fault(error: BaseException) -> str | None:
    """Why a certificate did not verify, if that is why `error` was raised."""
    import ssl

    for link in _chain(error):
        # Other libraries derive errors of their own from this, without its attributes.
        if isinstance(link, ssl.SSLCertVerificationError) and hasattr(link, "verify_message"):
            return link.verify_message or link.reason
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    links: list[BaseException | None] = [error]
    passed: set[int] = set()
    while links:
        link = links.pop()
        if link is not None and id(link) not in passed:
            passed.add(id(link))
            yield link
            links += [link.__context__, link.__cause__]


def without_frames(error: BaseException) -> None:
    """Take away the frames of `error` and its causes: they hold the key in their variables."""
    for link in _chain(error):
        link.__traceback__ = None


def without_secrets(request: Request, text: str) -> str:
    """`text` without the keys of a request, and without its query, which may be one."""
    if request.query:
        text = text.replace(request.query, "[redacted]")
    for secret in request.secrets:
        text = text.replace(secret, "[redacted]")
    return text


def _shown_cause(request: Request, cause: BaseException | None) -> BaseException | None:
    """`cause` without the frames; None where its words show the key."""
    if cause is None:
        return None
    without_frames(cause)
    for link in _chain(cause):
        text = f"{link} {link!r}"
        if without_secrets(request, text) != text:
            return None
    return cause
