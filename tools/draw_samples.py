"""Draw the sample pictures of `framegate.samples`: `.venv/bin/python tools/draw_samples.py [NAME]`.

Landscapes in linear light, made from noise and a little optics: a sky with a sun and lit clouds, a
terrain seen through a pinhole camera, water that mirrors what stands above it, haze by distance,
a film curve at the end. numpy and Pillow only, and the same picture from the same seed, so that
what ships is our own work and can be drawn again.
"""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "src" / "framegate" / "samples"
BYTES_MAX = 190_000
QUALITIES = range(93, 60, -1)

Plane = NDArray[np.float32]
"""Height x width (or any shape), float32."""

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
        u, v = _smooth(x - x0), _smooth(y - y0)
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


def _smooth(t: Plane) -> Plane:
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

    light: Plane = field(init=False)
    distance_m: Plane = field(init=False)

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
        tint = np.broadcast_to(np.asarray(colour, np.float32), self.light.shape)
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
        return 0.55 * np.exp(-angle / 0.06) + 0.30 * np.exp(-angle / 0.22) + 0.15 * np.exp(-angle / 0.7)

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
    canvas.mix(colour, np.where(above, _smooth(here) * fade * opacity, 0).astype(np.float32))


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
    canvas: Canvas, ground: Ground, colour: Plane, sun: Sun, *, ambient: Colour, strength: float = 1.0
) -> None:
    """Light the ground by sun and sky and put it on the canvas."""
    x, y, z = sun.towards()
    facing = np.clip(ground.normal[0] * x + ground.normal[1] * y + ground.normal[2] * z, 0, 1)
    direct = (facing * ground.lit * strength)[..., None] * np.asarray(sun.colour, np.float32)
    open_sky = (0.35 + 0.65 * ground.normal[1])[..., None] * np.asarray(ambient, np.float32)
    canvas.mix(colour * (direct + open_sky), ground.hit.astype(np.float32))


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


def develop(canvas: Canvas, *, exposure: float = 1.0, seed: int = 0, bloom: float = 0.08) -> Image.Image:
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


# --- the pictures -----------------------------------------------------------------------------


def mountains(noise: Noise, *, size_m: float, top_m: float, from_m: float) -> Callable[[Plane, Plane], Plane]:
    """A range that rises behind a plain (or a lake) and begins `from_m` away."""

    def height(x: Plane, z: Plane) -> Plane:
        rise = np.clip((z - from_m) / (size_m * 1.3), 0, 1)
        massif = 0.35 + 0.65 * noise.clouds(x / size_m / 3 + 11, z / size_m / 3, 3)
        crest = noise.ridges(x / size_m / 2, z / size_m / 2, 9, 0.48)
        return top_m * _smooth(rise) * massif * crest * 2.1 - 30 * (1 - rise)

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


def dusk() -> Image.Image:
    """A still lake below mountains, the sun about to go behind them."""
    noise, canvas = Noise(7), Canvas(1920, 1080, horizon=0.57)
    sun = Sun(0.13, 0.088, (60.0, 27.0, 10.0), disc=0.010, halo=1.5)
    sky(canvas, [(0, rgb("#ffb368", 1.15)), (0.16, rgb("#f58f62")), (0.36, rgb("#cf6f74", 0.85)),
                 (0.64, rgb("#70609c", 0.65)), (1, rgb("#2a3f7c", 0.6))])
    sun.shine(canvas)
    cloud_layer(canvas, noise, sun, cover=0.52, lit=rgb("#ff9d74", 1.25), shade=rgb("#4d4170", 0.7),
                stretch=(0.7, 1.5), opacity=0.9)
    ground = see_ground(canvas, mountains(noise, size_m=2600, top_m=760, from_m=2400), eye_m=14,
                        near_m=1500, far_m=16_000, sun=sun, shadow_m=2600)
    colour = rock_and_snow(noise, ground, snow_m=430, rock=rgb("#4c4650"), snow=rgb("#d8d4e6"),
                           green=rgb("#232a22"))
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#6a6494", 0.62), strength=0.10)
    canvas.haze(rgb("#a86a72", 0.75), 26_000, sun=sun)
    water(canvas, noise, shore=0.578, eye_m=5, deep=rgb("#101a36", 0.5), waves=0.15, sun=sun,
          sparkle=0.012)
    return develop(canvas, exposure=1.2, seed=7)


