"""Rows of upstreams: the breaker that every process sees, and how long tasks take."""

from dataclasses import replace

import pytest

from fakes.plans import plan_of
from fakes.rows import a_task
from framegate.domain.durations import SAMPLES_MAX, Durations
from framegate.domain.health import Breaker, Health
from framegate.store import upstreams

TASK = a_task("acc_1", upstream="kling")


def test_one_that_was_never_asked_is_well(tx):
    assert upstreams.health_of(tx, ["kling"]) == {"kling": Health(name="kling")}


def test_health_is_read_back_as_it_was_kept(tx):
    health = Health(
        name="kling",
        breaker=Breaker.HALF_OPEN,
        failures=1,
        opens=2,
        retry_ms=3,
        rest_ms=4,
        latency_ms=5,
        last_good_ms=6,
        last_bad_ms=7,
        last_error="é",
    )
    upstreams.keep_health(tx, health)
    assert upstreams.health_of(tx, ["kling"])["kling"] == health


def test_newer_health_takes_the_place_of_the_older(tx):
    upstreams.keep_health(tx, Health(name="kling", failures=1))
    upstreams.keep_health(tx, Health(name="other", failures=7))
    upstreams.keep_health(tx, Health(name="kling", failures=2))
    known = upstreams.health_of(tx, ["other", "kling"])
    assert [health.failures for health in known.values()] == [7, 2]


def test_nobody_is_asked_about_nobody(tx):
    assert upstreams.health_of(tx, []) == {}


def like_it(**facts):
    """Another task of the same kind, with a lot of its own."""
    return a_task("acc_1", upstream="kling", **facts)


def test_durations_are_learned(tx):
    for took_ms in (3, 1, 2):
        upstreams.note_duration(tx, like_it(), took_ms)
    assert upstreams.durations_of(tx, TASK).times_ms == [1, 2, 3]


def test_one_task_draws_one_lot_whenever_it_ends(tx):
    upstreams.note_duration(tx, TASK, 1)
    (first,) = upstreams.durations_of(tx, TASK).samples
    upstreams.note_duration(tx, TASK, 2)
    assert {each.lot for each in upstreams.durations_of(tx, TASK).samples} == {first.lot}


def test_no_more_durations_are_kept_than_are_used(tx):
    for took_ms in range(SAMPLES_MAX + 2):
        upstreams.note_duration(tx, like_it(), took_ms)
    assert len(upstreams.durations_of(tx, TASK).samples) == SAMPLES_MAX


@pytest.mark.parametrize(
    "other",
    [
        {"upstream": "other"},
        {"kind": "text-to-video"},
        {"model": "m"},
        {"resolution": "1080p"},
        {"duration_s": 6},
    ],
)
def test_a_task_unlike_it_learns_nothing_from_it(tx, other):
    upstreams.note_duration(tx, TASK, 30_000)
    assert (
        upstreams.durations_of(tx, a_task("acc_1", **{"upstream": "kling"} | other)) == Durations()
    )


def test_a_task_of_another_account_learns_from_it(tx):
    upstreams.note_duration(tx, TASK, 30_000)
    assert upstreams.durations_of(tx, a_task("acc_2", upstream="kling")).times_ms == [30_000]


def test_durations_are_found_by_their_key(database):
    (step,) = plan_of(database, upstreams.durations_of, TASK)
    assert step.startswith("SEARCH durations USING INDEX")


def test_a_paused_one_stays_so_whatever_is_learned_of_it(tx):
    upstreams.keep_health(tx, Health(name="kling", failures=1))
    before = upstreams.health_of(tx, ["kling"])["kling"]
    assert upstreams.pause(tx, "kling", now_ms=7) == 7
    upstreams.keep_health(tx, before)
    assert upstreams.health_of(tx, ["kling"])["kling"] == replace(before, paused_ms=7)


def test_one_that_was_never_asked_can_be_paused(tx):
    upstreams.pause(tx, "kling", now_ms=7)
    assert upstreams.health_of(tx, ["kling"])["kling"] == Health(name="kling", paused_ms=7)


def test_a_second_pause_keeps_when_the_first_began(tx):
    upstreams.pause(tx, "kling", now_ms=7)
    assert upstreams.pause(tx, "kling", now_ms=9) == 7


def test_a_resumed_one_is_as_it_was(tx):
    upstreams.keep_health(tx, Health(name="kling", failures=1))
    upstreams.pause(tx, "kling", now_ms=7)
    upstreams.resume(tx, "kling")
    upstreams.resume(tx, "nobody")
    assert upstreams.health_of(tx, ["kling"])["kling"] == Health(name="kling", failures=1)
