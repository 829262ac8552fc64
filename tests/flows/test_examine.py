"""Asking an upstream how it is, and believing it."""

import pytest

from framegate.domain.health import Breaker, Health
from framegate.flows.examine import examine
from framegate.store import upstreams


def health(house):
    return house.database.read_now(upstreams.health_of, ["scripted"])["scripted"]


@pytest.fixture
def opened(house):
    broken = Health(
        name="scripted", breaker=Breaker.OPEN, opens=3, failures=9, retry_ms=house.clock() + 60_000
    )
    house.database.write_now(upstreams.keep_health, broken)


async def test_one_that_is_well_again_gets_orders_at_once(house, upstream, opened, caller):
    checked = await examine(upstream, house.database, clock_ms=house.clock)
    assert checked.is_well
    assert (health(house).breaker, health(house).opens) == (Breaker.CLOSED, 0)
    assert (await house.create(caller)).relay.code == 0


async def test_one_that_is_not_well_stays_as_it_was_and_says_why(house, upstream, opened):
    upstream.is_well = False
    await examine(upstream, house.database, clock_ms=house.clock)
    assert (health(house).breaker, health(house).last_error) == (Breaker.OPEN, "as scripted")
    assert health(house).retry_ms == house.clock() + 60_000


async def test_examining_buys_nothing_and_takes_no_slot(house, upstream):
    upstream.concurrency = 1
    await examine(upstream, house.database, clock_ms=house.clock)
    assert upstream.orders == []
    assert house.rows("tasks") == []


async def test_five_bad_looks_open_a_closed_breaker(house, upstream):
    upstream.is_well = False
    for _ in range(5):
        await examine(upstream, house.database, clock_ms=house.clock)
    assert health(house).breaker is Breaker.OPEN
