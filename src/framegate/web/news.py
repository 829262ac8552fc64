"""`POST /callbacks/{task}/{token}`: where upstreams with `callbacks = "gateway"` send their news.

The token in the path is the right to knock: it is derived from the master secret and compared in
constant time. What the body says is not believed, and not even read beyond its size.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.errors import NotFound
from framegate.flows.hear import hear
from framegate.gateway import Gateway, now_ms
from framegate.web import body, envelope
from framegate.web.envelope import request_id_of


@dataclass(frozen=True)
class News:
    """The handler, with the gateway it asks."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/callbacks/{task_id}/{token}", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """Answer 200 once the next look is due; an unknown task looks like a wrong token."""
        task_id, token = request.path_params["task_id"], request.path_params["token"]
        if not self.gateway.keyring.opens_task(task_id, token):
            raise NotFound("task not found")
        await body.read(
            request,
            bytes_max=body.BODY_BYTES_MAX,
            wait_s_max=self.gateway.settings.server.body_wait_s,
        )
        await self.gateway.database.write(hear, task_id, now_ms=now_ms())
        return envelope.success({}, request_id_of(request))
