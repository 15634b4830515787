"""Sending over an `aiohttp.ClientSession`, for who polls ten thousand jobs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from . import _faults as faults
from ._errors import APIConnectionError
from ._messages import Headers, RawHeaders, Request, Response


class AiohttpTransport:
    """Sends through a session of the user's, and leaves it open.

    Args:
        library: The module aiohttp.
    """

    def __init__(self, library: ModuleType, session: Any) -> None:
        from yarl import URL

        self._library = library
        self._session = session
        self._url = URL
        self._timeout: Any = None
        self._raw_headers: RawHeaders = []
        self._headers: list[tuple[str, str]] = []

    async def __call__(self, request: Request, limit: float) -> Response:
        """Send `request`; as `SyncTransport` does."""
        if self._session.closed:
            raise faults.client_closed()
        if self._raw_headers is not request.headers:
            # Nearly all requests of a client share theirs.
            self._raw_headers = request.headers
            self._headers = [(name.decode(), value.decode()) for name, value in request.headers]
        timeout = self._timeout
        if timeout is None or timeout.total != limit:
            # One for nearly all requests, as making it costs much of what a request does.
            timeout = self._timeout = self._library.ClientTimeout(total=limit)
        try:
            async with self._session.request(
                request.method,
                self._url(request.target, encoded=True),
                headers=self._headers,
                data=request.body or None,
                allow_redirects=False,
                raise_for_status=False,
                timeout=timeout,
            ) as response:
                body = await self._body(request, response)
                return Response(response.status, Headers(list(response.raw_headers)), body)
        except BaseException as error:
            faults.without_frames(error)
            failure = self._failure(request, limit, error)
            if failure is None:
                raise
            failure.has_begun = isinstance(error, self._library.ClientPayloadError)
        # Here, as `error` would be its context otherwise, and may show the key.
        raise failure from failure.__cause__

    async def _body(self, request: Request, response: Any) -> bytes:
        body = bytearray()
        try:
            async for part in response.content.iter_any():
                body += part
                if len(body) > request.max_body:
                    raise faults.too_large(request)
        except self._library.ClientPayloadError:
            if response.ok:
                raise
            body.clear()  # the status is what counts
        return bytes(body)

    def _failure(self, request: Request, limit: float, error: Any) -> APIConnectionError | None:
        library: Any = self._library
        if isinstance(error, APIConnectionError):
            return error
        if isinstance(error, TimeoutError):
            return faults.too_late(request, limit, error)
        if not isinstance(error, (library.ClientError, OSError, ValueError)):
            return None
        reason = faults.certificate_fault(error)
        if reason is not None or isinstance(error, library.ClientConnectorCertificateError):
            host = getattr(error, "host", request.url)
            return faults.bad_certificate(request, host, reason or "it is another host's", error)
        if isinstance(error, library.ClientHttpProxyError):
            is_refusal = 400 <= error.status < 500
            text = f"the proxy answered {error.status} {error.message}"
            return faults.bad_proxy(request, text, error, is_permanent=is_refusal)
        if isinstance(error, library.ClientProxyConnectionError):
            text = f"the proxy cannot be reached ({error})"
            return faults.bad_proxy(request, text, error, is_permanent=True)
        return faults.broken(request, error)

    async def close(self) -> None:
        """Leave the session open: it is its maker's."""
