import numpy as np
import pytest
from PIL import Image, ImageDraw

from framegate.render.depth import depth_of


def test_in_a_landscape_the_sky_is_far_and_the_ground_comes_nearer(landscape):
    near = depth_of(np.asarray(landscape(480, 360))).near
    high = near.shape[0]

    assert near[: high // 4].max() < 0.1
    assert near[-2].mean() > near[round(high * 0.7)].mean() > near[: high // 4].mean()


def test_a_subject_before_a_plain_wall_is_nearer_and_is_the_focus():
    image = Image.new("RGB", (400, 400), (120, 125, 130))
    ImageDraw.Draw(image).ellipse((210, 120, 330, 280), fill=(220, 60, 30))

    depth = depth_of(np.asarray(image))

    assert depth.near[160, 216] > depth.near[40, 40] + 0.3
    assert depth.focus_x > 0.1


@pytest.mark.parametrize("size", [(300, 750), (750, 300), (320, 320)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_of_nothing_still_has_a_finite_sheet(size, value):
    depth = depth_of(np.full((*size, 3), value, np.uint8))

    assert np.isfinite(depth.near).all()
    assert abs(depth.focus_x) <= 1
    assert abs(depth.focus_y) <= 1


def test_what_stands_in_a_narrow_strip_of_ground_is_hardly_bent(landscape):
    """A mast on the last eighth of a night picture must not lean like one on a broad plain."""
    rgb = np.full((300, 400, 3), (30, 45, 110), np.uint8)
    rgb[262:] = (6, 8, 10)

    near = depth_of(rgb).near

    assert 0.3 < near.max() < 0.6
    assert depth_of(np.asarray(landscape(400, 300))).near.max() == 1
