"""The list of tasks and one task, as a person uses them."""

import re

import pytest
from playwright.sync_api import expect

from browsing import PHONE
from console import made
from console.test_door import EVERY_LOOK

PLAYS = "document.querySelector('#video').currentTime > 0.1"


@pytest.fixture(scope="module")
def finished(gate):
    return made.finished(gate, "A balloon over quiet hills")


@pytest.fixture(scope="module")
def failed(gate):
    return made.failed(gate, "A picture that is nowhere")


def row(page, task_id):
    return page.locator(f"#row-{task_id}")


# --- the list -----------------------------------------------------------------------------------


@EVERY_LOOK
def test_list_is_without_violations_in_every_state(visit, finished, failed, language, theme):
    looker = visit(language=language, theme=theme)
    for path in ("", "?text=balloon", "?text=zeppelin", "?state=failed"):
        looker.page.goto(f"/console/tasks{path}")
        looker.page.locator("#live:visible").wait_for()
        assert looker.violations() == [], path
    looker.page.locator(".more-filters summary").click()
    assert looker.violations() == []
    looker.page.goto("/console/tasks?from=yesterday")
    assert looker.violations() == []
    looker.complaints.clear()  # The browser notes the 400 itself.


def test_first_visit_of_an_account_leads_to_the_playground(visit, gate):
    gate.command("accounts", "create", "newcomer-of-tasks", "--credit", "5")
    looker = visit(account="newcomer-of-tasks")
    looker.page.goto("/console/tasks")
    assert looker.violations() == []
    looker.page.locator(".empty .button").click()
    looker.page.wait_for_url("**/console/playground")


def test_words_are_found_while_they_are_typed_and_back_goes_back(visit, finished, failed):
    page = visit().page
    page.goto("/console/tasks")
    row(page, failed).wait_for()
    page.locator("#filter-text").fill("balloon")
    row(page, failed).wait_for(state="detached")
    expect(row(page, finished)).to_be_visible()
    page.wait_for_url("**/console/tasks?text=balloon")
    expect(page.locator("#filter-text")).to_have_value("balloon")

    page.locator(".tab", has_text="Failed").click()
    page.locator(".empty").wait_for()
    page.wait_for_url("**text=balloon&state=failed")

    page.go_back()
    row(page, finished).wait_for()
    page.go_back()
    row(page, failed).wait_for()
    expect(page.locator("#filter-text")).to_have_value("")


def test_folded_filters_say_that_they_are_set(visit, finished):
    page = visit().page
    page.goto("/console/tasks")
    page.locator(".more-filters summary").click()
    page.locator("#filter-upstream").select_option("local")
    page.wait_for_url("**upstream=local**")
    page.locator(".more-filters[data-on]").wait_for()
    expect(row(page, finished)).to_be_visible()


def test_list_works_without_a_script(visit, finished, failed):
    signed_in = visit()
    state = signed_in.context.storage_state()
    plain = signed_in.context.browser.new_context(
        java_script_enabled=False, storage_state=state, base_url=signed_in.url
    )
    try:
        page = plain.new_page()
        page.goto("/console/tasks")
        page.locator("#filter-text").fill("balloon")
        page.keyboard.press("Enter")
        page.wait_for_url("**text=balloon**")
        expect(row(page, finished)).to_have_count(1)
        expect(row(page, failed)).to_have_count(0)
        page.locator(".tab", has_text="Failed").click()
        page.wait_for_url("**text=balloon&state=failed")
        expect(page.locator(".empty")).to_be_visible()
    finally:
        plain.close()


def test_new_task_comes_on_top_moves_and_ends_without_a_reload(visit, gate, finished):
    page = visit().page
    page.goto("/console/tasks")
    page.locator("#live:not(.is-slow):visible").wait_for()
    page.evaluate("window.isTheSame = true")

    made_id = made.ordered(gate, "It comes by itself", duration=15, resolution="1080p")
    task = made.whole(gate, made_id)["task"]

    row(page, task).wait_for()
    expect(page.locator("tbody tr").first).to_have_attribute("id", f"row-{task}")
    row(page, task).locator(".headway-text", has_text=re.compile(r"^[1-9]")).wait_for()
    gate.http.post(f"/api/tasks/{task}/cancel")
    row(page, task).locator(".pill-quiet").wait_for()
    assert page.evaluate("window.isTheSame") is True


def test_list_is_looked_at_again_where_no_stream_comes_through(visit, gate, finished):
    looker = visit()
    page = looker.page
    page.route("**/api/events*", lambda route: route.fulfill(status=503, body=""))
    page.goto("/console/tasks")
    page.locator("#live.is-slow:visible").wait_for()
    task = made.finished(gate, "Nobody streams it")
    expect(row(page, task).locator(".pill-good")).to_be_visible()
    looker.complaints.clear()  # The browser notes each 503 itself.


def test_reader_far_down_does_not_jump_when_a_task_comes(visit, gate):
    page = visit(size={"width": 1200, "height": 260}).page
    for place in range(5):
        made.finished(gate, f"Frame {place}")
    page.goto("/console/tasks")
    page.locator("#live:not(.is-slow):visible").wait_for()
    page.mouse.wheel(0, 420)
    made.until(page, "scrollY > 200")
    stays = page.locator("tbody tr").nth(4)
    name = stays.get_attribute("id")
    before = stays.bounding_box()["y"]

    task = made.whole(gate, made.ordered(gate, "It comes above"))["task"]
    row(page, task).wait_for()
    assert abs(page.locator(f"#{name}").bounding_box()["y"] - before) < 2


