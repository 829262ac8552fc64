"""What parts of a picture are sky and what parts water, as soft masks, without a learned model.

`depth` calls it with a small picture. Both answers may be "none", and a wrong none is cheap (the
sky only moves less) while a wrong sky would bend a wall: every test here leans towards none.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.filters import Field, floats, guided, smooth_step

_THRESHOLDS = np.linspace(0.02, 0.45, 28)
_SKY_SHARE_MIN = 0.2
_SKY_SHARE_MAX = 0.92
_FOUND_SHARE_MIN = 0.85
"""How many of the columns must show an edge before a threshold is worth judging."""
_LINE_STEP_MAX = 4
_AGREEMENT = 0.15
"""How far apart, in picture heights, two answers may lie and still tell of the same skyline."""
_OUTLINE_SHARE_MIN = 0.3
_TEXTURE_MAX = 0.2
_HARD_EDGE = 0.3
_NIGHT_LUMA = 0.5
"""Below this mean luma of the sky a thing before it may be fainter by as much and still be one."""
_NIGHT_SHARE_MIN = 0.35
_THING_SHARE_MAX = 0.12
"""Of the picture: a larger outline is a bank of clouds or the whole skyline, not a tower."""
_FAINT = 0.25
_FAINT_SHARE_MAX = 0.04
"""How much of a skyline may be steep and yet a quarter as clear as the rest. Measured: true ones
at most 0.01, a line that falls from a cloud to a dune 0.06."""
_STEEP = 3
_GLARE_LUMA = 0.93
_SUN_SHARE_MAX = 0.01
_RIPPLE_RATIO_MIN = 2.1
"""Measured: ripples 2.5 to 4.3, dunes 1.7, hills 2.3, a wood 1.1, lines of text 1.7."""
_RIPPLE_MIN = 0.003
_REFLECTION_MAX = 0.06
"""Water has the sky's hue: measured within 0.04 of it, sand and hills beyond 0.07."""
_JUMP_SHARE_MAX = 0.025
"""Measured: pagodas and heads 0.01 to 0.02; a glitter on the sea that was taken for sky 0.03."""
_TOUCH_SHARE_MAX = 0.25
"""Measured: a head that stands close 0.22; clouds taken for land 0.28 and more."""
_BRIGHTER_MIN = 0.03
_BLUER_MIN = 0.06


@dataclass(frozen=True, kw_only=True)
class Regions:
    """Masks of 0 to 1 at the small picture's size.

    sky      all zero when no sky was found
    clouds   the sky without the sun, towers and wires in it, which must not drift
    water    all zero when nothing below the horizon looks like water
    horizon  the share of the height where the ground begins; without a sky to tell it 0.5 where
             there is water, else 0.4
    """

    sky: Field
    clouds: Field
    water: Field
    horizon: float

    @property
    def has_sky(self) -> bool:
        """Whether anything here was taken for sky."""
        return bool(self.sky.max() > 0)


def regions_of(rgb: Field) -> Regions:
    """Find sky and water in a float RGB picture, 0 to 1, a few hundred pixels wide."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    edges = _edges(rgb)
    border = _border(rgb, edges)
    high, wide = gray.shape
    none = np.zeros_like(gray)
    if border is None:
        # A sea's horizon may be lost in haze; its lower half still ripples.
        water = _water(rgb, 0.5, none)
        return Regions(sky=none, clouds=none, water=water, horizon=0.5 if water.any() else 0.4)
    rows = np.arange(high, dtype=np.float32)[:, None]
    hard = (rows < border[None, :]).astype(np.float32)
    sky = np.clip(guided(gray, hard, radius=max(wide // 40, 4), flatness=1e-3), 0, 1)
    # The guided filter leaves a veil below the skyline; it must not drift with the clouds.
    sky = smooth_step(0.25, 0.85, sky) * (rows < border.max() + 2)
    horizon = float(np.percentile(border, 80)) / high
    return Regions(
        sky=sky,
        clouds=floats(sky * (1 - _things(gray, edges, float(gray[hard > 0].mean())))),
        water=_water(rgb, horizon, hard),
        horizon=horizon,
    )


def _things(gray: Field, edges: Field, sky_luma: float) -> Field:
    """The sun, towers, masts and wires, whole: half a sun that drifts is an egg."""
    night = min(max(sky_luma / _NIGHT_LUMA, _NIGHT_SHARE_MIN), 1.0)
    hard = (edges > _HARD_EDGE * night).astype(np.uint8)
    # The braces of a mast leave gaps, above each other.
    upright = np.ones((max(edges.shape[0] // 10, 3), 5), np.uint8)
    closed = np.asarray(cv2.morphologyEx(hard, cv2.MORPH_CLOSE, upright), np.uint8)
    things = np.maximum(closed, _filled(closed, _THING_SHARE_MAX))
    # A sun in a bright haze has no hard edge, but nothing else there is as bright.
    glare = (gray > max(_GLARE_LUMA, sky_luma + 0.1)).astype(np.uint8)
    suns = cv2.dilate(_filled(glare, _SUN_SHARE_MAX), np.ones((9, 9), np.uint8))
    return floats(cv2.dilate(np.maximum(things, suns), np.ones((7, 7), np.uint8)))


def _filled(mask: NDArray[np.uint8], share_max: float) -> NDArray[np.uint8]:
    """Every piece of the mask that encloses less than that share of the picture, without holes."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    small = [one for one in outlines if cv2.contourArea(one) < share_max * mask.size]
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, small, -1, 1, cv2.FILLED)
    return filled


