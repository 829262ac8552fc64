"""The callback at a task's end, heard by a real receiver and verified by somebody else's code."""

import json
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from fakes.drawn import picture
from fakes.likeness import unlike

# What the contract shows; the money and the name are this test's own: 3 s at 0.112 a second.
SHOWN = json.loads(
    (Path(__file__).parents[1] / "data/callbacks.jsonl").read_bytes().splitlines()[0]
)
PAID = {"amount": "0.336", "list_price": "0.336"}
EXPECTED = SHOWN["body"] | {
    "external_id": "good",
    "billing": [SHOWN["body"]["billing"][0] | PAID],
}


@pytest.fixture(scope="module")
def secret(gate):
    return gate.command("accounts", "show", "default")["webhook_secret"]


@pytest.fixture
def told(gate, sites):
    """Run a task with a callback of its own; its id and what the receiver heard."""
    (site, url), _ = sites

    def run(name, picture_url):
        body = {
            "contents": [{"type": "first_frame", "url": picture_url}],
            "settings": {"duration": 3},
            "options": {"callback_url": f"{url}/hooks/{name}", "external_task_id": name},
        }
        task_id = gate.created(body)
        gate.until(lambda: site.heard.get(name, []), len)
        return task_id, site.heard[name]

    return run


def test_end_of_a_task_is_told_once_signed_with_the_vendors_object(gate, sites, told, secret):
    """The first frame comes over HTTP through a redirect, as a customer's would."""
    (site, url), _ = sites
    site.files["hill.jpg"] = picture(320, 320)
    site.redirects["moved.jpg"] = f"{url}/hill.jpg"

    task_id, (heard,) = told("good", f"{url}/moved.jpg")

    event = Webhook(secret).verify(heard.body.decode(), heard.headers)
    assert unlike(EXPECTED, event) == []
    assert {name for name in heard.headers if name.startswith("webhook-")} == set(SHOWN["headers"])
    task = gate.task(task_id)
    (output,) = event.pop("outputs")
    assert event == {
        "id": task_id,
        "status": "succeeded",
        "message": "",
        "create_time": task["created_at"],
        "update_time": task["updated_at"],
        "external_id": "good",
        "billing": task["billing"],
    }
    assert gate.http.get(output["url"]).content == gate.http.get(task["outputs"][0]["url"]).content
    assert heard.headers["content-type"] == "application/json; charset=utf-8"


def test_failure_of_a_task_is_told_with_its_reason(told, sites, secret):
    (_, url), _ = sites

    task_id, (heard,) = told("bad", f"{url}/nowhere.jpg")

    event = Webhook(secret).verify(heard.body.decode(), heard.headers)
    assert (event["id"], event["status"]) == (task_id, "failed")
    assert event["message"] == "image could not be fetched"


def test_callback_to_an_address_that_is_not_public_is_refused_at_submit(gate):
    body = {
        "contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}],
        "options": {"callback_url": "http://127.0.0.1:9/hook"},
    }

    answer = gate.create(json.dumps(body).encode())

    assert answer.json()["message"] == "options.callback_url must be a public address"
