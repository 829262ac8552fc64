"""One frame of a shot: a coarse grid of source places, then three planes looked up through it.

`film` makes one Source and one Warp a shot and draws each frame straight into the encoder's
planes. The grid has a node in 8 pixels and one ring of nodes outside, so that straight lines stay
straight up to the rim and frame 0 is exact. It knows a path and a depth sheet, and no prompt.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framegate.render.camera import STRETCH_MAX, Path, Stage, parallax_px
from framegate.render.colour import Planes
from framegate.render.filters import Field, slope_limited
from framegate.render.flow import Flow, flow_of
from framegate.render.words import Layer

CELL_PX = 8
_FIRST_PX = 3.5 - CELL_PX
"""Where the outer ring's first node lies. cv2.resize puts a cell's value at the cell's middle."""


_HALFWAY = np.array([[1, -5, 20, 20, -5, 1]], dtype=np.float32) / np.float32(32)
"""What lies between two pixels: H.264's own six taps (ITU-T H.264, 8.4.2.2.1)."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A shot's picture, ready to be looked up.

    planes  the picture itself, which is frame 0
    fine    its luma with a sample at every half pixel: sample (2y, 2x) is pixel (y, x)
    """

    planes: Planes
    fine: NDArray[np.uint8]


def source_of(planes: Planes) -> Source:
    """Fill in the half pixels once, with a filter that no frame could afford.

    Between neighbours that lie half as far apart the quick linear look-up loses a tenth of the
    detail instead of a third, and takes no longer.
    """
    luma = planes.luma
    fine = np.empty((2 * luma.shape[0], 2 * luma.shape[1]), np.uint8)
    fine[::2, ::2] = luma
    fine[::2, 1::2] = _between(luma, _HALFWAY)
    fine[1::2] = _between(fine[::2], _HALFWAY.T)
    return Source(planes=planes, fine=fine)


@dataclass(frozen=True, kw_only=True)
class Warp:
    """Everything about a shot that does not change from frame to frame, on the grid."""

    stage: Stage
    path: Path
    place_x: Field
    place_y: Field
    near: Field
    flow: Flow

    @property
    def is_still(self) -> bool:
        """Whether every frame is the picture itself."""
        return self.path.is_still and self.flow.is_still

    def source_grid(self, frame: int) -> tuple[Field, Field]:
        """For each node the pixel of the picture that is seen there, x and y."""
        half_x, half_y = (self.stage.width - 1) / 2, (self.stage.height - 1) / 2
        path = self.path
        ahead, zoom = float(path.ahead[frame]), float(path.zoom[frame])
        shift_x, shift_y = float(path.shift_x[frame]), float(path.shift_y[frame])
        turn_x, turn_y = float(path.turn_x[frame]), float(path.turn_y[frame])

        def seen_at(w: Field) -> tuple[Field, Field]:
            scale = (1 - ahead * w) / zoom
            return (
                (self.place_x - half_x) * scale + (shift_x * w + (turn_x + half_x)),
                (self.place_y - half_y) * scale + (shift_y * w + (turn_y + half_y)),
            )

        # The nearness counts at the place that is seen, which depends on it: two rounds settle
        # it, because the stretch limit makes each round shrink what is left by two thirds.
        x, y = seen_at(self.near)
        for _ in range(2):
            near = cv2.remap(
                self.near, _nodes(x), _nodes(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            x, y = seen_at(near)
        if not self.flow.is_still:
            # A flow belongs to the picture, so it is read where the camera looks.
            flow = cv2.merge([part.astype(np.float32) for part in self.flow.displacement(frame)])
            seen = cv2.remap(
                flow, _nodes(x), _nodes(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            x, y = x + seen[..., 0], y + seen[..., 1]
        return x.astype(np.float32), y.astype(np.float32)

    def draw(self, frame: int, source: Source, target: Planes) -> None:
        """Write one frame into `target`, whose planes may be padded views."""
        exact = source.planes
        if frame == 0 or self.is_still:
            # Not only fast: it is the promise that the first frame is the picture.
            target.luma[:], target.blue[:], target.red[:] = exact.luma, exact.blue, exact.red
            return
        x, y = self.source_grid(frame)
        _look_up(source.fine, target.luma, x * 2, y * 2, cell_px=CELL_PX)
        # A chroma sample lies on the left of its two luma columns and between its two rows, as
        # the grid's nodes do downwards but not across, where half a pixel is made up for.
        x, y = (x - 0.5) / 2, (y - 0.5) / 2
        for plane, out in ((exact.blue, target.blue), (exact.red, target.red)):
            _look_up(plane, out, x, y, cell_px=CELL_PX // 2)


def warp_of(stage: Stage, path: Path, layers: frozenset[Layer], *, is_ambient: bool = True) -> Warp:
    """Lay the depth sheet onto the grid, with slopes that this path can bear."""
    columns = -(-stage.width // CELL_PX) + 2
    rows = -(-stage.height // CELL_PX) + 2
    place_x, place_y = np.meshgrid(
        np.arange(columns, dtype=np.float32) * CELL_PX + np.float32(_FIRST_PX),
        np.arange(rows, dtype=np.float32) * CELL_PX + np.float32(_FIRST_PX),
    )

    def sample(field: Field) -> Field:
        share_x, share_y = field.shape[1] / stage.width, field.shape[0] / stage.height
        return cv2.remap(
            field.astype(np.float32),
            (place_x + 0.5) * share_x - 0.5,
            (place_y + 0.5) * share_y - 0.5,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    near = sample(stage.depth.near)
    moved_px = parallax_px(path, stage)
    if moved_px > 0:
        near = slope_limited(near, STRETCH_MAX * CELL_PX / moved_px)
        near = cv2.GaussianBlur(near, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    flow = flow_of(layers, stage, sample, is_ambient=is_ambient)
    return Warp(stage=stage, path=path, place_x=place_x, place_y=place_y, near=near, flow=flow)


def _between(plane: NDArray[np.uint8], taps: Field) -> NDArray[np.uint8]:
    # The six taps reach two samples back and three ahead of the one before the gap.
    anchor = (2, 0) if taps.shape[0] == 1 else (0, 2)
    seen = cv2.filter2D(plane, -1, taps, anchor=anchor, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _nodes(places: Field) -> Field:
    return ((places - np.float32(_FIRST_PX)) / np.float32(CELL_PX)).astype(np.float32)


def _look_up(source: Field, target: Field, x: Field, y: Field, *, cell_px: int) -> None:
    high, wide = target.shape
    maps = []
    for grid in (x, y):
        full = cv2.resize(grid, None, fx=cell_px, fy=cell_px, interpolation=cv2.INTER_LINEAR)
        maps.append(full[cell_px : cell_px + high, cell_px : cell_px + wide])
    cv2.remap(
        source,
        maps[0],
        maps[1],
        cv2.INTER_LINEAR,
        dst=target,
        borderMode=cv2.BORDER_REPLICATE,
    )