def _edges(rgb: Field) -> Field:
    calm = cv2.GaussianBlur(rgb, (0, 0), 1.6)
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1)
    return floats(np.sqrt((across * across + down * down).max(axis=2)))


def _border(rgb: Field, edges: Field) -> Field | None:
    """For each column the row where the sky ends, or None when there is no sky.

    source   Shen and Wang, "Sky Region Detection in a Single Image": the first edge from above
             in each column, at the threshold that leaves the most even sky and ground
    """
    high = edges.shape[0]
    line = _strongest_line(edges)
    outline: Field | None = None
    best_score = -np.inf
    for threshold in _THRESHOLDS:
        border = _first_edge(edges, float(threshold))
        if border is None or not _SKY_SHARE_MIN < float(border.mean()) / high < _SKY_SHARE_MAX:
            continue
        score = _evenness(rgb, border)
        if score > best_score:
            outline, best_score = floats(cv2.medianBlur(border[None, :], 5)[0]), score
    line_fits = _is_sky(rgb, edges, line)
    outline_fits = outline is not None and _is_sky(rgb, edges, outline)
    if outline_fits and outline is not None:
        # The outline follows towers and trees that the line cuts across, but it may also have
        # stopped at a cloud: where both stand it must lie deep or agree with the line.
        is_near = abs(float(outline.mean() - line.mean())) < _AGREEMENT * high
        is_deep = float(outline.mean()) > _OUTLINE_SHARE_MIN * high
        if is_near and line_fits:
            return _without_clouds(rgb, outline, line)
        if is_near or is_deep or not line_fits:
            return outline
    return line if line_fits else None


def _without_clouds(rgb: Field, outline: Field, line: Field) -> Field:
    """The outline, lowered to the line wherever what lies between them looks like the sky."""
    rows = np.arange(rgb.shape[0])[:, None]
    top, bottom = np.minimum(outline, line), np.maximum(outline, line)
    sky, ground = rgb[rows < top].mean(axis=0), rgb[rows > bottom].mean(axis=0)
    between = ((rows >= outline) & (rows < line))[..., None]
    strip = (rgb * between).sum(axis=0) / np.maximum(between.sum(axis=0), 1)
    is_sky = np.square(strip - sky).sum(axis=1) < np.square(strip - ground).sum(axis=1)
    is_thick = line - outline > _LINE_STEP_MAX
    return floats(np.where(is_sky & is_thick, line, outline))


def _first_edge(edges: Field, threshold: float) -> Field | None:
    strong = edges > threshold
    # The picture's own rim is no skyline.
    strong[:2] = False
    found = strong.any(axis=0)
    if found.mean() < _FOUND_SHARE_MIN:
        return None
    columns = np.arange(edges.shape[1])
    first = np.argmax(strong, axis=0)
    # Where a column has no edge at all, the skyline goes on between its neighbours.
    return floats(np.interp(columns, columns[found], first[found]))


def _strongest_line(edges: Field) -> Field:
    """The line from left to right that follows the strongest edge with little above it.

    A sun, a bright cloud or a sky that shades from blue to orange defeats any one threshold; a
    line that must hold together over the whole width passes below them.
    """
    high, wide = edges.shape
    above = np.cumsum(edges, axis=0) - edges
    gain = edges * np.exp(-above / (2.5 * max(float(np.median(above[-1])), 1e-3)))
    gain[:2] = 0
    total = gain[:, 0].copy()
    steps = np.zeros((high, wide), np.int8)
    reach = range(-_LINE_STEP_MAX, _LINE_STEP_MAX + 1)
    price = float(np.percentile(gain, 99)) * 0.08
    padded = np.full(high + 2 * _LINE_STEP_MAX, -np.inf, np.float32)
    for column in range(1, wide):
        padded[_LINE_STEP_MAX:-_LINE_STEP_MAX] = total
        ways = np.stack(
            [padded[_LINE_STEP_MAX + d : _LINE_STEP_MAX + d + high] - abs(d) * price for d in reach]
        )
        taken = np.argmax(ways, axis=0)
        steps[:, column] = taken - _LINE_STEP_MAX
        total = gain[:, column] + np.take_along_axis(ways, taken[None], axis=0)[0]
    border = np.empty(wide, np.float32)
    row = int(np.argmax(total))
    for column in range(wide - 1, -1, -1):
        border[column] = row
        row = min(max(row + int(steps[row, column]), 0), high - 1)
    return border


