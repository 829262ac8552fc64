"""Films in the making: pictures, tries, failures, cancels."""

import asyncio
import dataclasses
import errno

import pytest

from fakes.painter import first_frame, jpeg, ordered, render, row
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import RenderStatus
from framegate.errors import RenderFailed, StoreDown
from framegate.store import renders
from framegate.upstreams.films import TRIES_MAX, TRY_AGAIN_WAIT_MS


async def test_an_own_picture_is_read_without_a_socket(local, painter):
    content = jpeg(400, 300)
    _, render_id = await ordered(local, first_frame(local, content))
    await render(local, render_id)
    assert painter.orders[0][1] == content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (jpeg(299, 800), "image width and height must each be at least 300 px; got 299x800"),
        (b"RIFF....WEBPVP8 ", "image format must be jpg, jpeg or png; got webp"),
    ],
)
async def test_a_bad_picture_is_a_failed_task_with_its_reason(local, content, reason):
    answer, render_id = await ordered(local, first_frame(local, content))
    await render(local, render_id)
    await local.look_at(answer.task_id)
    task = local.task(answer.task_id)
    assert (task.status, task.message) == (TaskStatus.FAILED, reason)
    assert local.broken_promises() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://gate/images/img_9?expires=99999999999&signature=00",
        "http://gate/api/account",
        "http://nowhere.invalid/a.jpg",
    ],
)
async def test_every_cause_of_a_missing_picture_is_one_sentence(local, url):
    _, render_id = await ordered(local, url)
    await render(local, render_id)
    assert row(local, render_id).message == "image could not be fetched"


async def test_a_failed_render_is_a_failed_task(local, painter):
    painter.failure = RenderFailed("image is not readable")
    answer, render_id = await ordered(local)
    await render(local, render_id)
    await local.look_at(answer.task_id)
    assert local.task(answer.task_id).message == "image is not readable"


async def test_pace_is_of_the_newest_films(local):
    upstream = local.local
    assert upstream.frames_per_s == 0
    upstream.films._pace.extend([(120, 1)] * 8 + [(120, 4_000)] * 8)
    assert upstream.frames_per_s == 30


async def test_a_shutdown_is_no_try_of_the_render(local, painter):
    painter.may_end = asyncio.Event()
    _, render_id = await ordered(local)
    running = asyncio.create_task(render(local, render_id))
    await painter.started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    left = row(local, render_id)
    assert (left.status, left.tries) == (RenderStatus.PROCESSING, 0)
    assert not list((local.blobs._incoming).iterdir())


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "no space"), StoreDown()])
async def test_trouble_of_our_own_is_no_try_of_the_render_and_no_failure(local, painter, trouble):
    painter.failure = trouble
    _, render_id = await ordered(local)
    with pytest.raises(type(trouble)):
        await render(local, render_id)
    left = row(local, render_id)
    assert (left.status, left.tries) == (RenderStatus.PROCESSING, 0)


async def test_a_render_that_takes_the_process_down_each_time_is_given_up(local):
    _, render_id = await ordered(local)
    local.database.write_now(
        lambda tx: renders.change(tx, renders.by_id(tx, render_id), now_ms=1, tries=TRIES_MAX)
    )
    await render(local, render_id)
    assert row(local, render_id).status is RenderStatus.FAILED


async def test_a_second_run_of_an_ended_render_does_nothing(local, painter):
    _, render_id = await ordered(local)
    await render(local, render_id)
    await render(local, render_id)
    assert len(painter.orders) == 1


# --- cancelled --------------------------------------------------------------------------------


async def test_render_that_waits_is_cancelled_and_never_begun(local, painter):
    _, render_id = await ordered(local)
    assert await local.local.cancel(render_id, message="enough")
    assert "render" not in {job["queue"] for job in local.rows("jobs")}
    await render(local, render_id)
    assert painter.orders == []
    assert (row(local, render_id).status, row(local, render_id).message) == ("cancelled", "enough")


async def test_render_that_runs_ends_with_everything_of_it(local, painter):
    """The renderer is cancelled, which ends its child: render/process says so."""
    painter.may_end = asyncio.Event()
    _, render_id = await ordered(local)
    running = asyncio.create_task(render(local, render_id))
    await painter.started.wait()
    assert await local.local.cancel(render_id, message="enough")
    await running
    assert not painter.may_end.is_set()
    assert row(local, render_id).status == "cancelled"
    assert list(local.blobs.lengths("renders")) == []


async def test_render_that_runs_in_another_process_hears_of_it_from_the_row(local, painter):
    painter.may_end = asyncio.Event()
    _, render_id = await ordered(local)
    running = asyncio.create_task(render(local, render_id))
    await painter.started.wait()
    elsewhere = dataclasses.replace(local.local)
    assert await elsewhere.cancel(render_id, message="enough")
    await running
    assert row(local, render_id).status == "cancelled"


async def test_render_that_ended_first_stands(local):
    _, render_id = await ordered(local)
    await render(local, render_id)
    assert not await local.local.cancel(render_id, message="enough")
    assert row(local, render_id).status == "succeeded"


async def test_render_cancelled_before_its_last_write_leaves_no_file(local, painter):
    """The file is published before its row is written: in between, the cancel wins."""
    _, render_id = await ordered(local)
    published = local.blobs.publish

    def publish(kind, file_id, temporary):
        published(kind, file_id, temporary)
        local.database.write_now(
            lambda tx: tx.exec_driver_sql("UPDATE renders SET status = 'cancelled'")
        )

    local.local.films.blobs = Publishing(local.blobs, publish)
    await render(local, render_id)
    assert list(local.blobs.lengths("renders")) == []


class Publishing:
    """A folder in which something happens right after a file was published."""

    def __init__(self, blobs, publish):
        self._blobs, self.publish = blobs, publish

    def __getattr__(self, name):
        return getattr(self._blobs, name)


def died(local, render_id, *, tries):
    """As a process leaves it that was killed while it rendered, so many times."""
    changes = {"now_ms": local.clock(), "tries": tries, "status": "processing"}
    local.database.write_now(lambda tx: renders.change(tx, renders.by_id(tx, render_id), **changes))


async def test_the_second_try_follows_at_once(local, painter):
    _, render_id = await ordered(local)
    died(local, render_id, tries=1)
    await render(local, render_id)
    assert len(painter.orders) == 1


async def test_the_third_try_waits_and_holds_no_lane_meanwhile(local, painter):
    _, render_id = await ordered(local)
    died(local, render_id, tries=2)
    await render(local, render_id)
    assert painter.orders == []
    assert render_wakes(local, render_id) == local.clock() + TRY_AGAIN_WAIT_MS
    local.clock.pass_s(TRY_AGAIN_WAIT_MS / 1_000)
    await render(local, render_id)
    assert row(local, render_id).status is RenderStatus.SUCCEEDED


def render_wakes(local, render_id):
    wakes = [job["due_ms"] for job in local.rows("jobs") if job["subject"] == render_id]
    # An earlier wish that came during the run would keep its time; there was none.
    return max(wakes)


async def test_trouble_of_our_own_disk_is_no_try_of_the_render(local, painter):
    painter.failure = OSError(28, "No space left on device")
    _, render_id = await ordered(local)
    for _ in range(TRIES_MAX + 1):
        with pytest.raises(OSError, match="No space"):
            await render(local, render_id)
    assert (row(local, render_id).status, row(local, render_id).tries) == (
        RenderStatus.PROCESSING,
        0,
    )
