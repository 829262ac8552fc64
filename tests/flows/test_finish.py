"""The transaction that ends a task: status, money and news, together or not at all."""

import pytest

from fakes import rows
from fakes.rows import NOW_MS, PRICE_MICROS
from framegate.domain.task import TaskStatus
from framegate.errors import LedgerBroken
from framegate.flows import finish
from framegate.store import accounts, holds, idempotency, tasks

HOOK = "https://you.example.com/hook"
NO_VIDEO = [TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.EXPIRED]


@pytest.fixture
def begun(house):
    """A task that is being sent, and how to make another."""

    def begin(**changes):
        def write(tx):
            account = accounts.account_named(tx, "acme") or rows.new_account(
                tx, credit_micros=2 * PRICE_MICROS
            )
            return rows.begin(tx, account.id, **changes)

        return house.database.write_now(write)

    return begin


@pytest.fixture
def accepted(house, begun):
    return lambda **changes: house.database.write_now(rows.accept, begun(**changes))


def succeed(house, task, *, upstream_tells=False):
    return house.database.write_now(
        finish.succeed,
        task,
        video=rows.a_video(f"vid_{task.id}"),
        now_ms=NOW_MS + 9,
        upstream_tells=upstream_tells,
    )


def give_up(house, task, status=TaskStatus.FAILED, *, upstream_tells=False):
    return house.database.write_now(
        finish.give_up,
        task,
        status=status,
        message="Image pixel is invalid",
        now_ms=NOW_MS + 9,
        upstream_tells=upstream_tells,
    )


def refuse(house, task):
    return house.database.write_now(finish.refuse, task, note="no", now_ms=NOW_MS + 9)


def money(house, task):
    account = house.database.read_now(accounts.account_by_id, task.account_id)
    return account.posted_micros, account.held_micros


async def test_success_settles_the_hold_and_shows_the_video(house, accepted):
    task = accepted()
    succeed(house, task)
    ended = house.task(task.id)
    assert (ended.status, ended.next_ms) == (TaskStatus.SUCCEEDED, 0)
    assert ended.video == rows.a_video(f"vid_{task.id}")
    assert money(house, task) == (PRICE_MICROS, 0)


@pytest.mark.parametrize("status", NO_VIDEO)
async def test_end_without_a_video_gives_the_whole_hold_back(house, accepted, status):
    task = accepted()
    give_up(house, task, status)
    ended = house.task(task.id)
    assert (ended.status, ended.message) == (status, "Image pixel is invalid")
    assert money(house, task) == (2 * PRICE_MICROS, 0)


@pytest.mark.parametrize("end", [succeed, give_up])
@pytest.mark.parametrize("again", [succeed, give_up])
async def test_second_end_does_nothing(house, accepted, end, again):
    """A worker that woke up late has the row of before the end in its hands."""
    task = accepted(callback_url=HOOK)
    end(house, task)
    tables = [house.rows(name) for name in ("tasks", "holds", "entries", "deliveries", "videos")]
    assert again(house, task) is None
    assert tables == [
        house.rows(name) for name in ("tasks", "holds", "entries", "deliveries", "videos")
    ]


@pytest.mark.parametrize(("end", "event"), [(succeed, "task.succeeded"), (give_up, "task.failed")])
async def test_who_asked_to_be_told_is_owed_it_and_its_job_is_due(house, accepted, end, event):
    end(house, accepted(callback_url=HOOK))
    (owed,) = house.rows("deliveries")
    assert (owed["event"], owed["url"], owed["status"]) == (event, HOOK, "pending")
    (job,) = (job for job in house.rows("jobs") if job["queue"] == "deliver")
    assert (job["subject"], job["due_ms"]) == (owed["id"], NOW_MS + 9)


@pytest.mark.parametrize("status", NO_VIDEO)
async def test_every_end_without_a_video_is_told_as_a_failure(house, accepted, status):
    give_up(house, accepted(callback_url=HOOK), status)
    assert [row["event"] for row in house.rows("deliveries")] == ["task.failed"]


@pytest.mark.parametrize("end", [succeed, give_up])
async def test_nobody_is_told_who_did_not_ask(house, accepted, end):
    end(house, accepted())
    assert house.rows("deliveries") == []


@pytest.mark.parametrize("end", [succeed, give_up])
async def test_nobody_is_told_twice_when_the_upstream_tells(house, accepted, end):
    end(house, accepted(callback_url=HOOK), upstream_tells=True)
    assert house.rows("deliveries") == []


@pytest.mark.parametrize("end", [succeed, give_up])
async def test_task_whose_hold_is_gone_does_not_end(house, accepted, end):
    task = accepted(callback_url=HOOK)
    house.database.write_now(holds.release, task_id=task.id, now_ms=NOW_MS)
    with pytest.raises(LedgerBroken):
        end(house, task)
    assert house.task(task.id) == task
    assert house.rows("deliveries") == house.rows("videos") == []


async def test_refused_create_keeps_an_operators_record_only(house, begun):
    task = begun(external_task_id="biz-1")
    refuse(house, task)
    (row,) = house.rows("tasks")
    assert (row["status"], row["operator_note"]) == ("refused", "no")
    find = house.database.read_now
    assert find(tasks.of_caller, task.account_id, task.id) is None
    assert find(tasks.by_external_id, task.account_id, "biz-1") is None
    assert money(house, task) == (2 * PRICE_MICROS, 0)


async def test_refused_create_frees_its_keys_and_its_wake_up(house, begun):
    task = begun(external_task_id="biz-1")
    house.database.write_now(
        idempotency.remember,
        account_id=task.account_id, path="p", key="k", body_sha256="", task_id=task.id,
        now_ms=NOW_MS,
    )  # fmt: skip
    refuse(house, task)
    assert house.rows("idempotency") == house.rows("jobs") == []
    assert begun(external_task_id="biz-1").external_task_id == "biz-1"


async def test_create_that_was_taken_meanwhile_is_not_refused(house, begun):
    task = begun()
    accepted = house.database.write_now(rows.accept, task)
    assert refuse(house, task) is None
    assert house.task(task.id) == accepted
    assert money(house, task) == (2 * PRICE_MICROS, PRICE_MICROS)


async def test_refused_create_is_told_to_nobody(house, begun):
    refuse(house, begun(callback_url=HOOK))
    assert house.rows("deliveries") == []
