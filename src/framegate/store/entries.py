"""An account's lines of the ledger, newest first, each with what it is for.

`store.ledger` writes them; here they are only read, for the account's own pages.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from framegate.domain.ledger import TransferKind
from framegate.store import schema
from framegate.store.database import Transaction

_entries, _transfers, _holds = schema.entries, schema.transfers, schema.holds


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """One line: `amount_micros` is signed, `task_id` is "" for a top-up."""

    id: int
    transfer_id: str
    kind: TransferKind
    task_id: str
    amount_micros: int
    created_ms: int


@dataclass(frozen=True, kw_only=True)
class HoldRow:
    """The hold of a task: `closed_ms` is 0 while it is open."""

    amount_micros: int
    state: str
    opened_ms: int
    closed_ms: int


_COLUMNS = (
    _entries.c.id,
    _entries.c.transfer_id,
    _transfers.c.kind,
    _transfers.c.task_id,
    _entries.c.amount_micros,
    _transfers.c.created_ms,
)
_JOINED = select(*_COLUMNS).join_from(
    _entries, _transfers, _transfers.c.id == _entries.c.transfer_id
)
_HOLD = select(
    _holds.c.amount_micros, _holds.c.state, _holds.c.opened_ms, _holds.c.closed_ms
).where(_holds.c.task_id == bindparam("of_task"))


def page(tx: Transaction, account_id: str, *, before: int | None, rows_max: int) -> list[EntryRow]:
    """Some of an account's lines, newest first.

    before   only lines older than this one; None: from the newest on
    """
    query = _JOINED.where(_entries.c.ledger == account_id)
    if before is not None:
        query = query.where(_entries.c.id < before)
    rows = tx.execute(query.order_by(_entries.c.id.desc()).limit(rows_max))
    return [_entry(row) for row in rows]


def of_task(tx: Transaction, task_id: str, account_id: str) -> list[EntryRow]:
    """What an account's ledger says of one task, oldest first."""
    # Judged on the task's few lines: by its index, all of the account's would be walked.
    is_theirs = _entries.c.ledger.concat("") == account_id
    query = _JOINED.where(_transfers.c.task_id == task_id, is_theirs)
    return sorted(map(_entry, tx.execute(query)), key=lambda entry: entry.id)


def hold_of(tx: Transaction, task_id: str) -> HoldRow:
    """The one hold of a task."""
    row = tx.execute(_HOLD, {"of_task": task_id}).one()
    return HoldRow(**row._mapping)  # noqa: SLF001 - the documented way to read a row by name


def _entry(row: Row[*tuple[Any, ...]]) -> EntryRow:
    return EntryRow(
        id=row.id,
        transfer_id=row.transfer_id,
        kind=TransferKind(row.kind),
        task_id=row.task_id or "",
        amount_micros=row.amount_micros,
        created_ms=row.created_ms,
    )
