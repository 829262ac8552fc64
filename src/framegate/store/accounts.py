"""Rows of money: accounts, keys, holds and the append-only ledger.

Every function works inside the caller's transaction. Sums are moved by conditional updates, never
by read-then-write, so that two writers at once cannot overdraw. The statements of every create and
every end of a task are built once (decision 12).
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Row,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from framegate import ids
from framegate.domain.ledger import (
    REVENUE,
    TOPUPS,
    Account,
    Caller,
    HoldState,
    Key,
    Scope,
    TransferKind,
)
from framegate.domain.limits import NO_LIMITS, Limits
from framegate.domain.money import AMOUNT_MICROS_MAX, decimal_from_micros
from framegate.domain.quote import PriceList
from framegate.errors import (
    BudgetSpent,
    CreditMissing,
    LedgerBroken,
    NotFound,
    Overloaded,
    Refusal,
    TooManyTasks,
)
from framegate.store import keys, schema
from framegate.store.database import Transaction

_accounts, _keys, _holds = schema.accounts, schema.keys, schema.holds

IN_FLIGHT_WAIT_S = 5
"""When a caller with too many tasks in flight may look again: a short video takes about as long."""

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
_THE_ACCOUNT = _accounts.c.id == bindparam("paid_by")
# The check and the taking are one statement, so that two creates cannot spend the same credit.
_SET_ASIDE = (
    update(_accounts)
    .where(
        _THE_ACCOUNT,
        or_(
            _accounts.c.is_unlimited == 1,
            _accounts.c.posted_micros - _accounts.c.held_micros >= bindparam("amount"),
        ),
        or_(_accounts.c.in_flight_max == 0, _accounts.c.in_flight < _accounts.c.in_flight_max),
    )
    .values(
        held_micros=_accounts.c.held_micros + bindparam("amount"),
        in_flight=_accounts.c.in_flight + 1,
    )
)
_GIVE_BACK = (
    update(_accounts)
    .where(_THE_ACCOUNT)
    .values(
        held_micros=_accounts.c.held_micros - bindparam("amount"),
        in_flight=_accounts.c.in_flight - 1,
    )
)
_TAKE = (
    update(_accounts)
    .where(_THE_ACCOUNT)
    .values(
        held_micros=_accounts.c.held_micros - bindparam("amount"),
        posted_micros=_accounts.c.posted_micros - bindparam("amount"),
        in_flight=_accounts.c.in_flight - 1,
    )
)
_OPEN_HOLD = insert(_holds)
_IS_OPEN = and_(_holds.c.task_id == bindparam("held_for"), _holds.c.state == HoldState.OPEN.value)
_THE_OPEN_HOLD = select(_holds.c.account_id, _holds.c.key_id, _holds.c.amount_micros).where(
    _IS_OPEN
)
_CLOSE_HOLD = update(_holds).where(_IS_OPEN)
_WRITE_TRANSFER = insert(schema.transfers)
_WRITE_ENTRIES = insert(schema.entries)
_KNOWN_PRICES = select(schema.price_lists.c.version).where(
    schema.price_lists.c.version == bindparam("version")
)


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
    return _account(row) if row else None


def account_by_id(tx: Transaction, account_id: str) -> Account:
    """The account of a row that refers to it."""
    return _account(tx.execute(select(_accounts).where(_accounts.c.id == account_id)).one())


def all_accounts(tx: Transaction) -> list[Account]:
    """Every account, oldest first."""
    rows = tx.execute(select(_accounts).order_by(_accounts.c.created_ms, _accounts.c.id))
    return [_account(row) for row in rows]


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
    return [_account(row) for row in tx.execute(query)]


def limit_account(tx: Transaction, account_id: str, changes: Mapping[str, int]) -> None:
    """Write limits, by their names in `domain.limits.Limits`; what runs goes on."""
    tx.execute(update(_accounts).where(_accounts.c.id == account_id).values(**changes))


# --- keys -------------------------------------------------------------------------------------


def create_key(
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


def keys_of(tx: Transaction, account_id: str) -> list[Key]:
    """An account's keys, oldest first."""
    rows = tx.execute(
        select(_keys)
        .where(_keys.c.account_id == account_id)
        .order_by(_keys.c.created_ms, _keys.c.id)
    )
    return [keys.read(row) for row in rows]


def keys_by_ids(tx: Transaction, key_ids: Collection[str]) -> dict[str, Key]:
    """Some keys, by their ids."""
    rows = tx.execute(select(_keys).where(_keys.c.id.in_(key_ids)))
    return {row.id: keys.read(row) for row in rows}


