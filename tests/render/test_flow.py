"""What moves inside the picture: from rest, where it was found, and never so far that it tears."""

import numpy as np
import pytest

from framegate.render.camera import Stage
from framegate.render.depth import Depth
from framegate.render.flow import STRETCH_MAX, flow_of
from framegate.render.regions import Regions
from framegate.render.words import Layer

HIGH, WIDE = 40, 60
NODE_PX = 8
FLOWS = [Layer.CLOUDS, Layer.WATER, Layer.WIND]


def mask(rows, columns=slice(None)):
    field = np.zeros((HIGH, WIDE), np.float32)
    field[rows, columns] = 1
    return field


def scene(*, seed=2, strength=1.0, sky=None):
    """Sky above, water below, plants between; drawn on the grid itself."""
    sky = mask(slice(0, 15)) if sky is None else sky
    regions = Regions(sky=sky, clouds=sky, water=mask(slice(28, HIGH)), horizon=0.4)
    near = np.linspace(0, 1, HIGH, dtype=np.float32)[:, None].repeat(WIDE, 1)
    depth = Depth(
        near=near, regions=regions, plants=mask(slice(18, 26)), focus_x=0.0, focus_y=0.0, head_y=0.0
    )
    return Stage(
        width=WIDE * NODE_PX, height=HIGH * NODE_PX, frames=120, strength=strength, depth=depth,
        seed=seed,
    )  # fmt: skip


def flow(*layers, is_ambient=False, **options):
    return flow_of(frozenset(layers), scene(**options), np.copy, is_ambient=is_ambient)


def moved(one, frame=119):
    """Where anything has moved by then."""
    across, down = one.displacement(frame)
    return (np.abs(across) + np.abs(down)) > 1e-6


def test_without_a_word_nothing_flows():
    assert flow().is_still
    assert not moved(flow()).any()


@pytest.mark.parametrize("layer", FLOWS)
def test_first_frame_is_the_picture(layer):
    assert not moved(flow(layer), 0).any()


@pytest.mark.parametrize(
    ("layer", "rows"),
    [
        (Layer.CLOUDS, slice(0, 15)),
        (Layer.WATER, slice(28, HIGH)),
        (Layer.WIND, slice(18, 26)),
    ],
)
def test_flow_moves_its_own_region_and_nothing_else(layer, rows):
    seen = moved(flow(layer))
    assert seen[rows].any()
    seen[rows] = False
    assert not seen.any()


@pytest.mark.parametrize("rows", [slice(0, 15), slice(28, HIGH)])
def test_what_nobody_asked_for_moves_less_than_what_was_asked_for(rows):
    asked, found = (
        np.abs(one.displacement(119)[0][rows]).max()
        for one in (flow(Layer.CLOUDS, Layer.WATER), flow(is_ambient=True))
    )
    assert 0 < found < asked


def test_plants_do_not_sway_unasked():
    assert not flow(is_ambient=True).plants.any()


def test_seed_says_to_which_side_the_clouds_drift():
    one, other = (flow(Layer.CLOUDS, seed=seed).displacement(119)[0] for seed in (2, 3))
    assert np.array_equal(one, -other)
    assert one.any()


@pytest.mark.parametrize("strength", [0.4, 1.0, 2.0])
@pytest.mark.parametrize(
    "sky", [mask(slice(0, 15)), mask(slice(0, 15), slice(20, 40)), mask(slice(0, HIGH))]
)
def test_clouds_stretch_within_the_limit_wherever_their_edge_is(strength, sky):
    across, _ = flow(Layer.CLOUDS, strength=strength, sky=sky).displacement(119)
    for axis in (0, 1):
        assert np.abs(np.diff(across, axis=axis)).max() <= STRETCH_MAX * NODE_PX + 1e-3


def test_clouds_at_the_sides_of_the_picture_stand_still():
    across, _ = flow(Layer.CLOUDS).displacement(119)
    assert not across[:, :2].any()
    assert not across[:, -2:].any()


def test_clouds_only_ever_drift_on():
    one = flow(Layer.CLOUDS)
    steps = np.diff(np.abs(one.drift_px))
    assert (steps >= 0).all()
    assert one.drift_px[0] == 0
