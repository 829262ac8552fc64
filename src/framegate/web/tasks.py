"""Tasks under `/api`: lists by any filter, one whole, its exact bytes, and its end by hand.

What is shown and to whom is `desk.tasks`'s business. docs/api.md has every parameter and field.
"""

import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.tasks import TaskDesk
from framegate.gateway import Gateway
from framegate.web import auth, envelope
from framegate.web.envelope import ENVELOPE_HEADERS, Envelope, request_id_of
from framegate.web.query import query_of


@dataclass(frozen=True)
class Tasks:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path about tasks but their streams."""
        one = "/api/tasks/{task_id}"
        return [
            Route("/api/tasks", self.listed),
            Route(one, self.task),
            Route(f"{one}/request", self.request),
            Route(f"{one}/answer", self.answer),
            Route(f"{one}/cancel", self.cancel, methods=["POST"]),
        ]

    @property
    def desk(self) -> TaskDesk:
        """Where the questions are answered."""
        return TaskDesk(self.gateway)

    async def listed(self, request: Request) -> Response:
        """`GET /api/tasks?status=&key=&...`: newest first."""
        caller = await auth.caller_of(request, self.gateway)
        data = await self.desk.page(caller, query_of(request))
        return envelope.success(data, request_id_of(request))

    async def task(self, request: Request) -> Response:
        """`GET /api/tasks/{id}`: the vendor's object, and everything that is known beside it."""
        caller = await auth.caller_of(request, self.gateway)
        data = await self.desk.one(caller, request.path_params["task_id"])
        return envelope.success(data, request_id_of(request), _names(data["task"]))

    async def request(self, request: Request) -> Response:
        """`GET /api/tasks/{id}/request`: the caller's exact bytes, as a file."""
        caller = await auth.caller_of(request, self.gateway)
        kept = await self.desk.request(caller, request.path_params["task_id"])
        return _file(kept.content, sha256=kept.sha256, name=kept.name)

    async def answer(self, request: Request) -> Response:
        """`GET /api/tasks/{id}/answer`: the upstream's answer to the create, as a file."""
        caller = await auth.caller_of(request, self.gateway)
        relay, task = await self.desk.answer(caller, request.path_params["task_id"])
        relayed = envelope.answer(
            Envelope(
                code=relay.code,
                message=relay.message,
                request_id=relay.request_id or task.request_id,
                data=relay.data,
            ),
            http_status=200,
        )
        content = bytes(relayed.body)
        answered = _file(
            content, sha256=hashlib.sha256(content).hexdigest(), name=f"{task.id}.answer.json"
        )
        answered.headers["X-Framegate-Answered"] = str(relay.http_status)
        return answered

    async def cancel(self, request: Request) -> Response:
        """`POST /api/tasks/{id}/cancel`: stop it where its upstream can."""
        caller = await auth.caller_of(request, self.gateway)
        data = await self.desk.cancel(caller, request.path_params["task_id"])
        return envelope.success(data, request_id_of(request), _names(data["task"]))


def _names(task_id: str) -> tuple[tuple[str, str], ...]:
    return (("X-Framegate-Task", task_id),)


def _file(content: bytes, *, sha256: str, name: str) -> Response:
    """Bytes that somebody else wrote: to be saved, never to be looked at as a page of ours."""
    return Response(
        content,
        headers={
            **ENVELOPE_HEADERS,
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Framegate-SHA256": sha256,
        },
    )