def ocean() -> Image.Image:
    """Open sea in the morning, the sun behind fair-weather clouds."""
    noise, canvas = Noise(21), Canvas(1600, 900, horizon=0.50)
    sun = Sun(-0.17, 0.115, (40.0, 29.0, 17.0), disc=0.009)
    sky(canvas, [(0, rgb("#ffdfb0", 0.95)), (0.16, rgb("#c9dcd2", 0.85)), (0.5, rgb("#4f9dc4", 0.7)),
                 (1, rgb("#14558f", 0.6))])
    sun.shine(canvas)
    cloud_layer(canvas, noise, sun, cover=0.53, lit=rgb("#fff3df", 1.1), shade=rgb("#7f97ab", 0.75),
                stretch=(1.1, 1.1))
    water(canvas, noise, shore=0.50, eye_m=3.2, deep=rgb("#043a4c", 0.55), waves=0.95, sun=sun,
          sparkle=0.07)
    canvas.haze(rgb("#ecdcbc", 0.8), 3_500)
    return develop(canvas, exposure=0.85, seed=21)


def aurora() -> Image.Image:
    """Northern lights over snow and open water."""
    noise, canvas = Noise(33), Canvas(1600, 900, horizon=0.68)
    moon = Sun(-0.9, 0.45, (0.9, 1.0, 1.25), ahead=-0.25)
    sky(canvas, [(0, rgb("#2a6a66", 0.5)), (0.2, rgb("#123a58", 0.5)), (1, rgb("#070f2c", 0.5))])
    stars(canvas, 1500, seed=5)
    for number, (strength, drift) in enumerate(((1.0, 0.0), (0.5, 2.3), (0.35, 4.1))):
        curtain(canvas, Noise(60 + number), strength=strength, drift=drift)
    ground = see_ground(canvas, mountains(noise, size_m=2300, top_m=560, from_m=1500), eye_m=10,
                        near_m=900, far_m=12_000, sun=moon, shadow_m=1200)
    colour = rock_and_snow(noise, ground, snow_m=60, rock=rgb("#3a4450"), snow=rgb("#e4f0f2"),
                           green=rgb("#5a6a70"))
    shade_ground(canvas, ground, colour, moon, ambient=rgb("#1d5654", 0.42), strength=0.075)
    canvas.haze(rgb("#123c40", 0.35), 26_000)
    water(canvas, noise, shore=0.684, eye_m=5, deep=rgb("#04121c", 0.3), waves=0.10)
    return develop(canvas, exposure=2.1, seed=33, bloom=0.12)


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
    """One hanging sheet of light: a folded lower edge, rays upwards, green below and violet above."""
    across = canvas.across * 2.2 + drift
    fold = noise.clouds(across * 0.9, np.full_like(across, 3.0), 5) - 0.5
    rays = noise.clouds(across * 16 + fold * 9, canvas.up * 0.9, 3)
    edge = 0.17 + 0.03 * drift + 0.34 * fold
    above = canvas.up - edge
    body = _smooth(np.clip(above / 0.035 + 0.5, 0, 1))
    body = body * np.exp(-np.maximum(above, 0) / (0.05 + 0.12 * rays))
    patchy = np.clip(noise.clouds(across * 1.3 + 20, canvas.up * 0.5, 3) * 2.6 - 0.85, 0, 1)
    light = strength * body * patchy * (0.35 + 1.1 * rays**2)
    colour = blend((0.10, 0.95, 0.42), (0.42, 0.16, 0.75), above / 0.34)
    canvas.light += 0.62 * light[..., None] * colour


