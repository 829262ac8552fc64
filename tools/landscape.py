"""A small darkroom for landscapes in linear light: noise, a sky, a terrain, water, a film curve.

`tools/draw_samples.py` draws with it. A canvas holds light and distance; each function adds one
thing to it. numpy and Pillow only, and everything random has a seed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.floating[Any]]
"""Height x width (or any shape); float32 where it is kept."""

Colour = tuple[float, float, float]
"""Linear light, 1.0 is paper white; a sun may be 50."""


# --- noise ------------------------------------------------------------------------------------


class Noise:
    """Smooth value noise over the whole plane, repeating far away; each seed is another world."""

    SIDE = 256

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._lattice = random.random((self.SIDE, self.SIDE), dtype=np.float32)

    def at(self, x: Plane, y: Plane) -> Plane:
        """One octave, 0 to 1, its lattice one unit wide."""
        x0, y0 = np.floor(x), np.floor(y)
        u, v = smooth(x - x0), smooth(y - y0)
        column, row = x0.astype(np.int64) % self.SIDE, y0.astype(np.int64) % self.SIDE
        right, below = (column + 1) % self.SIDE, (row + 1) % self.SIDE
        top = self._lattice[row, column] * (1 - u) + self._lattice[row, right] * u
        bottom = self._lattice[below, column] * (1 - u) + self._lattice[below, right] * u
        return top * (1 - v) + bottom * v

    def clouds(self, x: Plane, y: Plane, octaves: int = 6, gain: float = 0.5) -> Plane:
        """Summed octaves, 0 to 1, soft: clouds, stains, mist."""
        total, weight, weights = np.zeros_like(x), 1.0, 0.0
        for octave in range(octaves):
            # Turned a little each time, or the lattice would show.
            x, y = 1.6 * x - 1.2 * y + 17.3 * octave, 1.2 * x + 1.6 * y + 9.1
            total += weight * self.at(x, y)
            weights += weight
            weight *= gain
        return total / weights

    def ridges(self, x: Plane, y: Plane, octaves: int = 7, gain: float = 0.5) -> Plane:
        """Summed folds, 0 to 1, sharp crests: mountains. Valleys stay smooth."""
        total, weight, weights = np.zeros_like(x), 1.0, 0.0
        carry: Plane = np.ones_like(x)
        for octave in range(octaves):
            x, y = 1.6 * x - 1.2 * y + 31.7 * octave, 1.2 * x + 1.6 * y + 3.3
            fold = (1 - np.abs(2 * self.at(x, y) - 1)) ** 2
            total += weight * fold * carry
            carry = np.clip(fold * 1.6, 0, 1)
            weights += weight
            weight *= gain
        return total / weights


def smooth(t: Plane) -> Plane:
    """Ease from 0 to 1, with no corner at either end."""
    return t * t * t * (t * (t * 6 - 15) + 10)


# --- a picture in the making ------------------------------------------------------------------


@dataclass
class Canvas:
    """Linear light and, for each pixel, how far away it is (metres; the sky is infinite)."""

    width: int
    height: int
    horizon: float
    """Where level ground ends, as a share of the height."""

    focal: float = 1.0
    """Focal length as a share of the width: 1.0 looks like a 36 mm lens."""

    light: Any = field(init=False)
    distance_m: Any = field(init=False)

    def __post_init__(self) -> None:
        self.light = np.zeros((self.height, self.width, 3), np.float32)
        self.distance_m = np.full((self.height, self.width), np.inf, np.float32)
        row, column = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        scale = 1 / (self.focal * self.width)
        self.across: Plane = (column - self.width / 2) * scale
        self.up: Plane = (self.horizon * self.height - row) * scale

    def direction(self) -> tuple[Plane, Plane, Plane]:
        """Each pixel's unit vector: right, up, ahead."""
        length = np.sqrt(self.across**2 + self.up**2 + 1)
        return self.across / length, self.up / length, 1 / length

    def mix(self, colour: Any, share: Plane) -> None:
        """Blend a colour (or a picture of colours) over what is there."""
        share = share[..., None]
        self.light = self.light * (1 - share) + np.asarray(colour, np.float32) * share

    def haze(self, colour: Colour, clear_m: float, *, sun: "Sun | None" = None) -> None:
        """Air between us and everything: at `clear_m` two thirds of the light are the air's."""
        share = 1 - np.exp(-self.distance_m / clear_m)
        share[~np.isfinite(self.distance_m)] = 0
        tint: Any = np.broadcast_to(np.asarray(colour, np.float32), self.light.shape)
        if sun is not None:
            tint = tint + np.asarray(sun.colour, np.float32) * 0.02 * sun.glow(self)[..., None]
        self.mix(tint, share)


