"""Where the camera is at each frame of a shot, as closed formulas of time.

`film` asks once a shot; `warp` reads one pose a frame. The first pose of every path is the
identity, because frame 0 is the picture, and the cover zoom grows with the displacement so that
no border ever shows. It knows a picture's size and depth sheet, and no pixel.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from framegate.render.depth import Depth
from framegate.render.order import FRAMES_PER_S
from framegate.render.words import Move

Curve = NDArray[np.float64]
"""One value a frame."""

STRETCH_MAX = 0.3
"""How far neighbouring pixels may be drawn apart by depth; above it rims stair-step."""

_HEADROOM = 0.03
"""How much of the height stays free above a head, where the picture has as much."""

_UPRIGHT = {Move.TILT_UP, Move.TILT_DOWN, Move.RISE, Move.SINK}
"""Moves that go up or down themselves, and may well leave a head behind."""

_TOGETHER = 0.75
"""The share of its strength that each of two moves at once keeps."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """A camera path, one value a frame in each curve.

    With p a place in the frame in pixels from its middle and w the nearness
    there (0 to 1), frame n shows the picture at `p * (1 - ahead[n] * w) / zoom[n] + shift[n] * w
    + turn[n]`, shift and turn having an x and a y.
    """

    ahead: Curve
    zoom: Curve
    shift_x: Curve
    shift_y: Curve
    turn_x: Curve
    turn_y: Curve

    @property
    def is_still(self) -> bool:
        """Whether nothing moves at all."""
        return bool(
            np.all(self.zoom == 1)
            and not any(
                curve.any()
                for curve in (self.ahead, self.shift_x, self.shift_y, self.turn_x, self.turn_y)
            )
        )


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the formulas need to know of a shot."""

    width: int
    height: int
    frames: int
    strength: float
    depth: Depth
    seed: int

    @property
    def unit(self) -> float:
        """The short side: moves are drawn as shares of it."""
        return float(min(self.width, self.height))

    @property
    def time(self) -> Curve:
        """0 at the first frame, 1 at the last."""
        return np.arange(self.frames) / max(self.frames - 1, 1)

    @property
    def zero(self) -> Curve:
        """A curve that stays at 0."""
        return np.zeros(self.frames)


def path_of(moves: tuple[Move, ...], stage: Stage) -> Path:
    """The path of a shot. No move at all means that the words named none: a slow push."""
    chosen = moves or (Move.PUSH,)
    longer = (stage.frames / (5 * FRAMES_PER_S)) ** 0.4
    strength = stage.strength * min(max(longer, 0.6), 1.4)
    strength *= (1.0 if moves else 0.8) * (_TOGETHER if len(chosen) > 1 else 1.0)
    drafts = [_drawn(move, stage, strength) for move in chosen]
    path = _covered(_joined(drafts), stage)
    if _UPRIGHT.intersection(chosen):
        return path
    return _covered(_with_headroom(path, stage), stage)


def parallax_px(path: Path, stage: Stage) -> float:
    """The largest shift on screen between the nearest and the farthest, in pixels."""
    half_diagonal = np.hypot(stage.width, stage.height) / 2
    sideways = np.hypot(path.shift_x, path.shift_y) + np.abs(path.ahead) * half_diagonal * 0.7
    return float(sideways.max())


def _drawn(move: Move, stage: Stage, strength: float) -> Path:
    if move in {Move.PUSH, Move.PULL}:
        return _push(stage, strength, is_pull=move is Move.PULL)
    if move in _SWEEPS:
        across, down, share_of_depth = _SWEEPS[move]
        return _sweep(stage, strength, (across, down), share_of_depth)
    if move in {Move.ORBIT_LEFT, Move.ORBIT_RIGHT}:
        return _orbit(stage, strength, -1 if move is Move.ORBIT_LEFT else 1)
    if move is Move.DOLLY_ZOOM:
        return _dolly_zoom(stage, strength)
    if move is Move.HANDHELD:
        return _handheld(stage, strength)
    return _still(stage)


_SWEEPS: dict[Move, tuple[int, int, float]] = {
    # Direction across, direction down, and how much of it the near moves more than the far: a
    # turning camera shows no depth, a carried one shows little else.
    Move.PAN_LEFT: (-1, 0, 0.1),
    Move.PAN_RIGHT: (1, 0, 0.1),
    Move.TILT_UP: (0, -1, 0.1),
    Move.TILT_DOWN: (0, 1, 0.1),
    Move.TRUCK_LEFT: (-1, 0, 1.0),
    Move.TRUCK_RIGHT: (1, 0, 1.0),
    Move.RISE: (0, -1, 1.0),
    Move.SINK: (0, 1, 1.0),
}