def revoke_key(tx: Transaction, key_id: str, *, now_ms: int) -> bool:
    """End a key for ever; False when there is no such key or it was revoked before."""
    done = tx.execute(
        update(_keys).where(_keys.c.id == key_id, _keys.c.revoked_ms == 0).values(revoked_ms=now_ms)
    )
    return done.rowcount == 1


# --- holds and transfers ----------------------------------------------------------------------


def topup(tx: Transaction, *, account_id: str, amount_micros: int, now_ms: int) -> Account:
    """Post money to an account; a negative amount takes it back.

    raises   CreditMissing when taking back more than is available, LedgerBroken when the balance
             would pass AMOUNT_MICROS_MAX: beyond 64 bits SQLite goes on in floating point
    """
    balance_micros = _accounts.c.posted_micros + amount_micros
    changed = tx.execute(
        update(_accounts)
        .where(
            _accounts.c.id == account_id,
            balance_micros.between(-AMOUNT_MICROS_MAX, AMOUNT_MICROS_MAX),
            or_(
                _accounts.c.is_unlimited == 1,
                _accounts.c.posted_micros - _accounts.c.held_micros + amount_micros >= 0,
            ),
        )
        .values(posted_micros=balance_micros)
    )
    if changed.rowcount != 1:
        shortage = _shortage(tx, account_id, -amount_micros, "", "this correction")
        if amount_micros > 0:
            limit = decimal_from_micros(AMOUNT_MICROS_MAX)
            raise LedgerBroken(f"the balance of {account_id} would be beyond {limit}")
        raise CreditMissing(shortage)
    _transfer(
        tx,
        kind=TransferKind.TOPUP,
        task_id=None,
        lines=((account_id, amount_micros), (TOPUPS, -amount_micros)),
        now_ms=now_ms,
    )
    return account_by_id(tx, account_id)


def open_hold(
    tx: Transaction,
    *,
    task_id: str,
    account_id: str,
    amount_micros: int,
    currency: str,
    key_id: str = "",
    now_ms: int,
) -> None:
    """Set credit aside for a task, within every limit of its account and its key.

    Each check and its taking are one statement, so that two creates cannot take the same (rule 69).

    key_id   whose budget it uses, too; "": no key's
    raises   as `check_hold`
    """
    terms = {"paid_by": account_id, "amount": amount_micros}
    wanted = _Wanted(
        account_id=account_id, key_id=key_id, amount_micros=amount_micros, currency=currency
    )
    if tx.execute(_SET_ASIDE, terms).rowcount != 1:
        raise _reason(tx, wanted)
    if key_id and not keys.take(tx, key_id, amount_micros):
        # Put back first: the reason is read from what the caller found.
        tx.execute(_GIVE_BACK, terms)
        raise _reason(tx, wanted)
    tx.execute(
        _OPEN_HOLD,
        {
            "task_id": task_id,
            "account_id": account_id,
            "key_id": key_id,
            "amount_micros": amount_micros,
            "state": HoldState.OPEN.value,
            "opened_ms": now_ms,
        },
    )


def check_hold(
    tx: Transaction, *, account_id: str, key_id: str, amount_micros: int, currency: str
) -> None:
    """Refuse what `open_hold` would refuse now, and hold nothing.

    raises   TooManyTasks, then BudgetSpent of the key, then CreditMissing of the account, each with
             its limit (rule 33)
    """
    wanted = _Wanted(
        account_id=account_id, key_id=key_id, amount_micros=amount_micros, currency=currency
    )
    refusal = _refusal(tx, wanted)
    if refusal is not None:
        raise refusal


def settle(tx: Transaction, *, task_id: str, now_ms: int) -> int:
    """Take the whole hold of a task that succeeded.

    returns  what was taken, in micros
    raises   LedgerBroken when the hold is not open: the caller's task row said it was
    """
    account_id, key_id, amount_micros = _close_hold(tx, task_id, HoldState.SETTLED, now_ms)
    tx.execute(_TAKE, {"paid_by": account_id, "amount": amount_micros})
    if key_id:
        keys.give_back(tx, key_id, 0)
    _transfer(
        tx,
        kind=TransferKind.SETTLE,
        task_id=task_id,
        lines=((account_id, -amount_micros), (REVENUE, amount_micros)),
        now_ms=now_ms,
    )
    return amount_micros


