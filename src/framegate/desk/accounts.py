"""Accounts as operators see them, all of them, page by page."""

import re
from dataclasses import dataclass
from typing import Any

from framegate.desk.viewer import check_operator
from framegate.domain.ledger import Account, Caller
from framegate.domain.limits import ACCOUNT_FIELDS
from framegate.domain.money import decimal_from_micros
from framegate.domain.strict_json import got
from framegate.errors import FieldError, FieldsInvalid, NotFound
from framegate.gateway import Gateway
from framegate.store import accounts

LIMIT_DEFAULT, LIMIT_MAX = 100, 500
_CURSOR = re.compile(r"([0-9]{1,18})-(acc_[0-9A-Z]{26})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class AccountDesk:
    """The questions about accounts, with the gateway that they are asked of."""

    gateway: Gateway

    async def page(self, caller: Caller, *, cursor: str = "", limit: str = "") -> dict[str, Any]:
        """`{result, count, next_cursor, has_more}`: some accounts, oldest first.

        raises   RightMissing for any key but an operator's, FieldsInvalid with every complaint
        """
        check_operator(caller, "every account")
        after, rows_max = _asked(cursor, limit)
        # One more than is shown, to know whether there is more.
        found = await self.gateway.database.read(
            accounts.page_of_accounts, after=after, rows_max=rows_max + 1
        )
        shown, has_more = found[:rows_max], len(found) > rows_max
        return {
            "result": [account_shown(each, currency=self.gateway.currency) for each in shown],
            "count": len(shown),
            "next_cursor": f"{shown[-1].created_ms}-{shown[-1].id}" if has_more else "",
            "has_more": has_more,
        }

    async def one(self, caller: Caller, named: str) -> dict[str, Any]:
        """One account, by id or name. Raises RightMissing, NotFound."""
        check_operator(caller, "every account")
        found = await self.gateway.database.read(accounts.account_named, named)
        if found is None:
            raise NotFound("account not found")
        return account_shown(found, currency=self.gateway.currency)


def account_shown(account: Account, *, currency: str) -> dict[str, Any]:
    """An account, here and on the command line: amounts are decimal strings, no limit is null."""
    return {
        "id": account.id,
        "name": account.name,
        "unlimited": account.is_unlimited,
        "posted": decimal_from_micros(account.posted_micros),
        "held": decimal_from_micros(account.held_micros),
        "available": decimal_from_micros(account.available_micros),
        "currency": currency,
        "limits": account.limits.shown(ACCOUNT_FIELDS),
        "in_flight": account.in_flight,
        "created_at": account.created_ms,
    }


def _asked(cursor: str, limit: str) -> tuple[tuple[int, str] | None, int]:
    """The place and the size of a page. Raises FieldsInvalid with every violation."""
    place = _CURSOR.fullmatch(cursor)
    rows_max = int(limit) if _NUMBER.fullmatch(limit) else 0
    complaints = []
    if cursor and place is None:
        complaints.append("cursor must be the next_cursor of an earlier answer")
    if limit and not 1 <= rows_max <= LIMIT_MAX:
        complaints.append(f"limit must be an integer from 1 to {LIMIT_MAX}; got {got(limit)}")
    if complaints:
        raise FieldsInvalid(tuple(FieldError("", complaint) for complaint in complaints))
    return (int(place[1]), place[2]) if place else None, rows_max if limit else LIMIT_DEFAULT
