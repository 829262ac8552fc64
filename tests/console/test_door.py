"""Coming in and going out, as a person does it."""

import pytest
from playwright.sync_api import expect

from console.conftest import link_of

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("zh", "light")], ids=["en", "zh"]
)


@EVERY_LOOK
def test_person_signs_in_by_a_link_and_out_again(visit, gate, language, theme):
    looker = visit(signed_in=False, language=language, theme=theme)
    page = looker.page
    page.goto(link_of(gate))
    assert looker.violations() == []

    page.get_by_role("button").first.click()
    page.wait_for_url("**/console/playground")

    page.locator(".who").click()
    page.locator(".menu-do").click()
    page.wait_for_url("**/console/sign-in")
    assert looker.violations() == []
    page.goto("/console/playground")
    page.wait_for_url("**/console/sign-in?next=/console/playground")


@EVERY_LOOK
def test_person_signs_in_with_a_key_after_a_wrong_one(visit, gate, language, theme):
    looker = visit(signed_in=False, language=language, theme=theme)
    page = looker.page
    page.goto("/console/sign-in")
    page.locator("#key").fill("fg_wrong")
    page.keyboard.press("Enter")
    page.locator("#complaint").wait_for()
    assert looker.violations() == []
    # The browser itself notes the 401 of the form's answer; nothing else may be wrong.
    assert [each for each in looker.complaints if "401" not in each] == []
    looker.complaints.clear()

    page.locator("#key").fill((gate.data / "admin.key").read_text().strip())
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/playground")


def test_theme_is_switched_at_once_and_kept(visit):
    page = visit(theme="dark").page
    light = page.locator(".side-foot button[value=light]")

    light.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(light).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_language_is_switched_and_kept(visit):
    page = visit().page
    page.locator(".side-foot button[value=zh]").click()
    page.locator("html[lang=zh-CN]").wait_for()
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize(("language", "said"), [("en", "5 min. ago"), ("zh", "5 分钟前")])
def test_time_says_how_long_ago_it_was(visit, language, said):
    page = visit(language=language).page
    shown = page.evaluate("""() => {
      const time = document.createElement("time");
      time.setAttribute("datetime", new Date(Date.now() - 300_000).toISOString());
      document.body.append(time);
      document.dispatchEvent(new Event("htmx:after:swap"));
      return time.textContent;
    }""")
    assert shown == said


def test_keyboard_skips_the_navigation(visit):
    page = visit().page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@EVERY_LOOK
def test_error_page_is_drawn_with_care(visit, language, theme):
    looker = visit(language=language, theme=theme)
    looker.page.goto("/console/nowhere")
    assert looker.page.locator("h1").inner_text()
    assert looker.violations() == []
    looker.complaints.clear()  # The browser notes the 404 itself.
