"""Tasks, as a list by any filter and one by one.

The list is a form: its address holds the filter, so that it can be sent to somebody, and it works
without a script. What is shown and to whom is `desk.tasks`'s business.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.tasks import FILTERS, TaskDesk
from framegate.desk.usage import UsageDesk
from framegate.domain.ledger import Caller
from framegate.errors import FieldsInvalid, NotFound, RightMissing
from framegate.gateway import now_ms
from framegate.web.console import addresses, failures, request_shown, timeline
from framegate.web.console.pages import Pages, Viewer
from framegate.web.query import query_of

PATH = "/console/tasks"
ONE = "/console/tasks/{task_id}"
LIMIT = 40
CHOICES_MAX = 100
"""Keys and accounts that are offered to choose from: those that spent most lately."""

LATELY_DAYS = 7
"""How far an operator's are looked for, among those of everybody."""

NOTHING: dict[str, Any] = {
    "result": [],
    "next_cursor": "",
    "looked_until": 0,
    "counts": None,
    "count_max": 0,
}


def _(text: str) -> str:
    """Mark a text for the translators."""
    return text


RUNNING = ("sending", "uncertain", "submitted", "processing")
TABS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_("All"), ()),
    (_("Running"), RUNNING),
    (_("Succeeded"), ("succeeded",)),
    (_("Failed"), ("failed",)),
    (_("Cancelled"), ("cancelled",)),
    (_("Expired"), ("expired",)),
)
REFUSED = (_("Refused"), ("refused",))
STATES = {
    "sending": _("Sent"),
    "uncertain": _("Not confirmed"),
    "submitted": _("Taken"),
    "processing": _("Rendering"),
    "succeeded": _("Succeeded"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "expired": _("Expired"),
    "refused": _("Refused"),
}
"""What a stage of a life is called; the template translates it."""


@dataclass(frozen=True)
class Tasks:
    """The handlers, with the pages they are of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The list, and one task."""
        return [Route(PATH, self.listed), Route(ONE, self.one)]

    @property
    def desk(self) -> TaskDesk:
        """Where the questions are answered."""
        return TaskDesk(self.pages.gateway)

    async def listed(self, request: Request) -> Response:
        """A page of the list; a filter that is none is complained about beside it."""
        viewer = await self.pages.viewer(request)
        query = query_of(request)
        kept = {name: ",".join(values) for name, values in query.items() if name in FILTERS}
        complaints, page, status = [], NOTHING, 200
        try:
            page = await self.desk.page(viewer.caller, {**query, "limit": [str(LIMIT)]})
        except FieldsInvalid as error:
            complaints, status = [each.message for each in error.errors], error.http_status
        except (NotFound, RightMissing) as error:
            complaints, status = [error.message], error.http_status
        accounts, keys = await self._choices(viewer, kept)
        response = self.pages.page(
            request,
            "tasks.html",
            viewer=viewer,
            rows=[self._row(task) for task in page["result"]],
            tabs=_tabs(kept, page, is_admin=viewer.is_admin),
            filters={name: kept.get(name, "") for name in FILTERS},
            days={name: _day(kept.get(name, "")) for name in ("from", "to")},
            is_filtered=any(kept.values()),
            is_first="cursor" not in query,
            next_url=_with(kept, cursor=page["next_cursor"]) if page["next_cursor"] else "",
            first_url=_with(kept) if "cursor" in query else "",
            looked_until=page["looked_until"],
            complaints=complaints,
            accounts=accounts,
            keys=keys,
            upstreams=sorted(self.pages.gateway.upstreams) if viewer.is_admin else [],
        )
        response.status_code = status
        return response

    async def one(self, request: Request) -> Response:
        """One task whole.

        raises   NotFound, also for another account's
        """
        viewer = await self.pages.viewer(request)
        task_id = request.path_params["task_id"]
        task = await self.desk.one(viewer.caller, task_id)
        kept = await self.desk.request(viewer.caller, task["task"])
        is_bad = task["state"] in {"failed", "cancelled", "expired", "refused"}
        create = f"{self.pages.gateway.links.public_url}/kling/{task['kind']}/{task['model']}"
        return self.pages.page(
            request,
            "task.html",
            viewer=viewer,
            task=task,
            video=addresses.video(task),
            picture=addresses.own_picture(task),
            stages=timeline.stages(task["life"], now_ms=now_ms()),
            states=STATES,
            meaning=failures.meaning_of(task["state"], task["message"]) if is_bad else None,
            is_running=task["state"] in RUNNING,
            may_change=viewer.caller.key.scope.may_create,
            reuse_url=addresses.reuse(task),
            laid_out=request_shown.laid_out(kept.content),
            as_sent=request_shown.as_sent(kept.content),
            bytes_count=len(kept.content),
            sha256=kept.sha256,
            curl=request_shown.curl(kept.content, url=create),
            answer=await self._answer(viewer.caller, task["task"]),
        )

    # --- inside -------------------------------------------------------------------------------

    def _row(self, task: dict[str, Any]) -> dict[str, Any]:
        total = task["frames_total"]
        return task | {
            "picture_path": addresses.own_picture(task),
            "percent": task["frames_done"] * 100 // total if total else 0,
            "is_running": task["state"] in RUNNING,
            "took_s": (task["ended_at"] - task["create_time"]) / 1_000 if task["ended_at"] else 0,
        }

    async def _answer(self, caller: Caller, task_id: str) -> dict[str, Any] | None:
        try:
            relay, _task = await self.desk.answer(caller, task_id)
        except NotFound:
            return None
        said = {"code": relay.code, "message": relay.message, "data": dict(relay.data)}
        return {"status": relay.http_status, "shown": request_shown.laid_out(said)}

    async def _choices(
        self, viewer: Viewer, kept: Mapping[str, str]
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Accounts and keys to choose from, (value, label): those that were used lately."""
        if not viewer.is_admin:
            return [], await self._used(viewer.caller, "key", {})
        lately = {"from": (_today() - timedelta(days=LATELY_DAYS - 1)).isoformat()}
        account = kept.get("account", "")
        accounts, keys = await asyncio.gather(
            self._used(viewer.caller, "account", lately),
            self._used(viewer.caller, "key", {"account": account} if account else lately),
        )
        return [(label, label) for _value, label in accounts], keys

    async def _used(
        self, caller: Caller, by: str, named: Mapping[str, str]
    ) -> list[tuple[str, str]]:
        try:
            query = {name: [value] for name, value in {"by": by, **named}.items() if value}
            desk = UsageDesk(self.pages.gateway)
            used = await desk.page(caller, query, groups_max=CHOICES_MAX)
        except (FieldsInvalid, NotFound):
            return []  # The list itself complains about an account that is none.
        return [(group["group"], group["label"]) for group in used["result"] if group["group"]]


def _today() -> date:
    return datetime.fromtimestamp(now_ms() // 1_000, UTC).date()


def _day(value: str) -> str:
    """What a field for a day holds of a filter: links may carry Unix milliseconds too."""
    try:
        if value.isdecimal():
            return datetime.fromtimestamp(int(value) / 1_000, UTC).date().isoformat()
        return date.fromisoformat(value).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _with(kept: Mapping[str, str], **changes: str) -> str:
    return addresses.asked(PATH, {**kept, **changes})


def _tabs(
    kept: Mapping[str, str], page: Mapping[str, Any], *, is_admin: bool
) -> list[dict[str, Any]]:
    """One tab for each group of states, with how many it holds where that is known."""
    chosen = frozenset(each for each in kept.get("state", "").split(",") if each)
    counts, most = page["counts"], page["count_max"]
    tabs = []
    for label, states in (*TABS, REFUSED) if is_admin else TABS:
        # A refused create is no task: it is listed when it is asked for, and never counted.
        counted = counts and label != REFUSED[0]
        some = [counts[state] for state in states or counts if state in counts] if counted else []
        tabs.append(
            {
                "label": label,
                "url": _with(kept, state=",".join(states)),
                "is_chosen": chosen == frozenset(states),
                "count": sum(some) if counted else None,
                "is_more": any(count >= most for count in some),
            }
        )
    return tabs