def dunes() -> Image.Image:
    """Sand in low light: one long crest after the other."""
    noise, canvas = Noise(44), Canvas(1600, 900, horizon=0.42)
    sun = Sun(-0.95, 0.34, (9.5, 6.8, 4.2), ahead=0.12)

    def height(x: Plane, z: Plane) -> Plane:
        bend = 150 * (noise.clouds(x / 420, z / 420, 3) - 0.5)
        phase = (0.85 * x + 0.5 * z + bend * 2.2) / 150 + 0.4
        saw = phase - np.floor(phase)
        # A gentle climb on the windward side, a short fall behind the crest.
        crest = np.where(saw < 0.72, _smooth(saw / 0.72), _smooth((1 - saw) / 0.28))
        swell = noise.clouds(x / 300 + 9, z / 300, 3)
        return 34 * swell + (8 + 26 * swell) * crest - 8

    sky(canvas, [(0, rgb("#ffe2bd")), (0.2, rgb("#c9d9e0", 0.95)), (1, rgb("#4d83b8", 0.75))])
    sun.shine(canvas)
    cloud_layer(canvas, noise, sun, cover=0.42, lit=rgb("#ffffff", 1.2), shade=rgb("#b8c4cf"),
                stretch=(0.35, 1.4), opacity=0.6)
    ground = see_ground(canvas, height, eye_m=62, near_m=30, far_m=2_600, sun=sun, steps=1600,
                        shadow_m=130)
    fade = np.clip(1 - ground.z_m / 260, 0, 1)
    wind = noise.clouds(ground.x_m / 24, ground.z_m / 24, 3)
    ripple = np.sin((ground.x_m * 1.5 - ground.z_m * 0.6 + 9 * wind) * 3.1) * fade
    grains = noise.clouds(ground.x_m / 1.4, ground.z_m / 1.4, 3) - 0.5
    colour = blend(rgb("#b8793f"), rgb("#e0a868"), noise.clouds(ground.x_m / 120, ground.z_m / 120, 4))
    colour = colour * (1 + 0.10 * ripple + 0.16 * grains * fade)[..., None]
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#8aa0c0", 0.42), strength=0.30)
    canvas.haze(rgb("#f4d5ae", 0.95), 2_300)
    return develop(canvas, exposure=0.95, seed=44)


def rose() -> Image.Image:
    """Hills in morning mist, one behind the other, under a pink sky."""
    noise, canvas = Noise(58), Canvas(1600, 900, horizon=0.56)
    sun = Sun(-0.19, 0.105, (34.0, 18.0, 10.0), disc=0.010, halo=1.2)
    sky(canvas, [(0, rgb("#ffcfa6")), (0.2, rgb("#f79a8c")), (0.5, rgb("#c4668a", 0.8)),
                 (1, rgb("#5b3a78", 0.6))])
    sun.shine(canvas)
    cloud_layer(canvas, noise, sun, cover=0.52, lit=rgb("#ffa58e", 1.0), shade=rgb("#8a5586", 0.8),
                stretch=(0.8, 1.3), opacity=0.8)

    def height(x: Plane, z: Plane) -> Plane:
        hills = noise.clouds(x / 900, z / 620, 4) ** 1.6
        folds = noise.ridges(x / 1500 + 4, z / 1100, 6, 0.45)
        forest = 7 * noise.clouds(x / 14, z / 14, 2)
        return 420 * hills + 190 * folds - 170 + forest

    ground = see_ground(canvas, height, eye_m=250, near_m=260, far_m=12_000, sun=sun, steps=1200,
                        shadow_m=700)
    colour = blend(rgb("#2c3326"), rgb("#55523a"), noise.clouds(ground.x_m / 90, ground.z_m / 90, 5))
    colour = colour * (0.55 + 0.9 * noise.clouds(ground.x_m / 9, ground.z_m / 9, 3))[..., None]
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#7a5f96", 0.6), strength=0.10)
    canvas.haze(rgb("#d98f96", 0.85), 5_600, sun=sun)
    mist = np.exp(-np.maximum(ground.y_m - 10, 0) / 55) * np.clip(ground.z_m / 2500, 0, 1)
    drift = 0.6 + 0.8 * (noise.clouds(ground.x_m / 700, ground.z_m / 420, 4) - 0.5)
    canvas.mix(rgb("#f7bda8", 0.95), np.where(ground.hit, np.clip(mist * drift, 0, 0.93), 0))
    return develop(canvas, exposure=1.05, seed=58)


