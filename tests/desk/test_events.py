"""Which lines a viewer is told, and in which words; streams over HTTP are in web/test_events."""

import pytest

from fakes.rows import NOW_MS
from framegate.desk.events import EventDesk
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Headway
from framegate.errors import NotFound, RightMissing
from framegate.store import tasks

PATIENCE_S = 10


@pytest.fixture
def desk(desks):
    return EventDesk(desks.gateway)


async def test_life_so_far_is_told_from_behind_the_line_that_was_seen(desks, desk, member):
    task = desks.failed(member)
    stream = await desk.of_task(member, task.id, after=1)
    told = [event async for event in stream.so_far()]
    assert [(event.id, event.data["state"], event.is_last) for event in told] == [
        (2, "submitted", False),
        (3, "failed", True),
    ]
    desk.close(stream)


async def test_headway_has_no_id(desks, desk, member):
    stream = await desk.of_viewer(member, {}, after=None)
    stream.watcher.tell(
        Headway(task_id="t", account_id="a", stage="depth", frames_done=1, frames_total=9)
    )
    event = await stream.next(wait_s=PATIENCE_S)
    assert (event.id, event.name, event.data["frames_done"]) == (0, "progress", 1)


async def test_line_that_another_process_told_already_is_not_told_again(desks, desk, member):
    task = desks.task(member)
    stream = await desk.of_viewer(member, {}, after=3)
    for status in (TaskStatus.PROCESSING, TaskStatus.FAILED):
        task = desks.write(
            tasks.move, task, status=status, now_ms=NOW_MS, next_ms=0, operator_note="n"
        )
    assert (await stream.next(wait_s=PATIENCE_S)).id == 4


async def test_note_of_the_operator_is_told_to_operators(desks, desk, member, operator):
    task = desks.task(member)
    streams = [await desk.of_viewer(caller, {}, after=None) for caller in (member, operator)]
    desks.write(
        tasks.move,
        task,
        status=TaskStatus.PROCESSING,
        now_ms=NOW_MS,
        next_ms=0,
        operator_note="quota",
    )
    ours, theirs = [await stream.next(wait_s=PATIENCE_S) for stream in streams]
    assert "quota" not in str(ours.data)
    assert theirs.data["operator_note"] == "quota"


async def test_anothers_task_or_account_opens_no_stream(desks, desk, member):
    task = desks.task(desks.caller("other"))
    with pytest.raises(NotFound):
        await desk.of_task(member, task.id, after=None)
    with pytest.raises(RightMissing):
        await desk.of_viewer(member, {"account": ["other"]}, after=None)
    assert desks.gateway.watch.count == 0
