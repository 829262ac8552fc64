"""A vendor for tests: create and query in the vendor's own dialect, failing on demand.

It keeps the exact bytes it was sent and counts what was bought, so that a test asks it, not our
database, whether a promise held. As a process: `python -m fakes.stub_upstream`, in tests/.
"""

import argparse
import asyncio
import json
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fakes.tiny_video import tiny_video

API_KEY = "api-key-kling-test"
HANG_S_MAX = 60
IDS_MAX = 20
REQUEST_ID = "9984d27b-a408-4073-ae28-17ca6a13622d"


@dataclass(frozen=True)
class Says:
    """One way to answer a create. `buys`: the vendor made a task, whatever it says about it.

    `body` None is the usual answer to an accepted order.
    """

    name: str
    status: int = 200
    body: bytes | None = None
    buys: bool = False
    waits_for_release: bool = False
    breaks: bool = False

    def __str__(self) -> str:
        """A test's id."""
        return self.name


def _envelope(code: int, message: str, **more: object) -> bytes:
    envelope = {"code": code, "message": message, "request_id": REQUEST_ID, **more}
    return json.dumps(envelope).encode()


ACCEPTS = Says("accepts", buys=True)
CONTENT_POLICY = Says(
    "content policy", 400, _envelope(1301, "Failure to pass the risk control system", data={})
)
TOO_FAST = Says("too fast", 429, _envelope(1302, "too many requests"))
SLOTS_FULL = Says("slots full", 429, _envelope(1303, "parallel task over resource pack limit"))
REFUSES_UNDER_200 = Says(
    "refuses under HTTP 200", 200, _envelope(1201, "duration value '99' is invalid", data={})
)
OUT_OF_UNITS = Says("out of units", 429, _envelope(1102, "Account balance not enough"))
BAD_KEY = Says("bad key", 401, _envelope(1002, "api key not found"))
MAINTENANCE = Says("maintenance", 503, _envelope(5001, "under maintenance"))
UNREADABLE = Says("unreadable answer", 200, b"<html>welcome</html>", buys=True)
PROXY_PAGE = Says("proxy page", 502, b"<html>502 Bad Gateway</html>", buys=True)
NO_ID = Says("code 0 without an id", 200, _envelope(0, "SUCCEED", data={}), buys=True)
INTERNAL = Says("internal error", 500, _envelope(5000, "internal"), buys=True)
INTERNAL_TIMEOUT = Says("internal timeout", 504, _envelope(5002, "internal timeout"), buys=True)
RESET = Says("reset after reading", breaks=True, buys=True)
HALF = Says("half an answer", 200, b'{"code":0,"mess', breaks=True, buys=True)
HANGS = Says("hangs after reading", waits_for_release=True, buys=True)


@dataclass
class VendorTask:
    """What the vendor knows of one order; a test writes its fields."""

    id: str
    external_id: str
    created_ms: int
    status: str = "succeeded"
    message: str = ""
    took_ms: int = 0

    def shown(self, url: str) -> dict[str, object]:
        """The object of a query."""
        shown: dict[str, object] = {
            "id": self.id,
            "status": self.status,
            "message": self.message,
            "create_time": self.created_ms,
            "update_time": self.created_ms + self.took_ms,
        }
        if self.external_id:
            shown["external_id"] = self.external_id
        if self.status == "succeeded":
            video = {
                "type": "video",
                "id": f"{self.id}-1",
                "watermark_url": "",
                "duration": "5.041",
            }
            shown["outputs"] = [{**video, "url": f"{url}/files/{self.id}.mp4"}]
            shown["billing"] = [{"charge_type": "unit", "amount": "4", "package_type": "video"}]
        return shown


