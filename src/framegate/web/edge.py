"""The outermost layer of the app: a request id for every request, an envelope for every error.

`Edge` wraps the whole app and `Paths` is its router. Here, and nowhere else in the web floor, an
error becomes an answer. Neither knows what a path does.

It is raw ASGI: starlette's BaseHTTPMiddleware puts a task and a queue around every request, which
costs more than the rest of the edge together, and breaks streams that end early.
"""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from framegate import ids
from framegate.errors import BodyMalformed, InternalFault, MethodWrong, NotFound, Refusal
from framegate.web import envelope

ANSWER_WAIT_S_MAX = 900
"""How long a handler may take to begin its answer: beyond the dialect that waits 600 s on purpose.

A stream that has begun (events, a video) is not under this limit."""

PATH_ECHO_CHARACTERS_MAX = 200

# nosniff: a browser must not read a stored picture as a page.
# no-referrer: a signed link must not travel to the next site.
HEADERS_ON_EVERY_ANSWER = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)

# How an error is answered: in the envelope, unless somebody looks at pages.
Refused = Callable[[Refusal, Scope, str], Response]
# Who counts it.
Noted = Callable[[Refusal], None]

_log = structlog.get_logger(__name__)


def new_request_id() -> str:
    """An id for one request: `req_` and a ULID."""
    return ids.new("req")


class Edge:
    """Wrap an app so that every request has an id and every error an envelope."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        new_request_id: Callable[[], str] = new_request_id,
        answer_wait_s_max: float = ANSWER_WAIT_S_MAX,
        refused: Refused | None = None,
        noted: Noted | None = None,
    ) -> None:
        self._app = app
        self._refused = refused or _in_the_envelope
        self._noted = noted or _by_nobody
        self._new_request_id = new_request_id
        self._answer_wait_s_max = answer_wait_s_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens behind; other scopes pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outgoing = _Outgoing(send, request_id=self._new_request_id())
        scope.setdefault("state", {})["request_id"] = outgoing.request_id
        try:
            await self._answer_in_time(scope, receive, outgoing)
        except ClientDisconnect:
            return  # Nobody is left to answer.
        except asyncio.CancelledError:
            # The server stops and its patience is over. What the handler did is not known here,
            # so the answer must not promise that nothing was created: 5000 means uncertain.
            await self._refuse(InternalFault(), scope, receive, outgoing)
            raise
        except Exception as exc:  # noqa: BLE001  The edge: here an error becomes an answer.
            await self._refuse(_refusal_for(exc, scope, outgoing), scope, receive, outgoing)

    async def _answer_in_time(self, scope: Scope, receive: Receive, outgoing: "_Outgoing") -> None:
        async with asyncio.timeout(self._answer_wait_s_max) as deadline:
            outgoing.on_begin = partial(_lift, deadline)
            try:
                await self._app(scope, receive, outgoing)
            finally:
                outgoing.on_begin = None

    async def _refuse(
        self, error: Refusal, scope: Scope, receive: Receive, outgoing: "_Outgoing"
    ) -> None:
        self._noted(error)
        # Half an answer cannot be taken back: the server sees that it is not whole and hangs up.
        if not outgoing.has_begun:
            answer = self._refused(error, scope, outgoing.request_id)
            await answer(scope, receive, outgoing)


def _by_nobody(_: Refusal) -> None:
    pass


def _in_the_envelope(error: Refusal, _: Scope, request_id: str) -> Response:
    return envelope.refusal(error, request_id)


def _lift(deadline: asyncio.Timeout) -> None:
    if not deadline.expired():
        deadline.reschedule(None)


class _Outgoing:
    """The send side of one answer: adds our headers and knows whether it has begun."""

    def __init__(self, send: Send, *, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.has_begun = False
        self.on_begin: Callable[[], None] | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            if self.on_begin is not None:
                self.on_begin()
            message["headers"] = self._with_ours(message.get("headers", ()))
        await self._send(message)

    def _with_ours(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        given = {name.lower() for name, _ in headers}
        return [
            *(header for header in headers if header[0].lower() != b"x-request-id"),
            (b"x-request-id", self.request_id.encode("ascii")),
            *(header for header in HEADERS_ON_EVERY_ANSWER if header[0] not in given),
        ]


def _refusal_for(exc: Exception, scope: Scope, outgoing: _Outgoing) -> Refusal:
    if isinstance(exc, Refusal) and not outgoing.has_begun:
        return exc
    if isinstance(exc, HTTPException):
        return _translated(exc, scope)
    # The query string is left out: a signature may stand in it.
    _log.error(
        "request failed",
        request_id=outgoing.request_id,
        method=scope["method"],
        path=_without_token(scope),
        answer_has_begun=outgoing.has_begun,
        exc_info=exc,
    )
    return InternalFault()


def _translated(exc: HTTPException, scope: Scope) -> Refusal:
    """Starlette's own errors (static files, forms) in our words."""
    match exc.status_code:
        case 405:
            allowed = tuple((exc.headers or {}).get("Allow", "GET, HEAD").split(", "))
            return MethodWrong(scope["method"], allowed)
        case 400 | 413 | 422:
            return BodyMalformed(exc.detail)
        case _:
            return _path_not_found(scope)


def _without_token(scope: Scope) -> str:
    """The path, for a log that may hold no token (promise 20)."""
    path: str = scope["path"]
    token = scope.get("path_params", {}).get("token")
    return path.replace(token, "...") if token else path


def _path_not_found(scope: Scope) -> NotFound:
    return NotFound(f"path not found: {scope['path'][:PATH_ECHO_CHARACTERS_MAX]}")


class Paths(Router):
    """A router that refuses as the contract does, and says all the methods of a path.

    Starlette's would name the methods of the first route alone when GET and POST of one path are
    two routes, and would redirect a path with a slash too many, which loses the body of a POST.
    """

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its route; raise NotFound or MethodWrong where there is none."""
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        scope.setdefault("router", self)
        # With an app in the scope starlette's own parts raise instead of answering in plain text.
        scope.setdefault("app", self)
        allowed: list[str] = []
        for route in self.routes:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                scope.update(child_scope)
                scope["route"] = route  # A trace names a request by the template of its path.
                await route.handle(scope, receive, send)
                return
            if match is Match.PARTIAL:
                allowed += _methods_of(route)
        await _no_route(scope, tuple(dict.fromkeys(allowed)))(scope, receive, send)


def _methods_of(route: BaseRoute) -> list[str]:
    return sorted(route.methods or ()) if isinstance(route, Route) else []


def _no_route(scope: Scope, allowed: tuple[str, ...]) -> Response:
    if not allowed:
        raise _path_not_found(scope)
    if scope["method"] != "OPTIONS":
        raise MethodWrong(scope["method"], allowed)
    # No CORS headers: a browser page of another origin has no business with a key of ours.
    return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
