"""The sweeper: what nobody wakes is woken, what nobody needs is removed."""

import os

import pytest

from fakes.house import body
from fakes.scripted_upstream import succeeded
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.flows.sweep import DAY_MS, EVERY_MS, Sweep
from framegate.store.blobs import ORPHAN_AGE_S_MIN


@pytest.fixture
def sweep(house):
    return Sweep(database=house.database, blobs=house.blobs, keep_days=30, clock_ms=house.clock)


async def run(house, sweep):
    await sweep(Wake(subject="all", now_ms=house.clock()))


def jobs(house, queue):
    return [(row["subject"], row["due_ms"]) for row in house.rows("jobs") if row["queue"] == queue]


def age(path, clock, seconds):
    when = clock() / 1_000 - seconds
    os.utime(path, (when, when))


async def test_a_task_that_lost_its_wake_up_is_woken(house, sweep, caller):
    task_id = (await house.create(caller)).task_id
    house.database.write_now(engine.forget, "track", task_id)
    house.clock.pass_s(60)
    await run(house, sweep)
    assert jobs(house, "track") == [(task_id, house.clock())]


async def test_a_task_in_good_order_is_left_alone(house, sweep, caller):
    await house.create(caller)
    before = jobs(house, "track")
    await run(house, sweep)
    assert jobs(house, "track") == before


async def test_a_delivery_that_lost_its_wake_up_is_woken(house, sweep, caller, upstream):
    content = body(callback_url="https://you.example.com/hook")
    task_id = (await house.create(caller, content)).task_id
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    ((delivery_id, _),) = jobs(house, "deliver")
    house.database.write_now(engine.forget, "deliver", delivery_id)
    house.clock.pass_s(60)
    await run(house, sweep)
    assert jobs(house, "deliver") == [(delivery_id, house.clock())]


async def test_it_asks_to_be_woken_again(house, sweep):
    await run(house, sweep)
    assert jobs(house, "sweep") == [("all", house.clock() + EVERY_MS)]


async def test_a_video_goes_when_its_time_is_over_and_not_before(house, sweep, caller, upstream):
    task_id = (await house.create(caller)).task_id
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    house.clock.now_ms += 30 * DAY_MS
    await run(house, sweep)
    assert len(house.blobs.lengths("videos")) == 1
    house.clock.now_ms += 1
    await run(house, sweep)
    assert house.blobs.lengths("videos") == {}
    assert house.task(task_id).video is None
    assert house.task(task_id).status == "succeeded"


async def test_nothing_is_retired_when_videos_are_kept_for_ever(house, sweep, caller, upstream):
    sweep.keep_days = 0
    task_id = (await house.create(caller)).task_id
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    house.clock.now_ms += 10_000 * DAY_MS
    await run(house, sweep)
    assert house.task(task_id).video is not None


async def test_orphans_of_a_crash_are_removed_once_they_are_old(house, sweep):
    young, old = (house.blobs.keep("videos", name, b"x") for name in ("vid_new", "vid_old"))
    half = house.blobs.incoming(".mp4")
    half.write_bytes(b"x")
    age(young, house.clock, ORPHAN_AGE_S_MIN - 1)
    age(old, house.clock, ORPHAN_AGE_S_MIN + 1)
    age(half, house.clock, ORPHAN_AGE_S_MIN + 1)
    await run(house, sweep)
    assert (young.exists(), old.exists(), half.exists()) == (True, False, False)


async def test_a_kept_video_is_never_an_orphan(house, sweep, caller, upstream):
    task_id = (await house.create(caller)).task_id
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    path = house.blobs.path("videos", house.task(task_id).video.id)
    age(path, house.clock, 10 * ORPHAN_AGE_S_MIN)
    await run(house, sweep)
    assert path.exists()


async def test_idempotency_keys_are_kept_at_least_a_day(house, sweep, caller):
    await house.create(caller, key="once")
    house.clock.pass_s(86_400)
    await run(house, sweep)
    assert len(house.rows("idempotency")) == 1
    house.clock.pass_s(2 * 86_400)
    await run(house, sweep)
    assert house.rows("idempotency") == []