@dataclass(frozen=True)
class Sun:
    """A sun or moon: where on the canvas, how bright, how large."""

    across: float
    up: float
    colour: Colour
    disc: float = 0.012
    halo: float = 1.0
    ahead: float = 1.0
    """Below zero it stands behind the camera, and what we see is lit from the front."""

    def towards(self) -> NDArray[np.float32]:
        """Its direction as a unit vector."""
        vector = np.array([self.across, self.up, self.ahead], np.float32)
        return vector / np.linalg.norm(vector)

    def angle(self, canvas: Canvas) -> Plane:
        """Each pixel's angle to it, radians."""
        right, up, ahead = canvas.direction()
        x, y, z = self.towards()
        return np.arccos(np.clip(right * x + up * y + ahead * z, -1, 1))

    def glow(self, canvas: Canvas) -> Plane:
        """Forward scattering around it: 1 at its middle, wide shoulders."""
        angle = self.angle(canvas)
        return (
            0.55 * np.exp(-angle / 0.06)
            + 0.30 * np.exp(-angle / 0.22)
            + 0.15 * np.exp(-angle / 0.7)
        )

    def shine(self, canvas: Canvas) -> None:
        """Add halo and disc."""
        angle = self.angle(canvas)
        colour = np.asarray(self.colour, np.float32)
        canvas.light += (0.035 * self.halo * self.glow(canvas))[..., None] * colour
        canvas.light += np.clip((self.disc - angle) / 0.0012, 0, 1)[..., None] * colour


def sky(canvas: Canvas, stops: list[tuple[float, Colour]]) -> None:
    """Fill with a gradient over the elevation; a stop is (share of the way to the top, colour)."""
    top = float(canvas.up.max())
    height = np.clip(canvas.up / top, 0, 1)
    for channel in range(3):
        canvas.light[..., channel] = np.interp(
            height, [stop for stop, _ in stops], [colour[channel] for _, colour in stops]
        )


def cloud_layer(
    canvas: Canvas,
    noise: Noise,
    sun: Sun,
    *,
    cover: float,
    lit: Colour,
    shade: Colour,
    stretch: tuple[float, float] = (1.0, 1.0),
    opacity: float = 1.0,
) -> None:
    """A flat deck of clouds in perspective, thin edges lit from behind by the sun."""
    above = canvas.up > 0.004
    reach = 1 / np.maximum(canvas.up + 0.05, 0.01)
    x, z = canvas.across * reach * stretch[0], reach * stretch[1]

    def density(dx: float, dz: float) -> Plane:
        wobble = 0.5 * (noise.clouds(x * 0.9 + 5, z * 0.9, 2) - 0.5)
        field_ = noise.clouds(x + dx + wobble, z + dz - wobble, 8, 0.55)
        return np.clip((field_ - (1 - cover) * 0.9) * 3.2, 0, 1)

    here = density(0, 0)
    # A second look, a step towards the sun: what is thinner over there gets its light.
    behind = density(0.10 * (sun.across + 0.001) * stretch[0], -0.16 * stretch[1])
    lightness = np.clip(0.55 + 1.5 * (here - behind) - 0.45 * here, 0, 1)[..., None]
    colour = np.asarray(shade) * (1 - lightness) + np.asarray(lit) * lightness
    colour = colour * (1 + 1.6 * (sun.glow(canvas) * (1 - 0.75 * here))[..., None])
    fade = np.clip(canvas.up / 0.09, 0, 1) ** 0.7
    canvas.mix(colour, np.where(above, smooth(here) * fade * opacity, 0).astype(np.float32))