def summit() -> Image.Image:
    """Portrait: a peak in the last light and a rising moon."""
    noise, canvas = Noise(71), Canvas(1080, 1350, horizon=0.80, focal=1.5)
    sun = Sun(-1.3, 0.42, (9.0, 4.6, 2.6), ahead=-0.7)
    moon = Sun(0.17, 0.42, (1.5, 1.45, 1.35), disc=0.024, halo=1.4)
    sky(canvas, [(0, rgb("#e8b0a0", 0.9)), (0.25, rgb("#b48fae", 0.75)), (0.6, rgb("#5a6da6", 0.6)),
                 (1, rgb("#22386f", 0.55))])
    stars(canvas, 160, seed=9)
    moon.shine(canvas)
    seas = np.clip(noise.clouds(canvas.across * 60, canvas.up * 60, 3) * 2.2 - 0.9, 0, 1)
    canvas.light *= (1 - 0.45 * seas * np.clip((0.024 - moon.angle(canvas)) / 0.002, 0, 1))[..., None]

    def height(x: Plane, z: Plane) -> Plane:
        away = np.hypot((x + 150) / 1900, (z - 7000) / 2200)
        peak = np.clip(1 - away, 0, 1) ** 1.35
        crest = noise.ridges(x / 2600 + 2, z / 2600, 9, 0.5)
        return 2500 * peak * (0.62 + 0.55 * crest) + 900 * crest * np.clip(away, 0, 0.6) - 160

    ground = see_ground(canvas, height, eye_m=420, near_m=900, far_m=14_000, sun=sun, steps=1200,
                        shadow_m=2500)
    colour = rock_and_snow(noise, ground, snow_m=820, rock=rgb("#6e6864"), snow=rgb("#f2f0f4"),
                           green=rgb("#343b30"))
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#7388b8", 0.5), strength=0.26)
    canvas.haze(rgb("#b39ab0", 0.75), 24_000)
    low = np.exp(-np.maximum(ground.y_m - 60, 0) / 120) * np.clip((ground.z_m - 1500) / 4000, 0, 1)
    canvas.mix(rgb("#d9b4b4", 0.8), np.where(ground.hit, np.clip(low * 0.9, 0, 0.9), 0))
    return develop(canvas, exposure=1.15, seed=71)


def balloon() -> Image.Image:
    """Square: a hot-air balloon over misty hills."""
    noise, canvas = Noise(86), Canvas(1080, 1080, horizon=0.70, focal=1.3)
    sun = Sun(-0.62, 0.30, (15.0, 10.5, 7.0))
    sky(canvas, [(0, rgb("#ffdcb0")), (0.22, rgb("#f6c6b0", 0.95)), (0.55, rgb("#9db7d2", 0.85)),
                 (1, rgb("#4f80b4", 0.7))])
    sun.shine(canvas)
    cloud_layer(canvas, noise, sun, cover=0.46, lit=rgb("#fff0e0", 1.35), shade=rgb("#a9a5bb"),
                stretch=(0.5, 1.4), opacity=0.75)

    def height(x: Plane, z: Plane) -> Plane:
        hills = noise.clouds(x / 700 + 3, z / 520, 4) ** 1.5
        return 330 * hills - 90 + 5 * noise.clouds(x / 7, z / 7, 3)

    ground = see_ground(canvas, height, eye_m=190, near_m=90, far_m=9_000, sun=sun, steps=1400,
                        shadow_m=500)
    meadow = noise.clouds(ground.x_m / 160, ground.z_m / 160, 3)
    colour = blend(rgb("#33402a"), rgb("#8a8a4e"), meadow * 1.7 - 0.4)
    colour = colour * (0.6 + 0.8 * noise.clouds(ground.x_m / 10, ground.z_m / 10, 3))[..., None]
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#8fa4c4", 0.5), strength=0.14)
    canvas.haze(rgb("#f2cfb4", 0.95), 4_500, sun=sun)
    envelope(canvas, sun, centre=(0.52, 0.36), radius=0.185)
    return develop(canvas, exposure=0.98, seed=86)


