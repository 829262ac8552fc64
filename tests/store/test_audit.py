"""Every check is shown a database that breaks its promise, and must name what breaks it."""

import sqlite3

import pytest
from sqlalchemy import text

from fakes.rows import NOW_MS, a_video, accept, begin, new_account
from framegate.domain.delivery import Attempt, DeliveryStatus
from framegate.domain.task import TaskStatus
from framegate.engine import embedded as engine
from framegate.flows import finish
from framegate.store import audit, deliveries, tasks
from framegate.store.audit import IDS_SHOWN_MAX

FILES = {"vid_1": 4}
URL = "https://your-server.example/webhook"


@pytest.fixture
def lived(database, path):
    """A database in which one of everything has happened, open for any damage."""
    database.write_now(live)
    other = sqlite3.connect(path, isolation_level=None)
    # Past every guard of the database itself: that is what the audit is for.
    other.execute("PRAGMA foreign_keys = OFF")
    other.execute("PRAGMA ignore_check_constraints = ON")
    for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        other.execute(f"DROP TRIGGER {name}")
    yield other
    other.close()


def live(tx):
    payer = new_account(tx, "payer", credit_micros=10_000_000)
    house = new_account(tx, "house", is_unlimited=True)
    open_task = begin(tx, payer.id, id="task_open")
    assert open_task
    begin(tx, house.id, id="task_refused", external_task_id="x")
    end(tx, "task_refused", TaskStatus.REFUSED)
    for name in ("paid", "failed", "expired"):
        task = accept(tx, begin(tx, payer.id, id=f"task_{name}", callback_url=URL), ticket=name)
        if name == "paid":
            finish.succeed(tx, task, video=a_video(), now_ms=NOW_MS + 3, upstream_tells=False)
        else:
            finish.give_up(
                tx,
                task,
                status=TaskStatus(name),
                message="m",
                now_ms=NOW_MS + 3,
                upstream_tells=False,
            )
        engine.forget(tx, "track", task.id)
    told(tx, "task_failed", (200,), DeliveryStatus.DELIVERED)
    told(tx, "task_expired", (500, 410), DeliveryStatus.FAILED)


def end(tx, task_id, status):
    finish.refuse(tx, tasks.by_id(tx, task_id), note=status, now_ms=NOW_MS + 3)


def told(tx, task_id, answers, status):
    (delivery,) = deliveries.of_task(tx, task_id)
    for number, http_status in enumerate(answers, start=1):
        tried = Attempt(at_ms=NOW_MS, took_ms=1, http_status=http_status, error="", answer=b"")
        is_last = number == len(answers)
        deliveries.record(
            tx,
            deliveries.by_id(tx, delivery.id),
            tried,
            status=status if is_last else DeliveryStatus.PENDING,
            next_ms=0 if is_last else NOW_MS,
        )
    engine.forget(tx, "deliver", delivery.id)


def findings(database, files=FILES):
    return database.read_now(audit.run, video_files=files)


def broken(database, files=FILES):
    """The sentence of each promise that does not hold, with what breaks it."""
    return {each.says: each.ids for each in findings(database, files) if each.broken}


BALANCED = "every transfer has at least two entries and sums to zero"
BALANCE = "a stored balance is the sum of its entries"
HELD = "held is the sum of the open holds"
AVAILABLE = "a limited account has no negative available credit"
HOLD = "every task has a hold of its price, and every hold a task"
ENDED = "a task has ended exactly when its hold is closed"
SETTLED = "a task has succeeded exactly when its hold is settled, once, at its price"
PRICE = "a price is the price of its facts under the version kept"
WAKE = "every task that has not ended has a deadline and a wake-up"
OWED = "every pending delivery has a wake-up"
SCHEDULE = "a delivery is given up only after its schedule, or because its receiver said 410"
VIDEO = "a succeeded task has a stored video"
FILE = "a stored video's file is there, whole"