def stars(canvas: Canvas, count: int, *, seed: int) -> None:
    """Points of light of many strengths and a few colours."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, int(canvas.height * canvas.horizon), count)
    columns = random.integers(0, canvas.width - 1, count)
    strength = random.pareto(1.6, count).clip(0, 12) * 0.05
    tint = np.stack([random.normal(1, 0.12, count) for _ in range(3)], axis=1)
    for row, column, light in zip(rows, columns, strength[:, None] * tint, strict=True):
        canvas.light[row, column] += light
        canvas.light[row, column + 1] += light * 0.35
        canvas.light[max(row - 1, 0), column] += light * 0.35


def curtain(canvas: Canvas, noise: Noise, *, strength: float, drift: float) -> None:
    """A hanging sheet of light: a folded lower edge, rays upwards, green turning violet."""
    across = canvas.across * 2.2 + drift
    fold = noise.clouds(across * 0.9, np.full_like(across, 3.0), 5) - 0.5
    rays = noise.clouds(across * 16 + fold * 9, canvas.up * 0.9, 3)
    edge = 0.17 + 0.03 * drift + 0.34 * fold
    above = canvas.up - edge
    body = smooth(np.clip(above / 0.035 + 0.5, 0, 1))
    body = body * np.exp(-np.maximum(above, 0) / (0.05 + 0.12 * rays))
    patchy = np.clip(noise.clouds(across * 1.3 + 20, canvas.up * 0.5, 3) * 2.6 - 0.85, 0, 1)
    light = strength * body * patchy * (0.35 + 1.1 * rays**2)
    colour = blend((0.10, 0.95, 0.42), (0.42, 0.16, 0.75), above / 0.34)
    canvas.light += 0.62 * light[..., None] * colour


# --- ground -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """What a ray hit: where, how steep, and whether anything was hit."""

    hit: NDArray[np.bool_]
    x_m: Plane
    z_m: Plane
    y_m: Plane
    normal: tuple[Plane, Plane, Plane]
    lit: Plane
    """1 in the sun, 0 in the shadow of other ground."""


def see_ground(
    canvas: Canvas,
    height_m: Callable[[Plane, Plane], Plane],
    *,
    eye_m: float,
    near_m: float,
    far_m: float,
    sun: Sun,
    steps: int = 900,
    shadow_m: float = 0,
) -> Ground:
    """Where each pixel's ray meets the height field, found column by column.

    Along a column the ground's apparent height is a function of distance alone; its running
    maximum is what can be seen, and the pixel's own height is looked up in it.
    """
    z = np.geomspace(near_m, far_m, steps).astype(np.float32)
    across = canvas.across[0]
    x = across[None, :] * z[:, None]
    apparent = (height_m(x, np.broadcast_to(z[:, None], x.shape)) - eye_m) / z[:, None]
    highest = np.maximum.accumulate(apparent, axis=0)
    index = np.empty((canvas.height, canvas.width), np.float32)
    up = canvas.up[:, 0]
    for column in range(canvas.width):
        line = highest[:, column]
        found = np.searchsorted(line, up).clip(0, steps - 1)
        before = np.maximum(found - 1, 0)
        step = np.maximum(line[found] - line[before], 1e-9)
        index[:, column] = before + np.clip((up - line[before]) / step, 0, 1)
        index[up > line[-1], column] = np.inf
    hit = np.isfinite(index)
    at = np.where(hit, index, 0)
    z_hit = (near_m * (far_m / near_m) ** (at / (steps - 1))).astype(np.float32)
    x_hit = canvas.across * z_hit
    y_hit = height_m(x_hit, z_hit)
    reach = np.maximum(z_hit * 0.0016, 0.02)
    slope_x = (height_m(x_hit + reach, z_hit) - y_hit) / reach
    slope_z = (height_m(x_hit, z_hit + reach) - y_hit) / reach
    length = np.sqrt(slope_x**2 + slope_z**2 + 1)
    normal = (-slope_x / length, 1 / length, -slope_z / length)
    lit = np.ones_like(z_hit)
    if shadow_m:
        lit = _unshadowed(height_m, x_hit, y_hit, z_hit, sun, shadow_m)
    canvas.distance_m = np.where(hit, z_hit, canvas.distance_m).astype(np.float32)
    return Ground(hit, x_hit, z_hit, y_hit, normal, lit)


def _unshadowed(
    height_m: Callable[[Plane, Plane], Plane],
    x: Plane,
    y: Plane,
    z: Plane,
    sun: Sun,
    reach_m: float,
) -> Plane:
    towards = sun.towards()
    lit: Plane = np.ones_like(z)
    for share in np.geomspace(0.01, 1, 14):
        way = reach_m * float(share)
        ground = height_m(x + towards[0] * way, z + towards[2] * way)
        clearance = y + towards[1] * way - ground
        lit = np.minimum(lit, np.clip(0.5 + clearance / (0.06 * way), 0, 1))
    return lit


def shade_ground(
    canvas: Canvas,
    ground: Ground,
    colour: Plane,
    sun: Sun,
    *,
    ambient: Colour,
    strength: float = 1.0,
) -> None:
    """Light the ground by sun and sky and put it on the canvas."""
    x, y, z = sun.towards()
    facing = np.clip(ground.normal[0] * x + ground.normal[1] * y + ground.normal[2] * z, 0, 1)
    direct = (facing * ground.lit * strength)[..., None] * np.asarray(sun.colour, np.float32)
    open_sky = (0.35 + 0.65 * ground.normal[1])[..., None] * np.asarray(ambient, np.float32)
    canvas.mix(colour * (direct + open_sky), ground.hit.astype(np.float32))


def mountains(
    noise: Noise, *, size_m: float, top_m: float, from_m: float
) -> Callable[[Plane, Plane], Plane]:
    """A range that rises behind a plain (or a lake) and begins `from_m` away."""

    def height(x: Plane, z: Plane) -> Plane:
        rise = np.clip((z - from_m) / (size_m * 1.3), 0, 1)
        massif = 0.35 + 0.65 * noise.clouds(x / size_m / 3 + 11, z / size_m / 3, 3)
        crest = noise.ridges(x / size_m / 2, z / size_m / 2, 9, 0.48)
        return top_m * smooth(rise) * massif * crest * 2.1 - 30 * (1 - rise)

    return height


def rock_and_snow(
    noise: Noise, ground: Ground, *, snow_m: float, rock: Colour, snow: Colour, green: Colour
) -> Plane:
    """Snow where it is high and flat enough, meadow where it is low, rock between."""
    patch = noise.clouds(ground.x_m / 190, ground.z_m / 190, 5) - 0.5
    fine = noise.clouds(ground.x_m / 23, ground.z_m / 23, 4)
    flat = ground.normal[1]
    base = blend(rock, green, (0.45 * snow_m - ground.y_m) / (0.3 * snow_m) + patch * 2)
    base = base * (0.7 + 0.6 * fine)[..., None]
    white = (ground.y_m - snow_m) / (0.35 * snow_m) + (flat - 0.62) * 2.4 + patch * 1.6
    return blend(base, snow, np.clip(white, 0, 1))


# --- water ------------------------------------------------------------------------------------


def water(
    canvas: Canvas,
    noise: Noise,
    *,
    shore: float,
    eye_m: float,
    deep: Colour,
    waves: float,
    sun: Sun | None = None,
    sparkle: float = 0.0,
) -> None:
    """Mirror everything above `shore` (share of the height) in water below it.

    Each pixel looks at its own patch of waves; their slope moves the point that is mirrored, the
    more the nearer, and decides by Fresnel's law between mirror and depth.
    """
    line = int(shore * canvas.height)
    rows = np.arange(line, canvas.height, dtype=np.float32)[:, None]
    below = (rows - line + 0.6) / (canvas.focal * canvas.width)
    z = eye_m / below
    x = canvas.across[line:] * z
    z = np.broadcast_to(z, x.shape)
    slope_z, slope_x = np.zeros_like(x), np.zeros_like(x)
    for metres, weight in ((14.0, 0.30), (5.0, 0.34), (1.7, 0.30), (0.6, 0.22), (0.22, 0.14)):
        # A wave smaller than a pixel is no wave but a blur: leave it out as it gets there.
        seen = np.clip(metres / (z * z * 0.0011 / eye_m + 1e-6) - 0.25, 0, 1)
        slope_z += weight * seen * (noise.clouds(x / metres / 2.2, z / metres, 2) - 0.5)
        slope_x += weight * seen * (noise.clouds(x / metres / 2.2 + 40, z / metres + 7, 2) - 0.5)
    tilt = waves * slope_z
    lean = waves * slope_x
    source_row = line - 1 - (rows - line) - tilt * canvas.height * 0.9
    source_column = np.arange(canvas.width)[None, :] + lean * canvas.width * 0.12
    mirrored = _sample(canvas.light[:line], source_column, source_row)
    grazing = np.clip(below / np.sqrt(1 + below**2) + tilt * 0.5, 0.02, 1)
    fresnel = (0.03 + 0.97 * (1 - grazing) ** 5)[..., None]
    colour = mirrored * fresnel + np.asarray(deep, np.float32) * (1 - fresnel)
    if sun is not None and sparkle:
        x_sun, y_sun, _ = sun.towards()
        off = (canvas.across[line:] - x_sun) / (0.02 + 0.16 * np.abs(below)) + lean * 9
        toward = np.exp(-(off**2)) * np.exp(-((below - 0.2 * y_sun) ** 2) / 0.09)
        glint = np.clip(tilt * 7 / max(waves, 1e-6) - 0.35, 0, 1) ** 2
        colour += (sparkle * toward * (0.12 + glint))[..., None] * np.asarray(sun.colour)
    canvas.light[line:] = colour
    canvas.distance_m[line:] = z


def _sample(picture: Plane, column: Plane, row: Plane) -> Plane:
    """Read between pixels, mirrored at the edges."""
    height, width = picture.shape[:2]
    column = np.abs(column)
    column = np.where(column > width - 1, 2 * (width - 1) - column, column).clip(0, width - 1.001)
    row = np.abs(row)
    row = np.where(row > height - 1, 2 * (height - 1) - row, row).clip(0, height - 1.001)
    x0, y0 = column.astype(int), row.astype(int)
    u, v = (column - x0)[..., None], (row - y0)[..., None]
    top = picture[y0, x0] * (1 - u) + picture[y0, x0 + 1] * u
    bottom = picture[y0 + 1, x0] * (1 - u) + picture[y0 + 1, x0 + 1] * u
    return (top * (1 - v) + bottom * v).astype(np.float32)


# --- the darkroom -----------------------------------------------------------------------------


def develop(
    canvas: Canvas, *, exposure: float = 1.0, seed: int = 0, bloom: float = 0.08
) -> Image.Image:
    """Bloom, vignette, film curve, a little grain."""
    light = canvas.light * exposure
    light = light * (1 - bloom) + bloom * _blurred(np.minimum(light, 6.0), canvas.width // 60)
    across = (np.arange(canvas.width) / canvas.width - 0.5)[None, :]
    down = (np.arange(canvas.height) / canvas.height - 0.5)[:, None]
    light *= (1 - 0.45 * (across**2 + down**2))[..., None]
    # The usual filmic curve: a toe, a long shoulder, white far above one.
    toned = (light * (2.51 * light + 0.03)) / (light * (2.43 * light + 0.59) + 0.14)
    coded = np.clip(toned, 0, 1) ** (1 / 2.2)
    grain = np.random.default_rng(seed).normal(0, 0.0045, coded.shape[:2])
    return Image.fromarray((np.clip(coded + grain[..., None], 0, 1) * 255 + 0.5).astype(np.uint8))


def _blurred(light: Plane, radius: int) -> Plane:
    """A wide, soft blur: three box blurs in a row are nearly a bell."""
    for _ in range(3):
        for axis in (0, 1):
            pad = [(radius, radius) if axis == n else (0, 0) for n in range(3)]
            total = np.cumsum(np.pad(light, pad, mode="edge"), axis=axis, dtype=np.float64)
            length = light.shape[axis]
            ends = np.take(total, np.arange(2 * radius, 2 * radius + length), axis=axis)
            starts = np.take(total, np.arange(length), axis=axis)
            light = ((ends - starts) / (2 * radius)).astype(np.float32)
    return light


def rgb(text: str, gain: float = 1.0) -> Colour:
    """A colour as designers write it, `#c46a6b`, in linear light."""
    values = (int(text[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (gain * value**2.2 for value in values)
    return red, green, blue


def blend(first: Any, second: Any, share: Plane) -> Plane:
    """From the first colour to the second as `share` goes from 0 to 1."""
    share = np.clip(share, 0, 1)[..., None]
    mixed = np.asarray(first, np.float32) * (1 - share) + np.asarray(second, np.float32) * share
    return mixed.astype(np.float32)
