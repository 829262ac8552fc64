from dataclasses import replace

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from fakes.plans import plan_of
from fakes.rows import NOW_MS, begin, new_account
from framegate.domain.delivery import ATTEMPTS_EVER_MAX, Attempt, DeliveryStatus, Resender
from framegate.store import deliveries

URL = "https://your-server.example/webhook"
PENDING, DELIVERED, FAILED = DeliveryStatus


@pytest.fixture
def task(tx):
    return begin(tx, new_account(tx, is_unlimited=True).id)


@pytest.fixture
def delivery(tx, task):
    return owe(tx, task)


def owe(tx, task, *, event="task.succeeded", url=URL, now_ms=NOW_MS, endpoint_id=""):
    return deliveries.owe(tx, task, event=event, url=url, now_ms=now_ms, endpoint_id=endpoint_id)


def attempt(at_ms=NOW_MS, *, http_status=500, answer=b"busy"):
    return Attempt(at_ms=at_ms, took_ms=40, http_status=http_status, error="", answer=answer)


def record(tx, delivery, tried, status, *, next_ms=0):
    return deliveries.record(tx, delivery, tried, status=status, next_ms=next_ms)


def test_delivery_is_read_back_as_it_was_owed(tx, task, delivery):
    assert deliveries.by_id(tx, delivery.id) == delivery
    assert deliveries.of_task(tx, task.id) == [delivery]
    assert deliveries.by_id(tx, "msg_nobody") is None


def test_one_event_is_owed_to_one_place_once(tx, task, delivery):
    owe(tx, task, event="task.failed")

    with pytest.raises(IntegrityError, match="UNIQUE"):
        owe(tx, task)


def test_failed_attempt_is_kept_and_the_delivery_waits_under_its_own_id(tx, delivery):
    """The webhook-id is the same on every attempt."""
    tried = attempt()

    assert record(tx, delivery, tried, PENDING, next_ms=NOW_MS + 5_000)

    assert deliveries.by_id(tx, delivery.id) == replace(
        delivery, attempts=1, next_ms=NOW_MS + 5_000
    )
    assert deliveries.attempts_of(tx, delivery.id) == [tried]


def test_attempts_are_told_in_their_order(tx, delivery):
    for number in range(3):
        now = deliveries.by_id(tx, delivery.id)
        record(tx, now, attempt(NOW_MS + number), PENDING, next_ms=NOW_MS + 9)

    kept = [each.at_ms - NOW_MS for each in deliveries.attempts_of(tx, delivery.id)]
    assert kept == [0, 1, 2]


@pytest.mark.parametrize("status", [DELIVERED, FAILED])
def test_ended_delivery_says_when_it_ended(tx, delivery, status):
    record(tx, delivery, attempt(http_status=200), status)

    assert deliveries.by_id(tx, delivery.id).status is status
    ended_ms = tx.execute(text("SELECT ended_ms FROM deliveries")).scalar_one()
    assert ended_ms == NOW_MS + 40


def test_second_worker_with_the_same_attempt_writes_nothing(tx, delivery):
    record(tx, delivery, attempt(http_status=200), DELIVERED)

    assert not record(tx, delivery, attempt(http_status=500), PENDING, next_ms=NOW_MS + 1)
    assert len(deliveries.attempts_of(tx, delivery.id)) == 1
    assert deliveries.by_id(tx, delivery.id).status is DELIVERED


def test_ended_delivery_is_never_tried_again(tx, delivery):
    record(tx, delivery, attempt(), FAILED)
    ended = deliveries.by_id(tx, delivery.id)

    assert not record(tx, ended, attempt(), PENDING, next_ms=NOW_MS + 1)


def test_only_pending_deliveries_are_overdue(tx, task, delivery):
    owe(tx, task, event="task.failed")
    record(tx, delivery, attempt(http_status=200), DELIVERED)

    assert deliveries.open_overdue(tx, before_ms=NOW_MS, rows_max=9) == []
    assert len(deliveries.open_overdue(tx, before_ms=NOW_MS + 1, rows_max=9)) == 1


def test_one_event_is_owed_to_each_endpoint_and_to_the_callback(tx, task, delivery):
    for endpoint_id in ("hook_1", "hook_2"):
        owe(tx, task, endpoint_id=endpoint_id)

    owed = [each.endpoint_id for each in deliveries.of_task(tx, task.id)]
    assert sorted(owed) == ["", "hook_1", "hook_2"]


