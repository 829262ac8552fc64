"""The whole HTTP face: every route, behind the one edge.

`cli serve` runs it. Adding a dialect is adding its routes here.
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from framegate import __version__, tracing
from framegate.engine import embedded as engine
from framegate.gateway import Gateway, now_ms
from framegate.web import envelope
from framegate.web.accounts import Accounts
from framegate.web.api import Api
from framegate.web.books import Books
from framegate.web.console.pages import HOME
from framegate.web.console.routes import Console
from framegate.web.described import Described
from framegate.web.edge import Edge, Paths
from framegate.web.envelope import request_id_of
from framegate.web.events import Events
from framegate.web.keys import Keys
from framegate.web.kling import KlingDialect
from framegate.web.metrics import Metrics
from framegate.web.news import News
from framegate.web.operator import Operator
from framegate.web.stored import Stored
from framegate.web.tasks import Tasks
from framegate.web.traced import Traced
from framegate.web.vendor import VendorTasks
from framegate.web.webhooks import Webhooks


def app(gateway: Gateway) -> ASGIApp:
    """The ASGI app of one gateway."""
    routes = [
        *Health(gateway).routes(),
        *Described(gateway.links.public_url).routes(),
        *Stored(gateway).routes(),
        *Api(gateway).routes(),
        *Tasks(gateway).routes(),
        *Events(gateway).routes(),
        *Books(gateway).routes(),
        *Accounts(gateway).routes(),
        *Keys(gateway).routes(),
        *Webhooks(gateway).routes(),
        *Operator(gateway).routes(),
        *Metrics(gateway).routes(),
        *News(gateway).routes(),
        *KlingDialect(gateway).routes(),
        *VendorTasks(gateway).routes(),
    ]
    console = Console.open(gateway, others=routes)
    edge = Edge(
        Paths([*routes, *console.routes]),
        refused=console.pages.refused,
        noted=gateway.submit.tally.note_refusal,
    )
    return Traced(edge) if tracing.is_on() else edge


@dataclass(frozen=True)
class Health:
    """What probes and people ask first."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """`/`, `/healthz` and `/readyz`."""
        return [
            Route("/", self.about),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
        ]

    async def about(self, request: Request) -> Response:
        """`GET /`: the console for browsers; for others what this is and where to go."""
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(HOME, status_code=303, headers={"Vary": "Accept"})
        url = self.gateway.links.public_url
        data: dict[str, Any] = {
            "name": "framegate",
            "version": __version__,
            "create": f"POST {url}/kling/image-to-video/kling-3.0-turbo",
            "upload": f"POST {url}/api/images",
            "health": f"{url}/healthz",
            "console": f"{url}{HOME}",
        }
        return envelope.success(data, request_id_of(request), headers=(("Vary", "Accept"),))

    async def healthz(self, request: Request) -> Response:
        """The process answers; nothing else is asked."""
        return envelope.success({"status": "ok"}, request_id_of(request))

    async def readyz(self, request: Request) -> Response:
        """The database can be written and read: a create would be accepted.

        raises   StoreDown (503) when it cannot
        """
        await self.gateway.database.write(engine.probe, now_ms=now_ms())
        jobs = await self.gateway.database.read(engine.depths)
        data = {"status": "ready", "waiting": self.gateway.database.waiting, "jobs": jobs}
        return envelope.success(data, request_id_of(request))
