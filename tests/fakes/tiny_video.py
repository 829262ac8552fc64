"""The smallest honest MP4: what fakes hand out where any video will do."""

import io
from functools import cache

import av
import numpy as np

SIDE = 64
FRAMES = 24


@cache
def tiny_video() -> bytes:
    """One second of grey, 64x64, H.264."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        grey = np.full((SIDE, SIDE, 3), 128, np.uint8)
        for _ in range(FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()
