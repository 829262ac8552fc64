import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fakes.plans import plan_of
from fakes.rows import (
    NOW_MS,
    PRICE_MICROS,
    PRICES,
    a_task,
    a_video,
    accept,
    begin,
    move,
    new_account,
)
from framegate.domain.ledger import Scope
from framegate.domain.limits import Limits
from framegate.domain.money import AMOUNT_MICROS_MAX
from framegate.domain.quote import PriceList
from framegate.domain.task import TaskStatus
from framegate.errors import CreditMissing, LedgerBroken, NotFound, TooManyTasks
from framegate.store import accounts, audit, endpoints, tasks, usage

KEY = "fg_" + "k" * 43


def available(tx, account):
    return accounts.account_by_id(tx, account.id).available_micros


def topup(tx, account, amount_micros):
    return accounts.topup(tx, account_id=account.id, amount_micros=amount_micros, now_ms=NOW_MS)


def create_key(tx, account, key=KEY, *, scope=Scope.FULL, expires_ms=0):
    return accounts.create_key(
        tx, account_id=account.id, key=key, scope=scope, expires_ms=expires_ms, now_ms=NOW_MS
    )


def check_hold(tx, account, amount_micros, *, key_id=""):
    accounts.check_hold(
        tx, account_id=account.id, key_id=key_id, amount_micros=amount_micros, currency="USD"
    )


# --- accounts and keys ------------------------------------------------------------------------


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
        (accounts.keys_of, "acc_1"),
        (accounts.account_named, "acme"),
        (accounts.names_by_ids, ["acc_1", "acc_2"]),
        (accounts.keys_by_ids, ["key_1", "key_2"]),
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


def test_caller_is_known_by_the_key_alone(tx):
    account, other = new_account(tx, "acme"), new_account(tx, "other")
    key = create_key(tx, account, scope=Scope.READ, expires_ms=7)
    create_key(tx, other, "fg_other")

    caller = accounts.caller_of(tx, KEY)

    assert (caller.account, caller.key) == (account, key)
    assert (key.hint, key.scope, key.expires_ms) == ("kkkk", Scope.READ, 7)


@pytest.mark.parametrize("presented", ["", "fg_", KEY[:-1], KEY + "k", KEY.upper(), " " + KEY])
def test_anything_but_the_whole_key_is_nobodys(tx, presented):
    create_key(tx, new_account(tx))

    assert accounts.caller_of(tx, presented) is None


def test_key_itself_is_nowhere_in_the_database(tx, path):
    """Promise 20: a copy of the database opens nothing."""
    create_key(tx, new_account(tx))

    rows = tx.execute(text("SELECT * FROM keys")).all()

    assert KEY not in str(rows)


def test_key_is_revoked_once_and_stays_on_record(tx):
    account = new_account(tx)
    key = create_key(tx, account)

    assert accounts.revoke_key(tx, key.id, now_ms=NOW_MS + 1)
    assert not accounts.revoke_key(tx, key.id, now_ms=NOW_MS + 2)
    assert not accounts.revoke_key(tx, "key_nobody", now_ms=NOW_MS)
    assert [each.revoked_ms for each in accounts.keys_of(tx, account.id)] == [NOW_MS + 1]


def test_keys_of_an_account_are_its_own(tx):
    account, other = new_account(tx, "acme"), new_account(tx, "other")
    key = create_key(tx, account)
    create_key(tx, other, "fg_other")

    assert accounts.keys_of(tx, account.id) == [key]


# --- money ------------------------------------------------------------------------------------


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
        accounts.topup(tx, account_id="acc_nobody", amount_micros=1, now_ms=NOW_MS)


def test_balance_stops_before_it_leaves_whole_numbers(tx):
    """SQLite would go on in floating point, and lose cents in silence."""
    account = new_account(tx, credit_micros=AMOUNT_MICROS_MAX)

    with pytest.raises(LedgerBroken, match=r"beyond 2305843009213\.693952"):
        topup(tx, account, 1)
    assert accounts.account_by_id(tx, account.id).posted_micros == AMOUNT_MICROS_MAX


def test_hold_sets_credit_aside_to_the_last_micro(tx):
    account = new_account(tx, credit_micros=PRICE_MICROS)

    begin(tx, account.id)

    assert available(tx, account) == 0
    assert accounts.account_by_id(tx, account.id).posted_micros == PRICE_MICROS


def test_hold_beyond_the_credit_is_refused_with_both_sums(tx):
    """The sentence is the contract's."""
    account = new_account(tx, credit_micros=100_000)

    with pytest.raises(CreditMissing) as refusal:
        begin(tx, account.id)

    assert refusal.value.message == (
        "not enough credit: this task needs 0.56 USD, 0.1 USD is available"
    )


def test_check_of_a_hold_refuses_what_a_hold_would_refuse_and_holds_nothing(tx):
    account = new_account(tx, credit_micros=PRICE_MICROS)

    def check(amount_micros):
        check_hold(tx, account, amount_micros)

    check(PRICE_MICROS)
    with pytest.raises(CreditMissing, match=r"0\.560001 USD, 0\.56 USD is available"):
        check(PRICE_MICROS + 1)
    assert available(tx, account) == PRICE_MICROS


