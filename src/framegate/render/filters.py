"""The few image filters that depth and regions share; arrays in, arrays out.

`depth`, `regions` and `warp` call them on small single-channel float pictures. They know nothing
of what the numbers mean.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[Any]
"""A float32 picture of one channel, or a float32 grid: OpenCV's stubs cannot say which."""


_FLAT = 1e-6


def floats(values: object) -> Field:
    """The values as float32, whatever a library's stubs call them."""
    return np.asarray(values, dtype=np.float32)


def guided(guide: Field, field: Field, *, radius: int, flatness: float) -> Field:
    """Smooth `field` inside the shapes of `guide`, keeping their edges.

    flatness  the variance of the guide (0 to 1 luma) below which a window counts as flat
    source    He, Sun, Tang: Guided Image Filtering
    """
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(values: Field) -> Field:
        return cv2.blur(values, size, borderType=cv2.BORDER_REFLECT)

    guide_mean, field_mean = mean(guide), mean(field)
    variance = mean(guide * guide) - guide_mean * guide_mean
    covariance = mean(guide * field) - guide_mean * field_mean
    slope = covariance / (variance + flatness)
    return floats(mean(slope) * guide + mean(field_mean - slope * guide_mean))


def spread(field: Field, *, low: float = 2.0, high: float = 98.0) -> Field:
    """The field stretched to 0..1 between two percentiles; a flat field becomes all zero."""
    floor, ceiling = np.percentile(field, (low, high))
    if ceiling - floor < _FLAT:
        return np.zeros_like(field)
    return floats(np.clip((field - floor) / (ceiling - floor), 0, 1))


def smooth_step(low: float, high: float, values: Field) -> Field:
    """0 below `low`, 1 above `high`, and a curve without corners between them."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)


def slope_limited(field: Field, step_max: float) -> Field:
    """The lowest field above this one whose neighbours differ by at most `step_max`.

    High places keep their shape and the low ground beside them rises: where a near thing moves
    over a far one, the far one stretches and the near one stays whole.
    """
    raised = field.astype(np.float32).copy()
    # A step across a corner is longer, so it may be higher; this keeps the slopes round.
    diagonal = step_max * np.float32(np.sqrt(2))
    for _ in range(2):
        for rows in (range(1, len(raised)), range(len(raised) - 2, -1, -1)):
            for row in rows:
                before = raised[row - 1] if rows.step > 0 else raised[row + 1]
                best = before - step_max
                best[1:] = np.maximum(best[1:], before[:-1] - diagonal)
                best[:-1] = np.maximum(best[:-1], before[1:] - diagonal)
                np.maximum(raised[row], best, out=raised[row])
        for columns in (range(1, raised.shape[1]), range(raised.shape[1] - 2, -1, -1)):
            for column in columns:
                before = raised[:, column - columns.step]
                np.maximum(raised[:, column], before - step_max, out=raised[:, column])
    return raised