def test_postponed_delivery_waits_without_an_attempt(tx, delivery):
    deliveries.postpone(tx, delivery, next_ms=NOW_MS + 9)

    assert deliveries.by_id(tx, delivery.id) == replace(delivery, next_ms=NOW_MS + 9)


def test_attempt_that_came_first_is_not_postponed(tx, delivery):
    """A worker that is late would put its own wait in the place of the schedule's."""
    record(tx, delivery, attempt(), PENDING, next_ms=NOW_MS + 5_000)

    deliveries.postpone(tx, delivery, next_ms=NOW_MS + 9)

    assert deliveries.by_id(tx, delivery.id).next_ms == NOW_MS + 5_000


def test_ended_delivery_is_not_postponed(tx, delivery):
    record(tx, delivery, attempt(http_status=200), DELIVERED)

    deliveries.postpone(tx, delivery, next_ms=NOW_MS + 9)

    assert deliveries.by_id(tx, delivery.id).next_ms == 0


def test_what_is_pending_for_an_endpoint_ends_with_it(tx, task, delivery):
    pending = owe(tx, task, endpoint_id="hook_1")
    told = owe(tx, task, event="task.submitted", endpoint_id="hook_1")
    other = owe(tx, task, endpoint_id="hook_2")
    record(tx, told, attempt(http_status=200), DELIVERED)

    assert deliveries.give_up_of_endpoint(tx, "hook_1", now_ms=NOW_MS + 1) == 1

    ended = deliveries.by_id(tx, pending.id)
    assert (ended.status, ended.next_ms, ended.ended_ms) == (FAILED, 0, NOW_MS + 1)
    assert deliveries.by_id(tx, told.id).status is DELIVERED
    assert deliveries.by_id(tx, other.id) == other
    assert deliveries.by_id(tx, delivery.id) == delivery


# --- sent again by hand -----------------------------------------------------------------------


def test_delivery_sent_again_keeps_its_id_and_its_attempts(tx, delivery):
    record(tx, delivery, attempt(), FAILED)

    deliveries.requeue(tx, delivery, by=Resender.OPERATOR, now_ms=NOW_MS + 7)

    again = deliveries.by_id(tx, delivery.id)
    expected = replace(
        delivery,
        attempts=1,
        attempts_before=1,
        next_ms=NOW_MS + 7,
        resent_ms=NOW_MS + 7,
        resent_by="operator",
    )
    assert again == expected
    assert again.attempts_of_schedule == 0
    assert deliveries.attempts_of(tx, delivery.id) == [attempt()]


def test_attempt_after_a_resend_is_the_next_number(tx, delivery):
    record(tx, delivery, attempt(), FAILED)
    deliveries.requeue(tx, delivery, by=Resender.OWNER, now_ms=NOW_MS + 7)

    assert record(tx, deliveries.by_id(tx, delivery.id), attempt(http_status=200), DELIVERED)

    assert [each.http_status for each in deliveries.attempts_of(tx, delivery.id)] == [500, 200]


def test_failed_ones_of_an_endpoint_are_found_oldest_first(tx, task):
    events = ("task.failed", "task.processing", "task.submitted", "task.succeeded")
    made = [
        owe(tx, task, event=event, endpoint_id="hook_1", now_ms=NOW_MS - age)
        for age, event in enumerate(events)
    ]
    for each in made[:3]:
        record(tx, each, attempt(), FAILED)
    tx.execute(
        text("UPDATE deliveries SET attempts = :most WHERE id = :id"),
        {"most": ATTEMPTS_EVER_MAX, "id": made[0].id},
    )

    found = deliveries.failed_of_endpoint(tx, "hook_1", rows_max=9)

    assert [each.id for each in found] == [made[2].id, made[1].id]
    assert len(deliveries.failed_of_endpoint(tx, "hook_1", rows_max=1)) == 1
    assert deliveries.failed_of_endpoint(tx, "hook_2", rows_max=9) == []


