"""A server that answers as it was told, in turn, and remembers what it was asked."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.web.breakable import BREAK


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


def success(data: Any) -> Response:
    """An answer in the envelope."""
    return envelope(200, code=0, message="SUCCEED", request_id="req_1", data=data)


def envelope(status: int, headers: dict[str, str] | None = None, **fields: Any) -> Response:
    """Any JSON answer."""
    content = json.dumps(fields).encode()
    return Response(content, status, headers, media_type="application/json")


class Dropped(Response):
    """No answer: the connection is cut, after half a body when there is one."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send what there is and break."""
        abort: Callable[[], None] = scope["extensions"][BREAK]
        if self.body:
            headers = [(b"content-length", str(2 * len(self.body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
        abort()


@dataclass
class ScriptedServer:
    """Put answers in `answers`; read what was asked from `asked`. Serve it with `serving`."""

    answers: deque[Response] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)

    def reset(self) -> None:
        """Forget what was to be answered and what was asked."""
        self.answers.clear()
        self.asked.clear()

    def app(self) -> Starlette:
        """The ASGI app."""
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        """The next answer; there is no stream of events."""
        if request.url.path.endswith("/events"):
            return Response(b"", 404)
        self.asked.append(
            Asked(
                request.method,
                request.url.path,
                dict(request.headers),
                await request.body(),
                dict(request.query_params),
            )
        )
        return self.answers.popleft()
