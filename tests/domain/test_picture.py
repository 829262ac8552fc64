import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framegate.domain import picture
from framegate.domain.picture import PICTURE_BYTES_MAX, PICTURE_PIXELS_MAX, PictureFacts, judge
from framegate.errors import PictureRefused

MEGABYTE = 1024**2


def drawn(width, height, kind="PNG", *, mode="RGB", **options):
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, kind, **options)
    return file.getvalue()


def png(width, height):
    """The header of a PNG of any size, without pixels."""
    header = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\r" + chunk + struct.pack(">I", zlib.crc32(chunk))


def segment(marker, content=b""):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(width, height, *, before=b"", frame=0xC0):
    """The beginning of a JPEG of any size, up to its frame header."""
    return (
        b"\xff\xd8" + before + segment(frame, struct.pack(">BHHB", 8, height, width, 3) + bytes(9))
    )


def refusal(data, **facts):
    with pytest.raises(PictureRefused) as caught:
        judge(data, **facts)
    return caught.value.message


# --- what passes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (drawn(640, 360, "JPEG"), "jpeg"),
        (drawn(640, 360, "JPEG", progressive=True), "jpeg"),
        (drawn(640, 360, "JPEG", mode="L"), "jpeg"),
        (drawn(640, 360, "JPEG", mode="CMYK"), "jpeg"),
        (drawn(640, 360, "JPEG", icc_profile=bytes(200_000), comment=b"\xff\xc0"), "jpeg"),
        (drawn(640, 360, "PNG"), "png"),
        (drawn(640, 360, "PNG", mode="RGBA"), "png"),
        (drawn(640, 360, "PNG", mode="1"), "png"),
        (drawn(640, 360, "PNG", mode="P"), "png"),
        (drawn(640, 360, "PNG", mode="I;16"), "png"),
    ],
)
def test_picture_that_pillow_wrote_is_read_as_it_is(data, expected):
    assert judge(data) == PictureFacts(
        format=expected, width=640, height=360, bytes_count=len(data)
    )


def test_picture_turned_by_exif_keeps_its_stored_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = judge(drawn(800, 400, "JPEG", exif=exif))
    assert (facts.width, facts.height) == (800, 400)


@pytest.mark.parametrize(
    "before",
    [
        b"",
        segment(0xE0, b"JFIF\0" + bytes(9)),
        segment(0xE1, b"Exif\0\0" + drawn(16, 16, "JPEG")[:60_000]),
        segment(0xC4, bytes(30)) + segment(0xCC, bytes(4)),
        segment(0xFE) + b"\xff\xff\xff" + segment(0xDB, bytes(65)),
        segment(0xE0) + b"stray\x00" + segment(0xFE),
        b"\xff\x01\xff\xd0",
        segment(0xE2, bytes(65_000)) * 40,
        segment(0xE0) * 4_095,
    ],
)
def test_jpeg_size_is_found_behind_whatever_stands_before_it(before):
    facts = judge(jpeg(640, 480, before=before))
    assert (facts.width, facts.height) == (640, 480)


@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCF])
def test_every_kind_of_jpeg_frame_holds_the_size(frame):
    assert judge(jpeg(640, 480, frame=frame)).width == 640


def test_beginning_of_a_file_is_enough_when_its_length_is_told():
    data = drawn(640, 360, "PNG")
    assert judge(data[:33], bytes_count=len(data)).bytes_count == len(data)


@pytest.mark.parametrize("make", [png, jpeg])
@pytest.mark.parametrize(
    ("width", "height"),
    [(300, 300), (750, 300), (300, 750), (2500, 1000), (1000, 2500), (7500, 8000), (12000, 5000)],
)
def test_sides_at_the_limits_pass(make, width, height):
    facts = judge(make(width, height))
    assert (facts.width, facts.height) == (width, height)


def test_largest_file_passes():
    assert judge(png(640, 480), bytes_count=PICTURE_BYTES_MAX).bytes_count == 50 * MEGABYTE


