"""Carry out a script's steps: one driver blocks, the other awaits. The only users of httpx2.

Neither knows what a step is for. What a step raises is thrown back into the script, which decides.
"""

import asyncio
import inspect
import time
from typing import Any, TypeVar

import httpx2 as httpx

from framegate.client.steps import Close, Dropped, Now, Pause, Reply, Script, Send, Step, Tell, Work

T = TypeVar("T")

HTTP_OK = 200
CHUNK_BYTES = 256 * 1024


class Driver:
    """Plays scripts on the calling thread."""

    def __init__(self, *, wait_s: float) -> None:
        # The environment's proxies are not asked: the server is where the user says it is.
        self._http = httpx.Client(timeout=wait_s, trust_env=False)

    def play(self, script: Script[T]) -> T:
        """Carry a script out; what it returns or raises is the outcome."""
        outcome: Any = None
        error: Exception | None = None
        try:
            while True:
                step = script.throw(error) if error else script.send(outcome)
                outcome = error = None
                try:
                    outcome = self._do(step)
                except Exception as raised:  # noqa: BLE001 - the script decides what it means
                    error = raised
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # The script's own type.
        finally:
            script.close()

    def _do(self, step: Step) -> Any:
        match step:
            case Send():
                return self._send(step)
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
        except httpx.HTTPError as error:
            raise Dropped(_why(error)) from error


class AsyncDriver:
    """Plays scripts on the running event loop; one loop for its whole life."""

    def __init__(self, *, wait_s: float) -> None:
        self._http = httpx.AsyncClient(timeout=wait_s, trust_env=False)

    async def play(self, script: Script[T]) -> T:
        """Carry a script out; what it returns or raises is the outcome."""
        outcome: Any = None
        error: Exception | None = None
        try:
            while True:
                step = script.throw(error) if error else script.send(outcome)
                outcome = error = None
                try:
                    outcome = await self._do(step)
                except Exception as raised:  # noqa: BLE001 - the script decides what it means
                    error = raised
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # The script's own type.
        finally:
            script.close()

    async def _do(self, step: Step) -> Any:
        match step:
            case Send():
                return await self._send(step)
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
        except httpx.HTTPError as error:
            raise Dropped(_why(error)) from error


def _reply(answer: httpx.Response, body: bytes) -> Reply:
    return Reply(
        answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, body
    )


def _why(error: httpx.HTTPError) -> str:
    # httpx's own text is often empty, and "All connection attempts failed" helps less.
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return "the connection broke"
