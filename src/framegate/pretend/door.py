"""The control door, `/pretend/...`: how other processes steer the vendor and read its log.

Loopback only, and no part of the vendor's API. Every answer is a bare JSON object; a mistake is
400 with `{"error": ...}`.
"""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from framegate.pretend.faults import PLACES, UnknownFault, named
from framegate.pretend.vendor import Vendor

LOOPBACK = ("127.", "::1", "::ffff:127.")


@dataclass(kw_only=True)
class Door:
    """The handlers, with the vendor that they steer."""

    vendor: Vendor

    def routes(self) -> list[Route]:
        """The paths under `/pretend`."""
        posts = {
            "next": self.next,
            "usually": self.usually,
            "rates": self.rates,
            "finish": self.finish,
            "release": self.release,
            "reset": self.reset,
        }
        gets = {"log": self.log, "facts": self.facts}
        return [
            *(
                Route(f"/pretend/{name}", _posted(act), methods=["POST"])
                for name, act in posts.items()
            ),
            *(Route(f"/pretend/{name}", _local(get)) for name, get in gets.items()),
        ]

    async def next(self, asked: dict[str, Any]) -> dict[str, Any]:
        """`{"create": ["reset"], "for": "EXTERNAL_ID"}`: what happens next, to one order or any."""
        plan = self.vendor.faults.next
        if "for" in asked:
            plan = self.vendor.faults.plan(str(asked.pop("for")))
        for place, names in asked.items():
            plan.add(place, names)
        return {}

    async def usually(self, asked: dict[str, Any]) -> dict[str, Any]:
        """`{"create": "maintenance"}`: what happens when nothing else is to."""
        chosen = {place: named(place, name) for place, name in asked.items()}
        for place in PLACES:
            self.vendor.faults.usually[place] = chosen.get(place, self.vendor.faults.usually[place])
        return {}

    async def rates(self, asked: dict[str, Any]) -> dict[str, Any]:
        """`{"create": {"reset": 0.01}}`: the whole rate table."""
        self.vendor.faults.set_rates(asked)
        return {}

    async def finish(self, asked: dict[str, Any]) -> dict[str, Any]:
        """`{"id": ID, "fate": "fails"}`, or without an id: end one or all that run, now."""
        studio, now_ms = self.vendor.studio, self.vendor.clock_ms()
        fate = named("fate", asked["fate"]) if "fate" in asked else None
        if "id" in asked:
            chosen = studio.find(ids=[asked["id"]], external_ids=[asked["id"]])
        else:
            chosen = [task for task in studio.tasks.values() if not task.has_ended(now_ms)]
        for task in chosen:
            self.vendor.finish(task, fate)
        return {"finished": [task.id for task in chosen]}

    async def release(self, _: dict[str, Any]) -> dict[str, Any]:
        """Let go every request that hangs."""
        self.vendor.hanging.release()
        return {}

    async def reset(self, _: dict[str, Any]) -> dict[str, Any]:
        """Be as new; the log goes on, and its reader counts from here."""
        self.vendor.reset()
        return {}

    async def log(self, _: Request) -> Response:
        """The whole log, JSON lines."""
        self.vendor.writer.flush_counts()
        return Response(self.vendor.log_path.read_bytes(), media_type="application/x-ndjson")

    async def facts(self, _: Request) -> Response:
        """A few counts since the last reset."""
        vendor, log = self.vendor, self.vendor.log
        vendor.writer.flush_counts()
        bodies = log.sent_bytes()
        return JSONResponse(
            {
                "creates": len(bodies),
                "bodies": len(set(bodies)),
                "bought": len(vendor.studio.tasks),
                "running": vendor.studio.running(vendor.clock_ms()),
                "queries": sum(log.queries_per_s().values()),
                "callbacks_owed": vendor.callbacks.owed,
            }
        )


def _posted(act: Any) -> Any:
    async def handler(request: Request) -> Response:
        try:
            asked = json.loads(await request.body() or b"{}")
            return JSONResponse(await act(asked))
        except (UnknownFault, ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return _local(handler)


def _local(handler: Any) -> Any:
    async def guarded(request: Request) -> Response:
        if request.client is None or not request.client.host.startswith(LOOPBACK):
            return JSONResponse({"error": "this door is for this machine only"}, 403)
        answer: Response = await handler(request)
        return answer

    return guarded
