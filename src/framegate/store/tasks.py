"""Rows of tasks: begun once, moved by compare-and-set, ended once.

Every change names the fence that its caller read; when the row has another one by now, the change
does nothing and says so. Queries for a caller always carry the account (promise 19).

What every create and every look runs is built once, below, and given its values when it runs:
building it again costs several times what SQLite needs to run it (decision 12).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from framegate.domain.cost import NOT_KNOWN
from framegate.domain.listing import Listing
from framegate.domain.task import Task, TaskStatus, check_move
from framegate.store import life, prompts, schema, videos
from framegate.store.database import Transaction
from framegate.store.prompts import NOTHING, Prompt

# As many values as one statement may name everywhere.
TICKETS_AT_ONCE_MAX = 500

_tasks, _videos = schema.tasks, schema.videos

# The body is up to 1 MiB and hardly ever needed: it has a door of its own.
_TASK_COLUMNS = [column for column in _tasks.c if column.name not in {"body", "operator_note"}]
# A task's fields that a column holds as they are.
_TASK_NAMES = [name for name in Task.__dataclass_fields__ if name not in {"status", "video"}]

_WITH_VIDEOS = _tasks.outerjoin(
    _videos, and_(_videos.c.task_id == _tasks.c.id, _videos.c.deleted_ms == 0)
)

# A task and the video that is kept of it, if any; a WHERE says which.
_A_TASK = select(*_TASK_COLUMNS, *videos.COLUMNS).select_from(_WITH_VIDEOS).limit(1)
_BY_ID = _A_TASK.where(_tasks.c.id == bindparam("task_id"))
# Written into the statement, not bound: only then can the index of external ids, which leaves the
# others out, be seen to hold every row that is asked for.
_IS_NOT_REFUSED = _tasks.c.status != literal(TaskStatus.REFUSED.value, literal_execute=True)
_IS_NAMED = _tasks.c.external_task_id != literal("", literal_execute=True)
# The account as an expression: where the primary key names the rows, no index of the account may
# lead, or SQLite reads all of an account's tasks to find twenty.
_ACCOUNT_ASIDE = _tasks.c.account_id.concat("")
# And where the ticket names the rows, no index of the upstream may lead.
_UPSTREAM_ASIDE = _tasks.c.upstream.concat("")
# A refused create is nobody's task.
_OF_CALLER_BY_TICKET = _A_TASK.where(
    _tasks.c.account_id == bindparam("account_id"),
    _tasks.c.ticket == bindparam("public_id"),
    _IS_NOT_REFUSED,
)
_OF_CALLER_BY_ID = _A_TASK.where(
    bindparam("account_id") == _ACCOUNT_ASIDE,
    _tasks.c.id == bindparam("public_id"),
    _IS_NOT_REFUSED,
)
_BY_EXTERNAL_ID = _A_TASK.where(
    _tasks.c.account_id == bindparam("account_id"),
    _tasks.c.external_task_id == bindparam("external_task_id"),
    _IS_NAMED,
    _IS_NOT_REFUSED,
)
# By status, so that one index answers: by the end, every row would be read, beside its body.
_SOME_IN_FLIGHT = (
    select(_tasks.c.created_ms)
    .where(
        _tasks.c.upstream == bindparam("of_upstream"),
        _tasks.c.status.in_([each.value for each in TaskStatus if not each.is_terminal]),
    )
    .limit(bindparam("count_max"))
)
_IN_FLIGHT = select(func.count()).select_from(_SOME_IN_FLIGHT.subquery())
_BEGIN = insert(_tasks)
# The compare-and-set: which columns are set is said by the values that it runs with.
_MOVE = update(_tasks).where(
    _tasks.c.id == bindparam("read_id"),
    _tasks.c.fence == bindparam("read_fence"),
    _tasks.c.status == bindparam("read_status"),
)


def begin(tx: Transaction, task: Task, *, body: bytes, prompt: Prompt = NOTHING) -> None:
    """Insert a task that has just been accepted from its caller, with the first line of its life.

    prompt   what the body asks for in words and picture, to be found by
    """
    cells = {name: getattr(task, name) for name in _TASK_NAMES}
    tx.execute(_BEGIN, cells | {"status": task.status.value, "body": body})
    prompts.keep(tx, task.id, prompt)
    life.write(
        tx,
        task_id=task.id,
        account_id=task.account_id,
        at_ms=task.created_ms,
        status=task.status,
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

    A change of status is a line of the task's life, and so is whatever leaves the operator a note;
    a look that brought nothing new is not.

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
    read = {"read_id": task.id, "read_fence": task.fence, "read_status": task.status.value}
    written = {"status": status.value, "fence": task.fence + 1, "next_ms": next_ms, **changes}
    changed = tx.execute(_MOVE, read | written)
    if changed.rowcount != 1:
        return None
    if status is not task.status or operator_note:
        life.write(
            tx,
            task_id=task.id,
            account_id=task.account_id,
            at_ms=now_ms,
            status=status,
            note=changes.get("message", ""),
            operator_note=operator_note or "",
        )
    known = {name: value for name, value in changes.items() if name in Task.__dataclass_fields__}
    return replace(task, status=status, fence=task.fence + 1, next_ms=next_ms, **known)


def note_cost(
    tx: Transaction, task_id: str, *, billing: Sequence[Mapping[str, Any]], cost_micros: int
) -> bool:
    """Keep what the upstream billed us, in its own shape and in ours: for the operator only.

    returns  whether a cost is known now that was not known before
    """
    if not billing:
        return False
    text = msgspec.json.encode(billing).decode()
    noted = tx.execute(
        update(_tasks)
        .where(_tasks.c.id == task_id, _tasks.c.cost_micros == NOT_KNOWN)
        .values(billing=text, cost_micros=cost_micros)
    )
    return noted.rowcount == 1 and cost_micros != NOT_KNOWN


def note_late(tx: Transaction, task_id: str, *, now_ms: int) -> None:
    """Note that an upstream succeeded after we had released: nothing is charged (promise 6)."""
    tx.execute(
        update(_tasks).where(_tasks.c.id == task_id, _tasks.c.late_ms == 0).values(late_ms=now_ms)
    )


def by_id(tx: Transaction, task_id: str) -> Task | None:
    """A task by our own id, for flows."""
    return _one(tx, _BY_ID, task_id=task_id)


def of_caller(tx: Transaction, account_id: str, public_id: str) -> Task | None:
    """A caller's task by our id or the upstream's; refused ones are nobody's (rule 84)."""
    if not public_id:
        return None  # Every task without a ticket would match.
    # Two statements, each with its index: an OR of both columns would read all of the account's.
    found = _one(tx, _OF_CALLER_BY_TICKET, account_id=account_id, public_id=public_id)
    return found or _one(tx, _OF_CALLER_BY_ID, account_id=account_id, public_id=public_id)


