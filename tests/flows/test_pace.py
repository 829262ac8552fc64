"""When a task is looked at next, and what silence of an upstream becomes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import rows
from fakes.rows import NOW_MS, a_task
from framegate.domain.task import TaskStatus
from framegate.flows import pace
from framegate.store import upstreams


@pytest.fixture
def sending(house):
    def begin(tx):
        account = rows.new_account(tx, credit_micros=rows.PRICE_MICROS)
        return rows.begin(tx, account.id)

    return house.database.write_now(begin)


def mark(house, task, *, release_after_s=7_200, now_ms=NOW_MS + 60_000):
    return house.database.write_now(
        pace.mark_uncertain,
        task,
        reason="timeout",
        release_after_s=release_after_s,
        now_ms=now_ms,
    )


def test_unknown_outcome_names_our_id_and_asks_not_to_send_again():
    task = rows.a_task("acc_1")
    relay = pace.unknown_outcome(task)
    assert (relay.http_status, relay.code, relay.request_id) == (504, 5002, task.request_id)
    assert relay.data["id"] == relay.data["task_id"] == task.id
    assert f"do not send it again, query {task.id}" in relay.message


async def test_silence_is_recorded_with_its_answer_and_its_reason(house, sending):
    marked = mark(house, sending)
    (row,) = house.rows("tasks")
    assert (row["status"], row["operator_note"]) == (TaskStatus.UNCERTAIN, "timeout")
    assert json.loads(row["answer"])["http_status"] == 504
    assert (marked.sent_ms, marked.next_ms) == (NOW_MS + 60_000, NOW_MS + 63_000)


async def test_uncertain_task_is_woken_for_its_next_look(house, sending):
    mark(house, sending)
    (job,) = house.rows("jobs")
    assert (job["subject"], job["due_ms"]) == (sending.id, NOW_MS + 63_000)


@pytest.mark.parametrize(
    ("release_after_s", "deadline_s"), [(7_200, 7_200), (86_400, 86_400), (90_000, 86_400)]
)
async def test_uncertain_task_is_given_up_sooner_and_never_later(
    house, sending, release_after_s, deadline_s
):
    marked = mark(house, sending, release_after_s=release_after_s)
    assert marked.deadline_ms == NOW_MS + deadline_s * 1_000


async def test_task_that_was_moved_meanwhile_is_not_marked(house, sending):
    moved = house.database.write_now(rows.accept, sending)
    before = house.rows("jobs")
    assert mark(house, sending) is None
    assert house.task(sending.id) == moved
    assert house.rows("jobs") == before


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
