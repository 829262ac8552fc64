"""Frames in, H.264 in an MP4 out, tagged with the colours that it truly has.

`film` opens one encoder a clip and fills its frames in place. It knows no picture and no motion;
the settings here are what every browser and phone plays.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framegate.render.colour import Planes
from framegate.render.order import FRAMES_PER_S

THREADS_MAX = 8
"""More threads take memory and make no 1080p clip faster."""

KEYFRAME_EVERY = 2 * FRAMES_PER_S
"""A key frame every two seconds keeps a player's scrubbing quick."""

FIRST_FRAME_QUANTISER = 14
"""About 4 dB better than CRF 20 alone; only the first frame pays for it."""

_OPTIONS = {
    "preset": "veryfast",
    "crf": "20",
    "profile": "high",
    # The same bytes on every run, as long as the number of threads does not change: so no
    # macroblock tree, which beside B-frames and threads is not repeatable (decision 10).
    # The first frame is the caller's picture, so it alone is kept finer than the rest.
    "x264-params": (
        f"keyint={KEYFRAME_EVERY}:deterministic=1:sliced-threads=0:mbtree=0"
        f":zones=0,0,q={FIRST_FRAME_QUANTISER}"
    ),
}


class Encoder:
    """One open MP4. Take a canvas, fill it, put it; as often as the clip has frames."""

    def __init__(self, container: OutputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._frames = 0

    @property
    def frames(self) -> int:
        """How many frames were put."""
        return self._frames

    def canvas(self) -> tuple[VideoFrame, Planes]:
        """A fresh frame and its planes, to be written in place."""
        frame = VideoFrame(self._stream.width, self._stream.height, "yuv420p")
        frame.colorspace = Colorspace.ITU709
        frame.color_range = ColorRange.MPEG
        frame.color_primaries = ColorPrimaries.BT709
        frame.color_trc = ColorTrc.BT709
        luma, blue, red = (_pixels(plane) for plane in frame.planes)
        return frame, Planes(luma=luma, blue=blue, red=red)

    def put(self, frame: VideoFrame) -> None:
        """Encode one frame."""
        frame.pts = self._frames
        frame.time_base = Fraction(1, FRAMES_PER_S)
        self._frames += 1
        self._container.mux(self._stream.encode(frame))

    def flush(self) -> None:
        """Encode what the encoder still holds; afterwards only closing is left."""
        self._container.mux(self._stream.encode(None))


@contextmanager
def encoder(video: Path, *, width: int, height: int, metadata: dict[str, str]) -> Iterator[Encoder]:
    """Open an MP4 for writing; it is whole once the block is left without an error."""
    # The moov box goes first, so that a browser plays before it has everything.
    options = {"movflags": "+faststart"}
    with av.open(str(video), "w", format="mp4", options=options) as container:
        container.metadata.update(metadata)
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options=dict(_OPTIONS))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.thread_count = threads()
        context.colorspace = Colorspace.ITU709
        context.color_range = ColorRange.MPEG
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        opened = Encoder(container, stream)
        yield opened
        opened.flush()


def threads() -> int:
    """How many threads a clip is made with; fixed on one machine, so that bytes repeat."""
    return min(max(len(os.sched_getaffinity(0)), 2), THREADS_MAX) if _HAS_AFFINITY else 2


_HAS_AFFINITY = hasattr(os, "sched_getaffinity")


def _pixels(plane: VideoPlane) -> NDArray[np.uint8]:
    # The memory is the encoder's own frame, and the view is writable.
    rows: NDArray[np.uint8] = np.asarray(memoryview(plane)).view(np.uint8)
    padded = rows.reshape(-1, plane.line_size)
    return padded[: plane.height, : plane.width]
