"""How every upstream stands, as an operator is shown it."""

from framegate.domain.health import Breaker, Health
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
