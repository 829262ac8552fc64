"""What falls or drifts before the picture: fog, bokeh, snow, rain, petals; light that flickers.

`film` lays it over each frame after the warp. Flakes and drops are drawn once a shot onto tiles
that repeat without a seam; a frame only moves the tiles and blends them, because drawing every
drop every frame costs half of the encoder's speed. Frame 0 stays the picture.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render import bokeh, fog, petals
from framegate.render.bokeh import bokeh_of
from framegate.render.camera import Path, Stage
from framegate.render.colour import Planes
from framegate.render.filters import Field, floats, smooth_step
from framegate.render.fog import fog_of
from framegate.render.order import FRAMES_PER_S
from framegate.render.petals import petals_of
from framegate.render.words import Layer

FADE_S = 1.2
"""How long weather takes to come up after frame 0."""

_BLACK, _WHITE = 16, 235
_LEVELS = np.arange(256, dtype=np.float32)

_MIDDLE = 128
"""The chroma of no colour."""

Bytes = NDArray[np.uint8]


class Opacity(Protocol):
    """Something that passes by, as far as a frame sees it."""

    def opacity(self, frame: int, aside: tuple[float, float], width: int, height: int) -> Bytes:
        """Height x width; `aside` is how far the camera's own move shifts it, in pixels."""
        ...


@dataclass(frozen=True, kw_only=True)
class Tile:
    """Drops or flakes that all fall alike.

    tile     opacity, twice the frame's height and width, repeating after one
    step_x   pixels that it moves a frame, and `step_y` downwards
    sway_px  how far it swings to the sides, once in a few seconds
    """

    tile: Bytes
    step_x: float
    step_y: float
    sway_px: float = 0.0

    def opacity(self, frame: int, aside: tuple[float, float], width: int, height: int) -> Bytes:
        """The part of the tile that a frame sees."""
        rows, columns = self.tile.shape[0] // 2, self.tile.shape[1] // 2
        sway = self.sway_px * np.sin(frame / FRAMES_PER_S * 1.3)
        left = round(-self.step_x * frame + sway - aside[0]) % columns
        top = round(-self.step_y * frame - aside[1]) % rows
        return self.tile[top : top + height, left : left + width]


@dataclass(frozen=True, kw_only=True)
class Veil:
    """One layer of weather, all in one colour.

    near  how near it is: 1 passes the camera like the picture's nearest place, 0 like its sky
    luma  and blue, red: the colour that it is drawn in
    """

    what: Opacity
    near: float
    luma: int = _WHITE
    blue: int = _MIDDLE
    red: int = _MIDDLE


