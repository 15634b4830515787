"""What requests and waits do, as generators without I/O, and the two drivers that do it for them.

A flow yields its steps one after the other, and is sent what came of each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from ._errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConfigurationError,
    InvalidArgumentError,
    JobwaitError,
)
from ._faults import without_frames
from ._messages import AsyncSend, Request, Response, Send

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

Limiter: TypeAlias = Callable[[], float]
"""Asked before each request: takes a turn and returns 0, or returns the seconds until it is worth
asking again. It may block."""
AsyncLimiter: TypeAlias = Callable[[], "float | Awaitable[float]"]
"""The same for an asynchronous client: the function may be a coroutine function."""


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


class Secret:
    """A key on its way; its repr hides it."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Final = value


class Ask(NamedTuple):
    """Call a function of the user's, within so many seconds."""

    name: str
    """The client's argument that it is."""
    function: Callable[[], Any]
    limit: float
    wanted: str
    """What it returns, as in `key`."""

    def __repr__(self) -> str:
        return f"<Ask {self.name}>"

    def perform(self, send: Send) -> Secret | APIError:
        """What it returned, or the error in its place."""
        try:
            result = _call_in_thread(self.function).result(self.limit)()
        except Exception as error:
            return self._failure(error)
        if isinstance(result, Coroutine):
            result.close()
            raise ConfigurationError(
                f"{self.name} is a coroutine function, which only an AsyncClient can call"
            )
        return Secret(result)

    async def aperform(self, send: AsyncSend) -> Secret | APIError:
        """As `perform`."""
        from asyncio import timeout, wrap_future
        from inspect import isawaitable, iscoroutinefunction

        try:
            async with timeout(self.limit):
                if iscoroutinefunction(self.function):
                    return Secret(await self.function())
                result = (await wrap_future(_call_in_thread(self.function)))()
                return Secret(await result if isawaitable(result) else result)
        except Exception as error:
            return self._failure(error)

    def _failure(self, error: Exception) -> APIError:
        without_frames(error)
        if isinstance(error, TimeoutError):
            text = f"the function {self.name}= returned no {self.wanted} within {self.limit:.3g} s"
            failure: APIError = APITimeoutError(text)
        else:
            kind = type(error).__name__
            text = f"the function {self.name}= returned no {self.wanted}, but raised {kind}"
            failure = APIConnectionError(text)
        failure.__cause__ = error
        return failure


def _call_in_thread(function: Callable[[], Any]) -> Future[Callable[[], Any]]:
    """Call a function that may block, in a thread that nothing else waits for.

    Returns:
        What returns, or raises, what the function did.
    """
    from concurrent.futures import Future
    from contextvars import copy_context
    from threading import Thread

    ended: Future[Callable[[], Any]] = Future()
    ended.set_running_or_notify_cancel()
    context = copy_context()

    def call() -> None:
        try:
            result = context.run(function)
        except BaseException as error:
            failure = error
            ended.set_result(lambda: _raise(failure))
        else:
            ended.set_result(lambda: result)

    Thread(target=call, name="jobwait", daemon=True).start()
    return ended


def _raise(error: BaseException) -> None:
    raise error


Step: TypeAlias = SendRequest | Sleep | Tell | Ask
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
            except JobwaitError as error:
                # The frames of the flow hold what it was sent: keys, and answers that show them.
                without_frames(error)
                raise
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
            except JobwaitError as error:
                # The frames of the flow hold what it was sent: keys, and answers that show them.
                without_frames(error)
                raise
            if isinstance(step, Sleep):
                await sleep(step.seconds)
            else:
                result = await step.aperform(send)
