"""Fog before the picture: two banks that pass each other, thick far away and thin close by.

`weather` lays it over each frame. Fog is so soft that one value in 16 pixels is all there is to
see, so everything but the last enlargement happens at that size.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.camera import Stage
from framegate.render.filters import Field, floats

CELL_PX = 16

LUMA = 188

_BANKS = ((110.0, 0.9), (80.0, -0.5))
"""The opacity of each bank where it is thickest, of 255, and its pixels a frame at 720p."""

_CLEAR_NEAR = 0.65
"""How much of the fog is gone where the picture is nearest."""


@dataclass(frozen=True, kw_only=True)
class Fog:
    """Two banks on a coarse grid.

    tiles      opacity, twice the grid's width, repeating after one
    steps      cells that each moves a frame
    thickness  0 to 1 at each cell, by the picture's depth
    """

    tiles: tuple[Field, ...]
    steps: tuple[float, ...]
    thickness: Field

    def opacity(
        self, frame: int, aside: tuple[float, float], width: int, height: int
    ) -> NDArray[np.uint8]:
        """What a frame sees, height x width; `aside` is how far the camera moved it, in pixels."""
        rows, columns = self.thickness.shape
        summed = np.zeros_like(self.thickness)
        for tile, step in zip(self.tiles, self.steps, strict=True):
            left = (-step * frame - aside[0] / CELL_PX) % columns
            whole, share = int(left), left - int(left)
            near, far = (tile[:, at : at + columns] for at in (whole, whole + 1))
            summed += near * np.float32(1 - share) + far * np.float32(share)
        cells = np.clip(summed * self.thickness, 0, 255).astype(np.uint8)
        size = (columns * CELL_PX, rows * CELL_PX)
        seen = cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(seen[:height, :width], np.uint8)


def fog_of(stage: Stage, random: np.random.Generator) -> Fog:
    """The fog of a shot."""
    rows = -(-stage.height // CELL_PX)
    columns = -(-stage.width // CELL_PX)
    near = cv2.resize(stage.depth.near, (columns, rows), interpolation=cv2.INTER_AREA)
    return Fog(
        tiles=tuple(_bank(rows, columns, random) * np.float32(opacity) for opacity, _ in _BANKS),
        steps=tuple(step * stage.unit / 720 / CELL_PX for _, step in _BANKS),
        thickness=floats(1 - _CLEAR_NEAR * np.clip(near, 0, 1)),
    )


def _bank(rows: int, columns: int, random: np.random.Generator) -> Field:
    noise = np.zeros((rows, columns), np.float32)
    for cells in (3, 6, 12):
        grain = floats(random.uniform(0, 1, (cells, cells * 2)))
        tripled = np.tile(grain, (3, 3))
        broad = cv2.resize(tripled, (columns * 3, rows * 3), interpolation=cv2.INTER_CUBIC)
        noise += broad[rows : 2 * rows, columns : 2 * columns] / cells
    noise -= noise.min()
    # One column more than twice: between the last two there is a share of the next.
    doubled = np.tile(noise / max(float(noise.max()), 1e-6), (1, 3))
    return floats(doubled[:, : 2 * columns + 1])
