import numpy as np
import pytest

from framegate.render.regions import regions_of


def _small(landscape):
    return np.asarray(landscape(320, 240), np.float32) / np.float32(255)


def test_a_landscapes_sky_ends_at_its_hills(landscape):
    regions = regions_of(_small(landscape))

    assert regions.sky[:80].min() > 0.9
    assert regions.sky[150:].max() < 0.1
    assert 0.45 < regions.horizon < 0.65


def test_ripples_under_a_sky_are_water(landscape):
    regions = regions_of(_small(landscape))

    assert regions.water[200:].min() > 0.9
    assert regions.water[:100].max() < 0.1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_has_neither_sky_nor_water(seed):
    rgb = np.random.default_rng(seed).uniform(0, 1, (200, 300, 3)).astype(np.float32)

    regions = regions_of(rgb)

    assert not regions.has_sky
    assert not regions.water.any()


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_one_flat_colour_has_no_sky(value):
    assert not regions_of(np.full((120, 160, 3), value, np.float32)).has_sky


def test_a_wall_of_wood_is_no_sky():
    rgb = np.zeros((200, 300, 3), np.float32)
    rgb[:100] = (0.6, 0.35, 0.15)
    rgb[100:] = (0.2, 0.1, 0.05)

    assert not regions_of(rgb).has_sky
