"""An account's webhook over real processes: every step told, verified by somebody else's code."""

import json

import pytest
from standardwebhooks import Webhook

from fakes.drawn import picture

WAITS_FOR = {"task.submitted", "task.succeeded"}


def post(gate, path, body=None):
    answer = gate.http.post(path, json=body) if body is not None else gate.http.post(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.fixture
def hook(gate, sites, request):
    """A webhook at a name of the test's own, disabled when the test has ended."""
    (_, url), _ = sites
    made = post(gate, "/api/webhooks", {"url": f"{url}/hooks/{request.node.name}"})
    yield made
    post(gate, f"/api/webhooks/{made['id']}/disable")


def heard(gate, sites, hook, enough):
    """What the receiver was told once it is enough, by type; each is verified."""
    (site, _), _ = sites
    name = hook["url"].rpartition("/")[2]
    told = gate.until(lambda: list(site.heard.get(name, [])), enough)
    return {
        event["type"]: event
        for event in (Webhook(hook["secret"]).verify(each.body, each.headers) for each in told)
    }


def types(told):
    return {json.loads(each.body)["type"] for each in told}


def test_every_step_of_a_task_is_told_signed_with_the_vendors_object(gate, sites, hook):
    frame = gate.upload(picture(320, 320))
    task_id = gate.created(
        {
            "contents": [{"type": "first_frame", "url": frame}],
            "settings": {"duration": 3},
            "options": {"external_task_id": "hooked"},
        }
    )

    events = heard(gate, sites, hook, lambda told: types(told) >= WAITS_FOR)

    first, last = events["task.submitted"]["data"], events["task.succeeded"]["data"]
    assert (first["id"], first["status"], first["outputs"]) == (task_id, "submitted", [])
    assert (last["id"], last["status"], last["external_id"]) == (task_id, "succeeded", "hooked")
    assert last["billing"] == gate.task(task_id)["billing"]
    assert gate.http.get(last["outputs"][0]["url"]).status_code == 200


def test_receiver_that_was_down_is_told_again_by_hand_under_the_same_id(gate, sites, hook):
    (site, url), _ = sites
    site.statuses.append(500)
    task_id = gate.created({"contents": [{"type": "first_frame", "url": f"{url}/nowhere.jpg"}]})
    heard(gate, sites, hook, len)
    gate.ended(task_id)
    path = f"/api/webhooks/{hook['id']}/deliveries?status=pending"
    (delivery,) = gate.until(
        lambda: gate.http.get(path).json()["data"]["result"],
        lambda found: any(each["attempt_count"] for each in found),
    )[-1:]

    post(gate, f"/api/deliveries/{delivery['id']}/redeliver")

    told = gate.until(
        lambda: gate.http.get(f"/api/deliveries/{delivery['id']}").json()["data"],
        lambda shown: shown["status"] == "delivered",
    )
    assert [each["http_status"] for each in told["attempts"]] == [500, 200]


def test_test_is_verified_by_the_command_line_too(gate, sites, hook):
    (site, _), _ = sites

    assert post(gate, f"/api/webhooks/{hook['id']}/test")["delivered"]

    (told,) = site.heard[hook["url"].rpartition("/")[2]]
    assert Webhook(hook["secret"]).verify(told.body, told.headers)["type"] == "webhook.test"
