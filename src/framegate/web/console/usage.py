"""Usage: what was spent and made over a time, drawn, written down and to be taken away as CSV.

Below it the account's ledger. The figures are `desk.usage`'s and `desk.ledger`'s; each chart is
drawn from the very table that stands beside it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.ledger import LedgerDesk
from framegate.desk.usage import DAYS_DEFAULT, DAYS_MAX, UsageDesk
from framegate.domain.ledger import Caller
from framegate.errors import FieldsInvalid, NotFound, RightMissing
from framegate.gateway import now_ms
from framegate.web.console import addresses
from framegate.web.console.pages import Pages, Viewer
from framegate.web.query import query_of

PATH = "/console/usage"
LEDGER_LINES = 20
GROUPS_DRAWN_MAX = 8
GROUPS_SHOWN_MAX = 50
"""The largest spenders of a table; its CSV has more."""

FILTERS = ("from", "to", "account")


def _(text: str) -> str:
    """Mark a text for the translators."""
    return text


BREAKDOWNS = (("resolution", _("By resolution")), ("status", _("By outcome")))
OPERATORS_BREAKDOWNS = (("account", _("By account")), ("upstream", _("By upstream")))
# The longest comes last, over the whole width.
BY_KEY = (("key", _("By key")),)


@dataclass(frozen=True)
class Period:
    """A choice of days, both included."""

    label: str
    first: date
    last: date


def periods(today: date) -> tuple[Period, ...]:
    """What one press chooses."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return (
        Period(_("7 days"), today - timedelta(days=6), today),
        Period(_("30 days"), today - timedelta(days=DAYS_DEFAULT - 1), today),
        Period(_("90 days"), today - timedelta(days=89), today),
        Period(_("This month"), month, today),
        Period(_("Last month"), before.replace(day=1), before),
    )


@dataclass(frozen=True)
class Usage:
    """The handler, with the pages it is of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route(PATH, self.show)]

    async def show(self, request: Request) -> Response:
        """Everything about a time; a time that is none is complained about."""
        viewer = await self.pages.viewer(request)
        query = query_of(request)
        kept = {name: query[name][0] for name in FILTERS if query.get(name)}
        complaints, status = [], 200
        try:
            parts = await self._parts(viewer, kept, cursor=query.get("cursor", []))
        except (FieldsInvalid, NotFound, RightMissing) as error:
            errors = error.errors if isinstance(error, FieldsInvalid) else ()
            complaints = [each.message for each in errors] or [error.message]
            status, kept = error.http_status, {}
            parts = await self._parts(viewer, kept, cursor=[])
        days, breakdowns, ledger, accounts = parts
        chosen = (days["from"], days["to"])
        cursor = ledger["next_cursor"]
        response = self.pages.page(
            request,
            "usage.html",
            viewer=viewer,
            days=days | {"result": every_day(days)},
            breakdowns=breakdowns,
            csv_url=_csv_url(kept, days, "day"),
            ledger=ledger,
            ledger_next=f"{addresses.asked(PATH, {**kept, 'cursor': cursor})}#ledger"
            if cursor
            else "",
            ledger_first=f"{addresses.asked(PATH, kept)}#ledger" if query.get("cursor") else "",
            periods=[
                {
                    "label": each.label,
                    "url": addresses.asked(
                        PATH,
                        {**kept, "from": each.first.isoformat(), "to": each.last.isoformat()},
                    ),
                    "is_chosen": chosen == (each.first.isoformat(), each.last.isoformat()),
                }
                for each in periods(_today())
            ],
            filters={name: kept.get(name, "") for name in FILTERS},
            accounts=accounts,
            complaints=complaints,
        )
        response.status_code = status
        return response

    # --- inside -------------------------------------------------------------------------------

    async def _parts(
        self, viewer: Viewer, kept: Mapping[str, str], *, cursor: Sequence[str]
    ) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], list[str]]:
        """The days, every breakdown, a page of the ledger, and accounts to choose from."""
        caller = viewer.caller
        wanted = BREAKDOWNS + (OPERATORS_BREAKDOWNS if viewer.is_admin else ()) + BY_KEY
        account = kept.get("account", "")
        days, ledger, everybody, *groups = await asyncio.gather(
            self._used(caller, "day", kept, DAYS_MAX),
            LedgerDesk(self.pages.gateway).page(
                caller,
                _query({"account": account, "limit": str(LEDGER_LINES)}) | {"cursor": cursor},
            ),
            self._used(caller, "account", {**kept, "account": ""}, GROUPS_SHOWN_MAX)
            if viewer.is_admin and account
            else self._nobody(),
            # One more than is shown, to know whether there is more.
            *(self._used(caller, by, kept, GROUPS_SHOWN_MAX + 1) for by, _label in wanted),
        )
        breakdowns: list[dict[str, Any]] = [
            {
                "by": by,
                "label": label,
                "result": page["result"][:GROUPS_SHOWN_MAX],
                "has_more": len(page["result"]) > GROUPS_SHOWN_MAX,
                "csv_url": _csv_url(kept, page, by),
                "drawn_max": GROUPS_DRAWN_MAX,
            }
            for (by, label), page in zip(wanted, groups, strict=True)
        ]
        # Those that spent most: asked for where one of them is chosen, else a breakdown has them.
        offered = everybody["result"] or [
            row for each in breakdowns if each["by"] == "account" for row in each["result"]
        ]
        return days, breakdowns, ledger, [each["label"] for each in offered]

    async def _used(
        self, caller: Caller, by: str, kept: Mapping[str, str], groups_max: int
    ) -> dict[str, Any]:
        desk = UsageDesk(self.pages.gateway)
        return await desk.page(caller, _query({**kept, "by": by}), groups_max=groups_max)

    async def _nobody(self) -> dict[str, Any]:
        return {"result": []}


def every_day(days: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for each day of the time, also for those on which nothing ended."""
    known = {each["group"]: each for each in days["result"]}
    first, last = date.fromisoformat(days["from"]), date.fromisoformat(days["to"])
    found = []
    for after in range((last - first).days + 1):
        day = (first + timedelta(days=after)).isoformat()
        found.append(known.get(day) or _quiet(day, days["total"]))
    return found


def _quiet(day: str, total: Mapping[str, Any]) -> dict[str, Any]:
    quiet = {"group": day, "label": day, "tasks": 0, "seconds": 0, "spent": "0"}
    return quiet | ({"cost": None, "margin": None} if "cost" in total else {})


def _query(values: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in values.items() if value}


def _csv_url(kept: Mapping[str, str], page: Mapping[str, Any], by: str) -> str:
    """The same figures from the API, as a file."""
    account = kept.get("account", "")
    query = {"by": by, "from": page["from"], "to": page["to"], "account": account, "format": "csv"}
    return addresses.asked("/api/usage", query)


def _today() -> date:
    return datetime.fromtimestamp(now_ms() // 1_000, UTC).date()
