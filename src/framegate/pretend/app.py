"""The ASGI app of a vendor: its paths, with and without the prefix, and its control door."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.pretend import videos
from framegate.pretend.creates import NO_SUCH, Creates
from framegate.pretend.door import Door
from framegate.pretend.queries import Queries
from framegate.pretend.says import refusal
from framegate.pretend.task import PretendTask
from framegate.pretend.vendor import Vendor
from framegate.pretend.videos import VideoFault

WRONG_METHOD = refusal(404, 1202, "the request method is invalid")
METHOD_NOT_ALLOWED = 405


def app(vendor: Vendor) -> Starlette:
    """Everything that a vendor answers."""
    creates, queries = Creates(vendor=vendor), Queries(vendor=vendor)

    async def create(request: Request) -> Response:
        return await creates(request)

    async def video(request: Request) -> Response:
        return await _video(vendor, request)

    async def unknown(_: Request, error: Exception) -> Response:
        is_method = isinstance(error, HTTPException) and error.status_code == METHOD_NOT_ALLOWED
        return vendor.envelopes.answer(WRONG_METHOD if is_method else NO_SUCH)

    prefix = vendor.config.prefix
    paged = [
        Route(f"{prefix}/{{kind}}/{{model}}/{{id}}", queries.one),
        Route(f"{prefix}/{{kind}}/{{model}}", create, methods=["POST"]),
    ]
    return Starlette(
        routes=[
            *Door(vendor=vendor).routes(),
            Route("/tasks", queries.by_ids),
            Route("/tasks", queries.by_cursor, methods=["POST"]),
            Route("/account/costs", queries.costs),
            Route("/account/billing/package", queries.package, methods=["POST"]),
            Route("/account/billing/balance", queries.balance, methods=["POST"]),
            Route("/files/{name}", video),
            *(paged if prefix else []),
            Route("/{kind}/{model}", create, methods=["POST"]),
        ],
        exception_handlers={HTTPException: unknown},
    )


async def _video(vendor: Vendor, request: Request) -> Response:
    """A film, if the address is good and nothing is to be wrong with it."""
    now_ms = vendor.clock_ms()
    name = request.path_params["name"]
    task = vendor.studio.tasks.get(name.partition(".")[0].partition("-")[0])
    if not vendor.links.opens(request, now_s=now_ms // 1_000):
        answer = Response(b"Forbidden", 403, media_type="text/plain")
    elif task is None:
        answer = Response(b"Not Found", 404, media_type="text/plain")
    else:
        answer = await _film(vendor, request, task)
    await vendor.writer.write(
        {
            "event": "fetched",
            "at_ms": now_ms,
            "name": name,
            "range": request.headers.get("range", ""),
            "status": answer.status_code,
        }
    )
    return answer


async def _film(vendor: Vendor, request: Request, task: PretendTask) -> Response:
    fault: VideoFault = vendor.faults.choose(
        "video", external_ids=(task.order.external_id,), number=vendor.number("video")
    )
    path = await vendor.films.film(task.order.resolution, task.order.duration_s)
    return videos.spoiled(fault, path, request) or videos.whole(path)
