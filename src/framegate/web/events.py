"""Streams of events under `/api`, as the HTML standard has them (`text/event-stream`).

Raw ASGI: a stream is open for minutes and there may be thousands, so each costs two small tasks and
no framework around it. Whoever comes back with `Last-Event-ID` misses nothing and hears nothing
twice. A stream ends by itself now and then: the key is looked at again when it comes back.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from framegate.desk.events import Event, EventDesk, Stream
from framegate.errors import FieldError, FieldsInvalid
from framegate.gateway import Gateway
from framegate.web import auth
from framegate.web.query import query_of

KEEP_ALIVE_S = 15.0
STREAM_S_MAX = 900.0
"""How long a stream is open at most. A key that was revoked has no eyes for longer than this."""

RETRY_MS = 2_000
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)

HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    # nginx would gather a few kilobytes of events before it hands one on.
    (b"x-accel-buffering", b"no"),
)

Open = Callable[[Request, int | None], Awaitable[Stream]]


@dataclass(frozen=True)
class Events:
    """The two streams, with the gateway they watch."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path that streams."""
        return [
            Route("/api/events", Streaming(self, self.of_viewer), methods=["GET"]),
            Route("/api/tasks/{task_id}/events", Streaming(self, self.of_task), methods=["GET"]),
        ]

    @property
    def desk(self) -> EventDesk:
        """Where streams are opened."""
        return EventDesk(self.gateway)

    async def of_viewer(self, request: Request, after: int | None) -> Stream:
        """`GET /api/events`: all tasks that the caller may see, from now on."""
        caller = await auth.caller_of(request, self.gateway)
        return await self.desk.of_viewer(caller, query_of(request), after=after)

    async def of_task(self, request: Request, after: int | None) -> Stream:
        """`GET /api/tasks/{id}/events`: one task, from its beginning to its end."""
        caller = await auth.caller_of(request, self.gateway)
        return await self.desk.of_task(caller, request.path_params["task_id"], after=after)


class Streaming:
    """One endpoint: opens a stream and says what it hears until either side ends it."""

    def __init__(self, events: Events, opens: Open) -> None:
        self._events, self._opens = events, opens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        after = _last_event_id(request)
        stream = await self._opens(request, after)
        try:
            if stream.has_nothing_more:
                # The one answer after which a browser does not come back.
                await _answer(send, 204)
                return
            await _begin(send)
            if scope["method"] == "HEAD":
                await _end(send)
                return
            gone = asyncio.create_task(_until_gone(receive, stream))
            try:
                await _tell(stream, send)
            finally:
                gone.cancel()
        finally:
            self._events.desk.close(stream)


async def _tell(stream: Stream, send: Send) -> None:
    # The id before anything happened: who is cut off now comes back to this place.
    first = f"retry: {RETRY_MS}\nid: {stream.after}\nevent: open\ndata: {{}}\n\n"
    await _write(send, first.encode())
    async for event in stream.so_far():
        await _write(send, _written(event))
        if event.is_last:
            await _end(send)
            return
    loop = asyncio.get_running_loop()
    until = loop.time() + STREAM_S_MAX
    while (left_s := until - loop.time()) > 0:
        try:
            news = await stream.next(wait_s=min(KEEP_ALIVE_S, left_s))
        except TimeoutError:
            await _write(send, b": still here\n\n")
            continue
        if news is None:
            break
        await _write(send, _written(news))
        if news.is_last:
            break
    await _end(send)


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.watcher.end()


def _last_event_id(request: Request) -> int | None:
    """Of the header that a browser sends when it comes back, or of the parameter of the name."""
    sent = request.headers.get("last-event-id") or request.query_params.get("last_event_id", "")
    if not sent:
        return None
    if not _ID.fullmatch(sent):
        message = "Last-Event-ID must be the id of an event of this stream"
        raise FieldsInvalid((FieldError(path="", message=message),))
    return int(sent)


def _written(event: Event) -> bytes:
    # Compact JSON has no line breaks, which would end the field.
    named = f"id: {event.id}\n" if event.id else ""
    data = msgspec.json.encode(event.data)
    return f"{named}event: {event.name}\ndata: ".encode() + data + b"\n\n"


async def _begin(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})


async def _write(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _answer(send: Send, status: int) -> None:
    headers = [header for header in HEADERS if header[0] != b"content-type"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await _end(send)
