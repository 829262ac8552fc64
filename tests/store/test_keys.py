"""Whose a key is, what it may and has spent, beside the account that pays."""

import asyncio

import pytest
from sqlalchemy import text

from fakes.rows import NOW_MS, PRICE_MICROS, begin, new_account
from framegate.domain.ledger import Scope
from framegate.domain.limits import Limits
from framegate.errors import BudgetSpent, CreditMissing, TooManyTasks
from framegate.store import accounts, audit, holds, keys


def a_key(tx, account, presented="fg_a", **limits):
    return keys.create(
        tx,
        account_id=account.id,
        key=presented,
        scope=Scope.FULL,
        expires_ms=0,
        name="nightly",
        limits=Limits(**limits),
        now_ms=NOW_MS,
    )


@pytest.fixture
def account(tx):
    return new_account(tx, credit_micros=10 * PRICE_MICROS)


def spent(tx, key):
    found = keys.by_id(tx, key.id)
    return found.spent_micros, found.in_flight


def test_key_is_read_back_as_it_was_made(tx, account):
    key = a_key(tx, account, requests_per_minute=60, in_flight_max=2, budget_micros=7)

    assert keys.by_id(tx, key.id) == key
    assert keys.of_account(tx, account.id) == [key]
    assert (key.name, key.left_micros) == ("nightly", 7)


def test_unknown_key_is_nobodys(tx):
    assert keys.by_id(tx, "key_nobody") is None


def test_keys_of_an_account_are_counted_revoked_ones_too(tx, account):
    first, _ = a_key(tx, account), a_key(tx, account, "fg_b")
    keys.revoke(tx, first.id, now_ms=NOW_MS)

    assert keys.count_of(tx, account.id) == 2


def test_key_has_spent_what_its_tasks_hold_and_what_they_cost(tx, account):
    key = a_key(tx, account)
    settled, released, _ = [begin(tx, account.id, key_id=key.id) for _ in range(3)]
    begin(tx, account.id)
    assert spent(tx, key) == (3 * PRICE_MICROS, 3)

    holds.settle(tx, task_id=settled.id, now_ms=NOW_MS)
    holds.release(tx, task_id=released.id, now_ms=NOW_MS)

    assert spent(tx, key) == (2 * PRICE_MICROS, 1)


def test_budget_is_spent_to_the_last_micro_and_then_says_whose_it_is(tx, account):
    key = a_key(tx, account, budget_micros=2 * PRICE_MICROS)
    for _ in range(2):
        begin(tx, account.id, key_id=key.id)

    with pytest.raises(BudgetSpent) as refused:
        begin(tx, account.id, key_id=key.id)

    assert refused.value.message == (
        "not enough left of this key's budget of 1.12 USD: this task needs 0.56 USD, 0 USD is left"
    )
    assert (refused.value.http_status, refused.value.code) == (402, 1102)


def test_hold_that_a_key_may_not_open_takes_nothing_from_the_account(tx, account):
    key = a_key(tx, account, budget_micros=1)

    with pytest.raises(BudgetSpent):
        begin(tx, account.id, key_id=key.id)

    found = accounts.account_by_id(tx, account.id)
    assert (found.held_micros, found.in_flight) == (0, 0)


def test_released_hold_is_budget_again(tx, account):
    key = a_key(tx, account, budget_micros=PRICE_MICROS)
    task = begin(tx, account.id, key_id=key.id)

    holds.release(tx, task_id=task.id, now_ms=NOW_MS)

    begin(tx, account.id, key_id=key.id)
    assert spent(tx, key) == (PRICE_MICROS, 1)


def test_key_has_its_own_limit_of_tasks_in_flight(tx, account):
    key, other = a_key(tx, account, in_flight_max=1), a_key(tx, account, "fg_b")
    begin(tx, account.id, key_id=key.id)

    with pytest.raises(TooManyTasks, match=r"the limit is 1 for this key$"):
        begin(tx, account.id, key_id=key.id)
    begin(tx, account.id, key_id=other.id)


def test_reason_of_a_refused_key_is_read_from_what_it_found(tx):
    """The account's own place and credit were taken when the key said no, and are no reason."""
    account = new_account(tx, credit_micros=PRICE_MICROS)
    accounts.limit_account(tx, account.id, {"in_flight_max": 1})
    key = a_key(tx, account, budget_micros=1)

    with pytest.raises(BudgetSpent):
        begin(tx, account.id, key_id=key.id)


