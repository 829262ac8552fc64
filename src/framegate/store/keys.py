"""Rows of keys beside their account: what each has spent, what it may, and when it was last seen.

`accounts` opens and ends holds with it, `flows/issue` changes what a key may. The sums are moved by
conditional updates, never by read-then-write, so that two creates at once cannot pass a limit.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select, update

from framegate.domain.ledger import Key, Scope
from framegate.domain.limits import Limits
from framegate.store import schema
from framegate.store.database import Transaction

_keys = schema.keys

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
