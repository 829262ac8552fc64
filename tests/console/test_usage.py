"""Usage as a person reads it: figures, charts with their tables, files."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from browsing import PHONE
from console import made
from console.test_door import EVERY_LOOK

CHART = "name => { const canvas = document.querySelector(`[data-chart='${name}'] canvas`);"
VALUES = CHART + " return window.Chart.getChart(canvas).data.datasets[0].data; }"
LABELS = CHART + " return window.Chart.getChart(canvas).scales.x.ticks.map(({ label }) => label); }"
COLOUR = CHART + " return window.Chart.getChart(canvas).options.scales.y.ticks.color; }"


@pytest.fixture(scope="module", autouse=True)
def finished(gate):
    return made.finished(gate, "Something to add up")


def cells(page, name, attribute):
    rows = page.locator(f"#table-{name} tbody tr").all()
    return [float(row.get_attribute(f"data-{attribute}")) for row in rows]


@EVERY_LOOK
def test_usage_is_without_violations_full_and_quiet(visit, language, theme):
    looker = visit(language=language, theme=theme)
    looker.page.goto("/console/usage")
    looker.page.locator(".chart-days:visible").wait_for()
    assert looker.violations() == []
    looker.page.locator("#days-twin summary").click()
    assert looker.violations() == []
    looker.page.goto("/console/usage?from=2026-01-01&to=2026-01-05")
    expect(looker.page.locator(".empty")).to_have_count(1)
    assert looker.violations() == []


def test_every_chart_is_drawn_from_its_table(visit):
    page = visit().page
    page.goto("/console/usage")
    for name in ("day", "key", "resolution", "status", "account", "upstream"):
        page.locator(f"[data-chart='{name}']:visible").wait_for()
        assert page.evaluate(VALUES, name) == cells(page, name, "spent"), name


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_last_day_is_always_labelled_and_no_two_labels_meet(visit, size):
    page = visit(size=size).page
    page.goto("/console/usage")
    page.locator(".chart-days:visible").wait_for()
    labels = page.evaluate(LABELS, "day")
    today = page.evaluate("""() => new Intl.DateTimeFormat("en-US",
        { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date())""")
    assert labels[-1] == today
    named = [place for place, label in enumerate(labels) if label]
    assert len(named) > 2
    width = page.locator("[data-chart=day] canvas").bounding_box()["width"]
    apart = min(after - before for before, after in itertools.pairwise(named))
    assert apart * width / len(labels) > 60


def test_chart_shows_what_was_chosen(visit):
    page = visit().page
    page.goto("/console/usage")
    page.locator("[data-chart=day]:visible").wait_for()
    page.locator("[data-metric=seconds]").click()
    expect(page.locator("[data-metric=seconds]")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(VALUES, "day") == cells(page, "day", "seconds")


def test_charts_follow_the_light(visit):
    page = visit(theme="dark").page
    page.goto("/console/usage")
    page.locator(".chart-days:visible").wait_for()
    before = page.evaluate(COLOUR, "day")
    page.locator(".side-foot button[value=light]").click()
    made.until(page, f"before => ({COLOUR})('day') !== before", arg=before)


def test_period_is_one_press_and_stands_in_the_address(visit):
    page = visit().page
    page.goto("/console/usage")
    page.locator(".preset", has_text="7 days").click()
    page.wait_for_url("**from=*")
    expect(page.locator(".preset[aria-current]")).to_have_text("7 days")
    expect(page.locator("#table-day tbody tr")).to_have_count(7)


def test_csv_of_what_is_seen_is_saved(visit):
    page = visit().page
    page.goto("/console/usage")
    with page.expect_download() as download:
        page.locator("a[download='usage-by-resolution.csv']").click()
    head, *lines = download.value.path().read_text().splitlines()
    assert head.startswith("resolution,")
    expect(page.locator("#table-resolution tbody tr")).to_have_count(len(lines))


def test_line_of_the_ledger_leads_to_its_task(visit, finished):
    page = visit().page
    page.goto("/console/usage")
    page.locator(f"#ledger a[href$='{finished}']").click()
    expect(page).to_have_url(re.compile(f"/console/tasks/{finished}$"))


def test_usage_stands_in_tables_where_no_chart_can_be_drawn(visit):
    looker = visit()
    looker.page.route("**/chart.umd.min.js", lambda route: route.abort())
    looker.page.goto("/console/usage")
    expect(looker.page.locator("#table-day")).to_be_visible()
    expect(looker.page.locator("canvas:visible")).to_have_count(0)
    looker.complaints.clear()  # The browser notes what was kept from it.


def test_usage_fits_a_phone(visit):
    looker = visit(size=PHONE)
    looker.page.goto("/console/usage")
    looker.page.locator(".chart-days:visible").wait_for()
    assert made.fits(looker.page)
    assert looker.violations() == []
