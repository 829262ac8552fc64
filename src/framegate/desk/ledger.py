"""An account's ledger as its owner reads it: line by line, newest first, with the balance."""

from dataclasses import dataclass
from typing import Any

from framegate.desk.accounts import account_shown
from framegate.desk.asked import Asked, Query
from framegate.desk.cursor import cursor, place_of
from framegate.desk.task_shown import entry_shown
from framegate.desk.viewer import one_account
from framegate.domain.ledger import Account, Caller
from framegate.domain.money import decimal_from_micros
from framegate.domain.task import Task
from framegate.gateway import Gateway
from framegate.store import entries, tasks
from framegate.store.database import Transaction
from framegate.store.entries import EntryRow

LIMIT_DEFAULT, LIMIT_MAX = 50, 100


@dataclass(frozen=True)
class LedgerDesk:
    """The questions about an account's money, with the gateway that they are asked of."""

    gateway: Gateway

    async def page(self, caller: Caller, query: Query) -> dict[str, Any]:
        """`{account, result, count, next_cursor, has_more}`: each line with the balance after it.

        query    `account` (an operator's choice; the viewer's own unless given), `cursor`, `limit`
        raises   FieldsInvalid with every complaint; RightMissing, NotFound for an account
        """
        asked = Asked(query, known=("account", "cursor", "limit"))
        named, sent = asked.word("account"), asked.word("cursor")
        place = place_of(self.gateway.keyring, caller, sent) if sent else None
        if sent and (place is None or place[0] != "ledger"):
            asked.complain("cursor must be the next_cursor of an earlier answer")
        limit = asked.number("limit", default=LIMIT_DEFAULT, number_max=LIMIT_MAX)
        asked.raise_any()
        account, found, about = await self.gateway.database.read(
            _page, caller, named, before=int(place[1]) if place else None, rows_max=limit + 1
        )
        # A line is never changed, so that the balance before one stays true for ever.
        balance_micros = int(place[2]) if place else account.posted_micros
        shown = []
        for entry in found[:limit]:
            shown.append(_shown(entry, balance_micros, about.get(entry.task_id)))
            balance_micros -= entry.amount_micros
        has_more = len(found) > limit
        next_cursor = ""
        if has_more:
            last = found[limit - 1]
            next_cursor = cursor(self.gateway.keyring, caller, "ledger", last.id, balance_micros)
        return {
            "account": account_shown(account, currency=self.gateway.currency),
            "result": shown,
            "count": len(shown),
            "next_cursor": next_cursor,
            "has_more": has_more,
        }


def _page(
    tx: Transaction, caller: Caller, named: str, *, before: int | None, rows_max: int
) -> tuple[Account, list[EntryRow], dict[str, Task]]:
    account = one_account(tx, caller, named)
    found = entries.page(tx, account.id, before=before, rows_max=rows_max)
    paid_for = [entry.task_id for entry in found if entry.task_id]
    return account, found, {each.task.id: each.task for each in tasks.records(tx, paid_for)}


def _shown(entry: EntryRow, balance_micros: int, task: Task | None) -> dict[str, Any]:
    """A line with the balance after it, and the facts of the task that it is for."""
    facts = None
    if task is not None:
        facts = {
            "id": task.public_id,
            "model": task.model,
            "resolution": task.resolution,
            "duration": task.duration_s,
            "key": task.key_id,
        }
    return entry_shown(entry) | {"balance": decimal_from_micros(balance_micros), "for": facts}