def release(tx: Transaction, *, task_id: str, now_ms: int) -> None:
    """Give the whole hold back; no money is posted, so the ledger stays silent.

    raises   LedgerBroken when the hold is not open
    """
    account_id, key_id, amount_micros = _close_hold(tx, task_id, HoldState.RELEASED, now_ms)
    tx.execute(_GIVE_BACK, {"paid_by": account_id, "amount": amount_micros})
    if key_id:
        keys.give_back(tx, key_id, amount_micros)


def keep_price_list(tx: Transaction, prices: PriceList, *, now_ms: int) -> None:
    """Keep the terms behind a price version, so that an audit can compute every price again."""
    known = tx.execute(_KNOWN_PRICES, {"version": prices.version})
    if known.one_or_none() is None:
        tx.execute(
            insert(schema.price_lists).values(
                version=prices.version, terms=prices.terms(), created_ms=now_ms
            )
        )


# --- inside -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A hold that somebody wants to open."""

    account_id: str
    key_id: str
    amount_micros: int
    currency: str


def _refusal(tx: Transaction, wanted: _Wanted) -> Refusal | None:
    """Why the hold may not be opened, the first of rule 33's order; None when it may."""
    account = account_named(tx, wanted.account_id)
    if account is None:
        raise NotFound("account not found")
    key = keys.by_id(tx, wanted.key_id) if wanted.key_id else None
    holders: tuple[tuple[Key | Account | None, str], ...] = ((key, "key"), (account, "account"))
    for holder, whose in holders:
        if holder and 0 < holder.limits.in_flight_max <= holder.in_flight:
            limit = holder.limits.in_flight_max
            return TooManyTasks(
                f"too many running tasks: the limit is {limit} for this {whose}",
                retry_after_s=IN_FLIGHT_WAIT_S,
            )
    amount, unit = wanted.amount_micros, f" {wanted.currency}"
    if key and key.limits.budget_micros and key.left_micros < amount:
        return BudgetSpent(
            f"not enough left of this key's budget of "
            f"{decimal_from_micros(key.limits.budget_micros)}{unit}: this task needs "
            f"{decimal_from_micros(amount)}{unit}, {decimal_from_micros(key.left_micros)}{unit} "
            "is left"
        )
    if not account.is_unlimited and account.available_micros < amount:
        return CreditMissing(_shortage(tx, wanted.account_id, amount, unit, "this task"))
    return None


def _reason(tx: Transaction, wanted: _Wanted) -> Refusal:
    """As `_refusal`, where the taking has failed already."""
    # What stood in the way may be gone when it is looked for, where writers run side by side.
    return _refusal(tx, wanted) or Overloaded()


def _close_hold(
    tx: Transaction, task_id: str, state: HoldState, now_ms: int
) -> tuple[str, str, int]:
    row = tx.execute(_THE_OPEN_HOLD, {"held_for": task_id}).one_or_none()
    if row is None:
        raise LedgerBroken(f"{task_id} has no open hold to end as {state}")
    changed = tx.execute(
        _CLOSE_HOLD, {"held_for": task_id, "state": state.value, "closed_ms": now_ms}
    )
    if changed.rowcount != 1:
        raise LedgerBroken(f"the hold of {task_id} was ended by somebody else")
    return row.account_id, row.key_id, row.amount_micros


def _transfer(
    tx: Transaction,
    *,
    kind: TransferKind,
    task_id: str | None,
    lines: tuple[tuple[str, int], ...],
    now_ms: int,
) -> None:
    if sum(amount for _, amount in lines) != 0:
        raise LedgerBroken(f"the lines of a {kind} do not sum to zero")
    transfer_id = ids.new("trf")
    tx.execute(
        _WRITE_TRANSFER,
        {"id": transfer_id, "kind": kind.value, "task_id": task_id, "created_ms": now_ms},
    )
    tx.execute(
        _WRITE_ENTRIES,
        [
            {"transfer_id": transfer_id, "ledger": ledger, "amount_micros": amount}
            for ledger, amount in lines
        ],
    )


def _shortage(tx: Transaction, account_id: str, needed: int, unit: str, what: str) -> str:
    row = tx.execute(select(_accounts).where(_accounts.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound("account not found")
    available = decimal_from_micros(_account(row).available_micros)
    return (
        f"not enough credit: {what} needs {decimal_from_micros(needed)}{unit}, "
        f"{available}{unit} is available"
    )


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _caller(row: Row[Any]) -> Caller:
    return Caller(key=keys.read(row, "keys_"), account=_account(row, "accounts_"))


def _account(row: Row[Any], prefix: str = "") -> Account:
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
