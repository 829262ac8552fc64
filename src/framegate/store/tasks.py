"""Rows of tasks: begun once, moved by compare-and-set, ended once.

Every change names the fence that its caller read; when the row has another one by now, the change
does nothing and says so. Queries for a caller always carry the account (SAFETY promise 19).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, literal, or_, select, update

from framegate.domain.listing import Listing
from framegate.domain.task import Task, TaskStatus, Video, check_move
from framegate.store import schema
from framegate.store.database import Transaction

_tasks, _videos, _idempotency = schema.tasks, schema.videos, schema.idempotency

_VIDEO_COLUMNS = [_videos.c[name].label(f"video_{name}") for name in Video.__dataclass_fields__]
# The body is up to 1 MiB and hardly ever needed: it has a door of its own.
_TASK_COLUMNS = [column for column in _tasks.c if column.name not in {"body", "operator_note"}]

# Written into the statement, not bound: only then can the index of external ids, which leaves the
# others out, be seen to hold every row that is asked for.
_IS_NOT_REFUSED = _tasks.c.status != literal(TaskStatus.REFUSED.value, literal_execute=True)
_IS_NAMED = _tasks.c.external_task_id != literal("", literal_execute=True)
# The account as an expression: where the primary key names the rows, no index of the account may
# lead, or SQLite reads all of an account's tasks to find twenty.
_ACCOUNT_ASIDE = _tasks.c.account_id.concat("")


def begin(tx: Transaction, task: Task, *, body: bytes) -> None:
    """Insert a task that has just been accepted from its caller."""
    tx.execute(
        insert(_tasks).values(
            id=task.id,
            account_id=task.account_id,
            key_id=task.key_id,
            kind=task.kind,
            model=task.model,
            status=task.status.value,
            fence=task.fence,
            request_id=task.request_id,
            upstream=task.upstream,
            ticket=task.ticket,
            external_task_id=task.external_task_id,
            callback_url=task.callback_url,
            resolution=task.resolution,
            aspect_ratio=task.aspect_ratio,
            duration_s=task.duration_s,
            body=body,
            body_sha256=task.body_sha256,
            price_micros=task.price_micros,
            price_version=task.price_version,
            currency=task.currency,
            answer=task.answer,
            created_ms=task.created_ms,
            updated_ms=task.updated_ms,
            sent_ms=task.sent_ms,
            next_ms=task.next_ms,
            deadline_ms=task.deadline_ms,
        )
    )


def move(
    tx: Transaction,
    task: Task,
    /,
    *,
    status: TaskStatus,
    now_ms: int,
    next_ms: int,
    operator_note: str | None = None,
    **changes: Any,
) -> Task | None:
    """Write the task's next value if nobody wrote one since `task` was read.

    changes  columns that change with the status: ticket, message, answer, upstream, sent_ms, polls
    returns  the task as it is now, or None when the fence had moved
    raises   IllegalMove when the table of moves does not allow it
    """
    if status is not task.status or task.status.is_terminal:
        check_move(task.status, status)
        changes["updated_ms"] = now_ms
    if status.is_terminal:
        changes["ended_ms"], next_ms = now_ms, 0
    if operator_note is not None:
        changes["operator_note"] = operator_note
    changed = tx.execute(
        update(_tasks)
        .where(
            _tasks.c.id == task.id,
            _tasks.c.fence == task.fence,
            _tasks.c.status == task.status.value,
        )
        .values(status=status.value, fence=task.fence + 1, next_ms=next_ms, **changes)
    )
    if changed.rowcount != 1:
        return None
    known = {name: value for name, value in changes.items() if name in Task.__dataclass_fields__}
    return replace(task, status=status, fence=task.fence + 1, next_ms=next_ms, **known)


def record_late(tx: Transaction, task_id: str, *, now_ms: int) -> None:
    """Note that an upstream succeeded after we had released: nothing is charged (promise 6)."""
    tx.execute(
        update(_tasks).where(_tasks.c.id == task_id, _tasks.c.late_ms == 0).values(late_ms=now_ms)
    )


def keep_video(tx: Transaction, task: Task, video: Video) -> None:
    """Make a stored video visible, in the transaction that ends its task."""
    tx.execute(
        insert(_videos).values(
            id=video.id,
            task_id=task.id,
            account_id=task.account_id,
            output_id=video.output_id,
            bytes_count=video.bytes_count,
            sha256=video.sha256,
            duration=video.duration,
            source_url=video.source_url,
            created_ms=video.created_ms,
        )
    )


def by_id(tx: Transaction, task_id: str) -> Task | None:
    """A task by our own id, for flows."""
    return next(iter(_many(tx, _tasks.c.id == task_id)), None)


def of_caller(tx: Transaction, account_id: str, public_id: str) -> Task | None:
    """A caller's task by our id or the upstream's."""
    return next(iter(of_caller_by_ids(tx, account_id, [public_id])), None)


def of_caller_by_ids(tx: Transaction, account_id: str, public_ids: Sequence[str]) -> list[Task]:
    """A caller's tasks by our ids or the upstreams', in that order, each task once."""
    # Two statements, each with its index: an OR of both columns would read all of the account's.
    known = [public_id for public_id in public_ids if public_id]
    found: dict[str, Task] = {}
    for task in _many(tx, _is_of(account_id), _tasks.c.ticket.in_(known)):
        found[task.ticket] = task
    for task in _many(tx, _is_of(account_id, _ACCOUNT_ASIDE), _tasks.c.id.in_(known)):
        found[task.id] = task
    return list({found[name].id: found[name] for name in known if name in found}.values())


def of_caller_by_external_ids(
    tx: Transaction, account_id: str, external_task_ids: Sequence[str]
) -> list[Task]:
    """A caller's tasks by the caller's own ids, in that order, each task once."""
    named = _many(
        tx,
        _is_of(account_id),
        _IS_NAMED,
        _tasks.c.external_task_id.in_(external_task_ids),
    )
    found = {task.external_task_id: task for task in named}
    return [found[name] for name in dict.fromkeys(external_task_ids) if name in found]


def by_external_id(tx: Transaction, account_id: str, external_task_id: str) -> Task | None:
    """A caller's task by the caller's own id."""
    return next(iter(of_caller_by_external_ids(tx, account_id, [external_task_id])), None)


def page(tx: Transaction, account_id: str, listing: Listing) -> tuple[list[Task], bool]:
    """One page of a caller's tasks, newest first, and whether more come after it."""
    conditions = [
        _is_of(account_id),
        _tasks.c.created_ms.between(listing.start_ms, listing.end_ms),
        _tasks.c.status.in_(sorted(listing.statuses)),
    ]
    if listing.after is not None:
        # Tasks of one millisecond are told apart by their ids; the index still bounds the times.
        conditions.append(
            or_(
                _tasks.c.created_ms < listing.after.created_ms,
                _tasks.c.id < listing.after.task_id,
            )
        )
    found = _many(
        tx,
        *conditions,
        order_by=(_tasks.c.created_ms.desc(), _tasks.c.id.desc()),
        rows_max=listing.limit + 1,
    )
    return found[: listing.limit], len(found) > listing.limit