def of_caller_by_ids(tx: Transaction, account_id: str, public_ids: Sequence[str]) -> list[Task]:
    """A caller's tasks by our ids or the upstreams', in that order, each task once."""
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
    return _one(tx, _BY_EXTERNAL_ID, account_id=account_id, external_task_id=external_task_id)


def page(tx: Transaction, account_id: str, listing: Listing) -> tuple[list[Task], bool]:
    """One page of a caller's tasks, newest first, and whether more come after it."""
    conditions = [
        _is_of(account_id),
        _tasks.c.created_ms.between(listing.start_ms, listing.end_ms),
        # As an expression: by the index of statuses all of them would be sorted for one page.
        _tasks.c.status.concat("").in_(sorted(listing.statuses)),
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


def is_taken(tx: Transaction, *, upstream: str, ticket: str) -> bool:
    """Whether a task has this ticket of an upstream: no other one can have it too."""
    row = tx.execute(
        select(_tasks.c.id)
        .where(_tasks.c.ticket == ticket, _UPSTREAM_ASIDE.in_([upstream]))
        .limit(1)
    )
    return row.one_or_none() is not None


def body_of(tx: Transaction, task_id: str) -> bytes:
    """The caller's exact bytes."""
    body: bytes = tx.execute(select(_tasks.c.body).where(_tasks.c.id == task_id)).scalar_one()
    return body


def in_flight(tx: Transaction, upstream: str, *, count_max: int) -> int:
    """How many tasks an upstream has that have not ended; counted no further than `count_max`."""
    count: int = tx.execute(
        _IN_FLIGHT, {"of_upstream": upstream, "count_max": count_max}
    ).scalar_one()
    return count


def counts_since(tx: Transaction, *, upstream: str, since_ms: int) -> Counter[TaskStatus]:
    """How many tasks that an upstream was given since then have each status now."""
    rows = tx.execute(
        select(_tasks.c.status, func.count())
        .where(_tasks.c.upstream == upstream, _tasks.c.created_ms >= since_ms)
        # As an expression: there is an index in the order of the statuses, and SQLite would walk
        # all of an upstream's tasks along it to group those of an hour.
        .group_by(_tasks.c.status.concat(""))
    )
    return Counter({TaskStatus(status): count for status, count in rows})


def holders(tx: Transaction, *, upstream: str, tickets: Sequence[str]) -> dict[str, Task]:
    """Which of our tasks holds each ticket of an upstream; one that nobody holds is absent."""
    found: dict[str, Task] = {}
    for first in range(0, len(tickets), TICKETS_AT_ONCE_MAX):
        some = tickets[first : first + TICKETS_AT_ONCE_MAX]
        held = _many(tx, _tasks.c.ticket.in_(some), _UPSTREAM_ASIDE.in_([upstream]))
        found |= {task.ticket: task for task in held}
    return found


def open_overdue(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of non-terminal tasks whose next look is overdue: the sweeper's work."""
    rows = tx.execute(
        select(_tasks.c.id)
        .where(_tasks.c.ended_ms == 0, _tasks.c.next_ms < before_ms)
        .order_by(_tasks.c.next_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


def bring_forward(tx: Transaction, *, by_ms: int, now_ms: int) -> None:
    """Bring every look that is to come forward; deadlines stay, since they are dates."""
    tx.execute(
        update(_tasks)
        .where(_tasks.c.ended_ms == 0, _tasks.c.next_ms > now_ms)
        .values(next_ms=_tasks.c.next_ms - by_ms)
    )


# --- the operator's view ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Record:
    """A task with what only the operator may see."""

    task: Task
    operator_note: str
    billing: str  # JSON, the upstream's own; "" for none.
    cost_micros: int  # domain.cost.NOT_KNOWN where it cannot be told.
    late_ms: int


def record_of(tx: Transaction, any_id: str) -> Record | None:
    """One task by our id or the upstream's, of whichever account."""
    found = _records(tx, or_(_tasks.c.id == any_id, _tasks.c.ticket == (any_id or None)), 1)
    return found[0] if found else None


def records(tx: Transaction, task_ids: Sequence[str]) -> list[Record]:
    """Some tasks by our ids, in that order, of whichever accounts: the caller has judged that."""
    found = {each.task.id: each for each in _records(tx, _tasks.c.id.in_(task_ids), len(task_ids))}
    return [found[task_id] for task_id in task_ids if task_id in found]


def uncertain_records(tx: Transaction, *, rows_max: int) -> list[Record]:
    """The tasks of which nobody knows whether they were bought, oldest first."""
    return _records(tx, _tasks.c.status == TaskStatus.UNCERTAIN.value, rows_max)


# --- inside -----------------------------------------------------------------------------------


def _one(tx: Transaction, statement: Select[Any], **values: str) -> Task | None:
    row = tx.execute(statement, values).one_or_none()
    return _task(row) if row else None


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
        select(*_TASK_COLUMNS, *videos.COLUMNS)
        .select_from(_WITH_VIDEOS)
        .where(*conditions)
        .order_by(*order_by)
        .limit(rows_max)
    )
    return [_task(row) for row in tx.execute(query)]


def _records(tx: Transaction, condition: Any, rows_max: int) -> list[Record]:
    columns: list[Any] = [*_TASK_COLUMNS, _tasks.c.operator_note, *videos.COLUMNS]
    rows = tx.execute(
        select(*columns)
        .select_from(_WITH_VIDEOS)
        .where(condition)
        .order_by(_tasks.c.created_ms)
        .limit(rows_max)
    )
    return [
        Record(
            task=_task(row),
            operator_note=row.operator_note,
            billing=row.billing,
            cost_micros=row.cost_micros,
            late_ms=row.late_ms,
        )
        for row in rows
    ]


def _task(row: Row[Any]) -> Task:
    cells = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return Task(
        status=TaskStatus(cells["status"]),
        video=videos.read(row) if cells["video_id"] else None,
        **{name: cells[name] for name in _TASK_NAMES},
    )