def test_unlimited_account_goes_below_zero_and_its_spending_is_on_the_ledger(tx):
    account = new_account(tx, is_unlimited=True)
    task = begin(tx, account.id)
    check_hold(tx, account, 10**12)

    accounts.settle(tx, task_id=task.id, now_ms=NOW_MS)

    assert accounts.account_by_id(tx, account.id).posted_micros == -PRICE_MICROS


# --- limits of an account ---------------------------------------------------------------------


def in_flight(tx, account):
    return accounts.account_by_id(tx, account.id).in_flight


def test_account_counts_its_tasks_until_they_end_whatever_their_end(tx):
    account = new_account(tx, credit_micros=3 * PRICE_MICROS)
    settled, released, _ = [begin(tx, account.id) for _ in range(3)]
    assert in_flight(tx, account) == 3

    accounts.settle(tx, task_id=settled.id, now_ms=NOW_MS)
    accounts.release(tx, task_id=released.id, now_ms=NOW_MS)

    assert in_flight(tx, account) == 1


def test_task_beyond_the_limit_in_flight_is_refused_with_the_limit(tx):
    account = new_account(tx, credit_micros=10 * PRICE_MICROS)
    accounts.limit_account(tx, account.id, {"in_flight_max": 2})
    first, _ = begin(tx, account.id), begin(tx, account.id)

    with pytest.raises(TooManyTasks, match=r"^too many running tasks: the limit is 2 for this acc"):
        begin(tx, account.id)
    with pytest.raises(TooManyTasks):
        check_hold(tx, account, 1)

    accounts.release(tx, task_id=first.id, now_ms=NOW_MS)
    begin(tx, account.id)
    assert in_flight(tx, account) == 2


def test_full_places_are_said_before_missing_credit(tx):
    """Rule 33: waiting mends the one, and may mend the other."""
    account = new_account(tx, credit_micros=PRICE_MICROS)
    accounts.limit_account(tx, account.id, {"in_flight_max": 1})
    begin(tx, account.id)

    with pytest.raises(TooManyTasks):
        begin(tx, account.id)


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


def test_negative_hold_is_refused_by_the_database_itself(tx):
    account = new_account(tx, credit_micros=1_000)

    with pytest.raises(IntegrityError, match="CHECK"):
        begin(tx, account.id, price_micros=-1)


def test_task_has_one_hold_and_no_second(tx):
    account = new_account(tx, credit_micros=2 * PRICE_MICROS)
    task = begin(tx, account.id)

    with pytest.raises(IntegrityError):
        accounts.open_hold(
            tx,
            task_id=task.id,
            account_id=account.id,
            amount_micros=1,
            currency="USD",
            now_ms=NOW_MS,
        )


def test_settling_takes_the_whole_hold(tx):
    account = new_account(tx, credit_micros=1_000_000)
    task = begin(tx, account.id)

    accounts.settle(tx, task_id=task.id, now_ms=NOW_MS)

    after = accounts.account_by_id(tx, account.id)
    assert (after.posted_micros, after.held_micros) == (440_000, 0)


def test_releasing_gives_the_whole_hold_back_and_the_ledger_is_silent(tx):
    account = new_account(tx, credit_micros=1_000_000)
    task = begin(tx, account.id)

    accounts.release(tx, task_id=task.id, now_ms=NOW_MS)

    after = accounts.account_by_id(tx, account.id)
    assert (after.posted_micros, after.held_micros) == (1_000_000, 0)
    assert tx.execute(text("SELECT kind FROM transfers")).scalars().all() == ["topup"]


@pytest.mark.parametrize("first", [accounts.settle, accounts.release])
@pytest.mark.parametrize("second", [accounts.settle, accounts.release])
def test_closed_hold_never_opens_again(tx, first, second):
    """Money moves exactly once although steps run at least once."""
    account = new_account(tx, credit_micros=1_000_000)
    task = begin(tx, account.id)
    first(tx, task_id=task.id, now_ms=NOW_MS)
    before = accounts.account_by_id(tx, account.id)

    with pytest.raises(LedgerBroken, match=f"{task.id} has no open hold"):
        second(tx, task_id=task.id, now_ms=NOW_MS)

    assert accounts.account_by_id(tx, account.id) == before


def test_task_is_settled_once_even_past_our_own_code(tx):
    task = begin(tx, new_account(tx, credit_micros=1_000_000).id)
    accounts.settle(tx, task_id=task.id, now_ms=NOW_MS)

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


def test_limited_account_stays_above_zero_whoever_asks(tx):
    account = new_account(tx, credit_micros=1_000)

    with pytest.raises(IntegrityError, match="ck_accounts_available"):
        tx.execute(
            text("UPDATE accounts SET held_micros = 1001 WHERE id = :id"), {"id": account.id}
        )


