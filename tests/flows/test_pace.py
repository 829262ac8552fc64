"""When a task is looked at next, whatever is known of its upstream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.rows import NOW_MS, a_task
from framegate.flows import pace
from framegate.store import upstreams

LATER = st.integers(0, 86_400_000)


@pytest.fixture
def tx(house):
    with house.database.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def wait_ms(tx, upstream, *, age_ms=0, **facts):
    task = a_task("acc_1", upstream="scripted", **{"ticket": "9", "sent_ms": NOW_MS} | facts)
    return pace.look_at_ms(tx, task, upstream, now_ms=NOW_MS + age_ms) - NOW_MS - age_ms


@pytest.mark.parametrize(
    ("age_ms", "expected_ms"), [(0, 3_000), (40_000, 10_000), (7_000_000, 60_000)]
)
def test_an_uncertain_order_is_looked_up_each_time_it_has_grown_a_quarter_older(
    tx, upstream, age_ms, expected_ms
):
    assert wait_ms(tx, upstream, age_ms=age_ms, ticket="") == expected_ms


def test_an_upstream_that_was_removed_leaves_only_the_deadline_to_wait_for(tx):
    assert wait_ms(tx, None, age_ms=40_000) == 10_000


def test_one_that_reports_is_asked_when_most_have_reported(tx, upstream):
    for took_ms in [28_000] * 19 + [50_000]:
        upstreams.note_duration(tx, a_task("acc_1", upstream="scripted"), took_ms)
    assert wait_ms(tx, upstream) == 28_000
    upstream.is_reporting = True
    assert wait_ms(tx, upstream, age_ms=1_000) == 27_000
    assert wait_ms(tx, upstream, age_ms=28_000) == 7_000


def test_a_task_found_without_a_time_of_sending_counts_from_its_beginning(tx, upstream):
    assert wait_ms(tx, upstream, age_ms=40_000, sent_ms=0) == 10_000


def test_no_look_is_planned_past_the_deadline(tx, upstream):
    @given(age_ms=LATER, deadline_ms=LATER)
    def look(age_ms, deadline_ms):
        task = a_task("acc_1", ticket="9", sent_ms=NOW_MS, deadline_ms=NOW_MS + deadline_ms)
        at_ms = pace.look_at_ms(tx, task, upstream, now_ms=NOW_MS + age_ms)
        assert at_ms <= task.deadline_ms

    look()
