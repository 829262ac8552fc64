"""What a video file is, read with PyAV: for tests that look at what a client downloads."""

import io
from dataclasses import dataclass

import av
import numpy as np
from PIL import Image


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a file and its first video stream say of themselves."""

    size: tuple[int, int]
    frames: int
    seconds: float
    rate: int
    codec: str
    pixels: str
    colour: tuple[int, int, int]  # Primaries, transfer, matrix; 1 is BT.709.
    index_first: bool  # moov before mdat: a player can start before it has all.


def facts(video: bytes) -> Facts:
    """Read the whole file, decoding nothing, and say what it is."""
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        frames = sum(1 for _ in container.decode(stream))
        return Facts(
            size=(stream.width, stream.height),
            frames=frames,
            seconds=float(stream.duration * stream.time_base),
            rate=int(stream.average_rate),
            codec=f"{context.name} {context.profile}",
            pixels=context.pix_fmt,
            colour=(context.color_primaries, context.color_trc, context.colorspace),
            index_first=video.index(b"moov") < video.index(b"mdat"),
        )


def first_frame(video: bytes) -> np.ndarray:
    """Frame 0 as RGB."""
    with av.open(io.BytesIO(video)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def likeness_db(frame: np.ndarray, picture: bytes) -> float:
    """PSNR of a frame against a picture resized to it."""
    high, wide, _ = frame.shape
    opened = Image.open(io.BytesIO(picture)).convert("RGB")
    wanted = np.asarray(opened.resize((wide, high), Image.Resampling.LANCZOS), np.float64)
    noise = np.mean((frame - wanted) ** 2)
    return float(10 * np.log10(255**2 / noise))
