import numpy as np
import pytest

from framegate.render.filters import guided, slope_limited, smooth_step, spread


def test_limited_slopes_keep_the_peak_and_raise_the_ground():
    field = np.zeros((21, 21), np.float32)
    field[10, 10] = 1

    limited = slope_limited(field, 0.2)

    assert limited[10, 10] == 1
    assert (limited >= field).all()
    assert np.abs(np.diff(limited, axis=0)).max() <= 0.2 + 1e-6
    assert np.abs(np.diff(limited, axis=1)).max() <= 0.2 + 1e-6


def test_a_guided_field_keeps_the_guides_edge_and_loses_its_own_noise():
    guide = np.zeros((40, 40), np.float32)
    guide[:, 20:] = 1
    noisy = guide + np.random.default_rng(1).normal(0, 0.2, guide.shape).astype(np.float32)

    smooth = guided(guide, noisy, radius=4, flatness=1e-3)

    assert smooth[:, :19].std() < 0.06
    assert smooth[:, 21].mean() - smooth[:, 18].mean() > 0.8


def test_a_flat_field_spreads_to_nothing():
    assert not spread(np.full((4, 4), 3.0, np.float32)).any()


@pytest.mark.parametrize(("value", "expected"), [(-1, 0), (0, 0), (0.5, 0.5), (1, 1), (2, 1)])
def test_a_smooth_step_stays_between_its_ends(value, expected):
    assert smooth_step(0, 1, np.float32(value)) == pytest.approx(expected)
