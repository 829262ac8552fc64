"""Around the edge: one span for each HTTP request, while traces are wanted.

It knows a request by its method, its route's template, its id and its status, and nothing else of
it: a path may hold a token, a query string a signature.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from framegate import tracing

TRACEPARENT = b"traceparent"


class Traced:
    """Wrap an app so that each of its requests is a span, in its caller's trace if that has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other scopes pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with tracing.of_request(scope["method"], traceparent=_traceparent(scope)) as span:
            try:
                await self._app(scope, receive, seen)
            finally:
                span.answered(
                    status=status,
                    route=getattr(scope.get("route"), "path", ""),
                    request_id=scope.get("state", {}).get("request_id", ""),
                )


def _traceparent(scope: Scope) -> str:
    """The header, "" where it does not stand there exactly once."""
    values = [value for name, value in scope["headers"] if name == TRACEPARENT]
    return values[0].decode("latin-1") if len(values) == 1 else ""
