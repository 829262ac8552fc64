"""When a task is looked at next, and what an uncertain submit becomes.

Submit and track share it: whichever of them finds that an upstream stayed silent records the same.
"""

import msgspec

from framegate.domain.durations import next_look_ms
from framegate.domain.task import Task, TaskStatus
from framegate.domain.upstream import Relay, Upstream
from framegate.engine import embedded as engine
from framegate.store import tasks, upstreams
from framegate.store.database import Transaction

LOOK_UP_WAIT_MS_MIN = 3_000
LOOK_UP_WAIT_MS_MAX = 60_000
# An uncertain order is looked up each time it has grown a quarter older.
AGE_SHARE = 4


def look_at_ms(tx: Transaction, task: Task, upstream: Upstream | None, *, now_ms: int) -> int:
    """When to look at a task again: as its upstream's last tasks took, and never past its deadline.

    upstream  None for one that the operator removed: nobody can be asked, only the deadline counts
    """
    if upstream is None or not task.ticket:
        age_ms = now_ms - task.created_ms
        wait_ms = min(max(age_ms // AGE_SHARE, LOOK_UP_WAIT_MS_MIN), LOOK_UP_WAIT_MS_MAX)
    else:
        wait_ms = next_look_ms(
            now_ms - (task.sent_ms or task.created_ms),
            upstreams.durations_of(tx, task),
            reports=upstream.reports_on(task.callback_url),
        )
    return min(now_ms + wait_ms, task.deadline_ms)


def unknown_outcome(task: Task) -> Relay:
    """The 504 of contract rule 70: it names our own id, and asks not to be sent again."""
    return Relay(
        http_status=504,
        code=5002,
        message=(
            "the upstream did not say whether it took the task; "
            f"do not send it again, query {task.id}"
        ),
        request_id=task.request_id,
        data={
            "id": task.id,
            "task_id": task.id,
            "status": "submitted",
            "task_status": "submitted",
        },
    )


def mark_uncertain(
    tx: Transaction, task: Task, *, reason: str, release_after_s: int, now_ms: int
) -> Task | None:
    """Record that an order was sent and not answered: looked up from now on, never sent again."""
    next_ms = now_ms + LOOK_UP_WAIT_MS_MIN
    marked = tasks.move(
        tx,
        task,
        status=TaskStatus.UNCERTAIN,
        now_ms=now_ms,
        next_ms=next_ms,
        operator_note=reason,
        answer=msgspec.json.encode(unknown_outcome(task)),
        sent_ms=now_ms,
        deadline_ms=min(task.deadline_ms, task.created_ms + release_after_s * 1_000),
    )
    if marked is not None:
        engine.enqueue(tx, "track", task.id, at_ms=next_ms)
    return marked
