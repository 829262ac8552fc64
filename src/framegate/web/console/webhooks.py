"""Webhooks: an account's endpoints, what each was told, and every attempt at telling it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.webhooks import WebhookDesk
from framegate.domain.delivery import ATTEMPTS_MAX, DeliveryStatus
from framegate.domain.endpoint import ENABLED_MAX
from framegate.domain.event import EVENTS
from framegate.domain.url import Flaw
from framegate.web.console.pages import Pages

PATH = "/console/webhooks"
LIMIT = "25"
DOCS = "/docs"


def _(text: str) -> str:
    """Mark a text for the translators."""
    return text


TABS = (
    ("", _("All")),
    (DeliveryStatus.PENDING.value, _("Waiting")),
    (DeliveryStatus.DELIVERED.value, _("Delivered")),
    (DeliveryStatus.FAILED.value, _("Given up")),
)
EVENTS_SAY = {
    "task.submitted": _("An upstream took the task"),
    "task.processing": _("The work on it began"),
    "task.succeeded": _("The video is here"),
    "task.failed": _("No video will come"),
}


@dataclass(frozen=True)
class Webhooks:
    """The handlers, with the pages they are of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The list, one webhook, one delivery."""
        return [
            Route(PATH, self.listed),
            Route(f"{PATH}/deliveries/{{delivery}}", self.delivery),
            Route(f"{PATH}/{{webhook}}", self.one),
        ]

    @property
    def desk(self) -> WebhookDesk:
        """Where the questions are answered."""
        return WebhookDesk(self.pages.gateway)

    async def listed(self, request: Request) -> Response:
        """Every webhook, and what all of them and every callback_url were told."""
        viewer = await self.pages.viewer(request)
        found = await self.desk.listed(viewer.caller)
        status, cursor = _asked(request)
        page = await self.desk.page(viewer.caller, None, status=status, cursor=cursor, limit=LIMIT)
        return self.pages.page(
            request,
            "webhooks.html",
            viewer=viewer,
            may_change=viewer.caller.key.scope.may_create,
            hooks=[_rated(each) for each in found["result"]],
            events=EVENTS,
            events_say=EVENTS_SAY,
            enabled_max=ENABLED_MAX,
            not_public=Flaw.NOT_PUBLIC.value,
            **_list(page, PATH, status=status, cursor=cursor),
        )

    async def one(self, request: Request) -> Response:
        """One webhook and its deliveries. Raises NotFound, FieldsInvalid."""
        viewer = await self.pages.viewer(request)
        hook = await self.desk.one(viewer.caller, request.path_params["webhook"])
        status, cursor = _asked(request)
        page = await self.desk.page(
            viewer.caller, hook["id"], status=status, cursor=cursor, limit=LIMIT
        )
        return self.pages.page(
            request,
            "webhook.html",
            viewer=viewer,
            may_change=viewer.caller.key.scope.may_create,
            hook=_rated(hook),
            docs_url=DOCS if DOCS in self.pages.paths else "",
            **_list(page, f"{PATH}/{hook['id']}", status=status, cursor=cursor),
        )

    async def delivery(self, request: Request) -> Response:
        """One delivery with every attempt. Raises NotFound."""
        viewer = await self.pages.viewer(request)
        delivery = await self.desk.delivery(viewer.caller, request.path_params["delivery"])
        return self.pages.page(
            request,
            "delivery.html",
            viewer=viewer,
            may_change=viewer.caller.key.scope.may_create,
            delivery=delivery,
            is_own=delivery["account"] == viewer.caller.account.id,
            attempts=list(reversed(delivery["attempts"])),
            attempts_max=ATTEMPTS_MAX,
        )


def _asked(request: Request) -> tuple[str, str]:
    return request.query_params.get("status", ""), request.query_params.get("cursor", "")


def _rated(hook: dict[str, Any]) -> dict[str, Any]:
    """With `rate`, percent of the newest deliveries that arrived; null while none was tried.

    What fails now and is tried again counts as not arrived: three days are long to wait for a sign.
    """
    recent = hook["recent"] or {"delivered": 0, "failed": 0, "retrying": 0}
    tried = recent["delivered"] + recent["failed"] + recent["retrying"]
    rate = recent["delivered"] * 100 // tried if tried else None
    return hook | {"tried": tried, "retrying": recent["retrying"], "rate": rate}


def _list(page: Mapping[str, Any], path: str, *, status: str, cursor: str) -> dict[str, Any]:
    """What `deliveries.html` draws: the rows, the tabs and the pager."""
    first = _with(path, status=status)
    return {
        "rows": page["result"],
        "tabs": [(label, _with(path, status=word), word == status) for word, label in TABS],
        "chosen": status,
        "first_url": first if cursor else "",
        "next_url": _with(path, status=status, cursor=page["next_cursor"])
        if page["has_more"]
        else "",
    }


def _with(path: str, **asked: str) -> str:
    named = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode(named)}" if named else path