def _still(stage: Stage) -> Path:
    zero = stage.zero
    return Path(ahead=zero, zoom=zero + 1, shift_x=zero, shift_y=zero, turn_x=zero, turn_y=zero)


def _push(stage: Stage, strength: float, *, is_pull: bool) -> Path:
    """Towards the subject, or away from it.

    A pull has nothing to show beyond the picture, so it leans in first,
    quickly, and then draws back for most of the shot until the whole picture is seen again.
    """
    reach = (
        _lean(stage, 0.38) * (1 - _ease(_after(stage.time, 0.24))) if is_pull else _ease(stage.time)
    )
    amount = strength * (1.3 if is_pull else 1.0)
    ahead = min(0.15 * amount, 0.3) * reach
    zoom = 1 + min(0.07 * amount, 0.16) * reach
    # The room that the growth makes is partly spent on drawing the subject to the middle.
    growth = 1 - (1 - ahead * 0.15) / zoom
    aim = 0.75 * growth
    return Path(
        ahead=ahead,
        zoom=zoom,
        shift_x=stage.zero,
        shift_y=stage.zero,
        turn_x=aim * stage.depth.focus_x * stage.width / 2,
        turn_y=aim * stage.depth.focus_y * stage.height / 2,
    )


def _sweep(
    stage: Stage, strength: float, direction: tuple[int, int], share_of_depth: float
) -> Path:
    """Across the picture.

    The view must be smaller than the picture before it can travel in it,
    so it starts a little to the other side and closes in during the first part of the way.
    """
    across, down = direction
    zoom = 1 + min(0.17 * strength, 0.34) * _ease(np.clip(stage.time / 0.6, 0, 1), end=0.0)
    room = 1 - 1 / zoom
    way = room * (-0.25 + 1.25 * _ease(stage.time, start=0.1))
    depth_px = min(0.075 * strength, 0.13) * share_of_depth * stage.unit * _ease(stage.time)
    return Path(
        ahead=stage.zero,
        zoom=zoom,
        shift_x=across * depth_px,
        shift_y=down * depth_px * 0.8,
        turn_x=across * (way * stage.width / 2 - depth_px * 0.5),
        turn_y=down * (way * stage.height / 2 - depth_px * 0.4),
    )


def _orbit(stage: Stage, strength: float, side: int) -> Path:
    """Around the subject: what is nearer goes one way, what is farther the other."""
    angle = _ease(stage.time) * np.pi * 0.6
    across = side * min(0.085 * strength, 0.15) * stage.unit * np.sin(angle)
    lift = min(0.02 * strength, 0.04) * stage.unit * (1 - np.cos(angle)) / 2
    middle = min(max(stage.depth.focus_near, 0.3), 0.7)
    return Path(
        ahead=min(0.05 * strength, 0.09) * _ease(stage.time),
        zoom=stage.zero + 1,
        shift_x=across,
        shift_y=-lift,
        turn_x=-across * middle,
        turn_y=lift * middle,
    )


def _dolly_zoom(stage: Stage, strength: float) -> Path:
    """Back while zooming in: the subject keeps its size and the distance rushes up to it."""
    ahead = -min(0.26 * strength, 0.42) * _ease(stage.time)
    middle = min(max(stage.depth.focus_near, 0.45), 0.85)
    return Path(
        ahead=ahead,
        zoom=1 - ahead * middle,
        shift_x=stage.zero,
        shift_y=stage.zero,
        turn_x=stage.zero,
        turn_y=stage.zero,
    )


def _handheld(stage: Stage, strength: float) -> Path:
    """A breathing hand: three slow waves on each axis, none a multiple of another."""
    seconds = np.arange(stage.frames) / FRAMES_PER_S
    random = np.random.default_rng(stage.seed)
    held = _lean(stage, 0.3)
    size = min(0.011 * strength, 0.022) * stage.unit
    waves = []
    for _ in range(2):
        phases = random.uniform(0, 2 * np.pi, 3)
        parts = [
            share * np.sin(2 * np.pi * hertz * seconds + phase)
            for share, hertz, phase in zip((0.6, 0.3, 0.1), (0.31, 0.77, 1.7), phases, strict=True)
        ]
        waves.append(size * held * np.sum(parts, axis=0))
    # The cover follows the envelope and not the waves, or the picture would breathe with them.
    zoom = 1 / (1 - 3.2 * size * held / stage.unit)
    return Path(
        ahead=min(0.04 * strength, 0.07) * _ease(stage.time),
        zoom=zoom,
        shift_x=waves[0] * 0.6,
        shift_y=waves[1] * 0.6,
        turn_x=waves[0],
        turn_y=waves[1],
    )


