"""The gallery as a person walks along it, and what a dropped video says of itself."""

import base64
import random
import re

import pytest
from playwright.sync_api import expect

from browsing import PHONE
from console import made
from console.test_door import EVERY_LOOK
from framegate.web.console import static_files

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "video/mp4" }));
  const how = { dataTransfer: data, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("dragover", how));
  document.body.dispatchEvent(new DragEvent("drop", how));
}"""
READ = """async ([module, contents]) => {
  const { settingsOf } = await import(module);
  const read = (content) => Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  return Promise.all(contents.map((content) => settingsOf(new Blob([read(content)]))));
}"""
MOVES = "where => document.querySelector(where).currentTime > 0.1"


@pytest.fixture(scope="module")
def fox(gate):
    return made.finished(gate, "A fox crosses the snow")


@pytest.fixture(scope="module")
def owl(gate, fox):
    return made.finished(gate, "An owl turns its head, 猫头鹰", colour=(40, 90, 200))


@pytest.fixture(scope="module")
def film(gate, owl):
    """The bytes of the owl."""
    url = made.whole(gate, owl)["outputs"][0]["url"]
    return gate.http.get(url).content


def card(page, task_id):
    return page.locator(f".card[data-task='{task_id}']")


def text(content):
    return base64.b64encode(content).decode()


@EVERY_LOOK
def test_gallery_is_without_violations_in_every_state(visit, fox, owl, language, theme):
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto("/console/gallery")
    card(page, owl).wait_for()
    assert looker.violations() == []
    card(page, owl).locator(".card-open").click()
    page.locator("#full[open]").wait_for()
    assert looker.violations() == []
    page.goto("/console/gallery?text=zeppelin")
    assert looker.violations() == []


def test_first_visit_of_an_account_leads_to_the_playground(visit, gate):
    gate.command("accounts", "create", "newcomer-of-gallery", "--credit", "5")
    looker = visit(account="newcomer-of-gallery")
    looker.page.goto("/console/gallery")
    assert looker.violations() == []
    looker.page.locator(".gallery-first .button").click()
    looker.page.wait_for_url("**/console/playground")


def test_card_plays_while_it_is_pointed_at(visit, owl):
    page = visit().page
    page.goto("/console/gallery")
    card(page, owl).hover()
    made.until(page, MOVES, arg=".card-video")
    page.locator("h1").hover()
    expect(page.locator(".card-video")).to_have_count(0)


def test_card_plays_and_opens_by_keyboard_and_gives_the_place_back(visit, fox, owl):
    page = visit().page
    page.goto("/console/gallery")
    page.locator("#read-file").focus()
    page.keyboard.press("Tab")
    made.until(page, MOVES, arg=".card-video")
    page.keyboard.press("Enter")
    made.until(page, MOVES, arg="#full-video")
    page.keyboard.press("Escape")
    page.locator("#full:not([open])").wait_for(state="attached")
    expect(page.locator(".card-open:focus")).to_have_count(1)


def test_full_view_steps_from_one_to_the_next(visit, fox, owl):
    page = visit().page
    page.goto("/console/gallery?text=")
    card(page, owl).locator(".card-open").click()
    made.until(page, MOVES, arg="#full-video")
    expect(page.locator("#full-words")).to_have_text("An owl turns its head, 猫头鹰")
    page.locator("#full-after").click()
    made.until(page, MOVES, arg="#full-video")
    expect(page.locator("#full-words")).to_have_text("A fox crosses the snow")
    with page.expect_download() as download:
        page.locator("#full-download").click()
    assert download.value.suggested_filename.endswith(".mp4")
    page.locator("#full-task").click()
    page.wait_for_url(f"**/console/tasks/{fox}")


def test_videos_are_found_while_words_are_typed(visit, fox, owl):
    page = visit().page
    page.goto("/console/gallery")
    card(page, owl).wait_for()
    page.locator("#text").press_sequentially("fox")
    card(page, owl).wait_for(state="detached")
    expect(card(page, fox)).to_be_visible()
    page.wait_for_url("**text=fox")
    page.reload()
    expect(page.locator("#text")).to_have_value("fox")


def test_settings_of_a_video_are_reused_by_its_task(visit, owl):
    page = visit().page
    page.goto("/console/gallery")
    card(page, owl).locator("a[href*=reuse]").click()
    page.wait_for_url("**/console/playground**")
    page.locator("#go:enabled").wait_for()
    expect(page.locator("#prompt")).to_have_value("An owl turns its head, 猫头鹰")
    expect(page.locator("#drop-image")).to_be_visible()


@EVERY_LOOK
def test_dropped_video_gives_its_settings_back(visit, owl, film, language, theme):
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto("/console/gallery")
    page.evaluate(DROP, ["old.mp4", text(film)])
    page.locator("#read-good:visible").wait_for()
    said = page.locator("#read-facts").inner_text()
    assert "An owl turns its head, 猫头鹰" in said
    assert ("3 s" in said, "720p" in said) == (True, True)
    assert looker.violations() == []
    page.locator("#read-reuse").click()
    page.wait_for_url("**/console/playground")
    expect(page.locator("#prompt")).to_have_value("An owl turns its head, 猫头鹰")
    expect(page.locator("#duration-value")).to_have_text("3")


def test_dropped_video_leads_to_its_task(visit, owl, film):
    page = visit().page
    page.goto("/console/gallery")
    page.locator("#read-file").set_input_files(
        {"name": "old.mp4", "mimeType": "video/mp4", "buffer": film}
    )
    page.locator("#read-task").click()
    expect(page).to_have_url(re.compile(f"/console/tasks/{owl}$"))


def test_file_without_settings_says_so(visit, owl):
    looker = visit()
    looker.page.goto("/console/gallery")
    looker.page.evaluate(DROP, ["strange.mp4", text(b"\0\0\0\x08ftyp" + b"?" * 40)])
    looker.page.locator("#read-bad:visible").wait_for()
    assert looker.violations() == []


def test_damaged_videos_are_read_without_harm(visit, film):
    page = visit().page
    page.goto("/console/gallery")
    dice = random.Random(7)
    moov = film.index(b"moov")
    cut = [film[:end] for end in (0, 4, 11, moov, moov + 40, moov + 400, len(film) - 1)]
    wrong = []
    for _ in range(60):
        content = bytearray(film)
        for _ in range(4):
            content[dice.randrange(moov + 4_000)] = dice.randrange(256)
        wrong.append(bytes(content))
    endless = b"\0\0\0\x00moov" + b"\0\0\0\x01udta" + b"\xff" * 20
    module = f"/console/static/{static_files.StaticFiles().version}/js/mp4.js"
    whole, *damaged = page.evaluate(READ, [module, [*map(text, (film, *cut, *wrong, endless))]])
    assert whole["prompt"] == "An owl turns its head, 猫头鹰"
    assert all(each is None or isinstance(each["prompt"], str) for each in damaged)
    assert damaged[:5] == [None] * 5


def test_gallery_fits_a_phone(visit, owl):
    looker = visit(size=PHONE)
    looker.page.goto("/console/gallery")
    assert made.fits(looker.page)
    assert looker.violations() == []
