import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, PRICE_MICROS, PRICES, begin, new_account
from framegate.domain.ledger import TOPUPS, TransferKind
from framegate.domain.money import AMOUNT_MICROS_MAX
from framegate.domain.quote import PriceList
from framegate.errors import CreditMissing, LedgerBroken, NotFound
from framegate.store import accounts, holds, ledger


def topup(tx, account, amount_micros):
    return ledger.topup(tx, account_id=account.id, amount_micros=amount_micros, now_ms=NOW_MS)


def test_topup_posts_money(tx):
    assert topup(tx, new_account(tx), 1_000).posted_micros == 1_000


def test_correction_takes_back_what_is_available_and_no_more(tx):
    account = new_account(tx, credit_micros=PRICE_MICROS + 10)
    begin(tx, account.id)

    with pytest.raises(CreditMissing, match=r"needs 0\.000011, 0\.00001 is available"):
        topup(tx, account, -11)
    assert topup(tx, account, -10).available_micros == 0


def test_topup_of_nobody_is_not_found(tx):
    with pytest.raises(NotFound, match="account not found"):
        ledger.topup(tx, account_id="acc_nobody", amount_micros=1, now_ms=NOW_MS)


def test_balance_stops_before_it_leaves_whole_numbers(tx):
    """SQLite would go on in floating point, and lose cents in silence."""
    account = new_account(tx, credit_micros=AMOUNT_MICROS_MAX)

    with pytest.raises(LedgerBroken, match=r"beyond 2305843009213\.693952"):
        topup(tx, account, 1)
    assert accounts.account_by_id(tx, account.id).posted_micros == AMOUNT_MICROS_MAX


def test_task_is_settled_once_even_past_our_own_code(tx):
    task = begin(tx, new_account(tx, credit_micros=1_000_000).id)
    holds.settle(tx, task_id=task.id, now_ms=NOW_MS)

    with pytest.raises(IntegrityError, match="UNIQUE"):
        tx.execute(
            text("INSERT INTO transfers (id, kind, task_id) VALUES ('trf_2', 'settle', :task)"),
            {"task": task.id},
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET amount_micros = 0",
        "DELETE FROM entries",
        "UPDATE transfers SET kind = 'refund'",
        "DELETE FROM transfers",
    ],
)
def test_ledger_is_append_only_whoever_asks(tx, statement):
    new_account(tx, credit_micros=1_000)

    with pytest.raises(IntegrityError, match="the ledger is append-only"):
        tx.execute(text(statement))


def test_price_list_is_kept_once_with_its_terms(tx):
    ledger.keep_price_list(tx, PRICES, now_ms=NOW_MS)
    ledger.keep_price_list(tx, PRICES, now_ms=NOW_MS + 1)

    row = tx.execute(text("SELECT version, terms, created_ms FROM price_lists")).one()
    assert (row.version, row.created_ms) == (PRICES.version, NOW_MS)
    assert PriceList.from_terms(row.terms) == PRICES


def test_transfer_whose_lines_do_not_sum_to_zero_is_never_written(tx):
    account = new_account(tx)

    with pytest.raises(LedgerBroken, match="the lines of a topup do not sum to zero"):
        ledger.post(
            tx,
            kind=TransferKind.TOPUP,
            task_id=None,
            lines=((account.id, 2), (TOPUPS, -1)),
            now_ms=NOW_MS,
        )
    assert tx.execute(text("SELECT COUNT(*) FROM transfers")).scalar_one() == 0
