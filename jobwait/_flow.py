"""What requests and waits do, as generators without I/O, and the two drivers that do it for them.

A flow yields its steps one after the other, and is sent what came of each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ._errors import APIConnectionError, APIError, ConfigurationError, InvalidArgumentError
from ._messages import AsyncSend, Request, Response, Send

T = TypeVar("T")


class SendRequest(NamedTuple):
    """Send a request within so many seconds."""

    request: Request
    limit: float

    def perform(self, send: Send) -> Response | APIError:
        """The response, or the error in its place."""
        try:
            return send(self.request, self.limit)
        except APIError as error:
            # Its frames hold the request, and the request the key.
            return error.with_traceback(None)

    async def aperform(self, send: AsyncSend) -> Response | APIError:
        """As `perform`."""
        try:
            return await send(self.request, self.limit)
        except APIError as error:
            return error.with_traceback(None)


class Sleep(NamedTuple):
    """Let so many seconds pass."""

    seconds: float


class Tell(NamedTuple):
    """Call `on_update` with a job."""

    on_update: Callable[[Any], object]
    job: Any

    def perform(self, send: Send) -> None:
        """Call it; what it raises ends the wait."""
        result = self.on_update(self.job)
        if isinstance(result, Coroutine):
            result.close()
            raise InvalidArgumentError(
                "on_update is a coroutine function, which only an AsyncClient can call"
            )

    async def aperform(self, send: AsyncSend) -> None:
        """As `perform`, and await it if it is a coroutine function."""
        result = self.on_update(self.job)
        if isinstance(result, Awaitable):
            await result


class AskKey(NamedTuple):
    """Call a function of the user's that returns a key, within so many seconds."""

    name: str
    function: Callable[[], Any]
    limit: float

    def perform(self, send: Send) -> object:
        """The key, or the error in its place."""
        try:
            with self._failures():
                result = self.function()
        except APIError as error:
            return error
        if isinstance(result, Coroutine):
            result.close()
            raise ConfigurationError(
                f"{self.name} is a coroutine function, which only an AsyncClient can call"
            )
        return result

    async def aperform(self, send: AsyncSend) -> object:
        """As `perform`; a plain function is called in a thread, as it may block."""
        from asyncio import timeout, to_thread
        from inspect import isawaitable, iscoroutinefunction

        try:
            with self._failures():
                async with timeout(self.limit):
                    if iscoroutinefunction(self.function):
                        return await self.function()
                    result: Any = await to_thread(self.function)
                    return await result if isawaitable(result) else result
        except APIError as error:
            return error

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except Exception as error:
            raise APIConnectionError(
                f"the function {self.name}= returned no key, but raised {type(error).__name__}"
            ) from error.with_traceback(None)


Step: TypeAlias = SendRequest | Sleep | Tell | AskKey
Flow: TypeAlias = Generator[Step, Any, T]


def drive(flow: Flow[T], send: Send, sleep: Callable[[float], None]) -> T:
    """Run a flow, blocking."""
    result: object = None
    with closing(flow):
        while True:
            try:
                step = flow.send(result)
            except StopIteration as end:
                value: T = end.value
                return value
            if isinstance(step, Sleep):
                sleep(step.seconds)
            else:
                result = step.perform(send)


async def adrive(flow: Flow[T], send: AsyncSend, sleep: Callable[[float], Awaitable[None]]) -> T:
    """Run a flow, awaiting."""
    result: object = None
    with closing(flow):
        while True:
            try:
                step = flow.send(result)
            except StopIteration as end:
                value: T = end.value
                return value
            if isinstance(step, Sleep):
                await sleep(step.seconds)
            else:
                result = await step.aperform(send)
