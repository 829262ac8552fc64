"""Discs of soft light behind the subject, which glow and fade while they drift.

`weather` lays them over each frame. The discs are drawn once a shot, in a few sizes and
brightnesses; a frame puts them in place and hides them wherever the picture is near.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.camera import Stage
from framegate.render.filters import smooth_step
from framegate.render.order import FRAMES_PER_S

LUMA, BLUE, RED = 216, 98, 158
"""Warm, as lamps and evening suns are."""

_LIGHTS = 56
"""How many at 1280 x 720."""

_RADII = (10.0, 16.0, 24.0, 34.0)
_LEVELS = 12
_OPACITY_MAX = 105

Disc = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Light:
    """One disc: its brightnesses, where it begins, pixels a frame, seconds from glow to glow."""

    levels: tuple[Disc, ...]
    x: float
    y: float
    step_x: float
    step_y: float
    glow_s: float
    phase: float

    def disc(self, frame: int) -> Disc:
        """How bright it is at a frame."""
        turn = np.sin(2 * np.pi * (frame / FRAMES_PER_S / self.glow_s + self.phase))
        return self.levels[min(int((turn + 1) / 2 * _LEVELS), _LEVELS - 1)]


@dataclass(frozen=True, kw_only=True)
class Bokeh:
    """All lights of a shot; `far` is 255 where they show, height x width, 0 before the subject."""

    lights: tuple[Light, ...]
    far: NDArray[np.uint8]
    reach: int

    def opacity(
        self, frame: int, aside: tuple[float, float], width: int, height: int
    ) -> NDArray[np.uint8]:
        """What a frame sees, height x width; `aside` is how far the camera moved it, in pixels."""
        canvas = np.zeros((height + 2 * self.reach, width + 2 * self.reach), np.uint8)
        for light in self.lights:
            disc = light.disc(frame)
            side = len(disc)
            left = round(light.x + light.step_x * frame + aside[0]) % (width + self.reach)
            top = round(light.y + light.step_y * frame + aside[1]) % (height + self.reach)
            seen = canvas[top : top + side, left : left + side]
            cv2.add(seen, disc, dst=seen)
        inner = canvas[self.reach : self.reach + height, self.reach : self.reach + width]
        return np.asarray(cv2.multiply(inner, self.far, scale=1 / 255), np.uint8)


def bokeh_of(stage: Stage, random: np.random.Generator) -> Bokeh:
    """The lights of a shot."""
    scale = stage.unit / 720
    bank = tuple(_levels(radius * scale) for radius in _RADII)
    lights = []
    for x, y, size, slant, glow, phase in random.uniform(
        0, 1, (round(_LIGHTS * stage.width * stage.height / 921_600), 6)
    ):
        lights.append(
            Light(
                levels=bank[int(size * len(bank))],
                x=x * stage.width,
                y=y * stage.height,
                step_x=(slant - 0.5) * 0.5 * scale,
                step_y=-(0.15 + 0.25 * size) * scale,
                glow_s=2.5 + 3.5 * glow,
                phase=phase,
            )
        )
    near = cv2.resize(stage.depth.near, (stage.width, stage.height))
    far = (255 * (1 - smooth_step(0.25, 0.65, near))).astype(np.uint8)
    return Bokeh(lights=tuple(lights), far=far, reach=len(bank[-1][0]))


def _levels(radius: float) -> tuple[Disc, ...]:
    """A lens's disc is even, with a slightly brighter rim."""
    side = 2 * (int(radius) + 3)
    at = np.arange(side) - (side - 1) / 2
    away = np.hypot(at[:, None], at[None, :]) / radius
    disc = (0.75 + 0.25 * away**4) * (1 - smooth_step(0.88, 1.08, away))
    # It glows from almost nothing, so that it never blinks.
    return tuple(
        (disc * _OPACITY_MAX * ((level + 1) / _LEVELS) ** 1.5).astype(np.uint8)
        for level in range(_LEVELS)
    )
