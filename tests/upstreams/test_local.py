"""The embedded renderer as an upstream: orders, progress, hand-over."""

import asyncio
import hashlib

from fakes.house import body
from fakes.painter import MP4, first_frame, jpeg, ordered, render
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import NotOffered, RenderStatus, Window


async def test_an_order_joins_the_transaction_of_its_task(local):
    """There is no moment at which the task exists and the order does not."""
    answer, render_id = await ordered(local)
    task = local.task(answer.task_id)
    assert (task.status, task.ticket) == (TaskStatus.SUBMITTED, render_id)
    assert task.fence == 1  # Begun and accepted in one commit.
    assert {(job["queue"], job["subject"]) for job in local.rows("jobs")} == {
        ("track", task.id),
        ("render", render_id),
    }


async def test_a_finished_render_wakes_its_task_and_the_video_is_settled(local):
    answer, render_id = await ordered(local)
    await render(local, render_id)
    await local.look_at(answer.task_id)
    task = local.task(answer.task_id)
    assert task.status is TaskStatus.SUCCEEDED
    assert task.video.sha256 == hashlib.sha256(MP4).hexdigest()
    assert task.video.duration == "5.000"
    assert local.blobs.path("videos", task.video.id).read_bytes() == MP4
    assert local.broken_promises() == []


async def test_the_same_body_gives_the_same_seed(local, painter):
    url = first_frame(local, jpeg())
    _, render_id = await ordered(local, url)
    await render(local, render_id)
    order, _ = painter.orders[0]
    expected = hashlib.sha256(body().replace(b"https://cdn.example.com/a.jpg", url.encode()))
    assert order.seed == int(expected.hexdigest()[:8], 16)


async def test_progress_is_seen_while_it_renders(local, painter):
    painter.may_end = asyncio.Event()
    _, render_id = await ordered(local)
    running = asyncio.create_task(render(local, render_id))
    await painter.started.wait()
    seen = await local.local.poll(render_id)
    assert (seen.status, seen.frames_done, seen.frames_total) == (RenderStatus.PROCESSING, 7, 120)
    painter.may_end.set()
    await running


async def test_an_order_can_always_be_looked_up_by_its_task(local):
    answer, render_id = await ordered(local)
    found = await local.local.find(task_id=answer.task_id, account_id="acc_1", external_task_id="")
    assert found.ticket == render_id


async def test_the_external_id_is_answered_under_the_vendors_name(local):
    answer, _ = await ordered(local, external_task_id="biz-1")
    assert answer.relay.data["external_id"] == "biz-1"


async def test_headway_is_that_of_the_renders_that_run(local, painter):
    painter.may_end = asyncio.Event()
    _, render_id = await ordered(local)
    assert await local.local.headway() == []
    running = asyncio.create_task(render(local, render_id))
    await painter.started.wait()
    (seen,) = await local.local.headway()
    assert (seen.stage, seen.frames_done, seen.frames_total) == ("rendering", 7, 120)
    painter.may_end.set()
    await running
    assert await local.local.headway() == []


async def test_own_renders_are_listed_without_costs(local):
    _, render_id = await ordered(local)
    now_ms = local.clock()
    found = await local.local.tasks(Window(since_ms=now_ms, until_ms=now_ms, rows_max=1))
    assert ([task.ticket for task in found.tasks], found.has_more) == ([render_id], False)
    assert isinstance(await local.local.costs(since_ms=1, until_ms=2), NotOffered)
    words = {"account_id": "acc_1", "external_task_id": "biz-1"}
    assert local.local.callers_words("as it is", **words) == "as it is"
