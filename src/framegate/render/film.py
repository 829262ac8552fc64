"""The whole of a render in one call: prompt, picture, depth, camera, warp, encoder.

`child` calls it in its own process, and the tests call it directly. It reads one file, writes
one file, and learns from a callback whether it should stop between two frames.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from framegate.render.camera import Stage, path_of
from framegate.render.colour import planes_of
from framegate.render.depth import Depth, depth_of
from framegate.render.encode import Encoder, encoder, threads
from framegate.render.order import FRAMES_PER_S, Progress, Rendered, RenderOrder
from framegate.render.picture import Box, Picture, read_picture
from framegate.render.prompt import Shot, frame_spans, shots_in
from framegate.render.warp import Source, Warp, source_of, warp_of
from framegate.render.weather import Weather, weather_of
from framegate.render.words import Layer, Move

_PICTURE_ONLY = Box()

_CLOSER = (0.62, 0.82, 0.56, 0.74, 0.9)
"""How much of the picture the second to the sixth shot sees. A cut needs a clear change of size,
or it looks like a fault."""


class Stopped(Exception):
    """The render was told to stop, and did so between two frames."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One shot, ready to be drawn."""

    source: Source
    warp: Warp
    weather: Weather
    frames: range


def make(
    order: RenderOrder,
    *,
    on_progress: Callable[[Progress], None],
    is_stopped: Callable[[], bool],
) -> Rendered:
    """Make the clip.

    raises   RenderFailed for a picture that cannot be read; Stopped when told to stop. Either
             way what lies at `order.video` is not a video.
    """
    total = order.frames
    cv2.setNumThreads(threads())

    def tell(stage: str, frames_done: int = 0) -> None:
        if is_stopped():
            raise Stopped
        on_progress(Progress(stage=stage, frames_done=frames_done, frames_total=total))

    tell("reading")
    picture = read_picture(order.picture, order.resolution)
    shots = shots_in(order.prompt)
    tell("depth")
    whole = depth_of(picture.rgb(_PICTURE_ONLY))
    with encoder(
        order.video,
        width=picture.width,
        height=picture.height,
        metadata=_metadata(order, shots),
    ) as opened:
        for number, (shot, span) in enumerate(zip(shots, frame_spans(shots, total), strict=True)):
            scene = _scene(number, shot, span, picture=picture, whole=whole, seed=order.seed)
            _shoot(scene, opened, tell)
        tell("finishing", total)
    return Rendered(
        width=picture.width,
        height=picture.height,
        frames=opened.frames,
        duration_ms=opened.frames * 1_000 // FRAMES_PER_S,
    )


def _scene(
    number: int, shot: Shot, span: range, *, picture: Picture, whole: Depth, seed: int
) -> Scene:
    box = _framing(number, whole)
    rgb = picture.rgb(box)
    depth = whole if box == _PICTURE_ONLY else depth_of(rgb)
    stage = Stage(
        width=picture.width,
        height=picture.height,
        frames=len(span),
        strength=shot.strength_permille / 1_000,
        depth=depth,
        seed=seed + number,
    )
    is_ambient = Move.STATIC not in shot.moves
    path = path_of(shot.moves, stage)
    warp = warp_of(stage, path, shot.layers, is_ambient=is_ambient)
    weather = weather_of(shot.layers, stage, path)
    return Scene(source=source_of(planes_of(rgb)), warp=warp, weather=weather, frames=span)


def _shoot(scene: Scene, opened: Encoder, tell: Callable[[str, int], None]) -> None:
    for frame in scene.frames:
        tell("rendering", frame)
        canvas, planes = opened.canvas()
        at = frame - scene.frames.start
        scene.warp.draw(at, scene.source, planes)
        scene.weather.draw(at, planes)
        opened.put(canvas)


def _framing(number: int, whole: Depth) -> Box:
    """Which part of the picture a shot sees.

    The first sees all of it, the others the subject and alternating sides of it, so that each
    cut shows something else.
    """
    if number == 0:
        return _PICTURE_ONLY
    size = _CLOSER[(number - 1) % len(_CLOSER)]
    lean = 0.0 if number == 1 else (-0.5 if number % 2 == 0 else 0.5)
    left = _placed((whole.focus_x + lean + 1) / 2, size)
    top = _placed((whole.focus_y + 1) / 2, size)
    return Box(left=left, top=top, right=left + size, bottom=top + size)


def _placed(middle: float, size: float) -> float:
    return min(max(middle - size / 2, 0.0), 1.0 - size)


def _metadata(order: RenderOrder, shots: tuple[Shot, ...]) -> dict[str, str]:
    made = {
        "prompt": order.prompt,
        "resolution": order.resolution,
        "duration": order.duration_s,
        "seed": order.seed,
        "shots": [_said(shot) for shot in shots],
    }
    metadata = {"description": json.dumps(made, ensure_ascii=False)}
    if order.comment:
        metadata["comment"] = order.comment
    return metadata


def _said(shot: Shot) -> dict[str, object]:
    layers = [layer.value for layer in Layer if layer in shot.layers]
    return {
        "moves": [move.value for move in shot.moves],
        "layers": layers,
        "strength": shot.strength_permille / 1_000,
    }
