from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framegate import samples
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


def _sample(name):
    path = Path(samples.__file__).parent / f"{name}.jpg"
    with Image.open(path) as opened:
        return np.asarray(opened.reduce(5).convert("RGB"), np.float32) / np.float32(255)


def test_a_cloud_above_the_mountains_is_sky():
    sky = regions_of(_sample("dusk")).sky

    assert sky[: round(len(sky) * 0.28)].min() > 0.9


@pytest.mark.parametrize("name", ["dunes", "ocean", "balloon"])
def test_a_horizon_lost_in_haze_or_clouds_is_no_skyline(name):
    assert not regions_of(_sample(name)).has_sky


def test_a_sun_in_bright_haze_does_not_drift_with_the_clouds():
    regions = regions_of(_sample("rose"))
    high, wide = regions.sky.shape

    sun = (round(0.375 * high), round(0.31 * wide))
    assert regions.sky[sun] > 0.9
    assert regions.clouds[sun[0] - 3 : sun[0] + 4, sun[1] - 3 : sun[1] + 4].max() == 0


def test_a_mast_before_the_night_sky_is_kept_out_of_the_clouds_from_top_to_bottom():
    rgb = np.zeros((200, 300, 3), np.float32) + np.array((0.08, 0.12, 0.3), np.float32)
    rgb[160:] = (0.02, 0.02, 0.03)
    rgb[40:160, 148:151] = 0.35
    rgb[60:160:24, 148:151] = (0.08, 0.12, 0.3)

    regions = regions_of(rgb)

    assert regions.has_sky
    assert regions.clouds[44:150, 149].max() == 0
    assert regions.clouds[20:150, 60:120].min() > 0.9


def test_a_sea_ripples_even_where_haze_hides_its_horizon():
    regions = regions_of(_sample("ocean"))

    assert regions.water[round(len(regions.water) * 0.6) :].min() > 0.9
    assert not regions_of(_sample("dunes")).water.any()