PAYER = "(SELECT id FROM accounts WHERE name = 'payer')"
TOPUP = "(SELECT id FROM transfers WHERE kind = 'topup')"
SETTLE = "(SELECT id FROM transfers WHERE kind = 'settle')"
DELIVERY = "(SELECT id FROM deliveries WHERE task_id = 'task_{}')"

# What is broken, by which damage, and who must be named (a query, asked before the damage).
DAMAGES = [
    (BALANCED, f"UPDATE entries SET amount_micros = 1 WHERE transfer_id = {TOPUP}", TOPUP),
    (
        BALANCED,
        f"DELETE FROM entries WHERE transfer_id = {SETTLE} AND ledger = 'house:revenue'",
        SETTLE,
    ),
    (BALANCED, f"DELETE FROM entries WHERE transfer_id = {TOPUP}", TOPUP),
    (BALANCED, f"DELETE FROM transfers WHERE id = {TOPUP}", TOPUP),
    (BALANCED, "INSERT INTO transfers (id, kind) VALUES ('trf_empty', 'topup')", "'trf_empty'"),
    (BALANCE, "UPDATE accounts SET posted_micros = posted_micros + 1 WHERE name = 'payer'", PAYER),
    (
        BALANCE,
        f"UPDATE entries SET amount_micros = amount_micros * 2 WHERE transfer_id = {TOPUP}",
        PAYER,
    ),
    (HELD, "UPDATE accounts SET held_micros = held_micros - 1 WHERE name = 'payer'", PAYER),
    (HELD, "UPDATE holds SET state = 'released' WHERE task_id = 'task_open'", PAYER),
    (AVAILABLE, "UPDATE accounts SET held_micros = 99999999 WHERE name = 'payer'", PAYER),
    (
        AVAILABLE,
        "UPDATE accounts SET posted_micros = held_micros - 1 WHERE name = 'payer'",
        PAYER,
    ),
    (HOLD, "DELETE FROM holds WHERE task_id = 'task_failed'", "'task_failed'"),
    (HOLD, "UPDATE holds SET amount_micros = 1 WHERE task_id = 'task_paid'", "'task_paid'"),
    (HOLD, "UPDATE holds SET account_id = 'acc_x' WHERE task_id = 'task_open'", "'task_open'"),
    (HOLD, "DELETE FROM tasks WHERE id = 'task_open'", "'task_open'"),
    (ENDED, "UPDATE holds SET state = 'open' WHERE task_id = 'task_failed'", "'task_failed'"),
    (ENDED, "UPDATE holds SET state = 'released' WHERE task_id = 'task_open'", "'task_open'"),
    (ENDED, "UPDATE tasks SET ended_ms = 0 WHERE id = 'task_refused'", "'task_refused'"),
    (ENDED, "UPDATE tasks SET status = 'failed' WHERE id = 'task_open'", "'task_open'"),
    (ENDED, "UPDATE tasks SET status = 'processing' WHERE id = 'task_paid'", "'task_paid'"),
    (SETTLED, "UPDATE tasks SET status = 'failed' WHERE id = 'task_paid'", "'task_paid'"),
    (SETTLED, "UPDATE tasks SET status = 'succeeded' WHERE id = 'task_expired'", "'task_expired'"),
    (SETTLED, "UPDATE holds SET state = 'released' WHERE task_id = 'task_paid'", "'task_paid'"),
    (SETTLED, f"DELETE FROM transfers WHERE id = {SETTLE}", "'task_paid'"),
    (
        SETTLED,
        f"UPDATE entries SET amount_micros = amount_micros * 2 WHERE transfer_id = {SETTLE}",
        "'task_paid'",
    ),
    (
        SETTLED,
        f"UPDATE entries SET ledger = 'acc_x' WHERE transfer_id = {SETTLE} AND amount_micros < 0",
        "'task_paid'",
    ),
    (SETTLED, f"UPDATE transfers SET task_id = 'task_x' WHERE id = {SETTLE}", SETTLE),
    (PRICE, "UPDATE tasks SET price_micros = 1 WHERE id = 'task_paid'", "'task_paid'"),
    (PRICE, "UPDATE tasks SET duration_s = 10 WHERE id = 'task_failed'", "'task_failed'"),
    (PRICE, "UPDATE tasks SET resolution = '1080p' WHERE id = 'task_open'", "'task_open'"),
    (PRICE, "UPDATE tasks SET price_version = 'x' WHERE id = 'task_open'", "'task_open'"),
    (PRICE, "UPDATE price_lists SET terms = replace(terms, 'USD', 'CNY')", "'task_open'"),
    (PRICE, "UPDATE price_lists SET terms = '{'", "'task_open'"),
    (PRICE, "DELETE FROM price_lists", "'task_open'"),
    (WAKE, "DELETE FROM jobs WHERE queue = 'track'", "'task_open'"),
    (WAKE, "UPDATE jobs SET queue = 'deliver' WHERE subject = 'task_open'", "'task_open'"),
    (WAKE, "UPDATE tasks SET deadline_ms = 0 WHERE id = 'task_open'", "'task_open'"),
    (OWED, "DELETE FROM jobs WHERE queue = 'deliver'", DELIVERY.format("paid")),
    (
        SCHEDULE,
        "UPDATE deliveries SET status = 'failed', ended_ms = 1 WHERE task_id = 'task_paid'",
        DELIVERY.format("paid"),
    ),
    (SCHEDULE, "UPDATE attempts SET http_status = 404", DELIVERY.format("expired")),
    (VIDEO, "DELETE FROM videos", "'task_paid'"),
    (VIDEO, "UPDATE videos SET task_id = 'task_failed'", "'task_failed'"),
    (FILE, "UPDATE videos SET bytes_count = 5", "'vid_1'"),
]


