"""A real server in front of two upstreams: one is gone, the other has both splices."""

import json

import httpx2
import pytest

from fakes.vendor import API_KEY

POOL = """
[upstreams.gone]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "k"
weight = 1000

[upstreams.vendor]
kind = "kling"
base_url = "{url}"
api_key = "{key}"
callbacks = "gateway"
external_ids = "scoped"
unit_price = "0.14"
concurrency = 3
"""


@pytest.fixture
def vendor(selling_vendor):
    selling_vendor.reset()
    yield selling_vendor
    selling_vendor.reset()


@pytest.fixture
def gate(vendor, sites, new_gate):
    (_, site_url), _ = sites
    allowed = ",".join(each.removeprefix("http://") for each in (vendor.url, site_url))
    gate = new_gate(POOL.format(url=vendor.url, key=API_KEY), FRAMEGATE_OUTBOUND_ALLOW=allowed)
    yield gate
    assert gate.audit() == []


def order(sites, name):
    (_, url), _ = sites
    return {
        "contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}],
        "options": {"external_task_id": name, "callback_url": f"{url}/hooks/{name}"},
    }


def test_news_at_the_address_that_took_the_customers_place_ends_a_task(gate, vendor, sites):
    (site, _), _ = sites
    answer = gate.create(order(sites, "pool-1"))
    options = json.loads(vendor.log.sent_bytes()[0])["options"]
    task_id = answer.headers["X-Framegate-Task"]
    assert answer.json()["data"]["external_id"] == "pool-1"
    assert options["external_task_id"].startswith("fg-")
    assert options["callback_url"].startswith(f"{gate.url}/callbacks/{task_id}/")

    assert httpx2.post(options["callback_url"][:-1] + "x", content=b"{}").status_code == 404
    assert httpx2.post(options["callback_url"], content=b"{}").status_code == 200

    assert gate.ended(task_id)["status"] == "succeed"
    (told,) = gate.until(lambda: site.heard.get("pool-1", []), len)
    assert json.loads(told.body)["external_id"] == "pool-1"


def test_operator_sees_who_had_it_and_what_it_cost(gate, vendor, sites):
    task_id = gate.create(order(sites, "pool-2")).headers["X-Framegate-Task"]
    gate.ended(task_id)

    shown = gate.command("tasks", "show", task_id)
    listed = gate.http.get("/api/upstreams").json()["data"]["upstreams"]

    assert (shown["upstream"], shown["cost"], shown["margin"]) == ("vendor", "0.56", "0")
    # By weight one order in a thousand goes to the vendor first, and finds nobody gone.
    assert listed[0]["failures_in_a_row"] in {0, 1}
    assert (listed[1]["name"], listed[1]["in_flight"], listed[1]["breaker"]) == (
        "vendor",
        0,
        "closed",
    )
    assert len(vendor.log.bought()) == len(vendor.log.sent_bytes()) == 1
