"""What a call does, step by step, without doing any of it.

A script is a generator: it yields a step and is given that step's outcome. The drivers carry steps
out, one of them blocking and one of them awaiting, so that each call is written once.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

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


Step = Send | Pause | Now | Work | Tell | Close
Script = Generator[Step, Any, T]


class Dropped(Exception):
    """No whole answer came; `why` is a word or two for a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
