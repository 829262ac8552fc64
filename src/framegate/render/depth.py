"""One sheet of estimated depth for a picture, from cues that need no learned model.

`film` calls it once a shot. Sky is far, the ground comes nearer downwards, what is sharp, salient
or free of haze comes forward. The sheet is smooth on purpose: a wrong edge in it shows as a
bent wall, while a missing one shows as nothing at all. It knows no camera.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.filters import Field, floats, guided, smooth_step, spread
from framegate.render.regions import Regions, regions_of

_WORK_PX = 320
"""The longer side that depth is estimated at. The sheet is read at one node in 8 pixels anyway."""

_NEAR_MIN = 0.12
"""Anything that is not sky is at least this near, so that it parts from the sky."""

_GROUND_WHOLE = 0.5
"""With this share of the height below the horizon, or more, the ground spans its whole depth. A
narrower strip holds less of it: what stands in a steep strip would bend at its foot."""

_LAND_WHOLE = 0.25
"""With less of the height below the horizon than this, everything moves less from the sky."""

_LAND_MIN = 0.12

_SALIENT_MIN = 0.3
"""From here on a row holds something worth keeping in view."""

_IS_SKY = 0.5

_SOFT = 0.2


@dataclass(frozen=True, kw_only=True)
class Depth:
    """What is where, at the small size; resize to any grid.

    near     0 far to 1 near: disparity, so that a camera's shift times this is the shift on screen
    regions  sky, water, horizon
    plants   where green or textured things may sway, 0 to 1
    focus_x  the subject's place, -1 left to 1 right
    focus_y  -1 top to 1 bottom
    head_y   the top of what stands out, or of the skyline if that is higher
    """

    near: Field
    regions: Regions
    plants: Field
    focus_x: float
    focus_y: float
    head_y: float

    @property
    def focus_near(self) -> float:
        """How near the subject is."""
        high, wide = self.near.shape
        column = int((self.focus_x + 1) / 2 * (wide - 1))
        row = int((self.focus_y + 1) / 2 * (high - 1))
        return float(cv2.blur(self.near, (15, 15))[row, column])


def depth_of(rgb: NDArray[np.uint8]) -> Depth:
    """Estimate the depth of an RGB picture of any size."""
    share = _WORK_PX / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    colour = small.astype(np.float32) / np.float32(255)
    gray = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    regions = regions_of(colour)
    salient = _salience(colour, regions)
    sharp = _sharpness(gray)
    near = _landscape(colour, regions, salient) if regions.has_sky else _scene(salient, sharp)
    near = guided(gray, near, radius=12, flatness=4e-3)
    near = guided(gray, near, radius=6, flatness=1e-2) * (1 - regions.sky)
    near = spread(cv2.GaussianBlur(near, (0, 0), 2.0), low=1, high=99.5)
    if regions.has_sky:
        near = floats(near * min(max((1 - regions.horizon) / _LAND_WHOLE, _LAND_MIN), 1.0))
    focus_x, focus_y = _focus(salient * (0.3 + near))
    return Depth(
        near=near,
        regions=regions,
        plants=_plants(colour, regions),
        focus_x=focus_x,
        focus_y=focus_y,
        head_y=_head(salient, regions),
    )


def _landscape(colour: Field, regions: Regions, salient: Field) -> Field:
    high = colour.shape[0]
    rows = np.arange(high, dtype=np.float32)[:, None] / high
    ground = np.clip((rows - regions.horizon) / max(1 - regions.horizon, 0.05), 0, 1)
    # Air between us and a thing lifts its darkest channel (the dark channel prior).
    haze = cv2.GaussianBlur(cv2.erode(colour.min(axis=2), np.ones((7, 7))), (0, 0), 3)
    clear = 1 - spread(haze * (1 - regions.sky))
    ground *= 0.62 * min((1 - regions.horizon) / _GROUND_WHOLE, 1.0)
    return floats(_NEAR_MIN + ground + 0.16 * clear + 0.18 * salient * (1 - ground))


def _scene(salient: Field, sharp: Field) -> Field:
    high = salient.shape[0]
    rows = np.arange(high, dtype=np.float32)[:, None] / high
    ground = smooth_step(0.25, 1.1, rows)
    # Sharpness tells depth only where a lens left much of the picture soft.
    trust = 0.35 * float(np.mean(sharp < _SOFT))
    return floats(_NEAR_MIN + 0.45 * salient + trust * sharp + 0.3 * ground)


def _salience(colour: Field, regions: Regions) -> Field:
    """What differs in colour from the picture's rim and does not stand at it."""
    lab = cv2.cvtColor(cv2.GaussianBlur(colour, (0, 0), 2), cv2.COLOR_RGB2Lab)
    high, wide = lab.shape[:2]
    rim = max(min(high, wide) // 16, 2)
    sides = (lab[:rim], lab[-rim:], lab[:, :rim], lab[:, -rim:])
    distance = np.minimum.reduce([_distance(lab, side) for side in sides])
    y = (np.arange(high, dtype=np.float32)[:, None] / high - 0.5) / 0.36
    x = (np.arange(wide, dtype=np.float32)[None, :] / wide - 0.5) / 0.36
    centre = np.exp(-(x * x + y * y) / 2)
    salient = spread(distance) * (0.25 + 0.75 * centre) + 0.25 * centre
    return spread(cv2.GaussianBlur(salient * (1 - regions.sky), (0, 0), 5))


def _distance(lab: Field, side: Field) -> Field:
    pixels = side.reshape(-1, 3)
    mean = pixels.mean(axis=0)
    inverse = np.linalg.inv(np.cov(pixels.T) + np.eye(3) * 25).astype(np.float32)
    away = (lab - mean).astype(np.float32)
    squares = np.einsum("hwi,ij,hwj->hw", away, inverse, away, optimize=True)
    return floats(np.sqrt(np.maximum(squares, 0)))


def _sharpness(gray: Field) -> Field:
    detail = np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 1.2))
    return spread(np.sqrt(cv2.GaussianBlur(cv2.dilate(detail, np.ones((5, 5))), (0, 0), 6)))


def _plants(colour: Field, regions: Regions) -> Field:
    red, green, blue = cv2.split(colour)
    greener = smooth_step(0.01, 0.06, green - np.maximum(red, blue) * 0.98)
    rooted = greener * (1 - regions.sky) * (1 - regions.water)
    return floats(cv2.GaussianBlur(rooted, (0, 0), 4))


def _focus(weight: Field) -> tuple[float, float]:
    """The centre of what stands out, drawn a third towards the middle: no shot hugs a corner."""
    strong = np.square(weight) + 1e-6
    high, wide = strong.shape
    total = float(strong.sum())
    x = float((strong.sum(axis=0) * np.linspace(-1, 1, wide)).sum()) / total
    y = float((strong.sum(axis=1) * np.linspace(-1, 1, high)).sum()) / total
    return x * 0.67, y * 0.67


def _head(salient: Field, regions: Regions) -> float:
    high, wide = salient.shape
    top = int(np.argmax(salient.max(axis=1) > _SALIENT_MIN))
    if regions.has_sky:
        middle = regions.sky[:, wide // 4 : -(wide // 4)]
        top = min(top, int(np.argmax(middle.min(axis=1) < _IS_SKY)))
    return float(2 * top / high - 1)
