import secrets
from datetime import date

import pytest

from fakes.plans import plan_of
from fakes.rows import NOW_MS, a_video, accept, begin, new_account
from framegate.domain.ledger import Scope
from framegate.domain.task import TaskStatus
from framegate.flows import finish
from framegate.store import keys, usage
from framegate.store.usage import BYS

DAY_MS = 86_400_000
FIRST, LAST = date(2026, 7, 1), date(2026, 7, 31)


def paid(tx, account_id, *, at_ms=NOW_MS, **facts):
    task = accept(tx, begin(tx, account_id, **facts), ticket=facts.get("id", "9"))
    video = a_video(f"vid_{task.id}")
    return finish.succeed(tx, task, video=video, now_ms=at_ms, upstream_tells=True)


def failed(tx, account_id, **facts):
    task = accept(tx, begin(tx, account_id, **facts))
    return finish.give_up(
        tx, task, status=TaskStatus.FAILED, message="m", now_ms=NOW_MS, upstream_tells=True
    )


def sums(tx, dimension, account_id=None, first=FIRST, last=LAST):
    found = usage.by(tx, dimension, account_id=account_id, first=first, last=last)
    return [(used.group, used.tasks, used.seconds, used.spent_micros) for used in found]


def test_success_is_counted_with_what_the_ledger_took(tx):
    account = new_account(tx, credit_micros=10_000_000)
    paid(tx, account.id)
    assert sums(tx, "day") == [("2026-07-03", 1, 5, 560_000)]


def test_end_without_a_video_is_a_task_that_cost_nothing(tx):
    account = new_account(tx, credit_micros=10_000_000)
    failed(tx, account.id)
    assert sums(tx, "status") == [("failed", 1, 0, 0)]


def test_groups_of_one_dimension_are_sums_over_all_others(tx):
    account = new_account(tx, credit_micros=10_000_000)
    one, two = (new_key(tx, account.id) for _ in range(2))
    for resolution, key_id in (("720p", one), ("1080p", one), ("720p", two)):
        paid(tx, account.id, resolution=resolution, key_id=key_id)
    assert sums(tx, "resolution") == [("720p", 2, 10, 1_120_000), ("1080p", 1, 5, 560_000)]
    assert sums(tx, "key") == [(one, 2, 10, 1_120_000), (two, 1, 5, 560_000)]


def new_key(tx, account_id):
    made = keys.create(
        tx,
        account_id=account_id,
        key=secrets.token_hex(),
        scope=Scope.FULL,
        expires_ms=0,
        now_ms=NOW_MS,
    )
    return made.id


def test_day_is_that_of_the_end(tx):
    account = new_account(tx, credit_micros=10_000_000)
    paid(tx, account.id, at_ms=NOW_MS + DAY_MS)
    assert sums(tx, "day", last=date(2026, 7, 3)) == []
    assert sums(tx, "day", first=date(2026, 7, 4)) == [("2026-07-04", 1, 5, 560_000)]


def test_account_sees_its_own_alone(tx):
    ours, theirs = (new_account(tx, name, credit_micros=9_000_000) for name in "ab")
    paid(tx, theirs.id)
    assert sums(tx, "day", ours.id) == []
    assert sums(tx, "account") == [(theirs.id, 1, 5, 560_000)]


def test_bill_is_added_to_the_day_of_the_end(tx):
    account = new_account(tx, credit_micros=10_000_000)
    usage.note_cost(tx, paid(tx, account.id), cost_micros=300_000)
    (used,) = usage.by(tx, "day", account_id=account.id, first=FIRST, last=LAST)
    assert (used.tasks, used.cost_micros, used.costs_known) == (1, 300_000, 1)


@pytest.mark.parametrize("dimension", BYS)
@pytest.mark.parametrize("account_id", [None, "acc_1"])
def test_usage_is_searched_and_never_scanned(database, dimension, account_id):
    plan = plan_of(database, usage.by, dimension, account_id=account_id, first=FIRST, last=LAST)
    assert [step for step in plan if step.startswith("SEARCH usage")]
    assert [step for step in plan if step.startswith("SCAN")] == []
    # Everybody's sums stand in the index itself: no row is looked up.
    everybodys = "SEARCH usage USING COVERING INDEX ix_usage_day_sums (day>? AND day<?)"
    assert (everybodys in plan) == (account_id is None)
