"""The gallery: every video that was made, newest first, and the settings to make it again."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.tasks import TaskDesk
from framegate.errors import FieldsInvalid
from framegate.web.console import addresses
from framegate.web.console.pages import HOME, Pages
from framegate.web.query import query_of

PATH = "/console/gallery"
LIMIT = 24
FILTERS = ("text", "account")
NOTHING: dict[str, Any] = {"result": [], "next_cursor": "", "looked_until": 0, "counts": None}


@dataclass(frozen=True)
class Gallery:
    """The handler, with the pages it is of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route(PATH, self.show)]

    async def show(self, request: Request) -> Response:
        """A page of videos.

        raises   RightMissing, NotFound for an account
        """
        viewer = await self.pages.viewer(request)
        query = query_of(request)
        kept = {name: ",".join(query[name]) for name in FILTERS if name in query}
        asked = {**query, "state": ["succeeded"], "limit": [str(LIMIT)]}
        complaints, page, status = [], NOTHING, 200
        try:
            page = await TaskDesk(self.pages.gateway).page(viewer.caller, asked)
        except FieldsInvalid as error:
            complaints, status = [each.message for each in error.errors], error.http_status
        cursor = page["next_cursor"]
        response = self.pages.page(
            request,
            "gallery.html",
            viewer=viewer,
            cards=[_card(task) for task in page["result"]],
            count=(page["counts"] or {}).get("succeeded"),
            count_max=page.get("count_max", 0),
            filters={name: kept.get(name, "") for name in FILTERS},
            is_filtered=any(kept.values()),
            next_url=addresses.asked(PATH, {**kept, "cursor": cursor}) if cursor else "",
            first_url=addresses.asked(PATH, kept) if "cursor" in query else "",
            looked_until=page["looked_until"],
            complaints=complaints,
            playground=HOME,
        )
        response.status_code = status
        return response


def _card(task: dict[str, Any]) -> dict[str, Any]:
    return task | {
        "video": addresses.video(task),
        "poster": addresses.own_picture(task),
        "reuse_url": addresses.reuse(task),
    }
