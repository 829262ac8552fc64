"""Petals that fall and tumble before the picture.

`weather` lays them over each frame. Each petal's turns are drawn once a shot as small sprites;
a frame only puts the right sprite at the right place.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.camera import Stage
from framegate.render.order import FRAMES_PER_S

LUMA, BLUE, RED = 196, 124, 150

_TURNS = 24
"""Sprites of one tumble."""

_SUBPIXEL_BITS = 4

_SWARMS = ((44, 5.5, 1.5, 195), (18, 9.5, 2.6, 220))
"""How many at 1280 x 720, their radius, pixels a frame downwards, opacity of 255."""


@dataclass(frozen=True, kw_only=True)
class Petal:
    """One petal; lengths in pixels, times in seconds.

    sprites   opacity, square, one for each part of its tumble
    tumble_s  how long it takes to turn over; `phase` is where in that it begins, 0 to 1
    """

    sprites: tuple[NDArray[np.uint8], ...]
    x: float
    y: float
    step: float
    sway: float
    tumble_s: float
    phase: float

    def sprite(self, frame: int) -> NDArray[np.uint8]:
        """How it looks at a frame."""
        turned = frame / FRAMES_PER_S / self.tumble_s + self.phase
        return self.sprites[int(turned * _TURNS) % _TURNS]

    def place(self, frame: int) -> tuple[float, float]:
        """Where its middle is, before it is wrapped into the frame."""
        swing = np.sin(2 * np.pi * (frame / FRAMES_PER_S / self.tumble_s / 2 + self.phase))
        return self.x + 0.8 * self.step * frame + self.sway * swing, self.y + self.step * frame


@dataclass(frozen=True, kw_only=True)
class Petals:
    """All petals of a shot; `reach` is the largest sprite's side."""

    petals: tuple[Petal, ...]
    reach: int

    def opacity(
        self, frame: int, aside: tuple[float, float], width: int, height: int
    ) -> NDArray[np.uint8]:
        """What a frame sees, height x width; `aside` is how far the camera moved it, in pixels."""
        canvas = np.zeros((height + 2 * self.reach, width + 2 * self.reach), np.uint8)
        for petal in self.petals:
            x, y = petal.place(frame)
            sprite = petal.sprite(frame)
            side = len(sprite)
            # They leave on one side of the frame, wholly, before they come in on the other.
            left = round(x + aside[0]) % (width + self.reach)
            top = round(y + aside[1]) % (height + self.reach)
            seen = canvas[top : top + side, left : left + side]
            np.maximum(seen, sprite, out=seen)
        return canvas[self.reach : self.reach + height, self.reach : self.reach + width]


def petals_of(stage: Stage, random: np.random.Generator) -> Petals:
    """The petals of a shot."""
    scale = stage.unit / 720
    share = stage.width * stage.height / 921_600
    petals = []
    for count, radius, step, opacity in _SWARMS:
        for x, y, size, turn, tumble, phase in random.uniform(0, 1, (round(count * share), 6)):
            reach = radius * scale * (0.7 + 0.6 * size)
            petals.append(
                Petal(
                    sprites=_sprites(reach, turn * 360, opacity),
                    x=x * stage.width,
                    y=y * stage.height,
                    step=step * scale * (0.8 + 0.4 * size),
                    sway=4 * reach,
                    tumble_s=1.2 + 1.6 * tumble,
                    phase=phase,
                )
            )
    reach_max = max((len(petal.sprites[0]) for petal in petals), default=1)
    return Petals(petals=tuple(petals), reach=reach_max)


def _sprites(reach: float, turn: float, opacity: int) -> tuple[NDArray[np.uint8], ...]:
    side = 2 * (int(reach * 1.5) + 2)
    sprites = []
    for part in range(_TURNS):
        angle = 2 * np.pi * part / _TURNS
        # Seen from its edge a petal is a sliver; it rocks as it turns over.
        across = reach * (0.12 + 0.5 * abs(np.cos(angle)))
        sprite = _ellipse(side, (reach, across), turn + 35 * np.sin(angle), opacity)
        sprites.append(cv2.GaussianBlur(sprite, (0, 0), 0.16 * reach + 0.3))
    return tuple(np.asarray(sprite, np.uint8) for sprite in sprites)


def _ellipse(side: int, axes: tuple[float, float], turn: float, opacity: int) -> NDArray[np.uint8]:
    sprite = np.zeros((side, side), np.uint8)
    middle = (side << _SUBPIXEL_BITS) // 2
    scaled = (round(axes[0] * 2**_SUBPIXEL_BITS), round(axes[1] * 2**_SUBPIXEL_BITS))
    cv2.ellipse(
        sprite,
        (middle, middle),
        scaled,
        turn,
        0,
        360,
        opacity,
        -1,
        cv2.LINE_AA,
        _SUBPIXEL_BITS,
    )
    return sprite
