"""The lives of tasks: a line for every change, in the transaction that makes it.

`store.tasks` writes them; a task's page and the streams of events read them. A line is never
changed, and its number is the id of its event: who has seen one knows what came before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from framegate.domain.task import TaskStatus
from framegate.store import schema
from framegate.store.database import PlainInsert, Transaction

_life = schema.life


@dataclass(frozen=True, kw_only=True)
class Line:
    """One change of a task. Times are Unix milliseconds."""

    id: int
    task_id: str
    account_id: str
    at_ms: int
    status: TaskStatus
    note: str  # For the task's owner; "" for nothing to say.
    operator_note: str


# Built once (decision 12).
_COLUMNS = [_life.c[name] for name in Line.__dataclass_fields__]
_WRITE = PlainInsert("life", *(name for name in Line.__dataclass_fields__ if name != "id"))
_OF_TASK = (
    select(*_COLUMNS)
    .where(_life.c.task_id == bindparam("of_task"), _life.c.id > bindparam("after"))
    .order_by(_life.c.id)
    .limit(bindparam("rows_max"))
)
_OF_ACCOUNT = (
    select(*_COLUMNS)
    .where(_life.c.account_id == bindparam("of_account"), _life.c.id > bindparam("after"))
    .order_by(_life.c.id)
    .limit(bindparam("rows_max"))
)
_OF_ALL = (
    select(*_COLUMNS)
    .where(_life.c.id > bindparam("after"))
    .order_by(_life.c.id)
    .limit(bindparam("rows_max"))
)
_NEWEST = select(func.max(_life.c.id))


def write(
    tx: Transaction,
    *,
    task_id: str,
    account_id: str,
    at_ms: int,
    status: TaskStatus,
    note: str = "",
    operator_note: str = "",
) -> None:
    """Add a line to a task's life."""
    _WRITE(tx, task_id, account_id, at_ms, status.value, note, operator_note)


def of_task(tx: Transaction, task_id: str, *, after: int = 0, rows_max: int) -> list[Line]:
    """A task's lines behind line `after`, oldest first."""
    asked = {"of_task": task_id, "after": after, "rows_max": rows_max}
    return [_line(row) for row in tx.execute(_OF_TASK, asked)]


def of_account(tx: Transaction, account_id: str | None, *, after: int, rows_max: int) -> list[Line]:
    """The lines of an account's tasks behind line `after`, oldest first; None: of every account."""
    asked: dict[str, Any] = {"after": after, "rows_max": rows_max}
    if account_id is None:
        return [_line(row) for row in tx.execute(_OF_ALL, asked)]
    return [_line(row) for row in tx.execute(_OF_ACCOUNT, asked | {"of_account": account_id})]


def newest(tx: Transaction) -> int:
    """The number of the newest line; 0 before the first."""
    return tx.execute(_NEWEST).scalar() or 0


def _line(row: Row[Any]) -> Line:
    cells: Sequence[Any] = row
    known = dict(zip(Line.__dataclass_fields__, cells, strict=True))
    return Line(**known | {"status": TaskStatus(known["status"])})
