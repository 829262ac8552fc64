"""Many callers at once, each asking again as soon as it is answered.

Callbacks on bare sockets and no HTTP library: what one request costs here is a small part of what
it costs a server, so that it is the server that is measured.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import uvloop

ANSWER_WAIT_S_MAX = 60
OK = b"HTTP/1.1 200 "
HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One server to be asked: where, and with which headers."""

    url: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"

    def request(self, body: bytes) -> bytes:
        """The bytes of one request."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {urlsplit(self.url).netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + HEAD_END + body


@dataclass(kw_only=True)
class Round:
    """What came back: seconds from the first byte out to the last byte in, and whole answers."""

    latencies_s: list[float] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    wall_s: float = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.wall_s


def ask(side: Side, bodies: Iterator[bytes], *, connections: int, seconds: float) -> Round:
    """Ask for `seconds` over so many connections, and wait for every answer that is owed.

    bodies   one for each request; an end of it ends the round early
    raises   RuntimeError when a connection breaks: an order without an answer is not a figure
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask(side, bodies, connections=connections, seconds=seconds))


async def _ask(side: Side, bodies: Iterator[bytes], *, connections: int, seconds: float) -> Round:
    loop = asyncio.get_running_loop()
    address, gave = urlsplit(side.url), Round()
    callers = [_Caller(side, bodies, gave, loop.create_future()) for _ in range(connections)]
    for caller in callers:
        await loop.create_connection(lambda each=caller: each, address.hostname, address.port)
    begun = time.perf_counter()
    for caller in callers:
        caller.begin(until=begun + seconds)
    async with asyncio.timeout(seconds + ANSWER_WAIT_S_MAX):
        await asyncio.gather(*(caller.is_done for caller in callers))
    gave.wall_s = time.perf_counter() - begun
    return gave


class _Caller(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(
        self, side: Side, bodies: Iterator[bytes], gave: Round, is_done: asyncio.Future[None]
    ) -> None:
        self.is_done = is_done
        self._side, self._bodies, self._gave = side, bodies, gave
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._whole_at = 0
        self._until = self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def begin(self, *, until: float) -> None:
        self._until = until
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        body = next(self._bodies, None) if time.perf_counter() < self._until else None
        if body is None:
            self.is_done.set_result(None)
            self._transport.close()
            return
        request = self._side.request(body)
        self._got, self._whole_at = b"", 0
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._whole_at:
            head = self._got.find(HEAD_END)
            length = _LENGTH.search(self._got, 0, head) if head >= 0 else None
            if length is None:
                return
            self._whole_at = head + len(HEAD_END) + int(length[1])
        if len(self._got) >= self._whole_at:
            self._gave.latencies_s.append(time.perf_counter() - self._sent_at)
            self._gave.answers.append(self._got)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_done.done():
            self.is_done.set_exception(RuntimeError(f"a connection broke: {exc!r}"))


def is_ok(answer: bytes) -> bool:
    """Whether an answer is a 200."""
    return answer.startswith(OK)


def body_of(answer: bytes) -> bytes:
    """What stands behind the head of an answer."""
    return answer.partition(HEAD_END)[2]
