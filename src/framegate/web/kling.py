"""The page's dialect: create and query image-to-video and text-to-video tasks.

The same routes answer under `/kling`, `/proxy/kling` and without a prefix (contract rule 48). The
order of refusals is rule 33's. Everything that decides about a task is behind `gateway.submit`.
"""

import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.task_shown import video_url
from framegate.domain.kling import page_task
from framegate.domain.submission import IMAGE_TO_VIDEO, TEXT_TO_VIDEO, Kind
from framegate.errors import FieldError, FieldsInvalid, NotFound
from framegate.flows.request import CreateAnswer, CreateRequest
from framegate.gateway import Gateway
from framegate.store import tasks
from framegate.web import auth, body, envelope
from framegate.web.envelope import Envelope, request_id_of

PREFIXES = ("", "/kling", "/proxy/kling")
IDEMPOTENCY_CHARACTERS_MAX = 255
UNKNOWN_OUTCOME = 504


@dataclass(frozen=True)
class KlingDialect:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path of the dialect under every prefix."""
        return [
            route
            for prefix in PREFIXES
            for route in (
                Route(
                    f"{prefix}/{IMAGE_TO_VIDEO}/{{model}}", self.create_from_image, methods=["POST"]
                ),
                Route(
                    f"{prefix}/{TEXT_TO_VIDEO}/{{model}}", self.create_from_text, methods=["POST"]
                ),
                # Either path finds either kind of task (rule 44).
                Route(f"{prefix}/{IMAGE_TO_VIDEO}/{{model}}/{{task_id}}", self.query),
                Route(f"{prefix}/{TEXT_TO_VIDEO}/{{model}}/{{task_id}}", self.query),
            )
        ]

    async def create_from_image(self, request: Request) -> Response:
        """`POST /kling/image-to-video/{model}`: answer as the upstream did."""
        return await self._create(request, IMAGE_TO_VIDEO)

    async def create_from_text(self, request: Request) -> Response:
        """`POST /kling/text-to-video/{model}`: answer as the upstream did."""
        return await self._create(request, TEXT_TO_VIDEO)

    async def _create(self, request: Request, kind: Kind) -> Response:
        model = request.path_params["model"]
        self.gateway.submit.candidates(model, kind)
        caller = await auth.creator_of(request, self.gateway)
        content = await body.read_json(request, wait_s_max=self.gateway.settings.server.body_wait_s)
        answer = await self.gateway.submit(
            CreateRequest(
                caller=caller,
                path=f"{kind}/{model}",
                kind=kind,
                model=model,
                body=content,
                body_sha256=hashlib.sha256(content).hexdigest(),
                idempotency_key=_idempotency_key(request),
                request_id=request_id_of(request),
            )
        )
        return _relayed(answer, request_id_of(request))

    async def query(self, request: Request) -> Response:
        """`GET /kling/{kind}/{model}/{id}`: one task, in the page's words."""
        self.gateway.submit.candidates(request.path_params["model"])
        caller = await auth.caller_of(request, self.gateway)
        task = await self.gateway.database.read(
            tasks.of_caller, caller.account.id, request.path_params["task_id"]
        )
        if task is None:
            raise NotFound("task not found")
        return envelope.success(
            page_task(task, video_url=video_url(self.gateway, task)),
            request_id_of(request),
            headers=(("X-Framegate-Task", task.id),),
        )


def _relayed(answer: CreateAnswer, request_id: str) -> Response:
    relay = answer.relay
    headers = []
    if answer.task_id:
        headers.append(("X-Framegate-Task", answer.task_id))
    if answer.is_replay:
        headers.append(("Idempotent-Replayed", "true"))
    if relay.retry_after_s is not None:
        headers.append(("Retry-After", str(relay.retry_after_s)))
    if answer.task_id and relay.http_status == UNKNOWN_OUTCOME:
        # Clients that repeat a 504 by themselves would buy a second video (rule 73).
        headers.append(("x-should-retry", "false"))
    return envelope.answer(
        Envelope(
            code=relay.code,
            message=relay.message,
            request_id=relay.request_id or request_id,
            data=relay.data,
        ),
        http_status=relay.http_status,
        headers=headers,
    )


def _idempotency_key(request: Request) -> str:
    """The header's value, "" when it was not sent (rule 50)."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        return ""
    key = values[0]
    is_visible = all("!" <= character <= "~" for character in key)
    if len(values) > 1 or not key or len(key) > IDEMPOTENCY_CHARACTERS_MAX or not is_visible:
        message = "Idempotency-Key must be 1 to 255 visible ASCII characters"
        raise FieldsInvalid((FieldError(path="", message=message),))
    return key
