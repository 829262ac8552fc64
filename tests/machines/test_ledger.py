"""The ledger under any order of verbs, beside a model of a few lines, audited after every step."""

import os
from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, PRICES, a_task, a_video, accept, new_account
from framegate.domain.ledger import Scope
from framegate.domain.money import AMOUNT_MICROS_MAX
from framegate.domain.quote import PriceList
from framegate.domain.task import Task, TaskStatus
from framegate.errors import (
    BudgetSpent,
    CreditMissing,
    IllegalMove,
    LedgerBroken,
    NotFound,
    TooManyTasks,
)
from framegate.flows import finish
from framegate.store import accounts, audit, holds, keys, ledger, tasks
from machines.gates import fresh_folder, opened

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "machines")
NAMES = ("acme", "globex", "house")
WHO = st.sampled_from(NAMES)
NOBODY = "acc_nobody"
FEW = st.sampled_from([0, 0, 1, 3])
MICROS = st.one_of(
    st.integers(-5_000_000, 5_000_000),
    st.sampled_from([-AMOUNT_MICROS_MAX, AMOUNT_MICROS_MAX, AMOUNT_MICROS_MAX - 1, 1, -1]),
)
PRICE_LISTS = [
    PRICES,
    replace(PRICES, per_second_micros=1),
    replace(PRICES, per_second_micros=250_000, resolution_permille={"1080p": 2_001}),
    PriceList(model=PRICES.model, currency="USD", per_second_micros=0),
]


@dataclass
class Begun:
    """One task of the model: as it was first written, and how its hold stands."""

    task: Task
    who: str
    is_keyed: bool = False
    state: str = "open"


@dataclass
class Balance:
    """One account of the model."""

    is_unlimited: bool
    posted: int = 0
    held: int = 0
    in_flight: int = 0
    in_flight_max: int = 0
    # Of its one key.
    spent: int = 0
    key_in_flight: int = 0
    key_in_flight_max: int = 0
    budget: int = 0

    def refusal(self, micros, *, is_keyed):
        """What a hold is refused with, the first of the contract's order; None when it is not."""
        if is_keyed and 0 < self.key_in_flight_max <= self.key_in_flight:
            return TooManyTasks
        if 0 < self.in_flight_max <= self.in_flight:
            return TooManyTasks
        if is_keyed and self.budget and self.spent + micros > self.budget:
            return BudgetSpent
        if not self.is_unlimited and self.posted - self.held < micros:
            return CreditMissing
        return None


