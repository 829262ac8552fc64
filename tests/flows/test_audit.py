"""The audit on a timer: what it finds, what it says, and that it comes again."""

import json

import pytest
import structlog

from fakes.house import body
from fakes.scripted_upstream import succeeded
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.flows.audit import FIRST_AFTER_MS, IDS_LOGGED_MAX, SUBJECT, Audit
from framegate.store import audit


@pytest.fixture
def auditing(house):
    return Audit(database=house.database, blobs=house.blobs, every_s=3_600, clock_ms=house.clock)


async def run(house, auditing):
    with structlog.testing.capture_logs() as said:
        await auditing(Wake(subject=SUBJECT, now_ms=house.clock()))
    return said


def jobs(house):
    return [
        (row["subject"], row["due_ms"]) for row in house.rows("jobs") if row["queue"] == "audit"
    ]


def damage(house, statement):
    house.database.write_now(lambda tx: tx.exec_driver_sql(statement).rowcount)


async def a_video(house, upstream, caller):
    task_id = (await house.create(caller, body())).task_id
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    return house.task(task_id).video.id


async def test_whole_house_is_audited_in_silence_and_again_in_an_hour(
    house, auditing, upstream, caller
):
    await a_video(house, upstream, caller)
    assert await run(house, auditing) == []
    checked = house.database.read_now(audit.run, video_files=house.blobs.lengths("videos"))
    assert auditing.findings == tuple(checked)
    assert auditing.ended_ms == house.clock()
    assert jobs(house) == [(SUBJECT, house.clock() + 3_600_000)]


async def test_broken_promise_is_an_error_with_its_number_count_and_first_ids(
    house, auditing, caller
):
    made = sorted([(await house.create(caller)).task_id for _ in range(IDS_LOGGED_MAX + 1)])
    damage(house, "DELETE FROM jobs")
    (said,) = await run(house, auditing)
    assert (said["log_level"], said["event"], said["promise"]) == ("error", "audit.broken", 12)
    assert said["count"] == IDS_LOGGED_MAX + 1
    assert len(said["ids"]) == IDS_LOGGED_MAX
    assert set(said["ids"]) <= set(made)
    assert json.dumps(said)


async def test_broken_promise_is_said_again_each_time_and_no_more_once_it_holds(
    house, auditing, upstream, caller
):
    video_id = await a_video(house, upstream, caller)
    path = house.blobs.path("videos", video_id)
    content = path.read_bytes()
    path.unlink()
    for _ in range(2):
        assert [each["ids"] for each in await run(house, auditing)] == [[video_id]]
    path.write_bytes(content)
    assert await run(house, auditing) == []
    assert not any(finding.broken for finding in auditing.findings)


async def test_video_that_is_published_meanwhile_is_no_damage(house, auditing, upstream, caller):
    """The folder was listed a moment before the database was read."""
    await a_video(house, upstream, caller)
    listed = house.blobs.lengths
    answers = iter([{}])
    house.blobs.lengths = lambda kind: next(answers, None) or listed(kind)
    assert await run(house, auditing) == []


def test_first_audit_comes_a_minute_after_the_start(house, auditing):
    house.database.write_now(auditing.wake, now_ms=house.clock())
    assert jobs(house) == [(SUBJECT, house.clock() + FIRST_AFTER_MS)]


def test_audit_that_is_switched_off_is_woken_by_nobody(house, auditing):
    auditing.every_s = 0
    house.database.write_now(engine.enqueue, "audit", SUBJECT, at_ms=0)
    house.database.write_now(auditing.wake, now_ms=house.clock())
    assert jobs(house) == []


def finding(*ids, broken=None):
    return audit.Finding(
        promise=16, says="s", broken=len(ids) if broken is None else broken, ids=ids
    )


def test_only_what_two_looks_agree_on_is_damage():
    assert audit.confirmed(finding("a", "b"), finding("b", "c")) == finding("b")
    assert audit.confirmed(finding("a"), finding()) == finding()


def test_of_many_the_smaller_count_stands():
    many = tuple(f"id{number}" for number in range(audit.IDS_SHOWN_MAX))
    first, second = finding(*many, broken=70), finding(*many, broken=50)
    assert audit.confirmed(first, second).broken == 50