def test_price_list_is_kept_once_with_its_terms(tx):
    accounts.keep_price_list(tx, PRICES, now_ms=NOW_MS)
    accounts.keep_price_list(tx, PRICES, now_ms=NOW_MS + 1)

    row = tx.execute(text("SELECT version, terms, created_ms FROM price_lists")).one()
    assert (row.version, row.created_ms) == (PRICES.version, NOW_MS)
    assert PriceList.from_terms(row.terms) == PRICES


# --- many at once, in any order ---------------------------------------------------------------


async def test_two_hundred_creates_at_once_never_overdraw(database):
    account = await database.write(new_account, credit_micros=50 * PRICE_MICROS)

    answers = await asyncio.gather(
        *(database.write(begin, account.id) for _ in range(200)), return_exceptions=True
    )

    assert Counter(type(answer) for answer in answers) == {
        type(a_task("")): 50,
        CreditMissing: 150,
    }
    assert (await database.read(available, account)) == 0
    assert [each for each in await database.read(audit.run, video_files={}) if each.broken] == []


class Undo(Exception):
    """Ends a unit so that nothing of it is kept: the next example begins with no rows."""


VERBS = st.tuples(
    st.sampled_from(["topup", "take back", "hold", "settle", "release"]),
    st.integers(0, 2),
    st.integers(0, 5),
)


class Book:
    """Does one verb after another, and keeps the same sums beside the database in its own way."""

    def __init__(self, tx):
        self.tx = tx
        self.accounts = [
            new_account(tx, "a"),
            new_account(tx, "b", credit_micros=2 * PRICE_MICROS),
            new_account(tx, "c", is_unlimited=True),
        ]
        self.posted = [0, 2 * PRICE_MICROS, 0]
        self.held = [0, 0, 0]
        self.begun = []  # [task, account's number, is open]

    def do(self, verb, number, amount):
        must_work = self._is_allowed(verb, number, amount)
        try:
            with self.tx.begin_nested():
                self._do(verb, number, amount)
        except (CreditMissing, LedgerBroken):
            assert not must_work
        else:
            assert must_work
            self._note(verb, number, amount)

    def _is_allowed(self, verb, number, amount):
        free = self.posted[number] - self.held[number]
        if verb in {"settle", "release"}:
            return not self.begun or self.begun[amount % len(self.begun)][2]
        needed = {"topup": 0, "take back": amount * PRICE_MICROS, "hold": PRICE_MICROS}[verb]
        return self.accounts[number].is_unlimited or needed <= free or needed == 0

    def _do(self, verb, number, amount):
        account = self.accounts[number]
        if verb == "topup":
            topup(self.tx, account, amount * PRICE_MICROS)
        elif verb == "take back":
            topup(self.tx, account, -amount * PRICE_MICROS)
        elif verb == "hold":
            self.fresh = begin(self.tx, account.id)
        elif self.begun:
            self._end(verb, self.begun[amount % len(self.begun)][0])

    def _end(self, verb, task):
        """End the task with the money, whatever became of it before: a duplicate raises."""
        now = tasks.by_id(self.tx, task.id)
        money = accounts.settle if verb == "settle" else accounts.release
        micros = money(self.tx, task_id=task.id, now_ms=NOW_MS)
        taken = accept(self.tx, now, ticket=task.id)
        if verb == "settle":
            ended = move(self.tx, taken, TaskStatus.SUCCEEDED)
            usage.count(self.tx, ended, spent_micros=micros, seconds=5)
            tasks.keep_video(self.tx, task, a_video(f"vid_{task.id}"))
        else:
            move(self.tx, taken, TaskStatus.FAILED)

    def _note(self, verb, number, amount):
        if verb in {"topup", "take back"}:
            self.posted[number] += amount * PRICE_MICROS * (1 if verb == "topup" else -1)
        elif verb == "hold":
            self.held[number] += PRICE_MICROS
            self.begun.append([self.fresh, number, True])
        elif self.begun:
            ended = self.begun[amount % len(self.begun)]
            ended[2] = False
            self.held[ended[1]] -= PRICE_MICROS
            self.posted[ended[1]] -= PRICE_MICROS if verb == "settle" else 0

    def check(self):
        stored = [accounts.account_by_id(self.tx, account.id) for account in self.accounts]
        assert [each.posted_micros for each in stored] == self.posted
        assert [each.held_micros for each in stored] == self.held
        assert all(each.available_micros >= 0 for each in stored if not each.is_unlimited)
        files = dict.fromkeys((f"vid_{task.id}" for task, _, _ in self.begun), 4)
        assert [each for each in audit.run(self.tx, video_files=files) if each.broken] == []


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(verbs=st.lists(VERBS, max_size=25))
def test_books_hold_under_any_order_of_verbs(database, verbs):
    """Promises 1 to 5, after every single verb."""

    def live(tx):
        book = Book(tx)
        for verb in verbs:
            book.do(*verb)
            book.check()
        raise Undo

    with pytest.raises(Undo):
        database.write_now(live)