@dataclass
class StubUpstream:
    """The vendor. `next_answers` is used up by creates, front first; then it `usually` says."""

    usually: Says = ACCEPTS
    begins_as: str = "succeeded"
    next_answers: deque[Says] = field(default_factory=deque)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tasks: dict[str, VendorTask] = field(default_factory=dict)
    queries: int = 0
    asked: list[str] = field(default_factory=list)
    next_query_answers: deque[Says] = field(default_factory=deque)
    is_read: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        """Be as new; whoever still hangs is let go."""
        self.released.set()
        self.__init__()  # type: ignore[misc]

    @property
    def bought(self) -> int:
        """How many videos the vendor would send a bill for."""
        return len(self.tasks)

    def app(self) -> Starlette:
        """The ASGI app of this vendor."""
        return Starlette(
            routes=[
                Route("/image-to-video/{model}", self.create, methods=["POST"]),
                Route("/text-to-video/{model}", self.create, methods=["POST"]),
                Route("/tasks", self.query),
                Route("/account/costs", self.costs),
                Route("/kling/image-to-video/{model}", self.create, methods=["POST"]),
                Route("/kling/image-to-video/{model}/{task_id}", self.page_query),
                Route("/files/{name}", self.file),
                Route("/asked", self.counted),
            ]
        )

    async def create(self, request: Request) -> Response:
        """Take an order, as the next answer says."""
        body = await request.body()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return _refusal(BAD_KEY)
        says = self.next_answers.popleft() if self.next_answers else self.usually
        external_id = _external_id(body)
        if external_id and any(task.external_id == external_id for task in self.tasks.values()):
            message = f'external_task_id "{external_id}" already exists'
            return Response(_envelope(1201, message), 400, media_type="application/json")
        task = self._buy(external_id) if says.buys else None
        self.is_read.set()
        if says.waits_for_release:
            await self._released()
        if says.breaks:
            return _Broken(says, request.scope["extensions"]["stub.abort"])
        if task is None or says.body is not None:
            return _refusal(says)
        data = {"id": task.id, "status": "submitted", "message": ""}
        times = {"create_time": task.created_ms, "update_time": task.created_ms}
        external = {"external_id": external_id} if external_id else {}
        return Response(
            _envelope(0, "SUCCEED", data={**data, **times, **external}),
            media_type="application/json",
        )

    async def query(self, request: Request) -> Response:
        """`GET /tasks?task_ids=` or `?external_task_ids=`."""
        if (refused := self._refused_query(request)) is not None:
            return refused
        ids = [value for value in request.query_params.get("task_ids", "").split(",") if value]
        externals = request.query_params.get("external_task_ids", "").split(",")
        wanted = [value for value in externals if value]
        if bool(ids) == bool(wanted) or len(ids) + len(wanted) > IDS_MAX:
            message = "task_ids or external_task_ids is required"
            return Response(_envelope(1201, message), 400, media_type="application/json")
        url = str(request.base_url).rstrip("/")
        if ids:
            tasks = [self.tasks[each] for each in ids if each in self.tasks]
        else:
            tasks = [task for task in self.tasks.values() if task.external_id in wanted]
        found = [task.shown(url) for task in tasks]
        return JSONResponse(json.loads(_envelope(0, "SUCCEED", data=found)))

    async def page_query(self, request: Request) -> Response:
        """The page's own query: one task, as an object."""
        if (refused := self._refused_query(request)) is not None:
            return refused
        task = self.tasks.get(request.path_params["task_id"])
        if task is None:
            return Response(
                _envelope(1203, "task not found", data={}), 404, media_type="application/json"
            )
        url = str(request.base_url).rstrip("/")
        return JSONResponse(json.loads(_envelope(0, "SUCCEED", data=task.shown(url))))

    async def costs(self, request: Request) -> Response:
        """`GET /account/costs`: one package; who asks is seen in `headers`."""
        self.headers.append(dict(request.headers))
        self.asked.append(f"{request.url.path}?{request.url.query}")
        packages = [{"resource_pack_name": "Video", "remaining_quantity": 91.2}]
        data = {"code": 0, "msg": "success", "resource_pack_subscribe_infos": packages}
        return JSONResponse(json.loads(_envelope(0, "SUCCEED", data=data)))

    def _refused_query(self, request: Request) -> Response | None:
        self.queries += 1
        self.asked.append(f"{request.url.path}?{request.url.query}".rstrip("?"))
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return _refusal(BAD_KEY)
        return _refusal(self.next_query_answers.popleft()) if self.next_query_answers else None

    async def file(self, request: Request) -> Response:
        """The video of any task: one tiny film for all."""
        return Response(tiny_video(), media_type="video/mp4")

    async def counted(self, request: Request) -> Response:
        """What it was asked, for whoever runs it as a process."""
        different = len(set(self.bodies))
        return JSONResponse(
            {"creates": len(self.bodies), "bodies": different, "bought": self.bought}
        )

    def _buy(self, external_id: str) -> VendorTask:
        now_ms = time.time_ns() // 1_000_000
        # As the vendor's: 18 digits that begin with the time.
        task = VendorTask(f"{now_ms}{len(self.tasks):05d}", external_id, now_ms, self.begins_as)
        self.tasks[task.id] = task
        return task

    async def _released(self) -> None:
        await asyncio.to_thread(self.released.wait, HANG_S_MAX)


class _Broken(Response):
    """Nothing, or half an answer, and then the connection is gone."""

    def __init__(self, says: Says, abort: Callable[[], None]) -> None:
        super().__init__(says.body or b"", says.status)
        self._abort = abort

    async def __call__(self, scope: object, receive: object, send: Callable[..., object]) -> None:
        if self.body:
            headers = [(b"content-length", b"500"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
        self._abort()


class _Breakable(HttpToolsProtocol):
    """uvicorn's connection, with a way for the app to break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"stub.abort": self._reset}

    def _reset(self) -> None:
        # Without lingering the close is a reset, which is what a dying proxy looks like.
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        self.transport.abort()


def _refusal(says: Says) -> Response:
    return Response(says.body, says.status, media_type="application/json")


def _external_id(body: bytes) -> str:
    options = json.loads(body).get("options") or {}
    return str(options.get("external_task_id", ""))


def _server(app: Starlette) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Breakable,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )


def _listener(port: int = 0) -> socket.socket:
    bound = socket.create_server(("127.0.0.1", port), backlog=2_048)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address, `http://127.0.0.1:PORT`, of any app in a thread of this process."""
    listener = _listener()
    server = _server(app)
    thread = threading.Thread(target=server.run, args=([listener],), name="stub")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def main() -> None:
    """Run the vendor alone and print its address: for the benchmarks."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--begins-as", default="succeeded", help="a new task's status, for ever")
    chosen = parser.parse_args()
    listener = _listener(chosen.port)
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    _server(StubUpstream(begins_as=chosen.begins_as).app()).run([listener])


if __name__ == "__main__":
    main()
