"""Pictures for tests, drawn: smooth shapes with some edges, small as files, any size."""

import io

import numpy as np
from PIL import Image


def picture(width: int, height: int, *, file_format: str = "JPEG") -> bytes:
    """Hills under a sun, as a file: something for depth, motion and an encoder to find."""
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    down, across = down / height, across / width
    hill = (down > 0.6 + 0.1 * np.sin(across * 9)).astype(np.float32)
    sun = ((across - 0.7) ** 2 + (down - 0.3) ** 2 < 0.01).astype(np.float32)
    sky = 1 - down
    layers = [120 + 100 * sun - 80 * hill, 90 + 110 * sky * (1 - hill), 60 + 180 * sky]
    pixels = np.clip(np.stack(layers, axis=-1), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(
        file, file_format, **({"quality": 92} if file_format == "JPEG" else {})
    )
    return file.getvalue()
