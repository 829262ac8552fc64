"""When a task is looked at next, and what silence of an upstream becomes."""

import json

import pytest

from fakes import rows
from fakes.rows import NOW_MS
from framegate.domain.task import TaskStatus
from framegate.flows import pace


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


@pytest.mark.parametrize(
    ("age_s", "wait_s"),
    [(0, 3), (12, 3), (12.004, 3.001), (60, 15), (240, 60), (80_000, 60), (-5, 3)],
)
async def test_look_without_a_ticket_waits_a_quarter_of_the_age(house, sending, age_s, wait_s):
    now_ms = sending.created_ms + int(age_s * 1_000)
    next_ms = house.database.read_now(pace.look_at_ms, sending, None, now_ms=now_ms)
    assert next_ms - now_ms == wait_s * 1_000


async def test_no_look_comes_after_the_deadline(house, sending):
    now_ms = sending.deadline_ms - 1_000
    next_ms = house.database.read_now(pace.look_at_ms, sending, None, now_ms=now_ms)
    assert next_ms == sending.deadline_ms


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
