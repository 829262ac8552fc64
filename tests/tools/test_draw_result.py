"""The README's picture: composed of a sample and frames, and small."""

import re
from pathlib import Path

import pytest
from PIL import Image

import draw_result

ROOT = Path(__file__).parents[2]
PICTURES = sorted((ROOT / "docs" / "pictures").iterdir())
ALL_BYTES_MAX = 300_000


def test_strip_shows_the_sample_and_every_frame_side_by_side():
    strip = draw_result.composed(
        Image.new("RGB", (640, 640), "#f00"), [Image.new("RGB", (64, 64), "#00f")] * 4
    )
    middle = draw_result.MARGIN_PX + draw_result.SIDE_PX // 2
    colours = [strip.getpixel((x, middle)) for x in range(strip.width)]
    assert colours.count((255, 0, 0)) == draw_result.SIDE_PX
    assert colours.count((0, 0, 255)) == 4 * draw_result.SIDE_PX


def test_picture_that_cannot_be_made_small_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(draw_result, "BYTES_MAX", 10)
    with pytest.raises(SystemExit, match="larger than 10 bytes"):
        draw_result.write(Image.new("RGB", (64, 64)), tmp_path / "a.jpg")


def test_pictures_of_the_pages_are_small_together():
    assert sum(path.stat().st_size for path in PICTURES) < ALL_BYTES_MAX


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_every_picture_is_on_a_page(picture):
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    shown = re.compile(rf"!\[[^\]]+\]\([^)]*pictures/{re.escape(picture.name)}\)")
    assert any(shown.search(page.read_text(encoding="utf-8")) for page in pages)
