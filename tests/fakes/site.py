"""Somebody else's web server: it hosts pictures, redirects, and hears callbacks."""

from collections import deque
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Heard:
    """One callback as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """Put bytes in `files`, addresses in `redirects`; read what was told from `heard`."""

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    heard: dict[str, list[Heard]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)

    def app(self) -> Starlette:
        """The ASGI app of this site."""
        return Starlette(
            routes=[
                Route("/hooks/{name}", self.hook, methods=["POST"]),
                Route("/{name:path}", self.file),
            ]
        )

    async def file(self, request: Request) -> Response:
        """A file, or the way to another."""
        name = request.path_params["name"]
        self.asked.append(name)
        if name in self.redirects:
            return RedirectResponse(self.redirects[name])
        if name not in self.files:
            return Response("nothing here", 404)
        return Response(self.files[name], media_type="image/jpeg")

    async def hook(self, request: Request) -> Response:
        """Hear a callback; answer the next status, 200 when none is left."""
        heard = Heard(dict(request.headers), await request.body())
        self.heard.setdefault(request.path_params["name"], []).append(heard)
        return Response(status_code=self.statuses.popleft() if self.statuses else 200)
