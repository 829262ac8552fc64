"""The gallery, as a person uses it: nothing at first, then videos to watch and make again."""

import re

import pytest

from browsing import PHONE
from console.conftest import picture

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("en", "dark", None), ("zh", "light", PHONE)],
    ids=["en-dark", "zh-light-phone"],
)


def body(gate, prompt):
    return {
        "contents": [
            {"type": "first_frame", "url": gate.upload(picture())},
            {"type": "prompt", "text": prompt},
        ],
        "settings": {"duration": 3},
    }


@pytest.fixture(scope="module")
def shown(gate):
    """A gate whose operator has two videos."""
    for prompt in ("the camera orbits", "snow falls"):
        assert gate.ended(gate.created(body(gate, prompt)))["status"] == "succeed"
    return gate


@EVERY_LOOK
def test_empty_gallery_leads_to_the_playground(visit, gate, language, theme, size):
    name = f"new-{language}"
    gate.command("accounts", "create", name, "--credit", "1")
    looker = visit(account=name, language=language, theme=theme, size=size)
    page = looker.page
    page.goto("/console/gallery")
    page.locator("#none").wait_for()
    assert looker.violations() == []

    page.locator("#none a").click()
    page.wait_for_url("**/console/playground")


@EVERY_LOOK
def test_video_is_opened_watched_and_made_again(visit, shown, language, theme, size):
    looker = visit(language=language, theme=theme, size=size)
    page = looker.page
    page.goto("/console/gallery")
    card = page.locator(".card").first
    card.wait_for()
    assert looker.violations() == []

    card.focus()
    moves = "document.querySelector('.card video').currentTime > 0"
    shown.until(lambda: page.evaluate(moves), bool)
    card.click()
    page.locator("#whole[open]").wait_for()
    assert looker.violations() == []
    whole = "document.getElementById('whole-video').currentTime > 0"
    shown.until(lambda: page.evaluate(whole), bool)

    page.locator("#whole-reuse").click()
    page.locator("#duration-value", has_text=re.compile("^3$")).wait_for()


def test_video_is_found_by_its_words(visit, shown):
    page = visit().page
    page.goto("/console/gallery")
    page.locator(".card").nth(1).wait_for()

    page.locator("#text").fill("orbits")
    page.locator(".card").nth(1).wait_for(state="detached")
    assert page.locator(".card-words").inner_text() == "the camera orbits"
    page.locator("#text").fill("nobody said this")
    page.locator("#none-found").wait_for()


def test_video_is_made_again_with_its_own_words_and_picture(visit, shown):
    page = visit().page
    page.goto("/console/gallery")
    page.locator(".card", has_text="orbits").click()
    page.locator("#whole-reuse").click()

    page.locator("#go:enabled").wait_for()
    assert page.locator("#prompt").input_value() == "the camera orbits"
    assert page.locator("#drop-image").is_visible()


def test_dialog_is_closed_by_the_keyboard_and_the_focus_comes_back(visit, shown):
    page = visit().page
    page.goto("/console/gallery")
    page.locator(".card").first.focus()
    page.keyboard.press("Enter")
    page.locator("#whole[open]").wait_for()

    page.keyboard.press("Escape")
    page.locator("#whole").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className") == "card"
