"""Draw the README's picture: `.venv/bin/python tools/draw_result.py`.

A sample picture, an arrow, and four frames of the video that the embedded renderer makes of it:
nothing is retouched. Draw it again when the renderer or the sample changes.
"""

import asyncio
import tempfile
from pathlib import Path

import av
from PIL import Image, ImageDraw

from framegate import samples
from framegate.render.process import RenderOrder, render

TO = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "result.jpg"
SAMPLE = "balloon"
PROMPT = "The camera pushes in fast and dramatically, petals fall, clouds drift"
SECONDS = 4
SEED = 7
MOMENTS = (0.25, 0.5, 0.75, 1.0)
"""Of the video's length; at 0 it is the sample itself."""

BYTES_MAX = 105_000
QUALITIES = range(92, 40, -2)

# Twice the size at which a page shows them. The band is dark, so that it looks the same on a
# light and on a dark page.
SIDE_PX, GAP_PX, MARGIN_PX, ARROW_PX = 360, 12, 28, 84
BAND, LINE = "#15171c", "#8b93a3"
FINER = 4
"""Pillow's lines have steps: the arrow is drawn larger and made smaller."""


def main() -> None:
    """Render, compose, write."""
    with tempfile.TemporaryDirectory() as folder:
        sample, video = Path(folder) / "sample.jpg", Path(folder) / "video.mp4"
        sample.write_bytes(samples.data(SAMPLE))
        order = RenderOrder(
            picture=sample,
            prompt=PROMPT,
            resolution="720p",
            duration_s=SECONDS,
            seed=SEED,
            video=video,
        )
        asyncio.run(render(order, on_progress=lambda _: None))
        with Image.open(sample) as picture:
            strip = composed(picture.convert("RGB"), frames(video, order.frames))
    print(f"{TO}: {write(strip, TO)} bytes")


def frames(video: Path, count: int) -> list[Image.Image]:
    """The pictures of the video at MOMENTS."""
    wanted = [round(moment * (count - 1)) for moment in MOMENTS]
    with av.open(video) as container:
        shown = container.decode(video=0)
        return [
            Image.fromarray(frame.to_ndarray(format="rgb24"))
            for number, frame in enumerate(shown)
            if number in wanted
        ]


def composed(sample: Image.Image, pictures: list[Image.Image]) -> Image.Image:
    """One wide band: the sample, the arrow, the frames."""
    count = len(pictures)
    width = 2 * MARGIN_PX + (1 + count) * SIDE_PX + (count - 1) * GAP_PX + ARROW_PX
    strip = Image.new("RGB", (width, SIDE_PX + 2 * MARGIN_PX), BAND)
    strip.paste(fitted(sample), (MARGIN_PX, MARGIN_PX))
    left = MARGIN_PX + SIDE_PX
    strip.paste(arrow(), (left, MARGIN_PX))
    left += ARROW_PX
    for picture in pictures:
        strip.paste(fitted(picture), (left, MARGIN_PX))
        left += SIDE_PX + GAP_PX
    return strip


def fitted(picture: Image.Image) -> Image.Image:
    """The picture as a square of SIDE_PX."""
    return picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)


def arrow() -> Image.Image:
    """A chevron in the middle of the space between the sample and the frames."""
    width, height = ARROW_PX * FINER, SIDE_PX * FINER
    drawn = Image.new("RGB", (width, height), BAND)
    x, y, reach = width // 2, height // 2, 14 * FINER
    points = [(x - reach // 2, y - reach), (x + reach // 2, y), (x - reach // 2, y + reach)]
    ImageDraw.Draw(drawn).line(points, fill=LINE, width=5 * FINER, joint="curve")
    return drawn.resize((ARROW_PX, SIDE_PX), Image.Resampling.LANCZOS)


def write(picture: Image.Image, to: Path) -> int:
    """Write the JPEG at the best quality that keeps it small; its length in bytes."""
    to.parent.mkdir(parents=True, exist_ok=True)
    for quality in QUALITIES:
        picture.save(to, "JPEG", quality=quality, optimize=True, progressive=True)
        if to.stat().st_size <= BYTES_MAX:
            return to.stat().st_size
    raise SystemExit(f"{to} is larger than {BYTES_MAX} bytes at every quality")


if __name__ == "__main__":
    main()
