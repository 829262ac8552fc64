"""API keys: an account's, with what each may do and has spent.

What is shown comes from the desk; what changes goes from the page's script to the JSON API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.accounts import AccountDesk
from framegate.desk.keys import KeyDesk, key_shown
from framegate.errors import NotFound, RightMissing
from framegate.gateway import now_ms
from framegate.web.console import addresses, spent
from framegate.web.console.pages import Pages, Viewer

PATH = "/console/keys"
ROWS = 50
CHOICES_MAX = "100"
"""Accounts that an operator is offered to choose from; others are opened from their own page."""


@dataclass(frozen=True)
class Keys:
    """The handler, with the pages it is of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route(PATH, self.show)]

    async def show(self, request: Request) -> Response:
        """Every key of an account; for a key that may not manage keys, itself and why.

        raises   NotFound for an account that is none
        """
        viewer = await self.pages.viewer(request)
        named = request.query_params.get("account", "")
        own = spent.of_budget(key_shown(viewer.caller.key, now_ms=now_ms()))
        try:
            page = await KeyDesk(self.pages.gateway).page(viewer.caller, named)
        except RightMissing:
            return self._page(request, viewer, may_manage=False, own=own)
        rows, more = _rows(page["result"], behind=request.query_params.get("behind", ""))
        accounts = await self._accounts(viewer)
        path = addresses.asked(PATH, {"account": named})
        return self._page(
            request,
            viewer,
            may_manage=True,
            own=own,
            account=page["account"],
            account_name=await self._name_of(viewer, page["account"], accounts),
            accounts=accounts,
            rows=[spent.of_budget(key) for key in rows],
            count=page["count"],
            first_url=path if "behind" in request.query_params else "",
            next_url=addresses.asked(PATH, {"account": named, "behind": more}) if more else "",
        )

    def _page(self, request: Request, viewer: Viewer, **context: Any) -> Response:
        return self.pages.page(
            request, "keys.html", viewer=viewer, url=self.pages.gateway.links.public_url, **context
        )

    async def _accounts(self, viewer: Viewer) -> list[dict[str, Any]]:
        if not viewer.is_admin:
            return []
        desk = AccountDesk(self.pages.gateway)
        page = await desk.page(viewer.caller, limit=CHOICES_MAX)
        found: list[dict[str, Any]] = page["result"]
        return found

    async def _name_of(
        self, viewer: Viewer, account_id: str, accounts: list[dict[str, Any]]
    ) -> str:
        own = viewer.caller.account
        names = {own.id: own.name} | {each["id"]: each["name"] for each in accounts}
        if account_id in names:
            return str(names[account_id])
        try:
            found = await AccountDesk(self.pages.gateway).one(viewer.caller, account_id)
        except NotFound:
            return account_id
        return str(found["name"])


def in_order(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a person looks for them: those that work first, the newest of them on top."""
    return sorted(found, key=lambda key: (key["state"] != "good", -key["created_at"], key["id"]))


def _rows(found: Sequence[dict[str, Any]], *, behind: str) -> tuple[list[dict[str, Any]], str]:
    """One page of an account's keys, and the last of it where there are more.

    behind   the id of the key that the page before ended with; any other text begins at the top
    """
    ordered = in_order(found)
    places = [place for place, key in enumerate(ordered, 1) if key["id"] == behind]
    start = places[0] if places else 0
    shown = ordered[start : start + ROWS]
    return shown, shown[-1]["id"] if start + ROWS < len(ordered) else ""
