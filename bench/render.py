"""How fast the renderer is, beside the bare encoder fed with the very same frames.

Run `python bench/render.py`; it needs no file and no network. Both sides run in this process, in
turns, so that a busy machine slows them alike: read the ratio, not the frames a second.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from framegate.render.camera import Stage, path_of
from framegate.render.colour import Planes, planes_of
from framegate.render.depth import depth_of
from framegate.render.encode import encoder, threads
from framegate.render.film import Scene
from framegate.render.picture import Box, read_picture
from framegate.render.prompt import shots_in
from framegate.render.warp import source_of, warp_of
from framegate.render.weather import weather_of

PROMPTS = (
    "push in",
    "orbit, clouds, water",
    "push in, snowing",
    "push in, rain",
    "push in, fog",
    "petals falling",
    "bokeh",
)


def drawn_picture(path: Path) -> None:
    """Hills, sky and grain: detail at every scale, which is what an encoder works for."""
    random, high, wide = np.random.default_rng(1), 1_440, 2_560
    picture = np.zeros((high, wide), np.float32)
    for cells in (4, 12, 40, 160, 640):
        grain = random.uniform(0, 1, (cells, cells * 2)).astype(np.float32)
        picture += cv2.resize(grain, (wide, high), interpolation=cv2.INTER_CUBIC) / cells**0.6
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    tint = np.stack([picture * 230, picture * 200 + 20, 60 + 150 * picture], axis=-1)
    Image.fromarray(tint.astype(np.uint8)).save(path, quality=92)


def rendered(scene: Scene, video: Path, kept: list[Planes]) -> float:
    """Seconds to draw and encode; the frames are kept for the encoder's own turn."""
    kept.clear()
    spent = 0.0
    begun = time.perf_counter()
    high, wide = scene.source.planes.luma.shape
    with encoder(video, width=wide, height=high, metadata={}) as opened:
        for frame in scene.frames:
            canvas, planes = opened.canvas()
            scene.warp.draw(frame, scene.source, planes)
            scene.weather.draw(frame, planes)
            copying = time.perf_counter()
            copy = Planes(luma=planes.luma.copy(), blue=planes.blue.copy(), red=planes.red.copy())
            kept.append(copy)
            spent += time.perf_counter() - copying
            opened.put(canvas)
    return time.perf_counter() - begun - spent


def encoded(kept: list[Planes], video: Path) -> float:
    high, wide = kept[0].luma.shape
    spent = 0.0
    begun = time.perf_counter()
    with encoder(video, width=wide, height=high, metadata={}) as opened:
        for planes in kept:
            canvas, target = opened.canvas()
            copying = time.perf_counter()
            target.luma[:], target.blue[:], target.red[:] = planes.luma, planes.blue, planes.red
            spent += time.perf_counter() - copying
            opened.put(canvas)
    return time.perf_counter() - begun - spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    asked = parser.parse_args()
    cv2.setNumThreads(threads())
    print(
        f"{'size':7}{'prompt':24}{'render fps':>11}{'encoder fps':>13}{'ratio':>7}{'ready ms':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        path, video = Path(folder) / "picture.jpg", Path(folder) / "video.mp4"
        drawn_picture(path)
        for resolution in ("720p", "1080p"):
            for prompt in PROMPTS:
                begun = time.perf_counter()
                scene = prepared(path, resolution, prompt, asked.seconds * 24)
                ready_ms = (time.perf_counter() - begun) * 1_000
                kept: list[Planes] = []
                pairs = [
                    (rendered(scene, video, kept), encoded(kept, video))
                    for _ in range(asked.rounds)
                ]
                ours = statistics.median(pair[0] for pair in pairs) / len(kept)
                bare = statistics.median(pair[1] for pair in pairs) / len(kept)
                ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
                row = f"{resolution:7}{prompt:24}{1 / ours:11.0f}{1 / bare:13.0f}"
                print(f"{row}{ratio:7.2f}{ready_ms:10.0f}", flush=True)


def prepared(path: Path, resolution: str, prompt: str, frames: int) -> Scene:
    picture = read_picture(path, resolution)
    rgb = picture.rgb(Box())
    shot = shots_in(prompt)[0]
    stage = Stage(
        width=picture.width,
        height=picture.height,
        frames=frames,
        strength=shot.strength_permille / 1_000,
        depth=depth_of(rgb),
        seed=1,
    )
    path = path_of(shot.moves, stage)
    warp = warp_of(stage, path, shot.layers)
    weather = weather_of(shot.layers, stage, path)
    return Scene(source=source_of(planes_of(rgb)), warp=warp, weather=weather, frames=range(frames))


if __name__ == "__main__":
    main()
