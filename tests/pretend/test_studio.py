"""Selling, slots and finding, on an explicit clock."""

from random import Random

from framegate.pretend import quirks
from framegate.pretend.order import OrderRead
from framegate.pretend.studio import Studio

NOW_MS = 1_783_065_388_949


def order(external_id=""):
    return OrderRead(
        kind="image-to-video",
        model="kling-3.0-turbo",
        resolution="720p",
        duration_s=5,
        external_id=external_id,
        callback_url="",
        has_watermark=False,
    )


def sold(studio, external_id="", fate=quirks.SUCCEEDS, *, now_ms=NOW_MS, seed=0):
    return studio.sell(order(external_id), fate, draws=Random(seed), now_ms=now_ms)


def test_ids_have_18_digits_and_a_video_has_the_next_number():
    studio = Studio(slots=0, pace=1)
    first, second = sold(studio), sold(studio)
    assert len(first.id) == len(second.id) == 18
    assert int(first.output_id) == int(first.id) + 1
    assert len({first.id, first.output_id, second.id, second.output_id}) == 4


def test_durations_are_those_that_were_observed():
    studio = Studio(slots=0, pace=1)
    took = sorted(sold(studio, seed=seed).ends_ms - NOW_MS for seed in range(1_000))
    assert 38_000 < took[500] < 46_000
    assert took[50] > 24_000
    assert took[950] < 70_000


def test_same_draws_are_the_same_duration_and_pace_scales_it():
    full, again, tenth = (
        sold(Studio(slots=0, pace=pace), seed=7).ends_ms - NOW_MS for pace in (1, 1, 0.1)
    )
    assert full == again
    assert abs(tenth - full / 10) <= 1


def test_slot_is_taken_until_the_end_of_a_task_failed_or_not():
    studio = Studio(slots=2, pace=1)
    tasks = [sold(studio), sold(studio, fate=quirks.FAILS, seed=1)]
    assert studio.is_full(NOW_MS)
    assert studio.is_full(min(task.ends_ms for task in tasks) - 1)
    assert not studio.is_full(min(task.ends_ms for task in tasks))
    assert studio.running(max(task.ends_ms for task in tasks)) == 0


def test_task_that_never_ends_keeps_its_slot_until_it_is_finished():
    studio = Studio(slots=1, pace=1)
    task = sold(studio, fate=quirks.NEVER_ENDS)
    assert studio.is_full(NOW_MS * 2)

    studio.finish(task, quirks.FAILS, now_ms=NOW_MS + 5)

    assert not studio.is_full(NOW_MS + 5)
    assert task.status(NOW_MS + 5) == "failed"


def test_external_id_is_taken_for_ever_and_an_empty_one_is_none():
    studio = Studio(slots=0, pace=0)
    sold(studio, "biz-1")
    sold(studio, "")
    duplicate = studio.refuse_duplicate("biz-1")
    assert (duplicate.status, duplicate.code) == (400, 1201)
    assert duplicate.message.endswith("already exists")
    assert studio.refuse_duplicate("") is None
    assert studio.refuse_duplicate("biz-2") is None


def test_tasks_are_found_by_both_ids_once_each():
    studio = Studio(slots=0, pace=0)
    task = sold(studio, "biz-1")
    assert studio.find(ids=[task.id, "nobody"], external_ids=["biz-1", "x"]) == [task]


def test_ten_thousand_tasks_in_flight_cost_nothing_but_memory():
    """Counting what runs looks only at what has ended since."""
    studio = Studio(slots=10_001, pace=1)
    for number in range(10_000):
        sold(studio, seed=number)
    assert studio.running(NOW_MS) == 10_000
    assert not studio.is_full(NOW_MS)
    assert studio.running(NOW_MS + 3_600_000) == 0
