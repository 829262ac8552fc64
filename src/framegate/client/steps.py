"""What a call does, step by step, without doing any of it.

A script is a generator: it yields a step and is given that step's outcome. The drivers carry steps
out, one of them blocking and one of them awaiting, so that each call is written once.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Send:
    """Send one request; the outcome is a Reply, or Dropped is thrown.

    url        absolute
    to         is given the body of a 200 piece by piece, and the Reply's body stays empty
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    to: Callable[[bytes], object] | None = None


@dataclass(frozen=True, kw_only=True)
class Open:
    """Begin to read what goes on for minutes; the outcome is a Reply, or Dropped is thrown.

    The body of a 200 stays empty: its pieces are what Piece gives. One is open at a time, and is
    closed with the script; another Open closes the one before.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """Wait for the next bytes of what is open: b"" at its end, or Dropped is thrown."""


@dataclass(frozen=True)
class Give:
    """Hand a value to whoever iterates over the call."""

    value: Any


@dataclass(frozen=True)
class Reply:
    """An answer; the names of its headers are in lower case."""

    http_status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Pause:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True)
class Now:
    """Ask for seconds of a clock that never goes back."""


@dataclass(frozen=True)
class Work:
    """Do something slow on this machine; the outcome is what it returns."""

    task: Callable[[], Any]


@dataclass(frozen=True)
class Tell:
    """Call somebody with news; a coroutine of theirs is awaited where that can be done."""

    listener: Callable[[Any], Any]
    news: Any


@dataclass(frozen=True)
class Close:
    """Give back every connection."""


Step = Send | Open | Piece | Give | Pause | Now | Work | Tell | Close
Script = Generator[Step, Any, T]


class Course(Generic[T]):
    """How far a script is: the step that it waits for, and in the end what it returned."""

    result: T

    def __init__(self, script: Script[T]) -> None:
        self._script = script
        self.step: Step | None = None

    def goes_on(self, outcome: Any = None, error: Exception | None = None) -> bool:
        """Give the script a step's outcome or error; whether another step came of it."""
        try:
            self.step = self._script.throw(error) if error else self._script.send(outcome)
        except StopIteration as end:
            self.result = end.value
            return False
        return True

    def close(self) -> None:
        """Let it tidy up, wherever it is."""
        self._script.close()


class Dropped(Exception):
    """No whole answer came; `why` is a word or two for a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
