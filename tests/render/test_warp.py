from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from framegate import samples
from framegate.render.camera import Stage, path_of
from framegate.render.colour import Planes, planes_of
from framegate.render.depth import depth_of
from framegate.render.warp import source_of, warp_of
from framegate.render.words import Layer, Move

SIZES = [(640, 256), (258, 322)]
EVERY_FLOW = frozenset({Layer.CLOUDS, Layer.WATER, Layer.WIND})


@pytest.fixture(scope="module", params=SIZES, ids=str)
def scene(request, landscape):
    rgb = np.asarray(landscape(*request.param))
    return planes_of(rgb), depth_of(rgb), request.param


def _warp(scene, moves, *, strength=2.0, layers=EVERY_FLOW):
    _, depth, (width, height) = scene
    stage = Stage(width=width, height=height, frames=72, strength=strength, depth=depth, seed=3)
    return warp_of(stage, path_of(moves, stage), layers)


def _drawn(warp, frame, source):
    target = Planes(
        luma=np.zeros_like(source.luma),
        blue=np.zeros_like(source.blue),
        red=np.zeros_like(source.red),
    )
    warp.draw(frame, source_of(source), target)
    return target


@pytest.mark.parametrize("move", Move)
def test_no_move_ever_looks_past_the_pictures_border(move, scene):
    _, _, (width, height) = scene
    warp = _warp(scene, (move,), layers=frozenset())

    for frame in (1, 17, 36, 54, 71):
        x, y = warp.source_grid(frame)
        # The ring of nodes outside of the frame is for interpolation only.
        inside = (warp.place_x >= 0) & (warp.place_x < width) & (warp.place_y >= 0)
        inside &= warp.place_y < height
        assert x[inside].min() > -1
        assert y[inside].min() > -1
        assert x[inside].max() < width
        assert y[inside].max() < height


@pytest.mark.parametrize("move", Move)
def test_no_move_folds_the_picture(move, scene):
    warp = _warp(scene, (move,))

    x, y = warp.source_grid(71)

    assert np.diff(x, axis=1).min() > 0
    assert np.diff(y, axis=0).min() > 0


def test_the_grid_of_the_first_frame_is_the_identity(scene):
    warp = _warp(scene, (Move.PUSH, Move.TILT_UP))

    x, y = warp.source_grid(0)

    assert np.abs(x - warp.place_x).max() < 1e-3
    assert np.abs(y - warp.place_y).max() < 1e-3


def test_the_first_frame_is_the_picture_bit_for_bit(scene):
    source = scene[0]

    drawn = _drawn(_warp(scene, (Move.ORBIT_LEFT,)), 0, source)

    assert (drawn.luma == source.luma).all()
    assert (drawn.blue == source.blue).all()
    assert (drawn.red == source.red).all()


def test_the_second_frame_has_barely_moved(scene):
    source = scene[0]

    drawn = _drawn(_warp(scene, (Move.PUSH,), strength=1.0), 1, source)

    assert np.abs(drawn.luma.astype(int) - source.luma).mean() < 1


def test_luma_and_chroma_move_together(scene):
    """A picture whose chroma repeats its luma must still do so after the move."""
    _, depth, (width, height) = scene
    ramp = np.linspace(40, 200, width)[None, :] + np.linspace(0, 40, height)[:, None]
    luma = np.round(ramp).astype(np.uint8)
    chroma = np.round((ramp[0::2, 0::2] + ramp[1::2, 0::2]) / 2).astype(np.uint8)
    source = Planes(luma=luma, blue=chroma, red=chroma)

    drawn = _drawn(_warp((source, depth, (width, height)), (Move.TRUCK_LEFT,)), 71, source)

    halved = (drawn.luma[0::2, 0::2].astype(float) + drawn.luma[1::2, 0::2]) / 2
    assert np.abs(halved - drawn.blue)[4:-4, 4:-4].max() <= 2


def test_a_static_shot_without_flow_repeats_the_picture(scene):
    source, depth, (width, height) = scene
    stage = Stage(width=width, height=height, frames=72, strength=1.0, depth=depth, seed=3)

    warp = warp_of(stage, path_of((Move.STATIC,), stage), frozenset(), is_ambient=False)

    assert (_drawn(warp, 50, source).luma == source.luma).all()


def test_water_shimmers_and_the_sky_drifts_under_a_static_camera(scene):
    warp = _warp(scene, (Move.STATIC,))

    x, y = warp.source_grid(60)

    high = len(x)
    assert np.abs(x - warp.place_x)[: high // 3].max() > 1
    assert np.abs(y - warp.place_y)[high * 3 // 4 :].max() > 0.1


def test_half_pixels_lie_between_exact_pixels(scene):
    """A wave of four pixels is still whole halfway between its samples."""
    source = scene[0]
    wave = np.round(120 + 80 * np.sin(np.arange(64) * np.pi / 2)).astype(np.uint8)
    fine = source_of(replace(source, luma=np.tile(wave, (32, 1)))).fine

    assert (source_of(source).fine[::2, ::2] == source.luma).all()
    expected = 120 + 80 * np.sin((np.arange(64) + 0.5) * np.pi / 2)
    assert np.abs(fine[8, 1::2].astype(float) - expected)[4:-4].max() < 8


def test_a_slight_shift_keeps_nine_tenths_of_the_detail(scene):
    _, depth, (width, height) = scene
    random = np.random.default_rng(8)
    luma = cv2.GaussianBlur(random.normal(128, 60, (height, width)), (0, 0), 1.0)
    luma = np.clip(luma, 0, 255).astype(np.uint8)
    source = Planes(luma=luma, blue=luma[::2, ::2].copy(), red=luma[::2, ::2].copy())

    drawn = _drawn(_warp((source, depth, (width, height)), (Move.PAN_LEFT,)), 12, source)

    kept = cv2.Laplacian(drawn.luma, cv2.CV_32F).var() / cv2.Laplacian(luma, cv2.CV_32F).var()
    assert kept > 0.75


def test_nothing_sways_at_the_rim(scene):
    warp = _warp(scene, (Move.STATIC,))

    for frame in (30, 60):
        x, y = warp.source_grid(frame)
        rims = [np.s_[1, :], np.s_[-2, :], np.s_[:, 1], np.s_[:, -2]]
        assert max(np.abs(y - warp.place_y)[rim].max() for rim in rims) < 0.01
        assert np.abs(x - warp.place_x)[-2].max() < 0.01


def test_water_without_a_sky_moves_only_when_it_is_asked_for():
    with Image.open(Path(samples.__file__).parent / "ocean.jpg") as opened:
        depth = depth_of(np.asarray(opened.convert("RGB")))
    stage = Stage(width=640, height=360, frames=72, strength=1.0, depth=depth, seed=3)
    path = path_of((Move.STATIC,), stage)

    assert warp_of(stage, path, frozenset(), is_ambient=True).is_still
    assert not warp_of(stage, path, frozenset({Layer.WATER}), is_ambient=True).is_still
