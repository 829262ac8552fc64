from fakes.plans import plan_of
from fakes.rows import NOW_MS, begin, new_account
from framegate.store import entries, holds


def paid(tx, account):
    task = begin(tx, account.id)
    holds.settle(tx, task_id=task.id, now_ms=NOW_MS + 1)
    return task


def test_lines_come_newest_first_with_what_they_are_for(tx):
    account = new_account(tx, credit_micros=10_000_000)
    task = paid(tx, account)
    found = entries.page(tx, account.id, before=None, rows_max=10)
    assert [(each.kind, each.task_id, each.amount_micros, each.created_ms) for each in found] == [
        ("settle", task.id, -560_000, NOW_MS + 1),
        ("topup", "", 10_000_000, NOW_MS),
    ]


def test_page_goes_on_behind_a_line(tx):
    account = new_account(tx, credit_micros=10_000_000)
    paid(tx, account)
    (first,) = entries.page(tx, account.id, before=None, rows_max=1)
    (second,) = entries.page(tx, account.id, before=first.id, rows_max=10)
    assert (first.kind, second.kind) == ("settle", "topup")


def test_other_side_of_a_transfer_is_not_the_accounts(tx):
    account = new_account(tx, credit_micros=10_000_000)
    task = paid(tx, account)
    (line,) = entries.of_task(tx, task.id, account.id)
    assert line.amount_micros == -560_000


def test_hold_says_what_became_of_it(tx):
    task = paid(tx, new_account(tx, credit_micros=10_000_000))
    hold = entries.hold_of(tx, task.id)
    assert (hold.amount_micros, hold.state, hold.closed_ms) == (560_000, "settled", NOW_MS + 1)


def test_ledger_is_searched_and_never_scanned(database):
    plan = plan_of(database, entries.page, "acc_1", before=9, rows_max=50)
    plan += plan_of(database, entries.of_task, "task_1", "acc_1")
    assert [step for step in plan if step.startswith(("SCAN", "USE TEMP"))] == []


def test_lines_of_a_task_are_found_by_the_task_however_long_the_ledger_is(database):
    plan = plan_of(database, entries.of_task, "task_1", "acc_1")
    assert not any("ledger" in step for step in plan), plan
