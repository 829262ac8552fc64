"""Rows of keys beside their account: whose each is, what it has spent and may, when it was seen.

`flows/issue` makes keys and changes what they may; `holds` counts with them what tasks hold. The
sums are moved by conditional updates, never by read-then-write, so that two creates at once cannot
pass a limit.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Row,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from framegate import ids
from framegate.domain.ledger import Caller, Key, Scope
from framegate.domain.limits import NO_LIMITS, Limits
from framegate.store import accounts, schema
from framegate.store.database import Transaction

_keys, _accounts = schema.keys, schema.accounts

# Built once (decision 12).
_BY_ID = select(_keys).where(_keys.c.id == bindparam("key_id"))
_THE_KEY = _keys.c.id == bindparam("used_by")
_SPENT_THEN = _keys.c.spent_micros + bindparam("amount")
_TAKE = (
    update(_keys)
    .where(
        _THE_KEY,
        or_(_keys.c.in_flight_max == 0, _keys.c.in_flight < _keys.c.in_flight_max),
        or_(_keys.c.budget_micros == 0, _keys.c.budget_micros >= _SPENT_THEN),
    )
    .values(spent_micros=_SPENT_THEN, in_flight=_keys.c.in_flight + 1)
)
_GIVE_BACK = (
    update(_keys)
    .where(_THE_KEY)
    .values(
        spent_micros=_keys.c.spent_micros - bindparam("amount"), in_flight=_keys.c.in_flight - 1
    )
)
# Only forward: two processes may write what they saw in any order.
_NOTE_USE = (
    update(_keys)
    .where(_THE_KEY, _keys.c.last_used_ms < bindparam("at_ms"))
    .values(last_used_ms=bindparam("at_ms"))
)
_CALLER_OF = (
    select(_keys, _accounts)
    .join_from(_keys, _accounts, _keys.c.account_id == _accounts.c.id)
    .where(_keys.c.sha256 == bindparam("fingerprint"))
    .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
)
_CALLER_OF_KEY = (
    select(_keys, _accounts)
    .join_from(_keys, _accounts, _keys.c.account_id == _accounts.c.id)
    .where(_keys.c.id == bindparam("key_id"))
    .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
)


def create(
    tx: Transaction,
    *,
    account_id: str,
    key: str,
    scope: Scope,
    expires_ms: int,
    name: str = "",
    limits: Limits = NO_LIMITS,
    now_ms: int,
) -> Key:
    """Keep the record of a key: its SHA-256, never the key (256 random bits need no salt)."""
    record = Key(
        id=ids.new("key"),
        account_id=account_id,
        scope=scope,
        hint=key[-4:],
        created_ms=now_ms,
        expires_ms=expires_ms,
        revoked_ms=0,
        name=name,
        limits=limits,
    )
    tx.execute(
        insert(_keys).values(
            id=record.id,
            account_id=account_id,
            sha256=_fingerprint(key),
            scope=scope.value,
            hint=record.hint,
            created_ms=now_ms,
            expires_ms=expires_ms,
            name=name,
            **vars(limits),
        )
    )
    return record


def caller_of(tx: Transaction, key: str) -> Caller | None:
    """Who a presented key belongs to; None when it is not one of ours."""
    row = tx.execute(_CALLER_OF, {"fingerprint": _fingerprint(key)}).one_or_none()
    return _caller(row) if row else None


def caller_of_key(tx: Transaction, key_id: str) -> Caller | None:
    """The caller behind a key's record, good or not: for a session, which keeps no key."""
    row = tx.execute(_CALLER_OF_KEY, {"key_id": key_id}).one_or_none()
    return _caller(row) if row else None


def of_account(tx: Transaction, account_id: str) -> list[Key]:
    """An account's keys, oldest first."""
    rows = tx.execute(
        select(_keys)
        .where(_keys.c.account_id == account_id)
        .order_by(_keys.c.created_ms, _keys.c.id)
    )
    return [read(row) for row in rows]


def by_ids(tx: Transaction, key_ids: Collection[str]) -> dict[str, Key]:
    """Some keys, by their ids."""
    rows = tx.execute(select(_keys).where(_keys.c.id.in_(key_ids)))
    return {row.id: read(row) for row in rows}


def revoke(tx: Transaction, key_id: str, *, now_ms: int) -> bool:
    """End a key for ever; False when there is no such key or it was revoked before."""
    done = tx.execute(
        update(_keys).where(_keys.c.id == key_id, _keys.c.revoked_ms == 0).values(revoked_ms=now_ms)
    )
    return done.rowcount == 1


def by_id(tx: Transaction, key_id: str) -> Key | None:
    """One key by its id, whoever's it is."""
    row = tx.execute(_BY_ID, {"key_id": key_id}).one_or_none()
    return read(row) if row else None


def count_of(tx: Transaction, account_id: str) -> int:
    """How many keys an account has had, revoked ones too."""
    query = select(func.count()).select_from(_keys).where(_keys.c.account_id == account_id)
    return tx.execute(query).scalar_one()


def limit(tx: Transaction, key_id: str, changes: Mapping[str, int]) -> None:
    """Write limits, by their names in `domain.limits.Limits`; what runs goes on."""
    tx.execute(update(_keys).where(_keys.c.id == key_id).values(**changes))


def note_uses(tx: Transaction, seen_ms: Mapping[str, int]) -> None:
    """Write when keys were last seen, by their ids."""
    if seen_ms:
        uses = [{"used_by": key_id, "at_ms": at_ms} for key_id, at_ms in seen_ms.items()]
        tx.execute(_NOTE_USE, uses)


def take(tx: Transaction, key_id: str, amount_micros: int) -> bool:
    """Count a hold of one more task; False when the key's limits do not allow it."""
    return tx.execute(_TAKE, {"used_by": key_id, "amount": amount_micros}).rowcount == 1


def give_back(tx: Transaction, key_id: str, amount_micros: int) -> None:
    """Count a task as ended, and give back what was not spent of its hold."""
    tx.execute(_GIVE_BACK, {"used_by": key_id, "amount": amount_micros})


def read(row: Row[Any], prefix: str = "") -> Key:
    """A key of a row whose columns begin with `prefix`."""
    cells = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return Key(
        id=cells[f"{prefix}id"],
        account_id=cells[f"{prefix}account_id"],
        scope=Scope(cells[f"{prefix}scope"]),
        hint=cells[f"{prefix}hint"],
        created_ms=cells[f"{prefix}created_ms"],
        expires_ms=cells[f"{prefix}expires_ms"],
        revoked_ms=cells[f"{prefix}revoked_ms"],
        name=cells[f"{prefix}name"],
        limits=Limits(**{name: cells[prefix + name] for name in Limits.__dataclass_fields__}),
        spent_micros=cells[f"{prefix}spent_micros"],
        in_flight=cells[f"{prefix}in_flight"],
        last_used_ms=cells[f"{prefix}last_used_ms"],
    )


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _caller(row: Row[Any]) -> Caller:
    return Caller(key=read(row, "keys_"), account=accounts.read(row, "accounts_"))
