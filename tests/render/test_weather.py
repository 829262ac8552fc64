import numpy as np
import pytest

from framegate.render.camera import Stage
from framegate.render.colour import Planes, planes_of
from framegate.render.depth import depth_of
from framegate.render.weather import weather_of
from framegate.render.words import Layer

WEATHER = [Layer.FOG, Layer.SNOW, Layer.RAIN, Layer.PETALS]


@pytest.fixture(scope="module")
def scene(landscape):
    rgb = np.asarray(landscape(322, 258))
    stage = Stage(width=322, height=258, frames=72, strength=1.0, depth=depth_of(rgb), seed=3)
    return stage, planes_of(rgb)


def _drawn(weather, frame, source):
    target = Planes(luma=source.luma.copy(), blue=source.blue.copy(), red=source.red.copy())
    weather.draw(frame, target)
    return target


@pytest.mark.parametrize("layer", [*WEATHER, Layer.FLICKER])
def test_the_first_frame_has_no_weather(layer, scene):
    stage, source = scene

    drawn = _drawn(weather_of(frozenset({layer}), stage), 0, source)

    assert (drawn.luma == source.luma).all()


@pytest.mark.parametrize("layer", WEATHER)
def test_weather_is_seen_and_moves(layer, scene):
    stage, source = scene
    weather = weather_of(frozenset({layer}), stage)

    one, next_one = _drawn(weather, 50, source), _drawn(weather, 60, source)

    assert (one.luma != source.luma).any()
    assert (one.luma != next_one.luma).any()


@pytest.mark.parametrize("layer", WEATHER)
def test_weather_fades_in(layer, scene):
    stage, source = scene
    weather = weather_of(frozenset({layer}), stage)

    changes = [
        np.abs(_drawn(weather, frame, source).luma.astype(int) - source.luma).mean()
        for frame in (2, 12, 60)
    ]

    assert changes[0] < changes[1] < changes[2]


@pytest.mark.parametrize("layer", [*WEATHER, Layer.FLICKER])
def test_weather_keeps_to_the_limited_range(layer, scene):
    stage, source = scene

    drawn = _drawn(weather_of(frozenset({layer}), stage), 71, source)

    assert drawn.luma.max() <= 235
    assert drawn.luma.min() >= 16


def test_no_weather_draws_nothing(scene):
    stage, source = scene
    weather = weather_of(frozenset({Layer.CLOUDS}), stage)

    assert weather.is_clear
    assert (_drawn(weather, 40, source).luma == source.luma).all()


def test_the_same_seed_gives_the_same_flakes(scene):
    stage, source = scene
    snow = frozenset({Layer.SNOW})

    one = _drawn(weather_of(snow, stage), 40, source)
    other = _drawn(weather_of(snow, stage), 40, source)

    assert (one.luma == other.luma).all()