def test_budget_above_the_credit_is_not_credit(tx):
    account = new_account(tx, credit_micros=1)
    key = a_key(tx, account, budget_micros=10**12)

    with pytest.raises(CreditMissing, match=r"^not enough credit") as refused:
        begin(tx, account.id, key_id=key.id)
    assert type(refused.value) is CreditMissing


def test_budget_below_what_was_spent_stops_the_key_and_owes_nothing(tx, account):
    key = a_key(tx, account)
    begin(tx, account.id, key_id=key.id)

    keys.limit(tx, key.id, {"budget_micros": 1})

    assert keys.by_id(tx, key.id).left_micros == 0
    with pytest.raises(BudgetSpent):
        begin(tx, account.id, key_id=key.id)


def test_use_is_written_forward_only(tx, account):
    key, other = a_key(tx, account), a_key(tx, account, "fg_b")

    keys.note_uses(tx, {key.id: 200, other.id: 100})
    keys.note_uses(tx, {key.id: 150, "key_nobody": 300})
    keys.note_uses(tx, {})

    assert (keys.by_id(tx, key.id).last_used_ms, keys.by_id(tx, other.id).last_used_ms) == (
        200,
        100,
    )


@pytest.mark.parametrize(
    ("limits", "taken"), [({"budget_micros": 3 * PRICE_MICROS}, 3), ({"in_flight_max": 5}, 5)]
)
async def test_fifty_creates_at_once_never_pass_a_limit(database, limits, taken):
    account = database.write_now(new_account, credit_micros=100 * PRICE_MICROS)
    key = database.write_now(a_key, account, **limits)

    def create(tx):
        begin(tx, account.id, key_id=key.id)

    made = await asyncio.gather(
        *(database.write(create) for _ in range(50)), return_exceptions=True
    )

    assert made.count(None) == taken
    assert database.read_now(spent, key) == (taken * PRICE_MICROS, taken)
    found = database.read_now(audit.run, video_files={})
    assert [finding for finding in found if finding.broken] == []


def test_refused_key_leaves_no_row_once_its_transaction_is_over(database):
    account = database.write_now(new_account, credit_micros=PRICE_MICROS)
    key = database.write_now(a_key, account, budget_micros=1)

    with pytest.raises(BudgetSpent):
        database.write_now(begin, account.id, key_id=key.id)

    counts = database.read_now(
        lambda tx: [
            tx.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one()
            for table in ("tasks", "holds")
        ]
    )
    assert counts == [0, 0]


# --- whose a key is ---------------------------------------------------------------------------


KEY = "fg_" + "k" * 43


def create_key(tx, account, key=KEY, *, scope=Scope.FULL, expires_ms=0):
    return keys.create(
        tx, account_id=account.id, key=key, scope=scope, expires_ms=expires_ms, now_ms=NOW_MS
    )


def test_caller_is_known_by_the_key_alone(tx):
    account, other = new_account(tx, "acme"), new_account(tx, "other")
    key = create_key(tx, account, scope=Scope.READ, expires_ms=7)
    create_key(tx, other, "fg_other")

    caller = keys.caller_of(tx, KEY)

    assert (caller.account, caller.key) == (account, key)
    assert (key.hint, key.scope, key.expires_ms) == ("kkkk", Scope.READ, 7)


@pytest.mark.parametrize("presented", ["", "fg_", KEY[:-1], KEY + "k", KEY.upper(), " " + KEY])
def test_anything_but_the_whole_key_is_nobodys(tx, presented):
    create_key(tx, new_account(tx))

    assert keys.caller_of(tx, presented) is None


def test_key_itself_is_nowhere_in_the_database(tx, path):
    """Promise 20: a copy of the database opens nothing."""
    create_key(tx, new_account(tx))

    rows = tx.execute(text("SELECT * FROM keys")).all()

    assert KEY not in str(rows)


def test_key_is_revoked_once_and_stays_on_record(tx):
    account = new_account(tx)
    key = create_key(tx, account)

    assert keys.revoke(tx, key.id, now_ms=NOW_MS + 1)
    assert not keys.revoke(tx, key.id, now_ms=NOW_MS + 2)
    assert not keys.revoke(tx, "key_nobody", now_ms=NOW_MS)
    assert [each.revoked_ms for each in keys.of_account(tx, account.id)] == [NOW_MS + 1]


def test_keys_of_an_account_are_its_own(tx):
    account, other = new_account(tx, "acme"), new_account(tx, "other")
    key = create_key(tx, account)
    create_key(tx, other, "fg_other")

    assert keys.of_account(tx, account.id) == [key]