def test_database_that_was_not_damaged_is_clean(database, lived):
    assert broken(database) == {}
    assert {each.says for each in findings(database)} == {says for says, _, _ in DAMAGES}


def test_empty_database_is_clean(database):
    assert broken(database, files={}) == {}


@pytest.mark.parametrize(("says", "damage", "who"), DAMAGES)
def test_damage_is_found_and_named(database, lived, says, damage, who):
    (named,) = lived.execute(f"SELECT {who}").fetchone()

    lived.execute(damage)

    assert named in broken(database)[says]


@pytest.mark.parametrize("files", [{}, {"vid_1": 3}, {"vid_1": 5}, {"vid_2": 4}])
def test_video_without_its_whole_file_is_found_and_named(database, lived, files):
    assert broken(database, files) == {FILE: ("vid_1",)}


def test_video_that_retention_removed_needs_no_file(database, lived):
    lived.execute("UPDATE videos SET deleted_ms = 1")

    assert broken(database, files={}) == {}


def test_file_without_a_row_is_the_sweepers_business(database, lived):
    """It may be on its way to its row."""
    assert broken(database, files=FILES | {"vid_2": 9}) == {}


def test_delivery_that_had_its_whole_schedule_may_be_given_up(database, lived):
    lived.execute("UPDATE attempts SET http_status = 500")
    lived.execute("UPDATE deliveries SET attempts = 10 WHERE status = 'failed'")

    assert broken(database) == {}


def test_many_are_counted_and_the_first_few_are_named(database):
    def damage(tx):
        account = new_account(tx, is_unlimited=True)
        for _ in range(IDS_SHOWN_MAX + 5):
            begin(tx, account.id)
        tx.execute(text("DELETE FROM jobs"))

    database.write_now(damage)

    (found,) = [each for each in findings(database) if each.broken]
    assert (found.promise, found.says) == (12, WAKE)
    assert (found.broken, len(found.ids)) == (IDS_SHOWN_MAX + 5, IDS_SHOWN_MAX)


def test_promises_are_told_in_their_order(database):
    numbers = [each.promise for each in findings(database)]

    assert numbers == sorted(numbers)


def test_audit_writes_nothing(database, path, lived):
    """It runs beside a gateway at work."""
    lived.execute("BEGIN IMMEDIATE")

    assert broken(database) == {}