# --- what does not ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (drawn(640, 480, "WEBP"), "webp"),
        (drawn(640, 480, "GIF"), "gif"),
        (drawn(640, 480, "BMP"), "bmp"),
        (drawn(640, 480, "TIFF"), "tiff"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"<!DOCTYPE html><html></html>", "html"),
        (b"%PDF-1.7\n", "pdf"),
        (b"GIF89a\xff\xd8\xff", "gif"),
        (b"words", "unknown"),
        (b"\x89PNG", "unknown"),
        (b"\xff\xd8", "unknown"),
    ],
)
def test_format_is_judged_by_the_bytes_and_named(data, name):
    assert refusal(data) == f"image format must be jpg, jpeg or png; got {name}"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (PICTURE_BYTES_MAX + 1, "50.1"),
        (53_687_091, "51.2"),
        (512 * MEGABYTE // 10, "51.2"),
        (100 * MEGABYTE, "100.0"),
    ],
)
def test_file_above_50_mb_is_refused_with_its_size(count, shown):
    sentence = f"image must be at most 50 MB; got {shown} MB"
    assert refusal(png(640, 480), bytes_count=count) == sentence
    assert picture.too_large(count).message == sentence


@pytest.mark.parametrize(
    ("width", "height"), [(299, 800), (800, 299), (299, 299), (1, 1), (299, 2**31 - 1)]
)
def test_side_below_300_is_refused(width, height):
    assert refusal(png(width, height)) == (
        f"image width and height must each be at least 300 px; got {width}x{height}"
    )


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [
        (900, 300, "3.00:1"),
        (300, 900, "1:3.00"),
        (2501, 1000, "2.51:1"),
        (1000, 2501, "1:2.51"),
        (751, 300, "2.51:1"),
        (300, 65_535, "1:218.45"),
    ],
)
def test_ratio_beyond_five_to_two_is_refused_either_way(width, height, shown):
    assert refusal(png(width, height)) == (
        f"image aspect ratio must be from 1:2.5 to 2.5:1; got {shown}"
    )


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [(8000, 8000, "64.0"), (5461, 10987, "60.1"), (2**31 - 1, 2**31 - 1, "4611686014132.5")],
)
def test_more_than_60_megapixels_are_refused(width, height, shown):
    assert width * height > PICTURE_PIXELS_MAX
    assert refusal(png(width, height)) == f"image must be at most 60 megapixels; got {shown}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        png(640, 480)[:32],
        png(640, 480).replace(b"IHDR", b"tEXt"),
        png(0, 480),
        png(640, 0),
        png(2**31, 480),
        jpeg(640, 0),
        jpeg(0, 480),
        jpeg(640, 480)[:9],
        jpeg(640, 480, before=segment(0xDA, bytes(10))),
        jpeg(640, 480, before=b"\xff\xd9"),
        jpeg(640, 480, before=b"\xff\xe0\xff\xff"),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8" + b"\xff" * 200_000,
        jpeg(640, 480, before=segment(0xE0) * 4_096),
        b"\xff\xd8\xff\xe0" + bytes(100_000),
    ],
)
def test_header_without_a_size_is_not_readable(data):
    assert refusal(data) == "image is not readable"


def test_first_broken_rule_is_the_one_that_is_told():
    everything_wrong = png(10, 2**30)
    assert refusal(b"GIF89a", bytes_count=2**40).startswith("image format")
    assert refusal(everything_wrong, bytes_count=2**40).startswith("image must be at most 50 MB")
    assert refusal(everything_wrong).startswith("image width and height")


# --- anything at all --------------------------------------------------------------------------


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", png(640, 480)[:16]]))
def test_any_bytes_are_facts_or_a_sentence_about_the_image(data, beginning):
    try:
        answer = judge(beginning + data)
    except PictureRefused as refused:
        answer = refused.message
    assert isinstance(answer, PictureFacts) or answer.startswith("image ")


@given(st.integers(1, 900), st.integers(1, 900), st.sampled_from(["PNG", "JPEG"]))
def test_verdict_on_sides_follows_from_the_two_numbers(width, height, kind):
    data = png(width, height) if kind == "PNG" else jpeg(width, height)
    is_good = min(width, height) >= 300 and 2 * max(width, height) <= 5 * min(width, height)
    try:
        answer = judge(data)
    except PictureRefused as refused:
        answer = refused.message
    assert isinstance(answer, PictureFacts) == is_good
