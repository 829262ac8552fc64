import numpy as np
import pytest

from framegate.render.colour import planes_of


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        # ITU-R BT.709, limited range, eight bits.
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_primaries_have_the_standards_values(rgb, yuv):
    planes = planes_of(np.full((8, 8, 3), rgb, np.uint8))

    assert (planes.luma[3, 3], planes.blue[2, 2], planes.red[2, 2]) == yuv


def test_chroma_has_half_the_size():
    planes = planes_of(np.zeros((10, 16, 3), np.uint8))

    assert (planes.luma.shape, planes.blue.shape, planes.red.shape) == ((10, 16), (5, 8), (5, 8))


def test_a_chroma_sample_sits_on_the_left_column_of_its_pair():
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[:, 4:] = (255, 0, 0)

    red = planes_of(rgb).red[1].astype(int) - 128

    # Columns 3, 4, 5 weigh 1, 2, 1 in the sample that belongs to columns 4 and 5.
    assert red[1] == 0
    assert red[2] == pytest.approx(112 * 0.75, abs=1)
    assert red[3] == 112
