"""What was sold, page by page: `POST /tasks` and the lists for reconciling.

Pure: a body and the tasks in, `data` or a refusal out. The bodies of the two billing lists are a
guess in the shape of 5.5; no example of them is known.
"""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from framegate.pretend.says import Says, refusal
from framegate.pretend.task import PretendTask

DAYS_30_MS = 30 * 86_400_000
LIMIT, LIMIT_MAX = 100, 500


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which tasks a list is asked for: newest first, beginning behind `after` of them."""

    start_ms: int
    end_ms: int
    statuses: tuple[str, ...]
    limit: int
    after: int

    def cursor(self) -> str:
        """The window as the opaque text that brings the next page."""
        values = [self.start_ms, self.end_ms, list(self.statuses), self.after + self.limit]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode("ascii")


def read_window(body: bytes, *, now_ms: int) -> Window | Says:
    """The window of a list's body; a cursor that is not empty overrides its times."""
    try:
        root = json.loads(body or b"{}")
        limit = root.get("limit", LIMIT)
        if type(limit) is not int or not 1 <= limit <= LIMIT_MAX:
            return refusal(400, 1201, f"limit value '{limit}' is invalid")
        start_ms = root.get("start_time", now_ms - DAYS_30_MS)
        end_ms, statuses, after = root.get("end_time", now_ms), _statuses(root), 0
        if root.get("cursor"):
            start_ms, end_ms, statuses, after = json.loads(base64.urlsafe_b64decode(root["cursor"]))
        return Window(
            start_ms=int(start_ms),
            end_ms=int(end_ms),
            statuses=tuple(statuses),
            limit=limit,
            after=int(after),
        )
    except (ValueError, TypeError, AttributeError, KeyError):
        return refusal(400, 1201, "request body is invalid")


def page(
    window: Window,
    tasks: Iterable[PretendTask],
    show: Callable[[PretendTask], dict[str, Any]],
    *,
    now_ms: int,
) -> dict[str, Any]:
    """`data` of one page; without tasks `result` and `next_cursor` are missing, as observed."""
    inside = [
        task
        for task in tasks
        if window.start_ms <= task.created_ms <= window.end_ms
        and (not window.statuses or task.status(now_ms) in window.statuses)
    ]
    inside.reverse()
    found = inside[window.after : window.after + window.limit]
    has_more = len(inside) > window.after + window.limit
    data: dict[str, Any] = {"result": [show(task) for task in found]} if found else {}
    data["count"] = len(found)
    if has_more:
        data["next_cursor"] = window.cursor()
    return data | {"has_more": has_more}


def billed(task: PretendTask) -> dict[str, Any]:
    """One line of `POST /account/billing/package`: the units of one task."""
    line = {"task_id": task.id, "amount": task.units, "package_type": "video"}
    external = {"external_id": task.order.external_id} if task.order.external_id else {}
    return line | external | {"create_time": task.created_ms, "update_time": task.ends_ms}


def _statuses(root: dict[str, Any]) -> tuple[str, ...]:
    for each in root.get("filters") or []:
        if each.get("key") == "status":
            return tuple(each.get("values") or ())
    return ()
