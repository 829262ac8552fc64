"""The one transaction that ends a task: terminal status, money, and who is told.

Track calls it for every end that an upstream or the clock brings. It works inside the caller's
transaction and does nothing when another worker ended the task first.
"""

from framegate import crash
from framegate.domain.task import Task, TaskStatus, Video
from framegate.engine import embedded as engine
from framegate.flows import tell
from framegate.store import holds, idempotency, tasks, usage, videos
from framegate.store.database import Transaction


def succeed(
    tx: Transaction, task: Task, *, video: Video, now_ms: int, upstream_tells: bool
) -> Task | None:
    """End a task whose video is stored: settle its hold."""
    ended = tasks.move(tx, task, status=TaskStatus.SUCCEEDED, now_ms=now_ms, next_ms=0)
    if ended is None:
        return None
    videos.keep(tx, ended, video)
    crash.at("finish.inside")
    taken_micros = holds.settle(tx, task_id=task.id, now_ms=now_ms)
    usage.count(tx, ended, spent_micros=taken_micros, seconds=ended.duration_s)
    _tell(tx, ended, now_ms=now_ms, upstream_tells=upstream_tells)
    return ended


def give_up(
    tx: Transaction,
    task: Task,
    *,
    status: TaskStatus,
    message: str,
    now_ms: int,
    upstream_tells: bool,
    operator_note: str | None = None,
) -> Task | None:
    """End a task without a video (failed, cancelled or expired): release its hold in full."""
    ended = tasks.move(
        tx,
        task,
        status=status,
        now_ms=now_ms,
        next_ms=0,
        message=message,
        operator_note=operator_note,
    )
    if ended is None:
        return None
    holds.release(tx, task_id=task.id, now_ms=now_ms)
    usage.count(tx, ended, spent_micros=0, seconds=0)
    _tell(tx, ended, now_ms=now_ms, upstream_tells=upstream_tells)
    return ended


def refuse(tx: Transaction, task: Task, *, note: str, now_ms: int) -> Task | None:
    """End a create that no upstream took: an operator's record, and nobody's task (rule 84)."""
    ended = tasks.move(
        tx, task, status=TaskStatus.REFUSED, now_ms=now_ms, next_ms=0, operator_note=note
    )
    if ended is None:
        return None
    holds.release(tx, task_id=task.id, now_ms=now_ms)
    idempotency.forget(tx, task.id)
    engine.forget(tx, "track", task.id)
    return ended


def _tell(tx: Transaction, task: Task, *, now_ms: int, upstream_tells: bool) -> None:
    if not upstream_tells:
        tell.callback_of(tx, task, now_ms=now_ms)
    tell.endpoints_of(tx, task, now_ms=now_ms)
