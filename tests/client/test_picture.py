"""Everything that a user may give as a picture."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from framegate.client.errors import PictureUnreadable
from framegate.client.picture import content_of, is_address
from framegate.domain.picture import PICTURE_BYTES_MAX


@pytest.mark.parametrize("url", ["http://a.example/a.png", "https://a.example/a.png", "HTTPS://A"])
def test_address_is_left_to_the_server(url):
    assert is_address(url)


@pytest.mark.parametrize("other", ["a.png", "https", b"https://a.example", io.BytesIO()])
def test_everything_else_is_uploaded(other):
    assert not is_address(other)


def test_file_bytes_and_open_file_are_the_same_bytes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"picture")
    with path.open("rb") as opened:
        given = [path, str(path), b"picture", bytearray(b"picture"), memoryview(b"picture"), opened]
        assert {content_of(each) for each in given} == {b"picture"}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK", "F"])
def test_pillow_image_becomes_a_png_of_its_size(mode):
    content = content_of(Image.new(mode, (320, 300)))
    with Image.open(io.BytesIO(content)) as read:
        assert (read.format, read.size) == ("PNG", (320, 300))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nowhere.jpg", "nowhere.jpg cannot be read: No such file or directory"),
        ("data:image/png;base64,AAAA", "pass the bytes themselves"),
        (b"", "the bytes holds nothing"),
        (io.BytesIO(), "was an open file read before"),
        (io.StringIO("text"), "open it for bytes"),
        (17, "a int is no picture"),
        ("a\x00b", "cannot be read: embedded null"),
    ],
)
def test_what_is_no_picture_is_a_sentence_that_says_what_to_do(given, words):
    with pytest.raises(PictureUnreadable, match=words) as refused:
        content_of(given)
    assert refused.value.what_to_do in str(refused.value)


@pytest.mark.parametrize("make", [bytes, io.BytesIO], ids=["bytes", "file"])
def test_largest_picture_is_sent_and_a_byte_more_is_not_read(make, tmp_path):
    assert len(content_of(make(bytes(PICTURE_BYTES_MAX)))) == PICTURE_BYTES_MAX
    with pytest.raises(
        PictureUnreadable, match="at most 50 MB; got more; make the picture smaller"
    ):
        content_of(make(bytes(PICTURE_BYTES_MAX + 1)))


def test_file_of_any_size_is_read_to_the_limit_only(tmp_path):
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(1 << 40)  # A terabyte of holes takes no space.
    with pytest.raises(PictureUnreadable, match="at most 50 MB"):
        content_of(tmp_path / "huge.png")


def test_long_name_is_not_repeated_whole():
    with pytest.raises(PictureUnreadable) as refused:
        content_of("x" * 5_000)
    assert len(str(refused.value)) < 500


def test_pillow_is_never_imported():
    code = (
        "import sys; from framegate.client.picture import content_of; content_of(b'x');"
        "sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