def _joined(drafts: list[Path]) -> Path:
    return Path(
        ahead=np.sum([draft.ahead for draft in drafts], axis=0),
        zoom=np.prod([draft.zoom for draft in drafts], axis=0),
        shift_x=np.sum([draft.shift_x for draft in drafts], axis=0),
        shift_y=np.sum([draft.shift_y for draft in drafts], axis=0),
        turn_x=np.sum([draft.turn_x for draft in drafts], axis=0),
        turn_y=np.sum([draft.turn_y for draft in drafts], axis=0),
    )


def _with_headroom(path: Path, stage: Stage) -> Path:
    """The same path, raised within the room that its zoom makes, so that no head is cut off.

    The share of the room is one number for the whole shot: the zoom is smooth, so this is too.
    """
    half, near = stage.height / 2, stage.depth.focus_near
    room = half * (1 - 1 / path.zoom)
    top = path.shift_y * near + path.turn_y - half * (1 - path.ahead * near) / path.zoom
    missing = top - half * max(stage.depth.head_y - 2 * _HEADROOM, -1.0)
    share = np.max(missing / np.maximum(room, 1.0), initial=0.0)
    return replace(path, turn_y=path.turn_y - min(float(share), 0.95) * room)


def _covered(path: Path, stage: Stage) -> Path:
    """The same path, zoomed in further wherever a border of the picture would show.

    Only the rim matters, since the stretch limit keeps the map monotone. It is taken at its
    nearest and its farthest: the formula is linear in w, so its extremes lie there.
    """
    needed = np.ones(stage.frames)
    near, strip = stage.depth.near, max(stage.depth.near.shape[0] // 12, 2)
    sides = (
        (near[:, :strip], stage.width / 2, path.shift_x, path.turn_x, -1),
        (near[:, -strip:], stage.width / 2, path.shift_x, path.turn_x, 1),
        (near[:strip], stage.height / 2, path.shift_y, path.turn_y, -1),
        (near[-strip:], stage.height / 2, path.shift_y, path.turn_y, 1),
    )
    for rim, half, shift, turn, side in sides:
        for w in (float(rim.min()), float(rim.max())):
            moved = side * (shift * w + turn)
            reach = half * (1 - path.ahead * w) / path.zoom
            needed = np.maximum(needed, reach / np.maximum(half - moved, half * 0.25))
    return replace(path, zoom=path.zoom * (1 + _rounded_off(needed - 1)))


def _rounded_off(needed: Curve) -> Curve:
    """A curve above this one without its corners, still 0 at the first frame.

    Which side of the picture needs the cover changes on the way, and the eye sees such a corner
    as a jolt. Every frame takes the most that its neighbours need, and the steps are blurred by
    no more than the same reach, which cannot bring them below.
    """
    reach = max(len(needed) // 10, 1)
    offsets = np.arange(-reach, reach + 1)
    padded = np.pad(needed, 2 * reach, mode="edge")
    most = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    weights = np.cos(offsets / (reach + 1) * np.pi / 2) ** 2
    smooth = np.convolve(most, weights / weights.sum(), mode="valid")
    return smooth * _smooth(np.arange(len(needed)) / (reach + 1))


def _smooth(share: Curve) -> Curve:
    clipped = np.clip(share, 0, 1)
    return np.asarray(clipped**3 * (clipped * (clipped * 6 - 15) + 10), np.float64)


def _after(time: Curve, start: float) -> Curve:
    return np.clip((time - start) / (1 - start), 0, 1)


def _lean(stage: Stage, until: float) -> Curve:
    """0 to 1 within the first part of the shot, then 1."""
    return _smooth(stage.time / until)


def _ease(time: Curve, *, start: float = 0.3, end: float = 0.45) -> Curve:
    """0 to 1: from rest into an even pace, which at the end has slowed down to the share `end`.

    A clip that comes to a full stop looks finished; one that slows down looks as if it went on.
    """
    fine = np.linspace(0, 1, 2_001)
    speed = _smooth(fine / start) * (1 - (1 - end) * _smooth((fine - 0.72) / 0.28))
    way = np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)))
    return np.asarray(np.interp(time, fine, way / way[-1]), np.float64)
