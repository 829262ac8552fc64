import numpy as np
import pytest

from framegate.render.camera import path_of
from framegate.render.colour import Planes, planes_of
from framegate.render.weather import weather_of
from framegate.render.words import Layer, Move

WEATHER = [Layer.FOG, Layer.BOKEH, Layer.SNOW, Layer.RAIN, Layer.PETALS]


@pytest.fixture(scope="module")
def scene(landscape, stage):
    return stage, planes_of(np.asarray(landscape(stage.width, stage.height)))


def _weather(layers, stage, *moves):
    return weather_of(frozenset(layers), stage, path_of(moves or (Move.STATIC,), stage))


def _drawn(weather, frame, source):
    target = Planes(luma=source.luma.copy(), blue=source.blue.copy(), red=source.red.copy())
    weather.draw(frame, target)
    return target


@pytest.mark.parametrize("layer", [*WEATHER, Layer.FLICKER])
def test_the_first_frame_has_no_weather(layer, scene):
    stage, source = scene

    drawn = _drawn(_weather({layer}, stage), 0, source)

    assert (drawn.luma == source.luma).all()


@pytest.mark.parametrize("layer", WEATHER)
def test_weather_is_seen_and_moves(layer, scene):
    stage, source = scene
    weather = _weather({layer}, stage)

    one, next_one = _drawn(weather, 50, source), _drawn(weather, 60, source)

    assert (one.luma != source.luma).any()
    assert (one.luma != next_one.luma).any()


@pytest.mark.parametrize("layer", [layer for layer in WEATHER if layer is not Layer.BOKEH])
def test_weather_fades_in(layer, scene):
    """Bokeh does too, but its lights glow and fade besides."""
    stage, source = scene
    weather = _weather({layer}, stage)

    changes = [
        np.abs(_drawn(weather, frame, source).luma.astype(int) - source.luma).mean()
        for frame in (2, 12, 60)
    ]

    assert changes[0] < changes[1] < changes[2]


@pytest.mark.parametrize("layer", [*WEATHER, Layer.FLICKER])
def test_weather_keeps_to_the_limited_range(layer, scene):
    stage, source = scene

    drawn = _drawn(_weather({layer}, stage), 71, source)

    assert drawn.luma.max() <= 235
    assert drawn.luma.min() >= 16


def test_no_weather_draws_nothing(scene):
    stage, source = scene
    weather = _weather({Layer.CLOUDS}, stage)

    assert weather.is_clear
    assert (_drawn(weather, 40, source).luma == source.luma).all()


def test_the_same_seed_gives_the_same_flakes(scene):
    stage, source = scene

    one = _drawn(_weather({Layer.SNOW}, stage), 40, source)
    other = _drawn(_weather({Layer.SNOW}, stage), 40, source)

    assert (one.luma == other.luma).all()


@pytest.mark.parametrize("layer", [Layer.SNOW, Layer.PETALS])
def test_weather_passes_by_as_the_camera_turns(layer, scene):
    """Seen from a camera that pans to the right, flakes go by to the left with the world."""
    stage, _ = scene
    width, height = stage.width, stage.height
    still, panned = (_weather({layer}, stage, move) for move in (Move.STATIC, Move.PAN_RIGHT))
    (across, down) = panned._aside(panned.veils[0], 60)

    seen = panned.veils[0].what.opacity(60, (across, down), width, height)
    there = still.veils[0].what.opacity(60, (0.0, 0.0), width, height)

    left = round(-across)
    assert left > 10
    assert np.abs(seen[:, : width - left].astype(int) - there[:, left:]).mean() < 2


@pytest.mark.parametrize("frame", [1, 100, 359])
@pytest.mark.parametrize("aside", [(0.0, 0.0), (-5_000.5, 3_000.25)])
def test_veils_cover_the_whole_frame_however_far_they_went(aside, frame, scene):
    stage, _ = scene

    for veil in _weather(WEATHER, stage).veils:
        assert veil.what.opacity(frame, aside, 322, 258).shape == (258, 322)