class Ledger(RuleBasedStateMachine):
    """Every verb of the ledger, right or wrong, in a transaction that is never committed."""

    database = None  # One for all examples: none of them keeps a row.

    def __init__(self):
        super().__init__()
        Ledger.database = Ledger.database or opened(fresh_folder())
        self.tx = self.database.engine.connect()
        self.whole = self.tx.begin()
        self.ids = {
            name: new_account(self.tx, name, is_unlimited=name == "house").id for name in NAMES
        }
        self.keys = {
            name: keys.create(
                self.tx,
                account_id=account_id,
                key=f"fg_{name}",
                scope=Scope.FULL,
                expires_ms=0,
                now_ms=NOW_MS,
            ).id
            for name, account_id in self.ids.items()
        }
        self.balances = {name: Balance(is_unlimited=name == "house") for name in NAMES}
        self.begun, self.files = [], {}
        self.prices = PRICES

    def teardown(self):
        self.whole.rollback()
        self.tx.close()

    # --- verbs --------------------------------------------------------------------------------

    def did(self, work, *args, refused=(), **kwargs):
        """Run one verb as the writer does, in a savepoint; say whether it was done."""
        try:
            with self.tx.begin_nested():
                return work(self.tx, *args, **kwargs) is not None
        except refused:
            return False

    @rule(who=WHO, micros=MICROS)
    def topup(self, who, micros):
        balance = self.balances[who]
        done = self.did(self._topup, self.ids[who], micros, refused=(CreditMissing, LedgerBroken))
        after = balance.posted + micros
        assert done == (
            abs(after) <= AMOUNT_MICROS_MAX and (balance.is_unlimited or after >= balance.held)
        )
        balance.posted += micros * done

    @staticmethod
    def _topup(tx, account_id, micros):
        return ledger.topup(tx, account_id=account_id, amount_micros=micros, now_ms=NOW_MS)

    @rule(prices=st.sampled_from(PRICE_LISTS))
    def change_prices(self, prices):
        self.prices = prices

    @rule(who=WHO, in_flight=FEW, key_in_flight=FEW, budget=st.sampled_from([0, 1, 2_000_000]))
    def limit(self, who, in_flight, key_in_flight, budget):
        """Also below what is used: nothing that runs is touched."""
        accounts.limit_account(self.tx, self.ids[who], {"in_flight_max": in_flight})
        changes = {"in_flight_max": key_in_flight, "budget_micros": budget}
        keys.limit(self.tx, self.keys[who], changes)
        balance = self.balances[who]
        balance.in_flight_max, balance.key_in_flight_max = in_flight, key_in_flight
        balance.budget = budget

    @rule(
        who=WHO,
        seconds=st.integers(3, 15),
        resolution=st.sampled_from(["720p", "1080p"]),
        is_keyed=st.booleans(),
    )
    def begin(self, who, seconds, resolution, is_keyed):
        micros = self.prices.price_micros(
            duration_s=seconds, resolution=resolution, aspect_ratio="16:9"
        )
        task = a_task(
            self.ids[who],
            duration_s=seconds,
            resolution=resolution,
            price_micros=micros,
            price_version=self.prices.version,
            key_id=self.keys[who] if is_keyed else "",
        )
        balance = self.balances[who]
        refusal = balance.refusal(micros, is_keyed=is_keyed)
        if refusal is not None:
            with pytest.raises(refusal) as refused, self.tx.begin_nested():
                self._begin(self.tx, task, self.prices)
            assert type(refused.value) is refusal
            return
        assert self.did(self._begin, task, self.prices)
        balance.held += micros
        balance.in_flight += 1
        balance.spent += micros * is_keyed
        balance.key_in_flight += is_keyed
        self.begun.append(Begun(task, who, is_keyed))

    @staticmethod
    def _begin(tx, task, prices):
        tasks.begin(tx, task, body=b"{}")
        ledger.keep_price_list(tx, prices, now_ms=NOW_MS)
        _hold(tx, task)
        tx.exec_driver_sql("INSERT INTO jobs (queue, subject) VALUES ('track', ?)", (task.id,))
        return task

    @rule(which=st.integers(0), how=st.sampled_from(["succeed", "fail", "expire", "refuse"]))
    def end(self, which, how):
        """An end at any time: of an open task, of one that has ended, by a worker that is late."""
        if not self.begun:
            return
        one = self.begun[which % len(self.begun)]
        done = self.did(self._end, one, how, refused=(LedgerBroken, IllegalMove))
        assert done == (one.state == "open")
        if done:
            one.state = "settled" if how == "succeed" else "released"
            balance = self.balances[one.who]
            balance.held -= one.task.price_micros
            balance.posted -= one.task.price_micros * (how == "succeed")
            balance.in_flight -= 1
            balance.key_in_flight -= one.is_keyed
            balance.spent -= one.task.price_micros * (one.is_keyed and how != "succeed")

    def _end(self, tx, one, how):
        task = one.task
        if how == "refuse":
            return finish.refuse(tx, task, note="no", now_ms=NOW_MS)
        if one.state == "open":
            task = accept(tx, task, ticket=task.id)
        if how == "succeed":
            video = a_video(f"vid_{task.id}")
            self.files[video.id] = video.bytes_count
            return finish.succeed(tx, task, video=video, now_ms=NOW_MS, upstream_tells=True)
        status = TaskStatus.FAILED if how == "fail" else TaskStatus.EXPIRED
        return finish.give_up(
            tx, task, status=status, message="m", now_ms=NOW_MS, upstream_tells=True
        )

    # --- verbs that are always wrong ----------------------------------------------------------

    @rule(which=st.integers(0), verb=st.sampled_from([holds.settle, holds.release]))
    def end_a_closed_hold(self, which, verb):
        closed = [one for one in self.begun if one.state != "open"]
        if closed:
            task_id = closed[which % len(closed)].task.id
            self._must_fail(LedgerBroken, verb, task_id=task_id, now_ms=NOW_MS)

    @rule(which=st.integers(0))
    def hold_twice(self, which):
        if self.begun:
            task = self.begun[which % len(self.begun)].task
            self._must_fail((IntegrityError, CreditMissing, TooManyTasks), _hold, task)

    @rule(verb=st.sampled_from([holds.settle, holds.release]))
    def end_of_an_unknown_task(self, verb):
        self._must_fail(LedgerBroken, verb, task_id="task_nobody", now_ms=NOW_MS)

    @rule(who=WHO)
    def hold_for_an_unknown_task(self, who):
        task = a_task(self.ids[who], id="task_nobody", price_micros=0)
        self._must_fail((IntegrityError, CreditMissing, TooManyTasks), _hold, task)

    @rule(micros=MICROS)
    def verbs_of_an_unknown_account(self, micros):
        self._must_fail(NotFound, self._topup, NOBODY, micros)
        self._must_fail(NotFound, _hold, a_task(NOBODY))

    def _must_fail(self, errors, work, *args, **kwargs):
        with pytest.raises(errors), self.tx.begin_nested():
            work(self.tx, *args, **kwargs)

    # --- what holds after every step ----------------------------------------------------------

    @invariant()
    def balances_are_those_of_the_model(self):
        for name, balance in self.balances.items():
            stored = accounts.account_by_id(self.tx, self.ids[name])
            assert (stored.posted_micros, stored.held_micros) == (balance.posted, balance.held)
            assert stored.in_flight == balance.in_flight
            key = keys.by_id(self.tx, self.keys[name])
            assert (key.spent_micros, key.in_flight) == (balance.spent, balance.key_in_flight)

    @invariant()
    def every_promise_holds(self):
        found = audit.run(self.tx, video_files=self.files)
        assert [each for each in found if each.broken] == []


def _hold(tx, task):
    holds.open_hold(
        tx,
        task_id=task.id,
        account_id=task.account_id,
        amount_micros=task.price_micros,
        currency=task.currency,
        key_id=task.key_id,
        now_ms=NOW_MS,
    )


TestLedger = Ledger.TestCase
TestLedger.settings = settings.get_profile(PROFILE)