def envelope(canvas: Canvas, sun: Sun, *, centre: tuple[float, float], radius: float) -> None:
    """The balloon itself: a turned body of gores, lit by the sun, with basket and ropes."""
    row, column = np.mgrid[0 : canvas.height, 0 : canvas.width].astype(np.float32)
    size = canvas.width * radius
    x = (column - canvas.width * centre[0]) / size
    y = (canvas.height * centre[1] - row) / size
    # A ball above its middle, a cone with a soft belly below it.
    girth = np.where(y > 0, np.sqrt(np.clip(1 - y**2, 0, 1)),
                     np.clip(1 - (np.clip(-y, 0, 1.45) / 1.45) ** 1.75, 0, 1) * 0.88 + 0.12)
    girth = np.where((y > 1) | (y < -1.45), 0.0001, girth)
    inside = np.clip((girth - np.abs(x)) * size + 0.5, 0, 1) * (y < 1) * (y > -1.45)
    turn = np.arcsin(np.clip(x / girth, -1, 1))
    facing_x, facing_z = np.sin(turn), np.cos(turn)
    lean = np.clip(y, -0.55, 1)
    light = np.clip(-0.62 * facing_x + 0.42 * lean + 0.42 * facing_z, 0, 1)
    gore = (turn / np.pi + 0.5) * 12
    seam = 1 - 0.30 * np.exp(-(((gore - np.round(gore)) / 0.05) ** 2))
    bulge = 0.86 + 0.14 * np.cos((gore - np.floor(gore) - 0.5) * np.pi)
    stripe = (np.floor(gore) % 2)[..., None]
    warm = np.asarray(rgb("#b8402a"), np.float32) * stripe + np.asarray(rgb("#d99a35")) * (1 - stripe)
    band = (np.abs(y - 0.12) < 0.10)[..., None]
    cloth = np.where(band, np.asarray(rgb("#f4ead6"), np.float32), warm)
    glow = np.exp(-((y + 1.0) ** 2) / 0.5)[..., None] * np.asarray((0.35, 0.16, 0.04), np.float32)
    shaded = cloth * (0.22 + 1.7 * light**1.4 * seam * bulge)[..., None] + cloth * glow
    canvas.mix(shaded.astype(np.float32), inside.astype(np.float32))
    for side in (-1.0, 1.0):
        way = np.clip((-1.45 - y) / 0.42, 0, 1)
        rope = np.exp(-(((x - side * (0.115 - 0.035 * way)) * size / 1.1) ** 2))
        canvas.mix(rgb("#3a2f2a"), (rope * (y < -1.45) * (y > -1.87) * 0.85).astype(np.float32))
    basket = (np.abs(x) < 0.088) & (y < -1.85) & (y > -2.04)
    weave = 0.75 + 0.25 * np.sin(column * 1.9) * np.sin(row * 1.9) - 0.45 * np.clip(x / 0.088, -1, 1)
    canvas.mix(np.asarray(rgb("#8a5c34"), np.float32) * weave[..., None], basket.astype(np.float32))


SCENES: dict[str, Callable[[], Image.Image]] = {
    "aurora": aurora,
    "balloon": balloon,
    "dunes": dunes,
    "dusk": dusk,
    "ocean": ocean,
    "rose": rose,
    "summit": summit,
}


def main(arguments: list[str]) -> int:
    """Draw the named pictures, or all of them."""
    for name in arguments or SCENES:
        picture = SCENES[name]()
        encoded = _encoded(picture)
        (FOLDER / f"{name}.jpg").write_bytes(encoded)
        print(f"{name}: {picture.width}x{picture.height}, {len(encoded)} bytes")
    return 0


def _encoded(picture: Image.Image) -> bytes:
    """The best JPEG that stays within the limit."""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= BYTES_MAX:
            return buffer.getvalue()
    raise SystemExit(f"no quality down to {QUALITIES[-1]} fits {BYTES_MAX} bytes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
