"""What the last run of the audit found, kept for whoever asks: another process may have run it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, insert, select

from framegate.store import schema
from framegate.store.database import Transaction

_findings = schema.findings


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """One check as it was last made. Times are Unix milliseconds."""

    promise: int
    says: str
    broken: int
    ids: tuple[str, ...]
    checked_ms: int
    took_ms: int  # Of the whole run.


def keep(tx: Transaction, found: Sequence[FindingRow]) -> None:
    """Put the findings of a run in the place of those of the run before."""
    tx.execute(delete(_findings))
    for row in found:
        ids = msgspec.json.encode(row.ids).decode()
        tx.execute(insert(_findings).values(**vars(row) | {"ids": ids}))


def last(tx: Transaction) -> list[FindingRow]:
    """What the last run found, in the order of the promises; empty before the first run."""
    rows = tx.execute(select(_findings).order_by(_findings.c.promise, _findings.c.says))
    return [
        FindingRow(
            promise=row.promise,
            says=row.says,
            broken=row.broken,
            ids=tuple(msgspec.json.decode(row.ids)),
            checked_ms=row.checked_ms,
            took_ms=row.took_ms,
        )
        for row in rows
    ]
