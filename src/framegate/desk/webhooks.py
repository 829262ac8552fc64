"""An account's webhooks and what they were told, as its owner looks at them."""

import re
from dataclasses import dataclass
from typing import Any

from framegate.desk.deliveries import attempt_shown, delivery_shown, endpoint_shown
from framegate.domain.delivery import Attempt, DeliveryStatus
from framegate.domain.endpoint import Endpoint
from framegate.domain.ledger import Caller
from framegate.domain.strict_json import got
from framegate.errors import FieldError, FieldsInvalid
from framegate.flows import subscribe
from framegate.gateway import Gateway
from framegate.store import deliveries, endpoints
from framegate.store.database import Transaction
from framegate.store.deliveries import Told

LIMIT_DEFAULT, LIMIT_MAX = 50, 100

RECENT_MAX = 50
"""Deliveries of one webhook that its success rate is of: the newest."""

RATED_MAX = 50
"""Webhooks of a list that are given a rate, newest first; each is one look at an index."""

_CURSOR = re.compile(r"([0-9]{1,18})-(msg_[0-9A-Z]{26})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)

RETRYING = "retrying"
Recent = dict[str, int]


@dataclass(frozen=True)
class WebhookDesk:
    """The questions about webhooks, with the gateway that they are asked of."""

    gateway: Gateway

    async def listed(self, caller: Caller) -> dict[str, Any]:
        """`{result, count}`: all of the account's, newest first, each with its `recent`.

        `recent` counts the newest RECENT_MAX deliveries by what became of them: one that is
        `pending` was not tried yet, one that is `retrying` failed and is tried again. It is null
        beyond the first RATED_MAX webhooks.
        """
        found = await self.gateway.database.read(_rated, caller.account.id)
        return {"result": [_seen(*each) for each in found], "count": len(found)}

    async def one(self, caller: Caller, endpoint_id: str) -> dict[str, Any]:
        """One webhook with its `recent`. Raises NotFound."""
        found = await self.gateway.database.read(_one, caller.account.id, endpoint_id)
        return _seen(*found)

    async def page(
        self,
        caller: Caller,
        endpoint_id: str | None,
        *,
        status: str = "",
        cursor: str = "",
        limit: str = "",
    ) -> dict[str, Any]:
        """`{result, count, next_cursor, has_more}`: deliveries, newest first.

        endpoint_id  of this webhook alone; None: of every one, and of every callback_url
        raises       NotFound for the webhook, FieldsInvalid with every complaint
        """
        wanted, after, rows_max = _asked(status, cursor, limit)
        found = await self.gateway.database.read(
            _found,
            caller.account.id,
            endpoint_id=endpoint_id,
            status=wanted,
            after=after,
            # One more than is shown, to know whether there is more.
            rows_max=rows_max + 1,
        )
        shown = found[:rows_max]
        return {
            "result": [delivery_shown(told) for told in shown],
            "count": len(shown),
            "next_cursor": _cursor(shown[-1]) if len(found) > rows_max else "",
            "has_more": len(found) > rows_max,
        }

    async def delivery(self, caller: Caller, delivery_id: str) -> dict[str, Any]:
        """One delivery with all its attempts, oldest first; an operator sees anybody's.

        raises   NotFound
        """
        told, attempts = await self.gateway.database.read(_with_attempts, caller, delivery_id)
        return delivery_shown(told) | {"attempts": [attempt_shown(each) for each in attempts]}


# --- inside -----------------------------------------------------------------------------------


def _seen(endpoint: Endpoint, recent: Recent | None) -> dict[str, Any]:
    return endpoint_shown(endpoint) | {"recent": recent}


def _recent(tx: Transaction, endpoint: Endpoint) -> Recent:
    counts = dict.fromkeys(("pending", RETRYING, "delivered", "failed"), 0)
    for status, attempts in deliveries.newest(tx, endpoint.id, rows_max=RECENT_MAX):
        is_retrying = status is DeliveryStatus.PENDING and attempts
        counts[RETRYING if is_retrying else status.value] += 1
    return counts


def _rated(tx: Transaction, account_id: str) -> list[tuple[Endpoint, Recent | None]]:
    found = endpoints.of_account(tx, account_id)
    return [(each, _recent(tx, each) if at < RATED_MAX else None) for at, each in enumerate(found)]


def _one(tx: Transaction, account_id: str, endpoint_id: str) -> tuple[Endpoint, Recent]:
    endpoint = subscribe.endpoint_of(tx, account_id, endpoint_id)
    return endpoint, _recent(tx, endpoint)


def _found(
    tx: Transaction,
    account_id: str,
    *,
    endpoint_id: str | None,
    status: DeliveryStatus | None,
    after: tuple[int, str] | None,
    rows_max: int,
) -> list[Told]:
    if endpoint_id is not None:
        subscribe.endpoint_of(tx, account_id, endpoint_id)
    return deliveries.page(
        tx, account_id, endpoint_id=endpoint_id, status=status, after=after, rows_max=rows_max
    )


def _with_attempts(tx: Transaction, caller: Caller, delivery_id: str) -> tuple[Told, list[Attempt]]:
    told = subscribe.delivery_seen(tx, caller, delivery_id)
    return told, deliveries.attempts_of(tx, told.delivery.id)


def _asked(
    status: str, cursor: str, limit: str
) -> tuple[DeliveryStatus | None, tuple[int, str] | None, int]:
    """The status, the place and the size of a page. Raises FieldsInvalid with every violation."""
    place = _CURSOR.fullmatch(cursor)
    rows_max = int(limit) if _NUMBER.fullmatch(limit) else 0
    complaints = []
    if status and status not in list(DeliveryStatus):
        words = ", ".join(DeliveryStatus)
        complaints.append(f"status must be one of {words}; got {got(status)}")
    if cursor and place is None:
        complaints.append("cursor must be the next_cursor of an earlier answer")
    if limit and not 1 <= rows_max <= LIMIT_MAX:
        complaints.append(f"limit must be an integer from 1 to {LIMIT_MAX}; got {got(limit)}")
    if complaints:
        raise FieldsInvalid(tuple(FieldError("", complaint) for complaint in complaints))
    return (
        DeliveryStatus(status) if status else None,
        (int(place[1]), place[2]) if place else None,
        rows_max if limit else LIMIT_DEFAULT,
    )


def _cursor(last: Told) -> str:
    return f"{last.delivery.created_ms}-{last.delivery.id}"
