"""`/api/upstreams`: what only an operator may see. Every path here wants an admin key."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.upstreams import WINDOW, UpstreamDesk
from framegate.domain.upstream import Upstream
from framegate.flows.examine import examine
from framegate.gateway import Gateway, now_ms
from framegate.store import upstreams
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
            Route("/api/upstreams/{name}/pause", self.pause, methods=["POST"]),
            Route("/api/upstreams/{name}/resume", self.resume, methods=["POST"]),
            Route("/api/upstreams/{name}/tasks", self.tasks),
            Route("/api/upstreams/{name}/costs", self.costs),
        ]

    async def upstreams(self, request: Request) -> Response:
        """`GET /api/upstreams`: how each stands now."""
        caller = await auth.operator_of(request, self.gateway)
        data = await UpstreamDesk(self.gateway).page(caller)
        return envelope.success(data, request_id_of(request))

    async def test(self, request: Request) -> Response:
        """`POST /api/upstreams/{name}/test`: ask one now; an open breaker closes if it is well."""
        upstream = await self._named(request)
        checked = await examine(upstream, self.gateway.database, clock_ms=now_ms)
        data = {
            "name": upstream.name,
            "well": checked.is_well,
            "says": checked.says,
            "took_ms": checked.took_ms,
        }
        return envelope.success(data, request_id_of(request))

    async def pause(self, request: Request) -> Response:
        """`POST /api/upstreams/{name}/pause`: no new orders; those that it has are followed."""
        upstream = await self._named(request)
        paused_ms = await self.gateway.database.write(
            upstreams.pause, upstream.name, now_ms=now_ms()
        )
        return _paused(request, upstream, paused_ms)

    async def resume(self, request: Request) -> Response:
        """`POST /api/upstreams/{name}/resume`: it gets orders again."""
        upstream = await self._named(request)
        await self.gateway.database.write(upstreams.resume, upstream.name)
        return _paused(request, upstream, 0)

    async def tasks(self, request: Request) -> Response:
        """`GET /api/upstreams/{name}/tasks`: what its account holds, and whose each of them is."""
        caller = await auth.operator_of(request, self.gateway)
        words = {name: request.query_params.get(name, "") for name in WINDOW}
        found = await UpstreamDesk(self.gateway).tasks(caller, request.path_params["name"], words)
        return envelope.success(found, request_id_of(request))

    async def costs(self, request: Request) -> Response:
        """`GET /api/upstreams/{name}/costs`: the packages that pay for its tasks."""
        caller = await auth.operator_of(request, self.gateway)
        found = await UpstreamDesk(self.gateway).costs(caller, request.path_params["name"])
        return envelope.success(found, request_id_of(request))

    async def _named(self, request: Request) -> Upstream:
        """The upstream of the path, for an operator alone."""
        caller = await auth.operator_of(request, self.gateway)
        return UpstreamDesk(self.gateway).named(caller, request.path_params["name"])


def _paused(request: Request, upstream: Upstream, paused_ms: int) -> Response:
    data = {"name": upstream.name, "paused": paused_ms > 0, "paused_at": paused_ms}
    return envelope.success(data, request_id_of(request))