def test_id_is_copied_and_the_row_opens(visit, gate, finished):
    looker = visit()
    looker.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = looker.page
    page.goto("/console/tasks?text=balloon")
    copied = row(page, finished).locator("[data-copy]").first
    copied.click()
    wanted = copied.get_attribute("data-copy")
    gate.until(lambda: page.evaluate("navigator.clipboard.readText()"), wanted.__eq__)
    # The link lies over the whole row, up to its last cell.
    box = row(page, finished).locator("td").last.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(f"**/console/tasks/{finished}")


def test_keyboard_opens_a_task(visit, finished):
    page = visit().page
    page.goto("/console/tasks?text=balloon")
    row(page, finished).locator(".task-link").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/console/tasks/{finished}$"))


@pytest.mark.parametrize("path", ["", "?text=balloon", "?text=zeppelin"])
def test_list_fits_a_phone(visit, finished, failed, path):
    looker = visit(size=PHONE)
    looker.page.goto(f"/console/tasks{path}")
    assert made.fits(looker.page)
    assert looker.violations() == []


# --- one task -----------------------------------------------------------------------------------


@EVERY_LOOK
def test_task_is_without_violations_and_its_video_plays(visit, finished, language, theme):
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto(f"/console/tasks/{finished}")
    assert looker.violations() == []
    page.evaluate("document.querySelector('#video').play()")
    made.until(page, PLAYS)


@EVERY_LOOK
def test_failed_task_says_why_and_what_to_do(visit, failed, language, theme):
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto(f"/console/tasks/{failed}")
    why = {"en": "Image could not be fetched", "zh": "图片无法获取"}[language]
    expect(page.locator(".why .note-title")).to_have_text(why, use_inner_text=True)
    assert page.locator(".life .life-note").first.inner_text().startswith(why)
    assert page.locator(".why b").inner_text()
    assert looker.violations() == []


def test_picture_develops_and_becomes_the_video_without_a_reload(visit, gate):
    page = visit().page
    task = made.ordered(gate, "It develops", duration=15)
    page.goto(f"/console/tasks/{task}")
    page.evaluate("window.isTheSame = true")
    page.locator("#frames", has_text=re.compile(r"^[0-9]+ / [0-9]+ frames$")).wait_for()
    made.until(page, "document.querySelector('#video') !== null")
    page.locator(".task-head .pill-good").wait_for()
    page.evaluate("document.querySelector('#video').play()")
    made.until(page, PLAYS)
    assert page.evaluate("window.isTheSame") is True
    expect(page.locator(".life .life-succeeded")).to_have_count(1)


def test_task_is_cancelled_and_its_money_comes_back(visit, gate):
    page = visit().page
    page.on("dialog", lambda dialog: dialog.accept())
    task = made.ordered(gate, "It is stopped", duration=15, resolution="1080p")
    page.goto(f"/console/tasks/{task}")
    # From its first frame on nothing else replaces the button before it can be pressed.
    page.locator("#frames", has_text=re.compile(r"^[1-9]")).wait_for()
    page.locator("#cancel").click()
    page.locator(".why").wait_for()
    assert made.whole(gate, task)["state"] == "cancelled"
    expect(page.locator("#cancel")).to_have_count(0)
    expect(page.locator(".money-says")).to_contain_text("nothing was charged")


def test_delivery_is_sent_again(visit, gate):
    url = gate.upload(made.picture())
    told = made.body(url, "It is told", options={"callback_url": "https://receiver.invalid/hook"})
    task = gate.ended(gate.created(told))["id"]
    page = visit().page
    attempts = gate.until(
        lambda: made.whole(gate, task)["deliveries"][0]["attempt_count"], lambda count: count > 0
    )
    page.goto(f"/console/tasks/{task}")
    expect(page.locator(".told summary")).to_contain_text("Trying again")
    page.locator("[data-redeliver]").click()
    gate.until(
        lambda: made.whole(gate, task)["deliveries"][0]["attempt_count"],
        lambda count: count > attempts,
    )


def test_request_is_shown_beside_its_very_bytes_and_downloaded(visit, gate, finished):
    page = visit().page
    page.goto(f"/console/tasks/{finished}")
    laid_out, as_sent = page.locator(".codes").first.locator("pre").all()
    sent = gate.http.get(f"/api/tasks/{finished}/request").content
    assert as_sent.text_content().encode() == sent
    assert re.search(r'\n    \{\n      "type": "first_frame"', laid_out.text_content())
    with page.expect_download() as download:
        page.locator(f"a[href='/api/tasks/{finished}/request']").click()
    assert download.value.path().read_bytes() == sent


def test_task_fits_a_phone(visit, finished, failed):
    looker = visit(size=PHONE)
    for task in (finished, failed):
        looker.page.goto(f"/console/tasks/{task}")
        assert made.fits(looker.page)
        assert looker.violations() == []
