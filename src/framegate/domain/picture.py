"""What a first frame must be: its format by content, its bytes, its pixels, its ratio.

The embedded renderer and the picture upload ask it before anything is decoded. It reads
headers with its own few lines instead of Pillow: a decoder opened on a stranger's bytes unpacks
profiles and texts, warns about large pictures with its own limits, and fails in its own words,
while the limits here need only two numbers that stand at fixed places. Whether the pixels decode
is found out later, in a child process. Turning by EXIF changes no verdict (every limit is the same
for both sides), so the sizes here are those of the stored picture, before any turning.

source  contract rule 27, promise 18
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from framegate.domain.picture_kind import kind_of
from framegate.errors import PictureRefused

MEGABYTE = 1024**2
PICTURE_BYTES_MAX = 50 * MEGABYTE
PICTURE_SIDE_PX_MIN = 300
PICTURE_PIXELS_MAX = 60_000_000
JPEG_STEPS_MAX = 4_096
"""Segments and stray marks before the size; segments of full length alone would be 256 MB."""
# The longer side may be at most 5/2 of the shorter one; both ends are included.
PICTURE_RATIO_MAX_NUMERATOR, PICTURE_RATIO_MAX_DENOMINATOR = 5, 2

NOT_READABLE = "image is not readable"
NOT_FETCHED = "image could not be fetched"
TOO_LARGE_UNCOUNTED = "image must be at most 50 MB; got more"
"""For a picture whose reading was stopped at the limit: nobody knows how long it is."""


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """A picture that passed: width and height in pixels, as stored."""

    format: Literal["jpeg", "png"]
    width: int
    height: int
    bytes_count: int


def judge(data: bytes, *, bytes_count: int | None = None) -> PictureFacts:
    """The facts of a picture that keeps every rule; nothing is decoded.

    data         the whole file, or its beginning: 33 bytes tell a PNG, a JPEG may carry megabytes
                 of profiles and thumbnails before its size, so pass it whole (or memory-mapped)
    bytes_count  the length of the whole file when `data` is only its beginning
    raises       PictureRefused with the sentence of the first rule that is broken
    """
    size = len(data) if bytes_count is None else bytes_count
    if not data:
        raise PictureRefused(NOT_READABLE)
    kind = kind_of(data)
    if kind not in ("jpeg", "png"):
        raise PictureRefused(f"image format must be jpg, jpeg or png; got {kind}")
    if size > PICTURE_BYTES_MAX:
        raise too_large(size)
    sides = _png_sides(data) if kind == "png" else _jpeg_sides(data)
    if sides is None or not all(sides):
        raise PictureRefused(NOT_READABLE)
    width, height = sides
    _check_sides(width, height)
    return PictureFacts(
        format="png" if kind == "png" else "jpeg", width=width, height=height, bytes_count=size
    )


def too_large(bytes_count: int) -> PictureRefused:
    """The refusal of a file beyond PICTURE_BYTES_MAX, for those who stop reading there."""
    tenths = _divided_up(bytes_count * 10, MEGABYTE)
    return PictureRefused(
        f"image must be at most {PICTURE_BYTES_MAX // MEGABYTE} MB; got {_with_tenths(tenths)} MB"
    )


def _check_sides(width: int, height: int) -> None:
    if min(width, height) < PICTURE_SIDE_PX_MIN:
        raise PictureRefused(
            f"image width and height must each be at least {PICTURE_SIDE_PX_MIN} px;"
            f" got {width}x{height}"
        )
    longer, shorter = max(width, height), min(width, height)
    if longer * PICTURE_RATIO_MAX_DENOMINATOR > shorter * PICTURE_RATIO_MAX_NUMERATOR:
        raise PictureRefused(
            f"image aspect ratio must be from 1:2.5 to 2.5:1; got {_ratio(width, height)}"
        )
    if width * height > PICTURE_PIXELS_MAX:
        tenths = _divided_up(width * height, 100_000)
        raise PictureRefused(f"image must be at most 60 megapixels; got {_with_tenths(tenths)}")


# What is shown is rounded up, away from the limit: "at most 50 MB; got 50.0 MB" would help nobody.


def _ratio(width: int, height: int) -> str:
    hundredths = _divided_up(max(width, height) * 100, min(width, height))
    longer = f"{hundredths // 100}.{hundredths % 100:02}"
    return f"{longer}:1" if width > height else f"1:{longer}"


def _with_tenths(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _divided_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


# --- headers ----------------------------------------------------------------------------------

_PNG_HEADER_BYTES = 33
_PNG_FIRST_CHUNK = b"\x00\x00\x00\rIHDR"


def _png_sides(data: bytes) -> tuple[int, int] | None:
    """Width and height from IHDR, which must be the first chunk (PNG, third edition, 11.2.1)."""
    if len(data) < _PNG_HEADER_BYTES or data[8:16] != _PNG_FIRST_CHUNK:
        return None
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    # PNG's own bound; a larger number is a damaged header, not a large picture.
    return (width, height) if max(width, height) < 2**31 else None


# Markers that begin a frame (SOF0 to SOF15) and so hold its size; three numbers of the row mean
# something else: DHT, JPG and DAC (ITU-T T.81, table B.1).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM and RST carry no length.
_JPEG_FILL = frozenset({0x00, 0xFF})  # A stuffed or a fill byte: no marker begins here.
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_FRAME_HEADER_BYTES = 8  # its length field, precision, height, width, component count


def _jpeg_sides(data: bytes) -> tuple[int, int] | None:
    """Width and height from the first frame header. A height of 0 (DNL) counts as unreadable."""
    for marker, at in _jpeg_segments(data):
        if marker in (_JPEG_SCAN, _JPEG_END):
            return None
        if marker in _JPEG_FRAMES:
            header = data[at : at + _JPEG_FRAME_HEADER_BYTES]
            if len(header) < _JPEG_FRAME_HEADER_BYTES:
                return None
            return int.from_bytes(header[5:7], "big"), int.from_bytes(header[3:5], "big")
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker with the offset of its length field, JPEG_STEPS_MAX at most.

    Between segments any number of stray or fill bytes is skipped, as libjpeg does.
    """
    at = 2
    for _ in range(JPEG_STEPS_MAX):
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            return
        marker = data[at + 1]
        if marker in _JPEG_FILL:
            at += 1
            continue
        at += 2
        if marker in _JPEG_BARE:
            continue
        yield marker, at
        at += max(int.from_bytes(data[at : at + 2], "big"), 2)
