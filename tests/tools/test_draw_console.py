"""The READMEs' pictures of the console: small, in the language of their page, and of real tasks."""

import re
from pathlib import Path

import pytest
from PIL import Image

import draw_console
from framegate import samples

ROOT = Path(__file__).parents[2]
PAGE_OF = {"en": "README.md", "zh": "README.zh.md"}
SHOWN = re.compile(r"!\[[^\]]+\]\(docs/pictures/(\w+)-(\w\w)\.webp\)")


def test_every_language_has_a_page_and_the_other_way_round():
    assert {language for language, _ in draw_console.LOOKS} == set(PAGE_OF)


@pytest.mark.parametrize("language", PAGE_OF)
def test_page_shows_both_pictures_in_its_own_language(language):
    shown = SHOWN.findall((ROOT / PAGE_OF[language]).read_text(encoding="utf-8"))
    assert shown == [(name, language) for name in draw_console.SCENES]


@pytest.mark.parametrize("language", PAGE_OF)
@pytest.mark.parametrize("name", draw_console.SCENES)
def test_picture_is_a_whole_window(name, language):
    with Image.open(ROOT / "docs" / "pictures" / f"{name}-{language}.webp") as picture:
        size = draw_console.SIZES[name]
        assert picture.size == (size["width"], size["height"])


def test_every_language_asks_the_same_of_the_same_samples():
    (english, chinese) = (draw_console.MADE[language] for language in ("en", "zh"))
    assert list(english) == list(chinese)
    assert set(english) <= set(samples.names())
    assert set(draw_console.PROMPT) == set(draw_console.MADE)


def test_picture_is_no_better_than_it_has_room_for(tmp_path):
    noise = Image.effect_noise((300, 200), 40).convert("RGB")
    best = draw_console.write(noise, tmp_path / "deep" / "best.webp", 1_000_000)
    less = draw_console.write(noise, tmp_path / "less.webp", best - 1)
    assert less == (tmp_path / "less.webp").stat().st_size < best


def test_picture_that_cannot_be_made_small_is_refused(tmp_path):
    noise = Image.effect_noise((60, 40), 100).convert("RGB")
    with pytest.raises(SystemExit, match="larger than 10 bytes"):
        draw_console.write(noise, tmp_path / "a.webp", 10)


def test_without_a_browser_it_says_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert draw_console.main() == 1
    assert "there is no browser on the PATH" in capsys.readouterr().err
