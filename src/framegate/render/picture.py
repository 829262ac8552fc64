"""The first frame, from a file's bytes to upright RGB at the size the clip needs.

`film` calls it inside the render child, where a decoder may crash, hang or starve without harm.
It judges again what the caller has judged, by content, and knows no prompt and no motion.
"""

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, JpegImagePlugin

from framegate.errors import RenderFailed

SHORT_SIDE_PX = {"720p": 720, "1080p": 1080}

PIXELS_MAX = 60_000_000
"""Promise 18: judged from the header, before one pixel is decoded."""

SPARE = 1.5
"""How much larger than the clip the picture is kept, so that the closer framings of later shots
are cut from real pixels."""

_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A part of the picture in shares of its width and height; the default is all of it."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The decoded picture and the size of the clip made from it."""

    image: Image.Image
    width: int
    height: int

    def rgb(self, box: Box) -> NDArray[np.uint8]:
        """That part of the picture at the clip's size, height x width x 3."""
        wide, high = self.image.size
        part = (box.left * wide, box.top * high, box.right * wide, box.bottom * high)
        fitted = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS, box=part)
        return np.asarray(fitted)


def frame_size(picture_width: int, picture_height: int, short_side: int) -> tuple[int, int]:
    """The clip's width and height: the picture's own ratio, the short side given, both even.

    source   the API page: the first frame decides the ratio, `aspect_ratio` only prices
    """
    if picture_width >= picture_height:
        return 2 * round(short_side * picture_width / picture_height / 2), short_side
    return short_side, 2 * round(short_side * picture_height / picture_width / 2)


def read_picture(path: Path, resolution: str) -> Picture:
    """Decode the file for a clip of that resolution.

    raises   RenderFailed with rule 27's sentence; whatever a decoder raises is one of those,
             since Pillow answers broken files with OSError, SyntaxError, ValueError and more
    """
    short_side = SHORT_SIDE_PX[resolution]
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as opened:
            _judge(opened)
            # Taken before a draft: its rounding must not change the ratio by a row of pixels.
            wide, high = opened.size
            turn = _orientation(opened)
            profile = opened.info.get("icc_profile")
            image = _upright(_fitted(opened, round(short_side * SPARE)), turn)
    except RenderFailed:
        raise
    except MemoryError as exc:
        raise RenderFailed("image needs more memory than a render may use") from exc
    except Exception as exc:
        raise RenderFailed("image is not readable") from exc
    if turn in _SIDEWAYS:
        wide, high = high, wide
    width, height = frame_size(wide, high, short_side)
    return Picture(image=_in_srgb(image, profile), width=width, height=height)


def _judge(opened: Image.Image) -> None:
    wide, high = opened.size
    if wide * high > PIXELS_MAX:
        # Rounded up: "at most 60; got 60.0" would help nobody.
        megapixels = math.ceil(wide * high / 100_000) / 10
        limit = PIXELS_MAX // 1_000_000
        raise RenderFailed(f"image must be at most {limit} megapixels; got {megapixels:.1f}")


def _orientation(opened: Image.Image) -> int:
    try:
        value = opened.getexif().get(ExifTags.Base.Orientation, 1)
    # A picture with broken EXIF is still a picture; every viewer shows it unturned.
    except Exception:  # noqa: BLE001
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


def _fitted(opened: Image.Image, short_side: int) -> Image.Image:
    """RGB over black, about `short_side` or smaller, never the full size for longer than needed."""
    wide, high = opened.size
    if isinstance(opened, JpegImagePlugin.JpegImageFile):
        # The decoder itself halves, which spares three quarters of time and memory a step.
        share = short_side / min(wide, high)
        opened.draft(None, (round(wide * share), round(high * share)))
    opened.load()
    image = _eight_bit(opened)
    steps = min(image.size) // short_side
    if steps > 1:
        image = image.reduce(steps)
    if image.mode == "RGBa":
        # Premultiplied colour is colour over black already; the alpha has done its work.
        return Image.merge("RGB", image.split()[:3])
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bit(opened: Image.Image) -> Image.Image:
    if opened.mode.startswith(("I", "F")):
        # Pillow clips 16-bit grey at 255 where it should scale, so we scale.
        samples: NDArray[Any] = np.asarray(opened)
        return Image.fromarray((np.clip(samples, 0, 65_535) // 257).astype(np.uint8))
    if opened.has_transparency_data:
        return opened.convert("RGBA").convert("RGBa")
    if opened.mode in {"P", "1", "LA", "PA"}:
        return opened.convert("RGB")
    return opened


def _upright(image: Image.Image, turn: int) -> Image.Image:
    for step in _TURNS.get(turn, ()):
        image = image.transpose(step)
    return image


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The picture as a browser shows it: phones and cameras save in wider colour spaces."""
    if not isinstance(profile, bytes):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return image
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    # A profile that cannot be used is ignored, as viewers do; the picture itself is fine.
    except Exception:  # noqa: BLE001
        return image
    return image if converted is None else converted
