"""`/api/upstreams`: what only an operator may see. Every path here wants an admin key."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.errors import NotFound
from framegate.flows.examine import examine
from framegate.flows.standing import standings
from framegate.gateway import Gateway, now_ms
from framegate.web import auth, envelope
from framegate.web.envelope import request_id_of


@dataclass(frozen=True)
class Operator:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path of the operator's."""
        return [
            Route("/api/upstreams", self.upstreams),
            Route("/api/upstreams/{name}/test", self.test, methods=["POST"]),
        ]

    async def upstreams(self, request: Request) -> Response:
        """`GET /api/upstreams`: how each stands now."""
        await auth.operator_of(request, self.gateway)
        found = await self.gateway.database.read(
            standings, list(self.gateway.upstreams.values()), now_ms=now_ms()
        )
        return envelope.success({"upstreams": found}, request_id_of(request))

    async def test(self, request: Request) -> Response:
        """`POST /api/upstreams/{name}/test`: ask one now; an open breaker closes if it is well."""
        await auth.operator_of(request, self.gateway)
        name = request.path_params["name"]
        upstream = self.gateway.upstreams.get(name)
        if upstream is None:
            raise NotFound("upstream not found")
        checked = await examine(upstream, self.gateway.database, clock_ms=now_ms)
        data = {
            "name": name,
            "well": checked.is_well,
            "says": checked.says,
            "took_ms": checked.took_ms,
        }
        return envelope.success(data, request_id_of(request))
