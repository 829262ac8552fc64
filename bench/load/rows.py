"""Tasks in flight, written straight through the store: over HTTP it would take minutes."""

import time
from pathlib import Path

from fakes import rows
from framegate.domain.task import TaskStatus
from framegate.store import accounts
from framegate.store.database import Database, Transaction

TASKS_PER_UNIT = 500
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def fill(path: Path, count: int) -> None:
    """Add so many submitted tasks, with hold and wake-up, to a gateway that does not run.

    None is due within the hour, and all belong to the first account.
    """
    database = Database.open(f"sqlite:///{path}")
    try:
        for first in range(0, count, TASKS_PER_UNIT):
            numbers = range(first, min(first + TASKS_PER_UNIT, count))
            database.write_now(_write, numbers, now_ms=time.time_ns() // 1_000_000)
    finally:
        database.close_now()


def _write(tx: Transaction, numbers: range, *, now_ms: int) -> None:
    account, *_ = accounts.all_accounts(tx)
    due_ms = now_ms + HOUR_MS
    for number in numbers:
        task = rows.begin(
            tx,
            account.id,
            upstream="vendor",
            created_ms=now_ms,
            updated_ms=now_ms,
            next_ms=due_ms,
            deadline_ms=now_ms + DAY_MS,
        )
        ticket = f"{now_ms}{number:05d}"
        rows.move(tx, task, TaskStatus.SUBMITTED, ticket=ticket, now_ms=now_ms, next_ms=due_ms)
