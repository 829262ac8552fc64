"""RGB to the three planes of YUV 4:2:0, in BT.709 with limited range.

`film` calls it once a shot, so it can afford floats and a proper filter. The planes hold what
the encoder's tags say, which players take at their word.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.filters import Field

_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
"""ITU-R BT.709: each colour's share of the luma."""

_TO_YUV = np.array(
    [
        [219 * _RED, 219 * _GREEN, 219 * _BLUE, 16 * 255],
        [
            -112 * _RED / (1 - _BLUE),
            -112 * _GREEN / (1 - _BLUE),
            112.0,
            128 * 255,
        ],
        [
            112.0,
            -112 * _GREEN / (1 - _RED),
            -112 * _BLUE / (1 - _RED),
            128 * 255,
        ],
    ],
    dtype=np.float32,
) / np.float32(255)

_LEFT_SITED = np.array([[1, 2, 1], [1, 2, 1]], dtype=np.float32) / np.float32(8)
"""H.264's default places a chroma sample on the left luma column, between the two rows."""


@dataclass(frozen=True, kw_only=True)
class Planes:
    """One frame: luma height x width, chroma half of each."""

    luma: NDArray[np.uint8]
    blue: NDArray[np.uint8]
    red: NDArray[np.uint8]


def planes_of(rgb: NDArray[np.uint8]) -> Planes:
    """The planes of an RGB picture of even width and height."""
    yuv = cv2.transform(rgb.astype(np.float32), _TO_YUV)
    luma, blue, red = cv2.split(yuv)
    return Planes(luma=_rounded(luma), blue=_halved(blue), red=_halved(red))


def _halved(chroma: Field) -> NDArray[np.uint8]:
    # The kernel's anchor is its upper middle, so that (2i, 2j) sees rows 2j and 2j + 1.
    mixed = cv2.filter2D(chroma, -1, _LEFT_SITED, anchor=(1, 0), borderType=cv2.BORDER_REPLICATE)
    return _rounded(mixed[::2, ::2])


def _rounded(plane: Field) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.clip(np.rint(plane), 0, 255).astype(np.uint8))
