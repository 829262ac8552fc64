"""What falls or drifts before the picture: fog, snow, rain, petals, and light that flickers.

`film` lays it over each frame after the warp. Flakes and drops are drawn once a shot onto tiles
that repeat without a seam; a frame only moves the tiles and blends them, because drawing every
drop every frame costs half of the encoder's speed. Frame 0 stays the picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.camera import Stage
from framegate.render.colour import Planes
from framegate.render.filters import Field, floats, smooth_step
from framegate.render.order import FRAMES_PER_S
from framegate.render.words import Layer

FADE_S = 1.2
"""How long weather takes to come up after frame 0."""

_FOG_CELL_PX = 16
"""Fog is blurred so far that one value in 16 pixels is all there is to see."""

_BLACK, _WHITE = 16, 235
_LEVELS = np.arange(256, dtype=np.float32)

_MIDDLE = 128
"""The chroma of no colour."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Veil:
    """One tile of something that passes by, all in one colour.

    tile     opacity, twice the frame's height and width, repeating after one
    step_x   pixels that it moves a frame, and `step_y` downwards
    sway_px  how far it swings to the sides, once in a few seconds
    luma     and blue, red: the colour that it is drawn in
    """

    tile: Bytes
    step_x: float
    step_y: float
    sway_px: float = 0.0
    luma: int = _WHITE
    blue: int = _MIDDLE
    red: int = _MIDDLE
    cell_px: int = 1

    def opacity(self, frame: int, width: int, height: int) -> Bytes:
        """The part of the tile that a frame sees, height x width."""
        rows, columns = self.tile.shape[0] // 2, self.tile.shape[1] // 2
        sway = self.sway_px * np.sin(frame / FRAMES_PER_S * 1.3)
        left = round((-self.step_x * frame + sway) / self.cell_px) % columns
        top = round(-self.step_y * frame / self.cell_px) % rows
        if self.cell_px == 1:
            return self.tile[top : top + height, left : left + width]
        # A coarse tile moves in steps of many pixels, so the rest of the way is done in between.
        exact_x = (-self.step_x * frame + sway) / self.cell_px % columns
        exact_y = (-self.step_y * frame) / self.cell_px % rows
        scale = np.array([[1 / self.cell_px, 0, exact_x], [0, 1 / self.cell_px, exact_y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(self.tile, scale, (width, height), flags=flags)
        return np.asarray(seen, np.uint8)


@dataclass(frozen=True, kw_only=True)
class Weather:
    """The veils of a shot, farthest first, and its flicker.

    flicker  how much brighter each frame's lights are, in shares; all zero without flicker
    """

    veils: tuple[Veil, ...]
    flicker: Field

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
            opacity = _together([veil.opacity(frame, wide, high) for veil in veils])
            _blend(target.luma, opacity, luma, strength)
            halved = np.ascontiguousarray(opacity[::2, ::2])
            _blend(target.blue, halved, blue, strength)
            _blend(target.red, halved, red, strength)


def weather_of(layers: frozenset[Layer], stage: Stage) -> Weather:
    """Draw the tiles of a shot's weather."""
    random = np.random.default_rng([stage.seed, 0x77EA])
    veils: list[Veil] = []
    for layer, draw in _VEILS:
        if layer in layers:
            veils.extend(draw(stage, random))
    flicker = np.zeros(stage.frames, np.float32)
    if Layer.FLICKER in layers:
        noise = random.normal(0, 1, stage.frames + 8)
        flicker = floats(0.10 * np.convolve(noise, np.hanning(9) / 2, mode="valid"))
        flicker = floats(np.clip(flicker, -0.16, 0.16))
    return Weather(veils=tuple(veils), flicker=flicker)


def _fog(stage: Stage, random: np.random.Generator) -> list[Veil]:
    """Two banks that pass each other; it is thickest far away and low."""
    rows = -(-stage.height // _FOG_CELL_PX) + 2
    columns = -(-stage.width // _FOG_CELL_PX) + 2
    veils = []
    for opacity, step in ((72, 0.9), (52, -0.5)):
        noise = np.zeros((rows, columns), np.float32)
        for cells in (3, 6, 12):
            grain = floats(random.uniform(0, 1, (cells, cells * 2)))
            tripled = np.tile(grain, (3, 3))
            broad = cv2.resize(tripled, (columns * 3, rows * 3), interpolation=cv2.INTER_CUBIC)
            noise += broad[rows : 2 * rows, columns : 2 * columns] / cells
        noise -= noise.min()
        bank = noise / max(float(noise.max()), 1e-6)
        veils.append(
            Veil(
                tile=_doubled((bank * opacity).astype(np.uint8)),
                step_x=step * stage.unit / 720,
                step_y=0.0,
                luma=188,
                cell_px=_FOG_CELL_PX,
            )
        )
    return veils


def _snow(stage: Stage, random: np.random.Generator) -> list[Veil]:
    scale = stage.unit / 720
    flakes = stage.width * stage.height / 921_600
    veils = []
    for count, radius, step, opacity in (
        (420, 1.1, 1.7, 130),
        (170, 2.0, 3.1, 185),
        (44, 3.6, 5.2, 210),
    ):
        tile = np.zeros((stage.height, stage.width), np.uint8)
        for x, y, size in random.uniform(0, 1, (round(count * flakes), 3)):
            reach = radius * scale * (0.7 + 0.6 * size)
            _dot(tile, x * stage.width, y * stage.height, reach, opacity)
        blurred = cv2.GaussianBlur(tile, (0, 0), 0.5 * radius * scale, borderType=cv2.BORDER_WRAP)
        veils.append(
            Veil(
                tile=_doubled(np.asarray(blurred, np.uint8)),
                step_x=0.35 * step * scale,
                step_y=step * scale,
                sway_px=4 * radius * scale,
            )
        )
    return veils


def _rain(stage: Stage, random: np.random.Generator) -> list[Veil]:
    scale = stage.unit / 720
    drops = stage.width * stage.height / 921_600
    veils = []
    for count, length, step, opacity in ((420, 28, 23.0, 95), (170, 52, 38.0, 135)):
        tile = np.zeros((stage.height, stage.width), np.uint8)
        for x, y, size in random.uniform(0, 1, (round(count * drops), 3)):
            reach = length * scale * (0.7 + 0.6 * size)
            _streak(tile, x * stage.width, y * stage.height, reach, opacity)
        soft = cv2.GaussianBlur(tile, (0, 0), 0.6 * scale, borderType=cv2.BORDER_REFLECT)
        veils.append(
            Veil(
                tile=_doubled(np.asarray(soft, np.uint8)),
                step_x=-_SLANT * step * scale,
                step_y=step * scale,
                luma=210,
            )
        )
    return veils


def _petals(stage: Stage, random: np.random.Generator) -> list[Veil]:
    scale = stage.unit / 720
    share = stage.width * stage.height / 921_600
    veils = []
    for count, radius, step, opacity in ((44, 5.5, 1.5, 195), (18, 9.5, 2.6, 220)):
        tile = np.zeros((stage.height, stage.width), np.uint8)
        for x, y, size, turn in random.uniform(0, 1, (round(count * share), 4)):
            reach = radius * scale * (0.7 + 0.6 * size)
            _petal(tile, x * stage.width, y * stage.height, reach, turn * 360, opacity)
        soft = cv2.GaussianBlur(tile, (0, 0), 0.16 * radius * scale)
        veils.append(
            Veil(
                tile=_doubled(np.asarray(soft, np.uint8)),
                step_x=0.8 * step * scale,
                step_y=step * scale,
                sway_px=7 * radius * scale,
                luma=196,
                blue=124,
                red=150,
            )
        )
    return veils


_SLANT = 0.18
_SUBPIXEL_BITS = 4

_Draw = Callable[[Stage, np.random.Generator], list[Veil]]
_VEILS: tuple[tuple[Layer, _Draw], ...] = (
    (Layer.FOG, _fog),
    (Layer.SNOW, _snow),
    (Layer.RAIN, _rain),
    (Layer.PETALS, _petals),
)


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


def _petal(tile: Bytes, x: float, y: float, reach: float, turn: float, opacity: int) -> None:
    for at in _wrapped(tile, x, y):
        axes = (round(reach * 2**_SUBPIXEL_BITS), round(reach * 0.55 * 2**_SUBPIXEL_BITS))
        cv2.ellipse(tile, at, axes, turn, 0, 360, opacity, -1, cv2.LINE_AA, _SUBPIXEL_BITS)


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
