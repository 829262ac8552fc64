"""Rows of holds: credit set aside for one task, then settled or released.

`flows` open one with each task and end it with the task. A hold is of an account and, within it, of
a key: both are taken in one function. The sums are moved by conditional updates, never by
read-then-write, so that two writers at once cannot overdraw. The statements of every create and
every end of a task are built once (decision 12).
"""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, insert, or_, select, update

from framegate.domain.ledger import REVENUE, Account, HoldState, Key, TransferKind
from framegate.domain.money import decimal_from_micros
from framegate.errors import (
    BudgetSpent,
    CreditMissing,
    LedgerBroken,
    NotFound,
    Overloaded,
    Refusal,
    TooManyTasks,
)
from framegate.store import accounts, keys, ledger, schema
from framegate.store.database import Transaction

_accounts, _holds = schema.accounts, schema.holds

IN_FLIGHT_WAIT_S = 5
"""When a caller with too many tasks in flight may look again: a short video takes about as long."""

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
    ledger.post(
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


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A hold that somebody wants to open."""

    account_id: str
    key_id: str
    amount_micros: int
    currency: str


def _refusal(tx: Transaction, wanted: _Wanted) -> Refusal | None:
    """Why the hold may not be opened, the first of rule 33's order; None when it may."""
    account = accounts.account_named(tx, wanted.account_id)
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
        return CreditMissing(ledger.shortage(tx, wanted.account_id, amount, unit, "this task"))
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