def body_of(tx: Transaction, task_id: str) -> bytes:
    """The caller's exact bytes."""
    body: bytes = tx.execute(select(_tasks.c.body).where(_tasks.c.id == task_id)).scalar_one()
    return body


def open_overdue(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of non-terminal tasks whose next look is overdue: the sweeper's work."""
    rows = tx.execute(
        select(_tasks.c.id)
        .where(_tasks.c.ended_ms == 0, _tasks.c.next_ms < before_ms)
        .order_by(_tasks.c.next_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


# --- videos -----------------------------------------------------------------------------------


def video_by_id(tx: Transaction, video_id: str) -> Video | None:
    """A video whose file is still kept."""
    row = tx.execute(
        select(*_VIDEO_COLUMNS).where(_videos.c.id == video_id, _videos.c.deleted_ms == 0)
    ).one_or_none()
    return _video(row) if row else None


def expired_videos(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of kept videos that are older than retention allows."""
    rows = tx.execute(
        select(_videos.c.id)
        .where(_videos.c.deleted_ms == 0, _videos.c.created_ms < before_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


def forget_video(tx: Transaction, video_id: str, *, now_ms: int) -> None:
    """Note that a video's file is going: the row goes blind before the file does."""
    tx.execute(update(_videos).where(_videos.c.id == video_id).values(deleted_ms=now_ms))


def video_ids(tx: Transaction) -> set[str]:
    """Ids of all videos whose files must be there."""
    return set(tx.execute(select(_videos.c.id).where(_videos.c.deleted_ms == 0)).scalars())


# --- idempotency ------------------------------------------------------------------------------


def remembered(tx: Transaction, *, account_id: str, path: str, key: str) -> tuple[str, str] | None:
    """The body hash and the task behind an Idempotency-Key, when it came before."""
    row = tx.execute(
        select(_idempotency.c.body_sha256, _idempotency.c.task_id).where(
            _idempotency.c.account_id == account_id,
            _idempotency.c.path == path,
            _idempotency.c.key == key,
        )
    ).one_or_none()
    return (row.body_sha256, row.task_id) if row else None


def remember(
    tx: Transaction,
    *,
    account_id: str,
    path: str,
    key: str,
    body_sha256: str,
    task_id: str,
    now_ms: int,
) -> None:
    """Bind an Idempotency-Key to the task that begins in this transaction."""
    tx.execute(
        insert(_idempotency).values(
            account_id=account_id,
            path=path,
            key=key,
            body_sha256=body_sha256,
            task_id=task_id,
            created_ms=now_ms,
        )
    )


def forget_request(tx: Transaction, task_id: str) -> None:
    """Free the Idempotency-Key of a refused create (rule 50)."""
    tx.execute(delete(_idempotency).where(_idempotency.c.task_id == task_id))


def forget_requests(tx: Transaction, *, before_ms: int) -> None:
    """Drop keys that are older than we promised to keep them."""
    tx.execute(delete(_idempotency).where(_idempotency.c.created_ms < before_ms))


# --- inside -----------------------------------------------------------------------------------


def _is_of(
    account_id: str, column: ColumnElement[str] = _tasks.c.account_id
) -> ColumnElement[bool]:
    """The one place that says whose a task is; a refused create is nobody's (rule 84)."""
    return and_(column == account_id, _IS_NOT_REFUSED)


def _many(
    tx: Transaction,
    *conditions: ColumnElement[bool],
    order_by: Sequence[ColumnElement[Any]] = (),
    rows_max: int | None = None,
) -> list[Task]:
    """Every task that meets all conditions, or the first `rows_max` of them."""
    query = (
        select(*_TASK_COLUMNS, *_VIDEO_COLUMNS)
        .join_from(
            _tasks,
            _videos,
            and_(_videos.c.task_id == _tasks.c.id, _videos.c.deleted_ms == 0),
            isouter=True,
        )
        .where(*conditions)
        .order_by(*order_by)
        .limit(rows_max)
    )
    return [_task(row) for row in tx.execute(query)]


def _task(row: Row[Any]) -> Task:
    cells = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    names = [name for name in Task.__dataclass_fields__ if name not in {"status", "video"}]
    return Task(
        status=TaskStatus(cells["status"]),
        video=_video(row) if cells["video_id"] else None,
        **{name: cells[name] for name in names},
    )


def _video(row: Row[Any]) -> Video:
    cells = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return Video(**{name: cells[f"video_{name}"] for name in Video.__dataclass_fields__})