def test_what_an_endpoint_was_never_told_is_found_beside_a_history_without_end(database):
    asked = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_):
        if "deliveries" in statement:
            asked.append((statement, parameters))

    database.write_now(deliveries.failed_of_endpoint, "hook_1", rows_max=9)
    database.write_now(deliveries.give_up_of_endpoint, "hook_1", now_ms=NOW_MS)
    event.remove(database.engine, "before_cursor_execute", note)

    for statement, parameters in asked:
        plan = database.read_now(
            lambda tx, *words: tx.exec_driver_sql(*words).all(),
            f"EXPLAIN QUERY PLAN {statement}",
            parameters,
        )
        index = "INDEX ix_deliveries_endpoint_id_status_created_ms (endpoint_id=? AND status=?)"
        assert index in str(plan)
    assert len(asked) == 2


# --- for callers ------------------------------------------------------------------------------


def test_another_accounts_delivery_is_not_there(tx, task, delivery):
    other = new_account(tx, "other")

    assert deliveries.of_caller(tx, task.account_id, delivery.id).delivery == delivery
    assert deliveries.of_caller(tx, other.id, delivery.id) is None
    assert deliveries.of_anybody(tx, delivery.id).delivery == delivery
    assert deliveries.of_anybody(tx, "msg_made_up") is None
    assert deliveries.page(tx, other.id, rows_max=9) == []


def test_delivery_is_shown_with_its_newest_attempt(tx, task, delivery):
    assert deliveries.of_caller(tx, task.account_id, delivery.id).last is None
    for http_status in (500, 503):
        now = deliveries.by_id(tx, delivery.id)
        record(tx, now, attempt(http_status=http_status), PENDING, next_ms=NOW_MS)

    assert deliveries.of_caller(tx, task.account_id, delivery.id).last.http_status == 503


def test_pages_go_from_new_to_old_and_miss_nothing(tx, task):
    """Many happen within one millisecond."""
    made = [
        owe(tx, task, endpoint_id=f"hook_{number}", now_ms=NOW_MS + number // 3).id
        for number in range(7)
    ]

    seen, after = [], None
    while found := deliveries.page(tx, task.account_id, rows_max=2, after=after):
        seen += [told.delivery.id for told in found]
        after = (found[-1].delivery.created_ms, seen[-1])

    assert sorted(seen) == sorted(made)
    times = [deliveries.by_id(tx, each).created_ms for each in seen]
    assert times == sorted(times, reverse=True)


OF_ACCOUNT = "ix_deliveries_account_id_"
OF_ENDPOINT = "ix_deliveries_endpoint_id_"


@pytest.mark.parametrize("after", [None, (NOW_MS, "msg_1")])
@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, f"{OF_ACCOUNT}created_ms (account_id=?"),
        ({"status": FAILED}, f"{OF_ACCOUNT}status_created_ms (account_id=? AND status=?"),
        ({"status": DELIVERED}, f"{OF_ACCOUNT}status_created_ms (account_id=? AND status=?"),
        ({"endpoint_id": "hook_1"}, f"{OF_ENDPOINT}created_ms (endpoint_id=?"),
        (
            {"endpoint_id": "hook_1", "status": PENDING},
            f"{OF_ENDPOINT}status_created_ms (endpoint_id=? AND status=?",
        ),
    ],
)
def test_page_walks_one_index_in_its_order_from_where_it_begins(database, asked, index, after):
    plan = plan_of(database, deliveries.page, "acc_1", rows_max=9, after=after, **asked)
    assert not [step for step in plan if step.startswith("SCAN")], plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan
    (walk,) = [step for step in plan if step.startswith("SEARCH deliveries")]
    assert index in walk
    assert ("created_ms<?" in walk) == (after is not None)


def test_delivery_with_its_attempts_is_found_by_its_id_alone(database):
    plan = plan_of(database, deliveries.of_caller, "acc_1", "msg_1")
    plan += plan_of(database, deliveries.attempts_of, "msg_1")
    plan += plan_of(database, deliveries.newest, "hook_1", rows_max=9)
    assert not [step for step in plan if step.startswith(("SCAN", "USE TEMP"))], plan


def test_page_may_be_of_one_endpoint_or_one_status(tx, task, delivery):
    hooked = owe(tx, task, endpoint_id="hook_1")
    record(tx, hooked, attempt(http_status=200), DELIVERED)

    def ids(**chosen):
        found = deliveries.page(tx, task.account_id, rows_max=9, **chosen)
        return {told.delivery.id for told in found}

    assert ids() == {hooked.id, delivery.id}
    assert ids(endpoint_id="hook_1") == ids(status=DELIVERED) == {hooked.id}
    assert ids(endpoint_id="hook_1", status=PENDING) == set()
