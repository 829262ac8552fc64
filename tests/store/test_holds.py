import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, PRICE_MICROS, a_task, a_video, accept, begin, move, new_account
from framegate.domain.task import TaskStatus
from framegate.errors import CreditMissing, LedgerBroken, TooManyTasks
from framegate.store import accounts, audit, holds, ledger, tasks, usage, videos


def available(tx, account):
    return accounts.account_by_id(tx, account.id).available_micros


def check_hold(tx, account, amount_micros, *, key_id=""):
    holds.check_hold(
        tx, account_id=account.id, key_id=key_id, amount_micros=amount_micros, currency="USD"
    )


def topup(tx, account, amount_micros):
    return ledger.topup(tx, account_id=account.id, amount_micros=amount_micros, now_ms=NOW_MS)


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

    holds.settle(tx, task_id=task.id, now_ms=NOW_MS)

    assert accounts.account_by_id(tx, account.id).posted_micros == -PRICE_MICROS


def test_negative_hold_is_refused_by_the_database_itself(tx):
    account = new_account(tx, credit_micros=1_000)

    with pytest.raises(IntegrityError, match="CHECK"):
        begin(tx, account.id, price_micros=-1)


def test_task_has_one_hold_and_no_second(tx):
    account = new_account(tx, credit_micros=2 * PRICE_MICROS)
    task = begin(tx, account.id)

    with pytest.raises(IntegrityError):
        holds.open_hold(
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

    holds.settle(tx, task_id=task.id, now_ms=NOW_MS)

    after = accounts.account_by_id(tx, account.id)
    assert (after.posted_micros, after.held_micros) == (440_000, 0)


def test_releasing_gives_the_whole_hold_back_and_the_ledger_is_silent(tx):
    account = new_account(tx, credit_micros=1_000_000)
    task = begin(tx, account.id)

    holds.release(tx, task_id=task.id, now_ms=NOW_MS)

    after = accounts.account_by_id(tx, account.id)
    assert (after.posted_micros, after.held_micros) == (1_000_000, 0)
    assert tx.execute(text("SELECT kind FROM transfers")).scalars().all() == ["topup"]


@pytest.mark.parametrize("first", [holds.settle, holds.release])
@pytest.mark.parametrize("second", [holds.settle, holds.release])
def test_closed_hold_never_opens_again(tx, first, second):
    """Money moves exactly once although steps run at least once."""
    account = new_account(tx, credit_micros=1_000_000)
    task = begin(tx, account.id)
    first(tx, task_id=task.id, now_ms=NOW_MS)
    before = accounts.account_by_id(tx, account.id)

    with pytest.raises(LedgerBroken, match=f"{task.id} has no open hold"):
        second(tx, task_id=task.id, now_ms=NOW_MS)

    assert accounts.account_by_id(tx, account.id) == before


# --- limits of an account ---------------------------------------------------------------------


def in_flight(tx, account):
    return accounts.account_by_id(tx, account.id).in_flight


def test_account_counts_its_tasks_until_they_end_whatever_their_end(tx):
    account = new_account(tx, credit_micros=3 * PRICE_MICROS)
    settled, released, _ = [begin(tx, account.id) for _ in range(3)]
    assert in_flight(tx, account) == 3

    holds.settle(tx, task_id=settled.id, now_ms=NOW_MS)
    holds.release(tx, task_id=released.id, now_ms=NOW_MS)

    assert in_flight(tx, account) == 1


def test_task_beyond_the_limit_in_flight_is_refused_with_the_limit(tx):
    account = new_account(tx, credit_micros=10 * PRICE_MICROS)
    accounts.limit_account(tx, account.id, {"in_flight_max": 2})
    first, _ = begin(tx, account.id), begin(tx, account.id)

    with pytest.raises(TooManyTasks, match=r"^too many running tasks: the limit is 2 for this acc"):
        begin(tx, account.id)
    with pytest.raises(TooManyTasks):
        check_hold(tx, account, 1)

    holds.release(tx, task_id=first.id, now_ms=NOW_MS)
    begin(tx, account.id)
    assert in_flight(tx, account) == 2


def test_full_places_are_said_before_missing_credit(tx):
    """Rule 33: waiting mends the one, and may mend the other."""
    account = new_account(tx, credit_micros=PRICE_MICROS)
    accounts.limit_account(tx, account.id, {"in_flight_max": 1})
    begin(tx, account.id)

    with pytest.raises(TooManyTasks):
        begin(tx, account.id)


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
        money = holds.settle if verb == "settle" else holds.release
        micros = money(self.tx, task_id=task.id, now_ms=NOW_MS)
        taken = accept(self.tx, now, ticket=task.id)
        if verb == "settle":
            ended = move(self.tx, taken, TaskStatus.SUCCEEDED)
            usage.count(self.tx, ended, spent_micros=micros, seconds=5)
            videos.keep(self.tx, task, a_video(f"vid_{task.id}"))
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
