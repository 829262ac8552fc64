"""Rows of accounts: who pays, within which limits, and the sums of what each has and holds.

Every function works inside the caller's transaction. The sums are moved elsewhere: `ledger` posts
money, `holds` sets it aside.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from framegate import ids
from framegate.domain.ledger import Account
from framegate.domain.limits import NO_LIMITS, Limits
from framegate.store import schema
from framegate.store.database import Transaction

_accounts = schema.accounts


def create_account(
    tx: Transaction,
    *,
    name: str,
    is_unlimited: bool,
    limits: Limits = NO_LIMITS,
    now_ms: int,
) -> Account:
    """Make an account with a webhook secret and no money."""
    account = Account(
        id=ids.new("acc"),
        name=name,
        is_unlimited=is_unlimited,
        posted_micros=0,
        held_micros=0,
        webhook_generation=1,
        created_ms=now_ms,
        limits=limits,
    )
    tx.execute(
        insert(_accounts).values(
            id=account.id,
            name=name,
            is_unlimited=int(is_unlimited),
            webhook_generation=account.webhook_generation,
            created_ms=now_ms,
            requests_per_minute=limits.requests_per_minute,
            in_flight_max=limits.in_flight_max,
        )
    )
    return account


def account_named(tx: Transaction, name: str) -> Account | None:
    """Find by the operator's name or by id."""
    row = tx.execute(
        select(_accounts).where(or_(_accounts.c.name == name, _accounts.c.id == name))
    ).one_or_none()
    return read(row) if row else None


def account_by_id(tx: Transaction, account_id: str) -> Account:
    """The account of a row that refers to it."""
    return read(tx.execute(select(_accounts).where(_accounts.c.id == account_id)).one())


def all_accounts(tx: Transaction) -> list[Account]:
    """Every account, oldest first."""
    rows = tx.execute(select(_accounts).order_by(_accounts.c.created_ms, _accounts.c.id))
    return [read(row) for row in rows]


def names_by_ids(tx: Transaction, account_ids: Collection[str]) -> dict[str, str]:
    """What operators call some accounts, by their ids."""
    query = select(_accounts.c.id, _accounts.c.name).where(_accounts.c.id.in_(account_ids))
    return {row.id: row.name for row in tx.execute(query)}


def page_of_accounts(
    tx: Transaction, *, after: tuple[int, str] | None, rows_max: int
) -> list[Account]:
    """Some accounts, oldest first, from behind the one that was made at `after`."""
    query = select(_accounts).order_by(_accounts.c.created_ms, _accounts.c.id).limit(rows_max)
    if after is not None:
        created_ms, account_id = after
        query = query.where(
            # The index bounds the time; those of one millisecond are told apart by their ids.
            _accounts.c.created_ms >= created_ms,
            or_(_accounts.c.created_ms > created_ms, _accounts.c.id > account_id),
        )
    return [read(row) for row in tx.execute(query)]


def limit_account(tx: Transaction, account_id: str, changes: Mapping[str, int]) -> None:
    """Write limits, by their names in `domain.limits.Limits`; what runs goes on."""
    tx.execute(update(_accounts).where(_accounts.c.id == account_id).values(**changes))


def read(row: Row[Any], prefix: str = "") -> Account:
    """An account of a row whose columns begin with `prefix`."""
    cells = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return Account(
        id=cells[f"{prefix}id"],
        name=cells[f"{prefix}name"],
        is_unlimited=bool(cells[f"{prefix}is_unlimited"]),
        posted_micros=cells[f"{prefix}posted_micros"],
        held_micros=cells[f"{prefix}held_micros"],
        webhook_generation=cells[f"{prefix}webhook_generation"],
        created_ms=cells[f"{prefix}created_ms"],
        limits=Limits(
            requests_per_minute=cells[f"{prefix}requests_per_minute"],
            in_flight_max=cells[f"{prefix}in_flight_max"],
        ),
        in_flight=cells[f"{prefix}in_flight"],
    )
