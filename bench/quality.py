"""How good the renderer's clips are: one row a move or layer, all figures side by side.

Run `python bench/quality.py`; it needs no file and no network and takes a few minutes. Every clip
is made and decoded as a player would see it. Each figure alone misleads: a still picture has no
jitter, noise is sharp, so read a row as a whole, and look at the frames with `--sheets FOLDER`.

    psnr, ssim  frame 0 against the picture as it was decoded and resized; the worst picture
    jitter      rms deviation of tracked points from a smooth path, px; the median picture
    flow        mean optical flow, px a frame; the median picture
    border      the most of any frame that was looked up beyond the picture, percent; the worst
    sharp       Laplacian variance of the last frames over the first one's; the median picture
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framegate import samples
from framegate.render.camera import Stage, path_of
from framegate.render.colour import planes_of
from framegate.render.depth import depth_of
from framegate.render.encode import encoder, threads
from framegate.render.film import make
from framegate.render.order import RenderOrder
from framegate.render.picture import Box, read_picture
from framegate.render.prompt import shots_in
from framegate.render.warp import CELL_PX, Warp, warp_of

Pixels = NDArray[Any]

MOVES = {
    "push": "push in",
    "pull": "pull back",
    "pan left": "pan left",
    "pan right": "pan right",
    "tilt up": "tilt up",
    "tilt down": "tilt down",
    "truck left": "camera moves left",
    "truck right": "camera moves right",
    "rise": "crane up",
    "sink": "crane down",
    "orbit left": "orbit left",
    "orbit right": "orbit",
    "dolly zoom": "dolly zoom",
    "handheld": "handheld",
    "static": "static shot",
    "no words": "",
    "flow": "static shot, clouds, water, wind",
}
LAYERS = {
    "fog": "push in, fog",
    "bokeh": "push in, bokeh",
    "snow": "push in, snowing",
    "rain": "push in, rain",
    "petals": "pan left, petals falling",
    "flicker": "push in, flickering candles",
}
FALLING = {"bokeh", "snow", "rain", "petals"}
"""What hides the points that jitter is read from; their rows have none."""

LAYER_PICTURES = 4
"""Weather is measured on every second picture or so: it does not ask what lies behind it."""

SHEET_FRAMES = 6
POINTS_MAX = 40
SMOOTH_FRAMES = 13
HEAD = f"{'720p':24}   psnr    ssim   jitter    flow   border   sharp  clips"
PEER = "peer: whole-pixel zoom"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one clip showed; `jitter_px` is nan where falling things hide the points."""

    psnr_db: float
    ssim: float
    jitter_px: float
    flow_px: float
    border_percent: float
    sharp: float


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One decoded clip: every frame's luma, and a few frames in colour."""

    luma: list[Pixels]
    first: Pixels
    sheet: list[Pixels]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--sheets", type=Path, help="a folder for contact sheets")
    parser.add_argument("--pictures", type=Path, help="a folder of JPEGs to use instead")
    parser.add_argument("--only", help="comma-separated names of rows")
    asked = parser.parse_args()
    cv2.setNumThreads(threads())
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        paths = [*_pictures(Path(folder), asked.pictures)]
        for name, prompt in (MOVES | LAYERS).items():
            if asked.only is None or name in asked.only.split(","):
                chosen = paths if name in MOVES else paths[:: max(len(paths) // LAYER_PICTURES, 1)]
                _report(name, prompt, chosen, asked)
        if asked.only is None:
            rows = [_peer(path, Path(folder) / "peer.mp4", asked.seconds * 24) for path in paths]
            _print(PEER, rows)


def _report(name: str, prompt: str, paths: list[Path], asked: argparse.Namespace) -> None:
    rows, sheet = [], []
    for path in paths:
        row, clip = _measured(name, prompt, path, asked.seconds)
        rows.append(row)
        sheet.append(clip.sheet)
    _print(name, rows)
    if asked.sheets:
        asked.sheets.mkdir(parents=True, exist_ok=True)
        _save_sheet(sheet, asked.sheets / f"{name.replace(' ', '-')}.jpg")


def _print(name: str, rows: list[Row]) -> None:
    def median(value: Callable[[Row], float]) -> float:
        return statistics.median(value(row) for row in rows)

    print(
        f"{name:24}"
        f"{min(row.psnr_db for row in rows):7.1f}"
        f"{min(row.ssim for row in rows):8.4f}"
        f"{median(lambda row: row.jitter_px):9.4f}"
        f"{median(lambda row: row.flow_px):8.2f}"
        f"{max(row.border_percent for row in rows):8.2f}%"
        f"{median(lambda row: row.sharp):8.2f}"
        f"{len(rows):7}",
        flush=True,
    )


# The pictures.


def _pictures(folder: Path, given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield from sorted(given.glob("*.jpg"))
        return
    yield from sorted(Path(samples.__file__).parent.glob("*.jpg"))
    for name, size in (("portrait", (900, 1600)), ("wide", (1920, 800)), ("tall", (720, 1800))):
        drawn = _portrait(*size) if name == "portrait" else _street(*size)
        path = folder / f"{name}.jpg"
        Image.fromarray(drawn).save(path, quality=95)
        yield path


def _portrait(width: int, height: int) -> Pixels:
    """A head and shoulders before soft lights: close, sharp in the middle, blurred around it."""
    random = np.random.default_rng(2)
    picture: Pixels = np.full((height, width, 3), (52, 44, 60), np.uint8)
    for x, y, tint in random.uniform(0, 1, (60, 3)):
        colour = (120 + 100 * tint, 90 + 60 * tint, 150 - 90 * tint)
        cv2.circle(picture, (round(x * width), round(y * height)), width // 18, colour, -1)
    picture = cv2.GaussianBlur(picture, (0, 0), width / 50)
    x, y = width // 2, height * 2 // 5
    cv2.ellipse(picture, ((x, height), (width, height * 2 // 3), 0), (60, 70, 110), -1)
    cv2.ellipse(picture, ((x, y), (width // 2, y), 0), (205, 160, 135), -1)
    for side in (-1, 1):
        eye = (x + side * width // 10, y - height // 30)
        cv2.circle(picture, eye, width // 40, (40, 30, 30), -1)
    return _grained(picture, random)


def _street(width: int, height: int) -> Pixels:
    """Straight lines on walls before a sky: whatever bends shows here."""
    random = np.random.default_rng(3)
    ramp = np.linspace(0, 1, height)[:, None, None]
    picture: Pixels = np.broadcast_to(
        200 - 60 * ramp + np.array([0, 15, 40]) * ramp, (height, width, 3)
    )
    picture = picture.astype(np.uint8).copy()
    left = 0
    while left < width:
        wide, high = random.integers(width // 12, width // 5), random.uniform(0.3, 0.75)
        shade = int(random.integers(60, 130))
        top = round(height * (1 - high))
        cv2.rectangle(
            picture, (left, top), (left + int(wide), height), (shade, shade - 10, shade - 25), -1
        )
        for row in range(top + 20, height, 40):
            for column in range(left + 12, left + int(wide) - 16, 32):
                window = (240, 220, 150) if random.uniform() < 0.4 else (30, 34, 44)
                cv2.rectangle(picture, (column, row), (column + 14, row + 22), window, -1)
        left += int(wide)
    return _grained(picture, random)


def _grained(picture: Pixels, random: np.random.Generator) -> Pixels:
    grain = random.normal(0, 4, (*picture.shape[:2], 1))
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


# One clip, and what it shows.


def _measured(name: str, prompt: str, path: Path, seconds: int) -> tuple[Row, Clip]:
    with tempfile.TemporaryDirectory() as folder:
        order = RenderOrder(
            picture=path,
            prompt=prompt,
            resolution="720p",
            duration_s=seconds,
            seed=1,
            video=Path(folder) / "video.mp4",
        )
        make(order, on_progress=lambda _: None, is_stopped=lambda: False)
        clip = _decoded(order.video)
    picture = read_picture(path, "720p").rgb(Box())
    jitter_px = float("nan") if name in FALLING else jitter_of(clip.luma)
    return _row(clip, picture, jitter_px, border_of(_warp(picture, prompt, len(clip.luma)))), clip


def _row(clip: Clip, picture: Pixels, jitter_px: float, border_percent: float) -> Row:
    return Row(
        psnr_db=psnr_of(clip.first, picture),
        ssim=ssim_of(clip.luma[0], planes_of(picture).luma),
        jitter_px=jitter_px,
        flow_px=flow_of(clip.luma),
        border_percent=border_percent,
        sharp=statistics.fmean(_detail(frame) for frame in clip.luma[-6:]) / _detail(clip.luma[0]),
    )


def _decoded(video: Path) -> Clip:
    luma: list[Pixels] = []
    colour: list[Pixels] = []
    with av.open(str(video)) as container:
        frames = container.streams.video[0].frames
        wanted = np.linspace(0, frames - 1, SHEET_FRAMES).round().astype(int)
        for number, frame in enumerate(container.decode(video=0)):
            luma.append(frame.to_ndarray()[: frame.height].copy())
            if number in wanted:
                colour.append(frame.to_ndarray(format="rgb24"))
    return Clip(luma=luma, first=colour[0], sheet=colour)


def _warp(picture: Pixels, prompt: str, frames: int) -> Warp:
    shot = shots_in(prompt)[0]
    high, wide = picture.shape[:2]
    stage = Stage(
        width=wide,
        height=high,
        frames=frames,
        strength=shot.strength_permille / 1_000,
        depth=depth_of(picture),
        seed=1,
    )
    return warp_of(stage, path_of(shot.moves, stage), shot.layers)


def psnr_of(one: Pixels, other: Pixels) -> float:
    error = np.mean(np.square(one.astype(np.float32) - other.astype(np.float32)))
    return float(10 * np.log10(255**2 / max(float(error), 1e-6)))


def ssim_of(one: Pixels, other: Pixels) -> float:
    """Wang, Bovik, Sheikh and Simoncelli: a Gaussian window of 1.5 px, K1 0.01, K2 0.03."""
    a, b = one.astype(np.float32), other.astype(np.float32)

    def mean(values: Pixels) -> Pixels:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    both = mean(a * b) - mean_a * mean_b
    light, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_a * mean_b + light) * (2 * both + contrast)
    below = (mean_a**2 + mean_b**2 + light) * (spread_a + spread_b + contrast)
    return float(np.mean(above / below))


def jitter_of(luma: list[Pixels]) -> float:
    """The median point's rms distance from a cubic that is fitted to each half second of it."""
    places = _tracks(luma)
    if len(places) < SMOOTH_FRAMES or places.shape[1] == 0:
        return 0.0
    weights = _middle_of_a_cubic(SMOOTH_FRAMES)
    half = SMOOTH_FRAMES // 2
    smooth = np.apply_along_axis(np.convolve, 0, places, weights, mode="valid")
    away = places[half:-half] - smooth
    return float(np.median(np.sqrt(np.mean(np.square(away), axis=(0, 2)))))


def _tracks(luma: list[Pixels]) -> Pixels:
    """Where the points of frame 0 that are never lost lie in each frame: frames x points x 2."""
    points: Pixels | None = cv2.goodFeaturesToTrack(luma[0], POINTS_MAX, 0.02, 40, blockSize=15)
    if points is None:
        return np.zeros((len(luma), 0, 2), np.float32)
    places, kept = [points], np.ones(len(points), bool)
    for before, after in pairwise(luma):
        moved, found, _ = cv2.calcOpticalFlowPyrLK(
            before,
            after,
            places[-1],
            np.empty(0),
            winSize=(31, 31),
            criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-3),
        )
        kept &= found.ravel() == 1
        places.append(moved)
    return np.stack(places)[:, kept, 0]


def _middle_of_a_cubic(frames: int) -> Pixels:
    """Weights that give a fitted cubic's value in the middle (Savitzky and Golay)."""
    at = np.arange(frames) - frames // 2
    return np.asarray(np.linalg.pinv(np.vander(at, 4, increasing=True))[0])


def flow_of(luma: list[Pixels]) -> float:
    seen = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    step, sizes = 4, []
    for at in range(8, len(luma) - step, 10):
        before, after = (_halved(luma[frame]) for frame in (at, at + step))
        field = seen.calc(before, after, np.empty(0))
        sizes.append(float(np.hypot(field[..., 0], field[..., 1]).mean()) * 2 / step)
    return statistics.fmean(sizes)


def _halved(luma: Pixels) -> Pixels:
    return np.asarray(cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def border_of(warp: Warp) -> float:
    """The largest share of a frame, in percent, that lies beyond the picture's own pixels."""
    wide, high = warp.stage.width, warp.stage.height
    worst = 0.0
    for frame in range(0, warp.stage.frames, 6):
        x, y = (
            cv2.resize(grid, None, fx=CELL_PX, fy=CELL_PX)[
                CELL_PX : CELL_PX + high, CELL_PX : CELL_PX + wide
            ]
            for grid in warp.source_grid(frame)
        )
        # Up to half a pixel outside is still the outermost pixel.
        beyond = (x < -0.5) | (y < -0.5) | (x > wide - 0.5) | (y > high - 0.5)
        worst = max(worst, float(beyond.mean()) * 100)
    return worst


def _detail(luma: Pixels) -> float:
    return max(float(cv2.Laplacian(luma, cv2.CV_32F).var()), 1e-6)


def _peer(path: Path, video: Path, frames: int) -> Row:
    """The usual way: crop at whole pixels, enlarge, the same encoder."""
    picture = read_picture(path, "720p").rgb(Box())
    high, wide = picture.shape[:2]
    with encoder(video, width=wide, height=high, metadata={}) as opened:
        for frame in range(frames):
            inset = 0.07 * frame / frames
            left, top = round(wide * inset), round(high * inset)
            crop = picture[top : high - top, left : wide - left]
            seen = planes_of(np.asarray(cv2.resize(crop, (wide, high))))
            canvas, planes = opened.canvas()
            planes.luma[:], planes.blue[:], planes.red[:] = seen.luma, seen.blue, seen.red
            opened.put(canvas)
    clip = _decoded(video)
    return _row(clip, picture, jitter_of(clip.luma), 0.0)


def _save_sheet(rows: list[list[Pixels]], path: Path) -> None:
    """One picture a row, its frames from the first to the last."""
    sheet = []
    for frames in rows:
        thumbs = [cv2.resize(frame, _thumb_size(frame), interpolation=3) for frame in frames]
        sheet.append(np.concatenate(thumbs, axis=1))
    wide = max(row.shape[1] for row in sheet)
    padded = [np.pad(row, ((0, 4), (0, wide - row.shape[1]), (0, 0))) for row in sheet]
    Image.fromarray(np.concatenate(padded)).save(path, quality=88)


def _thumb_size(frame: Pixels) -> tuple[int, int]:
    high, wide = frame.shape[:2]
    scale = min(320 / wide, 320 / high)
    return round(wide * scale), round(high * scale)


if __name__ == "__main__":
    main()
