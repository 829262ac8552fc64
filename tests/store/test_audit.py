"""Every check is shown a database that breaks its promise, and must name what breaks it."""

import sqlite3

import pytest
from sqlalchemy import text

from fakes.rows import NOW_MS, a_video, accept, begin, new_account
from framegate.domain.delivery import Attempt, DeliveryStatus
from framegate.domain.endpoint import DisabledWhy, Wish
from framegate.domain.event import EVENTS
from framegate.domain.ledger import Scope
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import RenderStatus
from framegate.engine import embedded as engine
from framegate.flows import finish
from framegate.store import audit, deliveries, endpoints, keys, renders, tasks
from framegate.store.audit import IDS_SHOWN_MAX
from framegate.store.renders import RenderRow

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
    key = keys.create(
        tx, account_id=payer.id, key="fg_a", scope=Scope.FULL, expires_ms=0, now_ms=NOW_MS
    )
    begin(tx, payer.id, id="task_open", key_id=key.id)
    begin(tx, house.id, id="task_refused", external_task_id="x")
    end(tx, "task_refused", TaskStatus.REFUSED)
    listen(tx, payer.id)
    for name in ("paid", "failed", "expired"):
        task = accept(
            tx, begin(tx, payer.id, id=f"task_{name}", key_id=key.id, callback_url=URL), ticket=name
        )
        renders.begin(tx, a_render(task))
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


def listen(tx, account_id):
    """One webhook for everything since long ago, one for failures, and one that is disabled."""
    for url, events in (("all", EVENTS), ("failures", ("task.failed",)), ("off", EVENTS)):
        wish = Wish(url=f"{URL}/{url}", events=events)
        made = endpoints.create(tx, account_id=account_id, wish=wish, now_ms=NOW_MS - 60_000)
    endpoints.disable(tx, made.id, why=DisabledWhy.OWNER, now_ms=NOW_MS)


def a_render(task):
    return RenderRow(
        id=task.ticket,
        task_id=task.id,
        account_id=task.account_id,
        status=RenderStatus.SUCCEEDED,
        message="",
        picture_url="https://cdn.example.com/a.jpg",
        prompt="",
        resolution=task.resolution,
        duration_s=task.duration_s,
        seed=1,
        tries=1,
        stage="",
        frames_done=0,
        frames_total=0,
        file="",
        sha256="",
        bytes_count=0,
        duration_ms=0,
        created_ms=NOW_MS,
        updated_ms=NOW_MS,
    )


def end(tx, task_id, status):
    finish.refuse(tx, tasks.by_id(tx, task_id), note=status, now_ms=NOW_MS + 3)


def told(tx, task_id, answers, status):
    (delivery,) = (each for each in deliveries.of_task(tx, task_id) if not each.endpoint_id)
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
USED = "usage is what the ledger took for its tasks"
LIVED = "a task is what the last line of its life says"
IN_FLIGHT = "an account's tasks in flight are its open holds"
SPENT = "a key has spent its open and settled holds, and its tasks in flight are the open ones"
KEY_OF_HOLD = "a hold is of the key that created its task"
HOLD = "every task has a hold of its price, and every hold a task"
ENDED = "a task has ended exactly when its hold is closed"
SETTLED = "a task has succeeded exactly when its hold is settled, once, at its price"
PRICE = "a price is the price of its facts under the version kept"
WAKE = "every task that has not ended has a deadline and a wake-up"
OWED = "every pending delivery has a wake-up"
SCHEDULE = "a delivery is given up only after its schedule, after a 410, or with its webhook"
STOPPED = "a disabled webhook has nothing pending"
COUNTED = "a delivery has the attempts it counts, and has ended exactly when it is not pending"
CALLED = "an ended task of the embedded renderer has told its callback"
TOLD = "an ended task has told every webhook that wanted it"
OWNER = "a delivery is its task's account's, and its webhook's"
VIDEO = "a succeeded task has a stored video"
FILE = "a stored video's file is there, whole"

