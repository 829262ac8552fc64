"""The numbers beside the links of every page, as a person sees them change."""

from playwright.sync_api import expect

from console import made

VIDEOS = "document.querySelector('[data-counts=videos]').textContent"
RUNNING = "document.querySelector('[data-counts=running]')"


def test_numbers_beside_the_links_follow_what_happens_without_a_reload(visit, new_gate):
    gate = new_gate()
    page = visit(at=gate, language="zh").page
    page.goto("/console/tasks")
    expect(page.locator("[data-counts]:visible")).to_have_count(0)
    page.evaluate("window.wasNeverReloaded = true")
    page.locator("#live:not(.is-slow):visible").wait_for()

    task = made.ordered(gate, "It is counted", duration=15)
    made.until(page, f"!{RUNNING}.hidden && {RUNNING}.textContent === '1 个运行中'")
    gate.ended(task)
    made.until(page, f"{VIDEOS} === '1' && {RUNNING}.hidden")

    assert page.evaluate("window.wasNeverReloaded")
    page.goto("/console/gallery")
    expect(page.locator("[data-counts]:visible")).to_have_text(["1"])