def _evenness(rgb: Field, border: Field) -> float:
    rows = np.arange(rgb.shape[0])[:, None]
    above = rows < border[None, :]
    spread_of = []
    for part in (above, ~above):
        pixels = rgb[part]
        if pixels.shape[0] < 16:  # noqa: PLR2004 - too few to have a covariance
            return -np.inf
        values = np.linalg.eigvalsh(np.cov(pixels.T))
        spread_of.append((float(np.prod(np.maximum(values, 1e-7))), float(values[-1])))
    (sky_all, sky_main), (ground_all, ground_main) = spread_of
    return 1.0 / (2 * (sky_all + 1e-3 * sky_main) + ground_all + 1e-3 * ground_main + 1e-9)


def _is_sky(rgb: Field, edges: Field, border: Field) -> bool:
    """A sky is calm, ends in a clear line, and is brighter or bluer than what lies below."""
    high, wide = edges.shape
    rows = np.arange(high)[:, None]
    above = rows < border[None, :] - 2
    below = rows > border[None, :] + 2
    if above.mean() < _SKY_SHARE_MIN / 2 or below.mean() < 1 - _SKY_SHARE_MAX:
        return False
    line = edges[np.clip(border.astype(int), 0, high - 1), np.arange(wide)]
    texture = float(np.percentile(edges[above], 75))
    is_calm = texture < min(0.4 * float(np.median(line)), _TEXTURE_MAX)
    sky, ground = rgb[above].mean(axis=0), rgb[below].mean(axis=0)
    return is_calm and _is_lit(sky, ground) and _is_skyline(edges, border)


def _is_lit(sky: Field, ground: Field) -> bool:
    is_brighter = float(sky.mean() - ground.mean()) > _BRIGHTER_MIN
    is_bluer = float((sky[2] - sky[0]) - (ground[2] - ground[0])) > _BLUER_MIN
    is_bluer = is_bluer and float(sky[2]) > 1.1 * float(sky[1])
    # Walls of wood are calm and bright too, and a blurred hedge is calm and bluer than a flower.
    is_wood = float(sky[2]) < 0.55 * float(sky[0])
    is_hedge = float(sky[1]) > 1.15 * float(max(sky[0], sky[2]))
    return (is_brighter or is_bluer) and not is_wood and not is_hedge


def _is_skyline(edges: Field, border: Field) -> bool:
    """One line with few jumps, which does not fall from a cloud to the ground where no edge is."""
    high, wide = edges.shape
    clearest = cv2.dilate(edges, np.ones((5, 5)))
    along = clearest[np.clip(border.astype(int), 0, high - 1), np.arange(wide)]
    is_faint = along < _FAINT * float(np.median(along))
    falls = float(np.mean(is_faint & (np.abs(np.gradient(border)) >= _STEEP)))
    jumps = float(np.mean(np.abs(np.diff(border)) > 0.12 * high))
    touches_top = float(np.mean(border < 0.04 * high))
    return falls < _FAINT_SHARE_MAX and jumps < _JUMP_SHARE_MAX and touches_top < _TOUCH_SHARE_MAX


def _water(rgb: Field, horizon: float, sky: Field) -> Field:
    """Below the horizon, where it ripples and has the sky's hue.

    Ripples run across: there brightness changes faster downwards than sideways.
    """
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    high = gray.shape[0]
    top = round(horizon * high) + 1
    none = np.zeros_like(floats(gray))
    if high - top < high // 10:
        return none
    # Only the fine grain counts: the broad shades of hills run across as well.
    below = (gray - cv2.GaussianBlur(gray, (0, 0), 2))[top:]
    down = np.abs(np.diff(below, axis=0)).mean()
    across = np.abs(np.diff(below, axis=1)).mean()
    if down < _RIPPLE_RATIO_MIN * across or down < _RIPPLE_MIN:
        return none
    if np.abs(_hue(rgb[:top]) - _hue(rgb[top:])).max() > _REFLECTION_MAX:
        return none
    rows = np.arange(high, dtype=np.float32)[:, None] / high
    mask = smooth_step(horizon + 0.01, horizon + 0.06, rows) * (1 - sky)
    return floats(cv2.GaussianBlur(floats(np.broadcast_to(mask, gray.shape)), (0, 0), 2))


def _hue(part: Field) -> Field:
    mean = part.reshape(-1, 3).mean(axis=0)
    return floats(mean / max(float(mean.sum()), 1e-6))
