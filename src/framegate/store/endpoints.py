"""Rows of webhook endpoints: where an account is told of its tasks.

No secret is here: one is derived from the endpoint's id and its generation (decision 7). Endpoints
are never deleted, since deliveries refer to them; a disabled one is told nothing. Whatever a caller
asks for goes through `of_caller` and `of_account`, which carry the account (promise 19).
"""

from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from framegate import ids
from framegate.domain.endpoint import KEPT_MAX, DisabledWhy, Endpoint, Wish
from framegate.domain.event import EventType
from framegate.store import schema
from framegate.store.database import Transaction

_endpoints = schema.endpoints

# Built once: every create asks.
_LISTENING = (
    select(_endpoints)
    .where(_endpoints.c.account_id == bindparam("account_id"), _endpoints.c.disabled_ms == 0)
    .order_by(_endpoints.c.created_ms, _endpoints.c.id)
)


def create(tx: Transaction, *, account_id: str, wish: Wish, now_ms: int) -> Endpoint:
    """Make an endpoint, enabled, with its first secret."""
    endpoint = Endpoint(
        id=ids.new("hook"),
        account_id=account_id,
        url=wish.url,
        events=wish.events,
        generation=1,
        overlap_ms=0,
        created_ms=now_ms,
        disabled_ms=0,
        disabled_why="",
    )
    tx.execute(
        insert(_endpoints).values(
            id=endpoint.id,
            account_id=account_id,
            url=endpoint.url,
            events=",".join(endpoint.events),
            generation=endpoint.generation,
            created_ms=now_ms,
        )
    )
    return endpoint


def of_account(tx: Transaction, account_id: str) -> list[Endpoint]:
    """An account's endpoints, disabled ones too, newest first."""
    rows = tx.execute(
        select(_endpoints)
        .where(_endpoints.c.account_id == account_id)
        .order_by(_endpoints.c.created_ms.desc(), _endpoints.c.id.desc())
        .limit(KEPT_MAX)
    )
    return [_endpoint(row) for row in rows]


def of_caller(tx: Transaction, account_id: str, endpoint_id: str) -> Endpoint | None:
    """One endpoint of this account; another account's is as unknown as one that never was."""
    row = tx.execute(
        select(_endpoints).where(
            _endpoints.c.account_id == account_id, _endpoints.c.id == endpoint_id
        )
    ).one_or_none()
    return _endpoint(row) if row else None


def listening(tx: Transaction, account_id: str, event: EventType) -> list[Endpoint]:
    """The enabled endpoints of an account that want an event, oldest first.

    One look at one index: for most accounts it finds nothing, on every step of every task.
    """
    rows = tx.execute(_LISTENING, {"account_id": account_id})
    return [endpoint for endpoint in map(_endpoint, rows) if event in endpoint.events]


def rotate(tx: Transaction, endpoint: Endpoint, *, overlap_ms: int) -> bool:
    """Put the next secret in force; False when another rotation came first.

    overlap_ms  until when the one before it signs too; 0: it ends now. The one before that ends
                in any case: two sign at once, never three
    """
    changed = tx.execute(
        update(_endpoints)
        .where(_endpoints.c.id == endpoint.id, _endpoints.c.generation == endpoint.generation)
        .values(generation=endpoint.generation + 1, overlap_ms=overlap_ms)
    )
    return changed.rowcount == 1


def disable(tx: Transaction, endpoint_id: str, *, why: DisabledWhy, now_ms: int) -> bool:
    """Tell it nothing more; False when it was disabled before, for the reason that it then had."""
    changed = tx.execute(
        update(_endpoints)
        .where(_endpoints.c.id == endpoint_id, _endpoints.c.disabled_ms == 0)
        .values(disabled_ms=now_ms, disabled_why=why.value)
    )
    return changed.rowcount == 1


def enable(tx: Transaction, endpoint_id: str) -> None:
    """Tell it what happens from now on; what it missed stays untold."""
    tx.execute(update(_endpoints).where(_endpoints.c.id == endpoint_id).values(disabled_ms=0))


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        account_id=row.account_id,
        url=row.url,
        events=tuple(row.events.split(",")),
        generation=row.generation,
        overlap_ms=row.overlap_ms,
        created_ms=row.created_ms,
        disabled_ms=row.disabled_ms,
        disabled_why=row.disabled_why,
    )
