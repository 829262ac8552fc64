"""An upstream's breaker: every transition, and what holds over any order of outcomes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.health import (
    BLAMED_MS_MIN,
    ERROR_CHARACTERS_MAX,
    FAILURES_MAX,
    KEPT_WAIT_MS,
    OPEN_MS_MAX,
    OPEN_MS_MIN,
    PROBE_WAIT_MS,
    Breaker,
    Health,
)

NOW_MS = 1_783_065_388_949
CLOSED, OPEN, HALF_OPEN = Breaker
WELL = Health(name="kling")
OPENED = Health(
    name="kling", breaker=OPEN, failures=FAILURES_MAX, opens=1, retry_ms=NOW_MS + OPEN_MS_MIN
)
DUE = Health(name="kling", breaker=OPEN, failures=FAILURES_MAX, opens=1, retry_ms=NOW_MS)
PROBED = DUE.probed(NOW_MS)
ON_THE_BRINK = Health(name="kling", failures=FAILURES_MAX - 1)


def good(health, now_ms=NOW_MS):
    return health.after_good(took_ms=400, now_ms=now_ms)


def full(health, now_ms=NOW_MS):
    return health.after_full(rest_s=7, now_ms=now_ms)


def bad(health, now_ms=NOW_MS):
    return health.after_bad("no answer", now_ms=now_ms)


def blame(health, now_ms=NOW_MS):
    return health.after_blame("code 1102", now_ms=now_ms)


def probe(health, now_ms=NOW_MS):
    return health.probed(now_ms)


TRANSITIONS = [
    (WELL, good, CLOSED, 0),
    (WELL, full, CLOSED, 0),
    (WELL, bad, CLOSED, 0),
    (WELL, blame, OPEN, BLAMED_MS_MIN),
    (ON_THE_BRINK, bad, OPEN, OPEN_MS_MIN),
    (ON_THE_BRINK, good, CLOSED, 0),
    (OPENED, good, CLOSED, 0),
    (OPENED, bad, OPEN, OPEN_MS_MIN),
    (OPENED, blame, OPEN, OPEN_MS_MIN),
    (DUE, probe, HALF_OPEN, PROBE_WAIT_MS),
    (DUE, bad, OPEN, 2 * OPEN_MS_MIN),
    (PROBED, good, CLOSED, 0),
    (PROBED, full, CLOSED, 0),
    (PROBED, bad, OPEN, 2 * OPEN_MS_MIN),
    (PROBED, blame, OPEN, BLAMED_MS_MIN),
]


@pytest.mark.parametrize(("before", "happens", "breaker", "wait_ms"), TRANSITIONS)
def test_every_outcome_leads_where_the_table_says(before, happens, breaker, wait_ms):
    after = happens(before)
    assert after.breaker is breaker
    assert after.retry_ms == (NOW_MS + wait_ms if wait_ms else 0)


def test_failures_must_come_in_a_row():
    health = WELL
    for _ in range(FAILURES_MAX - 1):
        health = bad(health)
    health = bad(good(health))
    assert (health.breaker, health.failures) == (CLOSED, 1)


def test_each_opening_in_a_row_doubles_the_wait_up_to_its_limit():
    health, now_ms, waits = blame(WELL), NOW_MS, []
    for _ in range(9):
        now_ms = health.retry_ms
        health = bad(health.probed(now_ms), now_ms)
        waits.append(health.retry_ms - now_ms)
    assert waits[:5] == [10_000, 20_000, 40_000, 80_000, 160_000]
    assert set(waits[5:]) == {OPEN_MS_MAX}


def test_one_good_answer_forgets_all_the_openings():
    health = good(PROBED)
    assert (health.opens, health.failures, health.retry_ms) == (0, 0, 0)


@pytest.mark.parametrize("health", [OPENED, PROBED])
def test_an_order_is_kept_away_until_the_very_millisecond_of_the_retry(health):
    assert not health.admits(health.retry_ms - 1)
    assert health.admits(health.retry_ms)


def test_a_probe_keeps_every_other_order_away_until_it_counts_as_lost():
    assert not PROBED.admits(NOW_MS + PROBE_WAIT_MS - 1)
    assert PROBED.admits(NOW_MS + PROBE_WAIT_MS)


def test_an_upstream_without_room_rests_as_long_as_it_said():
    health = full(WELL)
    assert health.is_resting(NOW_MS + 6_999)
    assert not health.is_resting(NOW_MS + 7_000)


def test_latency_is_smoothed_and_begins_with_the_first():
    health = good(WELL)
    assert health.latency_ms == 400
    assert health.after_good(took_ms=1_200, now_ms=NOW_MS).latency_ms == 500
    assert health.after_good(took_ms=None, now_ms=NOW_MS).latency_ms == 400


def test_a_long_error_is_cut():
    error = "x" * (ERROR_CHARACTERS_MAX + 1)
    assert len(WELL.after_bad(error, now_ms=NOW_MS).last_error) == ERROR_CHARACTERS_MAX


def test_the_same_good_news_is_written_down_only_now_and_then():
    before = good(WELL)
    assert not good(before, NOW_MS + KEPT_WAIT_MS - 1).is_worth_keeping(before)
    assert good(before, NOW_MS + KEPT_WAIT_MS).is_worth_keeping(before)


@pytest.mark.parametrize("happens", [full, bad, blame, probe])
def test_other_news_is_always_written_down(happens):
    before = good(WELL)
    assert happens(before).is_worth_keeping(before)


# --- whatever happens -------------------------------------------------------------------------


steps = st.lists(
    st.tuples(st.sampled_from([good, full, bad, blame, "ask"]), st.integers(0, 400_000)),
    max_size=60,
)


def lived(steps):
    """Every state of an upstream that is asked whenever it admits, and the time of each."""
    health, now_ms = WELL, NOW_MS
    for happens, passed_ms in steps:
        now_ms += passed_ms
        if happens != "ask":
            health = happens(health, now_ms)
        elif health.breaker is not CLOSED and health.admits(now_ms):
            health = health.probed(now_ms)
        yield health, now_ms


@given(steps)
def test_whatever_happened_it_is_tried_again_within_a_bound(steps):
    for health, now_ms in lived(steps):
        assert health.admits(max(health.retry_ms, now_ms))
        assert health.retry_ms - now_ms <= max(OPEN_MS_MAX, PROBE_WAIT_MS)


@given(steps)
def test_a_closed_one_always_admits(steps):
    for health, now_ms in lived(steps):
        assert health.breaker is not CLOSED or health.admits(now_ms)


@given(steps, st.integers(0, PROBE_WAIT_MS - 1))
def test_exactly_one_order_goes_through_a_half_open_one(steps, later_ms):
    for health, now_ms in lived(steps):
        if health.breaker is not CLOSED and health.admits(now_ms):
            assert not health.probed(now_ms).admits(now_ms + later_ms)


@given(steps)
def test_an_opened_one_waits_at_least_the_least(steps):
    before = WELL
    for health, now_ms in lived(steps):
        if health.opens > before.opens:
            assert health.retry_ms - now_ms >= OPEN_MS_MIN
        before = health


@pytest.mark.parametrize("health", [WELL, PROBED])
def test_a_paused_one_admits_nothing_however_well_it_is(health):
    paused = replace(health, paused_ms=1)
    assert paused.is_paused
    assert not paused.admits(NOW_MS + 10 * PROBE_WAIT_MS)


def test_news_of_a_paused_one_leave_it_paused():
    paused = replace(WELL, paused_ms=1)
    told = [good(paused), bad(paused), blame(paused), full(paused), paused.probed(NOW_MS)]
    assert all(each.is_paused for each in told)


def test_breaker_does_not_wait_for_a_clock_that_was_set_back():
    assert not OPENED.admits(NOW_MS)
    assert OPENED.admits(NOW_MS - 86_400_000)
