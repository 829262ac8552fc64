"""When a task is looked at: on few samples, on many, and what it costs against asking by the clock.

The simulation is pure: log-normal durations as rendering farms have them, one fixed seed.
"""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.durations import (
    EPOCH_MS,
    LOOK_WAIT_MS_MAX,
    LOOK_WAIT_MS_MIN,
    REPORTED_WAIT_MS_MIN,
    SAMPLES_MAX,
    SAMPLES_MIN,
    UNLEARNED_WAIT_MS_MIN,
    Durations,
    Sample,
    next_look_ms,
)

ages = st.integers(0, 90_000_000)
samples = st.lists(st.integers(0, 10_000_000), max_size=SAMPLES_MAX)


def of(*took_ms):
    return Durations(tuple(Sample(0, lot, each) for lot, each in enumerate(took_ms)))


def noted(*tasks):
    """What is known after these tasks, each a beginning, a lot and a time."""
    durations = Durations()
    for began_ms, lot, took_ms in tasks:
        durations = durations.noted(took_ms, began_ms=began_ms, lot=lot)
    return durations


def test_tasks_of_a_newer_epoch_come_before_all_of_an_older_one():
    old = [(0, lot, 1) for lot in range(SAMPLES_MAX)]
    new = [(EPOCH_MS, 1_000 + lot, 2) for lot in range(3)]
    assert noted(*old, *new).times_ms == [1] * (SAMPLES_MAX - 3) + [2] * 3


def test_within_an_epoch_the_smallest_lots_are_kept_whatever_ends_last():
    tasks = [(0, lot, lot) for lot in range(SAMPLES_MAX + 5)]
    expected = list(range(SAMPLES_MAX))
    assert noted(*tasks).times_ms == noted(*reversed(tasks)).times_ms == expected


def test_burst_that_ends_shortest_first_is_learned_evenly():
    """Its last ones to end are its longest, and tell nothing about the others."""
    draw = random.Random(3)
    times = sorted(int(40_000 * draw.lognormvariate(0, 0.35)) for _ in range(5_000))
    learned = noted(*((0, draw.randrange(2**32), took_ms) for took_ms in times))
    assert abs(statistics.median(learned.times_ms) / statistics.median(times) - 1) < 0.1


def test_a_clock_that_ran_backwards_counts_as_no_time():
    assert noted((0, 1, -5)).times_ms == [0]


@pytest.mark.parametrize(("count", "is_learned"), [(SAMPLES_MIN - 1, False), (SAMPLES_MIN, True)])
def test_few_samples_are_not_believed(count, is_learned):
    assert of(*range(count)).is_learned is is_learned


@pytest.mark.parametrize(
    ("permille", "expected"), [(0, 10), (1, 10), (250, 10), (251, 20), (1_000, 40)]
)
def test_quantile_is_the_nearest_rank(permille, expected):
    assert of(40, 10, 30, 20).at(permille) == expected


@pytest.mark.parametrize(
    ("age_ms", "wait_ms"),
    [(0, 3_000), (12_000, 3_000), (40_000, 10_000), (240_000, 60_000), (10_000_000, 60_000)],
)
def test_unlearned_a_task_is_looked_at_each_time_it_has_grown_a_quarter_older(age_ms, wait_ms):
    assert next_look_ms(age_ms, of(5), reports=False) == wait_ms


def test_learned_a_look_comes_when_another_eighth_of_those_that_still_run_has_ended():
    durations = of(*range(30_000, 46_000, 1_000))
    assert next_look_ms(0, durations, reports=False) == 31_000
    assert next_look_ms(31_000, durations, reports=False) == 4_000
    assert next_look_ms(40_000, durations, reports=False) == 3_000


def test_a_task_older_than_all_before_it_is_looked_at_by_its_age():
    assert next_look_ms(80_000, of(*[30_000] * 8), reports=False) == 20_000


def test_an_upstream_that_reports_is_left_alone_until_most_have_reported():
    durations = of(*[30_000] * 19, 50_000)
    assert next_look_ms(0, durations, reports=True) == 30_000
    assert next_look_ms(30_000, durations, reports=True) == 30_000 // 4


def test_an_upstream_that_reports_is_trusted_before_anything_is_learned():
    assert next_look_ms(0, Durations(), reports=True) == REPORTED_WAIT_MS_MIN
    assert next_look_ms(200_000, Durations(), reports=True) == 50_000


def test_a_slow_upstream_does_not_leave_a_task_alone_for_ever():
    """A refusal of the picture comes in seconds, however long the good ones take."""
    assert next_look_ms(0, of(*[900_000] * 8), reports=False) == LOOK_WAIT_MS_MAX


@given(age_ms=ages, taken=samples)
def test_every_wait_has_its_bounds(age_ms, taken):
    wait_ms = next_look_ms(age_ms, of(*taken), reports=False)
    assert LOOK_WAIT_MS_MIN < wait_ms <= LOOK_WAIT_MS_MAX


@given(age_ms=ages, taken=samples)
def test_one_that_reports_is_never_looked_at_in_a_hurry(age_ms, taken):
    durations = of(*taken)
    wait_ms = next_look_ms(age_ms, durations, reports=True)
    assert wait_ms >= UNLEARNED_WAIT_MS_MIN
    assert wait_ms <= max(LOOK_WAIT_MS_MAX, *durations.times_ms, 0)


# --- against asking by the clock --------------------------------------------------------------


def simulated(next_wait_ms, *, tasks=2_000, median_ms=40_000, spread=0.35):
    """Mean looks a task and mean lag from its end to the look that saw it, in milliseconds."""
    draw = random.Random(7)
    durations, looks, lags = Durations(), [], []
    for _ in range(tasks):
        took_ms = int(median_ms * draw.lognormvariate(0, spread))
        age_ms = asked = 0
        while age_ms < took_ms:
            age_ms += next_wait_ms(age_ms, durations)
            asked += 1
        durations = durations.noted(took_ms, began_ms=0, lot=draw.randrange(2**32))
        looks.append(asked)
        lags.append(age_ms - took_ms)
    return statistics.mean(looks), statistics.mean(lags)


def learned(age_ms, durations):
    return next_look_ms(age_ms, durations, reports=False)


def every(wait_ms):
    return lambda _age_ms, _durations: wait_ms


def test_looks_are_an_eighth_of_asking_once_a_second():
    ours, _ = simulated(learned)
    each_second, _ = simulated(every(1_000))
    assert ours * 8 < each_second


def test_looks_are_some_half_of_asking_every_five_seconds_and_find_the_end_almost_as_soon():
    ours, our_lag_ms = simulated(learned)
    each_fifth, their_lag_ms = simulated(every(5_000))
    assert ours < each_fifth * 0.6
    assert our_lag_ms < their_lag_ms * 1.3


def test_unlearned_the_end_of_a_task_is_found_within_a_quarter_of_its_time():
    looks, lag_ms = simulated(lambda age_ms, _: next_look_ms(age_ms, Durations(), reports=False))
    assert lag_ms < 40_000 / 4
    assert looks < 15


@pytest.mark.parametrize("reports", [True, False])
def test_age_below_zero_of_a_clock_that_was_set_back_is_no_age(reports):
    learned = of(*[20_000] * SAMPLES_MAX)
    assert next_look_ms(-9_000_000, learned, reports=reports) == next_look_ms(
        0, learned, reports=reports
    )
