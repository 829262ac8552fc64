"""How every upstream stands, as an operator is shown it."""

import pytest

from fakes.scripted_upstream import failed, succeeded
from framegate.domain.health import Breaker, Health
from framegate.domain.upstream import Unreachable
from framegate.errors import Unavailable
from framegate.flows.standing import standings
from framegate.store import upstreams


def shown(house):
    return house.database.read_now(standings, house.upstreams, now_ms=house.clock())


async def test_one_that_was_never_asked_stands_well(house):
    (standing,) = shown(house)
    assert standing["name"] == "scripted"
    assert standing["models"] == ["kling-3.0-turbo"]
    assert standing["kinds"] == ["image-to-video", "text-to-video"]
    assert (standing["breaker"], standing["retry_in_s"]) == ("closed", 0)


async def test_slots_in_use_are_counted(house, upstream, caller):
    upstream.concurrency = 9
    for _ in range(2):
        await house.create(caller)
    (standing,) = shown(house)
    assert (standing["in_flight"], standing["concurrency"]) == (2, 9)


async def test_an_open_one_says_when_it_is_tried_again_and_what_was_wrong(house):
    health = Health(
        name="scripted",
        breaker=Breaker.OPEN,
        failures=5,
        retry_ms=house.clock() + 7_001,
        last_error="reset",
    )
    house.database.write_now(upstreams.keep_health, health)
    (standing,) = shown(house)
    assert (standing["breaker"], standing["retry_in_s"]) == ("open", 8)
    assert (standing["failures_in_a_row"], standing["last_error"]) == (5, "reset")


async def test_free_slots_are_told_where_there_is_a_limit(house, upstream, caller):
    await house.create(caller)
    assert shown(house)[0]["slots_free"] is None
    upstream.concurrency = 3
    assert shown(house)[0]["slots_free"] == 2
    upstream.concurrency = 1
    assert shown(house)[0]["slots_free"] == 0


async def test_a_paused_one_says_since_when(house):
    assert (shown(house)[0]["paused"], shown(house)[0]["paused_at"]) == (False, 0)
    house.database.write_now(upstreams.pause, "scripted", now_ms=house.clock())
    assert (shown(house)[0]["paused"], shown(house)[0]["paused_at"]) == (True, house.clock())


async def test_what_became_of_the_tasks_of_the_last_hour_is_counted(house, upstream, caller):
    ended = [(await house.create(caller)).task_id for _ in range(2)]
    upstream.polls.extend([succeeded(), failed("no")])
    for task_id in ended:
        await house.run_next(task_id)
    await house.create(caller)
    upstream.answer = Unreachable(reason="gone")
    with pytest.raises(Unavailable):
        await house.create(caller)
    counts = {"created": 3, "succeeded": 1, "failed": 1}
    assert shown(house)[0]["last_hour"] == counts
    house.clock.pass_s(3_601)
    assert set(shown(house)[0]["last_hour"].values()) == {0}
