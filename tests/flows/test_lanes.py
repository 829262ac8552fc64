"""Whose tasks may be looked at, while one upstream hangs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.flows.lanes import BACK_WAIT_MS_MIN, Lanes
from framegate.flows.turns import WAIT_MS_MAX

NOW_MS = 1_783_065_388_949
THREE = ("dead", "good", "new")
HANGS_MS = 10_000


@pytest.fixture
def lanes():
    return Lanes(count=12)


def take(lanes, name, among=THREE):
    """How long one has to wait; 0 is a lane."""
    back_ms = lanes.take(name, among=among, now_ms=NOW_MS)
    return back_ms and back_ms - NOW_MS


def test_one_alone_may_have_every_lane(lanes):
    assert [take(lanes, "dead", ["dead"]) for _ in range(13)] == [0] * 12 + [BACK_WAIT_MS_MIN]


def test_one_that_hangs_leaves_the_others_their_parts(lanes):
    """Of twelve lanes six are shared out: two for each of three."""
    given_to_dead = [take(lanes, "dead") for _ in range(9)]
    assert given_to_dead == [0] * 8 + [BACK_WAIT_MS_MIN]
    assert [take(lanes, name) for name in ("good", "good", "new", "new")] == [0] * 4
    assert take(lanes, "good") == BACK_WAIT_MS_MIN


def test_two_that_hang_leave_the_third_its_part(lanes):
    for _ in range(20):
        take(lanes, "dead")
        take(lanes, "new")
    assert [take(lanes, "good") for _ in range(2)] == [0, 0]


def test_a_lane_that_was_given_back_is_free_again(lanes):
    while not take(lanes, "dead"):
        pass
    lanes.give_back("dead", took_ms=HANGS_MS)
    assert take(lanes, "dead") == 0


def test_those_who_wait_come_back_one_after_another_as_fast_as_it_answers(lanes):
    while not take(lanes, "dead"):
        pass
    for _ in range(20):
        lanes.give_back("dead", took_ms=HANGS_MS)
        take(lanes, "dead")
    waits = [take(lanes, "dead") for _ in range(40)]
    apart = {later - sooner for sooner, later in pairwise(waits) if later < WAIT_MS_MAX}
    assert apart == {round_trip_ms(lanes) // 8}
    assert waits[-1] == WAIT_MS_MAX


def round_trip_ms(lanes):
    return lanes._lines["dead"].took_ms


def test_fewer_lanes_than_upstreams_let_everybody_in_once():
    assert [take(Lanes(count=1), name) for name in THREE] == [0, 0, 0]


@given(st.lists(st.tuples(st.sampled_from(THREE), st.booleans()), max_size=80))
def test_whatever_the_order_each_part_stays_free(steps):
    lanes, taken = Lanes(count=12), dict.fromkeys(THREE, 0)
    for name, is_taking in steps:
        if is_taking:
            taken[name] += not take(lanes, name)
        elif taken[name]:
            lanes.give_back(name, took_ms=1)
            taken[name] -= 1
        left = 12 - sum(taken.values())
        assert left >= sum(max(0, 2 - count) for count in taken.values())
