"""Upstreams, as an operator tests, pauses and looks into them."""

import pytest
from playwright.sync_api import expect

from console.conftest import picture
from fakes.vendor import API_KEY, selling

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("zh", "light")], ids=["en", "zh"]
)
PHONE = {"width": 390, "height": 844}
POOL = """
[upstreams.kling]
kind = "kling"
base_url = "{url}"
api_key = "{key}"
access_key = "pretend-access-key"
secret_key = "pretend-secret-key-of-nobody-at-all"
concurrency = 4

[upstreams.gone]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "{key}"
weight = 0

[outbound]
allow = ["{pair}", "127.0.0.1:1"]
"""


@pytest.fixture
def pool(new_gate, tmp_path):
    """A gateway with the pretend vendor, and an upstream that is not there."""
    with selling(tmp_path) as vendor:
        pair = vendor.url.partition("//")[2]
        yield new_gate(config=POOL.format(url=vendor.url, key=API_KEY, pair=pair))


def make(gate):
    url = gate.upload(picture())
    task = gate.created({"contents": [{"type": "first_frame", "url": url}]})
    return gate.ended(task)


@EVERY_LOOK
def test_only_the_embedded_renderer_leads_to_the_first_vendor(visit, gate, language, theme):
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto("/console/upstreams")
    expect(page.locator(".upstream-more pre")).to_contain_text("[upstreams.kling]")
    assert looker.violations() == []
    page.locator("#test-local").click()
    page.locator("#says-local.is-good").wait_for()


def test_speed_of_the_embedded_renderer_is_told_after_a_film(visit, gate):
    make(gate)
    page = visit().page
    page.goto("/console/upstreams")
    expect(page.locator(".numbers")).to_contain_text("fps")


@EVERY_LOOK
def test_upstream_is_paused_and_gets_orders_again(visit, new_gate, language, theme):
    gate = new_gate()
    looker = visit(at=gate, language=language, theme=theme)
    page = looker.page
    page.goto("/console/upstreams")
    page.locator("#pause-local[data-post$='/pause']").click()
    page.locator("#pause-local[data-post$='/resume']").wait_for()
    assert gate.http.get("/api/upstreams").json()["data"]["upstreams"][0]["paused"]
    expect(page.locator("#pause-local")).to_be_focused()
    assert looker.violations() == []

    page.keyboard.press("Enter")
    page.locator("#pause-local[data-post$='/pause']").wait_for()
    assert not gate.http.get("/api/upstreams").json()["data"]["upstreams"][0]["paused"]


@pytest.mark.parametrize(
    ("language", "why"),
    [("en", "no connection could be made"), ("zh", "无法建立连接")],
)
def test_upstream_that_is_not_there_says_so_and_keeps_saying_it(visit, pool, language, why):
    looker = visit(at=pool, language=language)
    page = looker.page
    page.goto("/console/upstreams")
    page.locator("#test-gone").click()
    page.locator("#says-gone.is-bad", has_text=why).wait_for()
    page.locator(".trouble", has_text=why).wait_for()
    page.locator("#pause-kling").click()
    page.locator("#pause-kling[data-post$='/resume']").wait_for()
    expect(page.locator("#says-gone.is-bad")).to_be_visible()
    assert looker.violations() == []

    page.goto("/console/upstreams/gone")
    expect(page.locator(".note-warn")).to_contain_text(why)
    assert looker.violations() == []


@EVERY_LOOK
def test_vendors_account_is_matched_with_our_tasks(visit, pool, language, theme):
    made = make(pool)
    looker = visit(at=pool, language=language, theme=theme)
    page = looker.page
    page.goto("/console/upstreams")
    page.locator(".upstream h2 a", has_text="kling").click()
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(made["id"])
    expect(row.locator("a[href^='/console/tasks/task_']")).to_have_count(1)
    expect(page.locator(".packs")).to_contain_text("Pretend package")
    assert looker.violations() == []

    page.locator("#status").select_option("failed")
    page.locator(".choose button").click()
    page.locator(".empty").wait_for()


def test_upstreams_fit_a_phone(visit, pool):
    make(pool)
    looker = visit(at=pool, size=PHONE)
    for path in ("/console/upstreams", "/console/upstreams/kling"):
        looker.page.goto(path)
        assert looker.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert looker.violations() == []
