"""The append-only ledger: transfers, their lines that sum to 0, and the terms behind prices.

`holds` posts what a task cost, the operator's verbs and the door post top-ups; `entries` reads the
lines. A balance is moved by one conditional update, in the transaction of its lines.
"""

from sqlalchemy import bindparam, insert, or_, select, update

from framegate import ids
from framegate.domain.ledger import TOPUPS, Account, TransferKind
from framegate.domain.money import AMOUNT_MICROS_MAX, decimal_from_micros
from framegate.domain.quote import PriceList
from framegate.errors import CreditMissing, LedgerBroken, NotFound
from framegate.store import accounts, schema
from framegate.store.database import Transaction

_accounts = schema.accounts

_WRITE_TRANSFER = insert(schema.transfers)
_WRITE_ENTRIES = insert(schema.entries)
_KNOWN_PRICES = select(schema.price_lists.c.version).where(
    schema.price_lists.c.version == bindparam("version")
)


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
        missing = shortage(tx, account_id, -amount_micros, "", "this correction")
        if amount_micros > 0:
            limit = decimal_from_micros(AMOUNT_MICROS_MAX)
            raise LedgerBroken(f"the balance of {account_id} would be beyond {limit}")
        raise CreditMissing(missing)
    post(
        tx,
        kind=TransferKind.TOPUP,
        task_id=None,
        lines=((account_id, amount_micros), (TOPUPS, -amount_micros)),
        now_ms=now_ms,
    )
    return accounts.account_by_id(tx, account_id)


def post(
    tx: Transaction,
    *,
    kind: TransferKind,
    task_id: str | None,
    lines: tuple[tuple[str, int], ...],
    now_ms: int,
) -> None:
    """Write one transfer; the sums on the account's row are its caller's to move.

    lines    each a ledger, which is an account's id or a side of the house, and signed micros
    raises   LedgerBroken when the lines do not sum to 0
    """
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


def shortage(tx: Transaction, account_id: str, needed: int, unit: str, what: str) -> str:
    """What a refusal for missing credit says: what was needed, what is available.

    unit     the currency behind a space, or ""
    raises   NotFound when there is no such account
    """
    row = tx.execute(select(_accounts).where(_accounts.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound("account not found")
    available = decimal_from_micros(accounts.read(row).available_micros)
    return (
        f"not enough credit: {what} needs {decimal_from_micros(needed)}{unit}, "
        f"{available}{unit} is available"
    )


def keep_price_list(tx: Transaction, prices: PriceList, *, now_ms: int) -> None:
    """Keep the terms behind a price version, so that an audit can compute every price again."""
    known = tx.execute(_KNOWN_PRICES, {"version": prices.version})
    if known.one_or_none() is None:
        tx.execute(
            insert(schema.price_lists).values(
                version=prices.version, terms=prices.terms(), created_ms=now_ms
            )
        )
