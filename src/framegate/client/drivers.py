"""Carry out a script's steps: one driver blocks, the other awaits. The only users of httpx2.

Neither knows what a step is for. What a step raises is thrown back into the script, which decides.
"""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, aclosing
from typing import Any, Self, TypeVar

import httpx2 as httpx

from framegate.client.steps import (
    Close,
    Course,
    Dropped,
    Give,
    Now,
    Open,
    Pause,
    Piece,
    Reply,
    Script,
    Send,
    Step,
    Tell,
    Work,
)

T = TypeVar("T")

HTTP_OK = 200
CHUNK_BYTES = 256 * 1024
NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL)
"""httpx judges some hosts only when it is to connect: such an address has nobody behind it."""


class Driver:
    """Plays scripts on the calling thread."""

    def __init__(self, *, wait_s: float) -> None:
        # The environment's proxies are not asked: the server is where the user says it is.
        self._http = httpx.Client(timeout=wait_s, trust_env=False)

    def play(self, script: Script[T]) -> T:
        """Carry a script out; what it returns or raises is the outcome."""
        course = Course(script)
        for _ in self._run(course):
            pass  # A script that is played gives nothing on the way.
        return course.result

    def each(self, script: Script[None]) -> Iterator[Any]:
        """Carry a script out as far as somebody iterates, who gets what it gives."""
        return self._run(Course(script))

    def _run(self, course: Course[Any]) -> Iterator[Any]:
        with ExitStack() as until_the_end:
            until_the_end.callback(course.close)
            opened = until_the_end.enter_context(_Opened(self._http))
            goes_on = course.goes_on()
            while goes_on:
                if isinstance(course.step, Give):
                    yield course.step.value
                    goes_on = course.goes_on()
                    continue
                try:
                    outcome = self._do(course.step, opened)
                except Exception as raised:  # noqa: BLE001 - the script decides what it means
                    goes_on = course.goes_on(error=raised)
                else:
                    goes_on = course.goes_on(outcome)

    def _do(self, step: Step | None, opened: "_Opened") -> Any:
        match step:
            case Send():
                return self._send(step)
            case Open():
                return opened.open(step)
            case Piece():
                return opened.piece()
            case Pause(seconds):
                time.sleep(seconds)
            case Now():
                return time.monotonic()
            case Work(task):
                return task()
            case Tell(listener, news):
                listener(news)
            case Close():
                self._http.close()
        return None

    def _send(self, step: Send) -> Reply:
        try:
            with self._http.stream(
                step.method, step.url, headers=step.headers, content=step.content or None
            ) as answer:
                if step.to is None or answer.status_code != HTTP_OK:
                    return _reply(answer, answer.read())
                for chunk in answer.iter_bytes(CHUNK_BYTES):
                    step.to(chunk)
                return _reply(answer, b"")
        except NO_ANSWER as error:
            raise Dropped(_why(error)) from error


class _Opened:
    """The one stream that a script may have open."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._held = ExitStack()
        self._pieces: Iterator[bytes] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def open(self, step: Open) -> Reply:
        self._held.close()
        try:
            answer = self._held.enter_context(
                self._http.stream("GET", step.url, headers=step.headers)
            )
            if answer.status_code != HTTP_OK:
                return _reply(answer, answer.read())
        except NO_ANSWER as error:
            raise Dropped(_why(error)) from error
        self._pieces = answer.iter_bytes()
        return _reply(answer, b"")

    def piece(self) -> bytes:
        try:
            return next(self._pieces, b"")
        except NO_ANSWER as error:
            raise Dropped(_why(error)) from error


class AsyncDriver:
    """Plays scripts on the running event loop; one loop for its whole life."""

    def __init__(self, *, wait_s: float) -> None:
        self._http = httpx.AsyncClient(timeout=wait_s, trust_env=False)

    async def play(self, script: Script[T]) -> T:
        """Carry a script out; what it returns or raises is the outcome."""
        course = Course(script)
        async with aclosing(self._run(course)) as running:
            async for _ in running:
                pass  # A script that is played gives nothing on the way.
        return course.result

    def each(self, script: Script[None]) -> AsyncGenerator[Any]:
        """Carry a script out as far as somebody iterates, who gets what it gives."""
        return self._run(Course(script))

    async def _run(self, course: Course[Any]) -> AsyncGenerator[Any]:
        async with AsyncExitStack() as until_the_end:
            until_the_end.callback(course.close)
            opened = await until_the_end.enter_async_context(_AsyncOpened(self._http))
            goes_on = course.goes_on()
            while goes_on:
                if isinstance(course.step, Give):
                    yield course.step.value
                    goes_on = course.goes_on()
                    continue
                try:
                    outcome = await self._do(course.step, opened)
                except Exception as raised:  # noqa: BLE001 - the script decides what it means
                    goes_on = course.goes_on(error=raised)
                else:
                    goes_on = course.goes_on(outcome)

    async def _do(self, step: Step | None, opened: "_AsyncOpened") -> Any:
        match step:
            case Send():
                return await self._send(step)
            case Open():
                return await opened.open(step)
            case Piece():
                return await opened.piece()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Now():
                return time.monotonic()
            case Work(task):
                return await asyncio.to_thread(task)
            case Tell(listener, news):
                told = listener(news)
                if inspect.isawaitable(told):
                    await told
            case Close():
                await self._http.aclose()
        return None

    async def _send(self, step: Send) -> Reply:
        try:
            async with self._http.stream(
                step.method, step.url, headers=step.headers, content=step.content or None
            ) as answer:
                if step.to is None or answer.status_code != HTTP_OK:
                    return _reply(answer, await answer.aread())
                async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                    step.to(chunk)
                return _reply(answer, b"")
        except NO_ANSWER as error:
            raise Dropped(_why(error)) from error


class _AsyncOpened:
    """As `_Opened`, awaited."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._held = AsyncExitStack()
        self._pieces: AsyncIterator[bytes] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    async def open(self, step: Open) -> Reply:
        await self._held.aclose()
        try:
            answer = await self._held.enter_async_context(
                self._http.stream("GET", step.url, headers=step.headers)
            )
            if answer.status_code != HTTP_OK:
                return _reply(answer, await answer.aread())
        except NO_ANSWER as error:
            raise Dropped(_why(error)) from error
        self._pieces = answer.aiter_bytes()
        return _reply(answer, b"")

    async def piece(self) -> bytes:
        try:
            return await anext(self._pieces, b"") if self._pieces else b""
        except NO_ANSWER as error:
            raise Dropped(_why(error)) from error


def _reply(answer: httpx.Response, body: bytes) -> Reply:
    return Reply(
        answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, body
    )


def _why(error: Exception) -> str:
    if isinstance(error, httpx.InvalidURL):
        return "no such address"
    # httpx's own text is often empty, and "All connection attempts failed" helps less.
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return "the connection broke"
