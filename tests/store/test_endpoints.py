from dataclasses import replace

import pytest

from fakes.rows import NOW_MS, new_account
from framegate.domain.endpoint import DisabledWhy, Wish
from framegate.domain.event import EVENTS
from framegate.store import endpoints

URL = "https://your-server.example/hooks"


@pytest.fixture
def account(tx):
    return new_account(tx)


@pytest.fixture
def endpoint(tx, account):
    return create(tx, account)


def create(tx, account, *, url=URL, events=EVENTS, now_ms=NOW_MS):
    wish = Wish(url=url, events=events)
    return endpoints.create(tx, account_id=account.id, wish=wish, now_ms=now_ms)


def now(tx, endpoint):
    return endpoints.of_caller(tx, endpoint.account_id, endpoint.id)


def test_endpoint_is_read_back_as_it_was_made(tx, endpoint):
    assert endpoint.id.startswith("hook_")
    assert (endpoint.generation, endpoint.is_enabled) == (1, True)
    assert now(tx, endpoint) == endpoint


def test_another_accounts_endpoint_is_not_there(tx, endpoint):
    other = new_account(tx, "other")

    assert endpoints.of_caller(tx, other.id, endpoint.id) is None
    assert endpoints.of_account(tx, other.id) == []
    assert endpoints.listening(tx, other.id, "task.failed") == []


def test_endpoints_are_listed_newest_first_with_the_disabled_ones(tx, account, endpoint):
    newer = create(tx, account, now_ms=NOW_MS + 1)
    endpoints.disable(tx, newer.id, why=DisabledWhy.OWNER, now_ms=NOW_MS + 2)

    assert [each.id for each in endpoints.of_account(tx, account.id)] == [newer.id, endpoint.id]


def test_only_enabled_endpoints_that_want_an_event_hear_of_it(tx, account, endpoint):
    failures = create(tx, account, events=("task.failed",), now_ms=NOW_MS + 1)
    off = create(tx, account, now_ms=NOW_MS + 2)
    endpoints.disable(tx, off.id, why=DisabledWhy.OWNER, now_ms=NOW_MS + 3)

    assert endpoints.listening(tx, account.id, "task.failed") == [endpoint, failures]
    assert endpoints.listening(tx, account.id, "task.succeeded") == [endpoint]


def test_looking_for_listeners_walks_an_index_and_no_table(tx, account):
    """It is done on every step of every task."""
    plan = tx.exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT * FROM endpoints WHERE account_id = ? AND disabled_ms = 0",
        (account.id,),
    ).all()

    assert "USING INDEX ix_endpoints_account_id" in str(plan)


def test_rotation_puts_the_next_secret_in_force(tx, endpoint):
    assert endpoints.rotate(tx, endpoint, overlap_ms=NOW_MS + 5)

    assert now(tx, endpoint) == replace(endpoint, generation=2, overlap_ms=NOW_MS + 5)


def test_second_rotation_of_the_same_secret_does_nothing(tx, endpoint):
    endpoints.rotate(tx, endpoint, overlap_ms=NOW_MS + 5)

    assert not endpoints.rotate(tx, endpoint, overlap_ms=0)
    assert now(tx, endpoint).overlap_ms == NOW_MS + 5


def test_disabling_twice_keeps_the_first_time_and_reason(tx, endpoint):
    assert endpoints.disable(tx, endpoint.id, why=DisabledWhy.GONE, now_ms=NOW_MS + 1)
    assert not endpoints.disable(tx, endpoint.id, why=DisabledWhy.OWNER, now_ms=NOW_MS + 2)

    kept = now(tx, endpoint)
    assert (kept.disabled_ms, kept.disabled_why) == (NOW_MS + 1, "it answered 410")


def test_enabled_again_it_still_knows_why_it_was_not(tx, endpoint):
    """An audit asks: what was given up meanwhile had a reason."""
    endpoints.disable(tx, endpoint.id, why=DisabledWhy.GONE, now_ms=NOW_MS + 1)

    endpoints.enable(tx, endpoint.id)

    assert now(tx, endpoint) == replace(endpoint, disabled_why="it answered 410")