@dataclass(frozen=True, kw_only=True)
class Weather:
    """The veils of a shot, farthest first, and its flicker.

    flicker  how much brighter each frame's lights are, in shares; all zero without flicker
    """

    veils: tuple[Veil, ...]
    flicker: Field
    path: Path

    @property
    def is_clear(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.veils and not self.flicker.any()

    def draw(self, frame: int, target: Planes) -> None:
        """Blend one frame's weather into its planes."""
        if frame == 0 or self.is_clear:
            return
        strength = float(smooth_step(0.0, FADE_S, floats(frame / FRAMES_PER_S)))
        if self.flicker[frame]:
            _lift_lights(target.luma, float(self.flicker[frame]) * strength)
        high, wide = target.luma.shape
        # Veils of one colour are laid together first: a sum costs a fifth of a blend.
        for (luma, blue, red), veils in groupby(self.veils, key=_colour):
            opacity = _together(
                [veil.what.opacity(frame, self._aside(veil, frame), wide, high) for veil in veils]
            )
            _blend(target.luma, opacity, luma, strength)
            halved = np.ascontiguousarray(opacity[::2, ::2])
            _blend(target.blue, halved, blue, strength)
            _blend(target.red, halved, red, strength)

    def _aside(self, veil: Veil, frame: int) -> tuple[float, float]:
        """How far the camera's move shifts a veil: the whole world passes, not the picture alone.

        Growth is left out: a push would need every drop drawn anew, and falling hides it.
        """
        path, zoom = self.path, float(self.path.zoom[frame])
        across = float(path.turn_x[frame] + path.shift_x[frame] * veil.near)
        down = float(path.turn_y[frame] + path.shift_y[frame] * veil.near)
        return -across * zoom, -down * zoom


def weather_of(layers: frozenset[Layer], stage: Stage, path: Path) -> Weather:
    """Draw the sprites of a shot's weather, which `path` will carry past the camera."""
    random = np.random.default_rng([stage.seed, 0x77EA])
    veils: list[Veil] = []
    if Layer.FOG in layers:
        veils.append(Veil(what=fog_of(stage, random), near=0.3, luma=fog.LUMA))
    if Layer.BOKEH in layers:
        lights = bokeh_of(stage, random)
        colour = {"luma": bokeh.LUMA, "blue": bokeh.BLUE, "red": bokeh.RED}
        veils.append(Veil(what=lights, near=0.2, **colour))
    if Layer.SNOW in layers:
        veils.extend(_snow(stage, random))
    if Layer.RAIN in layers:
        veils.extend(_rain(stage, random))
    if Layer.PETALS in layers:
        colour = {"luma": petals.LUMA, "blue": petals.BLUE, "red": petals.RED}
        veils.append(Veil(what=petals_of(stage, random), near=1.0, **colour))
    flicker = np.zeros(stage.frames, np.float32)
    if Layer.FLICKER in layers:
        noise = random.normal(0, 1, stage.frames + 8)
        flicker = floats(0.10 * np.convolve(noise, np.hanning(9) / 2, mode="valid"))
        flicker = floats(np.clip(flicker, -0.16, 0.16))
    return Weather(veils=tuple(veils), flicker=flicker, path=path)


def _snow(stage: Stage, random: np.random.Generator) -> list[Veil]:
    scale = stage.unit / 720
    flakes = stage.width * stage.height / 921_600
    veils = []
    for near, count, radius, step, opacity in (
        (0.5, 420, 1.1, 1.7, 130),
        (1.0, 170, 2.0, 3.1, 185),
        (1.5, 44, 3.6, 5.2, 210),
    ):
        tile = np.zeros((stage.height, stage.width), np.uint8)
        for x, y, size in random.uniform(0, 1, (round(count * flakes), 3)):
            reach = radius * scale * (0.7 + 0.6 * size)
            _dot(tile, x * stage.width, y * stage.height, reach, opacity)
        blurred = cv2.GaussianBlur(tile, (0, 0), 0.5 * radius * scale, borderType=cv2.BORDER_WRAP)
        veils.append(
            Veil(
                what=Tile(
                    tile=_doubled(np.asarray(blurred, np.uint8)),
                    step_x=0.35 * step * scale,
                    step_y=step * scale,
                    sway_px=4 * radius * scale,
                ),
                near=near,
            )
        )
    return veils


def _rain(stage: Stage, random: np.random.Generator) -> list[Veil]:
    scale = stage.unit / 720
    drops = stage.width * stage.height / 921_600
    veils = []
    for near, count, length, step, opacity in ((0.6, 420, 28, 23.0, 95), (1.3, 170, 52, 38.0, 135)):
        tile = np.zeros((stage.height, stage.width), np.uint8)
        for x, y, size in random.uniform(0, 1, (round(count * drops), 3)):
            reach = length * scale * (0.7 + 0.6 * size)
            _streak(tile, x * stage.width, y * stage.height, reach, opacity)
        soft = cv2.GaussianBlur(tile, (0, 0), 0.6 * scale, borderType=cv2.BORDER_REFLECT)
        veils.append(
            Veil(
                what=Tile(
                    tile=_doubled(np.asarray(soft, np.uint8)),
                    step_x=-_SLANT * step * scale,
                    step_y=step * scale,
                ),
                near=near,
                luma=210,
            )
        )
    return veils


_SLANT = 0.18
_SUBPIXEL_BITS = 4


def _dot(tile: Bytes, x: float, y: float, reach: float, opacity: int) -> None:
    for at in _wrapped(tile, x, y):
        radius = max(round(reach * 2**_SUBPIXEL_BITS), 8)
        cv2.circle(tile, at, radius, opacity, -1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _streak(tile: Bytes, x: float, y: float, reach: float, opacity: int) -> None:
    for left, top in _wrapped(tile, x, y):
        far = (
            left - round(_SLANT * reach * 2**_SUBPIXEL_BITS),
            top + round(reach * 2**_SUBPIXEL_BITS),
        )
        cv2.line(tile, (left, top), far, opacity, 1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _wrapped(tile: Bytes, x: float, y: float) -> list[tuple[int, int]]:
    """The place in sixteenths of a pixel, and again beyond each side, so that a tile repeats."""
    high, wide = tile.shape
    scale = 2**_SUBPIXEL_BITS
    return [
        (round((x + across * wide) * scale), round((y + down * high) * scale))
        for across in (-1, 0, 1)
        for down in (-1, 0, 1)
    ]


def _doubled(tile: Bytes) -> Bytes:
    return np.tile(tile, (2, 2))


def _colour(veil: Veil) -> tuple[int, int, int]:
    return veil.luma, veil.blue, veil.red


def _together(opacities: list[Bytes]) -> Bytes:
    summed = opacities[0]
    for opacity in opacities[1:]:
        summed = np.asarray(cv2.add(summed, opacity), np.uint8)
    return summed


def _blend(plane: Bytes, opacity: Bytes, value: int, strength: float) -> None:
    """Draw the plane towards one value, by the opacity."""
    # What is below the value and what is above it move apart from each other, so that eight
    # unsigned bits are enough and nothing wraps.
    missing = cv2.LUT(plane, np.maximum(value - _LEVELS, 0).astype(np.uint8))
    excess = cv2.LUT(plane, np.maximum(_LEVELS - value, 0).astype(np.uint8))
    share = strength / 255
    risen = cv2.add(plane, cv2.multiply(missing, opacity, scale=share))
    cv2.subtract(risen, cv2.multiply(excess, opacity, scale=share), dst=plane)


def _lift_lights(luma: Bytes, gain: float) -> None:
    lit = smooth_step(110, 200, _LEVELS)
    table = np.clip(_LEVELS + (_LEVELS - _BLACK) * gain * lit, 0, _WHITE)
    luma[:] = cv2.LUT(luma, table.astype(np.uint8))
