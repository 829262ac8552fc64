import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from framegate.errors import RenderFailed
from framegate.render.picture import Box, frame_size, read_picture


def _saved(tmp_path, image, kind="PNG", **options):
    path = tmp_path / "picture"
    image.save(path, format=kind, **options)
    return path


@pytest.mark.parametrize(
    ("size", "short_side", "expected"),
    [
        ((1920, 1080), 720, (1280, 720)),
        ((1080, 1920), 1080, (1080, 1920)),
        ((300, 300), 720, (720, 720)),
        ((750, 300), 1080, (2700, 1080)),
        ((300, 750), 720, (720, 1800)),
        ((1001, 667), 720, (1080, 720)),
    ],
)
def test_the_picture_decides_the_ratio_and_both_sides_are_even(size, short_side, expected):
    assert frame_size(*size, short_side) == expected


def test_exif_turns_the_picture_upright(tmp_path):
    image = Image.new("RGB", (400, 300), "blue")
    image.paste("red", (0, 0, 400, 150))
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held upright: the file's top is the picture's right.

    picture = read_picture(_saved(tmp_path, image, "JPEG", exif=exif, quality=95), "720p")

    pixels = picture.rgb(Box())
    assert (picture.width, picture.height) == (720, 960)
    assert pixels[480, 700, 0] > 200
    assert pixels[480, 20, 2] > 200


def test_transparency_lies_over_black(tmp_path):
    image = Image.new("RGBA", (300, 300), (200, 100, 50, 128))

    pixels = read_picture(_saved(tmp_path, image), "720p").rgb(Box())

    assert np.abs(pixels[300, 300].astype(int) - (100, 50, 25)).max() <= 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "CMYK", "RGB"])
def test_every_mode_of_a_grey_picture_comes_out_the_same_grey(tmp_path, mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((300, 300), 255 * 257, np.uint16))
    else:
        image = Image.new("RGB", (300, 300), "white").convert(mode)
    path = _saved(tmp_path, image, "JPEG" if mode == "CMYK" else "PNG")

    pixels = read_picture(path, "720p").rgb(Box())

    assert pixels.shape == (720, 720, 3)
    assert pixels.min() >= 250


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path):
    image = Image.fromarray(np.full((300, 300), 128 * 257, np.uint16))

    assert read_picture(_saved(tmp_path, image), "720p").rgb(Box())[0, 0].tolist() == [128] * 3


def test_a_broken_colour_profile_is_ignored(tmp_path):
    image = Image.new("RGB", (300, 300), (10, 200, 30))

    path = _saved(tmp_path, image, icc_profile=b"not a profile")

    assert read_picture(path, "720p").rgb(Box())[0, 0].tolist() == [10, 200, 30]


def test_an_srgb_profile_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (300, 300), (10, 200, 30))

    pixels = read_picture(_saved(tmp_path, image, icc_profile=profile), "720p").rgb(Box())

    assert np.abs(pixels[0, 0].astype(int) - (10, 200, 30)).max() <= 1


def test_a_large_jpeg_is_decoded_small(tmp_path, landscape):
    path = _saved(tmp_path, landscape(400, 320).resize((6_000, 4_800)), "JPEG")

    picture = read_picture(path, "720p")

    assert (picture.width, picture.height) == (900, 720)
    assert min(picture.image.size) < 2 * 720 * 1.5


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_file_is_not_readable(tmp_path, landscape, kind, share):
    path = _saved(tmp_path, landscape(400, 320), kind)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    with pytest.raises(RenderFailed, match="image is not readable"):
        read_picture(path, "720p")


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP"])
def test_another_format_is_not_readable(tmp_path, kind):
    path = _saved(tmp_path, Image.new("RGB", (300, 300)), kind)

    with pytest.raises(RenderFailed, match="image is not readable"):
        read_picture(path, "720p")


def test_an_empty_file_is_not_readable(tmp_path):
    (tmp_path / "picture").write_bytes(b"")

    with pytest.raises(RenderFailed, match="image is not readable"):
        read_picture(tmp_path / "picture", "720p")


@pytest.mark.parametrize("side", [8_001, 100_000])
def test_a_header_beyond_the_limit_is_refused_before_decoding(tmp_path, side):
    path = tmp_path / "picture"
    path.write_bytes(_png_header(side, side))

    with pytest.raises(RenderFailed, match=r"at most 60 megapixels; got|not readable"):
        read_picture(path, "720p")


def test_a_picture_just_beyond_the_limit_is_not_said_to_have_sixty_megapixels(tmp_path):
    (tmp_path / "picture").write_bytes(_png_header(8_000, 7_501))

    with pytest.raises(RenderFailed, match=r"at most 60 megapixels; got 60\.1"):
        read_picture(tmp_path / "picture", "720p")


def _png_header(width, height):
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\x00" * 1_000)
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
