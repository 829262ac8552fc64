"""Accounts, for operators: all of them, and each one with its ledger and its keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.accounts import AccountDesk
from framegate.desk.keys import KeyDesk
from framegate.desk.ledger import LedgerDesk
from framegate.errors import RightMissing
from framegate.web.console import spent
from framegate.web.console.keys import in_order
from framegate.web.console.pages import Pages, Viewer

PATH = "/console/accounts"
LIMIT = "50"
LINES = "30"
KEYS_SHOWN_MAX = 10
"""Keys on an account's own page, the newest that work; the page of keys has all."""


@dataclass(frozen=True)
class Accounts:
    """The handlers, with the pages they are of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The list, and one account."""
        return [Route(PATH, self.listed), Route(f"{PATH}/{{account}}", self.one)]

    async def listed(self, request: Request) -> Response:
        """Every account, oldest first. Raises RightMissing, FieldsInvalid for a cursor."""
        viewer = await self.pages.viewer(request)
        cursor = request.query_params.get("cursor", "")
        page = await AccountDesk(self.pages.gateway).page(viewer.caller, cursor=cursor, limit=LIMIT)
        return self.pages.page(
            request,
            "accounts.html",
            viewer=viewer,
            rows=page["result"],
            first_url=PATH if cursor else "",
            next_url=_with(PATH, cursor=page["next_cursor"]),
        )

    async def one(self, request: Request) -> Response:
        """One account with its ledger and keys. Raises RightMissing, NotFound, FieldsInvalid."""
        viewer = await self.pages.viewer(request)
        gateway, caller = self.pages.gateway, viewer.caller
        account = await AccountDesk(gateway).one(caller, request.path_params["account"])
        cursor = request.query_params.get("cursor", "")
        query = {"account": [account["id"]], "cursor": [cursor], "limit": [LINES]}
        ledger = await LedgerDesk(gateway).page(caller, query)
        path = f"{PATH}/{account['id']}"
        keys = await self._keys(viewer, account)
        return self.pages.page(
            request,
            "account.html",
            viewer=viewer,
            account=account,
            lines=ledger["result"],
            keys=[spent.of_budget(key) for key in keys[:KEYS_SHOWN_MAX]],
            keys_count=len(keys),
            first_url=path if cursor else "",
            next_url=_with(path, cursor=ledger["next_cursor"]),
        )

    async def _keys(self, viewer: Viewer, account: Mapping[str, Any]) -> list[dict[str, Any]]:
        try:
            page = await KeyDesk(self.pages.gateway).page(viewer.caller, account["id"])
        except RightMissing:
            return []
        return in_order(page["result"])


def _with(path: str, **asked: str) -> str:
    """An address with what is asked; "" where there is nothing more to ask for."""
    return f"{path}?{urlencode(asked)}" if all(asked.values()) else ""
