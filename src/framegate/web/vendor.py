"""The vendor's own two paths: ask for tasks by their ids, and page through an account's tasks.

Both answer vendor shapes and words and find either kind of task. The same routes stand under
`/kling`, `/proxy/kling` and without a prefix, where the vendor has them (contract rules 46 to 48).
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.task_shown import video_url
from framegate.domain.kling import vendor_task
from framegate.domain.listing import cursor_after, parse_listing
from framegate.domain.task import Task
from framegate.errors import FieldError, FieldsInvalid
from framegate.gateway import Gateway, now_ms
from framegate.store import tasks
from framegate.web import auth, body, envelope
from framegate.web.envelope import request_id_of
from framegate.web.kling import PREFIXES

IDS_MAX = 20
"""As many as the vendor itself takes in one query (section 5.4)."""


@dataclass(frozen=True)
class VendorTasks:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """`/tasks` under every prefix, for both methods."""
        return [
            route
            for prefix in PREFIXES
            for route in (
                Route(f"{prefix}/tasks", self.query),
                Route(f"{prefix}/tasks", self.page, methods=["POST"]),
            )
        ]

    async def query(self, request: Request) -> Response:
        """`GET /tasks?task_ids=` or `?external_task_ids=`: what is not the caller's is absent."""
        caller = await auth.caller_of(request, self.gateway)
        ours, externals = _ids(request, "task_ids"), _ids(request, "external_task_ids")
        if ours and externals:
            raise _invalid("task_ids and external_task_ids cannot be used together")
        if not ours and not externals:
            raise _invalid("task_ids or external_task_ids is required")
        found = await self.gateway.database.read(
            tasks.of_caller_by_ids if ours else tasks.of_caller_by_external_ids,
            caller.account.id,
            ours or externals,
        )
        return envelope.success(self._shown(found), request_id_of(request))

    async def page(self, request: Request) -> Response:
        """`POST /tasks`: one page of this account's tasks, newest first."""
        caller = await auth.caller_of(request, self.gateway)
        content = await body.read_json(request, wait_s_max=self.gateway.settings.server.body_wait_s)
        keyring = self.gateway.keyring
        # In a thread: a megabyte made to be slow must not hold up the event loop.
        listing = await asyncio.to_thread(
            parse_listing,
            content,
            account_id=caller.account.id,
            keyring=keyring,
            now_ms=now_ms(),
        )
        found, has_more = await self.gateway.database.read(tasks.page, caller.account.id, listing)
        data = {
            "result": self._shown(found),
            "count": len(found),
            "next_cursor": cursor_after(found[-1], listing, keyring) if has_more else "",
            "has_more": has_more,
        }
        return envelope.success(data, request_id_of(request))

    def _shown(self, found: list[Task]) -> list[dict[str, Any]]:
        return [vendor_task(task, video_url=video_url(self.gateway, task)) for task in found]


def _ids(request: Request, name: str) -> list[str]:
    """The values of one list in the query; an empty one counts as absent."""
    sent = ",".join(request.query_params.getlist(name)).split(",")
    ids = [value for value in sent if value]
    if len(ids) > IDS_MAX:
        raise _invalid(f"{name} takes at most {IDS_MAX} values; got {len(ids)}")
    return ids


def _invalid(message: str) -> FieldsInvalid:
    # There is no body that a pointer could point into.
    return FieldsInvalid((FieldError(path="", message=message),))
