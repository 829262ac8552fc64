from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, begin, new_account
from framegate.domain.delivery import Attempt, DeliveryStatus
from framegate.store import deliveries

URL = "https://your-server.example/webhook"
PENDING, DELIVERED, FAILED = DeliveryStatus


@pytest.fixture
def task(tx):
    return begin(tx, new_account(tx, is_unlimited=True).id)


@pytest.fixture
def delivery(tx, task):
    return owe(tx, task)


def owe(tx, task, *, event="task.succeeded", url=URL):
    return deliveries.owe(tx, task, event=event, url=url, now_ms=NOW_MS)


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

    assert deliveries.by_id(tx, delivery.id) == replace(delivery, attempts=1)
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
