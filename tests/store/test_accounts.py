import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fakes.plans import plan_of
from fakes.rows import new_account
from framegate.domain.limits import Limits
from framegate.store import accounts, endpoints, keys


def test_new_account_is_read_back_as_it_was_made(tx):
    account = new_account(tx)

    assert accounts.account_by_id(tx, account.id) == account
    assert (account.posted_micros, account.held_micros, account.is_unlimited) == (0, 0, False)


@pytest.mark.parametrize("after", [None, (5, "acc_1")])
def test_page_of_accounts_walks_an_index_in_its_order(database, after):
    (step,) = plan_of(database, accounts.page_of_accounts, after=after, rows_max=9)
    assert "USING INDEX ix_accounts_created_ms_id" in step
    assert ("created_ms>?" in step) == (after is not None)


@pytest.mark.parametrize(
    ("work", "asked"),
    [
        (keys.of_account, "acc_1"),
        (accounts.account_named, "acme"),
        (accounts.names_by_ids, ["acc_1", "acc_2"]),
        (keys.by_ids, ["key_1", "key_2"]),
        (endpoints.of_account, "acc_1"),
    ],
)
def test_what_a_page_asks_of_an_account_walks_over_no_table(database, work, asked):
    plan = plan_of(database, work, asked)
    assert plan
    assert not [step for step in plan if step.startswith("SCAN")], plan


def test_account_is_found_by_name_or_id(tx):
    account = new_account(tx, "acme")

    assert accounts.account_named(tx, "acme") == account
    assert accounts.account_named(tx, account.id) == account
    assert accounts.account_named(tx, "ACME") is None


def test_two_accounts_cannot_have_one_name(tx):
    new_account(tx, "acme")

    with pytest.raises(IntegrityError):
        new_account(tx, "acme")


def test_all_accounts_come_oldest_first(tx):
    made = [new_account(tx, name) for name in "cab"]

    assert accounts.all_accounts(tx) == sorted(made, key=lambda account: account.id)


def test_limits_of_an_account_are_read_back_and_lifted(tx):
    account = new_account(tx)

    accounts.limit_account(tx, account.id, {"requests_per_minute": 60, "in_flight_max": 5})
    assert accounts.account_by_id(tx, account.id).limits == Limits(
        requests_per_minute=60, in_flight_max=5
    )

    accounts.limit_account(tx, account.id, {"in_flight_max": 0})
    assert accounts.account_by_id(tx, account.id).limits == Limits(requests_per_minute=60)


def test_pages_of_accounts_hold_each_of_them_once(tx):
    made = sorted(new_account(tx, name).id for name in "abcde")

    first = accounts.page_of_accounts(tx, after=None, rows_max=2)
    place = (first[-1].created_ms, first[-1].id)
    rest = accounts.page_of_accounts(tx, after=place, rows_max=10)

    assert [account.id for account in (*first, *rest)] == made


def test_limited_account_stays_above_zero_whoever_asks(tx):
    account = new_account(tx, credit_micros=1_000)

    with pytest.raises(IntegrityError, match="ck_accounts_available"):
        tx.execute(
            text("UPDATE accounts SET held_micros = 1001 WHERE id = :id"), {"id": account.id}
        )
