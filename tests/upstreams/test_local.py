"""The embedded renderer as an upstream: orders, tries, pictures, hand-over."""

import asyncio
import dataclasses
import errno
import hashlib
import io

import pytest
from PIL import Image

from fakes.house import House, body
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import NotOffered, RenderStatus, Window
from framegate.engine.embedded import Wake
from framegate.errors import RenderFailed, StoreDown
from framegate.flows.pool import Pool
from framegate.outbound import Outbound
from framegate.render.process import Progress, Rendered, RenderLimits
from framegate.store import renders
from framegate.upstreams.local import TRIES_MAX, TRY_AGAIN_WAIT_MS, Local

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(500)


class Painter:
    """A renderer that paints nothing: it writes a file, fails, or waits, as it is told."""

    def __init__(self):
        self.orders = []
        self.failure = None
        self.may_end = None
        self.started = asyncio.Event()

    async def __call__(self, order, *, limits, on_progress):
        self.orders.append((order, order.picture.read_bytes()))
        on_progress(Progress(stage="rendering", frames_done=7, frames_total=120))
        self.started.set()
        if self.may_end is not None:
            await self.may_end.wait()
        if self.failure is not None:
            raise self.failure
        order.video.write_bytes(MP4)
        return Rendered(width=1280, height=720, frames=120, duration_ms=5_000)


def jpeg(width=320, height=300):
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
async def local(tmp_path, painter):
    """A house whose only upstream is the embedded renderer."""
    house = House(tmp_path)
    outbound = Outbound.to_public()
    upstream = Local(
        name="local",
        models=frozenset({"kling-3.0-turbo"}),
        database=house.database,
        blobs=house.blobs,
        outbound=outbound,
        links=house.links,
        limits=RenderLimits(),
        clock_ms=house.clock,
        renderer=painter,
    )
    house.submit.pool = Pool(upstreams=[upstream])
    house.submit.allowed_addresses = frozenset({"gate:80"})
    house.track.upstreams = {"local": upstream}
    house.local = upstream
    yield house
    await outbound.close()
    house.database.close_now()


def first_frame(house, content, *, file_id="img_1"):
    house.blobs.keep("images", file_id, content)
    return house.links.make("images", file_id, now_ms=house.clock())


async def ordered(house, url=None, **options):
    url = url or first_frame(house, jpeg())
    content = body(**options).replace(b"https://cdn.example.com/a.jpg", url.encode())
    answer = await house.create(house.caller(), content)
    (row,) = house.rows("renders")
    return answer, row["id"]


async def render(house, render_id):
    await house.local.run(Wake(subject=render_id, now_ms=house.clock()))


def row(house, render_id):
    return house.database.read_now(renders.by_id, render_id)


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


async def test_an_own_picture_is_read_without_a_socket(local, painter):
    content = jpeg(400, 300)
    _, render_id = await ordered(local, first_frame(local, content))
    await render(local, render_id)
    assert painter.orders[0][1] == content


async def test_the_same_body_gives_the_same_seed(local, painter):
    url = first_frame(local, jpeg())
    _, render_id = await ordered(local, url)
    await render(local, render_id)
    order, _ = painter.orders[0]
    expected = hashlib.sha256(body().replace(b"https://cdn.example.com/a.jpg", url.encode()))
    assert order.seed == int(expected.hexdigest()[:8], 16)


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
    upstream._pace.extend([(120, 1)] * 8 + [(120, 4_000)] * 8)
    assert upstream.frames_per_s == 30


async def test_progress_is_seen_while_it_renders(local, painter):
    painter.may_end = asyncio.Event()
    _, render_id = await ordered(local)
    running = asyncio.create_task(render(local, render_id))
    await painter.started.wait()
    seen = await local.local.poll(render_id)
    assert (seen.status, seen.frames_done, seen.frames_total) == (RenderStatus.PROCESSING, 7, 120)
    painter.may_end.set()
    await running


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


async def test_an_order_can_always_be_looked_up_by_its_task(local):
    answer, render_id = await ordered(local)
    found = await local.local.find(task_id=answer.task_id, account_id="acc_1", external_task_id="")
    assert found.ticket == render_id


async def test_the_external_id_is_answered_under_the_vendors_name(local):
    answer, _ = await ordered(local, external_task_id="biz-1")
    assert answer.relay.data["external_id"] == "biz-1"


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
    elsewhere._at_work = {}
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

    local.local.blobs = Publishing(local.blobs, publish)
    await render(local, render_id)
    assert list(local.blobs.lengths("renders")) == []


class Publishing:
    """A folder in which something happens right after a file was published."""

    def __init__(self, blobs, publish):
        self._blobs, self.publish = blobs, publish

    def __getattr__(self, name):
        return getattr(self._blobs, name)


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


async def test_own_renders_are_listed_without_costs(local):
    _, render_id = await ordered(local)
    now_ms = local.clock()
    found = await local.local.tasks(Window(since_ms=now_ms, until_ms=now_ms, rows_max=1))
    assert ([task.ticket for task in found.tasks], found.has_more) == ([render_id], False)
    assert isinstance(await local.local.costs(since_ms=1, until_ms=2), NotOffered)
    words = {"account_id": "acc_1", "external_task_id": "biz-1"}
    assert local.local.callers_words("as it is", **words) == "as it is"
