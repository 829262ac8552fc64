"""`Framegate` and `AsyncFramegate`: the scripts of `calls`, played by either of the two drivers.

Each call is named once, in `Calls` and in `VideoCalls`; a descriptor gives it the type and the
behaviour of whichever face it is asked from.
"""

import inspect
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from decimal import Decimal
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from framegate.client import calls
from framegate.client.access import access
from framegate.client.answers import Task
from framegate.client.asking import Asking
from framegate.client.drivers import AsyncDriver, Driver
from framegate.client.steps import Script
from framegate.client.stream import TaskEvent

P = ParamSpec("P")
T = TypeVar("T")
Answer = TypeVar("Answer")
AsyncAnswer = TypeVar("AsyncAnswer")
Given = TypeVar("Given")

REQUEST_WAIT_S_MAX = 60.0


class Blocking:
    """Whose calls answer."""

    _driver: Driver


class Awaited:
    """Whose calls are awaited."""

    _driver: AsyncDriver


class Call(Generic[P, Answer, AsyncAnswer]):
    """One call of the description, as a method of both faces.

    given   how many of the script's first parameters the face fills in
    """

    def __init__(self, script: Callable[..., Script[Any]], given: int = 1) -> None:
        self._script = script
        self._given = given
        self.__doc__ = script.__doc__
        self.__name__ = script.__name__

    @property
    def __signature__(self) -> inspect.Signature:
        """The script's own, for `help` and editors; one parameter stands for the face."""
        whole = inspect.signature(self._script)
        _, *own = list(whole.parameters.values())[self._given - 1 :]
        face = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return whole.replace(parameters=[face, *own], return_annotation=inspect.Signature.empty)

    @overload
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Blocking, owner: type) -> Callable[P, Answer]: ...
    @overload
    def __get__(
        self, face: Awaited, owner: type
    ) -> Callable[P, Coroutine[Any, Any, AsyncAnswer]]: ...
    def __get__(self, face: Any, owner: type) -> Any:
        """The call of one face."""
        return self if face is None else MethodType(self, face)

    def __call__(self, face: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Play the script: the answer, or a coroutine of it."""
        return face._play(self._script, *args, **kwargs)  # noqa: SLF001 - the faces are ours


class EachCall(Call[P, Given, Given]):
    """A call that gives its answers one by one, to be iterated over."""

    @overload  # type: ignore[override]  # What is iterated over is not awaited.
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Blocking, owner: type) -> Callable[P, Iterator[Given]]: ...
    @overload
    def __get__(self, face: Awaited, owner: type) -> Callable[P, AsyncIterator[Given]]: ...
    def __get__(self, face: Any, owner: type) -> Any:
        """The call of one face."""
        return self if face is None else MethodType(self, face)

    def __call__(self, face: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Begin to play the script: an iterator of what it gives."""
        return face._each(self._script, *args, **kwargs)  # noqa: SLF001 - the faces are ours


def _call(script: Callable[Concatenate[Any, P], Script[T]]) -> Call[P, T, T]:
    return Call(script)


def _video_call(
    script: Callable[Concatenate[Any, P], Script[Task]],
) -> "Call[P, Video, AsyncVideo]":
    return Call(script)


def _call_of_a_video(
    script: Callable[Concatenate[Any, Any, P], Script[T]],
) -> Call[P, T, T]:
    return Call(script, given=2)


def _events_call(
    script: Callable[Concatenate[Any, P], Script[None]],
) -> EachCall[P, TaskEvent]:
    return EachCall(script)


class VideoCalls:
    """What can be done with a video."""

    save = _call_of_a_video(calls.save)
    read = _call_of_a_video(calls.read)


class _Facts:
    """A video that was made: where it is and what it cost."""

    def __init__(self, task: Task, ask: Asking) -> None:
        self.task = task
        self._ask = ask

    @property
    def url(self) -> str:
        """A link that works without a key for a day; `save` makes a dead one fresh."""
        return self.task.video_url

    @property
    def cost(self) -> Decimal:
        """What was paid, in `currency`."""
        return self.task.price or Decimal(0)

    @property
    def currency(self) -> str:
        """Of `cost`: three capitals."""
        return self.task.currency

    @property
    def sha256(self) -> str:
        """Of the file, hexadecimal."""
        return self.task.sha256

    @property
    def bytes_count(self) -> int:
        """The file's length."""
        return self.task.bytes_count

    def __repr__(self) -> str:
        """Its task and price; a link is a right to read, and stays out of logs."""
        return f"{type(self).__name__}({self.task.id!r}, cost={self.cost} {self.currency})"


class Video(_Facts, VideoCalls, Blocking):
    """A video that `Framegate` made."""

    def __init__(self, task: Task, ask: Asking, driver: Driver) -> None:
        super().__init__(task, ask)
        self._driver = driver

    def _play(self, script: Callable[..., Script[T]], *args: Any, **kwargs: Any) -> T:
        return self._driver.play(script(self._ask, self.task, *args, **kwargs))


class AsyncVideo(_Facts, VideoCalls, Awaited):
    """A video that `AsyncFramegate` made."""

    def __init__(self, task: Task, ask: Asking, driver: AsyncDriver) -> None:
        super().__init__(task, ask)
        self._driver = driver

    async def _play(self, script: Callable[..., Script[T]], *args: Any, **kwargs: Any) -> T:
        return await self._driver.play(script(self._ask, self.task, *args, **kwargs))


class Calls:
    """What can be asked of a server."""

    generate = _video_call(calls.generate)
    submit = _call(calls.submit)
    wait = _video_call(calls.wait)
    events = _events_call(calls.events)
    task = _call(calls.task)
    tasks = _call(calls.tasks)
    cancel = _call(calls.cancel)
    quote = _call(calls.quote)
    account = _call(calls.account)
    usage = _call(calls.usage)
    usage_csv = _call(calls.usage_csv)
    upload = _call(calls.upload)
    request = _call(calls.request)
    close = _call(calls.close)


MAKES_A_VIDEO = frozenset({calls.generate, calls.wait})


class Framegate(Calls, Blocking):
    """A framegate server under one key; calls block until they have their answer.

    url   of the server; else FRAMEGATE_URL, else where the `framegate serve` of framegate-data
          listens, for whoever comes with the key there, else http://127.0.0.1:8787
    key   else FRAMEGATE_KEY, else framegate-data/admin.key for a server on this machine
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        """Connect to nothing yet.

        raises   SetupInvalid for what is no address, or no key
        """
        self._ask = Asking(access(url, key, os.environ))
        self._driver = Driver(wait_s=REQUEST_WAIT_S_MAX)

    def __enter__(self) -> Self:
        """Open nothing: connections are made when they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self.close()

    def _play(self, script: Callable[..., Script[Any]], *args: Any, **kwargs: Any) -> Any:
        done = self._driver.play(script(self._ask, *args, **kwargs))
        return Video(done, self._ask, self._driver) if script in MAKES_A_VIDEO else done

    def _each(
        self, script: Callable[..., Script[None]], *args: Any, **kwargs: Any
    ) -> Iterator[Any]:
        return self._driver.each(script(self._ask, *args, **kwargs))


class AsyncFramegate(Calls, Awaited):
    """As `Framegate`, with calls that are awaited; for one event loop.

    url   of the server; else FRAMEGATE_URL, else where the `framegate serve` of framegate-data
          listens, for whoever comes with the key there, else http://127.0.0.1:8787
    key   else FRAMEGATE_KEY, else framegate-data/admin.key for a server on this machine
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        """Connect to nothing yet.

        raises   SetupInvalid for what is no address, or no key
        """
        self._ask = Asking(access(url, key, os.environ))
        self._driver = AsyncDriver(wait_s=REQUEST_WAIT_S_MAX)

    async def __aenter__(self) -> Self:
        """Open nothing: connections are made when they are needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self.close()

    async def _play(self, script: Callable[..., Script[Any]], *args: Any, **kwargs: Any) -> Any:
        done = await self._driver.play(script(self._ask, *args, **kwargs))
        return AsyncVideo(done, self._ask, self._driver) if script in MAKES_A_VIDEO else done

    def _each(
        self, script: Callable[..., Script[None]], *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        return self._driver.each(script(self._ask, *args, **kwargs))