HOUSE = "(SELECT id FROM accounts WHERE name = 'house')"
PAYER = "(SELECT id FROM accounts WHERE name = 'payer')"
KEY = "(SELECT id FROM keys)"
TOPUP = "(SELECT id FROM transfers WHERE kind = 'topup')"
SETTLE = "(SELECT id FROM transfers WHERE kind = 'settle')"
DELIVERY = "(SELECT id FROM deliveries WHERE task_id = 'task_{}' AND endpoint_id = '')"
HOOKED = f"(SELECT id FROM deliveries WHERE task_id = 'task_{{}}' AND url = '{URL}/{{}}')"

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
    (USED, "UPDATE usage SET spent_micros = spent_micros - 1 WHERE status = 'succeeded'", PAYER),
    (USED, "DELETE FROM usage", PAYER),
    (LIVED, "UPDATE tasks SET status = 'processing' WHERE id = 'task_open'", "'task_open'"),
    (LIVED, "DELETE FROM life WHERE task_id = 'task_refused'", "'task_refused'"),
    (LIVED, "DELETE FROM life WHERE status = 'succeeded'", "'task_paid'"),
    (HELD, "UPDATE accounts SET held_micros = held_micros - 1 WHERE name = 'payer'", PAYER),
    (HELD, "UPDATE holds SET state = 'released' WHERE task_id = 'task_open'", PAYER),
    (AVAILABLE, "UPDATE accounts SET held_micros = 99999999 WHERE name = 'payer'", PAYER),
    (
        AVAILABLE,
        "UPDATE accounts SET posted_micros = held_micros - 1 WHERE name = 'payer'",
        PAYER,
    ),
    (IN_FLIGHT, "UPDATE accounts SET in_flight = in_flight + 1 WHERE name = 'payer'", PAYER),
    (IN_FLIGHT, "UPDATE holds SET state = 'open' WHERE task_id = 'task_paid'", PAYER),
    (SPENT, "UPDATE keys SET spent_micros = spent_micros - 1", KEY),
    (SPENT, "UPDATE keys SET in_flight = 0", KEY),
    (SPENT, "UPDATE holds SET state = 'released' WHERE task_id = 'task_paid'", KEY),
    (SPENT, "UPDATE holds SET key_id = ''", KEY),
    (KEY_OF_HOLD, "UPDATE holds SET key_id = '' WHERE task_id = 'task_open'", "'task_open'"),
    (KEY_OF_HOLD, "UPDATE tasks SET key_id = 'key_x' WHERE id = 'task_paid'", "'task_paid'"),
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
    (
        SCHEDULE,
        "UPDATE deliveries SET attempts_before = attempts WHERE status = 'failed'",
        DELIVERY.format("expired"),
    ),
    (
        SCHEDULE,
        f"UPDATE deliveries SET status = 'failed', ended_ms = 1 WHERE url = '{URL}/all'",
        HOOKED.format("paid", "all"),
    ),
    (
        STOPPED,
        f"UPDATE endpoints SET disabled_ms = 1 WHERE url = '{URL}/failures'",
        HOOKED.format("expired", "failures"),
    ),
    (COUNTED, "DELETE FROM attempts WHERE http_status = 200", DELIVERY.format("failed")),
    (COUNTED, "UPDATE deliveries SET attempts_before = 1", DELIVERY.format("paid")),
    (
        COUNTED,
        "UPDATE deliveries SET ended_ms = 0 WHERE status = 'delivered'",
        DELIVERY.format("failed"),
    ),
    (
        COUNTED,
        f"UPDATE deliveries SET ended_ms = 1 WHERE url = '{URL}/failures'",
        HOOKED.format("failed", "failures"),
    ),
    (CALLED, "DELETE FROM deliveries WHERE endpoint_id = ''", "'task_failed'"),
    (
        TOLD,
        f"DELETE FROM deliveries WHERE url = '{URL}/all' AND event = 'task.succeeded'",
        "'task_paid'",
    ),
    (TOLD, f"DELETE FROM deliveries WHERE url = '{URL}/failures'", "'task_expired'"),
    (
        TOLD,
        "UPDATE deliveries SET event = 'task.submitted' WHERE task_id = 'task_failed'",
        "'task_failed'",
    ),
    (
        OWNER,
        f"UPDATE deliveries SET account_id = {HOUSE} WHERE task_id = 'task_paid'",
        HOOKED.format("paid", "all"),
    ),
    (
        OWNER,
        f"UPDATE endpoints SET account_id = {HOUSE}",
        HOOKED.format("failed", "failures"),
    ),
    (
        OWNER,
        f"UPDATE deliveries SET endpoint_id = 'hook_x' WHERE url = '{URL}/all'",
        HOOKED.format("paid", "all"),
    ),
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
    for number in range(3, 11):
        lived.execute(
            "INSERT INTO attempts (delivery_id, number) SELECT id, ? FROM deliveries "
            "WHERE status = 'failed'",
            (number,),
        )
    lived.execute("UPDATE deliveries SET attempts = 10 WHERE status = 'failed'")

    assert broken(database) == {}


def test_delivery_may_be_given_up_with_its_webhook_even_if_that_is_enabled_again(database, lived):
    lived.execute(f"UPDATE endpoints SET disabled_why = 'it answered 410' WHERE url = '{URL}/all'")
    lived.execute(f"UPDATE deliveries SET status = 'failed', ended_ms = 1 WHERE url = '{URL}/all'")

    assert broken(database) == {}


def test_webhook_that_was_made_within_the_minute_may_have_missed_an_end(database, lived):
    """Two processes may commit in another order than that of their clocks."""
    lived.execute("DELETE FROM deliveries WHERE endpoint_id <> ''")
    lived.execute("UPDATE endpoints SET created_ms = created_ms + 3")

    assert broken(database) == {}


def test_task_of_an_upstream_that_may_call_by_itself_needs_no_delivery(database, lived):
    lived.execute("DELETE FROM deliveries WHERE endpoint_id = ''")
    lived.execute("DELETE FROM renders")

    assert CALLED not in broken(database)


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
