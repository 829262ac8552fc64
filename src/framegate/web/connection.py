"""One HTTP connection with a bound on everything: uvicorn's protocol plus the deadlines it lacks.

uvicorn waits for ever for a client that sends its headers, or an unread body, byte by byte, and
for one that never reads its answer; it counts no header bytes; it closes on a client that still
sends, which destroys the answer on its way. `web.server` runs it; it knows the envelope, because
what it refuses never reaches the app, and nothing else of the house.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from framegate.errors import BodyMalformed, Overloaded, Refusal, RequestTimedOut
from framegate.web import envelope
from framegate.web.edge import new_request_id


class Part(Enum):
    """What of a request is being read."""

    IDLE = "between two requests"
    HEAD = "request line and headers"
    BODY = "the body"
    UNWANTED = "what still comes after the last answer"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one client may cost before anybody knows who it is.

    head_wait_s        from the first byte of a request (or the connect) to the end of its headers;
                       also how long a body that nobody wants is still swallowed
    head_bytes_max     request line and headers together
    keep_alive_s       an idle connection between two requests
    write_wait_s       an answer that the client does not take at all
    connections_max    more are answered 503; twice as many are not answered
    shutdown_wait_s    for running requests to end, after SIGTERM
    """

    head_wait_s: float = 10
    head_bytes_max: int = 65_536
    keep_alive_s: int = 75
    write_wait_s: float = 60
    connections_max: int = 1_000
    shutdown_wait_s: int = 10


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, and the client that would never end is ended."""

    limits = Limits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._part = Part.IDLE
        self._head_bytes = 0
        self._reading = _Deadline(self.loop, self.limits.head_wait_s, self._reading_took_too_long)
        self._writing = _Deadline(self.loop, self.limits.write_wait_s, self._abort)

    # --- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or leave it at the door when too many are in."""
        super().connection_made(transport)
        connections = len(self.connections)
        if connections > 2 * self.limits.connections_max:
            # Even saying no costs a connection's memory and time: these get nothing.
            self._abort()
            return
        if connections > self.limits.connections_max:
            self.app = _overloaded
        self._reading.start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines with the connection."""
        self._reading.stop()
        self._writing.stop()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End with the server; nobody waits for a client whose last answer is out."""
        if self._part is Part.UNWANTED:
            self.transport.close()
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of an unfinished head; uvicorn parses them."""
        if self._part is Part.UNWANTED:
            return
        was_in_head = self._part is Part.HEAD
        if self._part is Part.IDLE:
            # Also for stray line ends, which begin no request at all but have just stopped
            # uvicorn's own keep-alive clock.
            self._reading.start()
        super().data_received(data)
        if was_in_head and self._part is Part.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes_max:
                self._refuse(self._head_too_large())

    # --- the parser's news --------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins: its headers have so much time."""
        super().on_message_begin()
        self._part = Part.HEAD
        self._reading.start()

    def on_headers_complete(self) -> None:
        """The headers are whole; the body is the app's to wait for."""
        self._part = Part.BODY
        self._head_bytes = 0
        self._reading.stop()
        if _bytes_of(self.url, self.headers) > self.limits.head_bytes_max:
            self.app = _refusing(self._head_too_large())
        super().on_headers_complete()
        self.cycle.transport = _AnswersTransport(self.transport, self._hang_up)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._part = Part.IDLE
        self._reading.stop()

    def on_response_complete(self) -> None:
        """The answer is out; a body that comes all the same is swallowed, for a while."""
        if self._part is Part.UNWANTED:
            self.server_state.total_requests += 1
            return
        super().on_response_complete()
        if self._part is Part.BODY and not self.transport.is_closing():
            self._reading.start()

    # --- answers of the connection itself -----------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        """What the parser cannot read, in the envelope like every other refusal."""
        del msg
        self._refuse(BodyMalformed("the request is not valid HTTP"))

    def pause_writing(self) -> None:
        """The client stopped reading: it has so long to go on."""
        super().pause_writing()
        self._writing.start()

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._writing.stop()

    def _reading_took_too_long(self) -> None:
        if self._part is Part.UNWANTED:
            self.transport.close()
        elif self._is_answering():
            self._reading.start()  # The next request dribbles; this one's answer comes first.
        elif self._part is Part.HEAD:
            message = f"request headers did not arrive within {self.limits.head_wait_s:g} seconds"
            self._refuse(RequestTimedOut(message))
        else:
            # A browser's spare connection that said nothing, or a body after its answer.
            self.transport.close()

    def _head_too_large(self) -> BodyMalformed:
        return BodyMalformed(f"request headers must be at most {self.limits.head_bytes_max} bytes")

    def _refuse(self, error: Refusal) -> None:
        """Answer without the app, unless another answer is under way, and hang up."""
        if self._is_answering() and not self._is_waiting_for_body():
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write(_raw_answer(error))
            self._part_ways()

    def _hang_up(self) -> None:
        """Close after an answer that said so; the rest of its request may still be coming."""
        if self._part is Part.BODY and not self.transport.is_closing():
            self._part_ways()
        else:
            self.transport.close()

    def _part_ways(self) -> None:
        """Say no more, and swallow what still comes until the client hangs up, or for a while.

        Closing at once would destroy the answer on its way: a client that still writes gets a
        reset, and loses what it had not read.
        """
        self._part = Part.UNWANTED
        if self._is_answering():
            self.cycle.disconnected = True  # The app waits for a body that nobody will read.
            self.cycle.message_event.set()
        self.flow.resume_reading()
        self.transport.write_eof()
        self._reading.stop()
        self._reading.start()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_waiting_for_body(self) -> bool:
        # The app acts on whole bodies only, so nobody else will answer this request. One that
        # was sent ahead of its turn is another matter: the answer before it must come first.
        is_its_turn = not self.pipeline and not self.cycle.response_started
        return self._part is Part.BODY and is_its_turn

    def _abort(self) -> None:
        self.transport.abort()


class _AnswersTransport:
    """What uvicorn's answer may do to its connection: hanging up is ours."""

    def __init__(self, transport: asyncio.Transport, hang_up: Callable[[], None]) -> None:
        self.write, self.is_closing = transport.write, transport.is_closing
        self.close = hang_up


class _Deadline:
    """A timer that starts once and is stopped by whatever it waited for."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, wait_s: float, then: Callable[[], None]
    ) -> None:
        self._loop, self._wait_s, self._then = loop, wait_s, then
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start, unless it runs: a byte now and then must not push it back."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._wait_s, self._is_over)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_over(self) -> None:
        self._timer = None
        self._then()


def _bytes_of(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) for name, value in headers)


def _refusing(error: Refusal) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        request_id = new_request_id()
        headers = (("X-Request-Id", request_id), ("Connection", "close"))
        await envelope.refusal(error, request_id, headers)(scope, receive, send)

    return app


_overloaded = _refusing(Overloaded())


def _raw_answer(error: Refusal) -> bytes:
    request_id = new_request_id()
    headers = (("X-Request-Id", request_id), ("Connection", "close"))
    answer = envelope.refusal(error, request_id, headers)
    lines = (b"%s: %s\r\n" % header for header in answer.raw_headers)
    return b"".join([STATUS_LINE[answer.status_code], *lines, b"\r\n", bytes(answer.body)])
