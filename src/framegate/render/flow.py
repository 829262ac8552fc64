"""What moves inside the picture apart from the camera: clouds drift, water shimmers, leaves sway.

`warp` calls it on its coarse grid, so a flow costs nothing a pixel. Every flow starts at rest,
since frame 0 is the picture, and every mask falls to zero before a depth edge, or roofs stretch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from framegate.render.camera import Stage
from framegate.render.filters import Field, floats, slope_limited, smooth_step
from framegate.render.order import FRAMES_PER_S
from framegate.render.words import Layer

STRETCH_MAX = 0.22
"""How far a flow may draw neighbouring pixels apart."""

_START = 0.25
"""The share of a shot in which clouds come up to their pace."""

_AMBIENT = 0.55
"""The strength of a flow that nobody asked for, where the picture surely has sky or water."""

_RIM_NODES = 4
"""Over how many nodes of the grid a sway fades out before the picture's rim."""

Sample = Callable[[Field], Field]
"""Reads a field of the small depth picture at the grid's nodes."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Displacements to add to a grid of source places, in pixels.

    clouds, water, plants   masks on the grid, 0 to 1, strength included
    drift_px                how far the clouds have gone at each frame, signed
    """

    clouds: Field
    water: Field
    plants: Field
    drift_px: Field
    ripple_phase: Field
    sway_phase: Field
    unit: float

    @property
    def is_still(self) -> bool:
        """Whether no mask has anything in it."""
        return not (self.clouds.any() or self.water.any() or self.plants.any())

    def displacement(self, frame: int) -> tuple[Field, Field]:
        """Across and down, for each node, at one frame."""
        seconds = frame / FRAMES_PER_S
        awake = float(smooth_step(0.0, 1.0, floats(seconds)))
        across = self.clouds * -self.drift_px[frame]
        down = np.zeros_like(across)
        if self.water.any():
            # Two waves that run against each other never repeat within a clip.
            one = np.sin(self.ripple_phase - 2.3 * seconds)
            two = np.sin(self.ripple_phase * 0.63 + self.sway_phase * 2 + 1.7 * seconds)
            size = self.water * (0.0036 * self.unit * awake)
            down += size * (0.6 * one + 0.4 * two)
            across += size * (0.5 * two + 0.5 * np.sin(self.sway_phase * 3 + 1.1 * seconds))
        if self.plants.any():
            sway = np.sin(self.sway_phase + 2.1 * seconds) + 0.4 * np.sin(
                self.sway_phase * 1.7 + 4.3 * seconds
            )
            across += self.plants * (0.0042 * self.unit * awake) * sway
        return across, down


def flow_of(layers: frozenset[Layer], stage: Stage, sample: Sample, *, is_ambient: bool) -> Flow:
    """The flow of a shot.

    is_ambient  whether clouds and water found in the picture move without a word about them
    """
    regions = stage.depth.regions
    # Water under no sky may be a row of blinds: somebody has to say that it is water.
    is_ambient = is_ambient and regions.has_sky
    sky, water = sample(regions.clouds), sample(regions.water)
    strength = min(stage.strength, 1.5)
    seconds = stage.frames / FRAMES_PER_S
    drift_px = 0.009 * stage.unit * strength * seconds * _share(Layer.CLOUDS, layers, is_ambient)
    time = stage.time
    eased = np.where(time < _START, time * time / (2 * _START), time - _START / 2)
    side = 1 if stage.seed % 2 == 0 else -1
    rows, columns = np.mgrid[: sky.shape[0], : sky.shape[1]].astype(np.float32)
    below = np.clip(rows / sky.shape[0] - regions.horizon, 0, 1) / max(1 - regions.horizon, 0.05)
    plants = sample(stage.depth.plants) if Layer.WIND in layers else np.zeros_like(sky)
    return Flow(
        clouds=_calm_at_edges(sky, drift_px) * (drift_px > 0),
        # Ripples grow towards us, and near the horizon they are finer than the grid can carry.
        water=_within(water)
        * smooth_step(0.02, 0.8, below)
        * _share(Layer.WATER, layers, is_ambient),
        plants=_within(plants),
        drift_px=(eased * drift_px * side).astype(np.float32),
        ripple_phase=17.6 * np.log(below + 0.1) + columns * 0.05,
        sway_phase=columns * 0.11 + rows * 0.07,
        unit=stage.unit,
    )


def _within(mask: Field) -> Field:
    """The mask, fading out before the rim: what sways there would show what lies beyond it."""
    high, wide = mask.shape
    rows, columns = np.arange(high), np.arange(wide)
    # The first and the last node lie outside of the frame.
    down = np.minimum(rows - 1, high - 2 - rows)[:, None]
    across = np.minimum(columns - 1, wide - 2 - columns)[None, :]
    return floats(mask * smooth_step(0.0, _RIM_NODES, floats(np.minimum(down, across))))


def _share(layer: Layer, layers: frozenset[Layer], is_ambient: bool) -> float:  # noqa: FBT001
    if layer in layers:
        return 1.0
    return _AMBIENT if is_ambient else 0.0


def _calm_at_edges(mask: Field, moved_px: float) -> Field:
    """The mask, falling off inwards so that a shift of `moved_px` stretches within the limit."""
    if moved_px <= 0 or not mask.any():
        return np.zeros_like(mask)
    still = 1 - mask
    # Beyond the picture's sides there are no clouds to drift in.
    still[:, :2] = still[:, -2:] = 1
    calm = 1 - slope_limited(still, STRETCH_MAX * 8 / moved_px)
    return floats(np.clip(calm, 0, 1))
