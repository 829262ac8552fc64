"""Upstreams, for operators: how each stands, and what its own account holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.upstreams import UpstreamDesk
from framegate.domain.ledger import Caller
from framegate.domain.upstream import RenderStatus
from framegate.errors import FieldsInvalid, NotFound, Unavailable
from framegate.web.console.pages import Pages

PATH = "/console/upstreams"
ASKED = ("since", "status", "limit")
STATUSES = tuple(status.value for status in RenderStatus)


@dataclass(frozen=True)
class Upstreams:
    """The handlers, with the pages they are of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """All of them, and one."""
        return [Route(PATH, self.listed), Route(f"{PATH}/{{name}}", self.one)]

    @property
    def desk(self) -> UpstreamDesk:
        """Where the questions are answered."""
        return UpstreamDesk(self.pages.gateway)

    async def listed(self, request: Request) -> Response:
        """A card for each. Raises RightMissing."""
        viewer = await self.pages.viewer(request)
        found = (await self.desk.page(viewer.caller))["upstreams"]
        return self.pages.page(
            request,
            "upstreams.html",
            viewer=viewer,
            cards=[_card(each) for each in found],
            is_only_local=all(each["kind"] == "local" for each in found),
        )

    async def one(self, request: Request) -> Response:
        """What an upstream's account holds, asked for now. Raises RightMissing, NotFound."""
        viewer = await self.pages.viewer(request)
        name = request.path_params["name"]
        self.desk.named(viewer.caller, name)
        words = {each: request.query_params.get(each, "") for each in ASKED}
        tasks, tasks_complaint = await self._tasks(viewer.caller, name, words)
        costs, costs_complaint = await self._costs(viewer.caller, name)
        cards = (await self.desk.page(viewer.caller))["upstreams"]
        return self.pages.page(
            request,
            "upstream.html",
            viewer=viewer,
            card=next(_card(each) for each in cards if each["name"] == name),
            words=words,
            statuses=STATUSES,
            tasks=tasks,
            tasks_complaint=tasks_complaint,
            costs=costs,
            costs_complaint=costs_complaint,
        )

    async def _tasks(
        self, caller: Caller, name: str, words: Mapping[str, str]
    ) -> tuple[dict[str, Any] | None, str]:
        """What it answered, else why there is no answer."""
        try:
            return await self.desk.tasks(caller, name, words), ""
        except (FieldsInvalid, NotFound, Unavailable) as error:
            return None, error.message

    async def _costs(self, caller: Caller, name: str) -> tuple[dict[str, Any] | None, str]:
        try:
            return await self.desk.costs(caller, name), ""
        except (NotFound, Unavailable) as error:
            return None, error.message


def _card(standing: dict[str, Any]) -> dict[str, Any]:
    """With its `state` in a word and how full its slots are in percent."""
    limit = standing["concurrency"]
    return standing | {
        "state": _state(standing),
        "percent": min(100, standing["in_flight"] * 100 // limit) if limit else None,
        "is_full": bool(limit) and standing["in_flight"] >= limit,
    }


def _state(standing: Mapping[str, Any]) -> str:
    """The one word that matters first: a paused one gets nothing, whatever its breaker says."""
    if standing["paused"]:
        return "paused"
    if standing["breaker"] != "closed":
        return str(standing["breaker"])
    return "troubled" if standing["failures_in_a_row"] else "well"
