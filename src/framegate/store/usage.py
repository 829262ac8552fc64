"""What was used, by day and everything that it can be broken down by.

Counted in the transaction that ends a task, with the amount that the ledger took in it, so that a
year of tasks is a few rows a day. An audit compares it with the ledger (promise 2).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

from sqlalchemy import func, insert, select, update

from framegate.domain.task import Task
from framegate.store import schema
from framegate.store.database import Transaction

_usage = schema.usage

By = Literal["day", "key", "resolution", "upstream", "model", "status", "account"]
"""What usage is broken down by."""

BYS: tuple[By, ...] = get_args(By)
_COLUMN = {
    "day": _usage.c.day,
    "key": _usage.c.key_id,
    "resolution": _usage.c.resolution,
    "upstream": _usage.c.upstream,
    "model": _usage.c.model,
    "status": _usage.c.status,
    "account": _usage.c.account_id,
}
SUMS = ("tasks", "seconds", "spent_micros", "cost_micros", "costs_known")
GROUPS_MAX = 1_000
"""How many groups one answer holds: the largest spenders of what has more."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """The sums of one group. `costs_known` says of how many tasks the cost is known."""

    group: str
    tasks: int
    seconds: int
    spent_micros: int
    cost_micros: int
    costs_known: int


def day_of(at_ms: int) -> str:
    """The UTC day of a moment, `YYYY-MM-DD`."""
    return datetime.fromtimestamp(at_ms // 1_000, UTC).date().isoformat()


def count(tx: Transaction, task: Task, *, spent_micros: int, seconds: int) -> None:
    """Count a task that has just ended, with what the ledger took for it."""
    sums = {"tasks": 1, "seconds": seconds, "spent_micros": spent_micros}
    _add(tx, task, sums)


def note_cost(tx: Transaction, task: Task, *, cost_micros: int) -> None:
    """Add what the upstream billed us for a task that was counted before."""
    _add(tx, task, {"cost_micros": cost_micros, "costs_known": 1})


def by(
    tx: Transaction,
    dimension: By,
    *,
    account_id: str | None,
    first: date,
    last: date,
    groups_max: int = GROUPS_MAX,
) -> list[Used]:
    """Sums by one dimension, over all tasks that ended from `first` to `last`, both included.

    account_id  None: of every account
    returns     by day: in the order of days; else the largest spender first, `groups_max` at most
    """
    group = _COLUMN[dimension]
    query = (
        select(group, *(func.sum(_usage.c[name]) for name in SUMS))
        .where(_usage.c.day.between(first.isoformat(), last.isoformat()))
        .group_by(group)
        .limit(groups_max)
    )
    if account_id is not None:
        query = query.where(_usage.c.account_id == account_id)
    order = group if dimension == "day" else func.sum(_usage.c.spent_micros).desc()
    rows = tx.execute(query.order_by(order, group))
    # PostgreSQL sums whole numbers to decimals.
    return [
        Used(group=named, **{name: int(value) for name, value in zip(SUMS, values, strict=True)})
        for named, *values in rows
    ]


# --- inside -----------------------------------------------------------------------------------


def _add(tx: Transaction, task: Task, sums: dict[str, int]) -> None:
    key = {
        "account_id": task.account_id,
        # Its status changed last when it ended.
        "day": day_of(task.updated_ms),
        "key_id": task.key_id,
        "upstream": task.upstream,
        "model": task.model,
        "resolution": task.resolution,
        "status": task.status.value,
    }
    added = tx.execute(
        update(_usage)
        .where(*(_usage.c[name] == value for name, value in key.items()))
        .values({name: _usage.c[name] + amount for name, amount in sums.items()})
    )
    if added.rowcount == 0:
        tx.execute(insert(_usage).values(**key, **sums))
