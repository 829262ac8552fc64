"""docs/upstreams.md, followed to its end, in front of a pretend vendor that is called kling."""

import re

import pytest

from docs.reader import Reader
from docs.snippets import of_language
from fakes.vendor import selling
from processes import Framegate
from promises.pages import page

LOOKS, RESOLVES, FINDS, SHOWS, COSTS = (
    block.text for block in of_language(page("docs/upstreams.md"), "console")
)
ORDER = {"contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}]}
UNCERTAIN = "SELECT id FROM tasks WHERE status = 'uncertain' ORDER BY id"
# 4 units for 5 seconds of 720p, at what makes the price that they are sold for.
UNIT_PRICE = "0.14"


@pytest.fixture
def vendor(tmp_path):
    with selling(tmp_path) as vendor:
        yield vendor


@pytest.fixture
def reader(vendor, tmp_path):
    config = f"""
[upstreams.kling]
kind = "kling"
base_url = "{vendor.url}"
api_key = "{vendor.config.api_key}"
access_key = "{vendor.config.access_key}"
secret_key = "{vendor.config.secret_key}"
unit_price = "{UNIT_PRICE}"

[outbound]
allow = ["{vendor.url.removeprefix("http://")}"]
"""
    with Framegate(tmp_path / "gate", config=config) as gate:
        path = str(tmp_path / "gate" / "framegate.toml")
        yield Reader(tmp_path / "reader", gate, FRAMEGATE_CONFIG=path)


def sold(reader, external_id):
    """A task that succeeds, by our id."""
    ticket = reader.gate.created({**ORDER, "options": {"external_task_id": external_id}})
    assert reader.gate.ended(ticket)["status"] == "succeed"
    return reader.row("SELECT id FROM tasks")


def lost(reader, vendor):
    """An order that the vendor took without a word: its ticket."""
    vendor.faults.next.add("create", ["reset"])
    assert reader.gate.create(ORDER).status_code == 504
    return vendor.log.bought()[-1]["id"]


def test_commands_do_what_the_page_shows(reader, vendor):
    # One account's costs are told once a second: the page asks a second time further down.
    reader.type(LOOKS)
    first, _ = lost(reader, vendor), lost(reader, vendor)
    reader.own["task_01..."] = lambda: reader.row(UNCERTAIN)
    reader.own["901930004609634393"] = lambda: first
    reader.type(RESOLVES)
    assert reader.gate.rows(UNCERTAIN) == []


def test_lost_order_is_found_as_the_page_shows(reader, vendor):
    sold(reader, "biz-1")
    ticket = lost(reader, vendor)
    reader.own["901930004609634399"] = lambda: ticket
    reader.own["901930004609634393"] = lambda: reader.row("SELECT ticket FROM tasks")
    reader.type(re.sub(r"2026-\S+", "...", FINDS))


def test_costs_are_shown_as_on_the_page(reader):
    task = sold(reader, "biz-1")
    reader.own["task_01..."] = lambda: task
    reader.own["Video package  left 91.2  of 1000"] = lambda: "Pretend package  left ...  of ..."
    reader.type(SHOWS + COSTS)
