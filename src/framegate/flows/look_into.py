"""Look into an upstream's own account: what it was sold, and which of our tasks holds each ticket.

An order that nobody answered may have become a task there. Without an external id no query finds
it: an operator does, among those that none of our tasks holds. Commands and the web show the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from framegate.domain.task import Task
from framegate.domain.upstream import (
    AccountTask,
    AccountTasks,
    NotOffered,
    Unreachable,
    Upstream,
    Window,
)
from framegate.errors import NotFound, Unavailable
from framegate.store import tasks
from framegate.store.database import Database, Transaction

UNCERTAIN_ROWS_MAX = 1_000
# The upstream's clock is not ours, and an order may be read late.
CLOCKS_APART_MS_MAX = 120_000
COSTS_MS = 30 * 86_400_000


async def tasks_of(upstream: Upstream, window: Window, database: Database) -> dict[str, Any]:
    """What the upstream knows, each with the task of ours that holds it.

    returns  `upstream`, `since` and `until` in Unix milliseconds, `tasks` newest first, `has_more`.
             Of a task: `task` and `task_status` are ours, "" where none of ours holds the ticket;
             then `could_be` names the uncertain orders that were sent about when it was created
    raises   NotFound where it has no such list; Unavailable with what went wrong
    """
    answer = await upstream.tasks(window)
    if not isinstance(answer, AccountTasks):
        raise _refusal(upstream, answer)
    shown = await database.read(_shown, upstream.name, answer.tasks)
    return {
        "upstream": upstream.name,
        "since": window.since_ms,
        "until": window.until_ms,
        "tasks": shown,
        "has_more": answer.has_more,
    }


async def costs_of(upstream: Upstream, *, now_ms: int) -> dict[str, Any]:
    """The packages that pay for an upstream's tasks, as it writes them.

    raises   NotFound where there are none to be asked for; Unavailable with what went wrong
    """
    since_ms = now_ms - COSTS_MS
    answer = await upstream.costs(since_ms=since_ms, until_ms=now_ms)
    if isinstance(answer, NotOffered | Unreachable):
        raise _refusal(upstream, answer)
    return {
        "upstream": upstream.name,
        "since": since_ms,
        "until": now_ms,
        "packages": list(answer.packages),
    }


def _refusal(upstream: Upstream, answer: NotOffered | Unreachable) -> NotFound | Unavailable:
    if isinstance(answer, NotOffered):
        return NotFound(f"{upstream.name}: {answer.reason}")
    return Unavailable(f"{upstream.name} did not tell: {answer.reason}")


def _shown(tx: Transaction, upstream: str, found: Sequence[AccountTask]) -> list[dict[str, Any]]:
    held = tasks.holders(tx, upstream=upstream, tickets=[each.ticket for each in found])
    records = tasks.uncertain_records(tx, rows_max=UNCERTAIN_ROWS_MAX)
    uncertain = [record.task for record in records if record.task.upstream == upstream]
    return [_one(each, held, uncertain) for each in found]


def _one(found: AccountTask, held: Mapping[str, Task], uncertain: Sequence[Task]) -> dict[str, Any]:
    task = held.get(found.ticket)
    could_be = [] if task else [each.id for each in uncertain if _could_be(each, found)]
    return {
        "ticket": found.ticket,
        "status": found.status,
        "message": found.message,
        "external_id": found.external_id,
        "created_at": found.created_ms,
        "updated_at": found.updated_ms,
        "billing": list(found.billing),
        "task": task.id if task else "",
        "task_status": task.status.value if task else "",
        "could_be": could_be,
    }


def _could_be(task: Task, found: AccountTask) -> bool:
    """Whether an order that was sent then may have become what was created then."""
    first_ms = task.created_ms - CLOCKS_APART_MS_MAX
    last_ms = max(task.sent_ms, task.created_ms) + CLOCKS_APART_MS_MAX
    return not found.created_ms or first_ms <= found.created_ms <= last_ms
